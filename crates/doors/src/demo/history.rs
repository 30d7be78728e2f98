//! Twelve weeks of complaints that came in by the five doors and were answered by the social affairs
//! office: filed and decided by the real commands under a clock that is set to those weeks, so the
//! dashboard of the demo shows each door's rhythm and its late answers. Invented, like all of the demo.

use access::{Actor, Role, Territory};
use casework::{Act, Casework, CaseworkError, Channel, NewReport, PULSE_WEEKS, Subject};
use kernel::{CaseId, Chance, Clock, FamilyId, Level, Region};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Query, StoreError, params};

const DAY_MS: i64 = 86_400_000;
const FIRST_ID: &str = "demo-history-0000";

/// A door's habits: reports in an ordinary week, and days to a slow answer, from and to.
const DOORS: [(Channel, u64, i64, i64); 5] = [
    (Channel::Village, 6, 2, 11),
    (Channel::Ground, 4, 3, 13),
    (Channel::Portal, 3, 6, 21),
    (Channel::Whatsapp, 2, 4, 19),
    (Channel::Call, 2, 1, 15),
];

const SAID: [&str; 5] = [
    "Bantuan belum diterima dua bulan ini",
    "Kartu tidak dapat dipakai di warung",
    "Saldo kurang dari yang diberitahukan",
    "Petugas meminta biaya padahal gratis",
    "Nama di daftar penerima salah tulis",
];

/// A clock that is set, not turned.
struct Told(AtomicI64);

impl Clock for Told {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What happened; the number names the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Came(usize),
    Answered(usize),
}

/// Whom the weeks are about.
struct Cast {
    officer: Actor,
    families: Vec<(FamilyId, Region)>,
}

/// Seeds the weeks gone by, once. Returns how many reports it filed.
///
/// # Errors
/// When the store fails; without accounts or families nothing is seeded.
pub fn seed_history(work: &Casework) -> Result<usize, CaseworkError> {
    if was_seeded(work)? {
        return Ok(0);
    }
    let Some(Cast { officer, families }) = cast(work)? else { return Ok(0) };
    let (events, doors) = events(work.now_ms(), families.len());
    let clock = Arc::new(Told(AtomicI64::new(0)));
    let told = work.with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let mut cases: Vec<Option<CaseId>> = vec![None; doors.len()];
    for (at, event) in events {
        clock.0.store(at, Ordering::Relaxed);
        match event {
            Event::Came(number) => {
                let report = report(number, doors[number], families[number]);
                cases[number] = Some(told.file_report(&Actor::visitor(), report)?.case);
            }
            Event::Answered(number) => {
                if let Some(case) = cases[number] {
                    told.act(&officer, answer(number, case))?;
                }
            }
        }
    }
    Ok(cases.iter().flatten().count())
}

fn was_seeded(work: &Casework) -> Result<bool, CaseworkError> {
    let sql = "SELECT 1 AS one FROM report WHERE report_id = $1";
    let row = work.store().read::<_, StoreError>(|r| r.query_opt(sql, params![FIRST_ID]))?;
    Ok(row.is_some())
}

/// The officer who answers, and families of the officer's regency: not those of the demo's own village,
/// whose work list stays short.
fn cast(work: &Casework) -> Result<Option<Cast>, CaseworkError> {
    let accounts = work.accounts()?;
    let of = |role: Role| accounts.iter().find(|a| a.role == role);
    let (Some(officer), Some(operator)) = (of(Role::DistrictOfficer), of(Role::VillageOperator))
    else {
        return Ok(None);
    };
    let Territory::In(village) = operator.territory else { return Ok(None) };
    let Some(regency) = village.at(Level::Regency) else { return Ok(None) };
    let Some(edition) = work.store().current_edition()? else { return Ok(None) };
    let first = regency.number() * 1_000_000;
    let most = DOORS.iter().map(|door| door.1 * 2).sum::<u64>() * PULSE_WEEKS as u64;
    let rows = work.store().read_edition::<_, StoreError>(edition.number, |reader| {
        reader.query(
            "SELECT family_id, village FROM village_family WHERE village BETWEEN $1 AND $2 AND village <> $3
             ORDER BY (family_id * 7919) % 10007, family_id LIMIT $4",
            params![first, first + 999_999, village.number(), most],
        )
    })?;
    let mut families = Vec::with_capacity(rows.len());
    for row in &rows {
        let village = Region::from_number(row.at(1)?);
        let village = village.map_err(|e| CaseworkError::Refused(e.to_string()))?;
        families.push((FamilyId::new(row.at(0)?), village));
    }
    // Nobody sits at that desk: the session ends before it is listed among the officer's own.
    let (token, session) = work.begin(officer.account, true)?;
    work.sign_out(&token)?;
    let officer = session.actor;
    Ok((!families.is_empty()).then_some(Cast { officer, families }))
}

/// Reports and answers of the weeks in the order of time, and the door of each report.
fn events(now: i64, families: usize) -> (Vec<(i64, Event)>, Vec<Channel>) {
    let (mut events, mut doors) = (Vec::new(), Vec::new());
    for (door, (channel, weekly, soonest, latest)) in DOORS.into_iter().enumerate() {
        for week in 0..PULSE_WEEKS {
            let mut chance = Chance::at(171, door as u64, week as u64);
            let many = weekly.div_ceil(2) + chance.below(weekly + 1);
            for _ in 0..many.min((families - doors.len()) as u64) {
                let number = doors.len();
                let ago = (PULSE_WEEKS - week) as i64 * 7 * DAY_MS;
                let came = now - ago + chance.between(1, 7 * DAY_MS - 1);
                // Most answers are quick; a quarter take up to the door's slowest.
                let (from, to) = if chance.is(0.25) { (soonest, latest) } else { (1, soonest + 4) };
                let answered = came + chance.between(from, to) * DAY_MS + DAY_MS / 3;
                events.push((came, Event::Came(number)));
                if answered < now {
                    events.push((answered, Event::Answered(number)));
                }
                doors.push(channel);
            }
        }
    }
    events.sort_unstable();
    (events, doors)
}

fn report(number: usize, channel: Channel, (family, village): (FamilyId, Region)) -> NewReport {
    let mut reporter = [0; 16];
    reporter[..8].copy_from_slice(&(number as u64).to_be_bytes());
    NewReport {
        id: format!("demo-history-{number:04}"),
        kind: "complaint".to_owned(),
        channel,
        village,
        subject: Subject::Family(family),
        person: None,
        text: SAID[number % SAID.len()].to_owned(),
        changes: Vec::new(),
        topics: Vec::new(),
        contact: None,
        reporter,
        about_self: true,
        urgent: false,
        evidence: Vec::new(),
    }
}

fn answer(number: usize, case: CaseId) -> Act {
    let solved = number % 7 != 3;
    let reason = if solved {
        "Sudah ditelusuri bersama penyalur dan diselesaikan"
    } else {
        "Sudah ditelusuri; keadaan sesuai catatan penyalur"
    };
    Act {
        command: format!("demo-answer-{number:04}"),
        case,
        decision: if solved { "solved" } else { "unfounded" }.to_owned(),
        reason: reason.to_owned(),
        changes: None,
        evidence: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_comes_after_its_report_and_before_now() {
        let now = 1_795_336_500_000;
        let (events, doors) = events(now, 10_000);
        assert_eq!(events, self::events(now, 10_000).0, "the same every time");
        let mut came = vec![None; doors.len()];
        let mut before = i64::MIN;
        for (at, event) in &events {
            assert!(before <= *at && *at < now);
            before = *at;
            match event {
                Event::Came(number) => came[*number] = Some(*at),
                Event::Answered(number) => assert!(came[*number].is_some_and(|c| c < *at)),
            }
        }
        assert!(came.iter().all(Option::is_some));
        assert_eq!(super::events(now, 3).1.len(), 3, "no more reports than families");
    }
}
