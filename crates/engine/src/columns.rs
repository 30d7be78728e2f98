//! Typed columns of a table: plain vectors that bulk kernels can sort, join and scan.

use crate::EngineError;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float64Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::SchemaRef;

/// A table in memory: batches of one schema, in row order.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// Many short texts in one arena. An absent text reads as empty.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    /// An empty arena.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An arena with room for `rows` texts of about `bytes_each`.
    #[must_use]
    pub fn with_capacity(rows: usize, bytes_each: usize) -> Self {
        Self { bytes: String::with_capacity(rows * bytes_each), ends: Vec::with_capacity(rows) }
    }

    /// Adds one text at the end.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    /// The text of a row, empty when absent.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[from..self.ends[row]]
    }

    /// The text of a row, or `None` when absent.
    #[must_use]
    pub fn some(&self, row: usize) -> Option<&str> {
        Some(self.get(row)).filter(|text| !text.is_empty())
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
    }
}

macro_rules! typed {
    ($(#[$doc:meta])* $name:ident, $arrow:ty, $native:ty, $wanted:literal) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// When the column is absent or of another type.
        pub fn $name(&self, column: &str, absent: $native) -> Result<Vec<$native>, EngineError> {
            self.primitive::<$arrow>(column, absent, $wanted)
        }
    };
}

impl Table {
    /// A table from its batches; `name` is used in messages.
    #[must_use]
    pub fn new(name: String, schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { name, schema, batches }
    }

    /// The batches, in row order.
    #[must_use]
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether the table has this column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.schema.index_of(column).is_ok()
    }

    fn index(&self, column: &str) -> Result<usize, EngineError> {
        self.schema.index_of(column).map_err(|_| EngineError::MissingColumn {
            table: self.name.clone(),
            column: column.to_owned(),
            hint: kernel::suggest::hint(
                column,
                self.schema.fields().iter().map(|f| f.name().as_str()),
            ),
        })
    }

    fn wrong_type(&self, index: usize, wanted: &'static str) -> EngineError {
        let field = self.schema.field(index);
        EngineError::ColumnType {
            column: field.name().clone(),
            wanted,
            found: field.data_type().to_string(),
        }
    }

    fn primitive<T: ArrowPrimitiveType>(
        &self,
        column: &str,
        absent: T::Native,
        wanted: &'static str,
    ) -> Result<Vec<T::Native>, EngineError> {
        let index = self.index(column)?;
        let mut out = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let array = batch
                .column(index)
                .as_primitive_opt::<T>()
                .ok_or_else(|| self.wrong_type(index, wanted))?;
            if array.null_count() == 0 {
                out.extend_from_slice(array.values());
            } else {
                out.extend(array.iter().map(|v| v.unwrap_or(absent)));
            }
        }
        Ok(out)
    }

    typed!(/// A `UInt64` column; nulls read as `absent`.
        u64s, UInt64Type, u64, "UInt64");
    typed!(/// A `UInt32` column; nulls read as `absent`.
        u32s, UInt32Type, u32, "UInt32");
    typed!(/// A `UInt16` column; nulls read as `absent`.
        u16s, UInt16Type, u16, "UInt16");
    typed!(/// A `UInt8` column; nulls read as `absent`.
        u8s, UInt8Type, u8, "UInt8");
    typed!(/// An `Int32` column; nulls read as `absent`.
        i32s, Int32Type, i32, "Int32");
    typed!(/// An `Int64` column; nulls read as `absent`.
        i64s, Int64Type, i64, "Int64");
    typed!(/// A `Float64` column; nulls read as `absent`.
        f64s, Float64Type, f64, "Float64");
    typed!(/// A `Date32` column as days since 1970-01-01; nulls read as `absent`.
        dates, Date32Type, i32, "Date32");

    /// A whole-number column of any width, as `u64`; nulls and negatives read as `absent`.
    ///
    /// # Errors
    /// When the column is absent or not of whole numbers.
    pub fn whole(&self, column: &str, absent: u64) -> Result<Vec<u64>, EngineError> {
        use arrow_schema::DataType as D;
        let index = self.index(column)?;
        let widen = |v: i64| u64::try_from(v).unwrap_or(absent);
        match self.schema.field(index).data_type() {
            D::UInt64 => self.u64s(column, absent),
            D::UInt32 => self.primitive_with::<UInt32Type>(index, absent, u64::from),
            D::UInt16 => self.primitive_with::<UInt16Type>(index, absent, u64::from),
            D::UInt8 => self.primitive_with::<UInt8Type>(index, absent, u64::from),
            D::Int64 => self.primitive_with::<Int64Type>(index, absent, widen),
            D::Int32 => self.primitive_with::<Int32Type>(index, absent, |v| widen(i64::from(v))),
            _ => Err(self.wrong_type(index, "a whole number")),
        }
    }

    fn primitive_with<T: ArrowPrimitiveType>(
        &self,
        index: usize,
        absent: u64,
        widen: impl Fn(T::Native) -> u64,
    ) -> Result<Vec<u64>, EngineError> {
        let mut out = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let array = batch
                .column(index)
                .as_primitive_opt::<T>()
                .ok_or_else(|| self.wrong_type(index, "a whole number"))?;
            out.extend(array.iter().map(|v| v.map_or(absent, &widen)));
        }
        Ok(out)
    }

    /// A Boolean column; nulls read as `absent`.
    ///
    /// # Errors
    /// When the column is absent or of another type.
    pub fn bools(&self, column: &str, absent: bool) -> Result<Vec<bool>, EngineError> {
        let index = self.index(column)?;
        let mut out = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let array = batch
                .column(index)
                .as_boolean_opt()
                .ok_or_else(|| self.wrong_type(index, "Boolean"))?;
            out.extend(array.iter().map(|v| v.unwrap_or(absent)));
        }
        Ok(out)
    }

    /// A text column in one arena; nulls read as empty.
    ///
    /// # Errors
    /// When the column is absent or of another type.
    pub fn texts(&self, column: &str) -> Result<Texts, EngineError> {
        let index = self.index(column)?;
        let mut out = Texts::with_capacity(self.rows(), 16);
        for batch in &self.batches {
            let array = batch
                .column(index)
                .as_string_opt::<i32>()
                .ok_or_else(|| self.wrong_type(index, "Utf8"))?;
            for value in array {
                out.push(value.unwrap_or(""));
            }
        }
        Ok(out)
    }
}
