//! The list of a programme as a table: one row per unit, with a reason for everyone on and off
//! (docs/DATA.md §4, `lists/<programme>`).

use crate::TargetError;
use crate::frame::Frame;
use crate::programme::code;
use crate::run::Outcome;
use crate::schema::TableKind;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use engine::{ROW_GROUP_ROWS, TableBuilder, TableWriter};
use std::path::Path;

/// Calls `take` with the list, batch by batch, in the order of the unit's ids; then the rows of the
/// roll that belong to nobody (ids 0, reason [`code::UNLINKED`]).
///
/// # Errors
/// When `take` refuses.
pub fn each_batch(
    frame: &Frame,
    outcome: &Outcome,
    take: &mut dyn FnMut(&RecordBatch) -> Result<(), TargetError>,
) -> Result<(), TargetError> {
    let rows = outcome.chosen.len();
    if rows == 0 && outcome.unlinked.is_empty() {
        return take(&batch(frame, outcome, 0, 0)?);
    }
    for from in (0..rows).step_by(ROW_GROUP_ROWS) {
        take(&batch(frame, outcome, from, (from + ROW_GROUP_ROWS).min(rows))?)?;
    }
    if outcome.unlinked.is_empty() { Ok(()) } else { take(&unlinked(outcome.unlinked.len())?) }
}

/// Writes the list to `path`. Returns the number of rows.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, frame: &Frame, outcome: &Outcome) -> Result<u64, TargetError> {
    let mut writer: Option<TableWriter> = None;
    each_batch(frame, outcome, &mut |batch| {
        if writer.is_none() {
            writer = Some(TableWriter::create(path, batch.schema())?);
        }
        if let Some(writer) = &mut writer {
            writer.push(batch)?;
        }
        Ok(())
    })?;
    writer.map_or(Ok(0), |w| w.finish().map_err(TargetError::from))
}

fn batch(
    frame: &Frame,
    outcome: &Outcome,
    from: usize,
    to: usize,
) -> Result<RecordBatch, TargetError> {
    let unit = outcome.unit;
    let rows = from..to;
    let face = |row| frame.face_of(unit, row);
    let person_id = |row| match unit {
        TableKind::Person => frame.person.id[row],
        TableKind::Family => 0,
    };
    let family_id = |row| frame.family_of(unit, row).map_or(0, |f| frame.family.id[f]);
    let standing: Vec<(u8, u8)> = rows.clone().map(|r| frame.standing_of(unit, r)).collect();
    let sex = |row| face(row).map_or(0, |p| frame.person.sex[p]);
    let age = |row| face(row).map_or(u8::MAX, |p| frame.person.age[p]);
    let table = TableBuilder::new()
        .u64("person_id", rows.clone().map(person_id).collect())
        .u64("family_id", rows.clone().map(family_id).collect())
        .u64("village", rows.clone().map(|r| frame.village_of(unit, r)).collect())
        .u8("decile", standing.iter().map(|s| s.0).collect())
        .u8("unranked_reason", standing.iter().map(|s| s.1).collect())
        .bool("eligible", outcome.eligible[rows.clone()].to_vec())
        .bool("listed", outcome.listed[rows.clone()].to_vec())
        .bool("chosen", outcome.chosen[rows.clone()].to_vec())
        .u32("reserve", outcome.reserve[rows.clone()].to_vec())
        .u32("need_rank", outcome.need_rank[rows.clone()].to_vec())
        .u16("reason", outcome.reason[rows.clone()].to_vec())
        .u8("sex", rows.clone().map(sex).collect())
        .u8("age", rows.clone().map(age).collect())
        .u16("cases", outcome.cases[rows.clone()].to_vec())
        .u8("priority", outcome.priority[rows.clone()].to_vec())
        .i64("amount_year", rows.map(|r| amount(outcome, r)).collect());
    Ok(table.batch()?)
}

/// Rupiah a year for who is chosen or could be; 0 for who is not eligible.
fn amount(outcome: &Outcome, row: usize) -> i64 {
    if outcome.eligible[row] { outcome.amounts.of(row) } else { 0 }
}

fn unlinked(rows: usize) -> Result<RecordBatch, TargetError> {
    let table = TableBuilder::new()
        .u64("person_id", vec![0; rows])
        .u64("family_id", vec![0; rows])
        .u64("village", vec![0; rows])
        .u8("decile", vec![0; rows])
        .u8("unranked_reason", vec![kernel::UnrankedReason::NotMatched.code(); rows])
        .bool("eligible", vec![false; rows])
        .bool("listed", vec![true; rows])
        .bool("chosen", vec![false; rows])
        .u32("reserve", vec![0; rows])
        .u32("need_rank", vec![0; rows])
        .u16("reason", vec![code::UNLINKED; rows])
        .u8("sex", vec![0; rows])
        .u8("age", vec![u8::MAX; rows])
        .u16("cases", vec![0; rows])
        .u8("priority", vec![0; rows])
        .i64("amount_year", vec![0; rows]);
    Ok(table.batch()?)
}

/// The ids of the units that a list of an earlier edition chose, ascending.
///
/// # Errors
/// When the file is not a list.
pub fn read_chosen(path: &Path, unit: TableKind) -> Result<Vec<u64>, TargetError> {
    let id = match unit {
        TableKind::Person => "person_id",
        TableKind::Family => "family_id",
    };
    let mut ids = Vec::new();
    let wrong = || TargetError::file(path, id, "is not a list of this programme");
    crate::frame::each(path, &|name| name == id || name == "chosen", &mut |batch| {
        let column = batch.column_by_name(id).and_then(|a| a.as_primitive_opt::<UInt64Type>());
        let chosen = batch.column_by_name("chosen").and_then(|a| a.as_boolean_opt());
        let (Some(column), Some(chosen)) = (column, chosen) else { return Err(wrong()) };
        let pairs = column.values().iter().zip(chosen.iter());
        ids.extend(pairs.filter(|(_, c)| *c == Some(true)).map(|(id, _)| *id));
        Ok(())
    })?;
    ids.sort_unstable();
    Ok(ids)
}

/// What changed since the list before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Since {
    /// Rows that are on this list and were not on the last.
    pub enters: Vec<u32>,
    /// Rows that were on the last list and are not on this; the reason stands in the outcome.
    pub leaves: Vec<u32>,
    /// Ids that were on the last list and are no unit of this edition any more.
    pub gone: Vec<u64>,
}

/// Compares `outcome` with the ids `before` (ascending) that the last list chose.
#[must_use]
pub fn since(frame: &Frame, outcome: &Outcome, before: &[u64]) -> Since {
    let ids = match outcome.unit {
        TableKind::Person => &frame.person.id,
        TableKind::Family => &frame.family.id,
    };
    let was: Vec<bool> = ids.iter().map(|id| before.binary_search(id).is_ok()).collect();
    let (enters, leaves) = crate::run::difference(&was, &outcome.chosen);
    let gone = before.iter().filter(|id| ids.binary_search(id).is_err()).copied().collect();
    Since { enters, leaves, gone }
}

/// Writes the changes as a table: the unit's ids, village, decile, `enters` and the reason code
/// (for who is gone: [`code::UNLINKED`]).
///
/// # Errors
/// When the file cannot be written.
pub fn write_since(
    path: &Path,
    frame: &Frame,
    outcome: &Outcome,
    since: &Since,
) -> Result<u64, TargetError> {
    let mut rows: Vec<(u32, bool)> = since.enters.iter().map(|r| (*r, true)).collect();
    rows.extend(since.leaves.iter().map(|r| (*r, false)));
    rows.sort_unstable();
    let unit = outcome.unit;
    let gone = |of: TableKind| since.gone.iter().map(move |id| if of == unit { *id } else { 0 });
    let person = |r: u32| match unit {
        TableKind::Person => frame.person.id[r as usize],
        TableKind::Family => 0,
    };
    let family = |r: u32| frame.family_of(unit, r as usize).map_or(0, |f| frame.family.id[f]);
    let none = since.gone.len();
    let at = || rows.iter().map(|(r, _)| *r);
    let table = TableBuilder::new()
        .u64("person_id", at().map(person).chain(gone(TableKind::Person)).collect())
        .u64("family_id", at().map(family).chain(gone(TableKind::Family)).collect())
        .u64(
            "village",
            at().map(|r| frame.village_of(unit, r as usize)).chain(vec![0; none]).collect(),
        )
        .u8(
            "decile",
            at().map(|r| frame.standing_of(unit, r as usize).0).chain(vec![0; none]).collect(),
        )
        .bool("enters", rows.iter().map(|(_, e)| *e).chain(vec![false; none]).collect())
        .u16(
            "reason",
            at().map(|r| outcome.reason[r as usize]).chain(vec![code::UNLINKED; none]).collect(),
        );
    Ok(table.write(path)?)
}
