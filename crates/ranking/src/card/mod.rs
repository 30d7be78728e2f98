//! The scorecard: a model compiled to whole points per (variable, answer). Scoring is a table
//! look-up and an addition per variable, bit-exact, in any order, on any number of threads.

#[cfg(feature = "files")]
mod batch;
mod columns;
mod compile;
mod score;

use crate::RankError;
use crate::outlook::Outlook;
pub use columns::{Columns, Data};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format word of a scorecard file.
pub const FORMAT: &str = "padan-scorecard/1";

/// Points per (variable, answer).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scorecard {
    /// Always [`FORMAT`].
    pub format: String,
    /// The target of the model, usually log consumption per person and month.
    pub target: String,
    /// Points per unit of the target.
    pub points_per_unit: u32,
    /// Score of the average family of the survey.
    pub base: i32,
    /// Points per region, if the model has regional deviations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionPoints>,
    /// The variables.
    pub variables: Vec<CardVariable>,
    /// Joint points of two variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<CardPair>,
    /// Standard errors and chances by score.
    pub outlook: Outlook,
    /// The nine cut-offs of the model's own survey, in points.
    pub cuts: [i32; 9],
}

/// Points per region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionPoints {
    /// Column name.
    pub column: String,
    /// Points per region; others have 0.
    pub points: BTreeMap<String, i32>,
}

/// Points of one variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardVariable {
    /// Column name.
    pub name: String,
    /// Points when there is no answer.
    pub missing: i32,
    /// Points per answer.
    pub answers: Answers,
}

/// Points per answer of one variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// Whole numbers from `low` on; lower and higher answers count as the ends.
    Whole {
        /// Smallest answer.
        low: i64,
        /// Points from `low` on.
        points: Vec<i32>,
    },
    /// Codes.
    Codes {
        /// Points per code.
        points: BTreeMap<String, i32>,
        /// Points of codes that are not in the list.
        other: i32,
    },
    /// Fractional numbers: `points[i]` below `edges[i]`, the last from the last edge on.
    Edges {
        /// Ascending.
        edges: Vec<f64>,
        /// One more than edges.
        points: Vec<i32>,
    },
}

/// Joint points of two variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardPair {
    /// First variable.
    pub left: crate::model::Side,
    /// Second variable.
    pub right: crate::model::Side,
    /// Row by row (left).
    pub points: Vec<i32>,
}

impl CardVariable {
    /// Points of an answer (NaN: missing).
    #[must_use]
    pub fn points(&self, answer: f64) -> i32 {
        if answer.is_nan() {
            return self.missing;
        }
        match &self.answers {
            Answers::Whole { low, points } => {
                let index = (answer.round() as i64 - low).clamp(0, points.len() as i64 - 1);
                points[index as usize]
            }
            Answers::Codes { points, other } => {
                *points.get(&crate::frame::number_text(answer)).unwrap_or(other)
            }
            Answers::Edges { edges, points } => points[edges.partition_point(|&e| e <= answer)],
        }
    }
}

impl Scorecard {
    /// Reads a scorecard from its JSON text.
    ///
    /// # Errors
    /// [`RankError::Model`] when it is not a scorecard of this format.
    pub fn from_json(text: &str) -> Result<Self, RankError> {
        let card: Self = serde_json::from_str(text).map_err(|e| RankError::Model(e.to_string()))?;
        if card.format != FORMAT {
            let reason = format!("format `{}`, this program reads `{FORMAT}`", card.format);
            return Err(RankError::Model(reason));
        }
        Ok(card)
    }

    /// The scorecard as JSON text.
    ///
    /// # Errors
    /// [`RankError::Model`] when a number in it is not finite.
    pub fn to_json(&self) -> Result<String, RankError> {
        crate::json::pretty(self)
    }

    /// A score in points as the target's unit.
    #[must_use]
    pub fn unit(&self, points: i32) -> f64 {
        f64::from(points) / f64::from(self.points_per_unit)
    }

    /// Standard error of the target for a score in points.
    #[must_use]
    pub fn se(&self, points: i32) -> f64 {
        self.outlook.se_at(self.unit(points))
    }

    /// Chance that the true decile is `k` or lower for a score in points.
    #[must_use]
    pub fn chance(&self, points: i32, k: u8) -> f64 {
        self.outlook.chance_at(self.unit(points), k)
    }

    /// Names of the parts of a score in the order of [`Scorecard::contributions`]: `region` (if
    /// any), the variables, the pairs as `a × b`.
    #[must_use]
    pub fn part_names(&self) -> Vec<String> {
        let region = self.region.iter().map(|_| "region".to_owned());
        let pairs = self.pairs.iter().map(|p| format!("{} × {}", p.left.name, p.right.name));
        region.chain(self.variables.iter().map(|v| v.name.clone())).chain(pairs).collect()
    }
}
