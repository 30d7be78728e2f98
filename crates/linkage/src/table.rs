//! Records in memory: dictionary-coded columns of text over all inputs, in one canonical order
//! (input by input as in the settings, then by id), so that nothing depends on the order of rows.

use crate::error::LinkError;
use crate::values::{Interner, Values};
use rayon::prelude::*;

/// A column: one code per record into its distinct texts; code 0 is missing.
#[derive(Debug, Clone, Default)]
pub struct Coded {
    /// One code per record.
    pub codes: Vec<u32>,
    /// The texts.
    pub values: Values,
}

impl Coded {
    /// The text of a record; empty when missing.
    #[must_use]
    pub fn text(&self, record: usize) -> &str {
        self.values.get(self.codes[record])
    }

    /// How many records hold each code.
    #[must_use]
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0u32; self.values.len()];
        for &code in &self.codes {
            counts[code as usize] += 1;
        }
        counts
    }

    /// The column with every distinct text replaced; equal results share a code.
    #[must_use]
    pub fn map(&self, mut change: impl FnMut(&str, &mut String)) -> Self {
        let mut interner = Interner::with_capacity(self.values.len());
        let mut buffer = String::new();
        let mut to = vec![0u32; self.values.len()];
        for code in 1..self.values.len() as u32 {
            buffer.clear();
            change(self.values.get(code), &mut buffer);
            to[code as usize] = interner.code(buffer.as_bytes());
        }
        let codes = self.codes.iter().map(|&code| to[code as usize]).collect();
        Self { codes, values: interner.into_values() }
    }
}

/// Named columns of some records, in the order of the records.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Number of records.
    pub rows: usize,
    /// Names and columns.
    pub columns: Vec<(String, Coded)>,
}

impl Table {
    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Coded> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, c)| c)
    }

    /// Adds a column of texts, one per record (`None` or empty is missing).
    ///
    /// # Errors
    /// [`LinkError::Data`] when the count of texts is not that of the other columns.
    pub fn push<'a>(
        &mut self,
        name: &str,
        texts: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Result<(), LinkError> {
        let mut interner = Interner::default();
        let codes: Vec<u32> =
            texts.into_iter().map(|t| interner.code(t.unwrap_or("").trim().as_bytes())).collect();
        if !self.columns.is_empty() && codes.len() != self.rows {
            return Err(LinkError::Data(format!(
                "column `{name}` has {} records, the others have {}",
                codes.len(),
                self.rows
            )));
        }
        self.rows = codes.len();
        self.columns.push((name.to_owned(), Coded { codes, values: interner.into_values() }));
        Ok(())
    }
}

/// All records of a run.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// First record of each input, and the total at the end.
    pub starts: Vec<u32>,
    /// The id of each record (number = record + 1 in [`Values`]).
    pub ids: Values,
    /// The columns.
    pub table: Table,
}

impl Records {
    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.rows
    }

    /// True without records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.rows == 0
    }

    /// The input a record came from.
    #[must_use]
    pub fn source(&self, record: u32) -> usize {
        self.starts.partition_point(|&start| start <= record) - 1
    }

    /// The id of a record.
    #[must_use]
    pub fn id(&self, record: u32) -> &str {
        self.ids.get(record + 1)
    }
}

/// Puts the records of each input in the order of their ids.
///
/// # Errors
/// [`LinkError::Data`] when an id occurs twice in one input.
pub fn canonical(
    starts: Vec<u32>,
    ids: Values,
    mut table: Table,
    names: &[String],
) -> Result<Records, LinkError> {
    let mut order: Vec<u32> = (0..table.rows as u32).collect();
    for pair in starts.windows(2) {
        let part = &mut order[pair[0] as usize..pair[1] as usize];
        sort_by_id(part, &ids);
    }
    for (input, pair) in starts.windows(2).enumerate() {
        let part = &order[pair[0] as usize..pair[1] as usize];
        let twice = part.windows(2).find(|w| ids.bytes(w[0] + 1) == ids.bytes(w[1] + 1));
        if let Some(&[first, second]) = twice {
            let what = if ids.bytes(first + 1).is_empty() { "no id" } else { "the same id" };
            return Err(LinkError::Data(format!(
                "input `{}`: records {} and {} have {what}; ids must be there and unique within an input (leave `id` out to number the rows)",
                names.get(input).map_or("?", String::as_str),
                first - pair[0] + 1,
                second - pair[0] + 1,
            )));
        }
    }
    if order.iter().enumerate().all(|(at, &from)| at as u32 == from) {
        return Ok(Records { starts, ids, table });
    }
    table.columns.par_iter_mut().for_each(|(_, column)| {
        column.codes = order.iter().map(|&from| column.codes[from as usize]).collect();
    });
    let mut sorted = Values::default();
    for &from in &order {
        sorted.push(ids.bytes(from + 1));
    }
    Ok(Records { starts, ids: sorted, table })
}

/// By number when all ids are whole numbers, else by their letters.
fn sort_by_id(part: &mut [u32], ids: &Values) {
    let numbers: Option<Vec<(u64, u32)>> = part
        .iter()
        .map(|&record| whole_number(ids.bytes(record + 1)).map(|n| (n, record)))
        .collect();
    match numbers {
        Some(mut numbers) => {
            if !numbers.is_sorted() {
                numbers.par_sort_unstable();
            }
            for (slot, (_, record)) in part.iter_mut().zip(numbers) {
                *slot = record;
            }
        }
        None => part
            .par_sort_unstable_by(|&a, &b| ids.bytes(a + 1).cmp(ids.bytes(b + 1)).then(a.cmp(&b))),
    }
}

/// A whole number without leading zeros.
fn whole_number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.len() > 18 || (bytes[0] == b'0' && bytes.len() > 1) {
        return None;
    }
    bytes.iter().try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
}
