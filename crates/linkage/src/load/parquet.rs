//! Parquet in: one task per column, so that columns are decoded side by side.

use super::render::texts;
use super::{Gather, file_column, place_of};
use crate::error::LinkError;
use crate::spec::Input;
use crate::values::{Interner, Values};
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;
use std::fs::File;

/// Rows decoded at a time.
const BATCH_ROWS: usize = 16_384;

/// Appends the wanted columns and ids of a Parquet file.
pub fn read(input: &Input, gather: &mut Gather) -> Result<(), LinkError> {
    let file = File::open(&input.path).map_err(|e| LinkError::input(input.path.display(), e))?;
    let metadata = ArrowReaderMetadata::load(&file, Default::default()).map_err(|e| {
        LinkError::input(input.path.display(), format!("it is not a sound Parquet file: {e}"))
    })?;
    let header: Vec<String> = metadata.schema().fields().iter().map(|f| f.name().clone()).collect();
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let places = gather
        .names
        .iter()
        .map(|name| place_of(input, &header, file_column(input, name)))
        .collect::<Result<Vec<_>, _>>()?;
    let id_place = input.id.as_deref().map(|id| place_of(input, &header, id)).transpose()?;
    let job = |place: usize, take: &mut dyn FnMut(&str)| column(input, &metadata, place, take);
    let Gather { columns, ids, .. } = gather;
    let (done, id_done) = rayon::join(
        || {
            columns.par_iter_mut().zip(places).try_for_each(
                |((interner, codes), place): (&mut (Interner, Vec<u32>), usize)| {
                    codes.reserve(rows);
                    job(place, &mut |text| codes.push(interner.code(text.trim().as_bytes())))
                },
            )
        },
        || read_ids(id_place, rows, ids, &job),
    );
    done?;
    id_done?;
    gather.rows += rows;
    Ok(())
}

fn read_ids(
    place: Option<usize>,
    rows: usize,
    ids: &mut Values,
    job: &dyn Fn(usize, &mut dyn FnMut(&str)) -> Result<(), LinkError>,
) -> Result<(), LinkError> {
    match place {
        Some(place) => job(place, &mut |text| {
            ids.push(text.trim().as_bytes());
        }),
        None => {
            for row in 1..=rows {
                ids.push(row.to_string().as_bytes());
            }
            Ok(())
        }
    }
}

fn column(
    input: &Input,
    metadata: &ArrowReaderMetadata,
    place: usize,
    take: &mut dyn FnMut(&str),
) -> Result<(), LinkError> {
    let wrong = |e: &dyn std::fmt::Display| LinkError::input(input.path.display(), e);
    let file = File::open(&input.path).map_err(|e| wrong(&e))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
    let mask = ProjectionMask::roots(builder.parquet_schema(), [place]);
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(|e| wrong(&e))?;
    for batch in reader {
        let batch = batch.map_err(|e| wrong(&e))?;
        texts(batch.column(0).as_ref(), take).map_err(|e| wrong(&e))?;
    }
    Ok(())
}
