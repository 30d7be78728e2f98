//! Parquet tables whose bytes depend on their rows only.
//!
//! Row groups of a fixed number of rows, whatever the batches that came in; zstd level 1; no
//! writer time stamp, no key-value metadata. Each row group is put together before it is encoded
//! (so page borders do not depend on batch borders) and its columns are encoded in parallel.

use crate::EngineError;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows in every row group but the last.
pub const ROW_GROUP_ROWS: usize = 131_072;

/// Writes one table, batch by batch, holding at most one row group in memory.
pub struct TableWriter {
    path: PathBuf,
    schema: SchemaRef,
    writer: SerializedFileWriter<BufWriter<File>>,
    factory: ArrowRowGroupWriterFactory,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    row_groups: usize,
    rows: u64,
}

impl TableWriter {
    /// Starts a table at `path`, replacing what is there.
    ///
    /// # Errors
    /// When the file cannot be made or a column type has no Parquet form.
    pub fn create(path: &Path, schema: SchemaRef) -> Result<Self, EngineError> {
        Self::create_distinct(path, schema, &[])
    }

    /// As [`TableWriter::create`], for a table whose columns named in `distinct` hardly repeat a
    /// value (ids, numbers of cards): looking for repetitions in them would only cost time.
    ///
    /// # Errors
    /// As [`TableWriter::create`].
    pub fn create_distinct(
        path: &Path,
        schema: SchemaRef,
        distinct: &[&str],
    ) -> Result<Self, EngineError> {
        let wrong = |e: ParquetError| EngineError::parquet(path, e);
        let level = ZstdLevel::try_new(1).map_err(wrong)?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
        for column in distinct {
            let column = ColumnPath::from(*column);
            properties = properties.set_column_dictionary_enabled(column, false);
        }
        let properties = properties.build();
        let described = ArrowSchemaConverter::new().convert(&schema).map_err(wrong)?;
        let file = File::create(path).map_err(|e| EngineError::io("create", path, e))?;
        let writer = SerializedFileWriter::new(
            BufWriter::with_capacity(1 << 20, file),
            described.root_schema_ptr(),
            Arc::new(properties),
        )
        .map_err(wrong)?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema));
        Ok(Self {
            path: path.to_owned(),
            schema,
            writer,
            factory,
            pending: Vec::new(),
            pending_rows: 0,
            row_groups: 0,
            rows: 0,
        })
    }

    /// Adds rows. The batch must have the table's schema.
    ///
    /// # Errors
    /// When a full row group cannot be encoded or written.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let mut from = 0;
        while from < batch.num_rows() {
            let take = (ROW_GROUP_ROWS - self.pending_rows).min(batch.num_rows() - from);
            self.pending.push(batch.slice(from, take));
            self.pending_rows += take;
            from += take;
            if self.pending_rows == ROW_GROUP_ROWS {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Encodes and writes the pending rows as one row group.
    fn flush(&mut self) -> Result<(), EngineError> {
        if self.pending_rows == 0 {
            return Ok(());
        }
        let wrong = |path: &Path, e: &dyn std::fmt::Display| EngineError::parquet(path, e);
        let whole = match self.pending.as_slice() {
            [one] => one.clone(),
            many => concat_batches(&self.schema, many).map_err(|e| wrong(&self.path, &e))?,
        };
        self.pending.clear();
        let chunks = self.encode(&whole).map_err(|e| wrong(&self.path, &e))?;
        let mut group = self.writer.next_row_group().map_err(|e| wrong(&self.path, &e))?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group).map_err(|e| wrong(&self.path, &e))?;
        }
        group.close().map_err(|e| wrong(&self.path, &e))?;
        self.row_groups += 1;
        self.rows += self.pending_rows as u64;
        self.pending_rows = 0;
        Ok(())
    }

    /// The column chunks of one row group, encoded in parallel. Flat columns only.
    fn encode(&self, batch: &RecordBatch) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
        let writers = self.factory.create_column_writers(self.row_groups)?;
        writers
            .into_par_iter()
            .zip(self.schema.fields().par_iter().zip(batch.columns().par_iter()))
            .map(|(mut writer, (field, column))| {
                for leaf in compute_leaves(field, column)? {
                    writer.write(&leaf)?;
                }
                writer.close()
            })
            .collect()
    }

    /// Writes the rest and the footer, and makes the file durable. Returns the number of rows.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<u64, EngineError> {
        self.flush()?;
        let path = self.path;
        let buffered = self.writer.into_inner().map_err(|e| EngineError::parquet(&path, e))?;
        let file =
            buffered.into_inner().map_err(|e| EngineError::io("write", &path, e.into_error()))?;
        file.sync_all().map_err(|e| EngineError::io("sync", &path, e))?;
        Ok(self.rows)
    }
}

/// Writes a whole table at once; see [`TableWriter`].
///
/// # Errors
/// As [`TableWriter`].
pub fn write_table(
    path: &Path,
    schema: SchemaRef,
    batches: &[RecordBatch],
) -> Result<u64, EngineError> {
    let mut writer = TableWriter::create(path, schema)?;
    for batch in batches {
        writer.push(batch)?;
    }
    writer.finish()
}
