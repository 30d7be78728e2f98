//! The prepared records of a run, and the comparison of two of them.
//!
//! Records are gathered into a [`Workspace`] first, some hundreds at a time: the random reads then
//! overlap, and the pair loop runs over what is in the cache already.

use super::name::{self, NameEntry, WordEntry};
use super::{Level, Pattern};
use crate::spec::expr::Measure;
use crate::text::dates::nearness;
use crate::text::edits::{self, Slips};
use crate::text::fold::Packed;
use crate::text::jaro::{self, Masks};

/// What stands behind the codes of a feature.
#[derive(Debug, Clone)]
pub enum Payload {
    /// Only equality of codes.
    Code,
    /// Texts, by code.
    Text(Vec<Packed>),
    /// Packed dates, by code.
    Date(Vec<u32>),
    /// Numbers, by code.
    Number(Vec<f64>),
    /// Names, by code, and their words.
    Name(Vec<NameEntry>, Vec<WordEntry>),
    /// Sorted element codes, by code.
    Array(Vec<Vec<u32>>),
}

/// One test of a ladder on a feature.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    /// The feature tested.
    pub feature: usize,
    /// How.
    pub measure: Measure,
    /// The bound.
    pub bound: f64,
}

/// How a comparison finds its level.
#[derive(Debug, Clone)]
pub enum Rule {
    /// Codes equal.
    Exact,
    /// Jaro-Winkler bounds, falling.
    JaroWinkler(Vec<f64>),
    /// Edit bounds, rising.
    Edits(Slips, Vec<u32>),
    /// Nearness of dates.
    Date,
    /// Word sets.
    Name,
    /// Difference bounds, rising; percent of the greater when true.
    Number(Vec<f64>, bool),
    /// Kilometre bounds, rising; the feature after this one is the longitude.
    Geographic(Vec<f64>),
    /// Common element bounds, falling.
    Array(Vec<u32>),
    /// Conditions, best first.
    Ladder(Vec<Vec<Vec<Test>>>),
}

/// One comparison, ready to run.
#[derive(Debug, Clone)]
pub struct Evaluator {
    /// First feature it reads.
    pub feature: usize,
    /// The rule.
    pub rule: Rule,
    /// Number of levels from 0 upward.
    pub levels: usize,
    /// Term-frequency weights apply.
    pub term_frequency: bool,
    /// Members of a household share it.
    pub household: bool,
}

/// All records of a run, ready to be compared.
#[derive(Debug, Clone)]
pub struct Store {
    /// Number of records.
    pub len: usize,
    /// Number of features (codes per record).
    pub width: usize,
    /// Codes, record by record.
    pub rows: Vec<u32>,
    /// What stands behind the codes, by feature.
    pub payloads: Vec<Payload>,
    /// Share of the records with a value that hold each code, by feature (empty when not needed).
    pub frequencies: Vec<Vec<f32>>,
    /// The comparisons.
    pub evaluators: Vec<Evaluator>,
    /// No value is rarer than this.
    pub rarest: f64,
}

/// The records of one block, side by side.
#[derive(Debug, Default)]
pub struct Workspace {
    codes: Vec<u32>,
    texts: Vec<Vec<Packed>>,
    names: Vec<Vec<NameEntry>>,
    dates: Vec<Vec<u32>>,
    masks: Vec<Masks>,
    /// The local record whose letters stand in the masks of each feature.
    pivots: Vec<u32>,
    /// Its letters.
    pivot_texts: Vec<Packed>,
}

const NO_PIVOT: u32 = u32::MAX;

impl Store {
    /// Brings records into a workspace; pairs are then named by their places in `records`.
    pub fn gather(&self, work: &mut Workspace, records: &[u32]) {
        self.prepare(work);
        for &record in records {
            let row = &self.rows[record as usize * self.width..(record as usize + 1) * self.width];
            work.codes.extend_from_slice(row);
        }
        let codes = &work.codes;
        for (feature, payload) in self.payloads.iter().enumerate() {
            let code = |at: usize| codes[at * self.width + feature] as usize;
            match payload {
                Payload::Text(entries) => {
                    work.texts[feature].extend((0..records.len()).map(|at| entries[code(at)]))
                }
                Payload::Name(entries, _) => {
                    work.names[feature].extend((0..records.len()).map(|at| entries[code(at)]))
                }
                Payload::Date(entries) => {
                    work.dates[feature].extend((0..records.len()).map(|at| entries[code(at)]))
                }
                Payload::Code | Payload::Number(_) | Payload::Array(_) => {}
            }
        }
    }

    /// Empties a workspace and gives it the shape of this store.
    fn prepare(&self, work: &mut Workspace) {
        for feature in 0..work.pivots.len() {
            clear_pivot(work, feature);
        }
        work.codes.clear();
        if work.texts.len() == self.width {
            work.texts.iter_mut().for_each(Vec::clear);
            work.names.iter_mut().for_each(Vec::clear);
            work.dates.iter_mut().for_each(Vec::clear);
        } else {
            work.texts = vec![Vec::new(); self.width];
            work.names = vec![Vec::new(); self.width];
            work.dates = vec![Vec::new(); self.width];
            work.masks = vec![Masks::default(); self.width];
            work.pivots = vec![NO_PIVOT; self.width];
            work.pivot_texts = vec![Packed::default(); self.width];
        }
    }

    /// The pattern of levels of the local records `i` and `j`. Fast when `i` stays the same.
    pub fn pattern(&self, work: &mut Workspace, i: usize, j: usize) -> Pattern {
        let mut pattern = 0;
        for (at, evaluator) in self.evaluators.iter().enumerate() {
            let level = self.level(evaluator, work, i, j);
            pattern |= ((level + 1) as u64) << (4 * at);
        }
        pattern
    }

    /// The level of one comparison.
    #[inline]
    pub fn level(&self, evaluator: &Evaluator, work: &mut Workspace, i: usize, j: usize) -> Level {
        if let Rule::Ladder(levels) = &evaluator.rule {
            return self.ladder(levels, work, i, j);
        }
        let feature = evaluator.feature;
        let (a, b) = (work.codes[i * self.width + feature], work.codes[j * self.width + feature]);
        if a == 0 || b == 0 {
            return -1;
        }
        let top = evaluator.levels as Level - 1;
        if a == b && !matches!(evaluator.rule, Rule::Geographic(_) | Rule::Array(_)) {
            return top;
        }
        match &evaluator.rule {
            Rule::Exact | Rule::Ladder(_) => 0,
            Rule::JaroWinkler(bounds) => {
                let similarity = self.jaro_winkler(feature, work, i, j, bounds[bounds.len() - 1]);
                bounds
                    .iter()
                    .position(|bound| similarity >= *bound)
                    .map_or(0, |at| top - 1 - at as Level)
            }
            Rule::Edits(slips, bounds) => {
                let edits = self.edits(feature, work, i, j, bounds[bounds.len() - 1], *slips);
                bounds
                    .iter()
                    .position(|bound| edits <= *bound)
                    .map_or(0, |at| top - 1 - at as Level)
            }
            Rule::Date => top - nearness(work.dates[feature][i], work.dates[feature][j]) as Level,
            Rule::Name => {
                let Payload::Name(_, words) = &self.payloads[feature] else { return 0 };
                name::level(&work.names[feature][i], &work.names[feature][j], words)
            }
            Rule::Number(bounds, percent) => {
                let difference = self.difference(feature, a, b, *percent);
                bounds
                    .iter()
                    .position(|bound| difference <= *bound)
                    .map_or(0, |at| top - 1 - at as Level)
            }
            Rule::Geographic(bounds) => self.geographic(feature, work, i, j, bounds),
            Rule::Array(counts) => {
                let common = self.common(feature, a, b);
                counts.iter().position(|count| common >= *count).map_or(0, |at| top - at as Level)
            }
        }
    }

    /// The frequency that a term-frequency weight uses: of the value that agrees, the rarest word
    /// of a name, or the commoner of two like values.
    #[must_use]
    pub fn frequency(&self, evaluator: &Evaluator, work: &Workspace, i: usize, j: usize) -> f32 {
        let feature = evaluator.feature;
        let (a, b) = (work.codes[i * self.width + feature], work.codes[j * self.width + feature]);
        let shares = &self.frequencies[feature];
        if let (Payload::Name(_, words), true) = (&self.payloads[feature], a != b) {
            let found = name::compare(&work.names[feature][i], &work.names[feature][j], words);
            if found.level < 6 {
                return found.frequency;
            }
        }
        shares[a as usize].max(shares[b as usize])
    }

    #[inline]
    fn jaro_winkler(
        &self,
        feature: usize,
        work: &mut Workspace,
        i: usize,
        j: usize,
        lowest: f64,
    ) -> f64 {
        let bound = jaro::upper_bound(&work.texts[feature][i], &work.texts[feature][j]);
        if bound < lowest {
            return 0.0;
        }
        self.set_pivot(work, feature, i);
        jaro::with_masks(&work.texts[feature][i], &work.masks[feature], &work.texts[feature][j])
    }

    #[inline]
    fn edits(
        &self,
        feature: usize,
        work: &mut Workspace,
        i: usize,
        j: usize,
        limit: u32,
        slips: Slips,
    ) -> u32 {
        if edits::surely_above(&work.texts[feature][i], &work.texts[feature][j], limit) {
            return limit + 1;
        }
        self.set_pivot(work, feature, i);
        let (x, y) = (&work.texts[feature][i], &work.texts[feature][j]);
        edits::with_masks(x, &work.masks[feature], y, slips).min(limit + 1)
    }

    /// Puts the letters of the local record `i` into the masks of a feature.
    #[inline]
    fn set_pivot(&self, work: &mut Workspace, feature: usize, i: usize) {
        if work.pivots[feature] != i as u32 {
            clear_pivot(work, feature);
            let text = work.texts[feature][i];
            work.masks[feature].set(&text);
            work.pivot_texts[feature] = text;
            work.pivots[feature] = i as u32;
        }
    }

    fn difference(&self, feature: usize, a: u32, b: u32, percent: bool) -> f64 {
        let Payload::Number(numbers) = &self.payloads[feature] else { return f64::INFINITY };
        let (x, y) = (numbers[a as usize], numbers[b as usize]);
        let difference = (x - y).abs();
        if percent {
            difference * 100.0 / x.abs().max(y.abs()).max(f64::MIN_POSITIVE)
        } else {
            difference
        }
    }

    fn geographic(
        &self,
        feature: usize,
        work: &Workspace,
        i: usize,
        j: usize,
        bounds: &[f64],
    ) -> Level {
        let value = |feature: usize, at: usize| match &self.payloads[feature] {
            Payload::Number(numbers) => match work.codes[at * self.width + feature] {
                0 => None,
                code => Some(numbers[code as usize].to_radians()),
            },
            _ => None,
        };
        let (Some(lat1), Some(lat2)) = (value(feature, i), value(feature, j)) else { return -1 };
        let (Some(lon1), Some(lon2)) = (value(feature + 1, i), value(feature + 1, j)) else {
            return -1;
        };
        // Haversine on a sphere of 6371 km.
        let half = ((lat2 - lat1) / 2.0).sin().powi(2)
            + lat1.cos() * lat2.cos() * ((lon2 - lon1) / 2.0).sin().powi(2);
        let km = 2.0 * 6371.0 * half.sqrt().min(1.0).asin();
        bounds.iter().position(|bound| km <= *bound).map_or(0, |at| (bounds.len() - at) as Level)
    }

    fn common(&self, feature: usize, a: u32, b: u32) -> u32 {
        let Payload::Array(items) = &self.payloads[feature] else { return 0 };
        let (x, y) = (&items[a as usize], &items[b as usize]);
        x.iter().filter(|item| y.binary_search(item).is_ok()).count() as u32
    }

    fn ladder(&self, levels: &[Vec<Vec<Test>>], work: &mut Workspace, i: usize, j: usize) -> Level {
        for (at, clauses) in levels.iter().enumerate() {
            if clauses.iter().any(|tests| tests.iter().all(|test| self.holds(test, work, i, j))) {
                return (levels.len() - at) as Level;
            }
        }
        let known = |test: &Test| {
            work.codes[i * self.width + test.feature] != 0
                && work.codes[j * self.width + test.feature] != 0
        };
        if levels.iter().flatten().flatten().any(known) { 0 } else { -1 }
    }

    fn holds(&self, test: &Test, work: &mut Workspace, i: usize, j: usize) -> bool {
        let feature = test.feature;
        let (a, b) = (work.codes[i * self.width + feature], work.codes[j * self.width + feature]);
        if a == 0 || b == 0 {
            return test.measure == Measure::Missing;
        }
        match test.measure {
            Measure::Missing => false,
            Measure::Exact => a == b,
            _ if a == b => true,
            Measure::JaroWinkler => {
                self.jaro_winkler(feature, work, i, j, test.bound) >= test.bound
            }
            Measure::Levenshtein | Measure::Damerau => {
                let slips = if test.measure == Measure::Damerau {
                    Slips::Damerau
                } else {
                    Slips::Levenshtein
                };
                self.edits(feature, work, i, j, test.bound as u32, slips) <= test.bound as u32
            }
            Measure::Date => {
                nearness(work.dates[feature][i], work.dates[feature][j]) as u32 <= test.bound as u32
            }
            Measure::Name => {
                let Payload::Name(_, words) = &self.payloads[feature] else { return false };
                let (x, y) = (&work.names[feature][i], &work.names[feature][j]);
                f64::from(name::level(x, y, words)) >= test.bound
            }
            Measure::Difference => self.difference(feature, a, b, false) <= test.bound,
        }
    }
}

fn clear_pivot(work: &mut Workspace, feature: usize) {
    if work.pivots[feature] != NO_PIVOT {
        let text = work.pivot_texts[feature];
        work.masks[feature].clear(&text);
        work.pivots[feature] = NO_PIVOT;
    }
}
