//! Record batches of an edition into [`Columns`], null by null.

use super::columns::{Columns, Data};
use crate::RankError;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

impl Columns {
    /// The numeric and yes/no columns of a batch; texts, dates and lists are left out.
    ///
    /// # Errors
    /// None in practice: the columns of a batch are equally long.
    pub fn from_batch(batch: &RecordBatch) -> Result<Self, RankError> {
        let mut columns = Self::new(batch.num_rows());
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            let data = match array.data_type() {
                DataType::UInt8 => Data::U8(
                    array
                        .as_primitive::<UInt8Type>()
                        .iter()
                        .map(|v| v.unwrap_or(u8::MAX))
                        .collect(),
                ),
                DataType::UInt16 => Data::U16(
                    array
                        .as_primitive::<UInt16Type>()
                        .iter()
                        .map(|v| v.unwrap_or(u16::MAX))
                        .collect(),
                ),
                DataType::Int32 => Data::I32(
                    array
                        .as_primitive::<Int32Type>()
                        .iter()
                        .map(|v| v.unwrap_or(i32::MIN))
                        .collect(),
                ),
                DataType::UInt64 => Data::U64(
                    array
                        .as_primitive::<UInt64Type>()
                        .iter()
                        .map(Option::unwrap_or_default)
                        .collect(),
                ),
                DataType::UInt32 => Data::U64(
                    array
                        .as_primitive::<UInt32Type>()
                        .iter()
                        .map(|v| u64::from(v.unwrap_or_default()))
                        .collect(),
                ),
                DataType::Int64 => Data::F64(
                    array
                        .as_primitive::<Int64Type>()
                        .iter()
                        .map(|v| v.map_or(f64::NAN, |v| v as f64))
                        .collect(),
                ),
                DataType::Float64 => Data::F64(
                    array
                        .as_primitive::<Float64Type>()
                        .iter()
                        .map(|v| v.unwrap_or(f64::NAN))
                        .collect(),
                ),
                DataType::Boolean => Data::U8(
                    array.as_boolean().iter().map(|v| v.map_or(u8::MAX, u8::from)).collect(),
                ),
                _ => continue,
            };
            columns.set(field.name().as_str(), data)?;
        }
        Ok(columns)
    }
}
