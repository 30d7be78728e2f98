//! Arrow columns → packed rows (`store::blob`).

use crate::PublishError;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Schema};
use store::blob::{CellKind, put_int, put_null, put_real, put_text};

/// A column of a batch, cast once so that the loop over rows does not ask for its type again.
enum Column<'a> {
    U8(&'a PrimitiveArray<UInt8Type>),
    U16(&'a PrimitiveArray<UInt16Type>),
    U32(&'a PrimitiveArray<UInt32Type>),
    U64(&'a PrimitiveArray<UInt64Type>),
    I32(&'a PrimitiveArray<Int32Type>),
    I64(&'a PrimitiveArray<Int64Type>),
    Day(&'a PrimitiveArray<Date32Type>),
    F64(&'a PrimitiveArray<Float64Type>),
    Truth(&'a BooleanArray),
    Text(&'a StringArray),
    Widened(PrimitiveArray<Int64Type>),
    WidenedReal(PrimitiveArray<Float64Type>),
}

/// What the cells of an Arrow type are in a body; none for types that are not packed.
pub(crate) const fn kind_of(ty: &DataType) -> Option<CellKind> {
    Some(match ty {
        DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Date32
        | DataType::Boolean => CellKind::Int,
        DataType::Float32 | DataType::Float64 => CellKind::Real,
        DataType::Utf8 => CellKind::Text,
        _ => return None,
    })
}

/// The columns of a table that are packed: all of a packable type except those named.
pub(crate) fn packed_columns(schema: &Schema, without: &[&str]) -> Vec<(String, CellKind)> {
    schema
        .fields()
        .iter()
        .filter(|field| !without.contains(&field.name().as_str()))
        .filter_map(|field| Some((field.name().clone(), kind_of(field.data_type())?)))
        .collect()
}

/// The packed columns of one batch.
pub(crate) struct Encoder<'a>(Vec<Column<'a>>);

impl<'a> Encoder<'a> {
    /// Prepares `columns` of `batch`.
    pub(crate) fn new(
        batch: &'a RecordBatch,
        columns: &[(String, CellKind)],
    ) -> Result<Self, PublishError> {
        let cast = |(name, _): &(String, CellKind)| {
            batch.column_by_name(name).and_then(column).ok_or_else(|| {
                PublishError::Store(store::StoreError::Shape(format!("column `{name}` is gone")))
            })
        };
        columns.iter().map(cast).collect::<Result<_, _>>().map(Self)
    }

    /// Appends the cells of one row.
    pub(crate) fn put(&self, row: usize, out: &mut Vec<u8>) {
        for column in &self.0 {
            match column {
                Column::U8(a) => put_number(*a, row, out, i64::from),
                Column::U16(a) => put_number(*a, row, out, i64::from),
                Column::U32(a) => put_number(*a, row, out, i64::from),
                Column::U64(a) => put_number(*a, row, out, |n| n as i64),
                Column::I32(a) => put_number(*a, row, out, i64::from),
                Column::I64(a) => put_number(*a, row, out, |n| n),
                Column::Day(a) => put_number(*a, row, out, i64::from),
                Column::Widened(a) => put_number(a, row, out, |n| n),
                Column::F64(a) => put_f64(a, row, out),
                Column::WidenedReal(a) => put_f64(a, row, out),
                Column::Truth(a) if a.is_null(row) => put_null(out),
                Column::Truth(a) => put_int(out, i64::from(a.value(row))),
                Column::Text(a) if a.is_null(row) => put_null(out),
                Column::Text(a) => put_text(out, a.value(row)),
            }
        }
    }
}

fn put_number<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    row: usize,
    out: &mut Vec<u8>,
    widen: impl Fn(T::Native) -> i64,
) {
    if array.is_null(row) { put_null(out) } else { put_int(out, widen(array.value(row))) }
}

fn put_f64(array: &PrimitiveArray<Float64Type>, row: usize, out: &mut Vec<u8>) {
    if array.is_null(row) { put_null(out) } else { put_real(out, array.value(row)) }
}

fn widened<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    widen: impl Fn(T::Native) -> i64,
) -> Column<'static> {
    Column::Widened(array.as_primitive::<T>().unary(widen))
}

fn column(array: &ArrayRef) -> Option<Column<'_>> {
    Some(match array.data_type() {
        DataType::UInt8 => Column::U8(array.as_primitive()),
        DataType::UInt16 => Column::U16(array.as_primitive()),
        DataType::UInt32 => Column::U32(array.as_primitive()),
        DataType::UInt64 => Column::U64(array.as_primitive()),
        DataType::Int32 => Column::I32(array.as_primitive()),
        DataType::Int64 => Column::I64(array.as_primitive()),
        DataType::Date32 => Column::Day(array.as_primitive()),
        DataType::Float64 => Column::F64(array.as_primitive()),
        DataType::Boolean => Column::Truth(array.as_boolean()),
        DataType::Utf8 => Column::Text(array.as_string()),
        DataType::Int8 => widened::<Int8Type>(array, i64::from),
        DataType::Int16 => widened::<Int16Type>(array, i64::from),
        DataType::Float32 => {
            Column::WidenedReal(array.as_primitive::<Float32Type>().unary(f64::from))
        }
        _ => return None,
    })
}

/// A column of whole numbers, whatever its width; null is 0.
pub(crate) fn numbers(batch: &RecordBatch, name: &str) -> Result<Vec<u64>, PublishError> {
    let array = batch.column_by_name(name).and_then(column);
    let rows = batch.num_rows();
    let plain =
        |get: &dyn Fn(usize) -> Option<u64>| (0..rows).map(|r| get(r).unwrap_or(0)).collect();
    Ok(match array {
        Some(Column::U8(a)) => plain(&|r| a.is_valid(r).then(|| u64::from(a.value(r)))),
        Some(Column::U16(a)) => plain(&|r| a.is_valid(r).then(|| u64::from(a.value(r)))),
        Some(Column::U32(a)) => plain(&|r| a.is_valid(r).then(|| u64::from(a.value(r)))),
        Some(Column::U64(a)) => plain(&|r| a.is_valid(r).then(|| a.value(r))),
        Some(Column::I32(a)) => plain(&|r| a.is_valid(r).then(|| a.value(r) as u64)),
        Some(Column::I64(a)) => plain(&|r| a.is_valid(r).then(|| a.value(r) as u64)),
        Some(Column::Day(a)) => plain(&|r| a.is_valid(r).then(|| i64::from(a.value(r)) as u64)),
        Some(Column::Truth(a)) => plain(&|r| a.is_valid(r).then(|| u64::from(a.value(r)))),
        _ => {
            return Err(PublishError::Store(store::StoreError::Shape(format!(
                "column `{name}` is missing or no number"
            ))));
        }
    })
}

/// A column of texts.
pub(crate) fn texts<'a>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a StringArray, PublishError> {
    match batch.column_by_name(name).and_then(column) {
        Some(Column::Text(a)) => Ok(a),
        _ => Err(PublishError::Store(store::StoreError::Shape(format!(
            "column `{name}` is missing or no text"
        )))),
    }
}
