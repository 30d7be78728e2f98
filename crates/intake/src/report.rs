//! What a delivery was like: for the edition's manifest and its quality page. No seconds, no host.

use crate::mapping::{Source, TableMap};
use crate::open::FileShape;
use crate::spec::DeliveredFile;
use crate::table;
use crate::tally::Tally;
use kernel::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Odd values named one by one, per file, the most frequent first.
const ODD_VALUES_SHOWN: usize = 20;

/// Everything that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeReport {
    /// Rows of all files.
    pub rows: u64,
    /// Records made of them.
    pub records: u64,
    /// Rows that could not be.
    pub quarantined: u64,
    /// By source number.
    pub sources: Vec<SourceReport>,
}

/// What one source delivered. `rows = records + quarantined`, here and in every file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// Its name.
    pub source: String,
    /// Its number.
    pub number: u8,
    /// What it is, for people.
    pub title: String,
    /// Version of its mapping.
    pub mapping: String,
    /// Rows of its files.
    pub rows: u64,
    /// Records made of them.
    pub records: u64,
    /// Rows that could not be.
    pub quarantined: u64,
    /// Findings of all severities.
    pub findings: u64,
    /// In order of delivery.
    pub files: Vec<FileReport>,
}

/// What one file was like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// Its number, the `delivery` of records and findings.
    pub delivery: u16,
    /// Its path, relative to the spec.
    pub path: String,
    /// The day it describes.
    pub date: Date,
    /// Format, encoding, delimiter, ignored columns.
    pub shape: FileShape,
    /// Rows, without the header and blank lines.
    pub rows: u64,
    /// Records made of them.
    pub records: u64,
    /// Rows that could not be.
    pub quarantined: u64,
    /// The same, by reason.
    pub quarantined_by: BTreeMap<String, u64>,
    /// Lines without anything on them; they are no rows.
    pub blank_lines: u64,
    /// Lines read as latin-1.
    pub latin1_lines: u64,
    /// Records by state of their NIK.
    pub nik: NikCounts,
    /// Records born on 1 January, 1 July or 31 December: guessed dates heap there.
    pub births_on_guess_days: u64,
    /// Records without a value, by column; columns that always have one are left out.
    pub missing: BTreeMap<String, u64>,
    /// Findings about values.
    pub findings: Vec<FindingCount>,
    /// Values that neither the mapping nor the instrument knows.
    pub odd_values: Vec<OddValue>,
}

/// Records by `nik_problem`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NikCounts {
    /// Well formed and agreeing.
    pub fine: u64,
    /// None given.
    pub missing: u64,
    /// Not 16 digits of the right parts.
    pub malformed: u64,
    /// Says another birth date or sex than the row.
    pub disagrees: u64,
}

/// How often a fault was found in a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCount {
    /// Standard column.
    pub column: String,
    /// Code of the finding.
    pub code: String,
    /// How often.
    pub count: u64,
}

/// A value nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OddValue {
    /// Standard column.
    pub column: String,
    /// The text as delivered, long numbers masked.
    pub value: String,
    /// How often.
    pub count: u64,
}

impl FileReport {
    /// From the counts of a file of `map`.
    pub(crate) fn new(
        file: &DeliveredFile,
        mut shape: FileShape,
        map: &TableMap,
        tally: &Tally,
    ) -> Self {
        let name = |column: u16| {
            map.columns.get(usize::from(column)).map_or_else(String::new, |c| c.to.clone())
        };
        if let Some(encoding) = shape.encoding.as_mut().filter(|e| e.starts_with("ASCII")) {
            // Only ASCII stood in the sample; now the whole file is known.
            *encoding = match (tally.latin1_lines > 0, tally.has_utf8) {
                (true, _) => "latin-1".to_owned(),
                (false, true) => "UTF-8".to_owned(),
                (false, false) => "ASCII".to_owned(),
            };
        }
        let [fine, missing, malformed, disagrees] = tally.nik_problems;
        let fields = table::schema(map);
        let nulls = fields.fields().iter().zip(&tally.missing).filter(|(_, n)| **n > 0);
        let mut odd_values: Vec<OddValue> = tally
            .odd
            .iter()
            .map(|((c, value), n)| OddValue { column: name(*c), value: value.clone(), count: *n })
            .collect();
        odd_values.sort_by_key(|o| std::cmp::Reverse(o.count));
        odd_values.truncate(ODD_VALUES_SHOWN);
        let by = tally.quarantined.iter().map(|(code, n)| ((*code).to_owned(), *n));
        let findings = tally.findings.iter().map(|((c, code), n)| FindingCount {
            column: name(*c),
            code: (*code).to_owned(),
            count: *n,
        });
        Self {
            delivery: file.delivery,
            path: file.shown.clone(),
            date: file.date,
            shape,
            rows: tally.rows,
            records: tally.records,
            quarantined: tally.quarantined_rows(),
            quarantined_by: by.collect(),
            blank_lines: tally.blank_lines,
            latin1_lines: tally.latin1_lines,
            nik: NikCounts { fine, missing, malformed, disagrees },
            births_on_guess_days: tally.births_on_guess_days,
            missing: nulls.map(|(field, n)| (field.name().clone(), *n)).collect(),
            findings: findings.collect(),
            odd_values,
        }
    }
}

impl SourceReport {
    /// From the reports of its files.
    pub(crate) fn new(source: &Source, files: Vec<FileReport>, findings: u64) -> Self {
        let sum = |count: fn(&FileReport) -> u64| files.iter().map(count).sum();
        Self {
            source: source.name.clone(),
            number: source.number,
            title: source.title.clone(),
            mapping: source.version.clone(),
            rows: sum(|f| f.rows),
            records: sum(|f| f.records),
            quarantined: sum(|f| f.quarantined),
            findings,
            files,
        }
    }
}

impl IntakeReport {
    /// From the reports of all sources.
    #[must_use]
    pub fn new(sources: Vec<SourceReport>) -> Self {
        let sum = |count: fn(&SourceReport) -> u64| sources.iter().map(count).sum();
        Self {
            rows: sum(|s| s.rows),
            records: sum(|s| s.records),
            quarantined: sum(|s| s.quarantined),
            sources,
        }
    }
}
