//! Counting every unit into a cell of (village, decile, sex, age band, cause).

use super::cause::{Cause, Causes};
use crate::TargetError;
use crate::frame::Frame;
use crate::programme::{Changes, Programme};
use crate::run::Outcome;
use arrow_array::RecordBatch;
use engine::TableBuilder;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::Path;

/// One cell of the table `errors` (docs/DATA.md §4). Counts are persons or families by unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// Village code; 0 unknown.
    pub village: u64,
    /// 1 to 10; 0 unranked.
    pub decile: u8,
    /// Sex of the person or of the head; 0 unknown.
    pub sex: u8,
    /// [`age_band`] of the person or of the head.
    pub age_band: u8,
    /// Code of [`Cause`].
    pub cause: u8,
    /// On the roll, and rightly.
    pub listed_eligible: u32,
    /// On the roll, but not eligible: leakage.
    pub listed_ineligible: u32,
    /// Eligible, but not on the roll: undercoverage.
    pub unlisted_eligible: u32,
    /// Neither.
    pub unlisted_ineligible: u32,
}

/// Band of an age in years: 0 unknown, 1: 0–5, 2: 6–17, 3: 18–39, 4: 40–59, 5: 60 and over.
#[must_use]
pub const fn age_band(age: u8) -> u8 {
    match age {
        0..=5 => 1,
        6..=17 => 2,
        18..=39 => 3,
        40..=59 => 4,
        255 => 0,
        _ => 5,
    }
}

/// The words of a band.
#[must_use]
pub const fn age_band_words(band: u8) -> &'static str {
    match band {
        1 => "0–5",
        2 => "6–17",
        3 => "18–39",
        4 => "40–59",
        5 => "60+",
        _ => "?",
    }
}

/// Rows counted by one task.
const CHUNK_ROWS: usize = 262_144;

/// Counts `outcome` into cells, ordered by their keys. Dead units that are not on the roll are not
/// part of any population and are left out.
///
/// # Errors
/// When the programme's `stale_months` cannot be read.
pub fn count(
    frame: &Frame,
    programme: &Programme,
    changes: &Changes,
    outcome: &Outcome,
) -> Result<Vec<Cell>, TargetError> {
    let values = programme.values_on(frame.day(), changes)?;
    let stale = match &programme.need.stale_months {
        Some(key) => Some(programme.number(key, &values)? as i32),
        None => None,
    };
    let causes = Causes::new(frame, outcome, stale);
    let rows = outcome.chosen.len();
    let starts: Vec<usize> = (0..rows).step_by(CHUNK_ROWS).collect();
    let parts: Vec<FxHashMap<u64, [u32; 4]>> = starts
        .into_par_iter()
        .map(|from| count_rows(frame, outcome, &causes, from, (from + CHUNK_ROWS).min(rows)))
        .collect();
    let mut cells: FxHashMap<u64, [u32; 4]> = FxHashMap::default();
    for (key, counts) in parts.into_iter().flatten() {
        add(cells.entry(key).or_default(), counts);
    }
    if !outcome.unlinked.is_empty() {
        let key = key(0, 0, 0, 0, Cause::NotMatched as u8);
        add(cells.entry(key).or_default(), [0, outcome.unlinked.len() as u32, 0, 0]);
    }
    let mut sorted: Vec<(u64, [u32; 4])> = cells.into_iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    Ok(sorted.into_iter().map(|(key, counts)| cell(key, counts)).collect())
}

fn count_rows(
    frame: &Frame,
    outcome: &Outcome,
    causes: &Causes<'_>,
    from: usize,
    to: usize,
) -> FxHashMap<u64, [u32; 4]> {
    let mut cells: FxHashMap<u64, [u32; 4]> = FxHashMap::default();
    for row in from..to {
        let slot = match (outcome.listed[row], outcome.eligible[row]) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) if outcome.reason[row] == crate::programme::code::NOT_LIVING => continue,
            (false, false) => 3,
        };
        let (decile, _) = frame.standing_of(outcome.unit, row);
        let face = frame.face_of(outcome.unit, row);
        let sex = face.map_or(0, |p| frame.person.sex[p]);
        let band = age_band(face.map_or(u8::MAX, |p| frame.person.age[p]));
        let village = frame.village_of(outcome.unit, row);
        let key = key(village, decile, sex, band, causes.of(row) as u8);
        cells.entry(key).or_default()[slot] += 1;
    }
    cells
}

fn add(to: &mut [u32; 4], counts: [u32; 4]) {
    to.iter_mut().zip(counts).for_each(|(a, b)| *a += b);
}

/// Village (34 bits) above decile (4), sex (2), band (3), cause (3): sorts as the table is ordered.
const fn key(village: u64, decile: u8, sex: u8, band: u8, cause: u8) -> u64 {
    village << 12
        | (decile as u64) << 8
        | ((sex & 3) as u64) << 6
        | ((band & 7) as u64) << 3
        | (cause & 7) as u64
}

const fn cell(key: u64, counts: [u32; 4]) -> Cell {
    Cell {
        village: key >> 12,
        decile: (key >> 8 & 15) as u8,
        sex: (key >> 6 & 3) as u8,
        age_band: (key >> 3 & 7) as u8,
        cause: (key & 7) as u8,
        listed_eligible: counts[0],
        listed_ineligible: counts[1],
        unlisted_eligible: counts[2],
        unlisted_ineligible: counts[3],
    }
}

/// The cells of several programmes (sorted by id) as the table `errors`.
///
/// # Errors
/// When the columns do not make a table (they always do).
pub fn batch(cells: &[(&str, &[Cell])]) -> Result<RecordBatch, TargetError> {
    let all = || cells.iter().flat_map(|(_, list)| list.iter());
    let ids = cells.iter().flat_map(|(id, list)| std::iter::repeat_n((*id).to_owned(), list.len()));
    let counts = |f: fn(&Cell) -> u32| all().map(f).collect::<Vec<u32>>();
    let table = TableBuilder::new()
        .strings("programme", ids.collect())
        .u64("village", all().map(|c| c.village).collect())
        .u8("decile", all().map(|c| c.decile).collect())
        .u8("sex", all().map(|c| c.sex).collect())
        .u8("age_band", all().map(|c| c.age_band).collect())
        .u8("cause", all().map(|c| c.cause).collect())
        .u32("listed_eligible", counts(|c| c.listed_eligible))
        .u32("listed_ineligible", counts(|c| c.listed_ineligible))
        .u32("unlisted_eligible", counts(|c| c.unlisted_eligible))
        .u32("unlisted_ineligible", counts(|c| c.unlisted_ineligible));
    Ok(table.batch()?)
}

/// Writes the table `errors` to `path`. Returns the number of rows.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, cells: &[(&str, &[Cell])]) -> Result<u64, TargetError> {
    let batch = batch(cells)?;
    Ok(engine::write_table(path, batch.schema(), &[batch])?)
}
