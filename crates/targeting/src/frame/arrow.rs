//! Arrow arrays into columns.

use super::column::{Column, NO_DAY, NO_MEDIUM, NO_SMALL};
use crate::TargetError;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float64Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch};
use arrow_schema::DataType;
use kernel::suggest::hint;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads named columns of one batch.
pub(super) struct Reader<'a> {
    table: &'static str,
    batch: &'a RecordBatch,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(table: &'static str, batch: &'a RecordBatch) -> Self {
        Self { table, batch }
    }

    fn need(&self, name: &str) -> Result<&ArrayRef, TargetError> {
        self.batch.column_by_name(name).ok_or_else(|| {
            let schema = self.batch.schema_ref();
            let near = hint(name, schema.fields().iter().map(|f| f.name().as_str()));
            TargetError::Data(format!("{} has no column `{name}`{near}", self.table))
        })
    }

    fn wrong(&self, name: &str, found: &DataType, want: &str) -> TargetError {
        TargetError::Data(format!("{}.{name} is {found}, but must be {want}", self.table))
    }

    pub(super) fn ids(&self, name: &str, out: &mut Vec<u64>) -> Result<(), TargetError> {
        let array = self.need(name)?;
        let typed = array
            .as_primitive_opt::<UInt64Type>()
            .ok_or_else(|| self.wrong(name, array.data_type(), "UInt64"))?;
        out.extend(typed.iter().map(|v| v.unwrap_or(0)));
        Ok(())
    }

    pub(super) fn ids_or(
        &self,
        name: &str,
        default: u64,
        out: &mut Vec<u64>,
    ) -> Result<(), TargetError> {
        if self.batch.column_by_name(name).is_some() {
            return self.ids(name, out);
        }
        out.extend(std::iter::repeat_n(default, self.batch.num_rows()));
        Ok(())
    }

    pub(super) fn days(&self, name: &str, out: &mut Vec<i32>) {
        let array = self.batch.column_by_name(name);
        match array.and_then(|a| a.as_primitive_opt::<Date32Type>()) {
            Some(typed) => out.extend(typed.iter().map(|v| v.unwrap_or(NO_DAY))),
            None => out.extend(std::iter::repeat_n(NO_DAY, self.batch.num_rows())),
        }
    }

    pub(super) fn small_or(&self, name: &str, default: u8, out: &mut Vec<u8>) {
        let array = self.batch.column_by_name(name);
        match array.and_then(|a| a.as_primitive_opt::<UInt8Type>()) {
            Some(typed) => out.extend(typed.iter().map(|v| v.unwrap_or(default))),
            None => out.extend(std::iter::repeat_n(default, self.batch.num_rows())),
        }
    }

    pub(super) fn truths_or(&self, name: &str, default: bool, out: &mut Vec<bool>) {
        match self.batch.column_by_name(name).and_then(|a| a.as_boolean_opt()) {
            Some(typed) => out.extend(typed.iter().map(|v| v.unwrap_or(default))),
            None => out.extend(std::iter::repeat_n(default, self.batch.num_rows())),
        }
    }

    pub(super) fn reals(&self, name: &str, out: &mut Vec<f64>) -> Result<(), TargetError> {
        let array = self.need(name)?;
        let typed = array
            .as_primitive_opt::<Float64Type>()
            .ok_or_else(|| self.wrong(name, array.data_type(), "Float64"))?;
        out.extend(typed.iter().map(|v| v.unwrap_or(f64::NAN)));
        Ok(())
    }

    pub(super) fn reals_or_nan(&self, name: &str, out: &mut Vec<f64>) {
        let array = self.batch.column_by_name(name);
        match array.and_then(|a| a.as_primitive_opt::<Float64Type>()) {
            Some(typed) => out.extend(typed.iter().map(|v| v.unwrap_or(f64::NAN))),
            None => out.extend(std::iter::repeat_n(f64::NAN, self.batch.num_rows())),
        }
    }

    pub(super) fn points(&self, name: &str, out: &mut Vec<i32>) -> Result<(), TargetError> {
        let array = self.need(name)?;
        let typed = array
            .as_primitive_opt::<Int32Type>()
            .ok_or_else(|| self.wrong(name, array.data_type(), "Int32"))?;
        out.extend(typed.iter().map(|v| v.unwrap_or(0)));
        Ok(())
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, TargetError> {
        let array = self.need(name)?;
        if let Some(texts) = array.as_string_opt::<i32>() {
            return Ok(texts.iter().map(|t| t.unwrap_or("").to_owned()).collect());
        }
        if let Some(texts) = array.as_string_view_opt() {
            return Ok(texts.iter().map(|t| t.unwrap_or("").to_owned()).collect());
        }
        Err(self.wrong(name, array.data_type(), "Utf8"))
    }
}

/// Appends `array` to the column `name`, creating it (with `rows_before` unknown values) at first.
pub(super) fn push_column(
    columns: &mut BTreeMap<String, Arc<Column>>,
    name: &str,
    array: &ArrayRef,
    rows_before: usize,
) -> Result<(), TargetError> {
    fn all<T: ArrowPrimitiveType, U>(
        array: &ArrayRef,
        out: &mut Vec<U>,
        unknown: U,
        f: fn(T::Native) -> U,
    ) where
        U: Clone,
    {
        let typed = array.as_primitive::<T>();
        out.extend(typed.iter().map(|v| v.map_or_else(|| unknown.clone(), f)));
    }
    let new = match array.data_type() {
        DataType::UInt8 | DataType::Boolean => Column::Small(vec![NO_SMALL; rows_before]),
        DataType::UInt16 => Column::Medium(vec![NO_MEDIUM; rows_before]),
        DataType::Date32 => Column::Day(vec![NO_DAY; rows_before]),
        DataType::Float64 | DataType::UInt32 | DataType::Int32 | DataType::Int64 => {
            Column::Real(vec![f64::NAN; rows_before])
        }
        _ => return Ok(()),
    };
    let column = Arc::make_mut(columns.entry(name.to_owned()).or_insert_with(|| Arc::new(new)));
    match (column, array.data_type()) {
        (Column::Small(out), DataType::UInt8) => all::<UInt8Type, u8>(array, out, NO_SMALL, |v| v),
        (Column::Small(out), DataType::Boolean) => {
            out.extend(array.as_boolean().iter().map(|v| v.map_or(NO_SMALL, u8::from)));
        }
        (Column::Medium(out), DataType::UInt16) => {
            all::<UInt16Type, u16>(array, out, NO_MEDIUM, |v| v);
        }
        (Column::Day(out), DataType::Date32) => {
            all::<Date32Type, i32>(array, out, NO_DAY, |v| v);
        }
        (Column::Real(out), DataType::Float64) => {
            all::<Float64Type, f64>(array, out, f64::NAN, |v| v);
        }
        (Column::Real(out), DataType::UInt32) => {
            all::<UInt32Type, f64>(array, out, f64::NAN, f64::from);
        }
        (Column::Real(out), DataType::Int32) => {
            all::<Int32Type, f64>(array, out, f64::NAN, f64::from);
        }
        (Column::Real(out), DataType::Int64) => {
            all::<Int64Type, f64>(array, out, f64::NAN, |v| v as f64);
        }
        (_, found) => {
            return Err(TargetError::Data(format!(
                "column `{name}` changes its type to {found} between batches"
            )));
        }
    }
    Ok(())
}
