//! What runs beside the pages: journal files, late cases, the outbox.

use casework::{Casework, CaseworkError};
use journal::{DirFiles, Signer, Writer};
use std::path::PathBuf;
use std::time::Duration;

/// Seconds between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// Late cases are looked for once in this many rounds.
const LATE_EVERY: u64 = 60;

/// Duties to put data right that are opened in one round.
const DUTIES: u32 = 200;

/// What the jobs need.
#[derive(Debug)]
pub struct Jobs {
    /// Folder of the journal's files.
    pub journal: PathBuf,
    /// The journal's key.
    pub signer: Signer,
    /// Folder that takes the messages of the outbox; none: another adapter does.
    pub outbox: Option<PathBuf>,
}

/// Runs the jobs until `stop` says so. A failed round is reported and tried again. Call it on a
/// thread of its own.
pub fn run_jobs(work: &Casework, jobs: &Jobs, stop: impl Fn() -> bool) {
    let work = &work.patient();
    let mut writer = None;
    let mut round = 0;
    while !stop() {
        if let Err(error) = one_round(work, jobs, &mut writer, round) {
            eprintln!("jobs: {error}");
            // After a failure the files are read again before anything is appended.
            writer = None;
        }
        round += 1;
        std::thread::sleep(ROUND);
    }
}

fn one_round(
    work: &Casework,
    jobs: &Jobs,
    writer: &mut Option<Writer<DirFiles>>,
    round: u64,
) -> Result<(), CaseworkError> {
    if writer.is_none() {
        *writer = Some(Writer::open(DirFiles::new(&jobs.journal), jobs.signer.clone())?);
    }
    if let Some(writer) = writer {
        work.sequence(writer)?;
    }
    if round.is_multiple_of(LATE_EVERY) {
        work.escalate_late()?;
    }
    work.follow_decisions()?;
    if round.is_multiple_of(LATE_EVERY) {
        work.open_data_duties(DUTIES)?;
    }
    if let Some(folder) = &jobs.outbox {
        work.deliver_letters_to_folder(folder)?;
    }
    Ok(())
}
