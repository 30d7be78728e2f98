//! Loads a frame from an edition's folder of Parquet files.

use super::{Frame, FrameBuilder};
use crate::TargetError;
use crate::schema::{Schema, TableKind};
use arrow_array::RecordBatch;
use kernel::Date;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::Path;

/// Columns of `persons` beside the fields of the schema.
const PERSONS: [&str; 6] = ["person_id", "family_id", "village", "sex", "birth_date", "alive"];
/// Columns of `families` beside the fields of the schema.
const FAMILIES: [&str; 3] = ["family_id", "village", "head_person_id"];

/// Reads `manifest.json` for the day and loads all tables; `contributions` only when asked for.
///
/// # Errors
/// When a file is absent, damaged or of another shape.
pub fn load(folder: &Path, schema: &Schema, contributions: bool) -> Result<Frame, TargetError> {
    let mut builder = FrameBuilder::new(schema, as_of(folder)?);
    let person = |name: &str| {
        PERSONS.contains(&name) || schema.field(TableKind::Person, name).is_ok_and(|f| !f.derived)
    };
    let family = |name: &str| {
        FAMILIES.contains(&name) || schema.field(TableKind::Family, name).is_ok_and(|f| !f.derived)
    };
    each(&folder.join("persons.parquet"), &person, &mut |b| builder.persons(b).map(drop))?;
    each(&folder.join("families.parquet"), &family, &mut |b| builder.families(b).map(drop))?;
    each(&folder.join("scores.parquet"), &|_| true, &mut |b| builder.scores(b).map(drop))?;
    optional(&folder.join("rolls.parquet"), &mut |b| builder.rolls(b).map(drop))?;
    optional(&folder.join("flags.parquet"), &mut |b| builder.flags(b).map(drop))?;
    optional(&folder.join("regions.parquet"), &mut |b| builder.regions(b).map(drop))?;
    if contributions {
        optional(&folder.join("contributions.parquet"), &mut |b| {
            builder.contributions(b).map(drop)
        })?;
    }
    builder.finish()
}

fn as_of(folder: &Path) -> Result<Date, TargetError> {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(|e| TargetError::io(&path, e))?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| TargetError::file(&path, "", e.to_string()))?;
    manifest["as_of"].as_str().and_then(|day| day.parse().ok()).ok_or_else(|| {
        TargetError::file(&path, "as_of", "must be a date such as 2026-10-01; rebuild the edition")
    })
}

/// A batch and what to do with it.
type Take<'t> = &'t mut dyn FnMut(&RecordBatch) -> Result<(), TargetError>;

fn optional(path: &Path, take: Take<'_>) -> Result<(), TargetError> {
    if path.exists() { each(path, &|_| true, take) } else { Ok(()) }
}

/// Reads the columns that `wanted` names, batch by batch.
pub(crate) fn each(
    path: &Path,
    wanted: &dyn Fn(&str) -> bool,
    take: Take<'_>,
) -> Result<(), TargetError> {
    let file = File::open(path).map_err(|e| TargetError::io(path, e))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| TargetError::io(path, e))?;
    let fields = builder.schema().fields();
    let roots: Vec<usize> = (0..fields.len()).filter(|&i| wanted(fields[i].name())).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(65_536)
        .build()
        .map_err(|e| TargetError::io(path, e))?;
    for batch in reader {
        take(&batch.map_err(|e| TargetError::io(path, e))?)?;
    }
    Ok(())
}
