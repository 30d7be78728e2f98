//! Workbooks: a sheet is streamed cell by cell into lines of text.

use super::{Event, FileShape, Opening, Sink};
use crate::IntakeError;
use crate::chunk::{Body, CELL_END, CHUNK_BYTES, Chunk, Dialect, Encoding, ROW_END};
use crate::plan::{Plan, normal};
use calamine::{DataRef, Reader, Xlsx, XlsxError};
use kernel::Date;
use kernel::limits::{COLUMNS_MAX, FIELD_BYTES_MAX};
use std::fs::File;
use std::io::{BufReader, Write};
use std::sync::Arc;

const SHEET: Dialect =
    Dialect { delimiter: CELL_END, row_end: ROW_END, quotes: false, encoding: Encoding::Utf8 };

/// From here on a number has lost digits: a spreadsheet keeps 15.
const EXACT_BELOW: f64 = 1e15;

type Book = Xlsx<BufReader<File>>;

pub(super) fn read(
    opening: &Opening<'_>,
    bytes: u64,
    sink: &mut Sink<'_>,
) -> Result<(), IntakeError> {
    let file = File::open(&opening.file.path).map_err(|e| opening.io("open the file", &e))?;
    let mut book: Book = Xlsx::new(BufReader::new(file)).map_err(|e| broken(opening, 0, &e))?;
    let (sheet, row, header) = header_of(opening, &mut book)?;
    let plan = opening.plan(header, row)?;
    let shape = FileShape {
        format: "xlsx".to_owned(),
        delimiter: None,
        encoding: None,
        compression: None,
        sheet: Some(sheet.clone()),
        table: opening.source.tables[plan.table].name.clone(),
        bytes,
        ignored: plan.ignored(),
    };
    if sink(Event::Opened(Box::new(shape))) {
        stream(opening, &mut book, &sheet, row, &plan, sink)?;
    }
    Ok(())
}

/// The sheet that fits the source best: its name, the row of its header and the header.
fn header_of(
    opening: &Opening<'_>,
    book: &mut Book,
) -> Result<(String, u64, Vec<String>), IntakeError> {
    let mut best: Option<(usize, String, u64, Vec<String>)> = None;
    for name in book.sheet_names() {
        let (row, header) = first_row(book, &name).map_err(|e| broken(opening, 1, &e))?;
        let known = crate::plan::known_names(opening.source, &header);
        if best.as_ref().is_none_or(|(most, ..)| known > *most) {
            best = Some((known, name, row, header));
        }
    }
    best.map(|(_, name, row, header)| (name, row, header)).ok_or_else(|| {
        opening.wrong("is a workbook without a sheet", "ask the source to deliver it again")
    })
}

/// The first row that holds a cell, and its cells as compared names.
fn first_row(book: &mut Book, name: &str) -> Result<(u64, Vec<String>), XlsxError> {
    let mut reader = book.worksheet_cells_reader(name)?;
    let mut row = 0;
    let mut header: Vec<String> = Vec::new();
    while let Some(cell) = reader.next_cell()? {
        let (r, c) = cell.get_position();
        if header.is_empty() {
            row = r;
        } else if r != row {
            break;
        }
        let c = c as usize;
        if c < COLUMNS_MAX {
            header.resize(header.len().max(c + 1), String::new());
            let mut text = Vec::new();
            write_cell(cell.get_value(), &mut text);
            header[c] = normal(&String::from_utf8_lossy(&text));
        }
    }
    Ok((u64::from(row) + 1, header))
}

/// Sends the rows below the header.
fn stream(
    opening: &Opening<'_>,
    book: &mut Book,
    sheet: &str,
    header_row: u64,
    plan: &Arc<Plan>,
    sink: &mut Sink<'_>,
) -> Result<(), IntakeError> {
    let wrong = |row: u64, e: &XlsxError| broken(opening, row, e);
    let mut reader = book.worksheet_cells_reader(sheet).map_err(|e| wrong(header_row, &e))?;
    let mut rows = Rows::new(header_row + 1, plan.header.len());
    while let Some(cell) = reader.next_cell().map_err(|e| wrong(rows.row, &e))? {
        let (r, c) = cell.get_position();
        let row = u64::from(r) + 1;
        if row <= header_row {
            continue;
        }
        let back = row < rows.row || (row == rows.row && (c as usize) < rows.column);
        if back || c as usize >= COLUMNS_MAX {
            let place = "its cells are not in order of row and column, or beyond column 4,096";
            return Err(opening.wrong(place, "save the workbook again").at_line(row));
        }
        while rows.row < row {
            rows.end_row();
            if rows.bytes.len() >= CHUNK_BYTES && !sink(rows.chunk(plan, false)) {
                return Ok(());
            }
        }
        rows.cell(c as usize, cell.get_value());
    }
    if rows.column > 0 {
        rows.end_row();
    }
    if sink(rows.chunk(plan, true)) {
        sink(Event::Ended);
    }
    Ok(())
}

/// Rows being written as text.
struct Rows {
    bytes: Vec<u8>,
    /// Row of the first row in `bytes`.
    first: u64,
    /// Row being written.
    row: u64,
    /// Next column of it.
    column: usize,
    width: usize,
}

impl Rows {
    fn new(first: u64, width: usize) -> Self {
        Self { bytes: Vec::new(), first, row: first, column: 0, width }
    }

    fn cell(&mut self, at: usize, value: &DataRef<'_>) {
        let before = self.bytes.len();
        if at >= self.width && matches!(value, DataRef::Empty) {
            return;
        }
        while self.column <= at {
            if self.column > 0 {
                self.bytes.push(CELL_END);
            }
            self.column += 1;
        }
        write_cell(value, &mut self.bytes);
        // A limit on everything: what is cut off here is far beyond any honest value.
        self.bytes.truncate(before + self.width + FIELD_BYTES_MAX);
    }

    /// Ends the row; a row without a cell stays a blank line.
    fn end_row(&mut self) {
        if self.column > 0 {
            while self.column < self.width {
                self.bytes.push(CELL_END);
                self.column += 1;
            }
        }
        self.bytes.push(ROW_END);
        self.row += 1;
        self.column = 0;
    }

    fn chunk(&mut self, plan: &Arc<Plan>, last: bool) -> Event {
        let bytes = std::mem::take(&mut self.bytes);
        let first_line = std::mem::replace(&mut self.first, self.row);
        let body = Body::Text { bytes, dialect: SHEET, last };
        Event::Chunk(Chunk { plan: Arc::clone(plan), first_line, body })
    }
}

/// A cell as text. Dates as `YYYY-MM-DD`; numbers too long for a spreadsheet end with `.0`.
fn write_cell(value: &DataRef<'_>, out: &mut Vec<u8>) {
    match value {
        DataRef::String(text) => write_text(text, out),
        DataRef::SharedString(text) => write_text(text, out),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => write_text(text, out),
        DataRef::Int(n) => write_number(*n as f64, out),
        DataRef::Float(f) => write_number(*f, out),
        DataRef::Bool(b) => out.push(b'0' + u8::from(*b)),
        DataRef::DateTime(date) => write_date(date.as_f64(), out),
        DataRef::Error(e) => write_text(&format!("{e:?}"), out),
        DataRef::Empty => {}
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend(text.bytes().map(|b| if b < b' ' { b' ' } else { b }));
}

/// A number as a spreadsheet would show it without a format.
pub(super) fn write_number(f: f64, out: &mut Vec<u8>) {
    // Writing into a Vec cannot fail.
    let _ = if f.fract() == 0.0 && f.abs() < EXACT_BELOW {
        write!(out, "{}", f as i64)
    } else if f.fract() == 0.0 && f.abs() < 1e18 {
        write!(out, "{}.0", f as i64)
    } else {
        write!(out, "{f}")
    };
}

/// Serial day numbers count from 1899-12-30 (day 60, 29 February 1900, never was).
fn write_date(serial: f64, out: &mut Vec<u8>) {
    let days = serial.floor();
    if !(0.0..2_958_466.0).contains(&days) {
        return write_number(serial, out);
    }
    let first = if days < 60.0 { -25_568 } else { -25_569 };
    let _ = write!(out, "{}", Date::from_days(first + days as i32));
}

fn broken(opening: &Opening<'_>, row: u64, error: &XlsxError) -> IntakeError {
    let wrong = format!("is not a whole xlsx workbook: {error}");
    let error = opening.wrong(wrong, "open it in a spreadsheet and save it again, or ask for CSV");
    if row > 0 { error.at_line(row) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_text() {
        let check = |value: DataRef<'_>, expected: &str| {
            let mut out = Vec::new();
            write_cell(&value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(DataRef::Float(5.0), "5");
        check(DataRef::Float(2.5), "2.5");
        check(DataRef::Float(5_201_016_304_870_002.0), "5201016304870002.0");
        check(DataRef::String("a\nb\u{1f}c".into()), "a b c");
        check(DataRef::Bool(true), "1");
        let mut out = Vec::new();
        write_date(31_890.0, &mut out);
        assert_eq!(out, b"1987-04-23");
    }
}
