//! The model: how often each level occurs among matches (m), strangers (u) and relatives (r), and
//! how many of each there are. From it the weight of any pattern of levels.
//!
//! Three classes of pairs instead of two: pairs of one household (or of one place) agree on many
//! fields without being one person. Without a class of their own they look like matches.
//!
//! `weight = log2( λm Πm  /  (λs Πu + λr Πr) )`, the posterior odds; probability `1/(1+2^-weight)`.

use crate::compare::{Pattern, level_of};
use crate::error::LinkError;
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
    /// Share of pairs of relatives at this level.
    pub related: f64,
    /// Frequency for which u holds; rarer values weigh more. Absent: no term-frequency weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_frequency: Option<f64>,
}

/// A trained model, as written to `model.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Version of this shape.
    pub version: u32,
    /// Probability that two records drawn at random match.
    pub prior: f64,
    /// Probability that two records drawn at random are relatives.
    pub related_prior: f64,
    /// The comparisons, in the order of the settings.
    pub comparisons: Vec<ModelComparison>,
}

/// Logarithms of the model, for use in the pair loop.
#[derive(Debug, Clone)]
pub struct Scorer {
    base: [f64; 3],
    /// Per comparison and level + 1: log2 of m, u, r (0 for missing).
    logs: Vec<[[f64; 3]; 16]>,
    /// Per comparison and level + 1: log2 of the reference frequency, or NaN.
    reference: Vec<[f64; 16]>,
    household: Vec<bool>,
}

/// Parts of a pattern's weight before term frequencies: log2 of the three class masses.
#[derive(Debug, Clone, Copy)]
pub struct Mass {
    /// Matches.
    pub matched: f64,
    /// Strangers.
    pub stranger: f64,
    /// Relatives.
    pub related: f64,
}

impl Mass {
    /// The weight: log2 of the posterior odds.
    #[must_use]
    pub fn weight(&self) -> f64 {
        let (high, low) = if self.stranger >= self.related {
            (self.stranger, self.related)
        } else {
            (self.related, self.stranger)
        };
        let gap = high - low;
        let other =
            if gap > 50.0 { high } else { high + (-gap).exp2().ln_1p() * std::f64::consts::LOG2_E };
        self.matched - other
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

    /// The text of `model.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Tables for the pair loop.
    #[must_use]
    pub fn scorer(&self) -> Scorer {
        let log = |p: f64| p.max(1e-12).log2();
        let mut logs = Vec::new();
        let mut reference = Vec::new();
        for comparison in &self.comparisons {
            let mut table = [[0.0; 3]; 16];
            let mut references = [f64::NAN; 16];
            for (level, l) in comparison.levels.iter().enumerate() {
                table[level + 1] = [log(l.m), log(l.u), log(l.related)];
                references[level + 1] =
                    l.reference_frequency.map_or(f64::NAN, |f| f.max(1e-12).log2());
            }
            logs.push(table);
            reference.push(references);
        }
        let strangers = (1.0 - self.prior - self.related_prior).max(1e-6);
        let base =
            [self.prior.max(1e-18).log2(), strangers.log2(), self.related_prior.max(1e-18).log2()];
        Scorer {
            base,
            logs,
            reference,
            household: self.comparisons.iter().map(|c| c.household).collect(),
        }
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
        let mut mass =
            Mass { matched: self.base[0], stranger: self.base[1], related: self.base[2] };
        for (at, table) in self.logs.iter().enumerate() {
            let logs = &table[(pattern >> (4 * at) & 15) as usize];
            mass.matched += logs[0];
            mass.stranger += logs[1];
            mass.related += logs[2];
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
        mass.stranger += change;
        if !self.household[comparison] {
            mass.related += change;
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
        let alone = Mass { matched: 0.0, stranger: -10.0, related: -1_000.0 };
        let family = Mass { related: -10.0, ..alone };
        assert!((alone.weight() - 10.0).abs() < 1e-9);
        assert!((family.weight() - 9.0).abs() < 1e-9);
        assert!((probability(0.0) - 0.5).abs() < 1e-12);
    }
}
