//! Power loss at every write (docs: promises R1). A recorder under the real store logs every write,
//! truncate, sync and acknowledgement of a casework run; the disk is then rebuilt as a power loss
//! could have left it (unsynced data lost, kept, or torn at 512-byte sectors), opened, and asked:
//! is every acknowledged report there, is the journal whole, does each case fit its history?
//! Both cores work on it, each on its part of the operations.
//!
//! The file names count as durable at once, one process, no rotted sectors: limits of the model.
//! `PADAN_CRASH_STATES=100000 cargo test --release -p casework --test crash` for the full number.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;
#[path = "crash/disk.rs"]
mod disk;
#[path = "crash/preload.rs"]
mod preload;

use access::Role;
use casework::Channel;
use common::Room;
use disk::{Disk, Kept, Op, parse};
use kernel::Chance;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const REPORTS: u64 = 12;

/// The child: real room, real store, real commits; acknowledges after each answer.
#[test]
fn child() {
    let Ok(dir) = std::env::var("RECORD_DIR") else { return };
    let early = std::env::var_os("ACK_EARLY").is_some();
    let dir = PathBuf::from(dir);
    let room = Room::open(&format!("sqlite:{}", dir.join("store.db").display()));
    let mut acks =
        std::fs::OpenOptions::new().create(true).append(true).open(dir.join("acks")).unwrap();
    for family in 0..REPORTS {
        let report = room.report("objection", 50 + family, Channel::Portal);
        let id = report.id.clone();
        if early {
            acks.write_all(format!("{id}\n").as_bytes()).unwrap();
        }
        let filed = room.work.file_report(&room.actor(Role::Visitor), report).unwrap();
        if !early {
            acks.write_all(format!("{id}\n").as_bytes()).unwrap();
        }
        if family % 3 == 0 {
            room.decide(Role::VillageOperator, filed.case, "forward", &[]);
        }
    }
}

fn record(early: bool) -> Option<Vec<Op>> {
    let dir = tempfile::tempdir().unwrap();
    let library = preload::library(dir.path())?;
    let run = dir.path().join("run");
    std::fs::create_dir(&run).unwrap();
    let run = run.canonicalize().unwrap();
    let log = dir.path().join("log");
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["child", "--exact", "--nocapture"])
        .env("LD_PRELOAD", &library)
        .env("RECORD_DIR", &run)
        .env("RECORD_LOG", &log);
    if early {
        child.env("ACK_EARLY", "1");
    }
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(parse(&std::fs::read(&log).unwrap()))
}

/// Opens the disk as it lies there and reads without writing: the write-ahead log is recovered in
/// memory (exclusive), and closing does not move it into the file.
fn open(dir: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(dir.join("store.db"))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA mmap_size = 67108864;",
    )?;
    Ok(connection)
}

/// What each state must hold: no rows of these kinds.
const ZERO: [(&str, &str); 5] = [
    ("journal has gaps", "SELECT COUNT(*) - COALESCE(MAX(seq) + 1, 0) FROM journal_leaf"),
    (
        "a leaf without payload",
        "SELECT COUNT(*) FROM journal_leaf l LEFT JOIN journal_payload p ON p.seq = l.seq WHERE p.seq IS NULL",
    ),
    (
        "an event without leaf",
        "SELECT COUNT(*) FROM case_event e LEFT JOIN journal_leaf l ON l.seq = e.seq WHERE l.seq IS NULL",
    ),
    (
        "a case that does not fit its history",
        "SELECT COUNT(*) FROM work_case w WHERE w.events <> (SELECT COUNT(*) FROM case_event e WHERE e.case_id = w.case_id)",
    ),
    (
        "a report without answer kept",
        "SELECT COUNT(*) FROM report r LEFT JOIN command c ON c.command_id = r.report_id WHERE c.command_id IS NULL",
    ),
];

/// Opens the disk; gives what is wrong with it.
fn judge(dir: &Path, acked: &BTreeSet<String>) -> Option<String> {
    match open(dir).and_then(|connection| look(&connection, acked)) {
        Ok(verdict) => verdict,
        Err(error) => Some(format!("cannot be opened: {error}")),
    }
}

fn look(connection: &Connection, acked: &BTreeSet<String>) -> rusqlite::Result<Option<String>> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    if number("SELECT COUNT(*) FROM sqlite_master WHERE name = 'read_log'")? == 0 {
        return Ok((!acked.is_empty()).then(|| "the tables are lost".to_owned()));
    }
    let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if integrity != "ok" {
        return Ok(Some(format!("corrupt: {integrity}")));
    }
    let mut statement = connection.prepare("SELECT report_id FROM report")?;
    let mut found: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    found.sort();
    if let Some(id) = acked.iter().find(|id| found.binary_search(id).is_err()) {
        return Ok(Some(format!("acknowledged report {id} is lost")));
    }
    for (what, sql) in ZERO {
        if number(sql)? != 0 {
            return Ok(Some(what.to_owned()));
        }
    }
    Ok(None)
}

/// Tries up to `states` different states at the operations that `mine` names; gives how many were
/// tried and what was wrong.
fn crash(ops: &[Op], states: u64, mine: impl Fn(usize) -> bool) -> (u64, Vec<String>) {
    let dir = preload::memory();
    let mut chance = Chance::new(17);
    let (mut disk, mut tried, mut wrong) = (Disk::new(dir.path()), 0, Vec::new());
    let mut left = (0..ops.len()).filter(|at| mine(*at)).count() as u64;
    for (at, op) in ops.iter().enumerate() {
        disk.step(op);
        if !mine(at) {
            continue;
        }
        let most = states.saturating_sub(tried).div_ceil(left);
        left -= 1;
        for kept in states_of(&disk, most, &mut chance) {
            tried += 1;
            let acked = disk.acked.clone();
            if let Some(why) = disk.with(&kept, || judge(dir.path(), &acked)) {
                wrong.push(format!("after operation {at}: {why}"));
            }
            if disk.has_rollback_journal() {
                disk.repair();
            }
        }
        // Looking must not have changed anything, or later states would not be what they say.
        assert!(!at.is_multiple_of(50) || disk.is_clean(), "operation {at}: the look wrote");
    }
    (tried, wrong)
}

/// Up to `most` different states: all pending lost, all kept, and torn ones.
fn states_of(disk: &Disk<'_>, most: u64, chance: &mut Chance) -> BTreeSet<Kept> {
    let loose = disk.loose();
    let mut states = BTreeSet::from([vec![false; loose]]);
    if most > 1 {
        states.insert(vec![true; loose]);
    }
    let possible = 1_u64.checked_shl(loose as u32).filter(|_| loose < 64).unwrap_or(u64::MAX);
    let most = most.min(possible);
    for _ in 0..most * 4 {
        if states.len() as u64 >= most {
            break;
        }
        states.insert(disk.torn(chance));
    }
    states
}

/// The same by both cores.
fn crash_on_all_cores(ops: &[Op], states: u64) -> (u64, Vec<String>) {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
    std::thread::scope(|scope| {
        let part = |core: usize| move || crash(ops, states / cores as u64, |at| at % cores == core);
        let running: Vec<_> = (0..cores).map(|core| scope.spawn(part(core))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).fold(
            (0, Vec::new()),
            |(tried, mut wrong), (more, found)| {
                wrong.extend(found);
                (tried + more, wrong)
            },
        )
    })
}

#[test]
fn no_acknowledged_report_is_lost_by_power_loss() {
    if std::env::var_os("RECORD_DIR").is_some() {
        return;
    }
    let states =
        std::env::var("PADAN_CRASH_STATES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let Some(ops) = record(false) else { return };
    assert_eq!(ops.iter().filter(|op| matches!(op, Op::Ack(_))).count() as u64, REPORTS);
    assert!(ops.iter().any(|op| matches!(op, Op::Sync(_))), "the recorder saw no sync");
    let began = std::time::Instant::now();
    let (tried, wrong) = crash_on_all_cores(&ops, states);
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{tried} different crash states over {} operations in {seconds:.1} s ({:.0}/s)",
        ops.len(),
        tried as f64 / seconds
    );
    assert!(tried >= states * 9 / 10, "only {tried} of {states} states");
    assert!(wrong.is_empty(), "{} of {tried} states wrong, first: {}", wrong.len(), wrong[0]);
    // The planted defect: acknowledged before the commit. The checker must see it.
    let Some(ops) = record(true) else { return };
    let (tried, wrong) = crash_on_all_cores(&ops, 1_000);
    let lost = wrong.iter().filter(|why| why.contains("is lost")).count();
    println!("acknowledged early: {lost} of {tried} states lost a report");
    assert!(lost > 0, "an early acknowledgement was not noticed");
}
