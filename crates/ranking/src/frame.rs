//! `Frame`: a table as a struct of columns, the common form of every survey and registry file.

use crate::RankError;
use kernel::suggest::hint;
use rustc_hash::FxHashMap;

/// The code of a missing text value.
pub const NO_TEXT: u32 = u32::MAX;

/// One column. A missing number is NaN, a missing text [`NO_TEXT`].
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
    /// Text as codes into a list of distinct levels (in order of first sight).
    Text {
        /// One code per row; [`NO_TEXT`] is missing.
        codes: Vec<u32>,
        /// The distinct texts.
        levels: Vec<String>,
    },
}

impl Column {
    /// A text column from strings; an empty string is missing.
    #[must_use]
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut index: FxHashMap<&str, u32> = FxHashMap::default();
        let mut levels = Vec::new();
        let codes = texts
            .into_iter()
            .map(|text| {
                if text.is_empty() {
                    return NO_TEXT;
                }
                *index.entry(text).or_insert_with(|| {
                    levels.push(text.to_owned());
                    levels.len() as u32 - 1
                })
            })
            .collect();
        Self::Text { codes, levels }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text { codes, .. } => codes.len(),
        }
    }

    /// True without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `row` as text: whole numbers without a point, nothing when missing.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<String> {
        match self {
            Self::Number(values) => {
                let value = values[row];
                if value.is_nan() { None } else { Some(number_text(value)) }
            }
            Self::Text { codes, levels } => levels.get(codes[row] as usize).cloned(),
        }
    }

    /// The rows `rows` of this column, in that order.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Number(values) => Self::Number(rows.iter().map(|&r| values[r]).collect()),
            Self::Text { codes, levels } => Self::Text {
                codes: rows.iter().map(|&r| codes[r]).collect(),
                levels: levels.clone(),
            },
        }
    }
}

/// A number as a key: `3` for 3.0, `3.5` for 3.5.
pub(crate) fn number_text(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{}", value as i64)
    } else {
        format!("{value}")
    }
}

/// Named columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
}

impl Frame {
    /// A frame without columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column.
    ///
    /// # Errors
    /// [`RankError::Column`] when the name is taken or the length differs from the other columns.
    pub fn push(&mut self, name: impl Into<String>, column: Column) -> Result<(), RankError> {
        let name = name.into();
        if self.names.contains(&name) {
            return Err(RankError::Column { name, reason: "stands twice in the data".into() });
        }
        if !self.columns.is_empty() && column.len() != self.rows {
            let reason = format!("has {} rows, the others {}", column.len(), self.rows);
            return Err(RankError::Column { name, reason });
        }
        self.rows = column.len();
        self.names.push(name);
        self.columns.push(column);
        Ok(())
    }

    /// Rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Column names in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The column `name`, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Column> {
        self.names.iter().position(|n| n == name).map(|i| &self.columns[i])
    }

    /// The column `name`.
    ///
    /// # Errors
    /// [`RankError::Column`] with the nearest name when there is none.
    pub fn get(&self, name: &str) -> Result<&Column, RankError> {
        self.find(name).ok_or_else(|| RankError::Column {
            name: name.to_owned(),
            reason: format!(
                "not in the data, which has {} columns{}",
                self.names.len(),
                hint(name, self.names.iter().map(String::as_str))
            ),
        })
    }

    /// The numbers of column `name`.
    ///
    /// # Errors
    /// [`RankError::Column`] when it is absent or holds text.
    pub fn numbers(&self, name: &str) -> Result<&[f64], RankError> {
        match self.get(name)? {
            Column::Number(values) => Ok(values),
            Column::Text { levels, .. } => Err(RankError::Column {
                name: name.to_owned(),
                reason: format!(
                    "must be numeric, but holds text such as `{}`",
                    levels.first().map_or("", String::as_str)
                ),
            }),
        }
    }

    /// The column `name` as keys: one string per row, empty when missing.
    ///
    /// # Errors
    /// [`RankError::Column`] when it is absent.
    pub fn keys(&self, name: &str) -> Result<Vec<String>, RankError> {
        let column = self.get(name)?;
        Ok((0..self.rows).map(|row| column.text(row).unwrap_or_default()).collect())
    }

    /// Puts another column in the place of `name`.
    ///
    /// # Errors
    /// [`RankError::Column`] when there is none of that name or the length differs.
    pub fn replace(&mut self, name: &str, column: Column) -> Result<(), RankError> {
        self.get(name)?;
        if column.len() != self.rows {
            let reason = format!("has {} rows, the others {}", column.len(), self.rows);
            return Err(RankError::Column { name: name.to_owned(), reason });
        }
        for (own, slot) in self.names.iter().zip(&mut self.columns) {
            if own == name {
                *slot = column;
                break;
            }
        }
        Ok(())
    }

    /// The rows of this frame and then those of `below`, with the columns both have.
    ///
    /// # Errors
    /// [`RankError::Column`] when a column is text in one and numbers in the other.
    pub fn stack(&self, below: &Self) -> Result<Self, RankError> {
        let mut out = Self::new();
        for (name, column) in self.names.iter().zip(&self.columns) {
            let Some(other) = below.find(name) else { continue };
            let both = match (column, other) {
                (Column::Number(a), Column::Number(b)) => {
                    Column::Number(a.iter().chain(b).copied().collect())
                }
                (Column::Text { .. }, Column::Text { .. }) => {
                    let mut texts = self.keys(name)?;
                    texts.extend(below.keys(name)?);
                    Column::from_texts(texts.iter().map(String::as_str))
                }
                _ => {
                    let reason = "is text in one of two files and numbers in the other".into();
                    return Err(RankError::Column { name: name.clone(), reason });
                }
            };
            out.push(name.clone(), both)?;
        }
        Ok(out)
    }

    /// The rows `rows`, in that order, of all columns.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().map(|c| c.take(rows)).collect(),
            rows: rows.len(),
        }
    }
}

/// Which columns are features: names or patterns with `*` and `?`, separated by commas; a leading
/// `!` takes away. Columns keep the order of the data.
///
/// # Errors
/// [`RankError::Column`] when a pattern matches nothing.
pub fn select(names: &[String], patterns: &str) -> Result<Vec<String>, RankError> {
    let mut chosen = vec![false; names.len()];
    for pattern in patterns.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (wanted, pattern) = pattern.strip_prefix('!').map_or((true, pattern), |p| (false, p));
        let mut hit = false;
        for (slot, name) in chosen.iter_mut().zip(names) {
            if matches(pattern.as_bytes(), name.as_bytes()) {
                *slot = wanted;
                hit = true;
            }
        }
        if !hit {
            return Err(RankError::Column {
                name: pattern.to_owned(),
                reason: format!(
                    "no column matches{}",
                    hint(pattern, names.iter().map(String::as_str))
                ),
            });
        }
    }
    Ok(names.iter().zip(chosen).filter(|(_, c)| *c).map(|(n, _)| n.clone()).collect())
}

/// Does `pattern` (with `*` for any run and `?` for one byte) match the whole of `name`?
pub(crate) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star, mut mark) = (0, 0, None, 0);
    while n < name.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some(p);
            mark = n;
            p += 1;
        } else if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == name[n]) {
            p += 1;
            n += 1;
        } else if let Some(s) = star {
            p = s + 1;
            mark += 1;
            n = mark;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_columns_in_the_order_of_the_data() {
        let names: Vec<String> = ["id", "x_a", "y", "x_b", "x_note"].map(String::from).to_vec();
        let check = |pattern: &str, want: &[&str]| {
            assert_eq!(select(&names, pattern).unwrap(), want, "{pattern}");
        };
        check("x_*", &["x_a", "x_b", "x_note"]);
        check("x_b,x_a", &["x_a", "x_b"]);
        check("x_*,!x_note", &["x_a", "x_b"]);
        check("x_?", &["x_a", "x_b"]);
        assert!(select(&names, "z_*").is_err());
    }

    #[test]
    fn frames_stack_by_the_columns_both_have() {
        let mut a = Frame::new();
        a.push("x", Column::Number(vec![1.0, 2.0])).unwrap();
        a.push("only", Column::Number(vec![0.0, 0.0])).unwrap();
        a.push("t", Column::from_texts(["p", "q"])).unwrap();
        let mut b = Frame::new();
        b.push("t", Column::from_texts(["q"])).unwrap();
        b.push("x", Column::Number(vec![3.0])).unwrap();
        let both = a.stack(&b).unwrap();
        assert_eq!(both.names(), ["x", "t"]);
        assert_eq!(both.numbers("x").unwrap(), [1.0, 2.0, 3.0]);
        assert_eq!(both.keys("t").unwrap(), ["p", "q", "q"]);
        b.replace("x", Column::from_texts(["no"])).unwrap();
        assert!(a.stack(&b).is_err(), "text under numbers");
    }

    #[test]
    fn a_wrong_name_gets_a_suggestion() {
        let mut frame = Frame::new();
        frame.push("x_hhsize", Column::Number(vec![1.0])).unwrap();
        let error = frame.numbers("x_hsize").unwrap_err().to_string();
        assert!(error.contains("did you mean `x_hhsize`"), "{error}");
    }
}
