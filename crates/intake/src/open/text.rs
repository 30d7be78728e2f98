//! Text files, plain or in gzip.

use super::{Event, FileShape, Opening, Sink};
use crate::IntakeError;
use crate::chunk::{CHUNK_BYTES, Chunk, Dialect, Encoding};
use crate::lines::{LineChunks, fill};
use crate::plan::{known_names, normal};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};

const SAMPLE_BYTES: usize = 1 << 20;
/// A file with more zero bytes than one in this many is not text.
const ZEROS_ONE_IN: usize = 64;
const DELIMITERS: [u8; 4] = [b'|', b';', b'\t', b','];
const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) fn read(
    opening: &Opening<'_>,
    bytes: u64,
    gzip: bool,
    sink: &mut Sink<'_>,
) -> Result<(), IntakeError> {
    let file = File::open(&opening.file.path).map_err(|e| opening.io("open the file", &e))?;
    if gzip {
        let reader = MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file));
        read_text(opening, bytes, gzip, reader, sink)
    } else {
        read_text(opening, bytes, gzip, file, sink)
    }
}

fn read_text(
    opening: &Opening<'_>,
    bytes: u64,
    gzip: bool,
    mut reader: impl Read,
    sink: &mut Sink<'_>,
) -> Result<(), IntakeError> {
    let mut sample = Vec::new();
    let whole =
        fill(&mut reader, &mut sample, SAMPLE_BYTES).map_err(|e| damaged(opening, gzip, 1, &e))?;
    let bom = sample.starts_with(BOM);
    if bom {
        sample.drain(..BOM.len());
    }
    if sample.is_empty() {
        return Err(opening.wrong("holds no text", "ask the source to deliver it again"));
    }
    let head = header_line(opening, &sample, whole)?;
    let (encoding, mut encoding_name) = encoding_of(&sample, bom, whole);
    let header = decode(&sample[..head]);
    let (delimiter, names) = delimiter_of(opening, &header);
    let plan = opening.plan(names, 1)?;
    if gzip && encoding == Encoding::Latin1OrUtf8 && encoding_name == "ASCII" {
        encoding_name = "ASCII so far";
    }
    let quotes = opening.source.tables[plan.table].quotes;
    let shape = FileShape {
        format: "csv".to_owned(),
        delimiter: Some(shown(delimiter)),
        encoding: Some(encoding_name.to_owned()),
        compression: gzip.then(|| "gzip".to_owned()),
        sheet: None,
        table: opening.source.tables[plan.table].name.clone(),
        bytes,
        ignored: plan.ignored(),
    };
    if !sink(Event::Opened(Box::new(shape))) {
        return Ok(());
    }
    let start = sample.split_off((head + 1).min(sample.len()));
    let dialect = Dialect { delimiter, row_end: b'\n', quotes, encoding };
    let mut lines = LineChunks::new(reader, start, 2, dialect);
    loop {
        let next = lines.next_chunk().map_err(|e| damaged(opening, gzip, lines.next_line(), &e))?;
        let Some((first_line, body)) = next else { break };
        let chunk = Chunk { plan: plan.clone(), first_line, body };
        if !sink(Event::Chunk(chunk)) {
            return Ok(());
        }
    }
    sink(Event::Ended);
    Ok(())
}

/// Where the first line ends. A zero byte in the first line, or many of them, is no text; a lone
/// one further on spoils its own row only.
fn header_line(opening: &Opening<'_>, sample: &[u8], whole: bool) -> Result<usize, IntakeError> {
    let zeros = memchr::memchr_iter(0, sample);
    let first_line = memchr::memchr(b'\n', sample).unwrap_or(sample.len());
    if let Some(at) = zeros.clone().next()
        && (at < first_line || zeros.count() > sample.len() / ZEROS_ONE_IN)
    {
        let line = memchr::memchr_iter(b'\n', &sample[..at]).count() as u64 + 1;
        let remedy = "deliver CSV (UTF-8 or latin-1), gzip of it, xlsx or Parquet";
        return Err(opening.wrong("is not text: it holds zero bytes", remedy).at_line(line));
    }
    match memchr::memchr(b'\n', sample) {
        Some(at) => Ok(at),
        None if whole => Ok(sample.len()),
        None => {
            let wrong = format!("has no line end in its first {SAMPLE_BYTES} bytes");
            let remedy = "check that it is a text file with one row per line";
            Err(opening.wrong(wrong, remedy).at_line(1))
        }
    }
}

fn encoding_of(sample: &[u8], bom: bool, whole: bool) -> (Encoding, &'static str) {
    if bom {
        return (Encoding::Utf8, "UTF-8 with byte order mark");
    }
    match std::str::from_utf8(sample) {
        Ok(text) if text.is_ascii() => (Encoding::Latin1OrUtf8, "ASCII"),
        Ok(_) => (Encoding::Utf8, "UTF-8"),
        // A letter may be cut through at the end of the sample.
        Err(e) if !whole && e.error_len().is_none() => (Encoding::Utf8, "UTF-8"),
        Err(_) => (Encoding::Latin1OrUtf8, "latin-1"),
    }
}

/// UTF-8 if it can be, else latin-1.
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

/// The delimiter under which most column names are known to the source; then, most columns.
fn delimiter_of(opening: &Opening<'_>, header: &str) -> (u8, Vec<String>) {
    let split = |d: u8| -> Vec<String> {
        let limit = kernel::limits::COLUMNS_MAX;
        header.trim_end_matches('\r').split(char::from(d)).take(limit).map(normal).collect()
    };
    DELIMITERS
        .into_iter()
        .map(|d| (d, split(d)))
        .rev()
        .max_by_key(|(_, names)| (known_names(opening.source, names), names.len()))
        .unwrap_or((b',', Vec::new()))
}

fn shown(delimiter: u8) -> String {
    if delimiter == b'\t' { "tab".to_owned() } else { char::from(delimiter).to_string() }
}

fn damaged(opening: &Opening<'_>, gzip: bool, line: u64, e: &std::io::Error) -> IntakeError {
    if gzip {
        let wrong = format!("the gzip data is cut off or damaged after this line: {e}");
        opening.wrong(wrong, "ask the source to deliver the file again").at_line(line)
    } else {
        opening.io("read", e).at_line(line)
    }
}

const _: () = assert!(SAMPLE_BYTES <= CHUNK_BYTES);
