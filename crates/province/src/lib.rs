#![doc = include_str!("../README.md")]

mod calibrate;
mod compose;
mod damage;
mod deliveries;
mod error;
mod events;
mod frame;
mod house;
mod listing;
mod math;
mod names;
mod people;
mod pilot;
mod purpose;
mod rates;
mod run;
mod schooling;
mod score;
mod serials;
mod shape;
mod spec;
mod survey;
mod table;
pub mod targets;
mod text;
mod truth;
mod village;
#[rustfmt::skip]
mod words;
mod work;
mod world;

pub use calibrate::Figure;
pub use error::{ProvinceError, Result};
pub use rates::EMBEDDED as EMBEDDED_RATES;

use std::fmt;
use std::path::PathBuf;

/// What to generate.
#[derive(Debug, Clone)]
pub struct Options {
    /// People alive and living in the province, [`targets::PEOPLE_MIN`] to [`targets::PEOPLE_ALL`].
    pub people: u64,
    /// The same seed gives the same bytes, whatever the number of threads.
    pub seed: u64,
    /// Folder to write to; made when missing. Files of an earlier run in it are overwritten.
    pub out: PathBuf,
    /// 1 for the first edition (2026-4); 2 for the same province a quarter later, and so on to 8.
    pub quarter: u8,
    /// Threads; 0 takes all. At most ten are of use (one regency each).
    pub threads: usize,
    /// Text of a rates file instead of [`EMBEDDED_RATES`].
    pub rates: Option<String>,
}

impl Options {
    /// The first quarter of `people` people under `seed`, with the embedded rates and all threads.
    #[must_use]
    pub fn new(people: u64, seed: u64, out: impl Into<PathBuf>) -> Self {
        Self { people, seed, out: out.into(), quarter: 1, threads: 0, rates: None }
    }
}

/// Is told how far the run is. `add` is called from several threads, one at a time.
pub trait Progress: Send {
    /// A new step of `total` people begins (0: no count is known).
    fn step(&mut self, name: &'static str, total: u64);
    /// So many more people are done.
    fn add(&mut self, people: u64);
}

/// Shows nothing.
impl Progress for () {
    fn step(&mut self, _: &'static str, _: u64) {}
    fn add(&mut self, _: u64) {}
}

/// What was generated.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Name of the edition that the spec asks for.
    pub edition: String,
    /// People alive in the province.
    pub people: u64,
    /// Their families.
    pub families: u64,
    /// Records per kind of file (its glob).
    pub records: Vec<(String, u64)>,
    /// Records per damage bit (docs/DELIVERIES.md).
    pub damage: Vec<(u32, u64)>,
    /// Households of the survey.
    pub sampled: u64,
    /// Published figures and what came out.
    pub calibration: Vec<Figure>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: u64 = self.records.iter().map(|r| r.1).sum();
        writeln!(
            f,
            "{} people in {} families; {total} records; {} households surveyed",
            self.people, self.families, self.sampled
        )?;
        for (path, count) in &self.records {
            writeln!(f, "  {count:>10}  {path}")?;
        }
        writeln!(f, "\n{:<52} {:>12} {:>12}", "figure", "target", "got")?;
        for row in &self.calibration {
            if row.target.abs() >= 1_000.0 {
                writeln!(f, "{:<52} {:>12.0} {:>12.0}", row.figure, row.target, row.got)?;
            } else {
                writeln!(f, "{:<52} {:>12.4} {:>12.4}", row.figure, row.target, row.got)?;
            }
        }
        Ok(())
    }
}

/// Generates a province and writes it to [`Options::out`] (shapes: `docs/DATA.md` §1, files:
/// `docs/DELIVERIES.md`).
///
/// # Errors
/// When an option or rate is out of range, or a file cannot be written.
pub fn synth(options: &Options, progress: &mut dyn Progress) -> Result<Summary> {
    run::run(options, progress)
}
