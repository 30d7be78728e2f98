//! Drill: cut off 322,558 people of NTB's roll by decree and bring 30,000 back through mixed doors.
//! `cargo run --release -p casework --example decree -- 2930000 322558 30000`
#![allow(
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a drill talks, and fails loudly"
)]

use access::{Actor, Policies, Role, Territory};
use casework::{
    Act, Casework, Channel, CoverRow, CutRule, DecreeDates, FunnelQuery, NewAccount, NewDecree,
    NewEvidence, NewReport, NewSwitch, Paper, Subject, day_of, hold, segment, stage,
};
use kernel::{Clock, FamilyId, PersonId, Region};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;
use store::{Query, Store, StoreError, Vault, params};

/// People cut off by regency, as reported; the other six share the rest.
const CUT: [(u64, u64); 4] = [(5201, 46_926), (5203, 61_000), (5208, 10_090), (5271, 9_357)];
const OTHERS: [u64; 6] = [5202, 5204, 5205, 5206, 5207, 5272];
const VILLAGES: u64 = 117;
const HANDS: u64 = 8;

struct Turned(AtomicI64);

impl Clock for Turned {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The roll: `cut` people in deciles 6 to 10 without a hold, by regency as reported; the others keep.
fn roll(members: u64, cut: u64) -> Vec<CoverRow> {
    let share = |regency: u64| {
        let named: u64 = CUT.iter().map(|(_, n)| n).sum();
        let n = CUT
            .iter()
            .find(|(code, _)| *code == regency)
            .map_or((322_558 - named) / 6, |(_, n)| *n);
        n * cut / 322_558
    };
    let regencies: Vec<u64> = CUT.iter().map(|(code, _)| *code).chain(OTHERS).collect();
    let mut rows = Vec::with_capacity(members as usize);
    let mut person = 0;
    for (at, regency) in regencies.iter().enumerate() {
        let last = at + 1 == regencies.len();
        let listed = if last {
            cut - rows.iter().filter(|r: &&CoverRow| r.decile > 5 && r.hold == 0).count() as u64
        } else {
            share(*regency)
        };
        for n in 0..members / regencies.len() as u64 {
            person += 1;
            let is_listed = n < listed;
            let held = !is_listed && n % 23 == 0;
            rows.push(CoverRow {
                person,
                family: person / 2,
                village: regency * 1_000_000 + 10_000 * (n % VILLAGES / 10 + 1) + 2_001 + n % 10,
                decile: if is_listed || held { 6 + (n % 5) as u8 } else { 1 + (n % 5) as u8 },
                segment: segment::PBI_JK,
                marks: 0,
                hold: if held { hold::CHRONIC } else { 0 },
            });
        }
    }
    rows
}

fn account(work: &Casework, role: Role, territory: Territory) -> Actor {
    let login = role.word().to_owned();
    let new = NewAccount {
        login: login.clone(),
        name: login,
        role,
        territory,
        password: None,
        family: None,
        person: None,
    };
    let account = work.make_account(None, new).unwrap();
    work.begin(account, true).unwrap().1.actor
}

fn main() {
    let number = |at: usize, or: u64| std::env::args().nth(at).map_or(or, |n| n.parse().unwrap());
    let (members, cut, back) = (number(1, 2_930_000), number(2, 322_558), number(3, 30_000));
    let url = std::env::args().nth(4);
    let dir = tempfile::tempdir().unwrap();
    let url = url.unwrap_or_else(|| format!("sqlite:{}", dir.path().join("store.db").display()));
    let store = Store::open(&url).unwrap();
    let clock = Arc::new(Turned(AtomicI64::new(1_769_904_000_000)));
    let policies = Arc::new(Policies::builtin().unwrap());
    let work = Casework::new(store, Vault::from_key([5; 32]), policies, clock.clone()).unwrap();
    let began = Instant::now();
    let lap =
        |what: &str, began: Instant| println!("{what}: {:.2} s", began.elapsed().as_secs_f64());
    println!("{} people on the roll", work.load_cover(1, &roll(members, cut)).unwrap());
    lap("load (when an edition is published)", began);
    let ntb = Region::from_number(52).unwrap();
    let rule = CutRule::pbi_jk(Some(ntb)).unwrap();
    for _ in 0..2 {
        let began = Instant::now();
        let simulated = work.simulate_decree(1, &rule).unwrap();
        println!("simulated: {} listed, {} cells", simulated.listed(), simulated.cells.len());
        lap("simulation", began);
    }
    let (first, second) = (
        account(&work, Role::Ministry, Territory::Country),
        account(&work, Role::Province, Territory::In(ntb)),
    );
    let officer = account(&work, Role::DistrictOfficer, Territory::In(ntb));
    let today = day_of(clock.now_ms());
    let began = Instant::now();
    let new = NewDecree {
        id: "drill-decree".to_owned(),
        title: "Drill".to_owned(),
        edition: 1,
        rule,
        dates: DecreeDates { notice: today, effective: today.plus_days(14) },
        reason: "Latihan penghentian".to_owned(),
    };
    let decree = work.propose_decree(&first, new).unwrap();
    lap("list", began);
    work.settle(&second, &decree.id, &decree.list_sha256, true, "Daftar sudah diperiksa").unwrap();
    let notices = Instant::now();
    assert_eq!(work.notice_decree(&decree.id).unwrap(), cut);
    lap("notices", notices);
    lap("list and notices", began);
    clock.0.fetch_add(15 * 86_400_000, Ordering::Relaxed);
    let began = Instant::now();
    assert_eq!(work.take_effect(&decree.id).unwrap(), cut);
    lap("effect", began);
    let began = Instant::now();
    come_back(&work, &decree.id, &first, &officer, back);
    work.follow_decisions().unwrap();
    lap(&format!("{back} back through mixed doors"), began);
    show_funnel(&work, &decree.id, cut, back);
    let began = Instant::now();
    assert!(work.replay_decree(&decree.id).unwrap());
    lap("exact replay", began);
}

/// The figures of the funnel at three levels, timed.
fn show_funnel(work: &Casework, decree: &str, cut: u64, back: u64) {
    let today = day_of(work.now_ms());
    for (what, region) in [("province", 52), ("regency", 5203), ("district", 520_301)] {
        let query = FunnelQuery { region: Region::from_number(region).ok(), decile: None };
        let began = Instant::now();
        let funnel = work.funnel(decree, query, today).unwrap();
        let (all, active) = (funnel.sum(|_| true), funnel.sum(|c| c.stage == stage::ACTIVE));
        println!(
            "funnel of a {what}: {all} people, {active} active again, {} cells, {:.1} ms",
            funnel.cells.len(),
            began.elapsed().as_secs_f64() * 1e3
        );
        if region == 52 {
            assert_eq!((all, active), (cut, back));
        }
    }
}

/// 48 % by reactivation (a case with the facility's letter, decided by two offices), 31 % local
/// government, 14 % employers, 7 % by themselves.
fn come_back(work: &Casework, decree: &str, ministry: &Actor, officer: &Actor, back: u64) {
    let sql = "SELECT person_id, family_id, village FROM decree_person WHERE decree_id = $1 ORDER BY person_id % 9973, person_id LIMIT $2";
    let people =
        work.store().read::<_, StoreError>(|r| r.query(sql, params![decree, back])).unwrap();
    let people: Vec<(u64, u64, u64)> =
        people.iter().map(|r| (r.at(0).unwrap(), r.at(1).unwrap(), r.at(2).unwrap())).collect();
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                while let Some((person, family, village)) =
                    people.get(next.fetch_add(1, Ordering::Relaxed) as usize)
                {
                    match person % 100 {
                        0..=47 => by_case(work, ministry, officer, (*person, *family, *village)),
                        rest => {
                            let (scheme, evidence) = match rest {
                                48..=78 => (segment::PBPU_PEMDA, "regents_letter"),
                                79..=92 => (segment::PPU, "payroll"),
                                _ => (segment::SELF_PAID, "payment"),
                            };
                            let new = NewSwitch {
                                id: format!("drill-switch-{person}"),
                                person: *person,
                                scheme,
                                evidence: evidence.to_owned(),
                                paper: paper(scheme),
                            };
                            work.switch_payer(officer, new).unwrap();
                        }
                    }
                }
            });
        }
    });
}

/// A payer's paper with everything on it that is asked for.
fn paper(scheme: i64) -> Paper {
    let words: &[(&str, &str)] = match scheme {
        segment::PBPU_PEMDA => &[("nomor", "440/118/2026"), ("tanggal", "2026-02-12")],
        segment::PPU => &[("perusahaan", "CV Contoh"), ("mulai", "Januari 2026")],
        _ => &[("pembayaran", "0012"), ("kelas", "3")],
    };
    let words = words.iter().map(|(id, word)| ((*id).to_owned(), (*word).to_owned())).collect();
    Paper { words, media: "image/jpeg".to_owned(), bytes: vec![7; 40_000] }
}

fn by_case(
    work: &Casework,
    ministry: &Actor,
    officer: &Actor,
    (person, family, village): (u64, u64, u64),
) {
    let channels =
        [Channel::Portal, Channel::Whatsapp, Channel::Call, Channel::Village, Channel::Api];
    let report = NewReport {
        id: format!("drill-report-{person}"),
        kind: "reactivation".to_owned(),
        channel: channels[person as usize % channels.len()],
        village: Region::from_number(village).unwrap(),
        subject: Subject::Family(FamilyId::new(family)),
        person: Some(PersonId::new(person)),
        text: "Kartu mati waktu mau cuci darah".to_owned(),
        changes: vec![],
        topics: vec![format!("cover.{person}")],
        contact: None,
        reporter: work.vault().index("drill", &person.to_le_bytes()),
        about_self: true,
        urgent: true,
        evidence: vec![NewEvidence {
            kind: "facility_letter".to_owned(),
            media: "text/plain".to_owned(),
            bytes: b"surat".to_vec(),
            note: String::new(),
        }],
    };
    let applied = work.apply_back(&Actor::visitor(), report).unwrap();
    for (actor, decision) in [(officer, "letter"), (ministry, "activate")] {
        let act = Act {
            command: format!("drill-{decision}-{person}"),
            case: applied.filed.case,
            decision: decision.to_owned(),
            reason: "Berkas lengkap".to_owned(),
            changes: None,
            evidence: vec![],
        };
        work.act(actor, act).unwrap();
    }
}
