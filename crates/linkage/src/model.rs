//! The model: how often each level occurs among matches (m), strangers (u) and relatives (r), and
//! how many of each there are. From it the weight of any pattern of levels.
//!
//! More classes of pairs than two: pairs of one household, twins, people of one birthday or place
//! agree on several fields without being one person. Without classes of their own they look like
//! matches, because a product of u takes the fields for independent.
//!
//! `weight = log2( λm Πm  /  (λs Πu + Σ λr Πr) )`, the posterior odds; probability `1/(1+2^-weight)`.

use crate::compare::{Pattern, level_of};
use crate::error::LinkError;
use crate::spec::Compare;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One comparison of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelComparison {
    /// Name, as in the settings.
    pub name: String,
    /// Members of a household share it.
    pub household: bool,
    /// Levels from 0 upward.
    pub levels: Vec<ModelLevel>,
}

/// One level of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelLevel {
    /// What it means.
    pub label: String,
    /// Share of matching pairs (both values known) at this level.
    pub m: f64,
    /// Share of pairs of strangers at this level.
    pub u: f64,
    /// Share of the pairs of each related class (in the order of [`Model::related`]) at this level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<f64>,
    /// Frequency for which u holds; rarer values weigh more. Absent: no term-frequency weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_frequency: Option<f64>,
}

/// A class of pairs that agree on much without being one person: a household, twins, people of one
/// birthday whose numbers hold it too, neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelatedClass {
    /// What they share.
    pub name: String,
    /// Probability that two records drawn at random are of this class.
    pub prior: f64,
    /// For each comparison: rare values weigh more in this class too (they agree by chance, not
    /// because of what the class shares).
    pub by_chance: Vec<bool>,
}

/// A trained model, as written to `model.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Version of this shape.
    pub version: u32,
    /// Probability that two records drawn at random match.
    pub prior: f64,
    /// The related classes.
    #[serde(default)]
    pub related: Vec<RelatedClass>,
    /// The comparisons, in the order of the settings.
    pub comparisons: Vec<ModelComparison>,
}

/// Most related classes of a model.
pub const RELATED_MAX: usize = 22;
/// Matches, strangers, related classes.
const CLASSES_MAX: usize = RELATED_MAX + 2;

/// Logarithms of the model, for use in the pair loop.
#[derive(Debug, Clone)]
pub struct Scorer {
    /// Matches, strangers, related classes.
    classes: usize,
    base: [f64; CLASSES_MAX],
    /// Per comparison and level + 1: log2 of the shares of each class (0 for missing).
    logs: Vec<Vec<[f64; CLASSES_MAX]>>,
    /// Per comparison and level + 1: log2 of the reference frequency, or NaN.
    reference: Vec<[f64; 16]>,
    /// Per comparison and class: term frequencies count.
    by_chance: Vec<[bool; CLASSES_MAX]>,
}

/// Parts of a pattern's weight before term frequencies: log2 of the masses of the classes.
#[derive(Debug, Clone, Copy)]
pub struct Mass {
    classes: usize,
    logs: [f64; CLASSES_MAX],
}

impl Mass {
    /// log2 of the mass of the matches.
    #[must_use]
    pub const fn matched(&self) -> f64 {
        self.logs[0]
    }

    /// log2 of the mass of everything else.
    #[must_use]
    pub fn others(&self) -> f64 {
        let logs = &self.logs[1..self.classes];
        let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().filter(|l| **l > high - 40.0).map(|l| (l - high).exp2()).sum();
        high + sum.log2()
    }

    /// The weight: log2 of the posterior odds.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.matched() - self.others()
    }

    /// The class other than matches with the greatest mass: 0 strangers, 1 the first related class.
    #[must_use]
    pub fn likeliest_other(&self) -> usize {
        let mut best = 1;
        for at in 2..self.classes {
            if self.logs[at] > self.logs[best] {
                best = at;
            }
        }
        best - 1
    }
}

/// The probability of a weight.
#[must_use]
pub fn probability(weight: f64) -> f64 {
    1.0 / (1.0 + (-weight).exp2())
}

impl Model {
    /// Reads `model.json`.
    ///
    /// # Errors
    /// A file that cannot be read or is not a model.
    pub fn read(path: &Path) -> Result<Self, LinkError> {
        let text =
            std::fs::read_to_string(path).map_err(|e| LinkError::input(path.display(), e))?;
        serde_json::from_str(&text)
            .map_err(|e| LinkError::input(path.display(), format!("it is not a model file: {e}")))
    }

    /// Whether this is a model of such comparisons.
    ///
    /// # Errors
    /// [`LinkError::Data`] when names, levels or order differ.
    pub fn check(&self, compares: &[Compare]) -> Result<(), LinkError> {
        let same = |(m, c): (&ModelComparison, &Compare)| {
            m.name == c.name && m.levels.len() == c.labels.len()
        };
        let count = self.comparisons.len() == compares.len();
        if count && self.comparisons.iter().zip(compares).all(same) {
            return Ok(());
        }
        Err(LinkError::Data(
            "the model's comparisons are not those of the settings (same names, same levels, same order); train again"
                .to_owned(),
        ))
    }

    /// The text of `model.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Tables for the pair loop.
    #[must_use]
    pub fn scorer(&self) -> Scorer {
        let log = |p: f64| p.max(1e-12).log2();
        let related = self.related.len().min(RELATED_MAX);
        let mut scorer = Scorer {
            classes: related + 2,
            base: [0.0; CLASSES_MAX],
            logs: Vec::new(),
            reference: Vec::new(),
            by_chance: Vec::new(),
        };
        for (c, comparison) in self.comparisons.iter().enumerate() {
            let mut table = vec![[0.0; CLASSES_MAX]; comparison.levels.len() + 1];
            let mut references = [f64::NAN; 16];
            for (level, l) in comparison.levels.iter().enumerate() {
                let row = &mut table[level + 1];
                (row[0], row[1]) = (log(l.m), log(l.u));
                for (k, share) in l.related.iter().take(related).enumerate() {
                    row[k + 2] = log(*share);
                }
                references[level + 1] =
                    l.reference_frequency.map_or(f64::NAN, |f| f.max(1e-12).log2());
            }
            let mut by_chance = [true; CLASSES_MAX];
            for (k, class) in self.related.iter().take(related).enumerate() {
                by_chance[k + 2] = class.by_chance.get(c).copied().unwrap_or(true);
            }
            scorer.logs.push(table);
            scorer.reference.push(references);
            scorer.by_chance.push(by_chance);
        }
        let kin: f64 = self.related.iter().map(|r| r.prior).sum();
        scorer.base[0] = self.prior.max(1e-18).log2();
        scorer.base[1] = (1.0 - self.prior - kin).max(1e-6).log2();
        for (k, class) in self.related.iter().take(related).enumerate() {
            scorer.base[k + 2] = class.prior.max(1e-18).log2();
        }
        scorer
    }
}

impl Scorer {
    /// Number of comparisons.
    #[must_use]
    pub fn len(&self) -> usize {
        self.logs.len()
    }

    /// True without comparisons.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.logs.is_empty()
    }

    /// The masses of a pattern, before term frequencies.
    #[must_use]
    pub fn mass(&self, pattern: Pattern) -> Mass {
        let mut mass = Mass { classes: self.classes, logs: self.base };
        for (at, table) in self.logs.iter().enumerate() {
            let row = &table[(pattern >> (4 * at) & 15) as usize];
            for (sum, log) in mass.logs[..self.classes].iter_mut().zip(row) {
                *sum += log;
            }
        }
        mass
    }

    /// True when the level of a comparison in this pattern has a term-frequency weight.
    #[must_use]
    pub fn has_reference(&self, comparison: usize, pattern: Pattern) -> bool {
        !self.reference[comparison][(level_of(pattern, comparison) + 1) as usize].is_nan()
    }

    /// Adds the evidence of a value's frequency: strangers agree on it as often as it is common.
    pub fn adjust(&self, mass: &mut Mass, comparison: usize, pattern: Pattern, frequency: f64) {
        let reference = self.reference[comparison][(level_of(pattern, comparison) + 1) as usize];
        let change = frequency.max(1e-12).log2() - reference;
        for class in 1..self.classes {
            if self.by_chance[comparison][class] {
                mass.logs[class] += change;
            }
        }
    }

    /// The plain two-class weight of one level, strangers against matches.
    #[must_use]
    pub fn plain_weight(&self, comparison: usize, level: i8) -> f64 {
        let logs = &self.logs[comparison][(level + 1) as usize];
        logs[0] - logs[1]
    }

    /// log2 of the reference frequency of a level (NaN when it has none).
    #[must_use]
    pub fn reference_of(&self, comparison: usize, level: i8) -> f64 {
        self.reference[comparison][(level + 1) as usize]
    }

    /// The prior odds of a match against strangers, log2.
    #[must_use]
    pub fn base_weight(&self) -> f64 {
        self.base[0] - self.base[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relatives_take_weight_from_matches() {
        let mut logs = [0.0; CLASSES_MAX];
        (logs[1], logs[2]) = (-10.0, -1_000.0);
        let alone = Mass { classes: 3, logs };
        logs[2] = -10.0;
        let family = Mass { classes: 3, logs };
        assert!((alone.weight() - 10.0).abs() < 1e-9);
        assert!((family.weight() - 9.0).abs() < 1e-9);
        assert!((probability(0.0) - 0.5).abs() < 1e-12);
    }
}
