//! Reading Parquet tables: whole, in parallel, or as a stream of row groups in order.

use crate::{EngineError, Table};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

fn open(path: &Path) -> Result<ArrowReaderMetadata, EngineError> {
    let file = File::open(path).map_err(|e| EngineError::io("open", path, e))?;
    ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        .map_err(|e| EngineError::parquet(path, e))
}

/// The names of a table's columns, in order.
///
/// # Errors
/// When the file is not a Parquet table.
pub fn table_columns(path: &Path) -> Result<SchemaRef, EngineError> {
    Ok(Arc::clone(open(path)?.schema()))
}

/// The number of rows a table's footer states.
///
/// # Errors
/// When the file is not a Parquet table.
pub fn row_count(path: &Path) -> Result<u64, EngineError> {
    let rows = open(path)?.metadata().file_metadata().num_rows();
    u64::try_from(rows).map_err(|_| EngineError::parquet(path, "the row count is negative"))
}

/// The schema of the chosen columns in the order asked (all columns when none is named).
fn projected(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    columns: &[&str],
) -> Result<(SchemaRef, ProjectionMask), EngineError> {
    let all = metadata.schema();
    let parquet_schema = metadata.metadata().file_metadata().schema_descr();
    if columns.is_empty() {
        return Ok((Arc::clone(all), ProjectionMask::all()));
    }
    let mut fields = Vec::with_capacity(columns.len());
    for column in columns {
        let field = all.field_with_name(column).map_err(|_| EngineError::MissingColumn {
            table: path.display().to_string(),
            column: (*column).to_owned(),
            hint: kernel::suggest::hint(column, all.fields().iter().map(|f| f.name().as_str())),
        })?;
        fields.push(field.clone());
    }
    let mask = ProjectionMask::columns(parquet_schema, columns.iter().copied());
    Ok((Arc::new(Schema::new(fields)), mask))
}

/// One row group as one batch.
fn row_group(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    mask: &ProjectionMask,
    index: usize,
) -> Result<RecordBatch, EngineError> {
    // An own handle each time: cloned handles share one position, and threads would disturb it.
    let file = File::open(path).map_err(|e| EngineError::io("open", path, e))?;
    let wrong = |e: &dyn std::fmt::Display| EngineError::parquet(path, e);
    let rows = metadata.metadata().row_group(index).num_rows();
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_projection(mask.clone())
        .with_row_groups(vec![index])
        .with_batch_size(usize::try_from(rows).unwrap_or(1).max(1))
        .build()
        .map_err(|e| wrong(&e))?;
    let schema = reader.schema();
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().map_err(|e| wrong(&e))?;
    match batches.as_slice() {
        [one] => Ok(one.clone()),
        many => arrow_select::concat::concat_batches(&schema, many).map_err(|e| wrong(&e)),
    }
}

/// The columns of a batch in the order of `schema`.
fn reorder(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, EngineError> {
    let columns = schema
        .fields()
        .iter()
        .filter_map(|field| batch.column_by_name(field.name()).cloned())
        .collect();
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|e| EngineError::Other(e.to_string()))
}

/// Reads the named columns (all when `columns` is empty), row groups in parallel, in row order.
///
/// # Errors
/// When the file is not a Parquet table or a column is absent (with a suggestion).
pub fn read_table(path: &Path, columns: &[&str]) -> Result<Table, EngineError> {
    let metadata = open(path)?;
    let (schema, mask) = projected(path, &metadata, columns)?;
    let batches = (0..metadata.metadata().num_row_groups())
        .into_par_iter()
        .map(|index| {
            let batch = row_group(path, &metadata, &mask, index)?;
            reorder(&batch, &schema)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Table::new(path.display().to_string(), schema, batches))
}

/// Gives every row group of the named columns to `take`, in order, one in memory at a time.
///
/// # Errors
/// As [`read_table`], and whatever `take` returns.
pub fn stream_table<E: From<EngineError>>(
    path: &Path,
    columns: &[&str],
    mut take: impl FnMut(RecordBatch) -> Result<(), E>,
) -> Result<(), E> {
    let metadata = open(path)?;
    let (schema, mask) = projected(path, &metadata, columns)?;
    for index in 0..metadata.metadata().num_row_groups() {
        let batch = row_group(path, &metadata, &mask, index)?;
        take(reorder(&batch, &schema)?)?;
    }
    Ok(())
}
