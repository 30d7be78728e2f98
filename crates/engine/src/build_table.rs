//! Building a record batch from plain vectors, with sentinels turned into nulls.

use crate::{EngineError, TableWriter, Texts, write::ROW_GROUP_ROWS};
use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::path::Path;
use std::sync::Arc;

/// Collects columns by name, then gives one batch. Columns must be of one length.
#[derive(Debug, Default)]
pub struct TableBuilder {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

macro_rules! columns {
    ($plain:ident, $optional:ident, $array:ty, $native:ty, $data_type:expr) => {
        /// Adds a column that is never null.
        #[must_use]
        pub fn $plain(self, name: &str, values: Vec<$native>) -> Self {
            self.column(name, $data_type, false, Arc::new(<$array>::from(values)))
        }

        /// Adds a nullable column: `absent` becomes null.
        #[must_use]
        pub fn $optional(self, name: &str, values: &[$native], absent: $native) -> Self {
            let array: $array =
                values.iter().map(|v| if *v == absent { None } else { Some(*v) }).collect();
            self.column(name, $data_type, true, Arc::new(array))
        }
    };
}

impl TableBuilder {
    /// No columns yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an Arrow column.
    #[must_use]
    pub fn column(
        mut self,
        name: &str,
        data_type: DataType,
        nullable: bool,
        array: ArrayRef,
    ) -> Self {
        self.fields.push(Field::new(name, data_type, nullable));
        self.columns.push(array);
        self
    }

    columns!(u64, u64_or, UInt64Array, u64, DataType::UInt64);
    columns!(u32, u32_or, UInt32Array, u32, DataType::UInt32);
    columns!(u16, u16_or, UInt16Array, u16, DataType::UInt16);
    columns!(u8, u8_or, UInt8Array, u8, DataType::UInt8);
    columns!(i32, i32_or, Int32Array, i32, DataType::Int32);
    columns!(i64, i64_or, Int64Array, i64, DataType::Int64);
    columns!(f64, f64_or, Float64Array, f64, DataType::Float64);
    columns!(date, date_or, Date32Array, i32, DataType::Date32);

    /// Adds a Boolean column that is never null.
    #[must_use]
    pub fn bool(self, name: &str, values: Vec<bool>) -> Self {
        self.column(name, DataType::Boolean, false, Arc::new(BooleanArray::from(values)))
    }

    /// Adds a Boolean column from codes: 0 no, 1 yes, anything else null.
    #[must_use]
    pub fn bool_or(self, name: &str, codes: &[u8]) -> Self {
        let array: BooleanArray =
            codes.iter().map(|c| if *c > 1 { None } else { Some(*c == 1) }).collect();
        self.column(name, DataType::Boolean, true, Arc::new(array))
    }

    /// Adds a text column: empty becomes null.
    #[must_use]
    pub fn texts(self, name: &str, values: &Texts) -> Self {
        self.texts_by(name, values.len(), |row| values.some(row))
    }

    /// Adds a text column from a function of the row.
    #[must_use]
    pub fn texts_by<'a>(
        self,
        name: &str,
        rows: usize,
        text: impl Fn(usize) -> Option<&'a str>,
    ) -> Self {
        let mut builder = StringBuilder::with_capacity(rows, rows * 16);
        for row in 0..rows {
            builder.append_option(text(row));
        }
        self.column(name, DataType::Utf8, true, Arc::new(builder.finish()))
    }

    /// Adds a text column that is never null.
    #[must_use]
    pub fn strings(self, name: &str, values: Vec<String>) -> Self {
        self.column(name, DataType::Utf8, false, Arc::new(StringArray::from(values)))
    }

    /// The schema so far.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.fields.clone()))
    }

    /// The columns as one batch.
    ///
    /// # Errors
    /// When the columns differ in length.
    pub fn batch(self) -> Result<RecordBatch, EngineError> {
        let schema = self.schema();
        RecordBatch::try_new(schema, self.columns)
            .map_err(|e| EngineError::Other(format!("columns do not make a table: {e}")))
    }

    /// Writes the columns as a table at `path`. Returns the number of rows.
    ///
    /// # Errors
    /// As [`TableWriter`].
    pub fn write(self, path: &Path) -> Result<u64, EngineError> {
        let batch = self.batch()?;
        let mut writer = TableWriter::create(path, batch.schema())?;
        let mut from = 0;
        while from < batch.num_rows() {
            let take = ROW_GROUP_ROWS.min(batch.num_rows() - from);
            writer.push(&batch.slice(from, take))?;
            from += take;
        }
        writer.finish()
    }
}
