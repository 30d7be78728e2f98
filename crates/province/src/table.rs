//! Parquet tables written row by row, in row groups of fixed size and without time stamps.

use crate::error::{ProvinceError, Result};
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, Int32Builder, StringBuilder, UInt8Builder,
    UInt16Builder, UInt32Builder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use kernel::Date;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows per row group.
pub(crate) const GROUP_ROWS: usize = 131_072;
/// Rows kept in builders before they go to the encoder.
const BATCH_ROWS: usize = 16_384;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    U8,
    U16,
    U32,
    U64,
    I32,
    F64,
    Bool,
    Date,
    Text,
}

enum Cells {
    U8(UInt8Builder),
    U16(UInt16Builder),
    U32(UInt32Builder),
    U64(UInt64Builder),
    I32(Int32Builder),
    F64(Float64Builder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Text(StringBuilder),
}

impl Cells {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::U8 => Self::U8(UInt8Builder::new()),
            Kind::U16 => Self::U16(UInt16Builder::new()),
            Kind::U32 => Self::U32(UInt32Builder::new()),
            Kind::U64 => Self::U64(UInt64Builder::new()),
            Kind::I32 => Self::I32(Int32Builder::new()),
            Kind::F64 => Self::F64(Float64Builder::new()),
            Kind::Bool => Self::Bool(BooleanBuilder::new()),
            Kind::Date => Self::Date(Date32Builder::new()),
            Kind::Text => Self::Text(StringBuilder::new()),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::U8(b) => Arc::new(b.finish()),
            Self::U16(b) => Arc::new(b.finish()),
            Self::U32(b) => Arc::new(b.finish()),
            Self::U64(b) => Arc::new(b.finish()),
            Self::I32(b) => Arc::new(b.finish()),
            Self::F64(b) => Arc::new(b.finish()),
            Self::Bool(b) => Arc::new(b.finish()),
            Self::Date(b) => Arc::new(b.finish()),
            Self::Text(b) => Arc::new(b.finish()),
        }
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::U8 => DataType::UInt8,
        Kind::U16 => DataType::UInt16,
        Kind::U32 => DataType::UInt32,
        Kind::U64 => DataType::UInt64,
        Kind::I32 => DataType::Int32,
        Kind::F64 => DataType::Float64,
        Kind::Bool => DataType::Boolean,
        Kind::Date => DataType::Date32,
        Kind::Text => DataType::Utf8,
    }
}

/// How a table is compressed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Packing {
    /// As agencies' tools do by default.
    Snappy,
    /// As the house does.
    Zstd,
}

/// A Parquet file under construction. Fill the columns of a row in order, then call [`Table::end`].
pub(crate) struct Table {
    path: PathBuf,
    writer: ArrowWriter<File>,
    schema: Arc<Schema>,
    cells: Vec<Cells>,
    at: usize,
    held: usize,
    rows: u64,
    misfit: bool,
}

macro_rules! push {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $type:ty) => {
        $(#[$doc])*
        pub(crate) fn $name(&mut self, value: Option<$type>) -> &mut Self {
            match self.cells.get_mut(self.at) {
                Some(Cells::$variant(builder)) => builder.append_option(value),
                _ => self.misfit = true,
            }
            self.at += 1;
            self
        }
    };
}

impl Table {
    /// Opens a file with these columns (name, type, may be null).
    pub(crate) fn create(
        path: &Path,
        columns: &[(&str, Kind, bool)],
        packing: Packing,
    ) -> Result<Self> {
        let wrong = |e: &dyn std::fmt::Display| ProvinceError::file(path, e);
        let fields =
            columns.iter().map(|(name, kind, null)| Field::new(*name, data_type(*kind), *null));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let compression = match packing {
            Packing::Snappy => Compression::SNAPPY,
            Packing::Zstd => Compression::ZSTD(ZstdLevel::try_new(1).map_err(|e| wrong(&e))?),
        };
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by("padan synth".to_owned())
            .build();
        let file = File::create(path).map_err(|e| wrong(&e))?;
        let writer =
            ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(|e| wrong(&e))?;
        let cells = columns.iter().map(|(_, kind, _)| Cells::new(*kind)).collect();
        let path = path.to_owned();
        Ok(Self { path, writer, schema, cells, at: 0, held: 0, rows: 0, misfit: false })
    }

    push!(
        #[doc = "A byte."]
        u8,
        U8,
        u8
    );
    push!(
        #[doc = "Two bytes."]
        u16,
        U16,
        u16
    );
    push!(
        #[doc = "Four bytes."]
        u32,
        U32,
        u32
    );
    push!(
        #[doc = "Eight bytes."]
        u64,
        U64,
        u64
    );
    push!(
        #[doc = "A signed number."]
        i32,
        I32,
        i32
    );
    push!(
        #[doc = "A real number."]
        f64,
        F64,
        f64
    );
    push!(
        #[doc = "Yes or no."]
        bool,
        Bool,
        bool
    );
    push!(
        #[doc = "A text."]
        text,
        Text,
        &str
    );

    /// A day.
    pub(crate) fn date(&mut self, value: Option<Date>) -> &mut Self {
        match self.cells.get_mut(self.at) {
            Some(Cells::Date(builder)) => builder.append_option(value.map(Date::days)),
            _ => self.misfit = true,
        }
        self.at += 1;
        self
    }

    /// An instrument code: 0 is null.
    pub(crate) fn code(&mut self, value: u8) -> &mut Self {
        self.u8((value != 0).then_some(value))
    }

    /// Ends the row; gives its number, from 1.
    pub(crate) fn end(&mut self) -> Result<u64> {
        if self.misfit || self.at != self.cells.len() {
            return Err(ProvinceError::Shape(format!(
                "{}: row {} has {} of {} columns, or a column of another type",
                self.path.display(),
                self.rows + 1,
                self.at,
                self.cells.len()
            )));
        }
        self.at = 0;
        self.held += 1;
        self.rows += 1;
        if self.held == BATCH_ROWS {
            self.flush()?;
        }
        Ok(self.rows)
    }

    fn flush(&mut self) -> Result<()> {
        let columns = self.cells.iter_mut().map(Cells::finish).collect();
        self.held = 0;
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|e| ProvinceError::file(&self.path, e))?;
        self.writer.write(&batch).map_err(|e| ProvinceError::file(&self.path, e))
    }

    /// Writes what is left and closes the file; gives the rows.
    pub(crate) fn close(mut self) -> Result<u64> {
        if self.held > 0 {
            self.flush()?;
        }
        self.writer.close().map_err(|e| ProvinceError::file(&self.path, e))?;
        Ok(self.rows)
    }
}

/// Joins files of the same shape into one, column chunk by column chunk, without decoding, and
/// removes the parts.
pub(crate) fn join(parts: &[PathBuf], target: &Path) -> Result<()> {
    use parquet::column::writer::ColumnCloseResult;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::file::writer::SerializedFileWriter;
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |e: parquet::errors::ParquetError| ProvinceError::file(&path, e)
    };
    let open = |path: &Path| File::open(path).map_err(|e| ProvinceError::file(path, e));
    let Some(first) = parts.first() else {
        return Ok(());
    };
    let reader = SerializedFileReader::new(open(first)?).map_err(wrong(first))?;
    let file = reader.metadata().file_metadata();
    let properties = WriterProperties::builder()
        .set_created_by("padan synth".to_owned())
        .set_key_value_metadata(file.key_value_metadata().cloned())
        .build();
    let schema = file.schema_descr().root_schema_ptr();
    let output = File::create(target).map_err(|e| ProvinceError::file(target, e))?;
    let mut writer =
        SerializedFileWriter::new(output, schema, Arc::new(properties)).map_err(wrong(target))?;
    for part in parts {
        let file = open(part)?;
        let reader = SerializedFileReader::new(open(part)?).map_err(wrong(part))?;
        for group in reader.metadata().row_groups() {
            let mut out = writer.next_row_group().map_err(wrong(target))?;
            for column in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size() as u64,
                    rows_written: group.num_rows() as u64,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                out.append_column(&file, close).map_err(wrong(target))?;
            }
            out.close().map_err(wrong(target))?;
        }
    }
    writer.close().map_err(wrong(target))?;
    for part in parts {
        std::fs::remove_file(part).map_err(|e| ProvinceError::file(part, e))?;
    }
    Ok(())
}
