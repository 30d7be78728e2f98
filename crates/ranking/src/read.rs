//! Reading survey and registry files: CSV (comma, semicolon or tab) and Parquet, into a `Frame`.

use crate::RankError;
use crate::frame::{Column, Frame};
use std::path::Path;

/// Words that stand for "no answer" in survey files.
const MISSING: [&str; 9] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", ".", "None"];

/// Reads a file; the ending `.parquet` means Parquet, everything else is text with a header line.
/// `as_text` names columns that are never read as numbers (ids, region codes with zeros).
///
/// # Errors
/// [`RankError::File`] and [`RankError::Row`] with the place.
pub fn read(path: &Path, as_text: &[String]) -> Result<Frame, RankError> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) {
        return read_parquet(path, as_text);
    }
    let bytes = std::fs::read(path).map_err(|e| RankError::file(path, e))?;
    read_csv(path, &bytes, as_text)
}

#[cfg(feature = "files")]
fn read_parquet(path: &Path, as_text: &[String]) -> Result<Frame, RankError> {
    crate::parquet_read::read(path, as_text)
}

#[cfg(not(feature = "files"))]
fn read_parquet(path: &Path, _: &[String]) -> Result<Frame, RankError> {
    Err(RankError::file(path, "this program was built without Parquet: give a CSV file"))
}

/// Parses the bytes of a text file; `path` is for messages only.
pub(crate) fn read_csv(path: &Path, bytes: &[u8], as_text: &[String]) -> Result<Frame, RankError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).from_reader(bytes);
    let headers: Vec<String> = reader
        .headers()
        .map_err(|e| RankError::file(path, e))?
        .iter()
        .map(|h| h.trim().to_owned())
        .collect();
    if headers.iter().all(String::is_empty) {
        return Err(RankError::file(path, "is empty: a header line with column names is needed"));
    }
    let mut cells: Vec<Cells> = headers.iter().map(|h| Cells::new(!as_text.contains(h))).collect();
    let mut record = csv::StringRecord::new();
    let mut line = 1;
    while reader.read_record(&mut record).map_err(|e| RankError::file(path, e))? {
        line += 1;
        if record.len() != headers.len() {
            return Err(RankError::Row {
                path: path.display().to_string(),
                line: record.position().map_or(line, csv::Position::line),
                reason: format!(
                    "{} cells, but the header names {}: repair or remove the row",
                    record.len(),
                    headers.len()
                ),
            });
        }
        for (cell, column) in record.iter().zip(&mut cells) {
            column.push(cell.trim());
        }
    }
    let mut frame = Frame::new();
    for (name, column) in headers.into_iter().zip(cells) {
        frame.push(name, column.finish())?;
    }
    Ok(frame)
}

/// The delimiter that stands most often in the header line.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|&b| b == b'\n').next().unwrap_or(bytes);
    let count = |d: u8| header.iter().filter(|&&b| b == d).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|&d| count(d)).unwrap_or(b',')
}

/// The cells of one column while reading: numbers as long as everything parses.
struct Cells {
    numbers: Option<Vec<f64>>,
    ends: Vec<usize>,
    text: String,
}

impl Cells {
    const fn new(may_be_number: bool) -> Self {
        let numbers = if may_be_number { Some(Vec::new()) } else { None };
        Self { numbers, ends: Vec::new(), text: String::new() }
    }

    fn push(&mut self, cell: &str) {
        let missing = MISSING.contains(&cell);
        if !missing {
            self.text.push_str(cell);
        }
        self.ends.push(self.text.len());
        if let Some(numbers) = &mut self.numbers {
            if missing {
                numbers.push(f64::NAN);
            } else {
                match cell.parse::<f64>() {
                    Ok(value) if value.is_finite() => numbers.push(value),
                    _ => self.numbers = None,
                }
            }
        }
    }

    fn finish(self) -> Column {
        if let Some(numbers) = self.numbers {
            return Column::Number(numbers);
        }
        let mut start = 0;
        Column::from_texts(self.ends.iter().map(|&end| {
            let text = &self.text[start..end];
            start = end;
            text
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Frame, RankError> {
        read_csv(Path::new("t.csv"), text.as_bytes(), &["id".to_owned()])
    }

    #[test]
    fn types_are_seen_from_the_cells() {
        let frame = parse("id;a;roof\n007;1.5;tile\n008;NA;\n").unwrap();
        assert_eq!(frame.keys("id").unwrap(), ["007", "008"]);
        assert!(frame.numbers("a").unwrap()[1].is_nan());
        assert!(
            matches!(frame.get("roof").unwrap(), Column::Text { levels, .. } if levels.len() == 1)
        );
    }

    #[test]
    fn a_short_row_is_an_error_with_its_line() {
        let error = parse("id,a\n1,2\n3\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("repair"), "{error}");
    }
}
