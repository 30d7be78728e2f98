//! For programs: match a delivery's records against a register held in memory (`padan build`).
//!
//! ```
//! use linkage::{Matcher, table::Table};
//! let settings = r#"
//!     mode = "link"
//!     [[block]]
//!     keys = ["nik"]
//!     [[block]]
//!     keys = ["name", "born"]
//!     [[compare]]
//!     column = "name"
//!     method = "name"
//!     [[compare]]
//!     column = "nik"
//!     method = "damerau_levenshtein"
//!     [[compare]]
//!     column = "born"
//!     method = "date"
//! "#;
//! let mut spine = Table::default();
//! spine.push("nik", [Some("5201010101800001"), Some("5201014202850002")])?;
//! spine.push("name", [Some("BUDI SANTOSO"), Some("SITI AMINAH")])?;
//! spine.push("born", [Some("1980-01-01"), Some("1985-02-02")])?;
//! let mut delivery = Table::default();
//! delivery.push("nik", [Some("5201014202850002")])?;
//! delivery.push("name", [Some("SITI AMINAH")])?;
//! delivery.push("born", [None])?;
//! let matcher = Matcher::new(settings, spine)?;
//! let matches = matcher.match_delivery(&delivery, None)?;
//! assert_eq!(matches.rows.len(), 1);
//! # Ok::<(), linkage::LinkError>(())
//! ```

use crate::block;
use crate::command::family_keys;
use crate::compare::{Store, build, level_of};
use crate::error::LinkError;
use crate::family;
use crate::features::Features;
use crate::model::{Model, probability};
use crate::score::{self, Edge};
use crate::spec::Spec;
use crate::table::{Coded, Table};
use crate::train;
use crate::values::Interner;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// A register to match against: one row per person.
pub struct Matcher {
    spec: Spec,
    spine: Table,
}

/// The match of one record of a delivery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matched {
    /// Row of the spine; `None` when no row is probable enough.
    pub spine_row: Option<u32>,
    /// The best candidate's row even when it was not accepted.
    pub best_row: Option<u32>,
    /// Match weight of the best candidate (log2 of the posterior odds); −∞ without candidates.
    pub weight: f64,
    /// Probability that the best candidate is the person, all candidates competing.
    pub probability: f64,
    /// Weight of the best candidate less that of the second; +∞ without a second.
    pub runner_up_gap: f64,
}

/// The matches of a delivery, in its order.
#[derive(Debug, Clone)]
pub struct Matches {
    /// One per record.
    pub rows: Vec<Matched>,
    /// Names of the comparisons.
    pub comparisons: Vec<String>,
    /// Labels of the levels of each comparison, from 0 upward.
    pub labels: Vec<Vec<String>>,
    /// Levels of the best candidate, record by record, one per comparison; -1 is missing.
    pub levels: Vec<i8>,
    /// The model used (to keep for the next delivery).
    pub model: Model,
    /// Candidate pairs compared.
    pub pairs: u64,
}

impl Matches {
    /// The levels of a record's best candidate, one per comparison.
    #[must_use]
    pub fn levels_of(&self, record: usize) -> &[i8] {
        let width = self.comparisons.len();
        &self.levels[record * width..(record + 1) * width]
    }
}

impl Matcher {
    /// Takes the settings (`[[block]]`, `[[compare]]`, `[names]`, `[training]`, `[cluster]`; inputs
    /// are not read) and the register. The table needs the columns of [`Spec::columns`].
    ///
    /// # Errors
    /// Wrong settings, or a column of them that the register has not.
    pub fn new(settings: &str, spine: Table) -> Result<Self, LinkError> {
        Self::from_spec(Spec::parse_in_memory(settings, "settings", Path::new(""))?, spine)
    }

    /// As [`Matcher::new`], with settings that are checked already (see [`Spec::parse_in_memory`]).
    ///
    /// # Errors
    /// A column of the settings that the register has not.
    pub fn from_spec(spec: Spec, spine: Table) -> Result<Self, LinkError> {
        for name in spec.columns() {
            if spine.column(&name).is_none() {
                return Err(LinkError::Data(format!(
                    "the register has no column `{name}`, which the settings use"
                )));
            }
        }
        Ok(Self { spec, spine })
    }

    /// The checked settings.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Matches every record of a delivery with at most one row of the register. Without a model
    /// one is trained on this delivery. With `[cluster] one_to_one = true` (the default of mode
    /// `link`) a row is given to one record only; else several records may share it.
    ///
    /// # Errors
    /// A column of the settings that the delivery has not; a model of other settings.
    pub fn match_delivery(
        &self,
        delivery: &Table,
        model: Option<&Model>,
    ) -> Result<Matches, LinkError> {
        let spine_rows = self.spine.rows;
        let table = self.beside(delivery)?;
        let starts = [0, spine_rows as u32, table.rows as u32];
        let rows = table.rows;
        let features = Features::new(&self.spec, table)?;
        let store = build::build(&self.spec, &features, rows)?;
        let blocks = block::build_closed(&self.spec, &features, &store, &starts)?;
        let families = family_keys(&self.spec, &features)?;
        drop(features);
        let (model, seen) = match model {
            Some(model) => (model.clone(), train::SeenPatterns::default()),
            None => {
                let Spec { compares, training, .. } = &self.spec;
                let trained = train::train(&train::Job {
                    compares,
                    settings: training,
                    store: &store,
                    blocks: &blocks,
                    starts: &starts,
                    closed: true,
                    labels: &BTreeMap::new(),
                });
                (trained.model, trained.seen)
            }
        };
        let least = self.spec.decide.min_probability;
        let scorer = model.scorer();
        let mut scored = score::score(&store, &blocks, &scorer, least, &seen);
        if let Some((comparison, keys)) = families {
            // Nobody clusters here: the lifted weights are all that counts.
            let _ = family::lift(&mut scored.edges, &keys, comparison, &store, &scorer);
        }
        let pairs = scored.rules.iter().map(|r| r.pairs).sum();
        Ok(self.choose(scored.edges, &store, spine_rows, delivery.rows, model, pairs))
    }

    /// The register's and the delivery's columns one under the other, with common codes.
    fn beside(&self, delivery: &Table) -> Result<Table, LinkError> {
        let columns = self
            .spec
            .columns()
            .par_iter()
            .map(|name| {
                let lacking = |who: &str| {
                    LinkError::Data(format!(
                        "the {who} has no column `{name}`, which the settings use"
                    ))
                };
                let ours = self.spine.column(name).ok_or_else(|| lacking("register"))?;
                let theirs = delivery.column(name).ok_or_else(|| lacking("delivery"))?;
                Ok((name.clone(), under(ours, theirs)))
            })
            .collect::<Result<Vec<_>, LinkError>>()?;
        Ok(Table { rows: self.spine.rows + delivery.rows, columns })
    }

    /// The best row for every record, all candidates of a record competing.
    fn choose(
        &self,
        mut edges: Vec<Edge>,
        store: &Store,
        spine_rows: usize,
        records: usize,
        model: Model,
        pairs: u64,
    ) -> Matches {
        let none = Matched {
            spine_row: None,
            best_row: None,
            weight: f64::NEG_INFINITY,
            probability: 0.0,
            runner_up_gap: f64::INFINITY,
        };
        let mut rows = vec![none; records];
        let width = store.evaluators.len();
        let mut levels = vec![-1i8; records * width];
        edges.par_sort_unstable_by(|x, y| {
            x.b.cmp(&y.b).then(y.weight.total_cmp(&x.weight)).then(x.a.cmp(&y.a))
        });
        for group in edges.chunk_by(|x, y| x.b == y.b) {
            let at = group[0].b as usize - spine_rows;
            let odds: f64 = group.iter().map(|e| (e.weight - group[0].weight).exp2()).sum();
            let probability = 1.0 / (odds + (-group[0].weight).exp2());
            let gap = group.get(1).map_or(f64::INFINITY, |second| group[0].weight - second.weight);
            let accepted = probability >= self.spec.decide.match_probability;
            rows[at] = Matched {
                spine_row: accepted.then_some(group[0].a),
                best_row: Some(group[0].a),
                weight: group[0].weight,
                probability,
                runner_up_gap: gap,
            };
            for c in 0..width {
                levels[at * width + c] = level_of(group[0].pattern, c);
            }
        }
        if self.spec.decide.one_to_one {
            keep_best(&mut rows, spine_rows);
        }
        Matches {
            rows,
            comparisons: self.spec.compares.iter().map(|c| c.name.clone()).collect(),
            labels: self.spec.compares.iter().map(|c| c.labels.clone()).collect(),
            levels,
            model,
            pairs,
        }
    }
}

/// Of the records that claim one row, the one with the greatest weight (the first of equals).
fn keep_best(rows: &mut [Matched], spine_rows: usize) {
    let mut best: Vec<u32> = vec![u32::MAX; spine_rows];
    for at in 0..rows.len() {
        let Some(row) = rows[at].spine_row else { continue };
        let holder = best[row as usize];
        if holder != u32::MAX && rows[holder as usize].weight >= rows[at].weight {
            rows[at].spine_row = None;
            continue;
        }
        if holder != u32::MAX {
            rows[holder as usize].spine_row = None;
        }
        best[row as usize] = at as u32;
    }
}

fn under(ours: &Coded, theirs: &Coded) -> Coded {
    let mut interner = Interner::with_capacity(ours.values.len() + theirs.values.len());
    let mut codes = Vec::with_capacity(ours.codes.len() + theirs.codes.len());
    for part in [ours, theirs] {
        let mut to = Vec::with_capacity(part.values.len());
        interner.codes((0..part.values.len() as u32).map(|c| part.values.bytes(c)), &mut to);
        codes.extend(part.codes.iter().map(|&c| to[c as usize]));
    }
    Coded { codes, values: interner.into_values() }
}

/// The probability of a weight, for callers that hold weights.
#[must_use]
pub fn probability_of(weight: f64) -> f64 {
    probability(weight)
}
