//! Ground checks beside the other pages: their routes, their job, and in the demo a campaign.

use crate::failure::Failure;
use casework::Casework;
use visits::{Options, Visits};

/// Routes of ground checks over the room of cases; forms are worked off on a thread of their own.
///
/// # Errors
/// When a rule file is wrong or the demo's campaign cannot be opened.
pub fn router(work: &Casework, synthetic: bool, demo: bool) -> Result<doors::Router, Failure> {
    let options = Options { synthetic, secure: false };
    let visits = Visits::new(work.clone(), options).map_err(Failure::work)?;
    if demo {
        visits::seed_campaign(&visits).map_err(Failure::work)?;
    }
    let running = visits.clone();
    std::thread::spawn(move || {
        if demo && let Err(error) = visits::seed_results(&running) {
            eprintln!("visits: the demo's visits: {error}");
        }
        visits::run_jobs(running.field(), || false);
    });
    Ok(visits::router(visits))
}
