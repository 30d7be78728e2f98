//! Parquet in: one task per column, so that columns are decoded side by side.

use super::render::{codes, texts};
use super::{Gather, file_column, place_of};
use crate::error::LinkError;
use crate::spec::Input;
use crate::values::{Interner, Values};
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use arrow_array::Array;
use arrow_schema::{DataType, Field, Schema};
use rayon::prelude::*;
use std::fs::File;
use std::sync::Arc;

/// Rows decoded at a time.
const BATCH_ROWS: usize = 65_536;

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
    let job = |place: usize, take: &mut dyn FnMut(&str)| {
        column(input, &metadata, place, &mut |array| texts(array, take))
    };
    let coded = repeated(&file, &metadata).unwrap_or_else(|| metadata.clone());
    let small = gather.small;
    let Gather { columns, ids, .. } = gather;
    let (done, id_done) = rayon::join(
        || {
            columns.par_iter_mut().zip(places).with_max_len(1).try_for_each(|(slot, place)| {
                let (interner, list): &mut (Interner, Vec<u32>) = slot;
                list.reserve(rows);
                column(input, &coded, place, &mut |array| codes(array, small, interner, list))
            })
        },
        || read_ids(id_place, rows, ids, &job),
    );
    done?;
    id_done?;
    gather.rows += rows;
    Ok(())
}

/// Calls the second argument with every text of a column.
type TextsOf<'a> = dyn Fn(usize, &mut dyn FnMut(&str)) -> Result<(), LinkError> + 'a;

fn read_ids(
    place: Option<usize>,
    rows: usize,
    ids: &mut Values,
    job: &TextsOf<'_>,
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

/// The same file with text columns of few values read as dictionaries: columns whose data pages
/// hold little but places in a small dictionary.
fn repeated(file: &File, metadata: &ArrowReaderMetadata) -> Option<ArrowReaderMetadata> {
    let groups = metadata.metadata().row_groups();
    let fields = metadata.schema().fields();
    let flat = groups.iter().all(|g| g.num_columns() == fields.len());
    let few = |at: usize| {
        groups.iter().all(|g| {
            let column = g.column(at);
            let data = column.data_page_offset();
            let dictionary = data - column.dictionary_page_offset().unwrap_or(data);
            dictionary > 0 && dictionary < 400_000 && column.uncompressed_size() < 4 * g.num_rows()
        })
    };
    let kinds = fields.iter().enumerate().map(|(at, field)| {
        let text = field.data_type() == &DataType::Utf8;
        let kind = if flat && text && few(at) {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        } else {
            field.data_type().clone()
        };
        Field::new(field.name(), kind, field.is_nullable())
    });
    let schema = Arc::new(Schema::new(kinds.collect::<Vec<_>>()));
    ArrowReaderMetadata::load(file, ArrowReaderOptions::new().with_schema(schema)).ok()
}

fn column(
    input: &Input,
    metadata: &ArrowReaderMetadata,
    place: usize,
    take: &mut dyn FnMut(&dyn Array) -> Result<(), String>,
) -> Result<(), LinkError> {
    let wrong = |e: &dyn std::fmt::Display| LinkError::input(input.path.display(), e);
    let file = File::open(&input.path).map_err(|e| wrong(&e))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
    let mask = ProjectionMask::roots(builder.parquet_schema(), [place]);
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(|e| wrong(&e))?;
    for batch in reader {
        let batch = batch.map_err(|e| wrong(&e))?;
        take(batch.column(0).as_ref()).map_err(|e| wrong(&e))?;
    }
    Ok(())
}
