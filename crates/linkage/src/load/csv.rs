//! CSV in: any delimiter, quotes, UTF-8 or Latin-1; fields are cut once and coded column by column.

use super::{Gather, file_column, place_of};
use crate::error::LinkError;
use crate::spec::Input;
use crate::values::Interner;
use memchr::memchr;
use rayon::prelude::*;

/// Bytes of text cut and coded at a time.
const CHUNK_BYTES: usize = 32 << 20;

/// Where a field lies in the text; `quoted` fields hold doubled quotes.
#[derive(Clone, Copy, Default)]
struct Field {
    start: u32,
    len: u32,
    quoted: bool,
}

/// Appends the wanted columns and ids of a CSV file.
pub fn read(input: &Input, gather: &mut Gather) -> Result<(), LinkError> {
    let bytes =
        std::fs::read(&input.path).map_err(|e| LinkError::input(input.path.display(), e))?;
    let text = utf8(bytes);
    let body = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    let first_line = &body[..memchr(b'\n', body).unwrap_or(body.len())];
    let delimiter = input.delimiter.unwrap_or_else(|| detect(first_line));
    let (header, header_end) = header(body, delimiter);
    let mut places = Vec::with_capacity(gather.names.len() + 1);
    for name in &gather.names {
        places.push(place_of(input, &header, file_column(input, name))?);
    }
    if let Some(id) = input.id.as_deref() {
        places.push(place_of(input, &header, id)?);
    }
    let mut rest = &body[header_end..];
    let before = gather.rows;
    while !rest.is_empty() {
        let cut = Cutter { delimiter, width: header.len(), places: &places };
        let (fields, used) = cut.chunk(rest).map_err(|(row, found)| {
            LinkError::input(
                input.path.display(),
                format!("record {} has {found} fields, the header has {}; check the delimiter and the quotes", gather.rows - before + row, header.len()),
            )
        })?;
        take(&rest[..used], &fields, places.len(), gather, before, input.id.is_some());
        rest = &rest[used..];
    }
    Ok(())
}

/// The text as UTF-8: as it is, from UTF-16 with its mark, or from Windows-1252 (of which Latin-1 is
/// a part).
fn utf8(bytes: Vec<u8>) -> Vec<u8> {
    if let Some(wide) = match bytes.get(..2) {
        Some([0xFF, 0xFE]) => Some(u16::from_le_bytes as fn([u8; 2]) -> u16),
        Some([0xFE, 0xFF]) => Some(u16::from_be_bytes as fn([u8; 2]) -> u16),
        _ => None,
    } {
        let units = bytes[2..].chunks_exact(2).map(|pair| wide([pair[0], pair[1]]));
        let letters = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        return letters.collect::<String>().into_bytes();
    }
    if std::str::from_utf8(&bytes).is_ok() {
        return bytes;
    }
    let letter = |b: u8| match b {
        0x8A => 'Š',
        0x8C => 'Œ',
        0x8E => 'Ž',
        0x91 | 0x92 => '\'',
        0x93 | 0x94 => '"',
        0x96 | 0x97 => '-',
        0x9A => 'š',
        0x9C => 'œ',
        0x9E => 'ž',
        0x9F => 'Ÿ',
        _ => b as char,
    };
    bytes.iter().map(|&b| letter(b)).collect::<String>().into_bytes()
}

/// The most frequent of the usual delimiters in the header.
fn detect(line: &[u8]) -> u8 {
    let count = |d: u8| line.iter().filter(|&&b| b == d).count();
    let mut best = b',';
    for d in [b';', b'\t', b'|'] {
        if count(d) > count(best) {
            best = d;
        }
    }
    best
}

fn header(body: &[u8], delimiter: u8) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    let mut at = 0;
    loop {
        let (field, end, more) = field(body, at, delimiter);
        names.push(String::from_utf8_lossy(&unquoted(body, field)).trim().to_owned());
        at = end;
        if !more {
            return (names, at);
        }
    }
}

/// Cuts lines into the wanted fields.
struct Cutter<'a> {
    delimiter: u8,
    width: usize,
    places: &'a [usize],
}

impl Cutter<'_> {
    /// Fields of whole records (row by row, in the order of `places`) and the bytes used.
    fn chunk(&self, text: &[u8]) -> Result<(Vec<Field>, usize), (usize, usize)> {
        let mut fields = Vec::new();
        let mut row: Vec<Field> = Vec::with_capacity(self.width);
        let mut at = 0;
        let mut count = 0;
        while at < text.len() && at < CHUNK_BYTES {
            row.clear();
            let start = at;
            loop {
                let (found, end, more) = field(text, at, self.delimiter);
                row.push(found);
                at = end;
                if !more {
                    break;
                }
            }
            let blank = row.len() == 1 && text[start..at].iter().all(u8::is_ascii_whitespace);
            if blank {
                continue;
            }
            count += 1;
            // A short line lacks its last fields; a long one is cut wrongly somewhere.
            if row.len() > self.width && row[self.width..].iter().any(|f| f.len > 0) {
                return Err((count, row.len()));
            }
            fields.extend(self.places.iter().map(|&p| row.get(p).copied().unwrap_or_default()));
        }
        Ok((fields, at))
    }
}

/// One field from `at`: where it lies, where the next begins, whether the record goes on.
fn field(text: &[u8], at: usize, delimiter: u8) -> (Field, usize, bool) {
    let mut start = at;
    while start < text.len() && text[start] == b' ' {
        start += 1;
    }
    if text.get(start) == Some(&b'"')
        && let Some(found) = quoted_field(text, start + 1, delimiter)
    {
        return found;
    }
    let mut end = at;
    while end < text.len() && text[end] != delimiter && text[end] != b'\n' {
        end += 1;
    }
    let more = text.get(end) == Some(&delimiter);
    let mut last = end;
    while last > start && matches!(text[last - 1], b'\r' | b' ') {
        last -= 1;
    }
    let found = Field { start: start as u32, len: (last.max(start) - start) as u32, quoted: false };
    (found, (end + 1).min(text.len()), more)
}

/// A field in quotes; `None` when the quote is a letter of the text (`"Bob" Smith`, a lone quote):
/// nothing but blanks may stand between a closing quote and the end of the field.
fn quoted_field(text: &[u8], start: usize, delimiter: u8) -> Option<(Field, usize, bool)> {
    let mut at = start;
    let mut doubled = false;
    loop {
        at += memchr(b'"', &text[at..])?;
        if text.get(at + 1) != Some(&b'"') {
            break;
        }
        doubled = true;
        at += 2;
    }
    let found = Field { start: start as u32, len: (at - start) as u32, quoted: doubled };
    let mut end = at + 1;
    while matches!(text.get(end), Some(b' ' | b'\r')) {
        end += 1;
    }
    match text.get(end) {
        None => Some((found, text.len(), false)),
        Some(b'\n') => Some((found, end + 1, false)),
        Some(next) if *next == delimiter => Some((found, end + 1, true)),
        Some(_) => None,
    }
}

fn unquoted(text: &[u8], field: Field) -> Vec<u8> {
    let bytes = &text[field.start as usize..(field.start + field.len) as usize];
    if !field.quoted {
        return bytes.to_vec();
    }
    String::from_utf8_lossy(bytes).replace("\"\"", "\"").into_bytes()
}

/// Codes the fields of a chunk, column by column.
fn take(
    text: &[u8],
    fields: &[Field],
    width: usize,
    gather: &mut Gather,
    before: usize,
    has_id: bool,
) {
    let rows = fields.len().checked_div(width).unwrap_or(0);
    let small: Vec<u8>;
    let values = if gather.small {
        small = text.to_ascii_lowercase();
        small.as_slice()
    } else {
        text
    };
    gather.columns.par_iter_mut().enumerate().for_each(
        |(at, (interner, codes)): (usize, &mut (Interner, Vec<u32>))| {
            codes.reserve(rows);
            for row in 0..rows {
                let f = fields[row * width + at];
                let code = if f.quoted {
                    interner.code(unquoted(values, f).trim_ascii())
                } else {
                    interner.code(values[f.start as usize..(f.start + f.len) as usize].trim_ascii())
                };
                codes.push(code);
            }
        },
    );
    for row in 0..rows {
        if has_id {
            gather.ids.push(unquoted(text, fields[row * width + width - 1]).trim_ascii());
        } else {
            gather.ids.push((gather.rows - before + row + 1).to_string().as_bytes());
        }
    }
    gather.rows += rows;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Values;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let delimiter = detect(text.lines().next().unwrap().as_bytes());
        let (names, end) = header(text.as_bytes(), delimiter);
        let places: Vec<usize> = (0..names.len()).collect();
        let cut = Cutter { delimiter, width: names.len(), places: &places };
        let body = &text.as_bytes()[end..];
        let (fields, used) = cut.chunk(body).unwrap();
        assert_eq!(used, body.len());
        let columns = names.iter().map(|_| (Interner::default(), Vec::new())).collect();
        let mut gather = Gather { names, columns, ids: Values::default(), rows: 0, small: false };
        take(body, &fields, places.len(), &mut gather, 0, false);
        (0..gather.rows)
            .map(|r| gather.columns.iter().map(|(i, c)| i.values().get(c[r]).to_owned()).collect())
            .collect()
    }

    #[test]
    fn texts_of_other_encodings() {
        let check = |bytes: &[u8]| assert_eq!(utf8(bytes.to_vec()), "É,'b".as_bytes());
        check(b"\xFF\xFE\xC9\0,\0'\0b\0");
        check(b"\xFE\xFF\0\xC9\0,\0'\0b");
        check(b"\xC9,\x92b");
        check("É,'b".as_bytes());
    }

    #[test]
    fn shapes_of_files() {
        let check = |text: &str, expected: &[&[&str]]| {
            let got = cells(text);
            let want: Vec<Vec<String>> =
                expected.iter().map(|r| r.iter().map(|c| (*c).to_owned()).collect()).collect();
            assert_eq!(got, want, "{text}");
        };
        check("a,b\n1,2\n3,4\n", &[&["1", "2"], &["3", "4"]]);
        check("a, b\r\n1, x y \r\n\r\n3,\r\n", &[&["1", "x y"], &["3", ""]]);
        check(
            "a;b\n\"x;\"\"y\"\"\";2\n\"two\nlines\";4",
            &[&["x;\"y\"", "2"], &["two\nlines", "4"]],
        );
        check(
            "a,b\n\"Bob\" Smith,2\n\"lone,3\n\"x\" ,4\n5,\"y\"",
            &[&["\"Bob\" Smith", "2"], &["\"lone", "3"], &["x", "4"], &["5", "y"]],
        );
        check("a|b\n1\n", &[&["1", ""]]);
        check("a\tb\n1\t\n", &[&["1", ""]]);
    }
}
