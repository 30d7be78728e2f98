//! What runs beside the pages: forms that came in are worked off.

use field::Field;
use std::time::Duration;

/// Forms worked off in one go.
const BATCH: u32 = 20;
/// Wait when there is nothing to do, or after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Works off forms until `stop` says so. A failed round is reported and tried again. Call it on a
/// thread of its own.
pub fn run_jobs(field: &Field, stop: impl Fn() -> bool) {
    while !stop() {
        match field.work_off(BATCH) {
            Ok(done) if done.forms > 0 => {}
            Ok(_) => std::thread::sleep(PAUSE),
            Err(error) => {
                eprintln!("visits: {error}");
                std::thread::sleep(PAUSE);
            }
        }
    }
}
