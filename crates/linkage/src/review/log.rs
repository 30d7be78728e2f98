//! The log of decisions: a CSV file that clerks (or programs) only append to.
//!
//! ```csv
//! left_source,left_id,right_source,right_id,decision,reviewer
//! people,17,people,403,same,ani
//! people,17,people,403,different,budi
//! ```
//!
//! Of one reviewer's decisions on a pair the last counts. A pair on which all reviewers agree binds
//! the next run, and trains it; one on which they differ binds nothing and is told.

use crate::error::LinkError;
use crate::table::Records;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::Path;

/// What a reviewer said of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// One person.
    Same,
    /// Two persons.
    Different,
    /// The reviewer cannot tell.
    Unsure,
}

/// Decisions on pairs of this run's records.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    /// Pairs (lower record first) on which all agree: true for one person.
    pub agreed: BTreeMap<(u32, u32), bool>,
    /// Pairs on which reviewers differ.
    pub disputed: Vec<(u32, u32)>,
    /// Pairs that two reviewers judged (unsure ones too), and how they agreed.
    pub agreement: Agreement,
    /// Lines that name a record that is not in this run.
    pub unknown: usize,
}

/// Agreement of two reviewers beyond chance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Agreement {
    /// Pairs judged by two reviewers.
    pub pairs: u64,
    /// Share on which both said the same.
    pub observed: f64,
    /// Cohen's kappa (1960); `None` when all said one thing, or nothing was judged twice.
    pub kappa: Option<f64>,
}

/// Reads logs.
///
/// # Errors
/// A file that cannot be read, a line that is not a decision.
pub fn read(
    paths: &[std::path::PathBuf],
    records: &Records,
    sources: &[String],
) -> Result<Decisions, LinkError> {
    let mut out = Decisions::default();
    if paths.is_empty() {
        return Ok(out);
    }
    let mut record_of: FxHashMap<(usize, &str), u32> = FxHashMap::default();
    for record in 0..records.len() as u32 {
        record_of.insert((records.source(record), records.id(record)), record);
    }
    let mut said: BTreeMap<(u32, u32), BTreeMap<String, Decision>> = BTreeMap::new();
    for path in paths {
        for (line, row) in rows(path)?.into_iter().enumerate() {
            let find = |source: &str, id: &str| {
                let source = sources.iter().position(|s| s == source)?;
                record_of.get(&(source, id)).copied()
            };
            let decision = decision(path, line + 2, &row[4])?;
            match (find(&row[0], &row[1]), find(&row[2], &row[3])) {
                (Some(a), Some(b)) if a != b => {
                    let of_pair = said.entry((a.min(b), a.max(b))).or_default();
                    of_pair.insert(row[5].clone(), decision);
                }
                _ => out.unknown += 1,
            }
        }
    }
    out.agreement = agreement(&said);
    for (pair, by) in said {
        let mut clear = by.values().filter(|d| **d != Decision::Unsure);
        let Some(first) = clear.next() else { continue };
        if clear.all(|d| d == first) {
            out.agreed.insert(pair, *first == Decision::Same);
        } else {
            out.disputed.push(pair);
        }
    }
    Ok(out)
}

fn decision(path: &Path, line: usize, word: &str) -> Result<Decision, LinkError> {
    match word {
        "same" => Ok(Decision::Same),
        "different" => Ok(Decision::Different),
        "unsure" => Ok(Decision::Unsure),
        other => {
            let hint = kernel::suggest::hint(other, ["same", "different", "unsure"]);
            Err(LinkError::input(
                path.display(),
                format!(
                    "line {line}: unknown decision `{other}`{hint}; write same, different or unsure"
                ),
            ))
        }
    }
}

/// The six fields of every line, in the order of the log's own header.
fn rows(path: &Path) -> Result<Vec<[String; 6]>, LinkError> {
    const FIELDS: [&str; 6] =
        ["left_source", "left_id", "right_source", "right_id", "decision", "reviewer"];
    let wrong = |e: &dyn std::fmt::Display| LinkError::input(path.display(), e);
    let mut reader = csv::Reader::from_path(path).map_err(|e| wrong(&e))?;
    let header = reader.headers().map_err(|e| wrong(&e))?.clone();
    let mut places = [0; 6];
    for (place, field) in places.iter_mut().zip(FIELDS) {
        let at = header.iter().position(|h| h.trim() == field);
        *place = at.ok_or_else(|| wrong(&format!("there is no column `{field}`")))?;
    }
    let mut out = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|e| wrong(&e))?;
        out.push(places.map(|place| row.get(place).unwrap_or("").trim().to_owned()));
    }
    Ok(out)
}

/// Cohen's kappa over the pairs that two reviewers judged (of more, the first two by name).
fn agreement(said: &BTreeMap<(u32, u32), BTreeMap<String, Decision>>) -> Agreement {
    let mut both = [[0u64; 3]; 3];
    for by in said.values() {
        let mut two = by.values();
        if let (Some(x), Some(y)) = (two.next(), two.next()) {
            both[*x as usize][*y as usize] += 1;
        }
    }
    let n: u64 = both.iter().flatten().sum();
    if n == 0 {
        return Agreement::default();
    }
    let share = |count: u64| count as f64 / n as f64;
    let observed: f64 = (0..3).map(|d| share(both[d][d])).sum();
    let by_chance: f64 = (0..3)
        .map(|d| share(both[d].iter().sum()) * share(both.iter().map(|row| row[d]).sum()))
        .sum();
    let kappa = (by_chance < 1.0 - 1e-12).then(|| (observed - by_chance) / (1.0 - by_chance));
    Agreement { pairs: n, observed, kappa }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_as_published() {
        // Both yes 20, both no 15, first yes only 5, second yes only 10: kappa 0.4.
        let mut said = BTreeMap::new();
        let mut at = 0;
        for (x, y, n) in [(0, 0, 20), (1, 1, 15), (0, 1, 5), (1, 0, 10)] {
            for _ in 0..n {
                at += 1;
                let word = |d| if d == 0 { Decision::Same } else { Decision::Different };
                let by = BTreeMap::from([("a".to_owned(), word(x)), ("b".to_owned(), word(y))]);
                said.insert((at, at + 1), by);
            }
        }
        let got = agreement(&said);
        assert_eq!((got.pairs, got.observed), (50, 0.7));
        assert!((got.kappa.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(agreement(&BTreeMap::new()), Agreement::default());
    }
}
