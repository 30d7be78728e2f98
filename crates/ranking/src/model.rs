//! `Model`: a fitted proxy means test as a reviewable file. Every method ends in this one form: a
//! base, one function per variable, a few tables of pairs, and a deviation per region. The score
//! is their sum in whole points, so an explanation is exact and the order of adding does not matter.

use crate::RankError;
use crate::frame::{Column, Frame, NO_TEXT};
use crate::outlook::Outlook;
use kernel::suggest::hint;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format word of a model file.
pub const FORMAT: &str = "padan-model/1";

/// Points per unit of the target: one point is 1/10,000 of log consumption, about 0.01 %.
pub const SCALE: f64 = 1e4;

/// Rounds a contribution to points.
#[must_use]
pub fn points(value: f64) -> i32 {
    (value * SCALE).round().clamp(-1e9, 1e9) as i32
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Always [`FORMAT`].
    pub format: String,
    /// The method that made it, with what it averaged.
    pub method: String,
    /// The target column (usually ln consumption per person and month).
    pub target: String,
    /// What was seen while fitting: rows, choices, warnings.
    pub report: FitReport,
    /// Score of the average household.
    pub base: f64,
    /// Additive functions, in the order of the data.
    pub variables: Vec<Variable>,
    /// Joint effects of two variables, over and above their own; empty for purely additive models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Pair>,
    /// Regional deviations, if the model has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionPart>,
    /// The nine cut-offs of the reference sample: below `cuts[k-1]` means decile k or lower.
    pub cuts: [f64; 9],
    /// Standard errors and chances, learnt on households the model had not seen.
    pub outlook: Outlook,
    /// Refits on resampled clusters: deviations from this model, for "8 of 10 draws".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draws: Vec<Draw>,
}

/// What was seen while fitting.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// Households used.
    pub rows: usize,
    /// Households left out because the target or weight was missing or not positive.
    pub rows_left_out: usize,
    /// Clusters kept together in the inner folds (households when none were named).
    pub clusters: usize,
    /// R² on held-out households (inner folds).
    pub r2_held_out: f64,
    /// Plain settings chosen by inner cross-validation, by name.
    pub chosen: BTreeMap<String, f64>,
    /// What a reviewer should know: constant, collinear, incomplete or text columns.
    pub notes: Vec<String>,
}

/// One variable of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// Column name.
    pub name: String,
    /// Contribution when the answer is missing.
    pub missing: f64,
    /// Share of the survey without an answer.
    pub missing_share: f64,
    /// +1: never falls as the value rises; -1: never rises; 0: free.
    #[serde(default)]
    pub monotone: i8,
    /// How a value becomes a contribution.
    #[serde(flatten)]
    pub kind: Kind,
}

/// How a value becomes a contribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A number (or a yes/no coded as one), held within the range seen.
    Number {
        /// Smallest value seen; lower answers count as this.
        low: f64,
        /// Largest value seen; higher answers count as this.
        high: f64,
        /// True when only whole numbers were seen.
        whole: bool,
        /// Taken off the sum of the pieces, so that the survey's average contribution is 0.
        centre: f64,
        /// Smooth pieces.
        lines: Vec<Line>,
        /// A step function: `values[i]` below `edges[i]`, the last value from the last edge on.
        #[serde(default, skip_serializing_if = "Steps::is_empty")]
        steps: Steps,
        /// Values at which bulk scoring of fractional answers is exact.
        grid: Vec<f64>,
    },
    /// A code list.
    Codes {
        /// The codes with their contributions.
        codes: Vec<Code>,
        /// Contribution of codes the survey did not have (or hardly had).
        other: f64,
    },
}

/// One code of a code list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// The code or text.
    pub code: String,
    /// Share of the survey.
    pub share: f64,
    /// Contribution.
    pub points: f64,
}

/// A smooth piece of a number's function: `slope × shape(x)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The shape.
    pub shape: Shape,
    /// Its coefficient.
    pub slope: f64,
}

/// The shapes of smooth pieces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// x
    Linear,
    /// ln(1 + x)
    Log,
    /// max(0, x - knot)
    Above(f64),
    /// 1 when x equals the value
    Is(f64),
}

impl Shape {
    /// The shape's value at `x`.
    #[must_use]
    pub fn at(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Log => (1.0 + x.max(0.0)).ln(),
            Self::Above(knot) => (x - knot).max(0.0),
            Self::Is(value) => f64::from(u8::from(x == value)),
        }
    }
}

/// A step function.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// Ascending.
    pub edges: Vec<f64>,
    /// One more than edges; empty when there is no step function.
    pub values: Vec<f64>,
}

impl Steps {
    /// True when there is no step function.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value at `x`; 0 when empty.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.values.get(self.bin(x)).copied().unwrap_or(0.0)
    }

    /// Which step `x` falls on.
    #[must_use]
    pub fn bin(&self, x: f64) -> usize {
        self.edges.partition_point(|&edge| edge <= x)
    }
}

/// One side of a pair: which bin a value falls in. Bin 0 is a missing answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Column name.
    pub name: String,
    /// For numbers: bin 1 below the first edge, and so on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<f64>,
    /// For code lists: bin i+1 is `codes[i]`; others are bin `codes.len() + 1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

impl Side {
    /// Number of bins.
    #[must_use]
    pub const fn bins(&self) -> usize {
        self.edges.len() + self.codes.len() + 2
    }

    /// Bin of a number (NaN: 0).
    #[must_use]
    pub fn bin_of_number(&self, x: f64) -> usize {
        if x.is_nan() { 0 } else { 1 + self.edges.partition_point(|&e| e <= x) }
    }

    /// Bin of a text.
    #[must_use]
    pub fn bin_of_text(&self, text: Option<&str>) -> usize {
        text.map_or(0, |t| 1 + self.codes.iter().position(|c| c == t).unwrap_or(self.codes.len()))
    }
}

/// A table of joint effects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// First variable.
    pub left: Side,
    /// Second variable.
    pub right: Side,
    /// Row by row (left), `left.bins() × right.bins()` contributions.
    pub values: Vec<f64>,
}

/// Regional deviations from the common model, pulled towards 0 by their uncertainty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionPart {
    /// Column name.
    pub column: String,
    /// Deviation per region; a region that is not here has 0.
    pub deviations: BTreeMap<String, f64>,
    /// Standard deviation between regions, as estimated.
    pub sd_between: f64,
}

/// One refit on resampled clusters: what it adds to each part of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Added to the base.
    pub base: f64,
    /// Added smooth pieces per variable (same order as the model's variables).
    pub variables: Vec<DrawPiece>,
    /// Added to the regional deviations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub region: BTreeMap<String, f64>,
}

/// What a draw adds to one variable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DrawPiece {
    /// Added when missing.
    #[serde(default)]
    pub missing: f64,
    /// Taken off, as in [`Kind::Number`].
    #[serde(default)]
    pub centre: f64,
    /// Smooth pieces of a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Contributions of codes, in the order of the code list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<f64>,
    /// Contribution of other codes.
    #[serde(default)]
    pub other: f64,
}

impl Variable {
    /// Contribution of a number (NaN: missing).
    #[must_use]
    pub fn of_number(&self, x: f64) -> f64 {
        if x.is_nan() {
            return self.missing;
        }
        match &self.kind {
            Kind::Number { low, high, centre, lines, steps, .. } => {
                let x = x.clamp(*low, *high);
                lines.iter().map(|l| l.slope * l.shape.at(x)).sum::<f64>() + steps.at(x) - centre
            }
            Kind::Codes { .. } => self.of_text(&crate::frame::number_text(x)),
        }
    }

    /// Contribution of a code or text.
    #[must_use]
    pub fn of_text(&self, text: &str) -> f64 {
        match &self.kind {
            Kind::Codes { codes, other } => {
                codes.iter().find(|c| c.code == text).map_or(*other, |c| c.points)
            }
            Kind::Number { .. } => text.parse().map_or(self.missing, |x| self.of_number(x)),
        }
    }

    /// Points for every row of a column.
    fn column_points(&self, column: &Column) -> Vec<i32> {
        match column {
            Column::Number(values) => {
                if let Kind::Codes { codes, other } = &self.kind {
                    let table: FxHashMap<u64, i32> = codes
                        .iter()
                        .filter_map(|c| {
                            Some((c.code.parse::<f64>().ok()?.to_bits(), points(c.points)))
                        })
                        .collect();
                    let (other, missing) = (points(*other), points(self.missing));
                    let of = |x: &f64| {
                        if x.is_nan() {
                            missing
                        } else {
                            *table.get(&(x + 0.0).to_bits()).unwrap_or(&other)
                        }
                    };
                    return values.iter().map(of).collect();
                }
                values.iter().map(|&x| points(self.of_number(x))).collect()
            }
            Column::Text { codes, levels } => {
                let table: Vec<i32> = levels.iter().map(|l| points(self.of_text(l))).collect();
                let missing = points(self.missing);
                let of = |&c: &u32| if c == NO_TEXT { missing } else { table[c as usize] };
                codes.iter().map(of).collect()
            }
        }
    }
}

impl Model {
    /// Reads a model from its JSON text.
    ///
    /// # Errors
    /// [`RankError::Model`] when it is not a model of this format.
    pub fn from_json(text: &str) -> Result<Self, RankError> {
        let model: Self =
            serde_json::from_str(text).map_err(|e| RankError::Model(format!("{e}")))?;
        if model.format != FORMAT {
            let reason = format!("format `{}`, this program reads `{FORMAT}`", model.format);
            return Err(RankError::Model(reason));
        }
        Ok(model)
    }

    /// The model as JSON text, one item per line, ending in a line feed.
    ///
    /// # Errors
    /// [`RankError::Model`] when a number in it is not finite.
    pub fn to_json(&self) -> Result<String, RankError> {
        crate::json::pretty(self)
    }

    /// The model with every number cut to twelve digits, so that its file says exactly what it
    /// computes: writing and reading give the same model, bit for bit.
    ///
    /// # Errors
    /// [`RankError::Model`] when a number in it is not finite.
    pub(crate) fn shortened(&self) -> Result<Self, RankError> {
        let bad = |e: serde_json::Error| RankError::Model(format!("cannot be written: {e}"));
        let mut value = serde_json::to_value(self).map_err(bad)?;
        shorten(&mut value);
        serde_json::from_value(value).map_err(bad)
    }

    /// Points per part (base and region first) for every row: `parts[p][row]`. Their sum is the
    /// score. The names stand in [`Model::part_names`].
    ///
    /// # Errors
    /// [`RankError::Column`] when the data lack a variable of the model.
    pub fn parts(&self, frame: &Frame) -> Result<Vec<Vec<i32>>, RankError> {
        let mut parts = vec![self.region_points(frame)?];
        for variable in &self.variables {
            parts.push(variable.column_points(self.column(frame, &variable.name)?));
        }
        for pair in &self.pairs {
            let left = bins(&pair.left, self.column(frame, &pair.left.name)?);
            let right = bins(&pair.right, self.column(frame, &pair.right.name)?);
            let table: Vec<i32> = pair.values.iter().map(|&v| points(v)).collect();
            let width = pair.right.bins();
            parts.push(left.iter().zip(right).map(|(&l, r)| table[l * width + r]).collect());
        }
        Ok(parts)
    }

    /// Names of the parts: `region`, the variables, the pairs as `a × b`.
    #[must_use]
    pub fn part_names(&self) -> Vec<String> {
        std::iter::once("region".to_owned())
            .chain(self.variables.iter().map(|v| v.name.clone()))
            .chain(self.pairs.iter().map(|p| format!("{} × {}", p.left.name, p.right.name)))
            .collect()
    }

    /// Scores in points (1/10,000 of the target's unit) for every row.
    ///
    /// # Errors
    /// [`RankError::Column`] when the data lack a variable of the model.
    pub fn score(&self, frame: &Frame) -> Result<Vec<i32>, RankError> {
        let mut total = vec![0i32; frame.rows()];
        for part in self.parts(frame)? {
            for (sum, value) in total.iter_mut().zip(part) {
                *sum = sum.wrapping_add(value);
            }
        }
        Ok(total)
    }

    /// Base plus regional deviation per row.
    fn region_points(&self, frame: &Frame) -> Result<Vec<i32>, RankError> {
        let base = points(self.base);
        let Some(region) = &self.region else { return Ok(vec![base; frame.rows()]) };
        let keys = self.column(frame, &region.column)?;
        let of = |key: Option<String>| {
            key.and_then(|k| region.deviations.get(&k)).map_or(base, |&d| base + points(d))
        };
        match keys {
            Column::Text { codes, levels } => {
                let table: Vec<i32> = levels.iter().map(|l| of(Some(l.clone()))).collect();
                Ok(codes.iter().map(|&c| table.get(c as usize).copied().unwrap_or(base)).collect())
            }
            Column::Number(_) => Ok((0..frame.rows()).map(|row| of(keys.text(row))).collect()),
        }
    }

    /// The column of a variable, with a suggestion when it is missing.
    fn column<'a>(&self, frame: &'a Frame, name: &str) -> Result<&'a Column, RankError> {
        frame.find(name).ok_or_else(|| RankError::Column {
            name: name.to_owned(),
            reason: format!(
                "the model needs it, the data do not have it{}",
                hint(name, frame.names().iter().map(String::as_str))
            ),
        })
    }
}

/// Cuts the fractional numbers in a JSON value to twelve digits; below 1e-9 they are 0.
fn shorten(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Number(number) if number.is_f64() => {
            let long = number.as_f64().unwrap_or(0.0);
            let text = format!("{long:.11e}");
            let short = if long.abs() < 1e-9 { 0.0 } else { text.parse().unwrap_or(long) };
            *value = serde_json::json!(short);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(shorten),
        serde_json::Value::Object(items) => items.values_mut().for_each(shorten),
        _ => {}
    }
}

/// Bin of every row on one side of a pair.
fn bins(side: &Side, column: &Column) -> Vec<usize> {
    match column {
        Column::Number(values) if side.codes.is_empty() => {
            values.iter().map(|&x| side.bin_of_number(x)).collect()
        }
        Column::Number(_) => {
            (0..column.len()).map(|row| side.bin_of_text(column.text(row).as_deref())).collect()
        }
        Column::Text { codes, levels } => {
            let table: Vec<usize> = levels
                .iter()
                .map(|l| {
                    if side.codes.is_empty() {
                        side.bin_of_number(l.parse().unwrap_or(f64::NAN))
                    } else {
                        side.bin_of_text(Some(l))
                    }
                })
                .collect();
            codes.iter().map(|&c| table.get(c as usize).copied().unwrap_or(0)).collect()
        }
    }
}
