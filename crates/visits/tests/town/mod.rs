//! A small made-up edition of one district, three assistants and an office: for tests, drills and
//! the example server.

use access::{Policies, Role, Territory};
use casework::{Casework, NewAccount};
use field::{NewCampaign, Queue};
use kernel::{Clock, Date, EditionId, Nik, Region};
use std::sync::Arc;
use store::blob::{CellKind, Layout, put_count, put_int, put_real, put_text};
use store::{Store, StoreError, Value, Vault};
use visits::{Options, Visits};

pub const DISTRICT: u64 = 520_201;
pub const VILLAGES: [(u64, &str); 3] =
    [(5_202_012_001, "Barabali"), (5_202_012_002, "Mantang"), (5_202_012_003, "Aik Darek")];

fn layout() -> Layout {
    let int = |name: &str| (name.to_owned(), CellKind::Int);
    let text = |name: &str| (name.to_owned(), CellKind::Text);
    Layout {
        sections: vec![
            (
                "family".to_owned(),
                vec![
                    int("family_id"),
                    int("village"),
                    int("head_person_id"),
                    text("hamlet"),
                    text("rt"),
                    int("floor_material"),
                    int("wall_material"),
                    int("lighting"),
                    int("electricity_power"),
                    int("power_from"),
                ],
            ),
            (
                "person".to_owned(),
                vec![int("person_id"), text("name"), int("birth_date"), int("sex")],
            ),
            (
                "score".to_owned(),
                vec![
                    int("decile"),
                    ("p_decile_1_4".to_owned(), CellKind::Real),
                    ("p_decile_1_5".to_owned(), CellKind::Real),
                ],
            ),
        ],
    }
}

fn body(family: u64, village: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_count(&mut out, 1);
    put_int(&mut out, family as i64);
    put_int(&mut out, village as i64);
    put_int(&mut out, family as i64 * 10);
    put_text(&mut out, ["Dusun Tibu", "Dusun Lempanas", "Dusun Bagek"][family as usize % 3]);
    put_text(&mut out, &format!("{:03}", family % 5 + 1));
    for value in [6, 1, 1, 2, 1] {
        put_int(&mut out, value);
    }
    let people = family % 3 + 1;
    put_count(&mut out, people);
    for at in 0..people {
        put_int(&mut out, (family * 10 + at) as i64);
        put_text(&mut out, ["INAQ SAHNIM", "AMAQ RIPIN", "LALU WIRA"][at as usize]);
        put_int(&mut out, i64::from(Date::from_ymd(1980 + at as i32 * 12, 3, 4).unwrap().days()));
        put_int(&mut out, at as i64 % 2 + 1);
    }
    put_count(&mut out, 1);
    put_int(&mut out, (family % 10 + 1) as i64);
    put_real(&mut out, (family % 10) as f64 / 10.0);
    put_real(&mut out, 0.9);
    out
}

/// The NIK of a family's head.
pub fn nik(family: u64) -> Nik {
    Nik::from_number(5_202_010_403_800_000 + family).unwrap()
}

/// Publishes `families` families, spread over the three villages.
pub fn publish(store: &Store, vault: &Vault, families: u64) {
    let name = EditionId::new("2026-4").unwrap();
    let day = Date::from_ymd(2026, 11, 1).unwrap();
    store
        .publish_edition::<StoreError>(&name, day, &"ab".repeat(32), 1_794_272_400_000, |loader| {
            let text = serde_json::to_string(&layout()).unwrap();
            loader.append("fact", &["name", "body"], [Ok(vec!["layout".into(), text.into()])])?;
            let columns = ["region", "parent", "level", "name", "people", "families"];
            let row = |code: u64, parent: u64, level: i64, name: &str| {
                let (people, count) = (families * 2, families);
                Ok(vec![
                    code.into(),
                    parent.into(),
                    level.into(),
                    name.into(),
                    people.into(),
                    count.into(),
                ])
            };
            loader.append("region", &columns, [row(DISTRICT, 5202, 3, "Batukliang")])?;
            for (code, name) in VILLAGES {
                loader.append("region", &columns, [row(code, DISTRICT, 4, name)])?;
            }
            let village = |family: u64| VILLAGES[family as usize % 3].0;
            let sealed = (1..=families).map(|family| {
                let place = format!("family.body|{family}");
                let sealed = vault.seal(&place, &body(family, village(family)))?;
                Ok(vec![family.into(), Value::Bytes(sealed)])
            });
            loader.append("family", &["family_id", "body"], sealed)?;
            let keys = (1..=families).map(|family| {
                let nik = vault.nik_index(nik(family));
                Ok(vec![nik.into(), (family * 10).into(), family.into()])
            });
            loader.append("person_key", &["nik_index", "person_id", "family_id"], keys)?;
            let mut listed: Vec<(u64, u64, u64)> =
                (1..=families).map(|f| (village(f), f % 10 + 1, f)).collect();
            listed.sort_unstable();
            let rows = listed.into_iter().map(|(v, d, f)| Ok(vec![v.into(), d.into(), f.into()]));
            loader.append("village_family", &["village", "decile", "family_id"], rows)?;
            loader.append(
                "provenance",
                &["provenance", "source", "observed_date"],
                [Ok(vec![1.into(), "pln".into(), 20_000.into()])],
            )?;
            Ok(())
        })
        .unwrap();
}

pub struct Town {
    pub visits: Visits,
    pub work: Casework,
}

/// The town over a store, with accounts: an office, three assistants.
pub fn open(store: Store, vault: Vault, clock: Arc<dyn Clock>) -> Town {
    let policies = Arc::new(Policies::builtin().unwrap());
    let work = Casework::new(store, vault, policies, clock).unwrap();
    if work.accounts().unwrap().is_empty() {
        let region = |code| Territory::In(Region::from_number(code).unwrap());
        let people = [
            (Role::DistrictOfficer, "Siti Aminah", region(5202)),
            (Role::FieldAssistant, "Lalu Wirya", region(DISTRICT)),
            (Role::FieldAssistant, "Baiq Nurul", region(DISTRICT)),
            (Role::FieldAssistant, "Sahrul Gunawan", region(5203)),
            (Role::VillageOperator, "Baiq Rohani", region(VILLAGES[1].0)),
        ];
        for (at, (role, name, territory)) in people.into_iter().enumerate() {
            work.make_account(
                None,
                NewAccount {
                    login: format!("akun-{at}"),
                    name: name.to_owned(),
                    role,
                    territory,
                    password: None,
                    family: None,
                    person: None,
                },
            )
            .unwrap();
        }
    }
    let visits = Visits::new(work.clone(), Options { synthetic: true, secure: false }).unwrap();
    Town { visits, work }
}

impl Town {
    /// The account with this place in the list above.
    pub fn account(&self, at: usize) -> u64 {
        self.work.accounts().unwrap()[at].account
    }

    /// A cookie of a session of that account.
    pub fn cookie(&self, at: usize) -> String {
        let (token, _) = self.work.begin(self.account(at), true).unwrap();
        format!("padan_sesi={}", token.expose())
    }

    /// Opens a campaign over the whole district.
    pub fn campaign(&self, id: &str) -> u64 {
        let (_, office) = self.work.begin(self.account(0), false).unwrap();
        let new = NewCampaign {
            client_id: id.to_owned(),
            name: "Kunjungan November".to_owned(),
            template: "ground_check".to_owned(),
            region: Region::from_number(DISTRICT).unwrap(),
            queue: Queue::Region,
        };
        self.visits.field().open_campaign(&office.actor, &new).unwrap()
    }

    /// Signs a phone of that account in: its token.
    pub fn phone(&self, at: usize) -> String {
        let (_, who) = self.work.begin(self.account(at), false).unwrap();
        self.visits.field().enrol(&who.actor, "Ponsel uji").unwrap().token.expose()
    }
}
