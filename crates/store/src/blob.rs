//! The body of a family: rows of several tables packed into one sealed field.
//!
//! A page about a family needs one read, not twelve, so publish packs what belongs to it: sections
//! of rows, each row the cells of its section's columns in the order of the edition's `layout`
//! (fact `layout`). A cell is a variable-length integer: 0 is null, otherwise 1 + the zigzag number,
//! or 1 + the length of a text or of an 8-byte real, and its bytes. Small codes take one byte.

use crate::StoreError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a column's cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellKind {
    /// Whole numbers, codes, ids, dates as days, truth as 0 or 1.
    Int,
    /// 64-bit reals.
    Real,
    /// Text.
    Text,
}

/// Sections and their columns, in the order they are packed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Section name and its columns.
    pub sections: Vec<(String, Vec<(String, CellKind)>)>,
}

/// One unpacked cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Unknown or not asked.
    Null,
    /// A whole number.
    Int(i64),
    /// A real.
    Real(f64),
    /// A text.
    Text(String),
}

/// One unpacked row: column → cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record(BTreeMap<String, Cell>);

impl Record {
    /// A whole number, if the cell is there and not null.
    #[must_use]
    pub fn int(&self, column: &str) -> Option<i64> {
        match self.0.get(column) {
            Some(Cell::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// A real, if the cell is there and not null.
    #[must_use]
    pub fn real(&self, column: &str) -> Option<f64> {
        match self.0.get(column) {
            Some(Cell::Real(n)) => Some(*n),
            Some(Cell::Int(n)) => Some(*n as f64),
            _ => None,
        }
    }

    /// A text, if the cell is there and not null.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.0.get(column) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// True when the cell is there and 1.
    #[must_use]
    pub fn is(&self, column: &str) -> bool {
        self.int(column) == Some(1)
    }

    /// All cells in the order of column names.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &Cell)> {
        self.0.iter().map(|(name, cell)| (name.as_str(), cell))
    }
}

/// An unpacked body: section → rows.
pub type Body = BTreeMap<String, Vec<Record>>;

/// Appends a null cell.
pub fn put_null(out: &mut Vec<u8>) {
    out.push(0);
}

/// Appends a whole number.
pub fn put_int(out: &mut Vec<u8>, n: i64) {
    let zigzag = ((n << 1) ^ (n >> 63)) as u64;
    put_count(out, zigzag.wrapping_add(1));
    // i64::MIN zigzags to the largest number, whose successor is 0, the mark of null; ten bytes
    // of it never arise from codes, ids or dates.
    debug_assert!(zigzag != u64::MAX, "i64::MIN cannot be packed");
}

/// Appends a real.
pub fn put_real(out: &mut Vec<u8>, n: f64) {
    out.push(9);
    out.extend_from_slice(&n.to_le_bytes());
}

/// Appends a text.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len() as u64 + 1);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a plain count (rows of a section).
pub fn put_count(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Unpacks a body.
///
/// # Errors
/// When the bytes do not fit the layout.
pub fn unpack(layout: &Layout, bytes: &[u8]) -> Result<Body, StoreError> {
    let mut rest = bytes;
    let mut body = Body::new();
    for (section, columns) in &layout.sections {
        let count = take_count(&mut rest)?;
        // Every row takes at least a byte per column, so a count larger than that is nonsense.
        if count > rest.len() as u64 {
            return Err(broken());
        }
        let rows = (0..count).map(|_| take_row(&mut rest, columns)).collect::<Result<_, _>>()?;
        body.insert(section.clone(), rows);
    }
    if rest.is_empty() { Ok(body) } else { Err(broken()) }
}

fn take_row(rest: &mut &[u8], columns: &[(String, CellKind)]) -> Result<Record, StoreError> {
    let mut row = BTreeMap::new();
    for (name, kind) in columns {
        row.insert(name.clone(), take_cell(rest, *kind)?);
    }
    Ok(Record(row))
}

fn take_cell(rest: &mut &[u8], kind: CellKind) -> Result<Cell, StoreError> {
    let head = take_count(rest)?;
    let Some(n) = head.checked_sub(1) else { return Ok(Cell::Null) };
    Ok(match kind {
        CellKind::Int => Cell::Int(((n >> 1) as i64) ^ -((n & 1) as i64)),
        CellKind::Real => {
            let bytes: [u8; 8] = take(rest, n)?.try_into().map_err(|_| broken())?;
            Cell::Real(f64::from_le_bytes(bytes))
        }
        CellKind::Text => {
            let text = std::str::from_utf8(take(rest, n)?).map_err(|_| broken())?;
            Cell::Text(text.to_owned())
        }
    })
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], StoreError> {
    let length = usize::try_from(length).map_err(|_| broken())?;
    let (head, tail) = rest.split_at_checked(length).ok_or_else(broken)?;
    *rest = tail;
    Ok(head)
}

fn take_count(rest: &mut &[u8]) -> Result<u64, StoreError> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(n);
        }
    }
    Err(broken())
}

fn broken() -> StoreError {
    StoreError::Shape("a family's body does not fit the edition's layout".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        let column = |name: &str, kind| (name.to_owned(), kind);
        Layout {
            sections: vec![
                ("a".to_owned(), vec![column("n", CellKind::Int), column("t", CellKind::Text)]),
                ("b".to_owned(), vec![column("r", CellKind::Real)]),
            ],
        }
    }

    fn body(numbers: &[Option<i64>]) -> Vec<u8> {
        let mut out = Vec::new();
        put_count(&mut out, numbers.len() as u64);
        for n in numbers {
            match n {
                Some(n) => put_int(&mut out, *n),
                None => put_null(&mut out),
            }
            put_text(&mut out, &format!("text {n:?}"));
        }
        put_count(&mut out, 1);
        put_real(&mut out, -0.5);
        out
    }

    #[test]
    fn cells_round_trip() {
        let numbers = [0, 1, -1, 63, 64, -64, -65, i64::from(u32::MAX), i64::MAX - 1, i64::MIN + 1];
        let sent: Vec<Option<i64>> = numbers.into_iter().map(Some).chain([None]).collect();
        let unpacked = unpack(&layout(), &body(&sent)).unwrap();
        let got: Vec<Option<i64>> = unpacked["a"].iter().map(|row| row.int("n")).collect();
        assert_eq!(got, sent);
        assert_eq!(unpacked["a"][1].text("t"), Some("text Some(1)"));
        assert_eq!(unpacked["b"][0].real("r"), Some(-0.5));
    }

    #[test]
    fn any_damage_is_an_error_or_a_value_never_a_panic() {
        let whole = body(&[Some(5), None, Some(-1_000_000)]);
        for length in 0..whole.len() {
            assert!(unpack(&layout(), &whole[..length]).is_err(), "cut at {length}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                drop(unpack(&layout(), &changed));
            }
        }
    }
}
