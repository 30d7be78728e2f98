//! Rows in and out of files: CSV and Excel workbooks, told apart by their first bytes.

use calamine::{Data, Reader, Xlsx};
use kernel::Date;
use rust_xlsxwriter::{Format, Workbook};
use std::io::Cursor;

/// Largest cell that is read, in characters.
const CELL_CHARS_MAX: usize = 4_000;
/// Most columns of a row.
const COLUMNS_MAX: usize = 64;

/// Line number and cells of a row; `Err` for one that cannot be read.
pub(crate) type Line = (usize, Result<Vec<String>, ()>);

/// The rows of a file after its heading line, each with its line number; `Err` for a broken one.
///
/// # Errors
/// When the file is neither, in words for the person who sent it.
pub(crate) fn rows(bytes: &[u8], most: usize) -> Result<Vec<Line>, String> {
    if bytes.starts_with(b"PK") { workbook(bytes, most) } else { Ok(csv_rows(bytes, most)) }
}

fn csv_rows(bytes: &[u8], most: usize) -> Vec<Line> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // Excel in Indonesia writes semicolons.
    let head = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let semicolons = head.contains(&b';') && !head.contains(&b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .flexible(true)
        .from_reader(bytes);
    let cells = |record: csv::StringRecord| record.iter().map(cell).take(COLUMNS_MAX).collect();
    let records = reader.records().take(most).enumerate();
    records.map(|(at, record)| (at + 2, record.map(cells).map_err(drop))).collect()
}

fn workbook(bytes: &[u8], most: usize) -> Result<Vec<Line>, String> {
    let wrong = || "Berkas Excel ini tidak dapat dibaca.".to_owned();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| wrong())?;
    let sheet = book.worksheet_range_at(0).ok_or_else(wrong)?.map_err(|_| wrong())?;
    let text = |data: &Data| match data {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            format!("{number:.0}")
        }
        // Days since 1899-12-30; 25,569 of them before 1970.
        Data::DateTime(day) => Date::from_days(day.as_f64() as i32 - 25_569).to_string(),
        other => cell(&other.to_string()),
    };
    let rows = sheet.rows().enumerate().skip(1).take(most);
    let filled = rows.filter(|(_, row)| row.iter().any(|c| !matches!(c, Data::Empty)));
    Ok(filled
        .map(|(at, row)| (at + 1, Ok(row.iter().take(COLUMNS_MAX).map(text).collect())))
        .collect())
}

fn cell(text: &str) -> String {
    text.trim().chars().take(CELL_CHARS_MAX).collect()
}

/// A table as CSV.
pub(crate) fn to_csv(head: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(head).map_err(|e| e.to_string())?;
    for row in rows {
        out.write_record(row.iter().map(|cell| harmless(cell))).map_err(|e| e.to_string())?;
    }
    out.into_inner().map_err(|e| e.to_string())
}

/// A table as an Excel workbook of one sheet; every cell is text, so no program makes a formula or
/// a rounded number of it.
pub(crate) fn to_xlsx(name: &str, head: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let wrong = |e: rust_xlsxwriter::XlsxError| e.to_string();
    sheet.set_name(name).map_err(wrong)?;
    let bold = Format::new().set_bold();
    for (column, text) in (0_u16..).zip(head) {
        sheet.write_string_with_format(0, column, *text, &bold).map_err(wrong)?;
        sheet.set_column_width(column, 22).map_err(wrong)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (column, text) in (0_u16..).zip(row) {
            sheet.write_string(line, column, text).map_err(wrong)?;
        }
    }
    book.save_to_buffer().map_err(wrong)
}

/// What a spreadsheet would run as a formula becomes plain text.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_and_a_csv_hold_the_same_rows() {
        let head = ["id_usulan", "nik"];
        let rows_in = vec![vec!["usul-0001".to_owned(), "5202016304870002".to_owned()]];
        for bytes in [to_csv(&head, &rows_in).unwrap(), to_xlsx("Usulan", &head, &rows_in).unwrap()]
        {
            assert_eq!(rows(&bytes, 10).unwrap(), vec![(2, Ok(rows_in[0].clone()))]);
        }
        let semicolons = b"\xEF\xBB\xBFid_usulan;nik\nusul-0001;5202016304870002\n";
        assert_eq!(rows(semicolons, 10).unwrap(), vec![(2, Ok(rows_in[0].clone()))]);
    }

    #[test]
    fn formulas_are_disarmed_and_rubbish_is_refused() {
        let bytes = to_csv(&["a"], &[vec!["=1+1".to_owned()]]).unwrap();
        assert_eq!(bytes, b"a\n'=1+1\n");
        assert!(rows(b"PK\x03\x04 no workbook", 10).is_err());
        assert!(rows(b"", 10).unwrap().is_empty());
        assert!(rows(&[0xFF, 0, b',', b'\n', 0xFE], 10).unwrap().iter().all(|r| r.1.is_err()));
    }
}
