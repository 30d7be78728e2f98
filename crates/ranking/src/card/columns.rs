//! Columns as bulk scoring reads them: small integers, with one value that means "no answer".

/// Values of one column. Missing is 255 in `U8`, 65,535 in `U16`, `i32::MIN` in `I32`, 0 in `U64`
/// and NaN in `F64`.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Codes; 255 is missing.
    U8(Vec<u8>),
    /// Codes or counts; 65,535 is missing.
    U16(Vec<u16>),
    /// Whole numbers; `i32::MIN` is missing.
    I32(Vec<i32>),
    /// Region codes; 0 is missing.
    U64(Vec<u64>),
    /// Fractional numbers; NaN is missing.
    F64(Vec<f64>),
}

impl Data {
    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::U16(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::U64(v) => v.len(),
            Self::F64(v) => v.len(),
        }
    }

    /// True without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row as a number; NaN when missing.
    #[must_use]
    pub fn number(&self, row: usize) -> f64 {
        match self {
            Self::U8(v) if v[row] != u8::MAX => f64::from(v[row]),
            Self::U16(v) if v[row] != u16::MAX => f64::from(v[row]),
            Self::I32(v) if v[row] != i32::MIN => f64::from(v[row]),
            Self::U64(v) if v[row] != 0 => v[row] as f64,
            Self::F64(v) => v[row],
            _ => f64::NAN,
        }
    }
}

/// Named columns of equal length: families, one row each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    rows: usize,
    columns: Vec<(String, Data)>,
}

impl Columns {
    /// No columns, `rows` rows.
    #[must_use]
    pub const fn new(rows: usize) -> Self {
        Self { rows, columns: Vec::new() }
    }

    /// Adds a column, replacing one of the same name.
    ///
    /// # Errors
    /// [`crate::RankError::Column`] when its length is not the number of rows.
    pub fn set(&mut self, name: impl Into<String>, data: Data) -> Result<(), crate::RankError> {
        let name = name.into();
        if data.len() != self.rows {
            let reason = format!("has {} rows, the others {}", data.len(), self.rows);
            return Err(crate::RankError::Column { name, reason });
        }
        self.columns.retain(|(n, _)| *n != name);
        self.columns.push((name, data));
        Ok(())
    }

    /// Rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Column names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(n, _)| n.as_str())
    }

    /// A column by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, d)| d)
    }

    /// The same values as a frame for fitting and reports.
    ///
    /// # Errors
    /// None in practice: names and lengths were checked by [`Columns::set`].
    pub fn to_frame(&self) -> Result<crate::Frame, crate::RankError> {
        let mut frame = crate::Frame::new();
        for (name, data) in &self.columns {
            let numbers = (0..self.rows).map(|row| data.number(row)).collect();
            frame.push(name.clone(), crate::Column::Number(numbers))?;
        }
        Ok(frame)
    }
}
