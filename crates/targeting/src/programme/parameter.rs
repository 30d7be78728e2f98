//! Parameters: values by date, each with its reference, after OpenFisca.

use super::raw::Label;
use kernel::Date;
use std::fmt;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number: a count, a decile, rupiah.
    Int(i64),
    /// A number with a fraction.
    Double(f64),
    /// A switch.
    Bool(bool),
    /// A list of numbers, sorted as written.
    Numbers(Vec<f64>),
    /// A list of texts, for example region codes.
    Texts(Vec<String>),
}

impl Value {
    /// From a value of a file.
    ///
    /// # Errors
    /// A message when it is a table, a date or a mixed list.
    pub fn from_toml(value: &toml::Value) -> Result<Self, String> {
        use toml::Value as T;
        Ok(match value {
            T::Integer(n) => Self::Int(*n),
            T::Float(x) if x.is_finite() => Self::Double(*x),
            T::Boolean(b) => Self::Bool(*b),
            T::Array(items) if items.iter().all(|i| i.as_str().is_some()) => {
                Self::Texts(items.iter().filter_map(|i| i.as_str()).map(str::to_owned).collect())
            }
            T::Array(items) => {
                let number = |i: &T| i.as_float().or_else(|| i.as_integer().map(|n| n as f64));
                let numbers: Option<Vec<f64>> = items.iter().map(number).collect();
                Self::Numbers(numbers.ok_or("a list holds numbers only or texts only")?)
            }
            _ => return Err("must be a number, true or false, or a list".into()),
        })
    }

    /// Reads a value given on the command line: `5`, `0.4`, `true`, `[1,2]`, `["52.01"]`.
    ///
    /// # Errors
    /// A message when it is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = toml::from_str(&format!("v = {text}"))
            .map_err(|_| format!("`{text}` is no value; write 5, 0.4, true or [\"52.01\"]"))?;
        Self::from_toml(&table["v"])
    }

    /// True when both may stand for the same parameter.
    #[must_use]
    pub const fn same_kind(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Int(_) | Self::Double(_), Self::Int(_) | Self::Double(_))
                | (Self::Bool(_), Self::Bool(_))
                | (Self::Numbers(_) | Self::Texts(_), Self::Numbers(_) | Self::Texts(_))
        )
    }

    /// The word used in messages.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Int(_) | Self::Double(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Numbers(_) | Self::Texts(_) => "a list",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Double(x) => write!(f, "{x}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Numbers(list) => {
                let texts: Vec<String> = list.iter().map(f64::to_string).collect();
                f.write_str(&texts.join(", "))
            }
            Self::Texts(list) => f.write_str(&list.join(", ")),
        }
    }
}

/// A value from a day on.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueFrom {
    /// First day.
    pub from: Date,
    /// The value.
    pub value: Value,
    /// Law, decree or report that says so.
    pub reference: String,
    /// True when no source was found: a choice of this file, to be confirmed.
    pub assumption: bool,
}

/// A dated parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// What it is.
    pub name: Label,
    /// Its unit: decile, rupiah per month, share …
    pub unit: Label,
    /// Values, earliest first.
    pub values: Vec<ValueFrom>,
}

impl Parameter {
    /// The value on `day`.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<&ValueFrom> {
        self.values.iter().rev().find(|v| v.from <= day)
    }
}
