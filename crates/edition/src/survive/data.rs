//! Columns of values, plain vectors with a sentinel for "unknown".

use crate::EditionError;
use crate::config::EXTRA;
use crate::records::{NO_DATE, RecordTable};
use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray, Date32Array, UInt8Array, UInt16Array, UInt64Array};
use arrow_schema::DataType;
use engine::Texts;
use instrument::{Instrument, Kind, Unit};
use kernel::{Level, Region};
use std::sync::Arc;

/// The form of a column in the edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A code or small count, 0–254.
    Small,
    /// A count up to 65,534.
    Count,
    /// A village.
    Village,
    /// A day.
    Day,
    /// Yes or no.
    YesNo,
    /// A text.
    Text,
}

impl Shape {
    /// The form of a column of the instrument or of [`EXTRA`].
    #[must_use]
    pub fn of(instrument: &Instrument, unit: Unit, name: &str) -> Self {
        match instrument.column(unit, name) {
            Some(column) => match column.kind {
                Kind::Text | Kind::Identity | Kind::Id => Self::Text,
                Kind::Date => Self::Day,
                Kind::Region => Self::Village,
                Kind::Code => Self::Small,
                Kind::Count if column.max.is_some_and(|max| max <= 254) => Self::Small,
                Kind::Count => Self::Count,
            },
            None if name == "mother_name" => Self::Text,
            None if name == "cover_active" => Self::YesNo,
            None => Self::Small,
        }
    }
}

/// The columns of a variable of the instrument or of [`EXTRA`].
#[must_use]
pub fn columns_of(instrument: &Instrument, unit: Unit, variable: &str) -> Vec<String> {
    if let Some(v) = instrument.variable(unit, variable) {
        return v.columns.iter().map(|c| c.name.clone()).collect();
    }
    EXTRA
        .iter()
        .find(|e| e.0 == unit && e.1 == variable)
        .map(|e| e.2.iter().map(|c| (*c).to_owned()).collect())
        .unwrap_or_default()
}

/// A column of values.
#[derive(Debug, Clone)]
pub enum Data {
    /// 255 unknown.
    Small(Vec<u8>),
    /// 65,535 unknown.
    Count(Vec<u16>),
    /// 0 unknown.
    Village(Vec<u64>),
    /// [`NO_DATE`] unknown.
    Day(Vec<i32>),
    /// 0 no, 1 yes, 2 unknown.
    YesNo(Vec<u8>),
    /// Empty unknown.
    Text(Texts),
}

impl Data {
    /// `rows` unknown values. (A text column is filled in order instead.)
    #[must_use]
    pub fn unknown(shape: Shape, rows: usize) -> Self {
        match shape {
            Shape::Small => Self::Small(vec![u8::MAX; rows]),
            Shape::Count => Self::Count(vec![u16::MAX; rows]),
            Shape::Village => Self::Village(vec![0; rows]),
            Shape::Day => Self::Day(vec![NO_DATE; rows]),
            Shape::YesNo => Self::YesNo(vec![2; rows]),
            Shape::Text => Self::Text(Texts::with_capacity(rows, 8)),
        }
    }

    /// Reads a column of a record table in this form.
    ///
    /// # Errors
    /// When the column is absent or its type does not fit.
    pub fn read(table: &RecordTable, column: &str, shape: Shape) -> Result<Self, EditionError> {
        let t = table.read(&[column])?;
        Ok(match shape {
            Shape::Small => {
                let wide = t.whole(column, u64::MAX)?;
                Self::Small(wide.into_iter().map(|v| u8::try_from(v).unwrap_or(u8::MAX)).collect())
            }
            Shape::Count => {
                let wide = t.whole(column, u64::MAX)?;
                let narrow = |v| u16::try_from(v).unwrap_or(u16::MAX);
                Self::Count(wide.into_iter().map(narrow).collect())
            }
            Shape::Village => {
                let is_village =
                    |v: u64| Region::from_number(v).is_ok_and(|r| r.level() == Level::Village);
                let codes = t.u64s(column, 0)?.into_iter();
                Self::Village(codes.map(|v| if is_village(v) { v } else { 0 }).collect())
            }
            Shape::Day => Self::Day(t.dates(column, NO_DATE)?),
            Shape::YesNo => Self::YesNo(read_yes_no(&t, column)?),
            Shape::Text => Self::Text(t.texts(column)?),
        })
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Small(v) | Self::YesNo(v) => v.len(),
            Self::Count(v) => v.len(),
            Self::Village(v) => v.len(),
            Self::Day(v) => v.len(),
            Self::Text(v) => v.len(),
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the value of a row is known.
    #[must_use]
    pub fn known(&self, row: usize) -> bool {
        match self {
            Self::Small(v) => v[row] != u8::MAX,
            Self::Count(v) => v[row] != u16::MAX,
            Self::Village(v) => v[row] != 0,
            Self::Day(v) => v[row] != NO_DATE,
            Self::YesNo(v) => v[row] < 2,
            Self::Text(v) => !v.get(row).is_empty(),
        }
    }

    /// Whether two known values, not texts, differ.
    #[must_use]
    pub fn differs(&self, row: usize, other: &Self, other_row: usize) -> bool {
        if !self.known(row) || !other.known(other_row) {
            return false;
        }
        match (self, other) {
            (Self::Small(a), Self::Small(b)) | (Self::YesNo(a), Self::YesNo(b)) => {
                a[row] != b[other_row]
            }
            (Self::Count(a), Self::Count(b)) => a[row] != b[other_row],
            (Self::Village(a), Self::Village(b)) => a[row] != b[other_row],
            (Self::Day(a), Self::Day(b)) => a[row] != b[other_row],
            _ => false,
        }
    }

    /// The value of a row as a number, if it is one and known.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<i32> {
        match self {
            Self::Small(v) => Some(i32::from(v[row])).filter(|_| self.known(row)),
            Self::Count(v) => Some(i32::from(v[row])).filter(|_| self.known(row)),
            _ => None,
        }
    }

    /// Sets a number (or unknown). Other kinds of columns do not take numbers.
    pub fn set_number(&mut self, row: usize, value: Option<i32>) {
        match self {
            Self::Small(v) => {
                v[row] = value.and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX);
            }
            Self::Count(v) => {
                v[row] = value.and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX);
            }
            _ => {}
        }
    }

    /// Copies the value of `from[row]` into `self[at]`. Both must have one shape, not text.
    pub fn copy(&mut self, at: usize, from: &Self, row: usize) {
        match (self, from) {
            (Self::Small(to), Self::Small(v)) | (Self::YesNo(to), Self::YesNo(v)) => {
                to[at] = v[row]
            }
            (Self::Count(to), Self::Count(v)) => to[at] = v[row],
            (Self::Village(to), Self::Village(v)) => to[at] = v[row],
            (Self::Day(to), Self::Day(v)) => to[at] = v[row],
            _ => {}
        }
    }

    /// The values of `rows`, in that order, as an Arrow column with its type.
    #[must_use]
    pub fn gather(&self, rows: &[u32]) -> (DataType, ArrayRef) {
        let at = |row: &u32| *row as usize;
        match self {
            Self::Small(v) => {
                let get = |r: &u32| Some(v[at(r)]).filter(|x| *x != u8::MAX);
                (DataType::UInt8, Arc::new(rows.iter().map(get).collect::<UInt8Array>()))
            }
            Self::Count(v) => {
                let get = |r: &u32| Some(v[at(r)]).filter(|x| *x != u16::MAX);
                (DataType::UInt16, Arc::new(rows.iter().map(get).collect::<UInt16Array>()))
            }
            Self::Village(v) => {
                let get = |r: &u32| Some(v[at(r)]).filter(|x| *x != 0);
                (DataType::UInt64, Arc::new(rows.iter().map(get).collect::<UInt64Array>()))
            }
            Self::Day(v) => {
                let get = |r: &u32| Some(v[at(r)]).filter(|x| *x != NO_DATE);
                (DataType::Date32, Arc::new(rows.iter().map(get).collect::<Date32Array>()))
            }
            Self::YesNo(v) => {
                let get = |r: &u32| match v[at(r)] {
                    0 => Some(false),
                    1 => Some(true),
                    _ => None,
                };
                (DataType::Boolean, Arc::new(rows.iter().map(get).collect::<BooleanArray>()))
            }
            Self::Text(v) => {
                let mut builder = StringBuilder::with_capacity(rows.len(), rows.len() * 16);
                for row in rows {
                    builder.append_option(v.some(at(row)));
                }
                (DataType::Utf8, Arc::new(builder.finish()))
            }
        }
    }
}

/// A yes/no column, delivered as Boolean or as the codes 0 and 1.
fn read_yes_no(t: &engine::Table, column: &str) -> Result<Vec<u8>, EditionError> {
    let is_bool =
        t.schema().field_with_name(column).is_ok_and(|f| *f.data_type() == DataType::Boolean);
    if !is_bool {
        let codes = t.whole(column, 2)?;
        return Ok(codes.into_iter().map(|v| v.min(2) as u8).collect());
    }
    let (yes, no) = (t.bools(column, false)?, t.bools(column, true)?);
    // Unknown reads as "no" the first time and as "yes" the second.
    let code = |(yes, not_no): (bool, bool)| match (yes, not_no) {
        (true, true) => 1,
        (false, false) => 0,
        _ => 2,
    };
    Ok(yes.into_iter().zip(no).map(code).collect())
}
