//! Typed parameters and rows that mean the same on both databases.

use crate::StoreError;
use std::sync::Arc;

/// One value of a parameter or a column. Dates are days since 1970-01-01, instants are
/// milliseconds since then, truth is 0 or 1, money whole rupiah: all of them `Int`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL null.
    Null,
    /// `INTEGER` (64 bits).
    Int(i64),
    /// `REAL` (64 bits).
    Real(f64),
    /// `TEXT`.
    Text(String),
    /// `BLOB`.
    Bytes(Vec<u8>),
}

macro_rules! from_integer {
    ($($t:ty),*) => { $(
        impl From<$t> for Value {
            fn from(n: $t) -> Self { Self::Int(i64::from(n)) }
        }
    )* };
}
from_integer!(u8, u16, u32, i8, i16, i32, i64, bool);

impl From<u64> for Value {
    /// Ids and region codes; the bits are kept, so `u64` round-trips through `i64`.
    fn from(n: u64) -> Self {
        Self::Int(n as i64)
    }
}

impl From<usize> for Value {
    fn from(n: usize) -> Self {
        Self::Int(n as i64)
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Self {
        Self::Real(n)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<kernel::Date> for Value {
    fn from(date: kernel::Date) -> Self {
        Self::Int(i64::from(date.days()))
    }
}

impl From<kernel::Region> for Value {
    fn from(region: kernel::Region) -> Self {
        Self::from(region.number())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// `params![id, name, None::<i64>]` → `&[Value]`.
#[macro_export]
macro_rules! params {
    () => { &[] as &[$crate::Value] };
    ($($value:expr),+ $(,)?) => { &[$($crate::Value::from($value)),+] as &[$crate::Value] };
}

/// One row of an answer.
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The value of a column by its name, as the type asked for.
    ///
    /// # Errors
    /// When the answer has no such column or its value does not fit the type.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T, StoreError> {
        let at = self
            .columns
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| StoreError::Shape(format!("no column `{column}` in the answer")))?;
        self.at(at).map_err(|e| StoreError::Shape(format!("column `{column}`: {e}")))
    }

    /// The value at a place, from 0.
    ///
    /// # Errors
    /// When there is no such place or the value does not fit the type.
    pub fn at<T: FromValue>(&self, place: usize) -> Result<T, StoreError> {
        let value = self
            .values
            .get(place)
            .ok_or_else(|| StoreError::Shape(format!("no column {place} in the answer")))?;
        T::from_value(value)
    }
}

/// What a column value can be read as.
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// When the value is of another type, null, or out of range.
    fn from_value(value: &Value) -> Result<Self, StoreError>;
}

fn mismatch(wanted: &str, value: &Value) -> StoreError {
    let kind = match value {
        Value::Null => "null",
        Value::Int(_) => "an integer",
        Value::Real(_) => "a real number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    };
    StoreError::Shape(format!("expected {wanted}, found {kind}"))
}

macro_rules! integer_from_value {
    ($($t:ty),*) => { $(
        impl FromValue for $t {
            fn from_value(value: &Value) -> Result<Self, StoreError> {
                match value {
                    Value::Int(n) => Self::try_from(*n)
                        .map_err(|_| StoreError::Shape(format!("{n} is out of range"))),
                    other => Err(mismatch("an integer", other)),
                }
            }
        }
    )* };
}
integer_from_value!(u8, u16, u32, i8, i16, i32, i64);

impl FromValue for u64 {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(|n| n as Self)
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(|n| n != 0)
    }
}

impl FromValue for f64 {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Real(n) => Ok(*n),
            Value::Int(n) => Ok(*n as Self),
            other => Err(mismatch("a number", other)),
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            other => Err(mismatch("text", other)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            other => Err(mismatch("bytes", other)),
        }
    }
}

impl FromValue for kernel::Date {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        i32::from_value(value).map(Self::from_days)
    }
}

impl FromValue for Value {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        Ok(value.clone())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}
