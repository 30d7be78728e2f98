//! A room with a clock that can be turned, and one account per role.
#![allow(dead_code, reason = "each test file uses a part")]

use access::{Actor, Policies, Role, Territory};
use casework::{
    Act, Casework, Change, Channel, Contact, NewAccount, NewEvidence, NewReport, Subject,
};
use kernel::{CaseId, Clock, FamilyId, Region};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use store::{Store, Vault};

/// 2026-11-10 09:00 WITA.
pub const START: i64 = 1_794_272_400_000;
pub const DAY: i64 = 86_400_000;

/// A clock that tests turn.
#[derive(Default)]
pub struct Turned(AtomicI64);

impl Clock for Turned {
    fn now_ms(&self) -> i64 {
        START + self.0.load(Ordering::Relaxed)
    }
}

impl Turned {
    pub fn forward(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

pub struct Room {
    pub work: Casework,
    pub clock: Arc<Turned>,
    pub accounts: BTreeMap<Role, Actor>,
    ids: AtomicU64,
}

pub fn village() -> Region {
    Region::from_number(5_202_012_001).unwrap()
}

pub fn other_village() -> Region {
    Region::from_number(5_203_012_001).unwrap()
}

impl Room {
    /// The room over a store that has accounts already.
    pub fn open_existing(url: &str) -> Casework {
        let policies = Arc::new(Policies::builtin().unwrap());
        let store = Store::open(url).unwrap();
        Casework::new(store, Vault::from_key([5; 32]), policies, Arc::new(Turned::default()))
            .unwrap()
    }

    pub fn open(url: &str) -> Self {
        let clock = Arc::new(Turned::default());
        let store = Store::open(url).unwrap();
        let policies = Arc::new(Policies::builtin().unwrap());
        let work = Casework::new(store, Vault::from_key([5; 32]), policies, clock.clone()).unwrap();
        let mut accounts = BTreeMap::new();
        for &role in Role::ALL {
            let territory = match role {
                Role::Visitor | Role::Citizen => Territory::Nowhere,
                Role::VillageOperator | Role::FieldAssistant => Territory::In(village()),
                Role::DistrictOfficer | Role::RegentsOffice => {
                    Territory::In(Region::from_number(5202).unwrap())
                }
                Role::Province => Territory::In(Region::from_number(52).unwrap()),
                _ => Territory::Country,
            };
            let family = (role == Role::Citizen).then(|| FamilyId::new(7));
            let account = work
                .make_account(
                    None,
                    NewAccount {
                        login: role.word().to_owned(),
                        name: role.word().to_owned(),
                        role,
                        territory,
                        password: None,
                        family,
                        person: None,
                    },
                )
                .unwrap();
            let (_, session) = work.begin(account, true).unwrap();
            accounts.insert(role, session.actor);
        }
        Self { work, clock, accounts, ids: AtomicU64::new(1) }
    }

    pub fn actor(&self, role: Role) -> Actor {
        self.accounts[&role]
    }

    pub fn id(&self, what: &str) -> String {
        format!("{what}-test-{:06}", self.ids.fetch_add(1, Ordering::Relaxed))
    }

    pub fn report(&self, kind: &str, family: u64, channel: Channel) -> NewReport {
        NewReport {
            id: self.id("report"),
            kind: kind.to_owned(),
            channel,
            village: village(),
            subject: Subject::Family(FamilyId::new(family)),
            person: None,
            text: "Dinding masih gedek, bukan tembok".to_owned(),
            changes: vec![Change {
                variable: "wall_material".to_owned(),
                person: None,
                value: "3".to_owned(),
            }],
            topics: vec![],
            contact: Some(Contact { by: "sms".to_owned(), address: "081234567890".to_owned() }),
            reporter: [family as u8; 16],
            about_self: true,
            urgent: false,
            evidence: vec![],
        }
    }

    pub fn act(&self, case: CaseId, decision: &str, evidence: &[&str]) -> Act {
        Act {
            command: self.id("act"),
            case,
            decision: decision.to_owned(),
            reason: "Sesuai hasil pemeriksaan di lapangan".to_owned(),
            changes: None,
            evidence: evidence.iter().map(|kind| piece(kind)).collect(),
        }
    }

    /// Decides as the role that holds the step.
    pub fn decide(
        &self,
        role: Role,
        case: CaseId,
        decision: &str,
        evidence: &[&str],
    ) -> casework::Acted {
        self.work.act(&self.actor(role), self.act(case, decision, evidence)).unwrap()
    }
}

pub fn piece(kind: &str) -> NewEvidence {
    NewEvidence {
        kind: kind.to_owned(),
        media: "text/plain".to_owned(),
        bytes: b"bukti".to_vec(),
        note: String::new(),
    }
}

/// Runs a check on SQLite and, where the machine has it, PostgreSQL.
pub fn on_both(check: fn(&str)) {
    use std::sync::LazyLock;
    static POSTGRES: LazyLock<Option<store::testing::TestPostgres>> = LazyLock::new(|| {
        store::testing::TestPostgres::start().expect("PostgreSQL is there but does not start")
    });
    let dir = tempfile::tempdir().unwrap();
    check(&format!("sqlite:{}", dir.path().join("store.db").display()));
    if let Some(server) = POSTGRES.as_ref() {
        check(&server.new_database().unwrap());
    }
}
