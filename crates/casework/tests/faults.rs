//! A disk that fails (docs: promises R3). For every k: the k-th write, truncate, sync or rename of
//! a run on the real store and the journal's files fails with EIO or ENOSPC, once or from then on.
//! The store must refuse (and say that it is away, which the doors answer with 503), go on
//! reading, and open again whole: what was acknowledged is there once, what was refused can be
//! sent again and has one effect, and the journal's files verify.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;
#[path = "crash/preload.rs"]
mod preload;

use access::{Policies, Role};
use casework::{Act, Casework, CaseworkError, Channel, NewReport};
use common::{Room, Turned};
use journal::verify::{self, Trust};
use journal::{DirFiles, Signer, Writer};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use store::{Query, Store, StoreError, Vault, params};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const REPORTS: u64 = 4;

/// The orders to the library under the process.
struct Disk(PathBuf);

impl Disk {
    fn arm(&self, prefix: &str, error: i32, at: u64, lasts: bool) {
        let order = format!("arm {prefix} {error} {at} {}", u8::from(lasts));
        fs::write(self.0.join("control"), order).unwrap();
    }

    /// Ends it; how many calls there were that could have failed.
    fn off(&self) -> u64 {
        fs::write(self.0.join("control"), "off").unwrap();
        fs::read_to_string(self.0.join("calls")).unwrap().parse().unwrap()
    }
}

/// What one run needs, made once.
struct Bench {
    room: Room,
    policies: Arc<Policies>,
    base: PathBuf,
}

fn signer() -> Signer {
    Signer::log("test.example/journal", &[3; 32]).unwrap()
}

impl Bench {
    fn open(&self, dir: &Path) -> Result<Casework, CaseworkError> {
        let store = Store::open(&format!("sqlite:{}", dir.join("store.db").display()))?;
        let clock = Arc::new(Turned::default());
        Casework::new(store, Vault::from_key([5; 32]), Arc::clone(&self.policies), clock)
    }

    fn report(&self, at: u64) -> NewReport {
        let mut report = self.room.report("objection", 70 + at, Channel::Portal);
        report.id = format!("faults-report-{at}");
        report
    }

    /// Four reports, two decisions, the journal's files: gives what was acknowledged and the
    /// errors of what was refused.
    fn run(&self, work: &Casework, dir: &Path) -> (Vec<String>, Vec<CaseworkError>) {
        let (mut acked, mut refused) = (Vec::new(), Vec::new());
        let mut journal = None;
        for at in 0..REPORTS {
            let report = self.report(at);
            let id = report.id.clone();
            match work.file_report(&self.room.actor(Role::Visitor), report) {
                Ok(filed) => {
                    acked.push(id);
                    if at % 2 == 0 {
                        let act = Act {
                            command: format!("faults-act-{at}"),
                            ..self.room.act(filed.case, "forward", &[])
                        };
                        let actor = self.room.actor(Role::VillageOperator);
                        refused.extend(work.act(&actor, act).err());
                    }
                }
                Err(error) => refused.push(error),
            }
            // The journal's files: a failed writer is opened anew, as the jobs do.
            let written = match journal.take() {
                Some(writer) => Ok(writer),
                None => Writer::open(DirFiles::new(&dir.join("journal")), signer())
                    .map_err(CaseworkError::from),
            };
            match written.and_then(|mut writer| work.sequence(&mut writer).map(|_| writer)) {
                Ok(writer) => journal = Some(writer),
                Err(CaseworkError::Journal(_)) => {}
                Err(error) => panic!("the sequencer read the store: {error}"),
            }
            assert!(count(work, "report").is_ok(), "reads must go on");
        }
        (acked, refused)
    }
}

fn count(work: &Casework, table: &str) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    work.store().read(|reader| reader.query_one(&sql, params![])?.get("n"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// After the fault: opened again, everything acknowledged is there once, the rest can be sent again.
fn check_after(bench: &Bench, dir: &Path, acked: &[String]) -> Result<(), String> {
    let work = bench.open(dir).map_err(|e| format!("does not open again: {e}"))?;
    let find = "SELECT COUNT(*) AS n FROM report WHERE report_id = $1";
    for id in acked {
        let found: i64 = work
            .store()
            .read::<_, StoreError>(|reader| reader.query_one(find, params![id.clone()])?.get("n"))
            .map_err(|e| e.to_string())?;
        if found != 1 {
            return Err(format!("acknowledged {id} is there {found} times"));
        }
    }
    for at in 0..REPORTS {
        let sent = work.file_report(&bench.room.actor(Role::Visitor), bench.report(at));
        sent.map_err(|e| format!("report {at} cannot be sent again: {e}"))?;
    }
    let (reports, cases) = (count(&work, "report"), count(&work, "work_case"));
    if reports != Ok(REPORTS as i64) || cases != Ok(REPORTS as i64) {
        return Err(format!("{reports:?} reports, {cases:?} cases, not {REPORTS}"));
    }
    let files = DirFiles::new(&dir.join("journal"));
    let mut writer =
        Writer::open(files, signer()).map_err(|e| format!("the journal does not open: {e}"))?;
    work.sequence(&mut writer).map_err(|e| format!("the journal does not go on: {e}"))?;
    let verified = verify::folder(&dir.join("journal"), &Trust::in_key(signer().verifier()))
        .map_err(|e| format!("the journal does not verify: {e}"))?;
    let (size, root) = work.journal_root().map_err(|e| e.to_string())?;
    if (verified.checkpoint.size, verified.checkpoint.root) != (size, root) {
        return Err("the journal's files are not the store's journal".to_owned());
    }
    Ok(())
}

/// One failing call; gives how many calls there were.
fn one(bench: &Bench, disk: &Disk, (error, lasts): (i32, bool), at: u64) -> Result<u64, String> {
    let name = format!("run-{error}-{}-{at}/", u8::from(lasts));
    let dir = disk.0.join(&name);
    copy(&bench.base, &dir);
    let work = bench.open(&dir).map_err(|e| e.to_string())?;
    disk.arm(&name, error, at, lasts);
    let (acked, refused) = bench.run(&work, &dir);
    if let Some(other) = refused
        .iter()
        .find(|error| !matches!(error, CaseworkError::Store(store) if store.is_away()))
    {
        return Err(format!("refused with another error than `away`: {other}"));
    }
    let calls = disk.off();
    // Without a restart: the disk is well again, so writing is too.
    work.file_report(&bench.room.actor(Role::Visitor), bench.report(0))
        .map_err(|e| format!("does not write after the fault: {e}"))?;
    drop(work);
    check_after(bench, &dir, &acked)?;
    drop(fs::remove_dir_all(&dir));
    Ok(calls)
}

/// The child, with the library under it.
#[test]
fn child() {
    let Ok(dir) = std::env::var("RECORD_DIR") else { return };
    let disk = Disk(PathBuf::from(dir));
    let base = disk.0.join("base");
    fs::create_dir(&base).unwrap();
    let room = Room::open(&format!("sqlite:{}", base.join("store.db").display()));
    Writer::open(DirFiles::new(&base.join("journal")), signer()).unwrap();
    let policies = Arc::new(Policies::builtin().unwrap());
    let bench = Bench { room, policies, base };
    let (mut tried, mut wrong) = (0, Vec::new());
    for kind in [(EIO, false), (EIO, true), (ENOSPC, false), (ENOSPC, true)] {
        for at in 1.. {
            match one(&bench, &disk, kind, at) {
                Ok(calls) if calls < at => break,
                Ok(_) => tried += 1,
                Err(why) => {
                    disk.off();
                    tried += 1;
                    wrong.push(format!("error {} lasting {} at {at}: {why}", kind.0, kind.1));
                }
            }
            assert!(at < 2_000, "the scenario does not end");
        }
    }
    println!("{tried} failing calls, {} wrong", wrong.len());
    assert!(tried > 200, "only {tried} failing calls: is the library under the process?");
    assert!(wrong.is_empty(), "{} of {tried} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_failing_disk_is_refused_and_never_lied_about() {
    if std::env::var_os("RECORD_DIR").is_some() {
        return;
    }
    let dir = preload::memory();
    let Some(library) = preload::library(dir.path()) else { return };
    let run = dir.path().join("run");
    fs::create_dir(&run).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env("LD_PRELOAD", &library)
        .env("RECORD_DIR", run.canonicalize().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let line = said.lines().find(|line| line.contains("failing calls")).unwrap();
    println!("{line}");
}
