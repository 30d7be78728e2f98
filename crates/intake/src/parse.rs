//! A chunk into records, findings and counts. Pure: no file, clock or other thread is touched.

mod identity;
mod numbers;

use crate::chunk::{Body, Chunk, Dialect, Encoding};
use crate::context::{Context, RegionRead};
use crate::fields::{LineFault, split};
use crate::finding::{DOUBTFUL, Finding, QUARANTINED, SET_UNKNOWN};
use crate::mapping::{ColumnMap, Kind, Source, TableMap};
use crate::mask::mask;
use crate::names::CleanName;
use crate::open::texts_of;
use crate::plan::{Plan, normal};
use crate::prepared::Prepared;
use crate::table::{Cell, Columns};
use crate::tally::Tally;
use crate::values::parse_date;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use kernel::Date;
use kernel::limits::{AGE_YEARS_MAX, COLUMNS_MAX, FIELD_BYTES_MAX, LINE_BYTES_MAX};
use std::borrow::Cow;

/// What a chunk became.
pub struct Parsed {
    /// Place of its file among the files of the source.
    pub file: usize,
    /// Place of its table in the source.
    pub table: usize,
    /// The arrays of the records, but for `record` and `delivery`.
    pub arrays: Vec<ArrayRef>,
    /// In order of line.
    pub findings: Vec<Finding>,
    /// Its counts.
    pub tally: Tally,
}

/// Parses one chunk of a file of `source`; `date` is the day the file describes.
#[must_use]
pub fn parse(
    chunk: Chunk,
    source: &Source,
    prepared: &[Prepared],
    context: &Context,
    date: Date,
) -> Parsed {
    let plan = chunk.plan;
    let rows = match &chunk.body {
        Body::Text { bytes, dialect, .. } => {
            memchr::memchr_iter(dialect.row_end, bytes).count() + 1
        }
        Body::Overlong { .. } => 1,
        Body::Batch(batch) => batch.num_rows(),
    };
    let map = &source.tables[plan.table];
    let mut parser = Parser {
        context,
        source,
        map,
        prepared: &prepared[plan.table],
        plan: &plan,
        date,
        too_old: date.plus_months(-12 * (AGE_YEARS_MAX + 1)),
        columns: Columns::new(map, rows),
        findings: Vec::new(),
        tally: Tally::default(),
        scratch: Scratch::default(),
    };
    match chunk.body {
        Body::Text { bytes, dialect, last } => {
            parser.text(bytes, dialect, last, chunk.first_line);
        }
        Body::Overlong { head, bytes } => parser.overlong(&head, bytes, chunk.first_line),
        Body::Batch(batch) => parser.batch(&batch, chunk.first_line),
    }
    parser.finish()
}

/// Buffers that live from row to row.
#[derive(Default)]
struct Scratch {
    name: CleanName,
    other: CleanName,
    mother: CleanName,
    upper: String,
    numbers: Vec<Option<i32>>,
    /// The last region text and what it was: rows of a village stand together.
    region: Option<(String, RegionRead)>,
}

struct Parser<'a> {
    context: &'a Context,
    source: &'a Source,
    map: &'a TableMap,
    prepared: &'a Prepared,
    plan: &'a Plan,
    /// The day of the delivery.
    date: Date,
    /// Nobody alive on that day was born on this day or before.
    too_old: Date,
    columns: Columns,
    findings: Vec<Finding>,
    tally: Tally,
    scratch: Scratch,
}

impl Parser<'_> {
    fn finish(mut self) -> Parsed {
        let arrays = self.columns.finish();
        let nulls = arrays.iter().map(|a| a.null_count() as u64);
        self.tally.missing = [0, 0].into_iter().chain(nulls).collect();
        Parsed {
            file: self.plan.file,
            table: self.plan.table,
            arrays,
            findings: self.findings,
            tally: self.tally,
        }
    }

    fn overlong(&mut self, head: &[u8], bytes: u64, line: u64) {
        self.tally.rows += 1;
        let reason = format!("the line has {bytes} bytes; at most {LINE_BYTES_MAX} are read");
        self.quarantine(line, "line_too_long", reason.into(), &String::from_utf8_lossy(head));
    }

    fn text(&mut self, bytes: Vec<u8>, dialect: Dialect, last: bool, first_line: u64) {
        let ends_open = last && bytes.last().is_some_and(|b| *b != dialect.row_end);
        let (text, not_utf8) = match String::from_utf8(bytes) {
            Ok(text) => (text, Vec::new()),
            Err(e) => self.decode(&e.into_bytes(), dialect),
        };
        if self.tally.latin1_lines == 0 {
            self.tally.has_utf8 |= !text.is_ascii();
        }
        let mut not_utf8 = not_utf8.into_iter().peekable();
        let mut fields = Vec::with_capacity(self.plan.header.len());
        let mut from = 0;
        let mut at = 0;
        while from < text.len() {
            let rest = &text.as_bytes()[from..];
            let end = memchr::memchr(dialect.row_end, rest).map_or(text.len(), |n| from + n);
            let cut_off = ends_open && end == text.len();
            let (line, row) = (first_line + at, &text[from..end]);
            match not_utf8.next_if(|(bad, _)| *bad == at) {
                Some((_, byte)) => {
                    self.tally.rows += 1;
                    let reason = format!("byte {byte} of the line is not UTF-8");
                    self.quarantine(line, "not_utf8", reason.into(), row);
                }
                None => self.line(row, line, dialect, cut_off, &mut fields),
            }
            from = end + 1;
            at += 1;
        }
    }

    /// Text of a chunk that is not all UTF-8, line by line, and which of its lines (from 0) could
    /// not be read from which of their bytes (from 1) on.
    fn decode(&mut self, bytes: &[u8], dialect: Dialect) -> (String, Vec<(u64, usize)>) {
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
        let mut not_utf8 = Vec::new();
        for (at, raw) in bytes.split_inclusive(|b| *b == dialect.row_end).enumerate() {
            match std::str::from_utf8(raw) {
                Ok(line) => {
                    self.tally.has_utf8 |= !line.is_ascii();
                    text.push_str(line);
                }
                Err(e) if dialect.encoding == Encoding::Utf8 => {
                    not_utf8.push((at as u64, e.valid_up_to() + 1));
                    text.push_str(&String::from_utf8_lossy(raw));
                }
                Err(_) => {
                    self.tally.latin1_lines += 1;
                    text.extend(raw.iter().map(|b| char::from(*b)));
                }
            }
        }
        (text, not_utf8)
    }

    fn line<'t>(
        &mut self,
        text: &'t str,
        line: u64,
        dialect: Dialect,
        cut_off: bool,
        fields: &mut Vec<Cow<'t, str>>,
    ) {
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.bytes().all(|b| b == b' ') {
            self.tally.blank_lines += 1;
            return;
        }
        self.tally.rows += 1;
        let fault = match self.line_fault(text) {
            Some(fault) => Some(fault),
            None => match split(text, dialect.delimiter, dialect.quotes, fields) {
                Ok(()) => self.shape_fault(fields, text.len(), cut_off),
                Err(fault) => Some(quote_fault(fault)),
            },
        };
        match fault {
            Some((code, reason)) => {
                let shown = text.replace(char::from(crate::chunk::CELL_END), "|");
                self.quarantine(line, code, reason, &shown);
            }
            None => self.row(line, fields, || text.to_owned()),
        }
    }

    /// What is wrong with a line before it is split.
    fn line_fault(&self, text: &str) -> Option<Fault> {
        if text.len() > LINE_BYTES_MAX {
            let reason =
                format!("the line has {} bytes; at most {LINE_BYTES_MAX} are read", text.len());
            return Some(("line_too_long", reason.into()));
        }
        memchr::memchr(0, text.as_bytes())
            .map(|_| ("zero_byte", "the line holds a zero byte; it is not text".into()))
    }

    /// What is wrong with the values as a whole.
    fn shape_fault(
        &self,
        fields: &[Cow<'_, str>],
        line_bytes: usize,
        cut_off: bool,
    ) -> Option<Fault> {
        let expected = self.plan.header.len();
        if fields.len() != expected {
            let found = fields.len().min(COLUMNS_MAX);
            if cut_off && found < expected {
                let reason = "the file ends in the middle of this row; ask for the whole file";
                return Some(("cut_off", reason.into()));
            }
            let reason = format!("the row has {found} values and the header {expected}");
            return Some(("value_count", reason.into()));
        }
        if line_bytes > FIELD_BYTES_MAX && fields.iter().any(|f| f.len() > FIELD_BYTES_MAX) {
            let reason = format!("a value is longer than {FIELD_BYTES_MAX} bytes");
            return Some(("value_too_long", reason.into()));
        }
        // Lengths first: this is asked of every row.
        let same = |(name, field): (&String, &Cow<'_, str>)| {
            field.len() >= name.len() && field.len() < name.len() + 8 && normal(field) == *name
        };
        let repeats = expected > 1 && self.plan.header.iter().zip(fields).take(3).all(same);
        repeats.then(|| ("repeated_header", "the header stands here again".into()))
    }

    fn batch(&mut self, batch: &RecordBatch, first_line: u64) {
        let texts: Vec<StringArray> = batch.columns().iter().map(texts_of).collect();
        for row in 0..batch.num_rows() {
            let fields: Vec<Cow<'_, str>> = texts
                .iter()
                .map(|t| Cow::Borrowed(if t.is_null(row) { "" } else { t.value(row) }))
                .collect();
            self.tally.rows += 1;
            self.row(first_line + row as u64, &fields, || fields.join("|"));
        }
    }

    /// One row of values: a record, or quarantined because it describes nobody.
    fn row(&mut self, line: u64, fields: &[Cow<'_, str>], whole: impl Fn() -> String) {
        if self.prepared.identify.iter().all(|c| self.value(*c, fields).is_empty()) {
            let reason = format!("none of {} has a value", self.map.identify.join(", "));
            return self.quarantine(line, "names_nobody", reason.into(), &whole());
        }
        let age = self.fixed(line, fields);
        self.numbers(line, age, fields);
        for place in 0..self.prepared.own.len() {
            self.own(place, line, fields);
        }
        self.tally.records += 1;
    }

    /// The text of a column: the first of its source columns that has one.
    fn value<'f>(&self, column: usize, fields: &'f [Cow<'_, str>]) -> &'f str {
        for at in &self.plan.from[column] {
            let text = trim(&fields[*at]);
            if !text.is_empty() && !self.is_missing(text) {
                return text;
            }
        }
        ""
    }

    fn is_missing(&self, text: &str) -> bool {
        text.len() <= 8 && self.source.missing.iter().any(|m| m.eq_ignore_ascii_case(text))
    }

    /// Fills a column that is not fixed.
    fn own(&mut self, place: usize, line: u64, fields: &[Cow<'_, str>]) {
        let column = self.prepared.own[place];
        if let Some(slot) = self.prepared.slot[column] {
            let value = self.scratch.numbers[slot];
            match &mut self.columns.own[place] {
                Cell::Code(b) => b.append_option(value.and_then(|v| u8::try_from(v).ok())),
                Cell::Count(b) => b.append_option(value.and_then(|v| u16::try_from(v).ok())),
                Cell::Bool(b) => b.append_option(value.map(|v| v != 0)),
                _ => {}
            }
            return;
        }
        let text = self.value(column, fields);
        match self.map.columns[column].kind {
            Kind::Date => {
                let date = self.date_of(column, text, line);
                if let Cell::Date(b) = &mut self.columns.own[place] {
                    b.append_option(date.map(Date::days));
                }
            }
            Kind::Name => {
                self.context.titles.clean(text, &mut self.scratch.other);
                let name = Some(self.scratch.other.name.as_str()).filter(|n| !n.is_empty());
                if let Cell::Text(b) = &mut self.columns.own[place] {
                    b.append_option(name);
                }
            }
            Kind::Region | Kind::Nik | Kind::Kk => {
                let number = self.number_of(column, text, line);
                if let Cell::Number(b) = &mut self.columns.own[place] {
                    b.append_option(number);
                }
            }
            _ => {
                if let Cell::Text(b) = &mut self.columns.own[place] {
                    b.append_option(Some(text).filter(|t| !t.is_empty()));
                }
            }
        }
    }

    fn column(&self, column: usize) -> &ColumnMap {
        &self.map.columns[column]
    }

    /// A day of a column; what is no day, or no likely day, becomes unknown.
    fn date_of(&mut self, column: usize, text: &str, line: u64) -> Option<Date> {
        if text.is_empty() {
            return None;
        }
        let Some(date) = parse_date(text, self.column(column).date) else {
            let reason = "this is not a date as the mapping says this source writes them";
            self.note(column, line, "not_a_date", SET_UNKNOWN, reason.into(), mask(text));
            return None;
        };
        if !LIKELY_DAYS.contains(&date.days()) {
            let reason = "the year is not from 1890 to 2100";
            self.note(column, line, "unlikely_date", SET_UNKNOWN, reason.into(), mask(text));
            return None;
        }
        Some(date)
    }

    fn quarantine(
        &mut self,
        line: u64,
        code: &'static str,
        reason: Cow<'static, str>,
        original: &str,
    ) {
        *self.tally.quarantined.entry(code).or_default() += 1;
        let original = mask(original);
        let severity = QUARANTINED;
        self.findings.push(Finding {
            line,
            row: None,
            column: None,
            code,
            severity,
            reason,
            original,
        });
    }

    /// A finding about a value of the row being read.
    fn note(
        &mut self,
        column: usize,
        line: u64,
        code: &'static str,
        severity: u8,
        reason: Cow<'static, str>,
        original: String,
    ) {
        debug_assert!(severity == SET_UNKNOWN || severity == DOUBTFUL);
        // A chunk has at most 2 MB of rows and a table at most 4,096 columns.
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        let row = u32::try_from(self.tally.records).ok();
        *self.tally.findings.entry((column, code)).or_default() += 1;
        self.findings.push(Finding {
            line,
            row,
            column: Some(column),
            code,
            severity,
            reason,
            original,
        });
    }
}

/// `str::trim` for texts that mostly have nothing to trim.
fn trim(text: &str) -> &str {
    let plain = |b: Option<&u8>| b.is_some_and(|b| (b'!'..=b'~').contains(b));
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { text } else { text.trim() }
}

/// 1890-01-01 to 2100-12-31.
const LIKELY_DAYS: std::ops::RangeInclusive<i32> = -29_219..=47_846;

type Fault = (&'static str, Cow<'static, str>);

fn quote_fault(fault: LineFault) -> Fault {
    match fault {
        LineFault::UnclosedQuote => {
            ("unclosed_quote", "a quote opens a value and is not closed on this line".into())
        }
        LineFault::TextAfterQuote => (
            "text_after_quote",
            "something stands between a closing quote and the delimiter".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::LIKELY_DAYS;
    use kernel::Date;

    #[test]
    fn likely_days_are_whole_years() {
        let ends = [*LIKELY_DAYS.start(), *LIKELY_DAYS.end()].map(|d| Date::from_days(d).ymd());
        assert_eq!(ends, [(1890, 1, 1), (2100, 12, 31)]);
    }
}
