//! Named, resumable steps.
//!
//! ```text
//! work/<step>.partial/   the step writes here
//! work/<step>/           renamed when every file is durable; step.json says of which inputs
//! ```
//!
//! A step whose `step.json` carries the same fingerprint is not run again. A process killed at any
//! moment leaves either no `<step>` folder (it is run again from nothing) or a whole one.

use crate::{EngineError, Progress, disk, memory, progress::grouped};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where in a step a drill ends the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before the step has written anything.
    Begun,
    /// After its files are written, before they are committed.
    Written,
    /// After the commit, before the next step.
    Committed,
}

/// A drill: end the process as `kill -9` would, at this point of this step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillAt {
    /// The step's name.
    pub step: String,
    /// The point within it.
    pub point: Point,
}

impl std::str::FromStr for KillAt {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (step, point) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("`{text}` is not STEP:begun, STEP:written or STEP:committed"))?;
        let point = match point {
            "begun" => Point::Begun,
            "written" => Point::Written,
            "committed" => Point::Committed,
            other => return Err(format!("`{other}` is not begun, written or committed")),
        };
        Ok(Self { step: step.to_owned(), point })
    }
}

/// How a run behaves.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Shows what happens.
    pub progress: Progress,
    /// For drills only.
    pub kill_at: Option<KillAt>,
}

/// What a step left and what it cost.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct StepReport {
    /// The step's name.
    pub name: String,
    /// Rows (or whatever the step counts) it produced.
    pub rows: u64,
    /// Wall seconds.
    pub seconds: f64,
    /// Peak resident memory while it ran, in bytes.
    pub peak_bytes: u64,
    /// Whether the finished output of an earlier run was taken.
    pub reused: bool,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    step: String,
    fingerprint: String,
    rows: u64,
}

/// A run of steps in one work folder.
#[derive(Debug)]
pub struct Run {
    work: PathBuf,
    options: RunOptions,
    reports: Vec<StepReport>,
}

impl Run {
    /// Opens (or makes) the work folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(work: &Path, options: RunOptions) -> Result<Self, EngineError> {
        disk::make_dir(work)?;
        Ok(Self { work: work.to_owned(), options, reports: Vec::new() })
    }

    /// The progress display, to be handed to rooms.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.options.progress
    }

    /// The work folder.
    #[must_use]
    pub fn work(&self) -> &Path {
        &self.work
    }

    /// What each step cost so far, in order.
    #[must_use]
    pub fn reports(&self) -> &[StepReport] {
        &self.reports
    }

    /// Runs a step, or takes its finished output if `fingerprint` is the same. `body` writes into
    /// the folder it is given and returns the number of rows it made. Returns the step's folder.
    ///
    /// # Errors
    /// What `body` returns, and what the disk refuses.
    pub fn step<E: From<EngineError>>(
        &mut self,
        name: &str,
        fingerprint: &str,
        body: impl FnOnce(&Path) -> Result<u64, E>,
    ) -> Result<PathBuf, E> {
        let home = self.work.join(name);
        if let Some(rows) = finished(&home, fingerprint) {
            self.note(name, rows, 0.0, 0, true);
            return Ok(home);
        }
        memory::reset_peak();
        let started = Instant::now();
        self.options.progress.start(name, 0, "rows");
        let partial = self.work.join(format!("{name}.partial"));
        disk::remove_dir(&partial)?;
        disk::remove_dir(&home)?;
        disk::make_dir(&partial)?;
        self.drill(name, Point::Begun);
        let rows = body(&partial)?;
        let mark = Mark { step: name.to_owned(), fingerprint: fingerprint.to_owned(), rows };
        let text = serde_json::to_string(&mark).map_err(|e| EngineError::Other(e.to_string()))?;
        disk::write_file(&partial.join("step.json"), text.as_bytes())?;
        self.drill(name, Point::Written);
        disk::commit_dir(&partial, &home)?;
        self.drill(name, Point::Committed);
        self.note(name, rows, started.elapsed().as_secs_f64(), memory::peak_bytes(), false);
        Ok(home)
    }

    fn note(&mut self, name: &str, rows: u64, seconds: f64, peak_bytes: u64, reused: bool) {
        let cost = if reused {
            "taken from the earlier run".to_owned()
        } else {
            let mib = peak_bytes >> 20;
            format!("{seconds:>7.1} s  {:>7} MiB", grouped(mib))
        };
        self.options.progress.finish(&format!("{name:<20} {:>12} rows  {cost}", grouped(rows)));
        let name = name.to_owned();
        self.reports.push(StepReport { name, rows, seconds, peak_bytes, reused });
    }

    /// Ends the process here if a drill asks for it, without running any destructor.
    fn drill(&self, step: &str, point: Point) {
        if self.options.kill_at.as_ref().is_some_and(|k| k.step == step && k.point == point) {
            std::process::abort();
        }
    }
}

/// The rows of a finished step with this fingerprint.
fn finished(home: &Path, fingerprint: &str) -> Option<u64> {
    let text = std::fs::read_to_string(home.join("step.json")).ok()?;
    let mark: Mark = serde_json::from_str(&text).ok()?;
    (mark.fingerprint == fingerprint).then_some(mark.rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn run(work: &Path) -> Run {
        let options = RunOptions { progress: Progress::silent(), kill_at: None };
        Run::open(work, options).unwrap()
    }

    fn write(dir: &Path, text: &str) -> Result<u64, EngineError> {
        disk::write_file(&dir.join("out"), text.as_bytes())?;
        Ok(text.len() as u64)
    }

    #[test]
    fn a_finished_step_is_reused_until_its_inputs_change() {
        let dir = tempfile::tempdir().unwrap();
        let calls = Cell::new(0);
        for (fingerprint, text, expected_calls) in
            [("a", "one", 1), ("a", "two", 1), ("b", "three", 2)]
        {
            let home = run(dir.path())
                .step("s", fingerprint, |d| {
                    calls.set(calls.get() + 1);
                    write(d, text)
                })
                .unwrap();
            assert_eq!(calls.get(), expected_calls, "{fingerprint} {text}");
            let kept = std::fs::read_to_string(home.join("out")).unwrap();
            assert_eq!(kept, if expected_calls == 1 { "one" } else { "three" });
        }
    }

    #[test]
    fn a_failed_step_leaves_nothing_that_counts() {
        let dir = tempfile::tempdir().unwrap();
        let failed = run(dir.path()).step("s", "a", |d| {
            write(d, "half")?;
            Err(EngineError::Other("no".into()))
        });
        assert!(failed.is_err());
        assert!(!dir.path().join("s").exists());
        let home = run(dir.path()).step("s", "a", |d| write(d, "whole")).unwrap();
        assert_eq!(std::fs::read_to_string(home.join("out")).unwrap(), "whole");
    }
}
