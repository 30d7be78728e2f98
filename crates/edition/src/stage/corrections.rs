//! Accepted corrections, applied on top of every source.
//!
//! A file of JSON lines, one correction each, written from the journal:
//! `{"unit":"family","id":17,"column":"roof_material","value":3,"observed_date":"2026-10-02","evidence":"K12"}`.
//! `id` is the person or family id of the parent edition; `kk` (family) or `nik` (person) may stand
//! in its place. A correction that fits nobody, or no code of the instrument, stops the build:
//! an accepted correction is never silently lost.

use crate::EditionError;
use crate::link::NONE;
use crate::records::NO_DATE;
use crate::stage::{Built, Inputs};
use crate::survive::data::Data;
use crate::survive::feed::Provenance;
use engine::{TableBuilder, Texts};
use instrument::Unit;
use kernel::Date;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::path::Path;

/// The source name in provenance.
pub const SOURCE: &str = "correction";

/// One accepted correction.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Person or family.
    pub unit: Unit,
    /// Id of the parent edition.
    pub id: Option<u64>,
    /// Family card, when there is no id.
    pub kk: Option<u64>,
    /// NIK, when there is no id.
    pub nik: Option<u64>,
    /// Column of the instrument.
    pub column: String,
    /// Its value: a code or number, a text, or null for "unknown".
    pub value: serde_json::Value,
    /// The day the value was seen to be true.
    pub observed_date: Date,
    /// The case or document behind it.
    pub evidence: String,
}

/// Reads, checks and applies the corrections, and writes `corrections.parquet` beside the tables.
/// Returns how many there were.
///
/// # Errors
/// With file and line, when one cannot be applied.
pub fn apply(
    inputs: &Inputs<'_>,
    built: &mut Built,
    provenance: &mut Provenance,
    out: &Path,
) -> Result<u64, EditionError> {
    let Some(path) = inputs.corrections else { return Ok(0) };
    let text = std::fs::read_to_string(path)
        .map_err(|e| EditionError::input(path, format!("cannot be read: {e}")))?;
    let from = provenance.add(SOURCE, 0, NO_DATE)?;
    let places = Places::new(built);
    let mut applied = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let wrong = |e: String| EditionError::input(path, format!("line {}: {e}", number + 1));
        let correction: Correction =
            serde_json::from_str(line).map_err(|e| wrong(format!("is not a correction: {e}")))?;
        let row = places
            .row(&correction)
            .ok_or_else(|| wrong("names nobody of this edition; check id, kk or nik".to_owned()))?;
        set(inputs, built, &correction, row, from).map_err(wrong)?;
        applied.push((correction, row));
    }
    write(built, &applied, &out.join("corrections.parquet"))?;
    Ok(applied.len() as u64)
}

/// Rows by id, card and NIK.
struct Places {
    person: FxHashMap<u64, u32>,
    family: FxHashMap<u64, u32>,
    by_nik: FxHashMap<u64, u32>,
    by_kk: FxHashMap<u64, u32>,
}

impl Places {
    fn new(built: &Built) -> Self {
        let index = |ids: &[u64]| -> FxHashMap<u64, u32> {
            ids.iter().enumerate().filter(|i| *i.1 != 0).map(|(i, id)| (*id, i as u32)).collect()
        };
        Self {
            person: index(&built.ids.person),
            family: index(&built.ids.family),
            by_nik: index(&built.people.nik),
            by_kk: index(&built.family_kk),
        }
    }

    fn row(&self, c: &Correction) -> Option<usize> {
        let (by_id, by_key, key) = match c.unit {
            Unit::Person => (&self.person, &self.by_nik, c.nik),
            Unit::Family => (&self.family, &self.by_kk, c.kk),
        };
        let row = match c.id {
            Some(id) => by_id.get(&id),
            None => by_key.get(&key?),
        };
        row.copied().filter(|row| *row != NONE).map(|row| row as usize)
    }
}

/// Sets one value. All other columns of its variable stay as they are.
fn set(
    inputs: &Inputs<'_>,
    built: &mut Built,
    c: &Correction,
    row: usize,
    from: u16,
) -> Result<(), String> {
    let variables = match c.unit {
        Unit::Person => &mut built.person,
        Unit::Family => &mut built.family,
    };
    let known: Vec<String> =
        variables.iter().flat_map(|v| v.columns.iter().map(|c| c.0.clone())).collect();
    let Some(variable) = variables.iter_mut().find(|v| v.column(&c.column).is_some()) else {
        let hint = kernel::suggest::hint(&c.column, known.iter().map(String::as_str));
        return Err(format!("`{}` cannot be corrected{hint}", c.column));
    };
    let Some((_, data)) = variable.columns.iter_mut().find(|held| held.0 == c.column) else {
        return Ok(());
    };
    match data {
        Data::Small(_) | Data::Count(_) => {
            let value = match c.value.as_i64() {
                None if c.value.is_null() => None,
                Some(v) => Some(i32::try_from(v).map_err(|_| "value is too large".to_owned())?),
                None => return Err(format!("`{}` takes a number", c.column)),
            };
            let column = inputs.instrument.column(c.unit, &c.column);
            if let Some(v) = value.filter(|v| column.is_some_and(|held| !held.allows(*v))) {
                return Err(format!("{v} is not a value of `{}`", c.column));
            }
            data.set_number(row, value);
        }
        Data::Text(texts) => {
            let text = c.value.as_str().ok_or(format!("`{}` takes a text", c.column))?;
            let mut changed = Texts::with_capacity(texts.len(), 16);
            for (at, held) in texts.iter().enumerate() {
                changed.push(if at == row { text } else { held });
            }
            *texts = changed;
        }
        Data::Day(days) => {
            let day: Date = c
                .value
                .as_str()
                .and_then(|t| t.parse().ok())
                .ok_or(format!("`{}` takes a date, YYYY-MM-DD", c.column))?;
            days[row] = day.days();
        }
        Data::Village(_) | Data::YesNo(_) => {
            return Err(format!("`{}` is not corrected here", c.column));
        }
    }
    variable.from[row] = from;
    Ok(())
}

/// Which corrections an edition holds, ordered by unit, id and column.
fn write(built: &Built, applied: &[(Correction, usize)], path: &Path) -> Result<(), EditionError> {
    let id = |c: &Correction, row: usize| match c.unit {
        Unit::Person => built.ids.person[row],
        Unit::Family => built.ids.family[row],
    };
    let mut rows: Vec<(Unit, u64, &Correction)> =
        applied.iter().map(|(c, row)| (c.unit, id(c, *row), c)).collect();
    rows.sort_by(|a, b| (a.0, a.1, &a.2.column).cmp(&(b.0, b.1, &b.2.column)));
    let person = |r: &(Unit, u64, &Correction)| if r.0 == Unit::Person { r.1 } else { 0 };
    let family = |r: &(Unit, u64, &Correction)| if r.0 == Unit::Family { r.1 } else { 0 };
    TableBuilder::new()
        .u64("person_id", rows.iter().map(person).collect())
        .u64("family_id", rows.iter().map(family).collect())
        .strings("column", rows.iter().map(|r| r.2.column.clone()).collect())
        .strings("value", rows.iter().map(|r| r.2.value.to_string()).collect())
        .date("observed_date", rows.iter().map(|r| r.2.observed_date.days()).collect())
        .strings("evidence", rows.iter().map(|r| r.2.evidence.clone()).collect())
        .write(path)?;
    Ok(())
}
