//! Counts of what was read, per file; they always add up.

use std::collections::BTreeMap;

/// Most different odd values that are counted one by one, per file.
const ODD_VALUES_MAX: usize = 500;

/// Counts of one chunk or one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that are not blank, without the header.
    pub rows: u64,
    /// Rows that became records.
    pub records: u64,
    /// Rows that did not, by reason.
    pub quarantined: BTreeMap<&'static str, u64>,
    /// Lines without anything on them.
    pub blank_lines: u64,
    /// Lines that were read as latin-1.
    pub latin1_lines: u64,
    /// Whether any letter beyond ASCII was read as UTF-8.
    pub has_utf8: bool,
    /// Records by `nik_problem`.
    pub nik_problems: [u64; 4],
    /// Records born on 1 January, 1 July or 31 December: guessed dates heap there.
    pub births_on_guess_days: u64,
    /// Nulls per column of the record table.
    pub missing: Vec<u64>,
    /// Findings about values, by column of the mapping and code.
    pub findings: BTreeMap<(u16, &'static str), u64>,
    /// Values that the mapping or the instrument does not know, by column of the mapping.
    pub odd: BTreeMap<(u16, String), u64>,
}

impl Tally {
    /// All quarantined rows.
    #[must_use]
    pub fn quarantined_rows(&self) -> u64 {
        self.quarantined.values().sum()
    }

    /// Counts an odd value, unless there are too many different ones already.
    pub fn count_odd(&mut self, column: u16, value: &str, times: u64) {
        let key = (column, value.to_owned());
        if self.odd.len() < ODD_VALUES_MAX || self.odd.contains_key(&key) {
            *self.odd.entry(key).or_default() += times;
        }
    }

    /// Adds the counts of the next chunk of the same file.
    pub fn add(&mut self, next: &Self) {
        self.rows += next.rows;
        self.records += next.records;
        self.blank_lines += next.blank_lines;
        self.latin1_lines += next.latin1_lines;
        self.has_utf8 |= next.has_utf8;
        self.births_on_guess_days += next.births_on_guess_days;
        for (code, n) in &next.quarantined {
            *self.quarantined.entry(code).or_default() += n;
        }
        for (mine, theirs) in self.nik_problems.iter_mut().zip(next.nik_problems) {
            *mine += theirs;
        }
        self.missing.resize(self.missing.len().max(next.missing.len()), 0);
        for (mine, theirs) in self.missing.iter_mut().zip(&next.missing) {
            *mine += theirs;
        }
        for (key, n) in &next.findings {
            *self.findings.entry(*key).or_default() += n;
        }
        for ((column, value), n) in &next.odd {
            self.count_odd(*column, value, *n);
        }
    }
}
