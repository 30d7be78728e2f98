//! Parquet files into a `Frame`: integers, floats, booleans, strings and dictionaries of strings.

use crate::RankError;
use crate::frame::{Column, Frame};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::path::Path;

/// The whole file as a frame; columns of other types (lists, structs, dates) are left out.
pub(crate) fn read(path: &Path, as_text: &[String]) -> Result<Frame, RankError> {
    let file = std::fs::File::open(path).map_err(|e| RankError::file(path, e))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| RankError::file(path, e))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(|e| RankError::file(path, e))?;
    let mut parts: Vec<Part> = schema
        .fields()
        .iter()
        .map(|f| Part::new(f.data_type(), as_text.contains(f.name())))
        .collect();
    for batch in reader {
        let batch = batch.map_err(|e| RankError::file(path, e))?;
        for (part, array) in parts.iter_mut().zip(batch.columns()) {
            part.push(array);
        }
    }
    let mut frame = Frame::new();
    for (field, part) in schema.fields().iter().zip(parts) {
        if let Some(column) = part.finish() {
            frame.push(field.name().as_str(), column)?;
        }
    }
    Ok(frame)
}

/// A column while batches arrive.
enum Part {
    Number(Vec<f64>),
    Text(Vec<String>),
    Other,
}

impl Part {
    fn new(kind: &DataType, as_text: bool) -> Self {
        let text = match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
            DataType::Dictionary(_, value) => matches!(**value, DataType::Utf8),
            _ => false,
        };
        if text || (as_text && kind.is_integer()) {
            Self::Text(Vec::new())
        } else if kind.is_integer()
            || matches!(kind, DataType::Float32 | DataType::Float64 | DataType::Boolean)
        {
            Self::Number(Vec::new())
        } else {
            Self::Other
        }
    }

    fn push(&mut self, array: &ArrayRef) {
        match self {
            Self::Number(values) => push_numbers(array, values),
            Self::Text(values) => push_texts(array, values),
            Self::Other => {}
        }
    }

    fn finish(self) -> Option<Column> {
        match self {
            Self::Number(values) => Some(Column::Number(values)),
            Self::Text(values) => Some(Column::from_texts(values.iter().map(String::as_str))),
            Self::Other => None,
        }
    }
}

fn push_numbers(array: &ArrayRef, out: &mut Vec<f64>) {
    fn all<T: ArrowPrimitiveType>(array: &ArrayRef, out: &mut Vec<f64>, f: fn(T::Native) -> f64) {
        out.extend(array.as_primitive::<T>().iter().map(|v| v.map_or(f64::NAN, f)));
    }
    match array.data_type() {
        DataType::Int8 => all::<Int8Type>(array, out, f64::from),
        DataType::Int16 => all::<Int16Type>(array, out, f64::from),
        DataType::Int32 => all::<Int32Type>(array, out, f64::from),
        DataType::Int64 => all::<Int64Type>(array, out, |v| v as f64),
        DataType::UInt8 => all::<UInt8Type>(array, out, f64::from),
        DataType::UInt16 => all::<UInt16Type>(array, out, f64::from),
        DataType::UInt32 => all::<UInt32Type>(array, out, f64::from),
        DataType::UInt64 => all::<UInt64Type>(array, out, |v| v as f64),
        DataType::Float32 => all::<Float32Type>(array, out, f64::from),
        DataType::Float64 => all::<Float64Type>(array, out, |v| v),
        DataType::Boolean => {
            let number = |v: Option<bool>| v.map_or(f64::NAN, |b| f64::from(u8::from(b)));
            out.extend(array.as_boolean().iter().map(number));
        }
        _ => out.extend(std::iter::repeat_n(f64::NAN, array.len())),
    }
}

fn push_texts(array: &ArrayRef, out: &mut Vec<String>) {
    match array.data_type() {
        DataType::Utf8 => {
            out.extend(array.as_string::<i32>().iter().map(|v| v.unwrap_or("").to_owned()));
        }
        DataType::LargeUtf8 => {
            out.extend(array.as_string::<i64>().iter().map(|v| v.unwrap_or("").to_owned()));
        }
        DataType::Utf8View => {
            out.extend(array.as_string_view().iter().map(|v| v.unwrap_or("").to_owned()));
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let values = dictionary.values().as_string::<i32>();
            for (row, key) in dictionary.normalized_keys().into_iter().enumerate() {
                out.push(if dictionary.is_null(row) {
                    String::new()
                } else {
                    values.value(key).into()
                });
            }
        }
        _ => {
            let mut numbers = Vec::new();
            push_numbers(array, &mut numbers);
            out.extend(
                numbers.iter().map(|v| {
                    if v.is_nan() { String::new() } else { crate::frame::number_text(*v) }
                }),
            );
        }
    }
}
