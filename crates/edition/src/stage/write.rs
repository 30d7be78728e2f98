//! Writing `persons` and `families`, a row group at a time.

use crate::EditionError;
use crate::link::{MatchReason, NONE};
use crate::records::NO_DATE;
use crate::stage::{Built, Inputs};
use crate::survive::Survived;
use crate::survive::feed::Feed;
use arrow_array::{RecordBatch, UInt16Array};
use arrow_schema::DataType;
use engine::{ROW_GROUP_ROWS, TableBuilder, TableWriter};
use std::path::Path;
use std::sync::Arc;

/// Writes a table whose rows are `order`, made chunk by chunk.
fn in_chunks(
    path: &Path,
    order: &[u32],
    chunk: impl Fn(&[u32]) -> Result<RecordBatch, EditionError>,
) -> Result<(), EditionError> {
    let mut writer = TableWriter::create(path, chunk(&[])?.schema())?;
    for rows in order.chunks(ROW_GROUP_ROWS) {
        writer.push(&chunk(rows)?)?;
    }
    writer.finish()?;
    Ok(())
}

/// The columns of variables for `rows`, each followed by its provenance.
fn values(mut table: TableBuilder, variables: &[&Survived], rows: &[u32]) -> TableBuilder {
    for variable in variables {
        for (name, data) in &variable.columns {
            let (data_type, array) = data.gather(rows);
            table = table.column(name, data_type, true, array);
        }
        let from: UInt16Array = rows
            .iter()
            .map(|r| Some(variable.from[*r as usize]).filter(|from| *from != 0))
            .collect();
        let name = format!("{}_from", variable.key);
        table = table.column(&name, DataType::UInt16, true, Arc::new(from));
    }
    table
}

fn pick<T: Copy>(column: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|r| column[*r as usize]).collect()
}

/// Writes `persons.parquet`.
///
/// # Errors
/// When the disk refuses.
pub fn persons(
    built: &Built,
    _feeds: &[Feed],
    _inputs: &Inputs<'_>,
    path: &Path,
) -> Result<(), EditionError> {
    let find = |key: &str| built.person.iter().find(|v| v.key == key);
    let first = ["name", "sex", "birth_date", "mother_name", "registered_region"];
    let identity: Vec<&Survived> = first.iter().filter_map(|key| find(key)).collect();
    let rest: Vec<&Survived> = built
        .person
        .iter()
        .filter(|v| !first.contains(&v.key.as_str()) && v.key != "presence")
        .collect();
    let (people, derived) = (&built.people, &built.derived);
    in_chunks(path, &built.ids.person_order, |rows| {
        let status = |r: &u32| {
            let p = *r as usize;
            match (people.in_spine[p], derived.match_reason[p]) {
                (false, _) => 3,
                (true, 0) => 1,
                (true, reason) if is_remark(reason) => 2,
                (true, _) => 1,
            }
        };
        let reason = |i: usize| {
            let reason = MatchReason::from_code(derived.match_reason[rows[i] as usize]);
            reason.filter(|r| *r != MatchReason::Fine).map(MatchReason::word)
        };
        let families = pick(&people.family, rows);
        let mut table = TableBuilder::new()
            .u64("person_id", pick(&built.ids.person, rows))
            .u64("family_id", families.iter().map(|f| built.ids.family_id(*f)).collect())
            .u64_or("nik", &pick(&people.nik, rows), 0)
            .u64_or("kk", &pick(&people.kk, rows), 0);
        table = values(table, &identity, rows)
            .bool("alive", pick(&derived.alive, rows))
            .u8("match_status", rows.iter().map(status).collect())
            .texts_by("match_reason", rows.len(), reason)
            .bool("in_spine", pick(&people.in_spine, rows))
            .u16("sources", pick(&derived.sources, rows))
            .u8_or("presence", &pick(&derived.presence, rows), u8::MAX);
        Ok(values(table, &rest, rows).batch()?)
    })
}

/// Whether a reason is about the person's identity (not only how a family record was found).
fn is_remark(reason: u8) -> bool {
    reason != MatchReason::Fine as u8 && reason < MatchReason::NoCandidate as u8
}

/// Writes `families.parquet`.
///
/// # Errors
/// When the disk refuses.
pub fn families(built: &Built, path: &Path) -> Result<(), EditionError> {
    let find = |key: &str| built.family.iter().find(|v| v.key == key);
    let first = ["address", "hamlet", "rt", "rw"];
    let place: Vec<&Survived> = first.iter().filter_map(|key| find(key)).collect();
    let skip = ["village", "district", "regency", "province"];
    let rest: Vec<&Survived> = built
        .family
        .iter()
        .filter(|v| !first.contains(&v.key.as_str()) && !skip.contains(&v.key.as_str()))
        .collect();
    let village_from = find("village").map(|v| v.from.as_slice());
    let derived = &built.derived;
    in_chunks(path, &built.ids.family_order, |rows| {
        let head = |f: u32| match derived.head[f as usize] {
            NONE => 0,
            head => built.ids.person_id(head),
        };
        let heads: Vec<u64> = rows.iter().map(|f| head(*f)).collect();
        let from: Vec<u16> =
            rows.iter().map(|f| village_from.map_or(0, |v| v[*f as usize])).collect();
        let mut table = TableBuilder::new()
            .u64("family_id", pick(&built.ids.family, rows))
            .u64_or("kk", &pick(&built.family_kk, rows), 0)
            .u64_or("head_person_id", &heads, 0)
            .u64("village", pick(&derived.village, rows))
            .u16_or("village_from", &from, 0);
        table = values(table, &place, rows)
            .u16("member_count", pick(&derived.members, rows))
            .date_or("visited_date", &pick(&derived.visited, rows), NO_DATE);
        Ok(values(table, &rest, rows).batch()?)
    })
}
