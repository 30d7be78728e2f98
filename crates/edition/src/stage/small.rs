//! The other tables: provenance, links, rolls, reviews, regions.

use crate::EditionError;
use crate::link::tables::links_path;
use crate::link::{Method, NONE};
use crate::records::NO_DATE;
use crate::stage::{Built, Inputs};
use crate::survive::feed::{Feed, Provenance};
use engine::{TableBuilder, TableWriter, Texts, read_table};
use instrument::Regions;
use rayon::prelude::*;
use std::path::Path;

/// Writes `provenance.parquet`.
///
/// # Errors
/// When the disk refuses.
pub fn provenance(provenance: &Provenance, path: &Path) -> Result<(), EditionError> {
    let rows = &provenance.rows;
    let days: Vec<i32> = rows.iter().map(|r| r.2).collect();
    TableBuilder::new()
        .u16("provenance", (1..=rows.len()).map(|n| n as u16).collect())
        .strings("source", rows.iter().map(|r| r.0.clone()).collect())
        .u16("delivery", rows.iter().map(|r| r.1).collect())
        .date_or("observed_date", &days, NO_DATE)
        .write(path)?;
    Ok(())
}

/// Writes `links.parquet`: all record tables one after the other, which is the order of records.
///
/// # Errors
/// When the link step's output is damaged or the disk refuses.
pub fn links(inputs: &Inputs<'_>, built: &Built, path: &Path) -> Result<(), EditionError> {
    let mut writer: Option<TableWriter> = None;
    for table in inputs.tables {
        let record = table.read(&["record"])?.u64s("record", 0)?;
        let t = read_table(&links_path(inputs.links, table), &[])?;
        let (person, family) = (t.u32s("person", NONE)?, t.u32s("family", NONE)?);
        let (method, reason) = (t.u8s("method", 0)?, t.u8s("reason", 0)?);
        let (weight, probability) = (t.f64s("weight", 0.0)?, t.f64s("probability", 0.0)?);
        let evidence = t.u16s("evidence", 0)?;
        for from in (0..record.len()).step_by(engine::ROW_GROUP_ROWS) {
            let to = (from + engine::ROW_GROUP_ROWS).min(record.len());
            let span = from..to;
            let status = |row: usize| {
                let person = person[row];
                let outside = person != NONE && !built.people.in_spine[person as usize];
                status(method[row], person == NONE || outside)
            };
            let said: Vec<String> =
                span.clone().into_par_iter().map(|row| said(evidence[row], method[row])).collect();
            let batch = TableBuilder::new()
                .u64("record", record[span.clone()].to_vec())
                .u8("source", vec![table.number; span.len()])
                .u64(
                    "person_id",
                    person[span.clone()].iter().map(|p| built.ids.person_id(*p)).collect(),
                )
                .u64(
                    "family_id",
                    family[span.clone()].iter().map(|f| built.ids.family_id(*f)).collect(),
                )
                .u8("method", method[span.clone()].to_vec())
                .f64("match_weight", weight[span.clone()].to_vec())
                .f64("match_probability", probability[span.clone()].to_vec())
                .u8("status", span.clone().map(status).collect())
                .u8("reason", reason[span.clone()].to_vec())
                .texts_by("evidence", span.len(), |i| {
                    Some(said[i].as_str()).filter(|s| !s.is_empty())
                })
                .batch()?;
            let writer = match &mut writer {
                Some(writer) => writer,
                None => writer.insert(TableWriter::create(path, batch.schema())?),
            };
            writer.push(&batch)?;
        }
    }
    if let Some(writer) = writer {
        writer.finish()?;
    }
    Ok(())
}

/// `links.status`: 1 padan, 2 typo, 3 tidak padan.
fn status(method: u8, not_in_register: bool) -> u8 {
    if not_in_register {
        3
    } else if method == Method::NikAgreeing as u8 {
        1
    } else {
        2
    }
}

/// The evidence of a link as text; nothing for links where everything agrees.
fn said(packed: u16, method: u8) -> String {
    if packed == 0 || method == Method::NikAgreeing as u8 {
        return String::new();
    }
    crate::link::agree::unpack(packed)
}

/// Writes `rolls.parquet`, ordered by record.
///
/// # Errors
/// When a roll's record table is damaged or the disk refuses.
pub fn rolls(
    inputs: &Inputs<'_>,
    built: &Built,
    feeds: &[Feed],
    path: &Path,
) -> Result<(), EditionError> {
    let mut programme = Texts::new();
    let (mut record, mut person, mut family) = (Vec::new(), Vec::new(), Vec::new());
    let (mut since, mut status, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for feed in feeds {
        let Some(name) = inputs.rules.table(&feed.table.name).roll else { continue };
        let t = feed.table.read(&["record", "roll_since", "roll_status", "roll_changed"])?;
        record.extend(t.u64s("record", 0)?);
        since.extend(t.dates("roll_since", NO_DATE)?);
        status.extend(t.whole("roll_status", 1)?.into_iter().map(|s| s as u8));
        changed.extend(t.dates("roll_changed", NO_DATE)?);
        person.extend(feed.person.iter().map(|p| built.ids.person_id(*p)));
        family.extend(feed.family.iter().map(|f| built.ids.family_id(*f)));
        (0..feed.table.rows).for_each(|_| programme.push(&name));
    }
    TableBuilder::new()
        .texts("programme", &programme)
        .u64("record", record)
        .u64("person_id", person)
        .u64("family_id", family)
        .date_or("since", &since, NO_DATE)
        .u8("status", status)
        .date_or("changed", &changed, NO_DATE)
        .write(path)?;
    Ok(())
}

/// Writes `flags.parquet`: what outside checks say of people, ordered by flag, person and record.
/// Rows whose person was not found say nothing of anybody and stay in their record table.
///
/// # Errors
/// When a record table is damaged, lacks a column that a flag asks for, or the disk refuses.
pub fn flags(
    inputs: &Inputs<'_>,
    built: &Built,
    feeds: &[Feed],
    path: &Path,
) -> Result<(), EditionError> {
    let mut rows: Vec<(String, u64, u64, i32)> = Vec::new();
    for feed in feeds {
        for flag in inputs.rules.table(&feed.table.name).flags {
            let t = feed.table.read(&["record", "observed_date"])?;
            let (record, seen) = (t.u64s("record", 0)?, t.dates("observed_date", NO_DATE)?);
            let mut holds = vec![true; record.len()];
            for condition in [&flag.condition, &flag.and].into_iter().flatten() {
                let codes = feed.table.read(&[&condition.column])?.whole(&condition.column, 0)?;
                let one_of = |code: u64| condition.codes.contains(&code);
                holds.iter_mut().zip(codes).for_each(|(h, code)| *h = *h && one_of(code));
            }
            for (row, _) in holds.iter().enumerate().filter(|(_, holds)| **holds) {
                let person = built.ids.person_id(feed.person[row]);
                if person != 0 {
                    rows.push((flag.name.clone(), person, record[row], seen[row]));
                }
            }
        }
    }
    rows.sort();
    let mut name = Texts::new();
    rows.iter().for_each(|row| name.push(&row.0));
    TableBuilder::new()
        .u64("person_id", rows.iter().map(|r| r.1).collect())
        .texts("flag", &name)
        .u64("record", rows.iter().map(|r| r.2).collect())
        .date_or("observed", &rows.iter().map(|r| r.3).collect::<Vec<_>>(), NO_DATE)
        .write(path)?;
    Ok(())
}

/// Writes `reviews.parquet`, ordered by record.
///
/// # Errors
/// When the link step's output is damaged or the disk refuses.
pub fn reviews(inputs: &Inputs<'_>, built: &Built, path: &Path) -> Result<(), EditionError> {
    let t = read_table(&inputs.links.join("reviews.parquet"), &[])?;
    let ids = |column: &str| -> Result<Vec<u64>, EditionError> {
        Ok(t.u32s(column, NONE)?.into_iter().map(|p| built.ids.person_id(p)).collect())
    };
    let probability = t.f64s("probability", 0.0)?;
    // What an answer teaches: most where the odds are even, nothing where they are sure.
    let value = probability.iter().map(|p| 4.0 * p * (1.0 - p)).collect();
    TableBuilder::new()
        .u64("record", t.u64s("record", 0)?)
        .u64("candidate_person_id", ids("candidate")?)
        .u64("runner_up_person_id", ids("runner_up")?)
        .f64("match_probability", probability)
        .f64("gap", t.f64s("gap", 0.0)?)
        .f64("value", value)
        .write(path)?;
    Ok(())
}

/// Writes `regions.parquet`, ordered by code.
///
/// # Errors
/// When the disk refuses.
pub fn regions(regions: &Regions, path: &Path) -> Result<(), EditionError> {
    let mut rows: Vec<(u64, String, u8)> = regions
        .iter()
        .map(|(region, name)| (region.number(), name.to_owned(), region.level() as u8 + 1))
        .collect();
    rows.sort();
    TableBuilder::new()
        .u64("region", rows.iter().map(|r| r.0).collect())
        .u8("level", rows.iter().map(|r| r.2).collect())
        .strings("name", rows.into_iter().map(|r| r.1).collect())
        .write(path)?;
    Ok(())
}
