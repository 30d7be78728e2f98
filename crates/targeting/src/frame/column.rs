//! One column in memory: small integers with one value kept for "unknown", so that 5.75 million
//! codes are 5.75 MB.

/// The unknown value of [`Column::Small`].
pub const NO_SMALL: u8 = u8::MAX;
/// The unknown value of [`Column::Medium`].
pub const NO_MEDIUM: u16 = u16::MAX;
/// The unknown value of [`Column::Day`].
pub const NO_DAY: i32 = i32::MIN;

/// A column. Numbers are read as `f64`, unknown as NaN.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Codes, ages and truth values (0 or 1); 255 is unknown.
    Small(Vec<u8>),
    /// Counts; 65,535 is unknown.
    Medium(Vec<u16>),
    /// Days since 1970; `i32::MIN` is unknown.
    Day(Vec<i32>),
    /// Numbers; NaN is unknown.
    Real(Vec<f64>),
}

impl Column {
    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Small(v) => v.len(),
            Self::Medium(v) => v.len(),
            Self::Day(v) => v.len(),
            Self::Real(v) => v.len(),
        }
    }

    /// True without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in `row`, NaN when unknown or outside.
    #[must_use]
    pub fn number(&self, row: usize) -> f64 {
        match self {
            Self::Small(v) => v.get(row).map_or(f64::NAN, |&x| small(x)),
            Self::Medium(v) => v.get(row).map_or(f64::NAN, |&x| medium(x)),
            Self::Day(v) => v.get(row).map_or(f64::NAN, |&x| day(x)),
            Self::Real(v) => v.get(row).copied().unwrap_or(f64::NAN),
        }
    }

    /// Appends the numbers of `rows` to `out`.
    pub fn gather(&self, rows: impl Iterator<Item = usize>, out: &mut Vec<f64>) {
        match self {
            Self::Small(v) => out.extend(rows.map(|r| v.get(r).map_or(f64::NAN, |&x| small(x)))),
            Self::Medium(v) => out.extend(rows.map(|r| v.get(r).map_or(f64::NAN, |&x| medium(x)))),
            Self::Day(v) => out.extend(rows.map(|r| v.get(r).map_or(f64::NAN, |&x| day(x)))),
            Self::Real(v) => out.extend(rows.map(|r| v.get(r).copied().unwrap_or(f64::NAN))),
        }
    }
}

fn small(x: u8) -> f64 {
    if x == NO_SMALL { f64::NAN } else { f64::from(x) }
}

fn medium(x: u16) -> f64 {
    if x == NO_MEDIUM { f64::NAN } else { f64::from(x) }
}

fn day(x: i32) -> f64 {
    if x == NO_DAY { f64::NAN } else { f64::from(x) }
}
