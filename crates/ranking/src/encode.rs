//! From raw columns to the columns of a regression: code lists become indicators, numbers get
//! smooth pieces, missing answers a mean and an indicator. What was done is noted for the reviewer.

use crate::frame::{Column, Frame, NO_TEXT, number_text};
use crate::model::Shape;
use crate::{RankError, frame};

/// Levels of a text column seen less often than this count are pooled as "other": 15, fewer in a
/// small survey.
fn min_level(rows: usize) -> usize {
    (rows / 50).clamp(5, 15)
}

/// A code list longer than this is refused: it is an id or free text, not an answer.
const MAX_LEVELS: usize = 400;
/// Whole numbers with at most this many values get an indicator per value in rich designs.
const FEW: usize = 14;
/// Missing answers rarer than this get no indicator of their own.
const MIN_MISSING: usize = 5;

/// How rich the design is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Richness {
    /// Numbers enter as they are.
    Plain,
    /// Numbers also enter by logarithm, hinges and indicators, for penalised methods.
    Rich,
}

/// A column of the regression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Atom {
    /// A shape of a number.
    Shape(Shape),
    /// Level `index` of a code list.
    Level(usize),
    /// The answer is missing.
    Missing,
}

/// What is known about a feature after looking at the survey.
#[derive(Debug, Clone)]
pub(crate) struct Feature {
    pub name: String,
    pub missing_share: f64,
    pub kind: FeatureKind,
    /// Atoms; the flag says whether the atom is an addition of the rich design.
    pub atoms: Vec<(Atom, bool)>,
}

#[derive(Debug, Clone)]
pub(crate) enum FeatureKind {
    Number {
        low: f64,
        high: f64,
        whole: bool,
        mean: f64,
        grid: Vec<f64>,
    },
    /// Codes kept, with their shares; others are pooled.
    Codes {
        codes: Vec<(String, f64)>,
    },
}

/// Values of one feature in the form the atoms read.
pub(crate) enum Values {
    /// NaN is missing; clamped later.
    Number(Vec<f64>),
    /// Index into the kept codes; `usize::MAX - 1` other, `usize::MAX` missing.
    Level(Vec<usize>),
}

/// Level of a pooled or unseen code.
pub(crate) const OTHER: usize = usize::MAX - 1;
/// Level of a missing code.
pub(crate) const ABSENT: usize = usize::MAX;

/// Looks at the features and decides their atoms; notes go to `notes`.
///
/// # Errors
/// When a column is absent, or a text column has too many levels.
pub(crate) fn learn(
    frame: &Frame,
    names: &[String],
    categorical: &[String],
    weights: &[f64],
    rich: Richness,
    notes: &mut Vec<String>,
) -> Result<Vec<Feature>, RankError> {
    let mut features = Vec::new();
    for name in names {
        let column = frame.get(name)?;
        let force = categorical.contains(name);
        let feature = match column {
            Column::Number(values) if !force => learn_number(name, values, weights, rich, notes),
            Column::Number(_) => {
                let texts: Vec<String> =
                    (0..frame.rows()).map(|r| column.text(r).unwrap_or_default()).collect();
                let column = Column::from_texts(texts.iter().map(String::as_str));
                learn_codes(name, &column, weights, notes)?
            }
            Column::Text { .. } => learn_codes(name, column, weights, notes)?,
        };
        features.extend(feature);
    }
    if features.is_empty() {
        return Err(RankError::Data("no feature varies: nothing to learn from".into()));
    }
    Ok(features)
}

fn learn_number(
    name: &str,
    values: &[f64],
    weights: &[f64],
    rich: Richness,
    notes: &mut Vec<String>,
) -> Option<Feature> {
    let mut seen: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    seen.sort_unstable_by(f64::total_cmp);
    let missing = values.len() - seen.len();
    let (Some(&low), Some(&high)) = (seen.first(), seen.last()) else {
        notes.push(format!("`{name}` is empty: left out"));
        return None;
    };
    let missing_share = missing as f64 / values.len() as f64;
    if missing > 0 {
        notes.push(format!("`{name}`: {missing} missing answers get the mean and an indicator"));
    }
    if low == high && missing < MIN_MISSING {
        notes.push(format!("`{name}` is constant: left out"));
        return None;
    }
    let mut distinct = seen.clone();
    distinct.dedup();
    let mut atoms = vec![(Atom::Shape(Shape::Linear), false)];
    if rich == Richness::Rich && distinct.len() > 2 {
        atoms.extend(rich_shapes(&seen, &distinct).into_iter().map(|s| (Atom::Shape(s), true)));
    }
    if missing >= MIN_MISSING {
        atoms.push((Atom::Missing, false));
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for (v, w) in values.iter().zip(weights).filter(|(v, _)| !v.is_nan()) {
        sum += v * w;
        total += w;
    }
    let kind = FeatureKind::Number {
        low,
        high,
        whole: distinct.iter().all(|v| v.fract() == 0.0),
        mean: sum / total,
        grid: quantiles(&seen, &distinct, 512),
    };
    Some(Feature { name: name.to_owned(), missing_share, kind, atoms })
}

/// Logarithm, hinges and indicators of a number with more than two values.
fn rich_shapes(seen: &[f64], distinct: &[f64]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    if distinct[0] >= 0.0 && distinct[distinct.len() - 1] > 2.0 {
        shapes.push(Shape::Log);
    }
    let few = distinct.len() <= FEW;
    if few {
        let count = |v: f64| seen.iter().filter(|&&x| x == v).count();
        shapes.extend(
            distinct.iter().filter(|&&v| count(v) >= min_level(seen.len())).map(|&v| Shape::Is(v)),
        );
    } else {
        let mut knots: Vec<f64> = [0.1, 0.25, 0.5, 0.75, 0.9, 0.97]
            .iter()
            .map(|q| seen[((seen.len() - 1) as f64 * q) as usize])
            .filter(|&k| k > distinct[0] && k < distinct[distinct.len() - 1])
            .collect();
        knots.dedup();
        shapes.extend(knots.into_iter().map(Shape::Above));
    }
    shapes
}

/// At most `most` values that represent a sorted column: all distinct values, or quantiles.
pub(crate) fn quantiles(seen: &[f64], distinct: &[f64], most: usize) -> Vec<f64> {
    if distinct.len() <= most {
        return distinct.to_vec();
    }
    let last = seen.len() - 1;
    let mut grid: Vec<f64> = (0..most).map(|i| seen[i * last / (most - 1)]).collect();
    grid.dedup();
    grid
}

fn learn_codes(
    name: &str,
    column: &Column,
    weights: &[f64],
    notes: &mut Vec<String>,
) -> Result<Option<Feature>, RankError> {
    let Column::Text { codes, levels } = column else { return Ok(None) };
    if levels.len() > MAX_LEVELS {
        return Err(RankError::Column {
            name: name.to_owned(),
            reason: format!(
                "{} different texts: an id or free text cannot be a feature; leave it out with \
                 `!{name}` in --features, or use it as --region",
                levels.len()
            ),
        });
    }
    let mut counts = vec![(0usize, 0.0f64); levels.len()];
    let (mut missing, mut total) = (0, 0.0);
    for (&code, &weight) in codes.iter().zip(weights) {
        total += weight;
        if code == NO_TEXT {
            missing += 1;
        } else {
            counts[code as usize].0 += 1;
            counts[code as usize].1 += weight;
        }
    }
    let mut kept: Vec<(String, f64)> = levels
        .iter()
        .zip(&counts)
        .filter(|(_, (count, _))| *count >= min_level(codes.len()))
        .map(|(level, (_, weight))| (level.clone(), weight / total))
        .collect();
    kept.sort_by(|a, b| code_order(&a.0, &b.0));
    let pooled = levels.len() - kept.len();
    if kept.len() + usize::from(pooled > 0) + usize::from(missing > 0) < 2 {
        notes.push(if levels.len() < 2 {
            format!("`{name}` has one code only: left out")
        } else {
            format!("`{name}`: every code but one is too rare to learn from: left out")
        });
        return Ok(None);
    }
    notes.push(format!(
        "`{name}` is a code list: {} codes, {pooled} rare codes pooled, {missing} missing",
        kept.len()
    ));
    // The most frequent code is the reference and gets no indicator.
    let reference = (0..kept.len()).max_by(|&a, &b| kept[a].1.total_cmp(&kept[b].1));
    let mut atoms: Vec<(Atom, bool)> = (0..kept.len())
        .filter(|&i| Some(i) != reference)
        .map(|i| (Atom::Level(i), false))
        .collect();
    if missing >= MIN_MISSING {
        atoms.push((Atom::Missing, false));
    }
    let missing_share = missing as f64 / codes.len() as f64;
    let kind = FeatureKind::Codes { codes: kept };
    Ok(Some(Feature { name: name.to_owned(), missing_share, kind, atoms }))
}

/// Codes in numeric order where they are numbers, in text order otherwise.
fn code_order(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => x.total_cmp(&y),
        _ => a.cmp(b),
    }
}

impl Feature {
    /// The feature's values in `frame`.
    pub(crate) fn values(&self, frame: &Frame) -> Result<Values, RankError> {
        let column = frame.get(&self.name)?;
        Ok(match (&self.kind, column) {
            (FeatureKind::Number { .. }, Column::Number(v)) => Values::Number(v.clone()),
            (FeatureKind::Number { .. }, Column::Text { codes, levels }) => {
                let table: Vec<f64> =
                    levels.iter().map(|l| l.parse().unwrap_or(f64::NAN)).collect();
                let of = |&c: &u32| table.get(c as usize).copied().unwrap_or(f64::NAN);
                Values::Number(codes.iter().map(of).collect())
            }
            (FeatureKind::Codes { codes: kept }, column) => Values::Level(levels(kept, column)),
        })
    }

    /// The value of `atom` for a number.
    pub(crate) fn atom_of_number(&self, atom: Atom, x: f64) -> f64 {
        let FeatureKind::Number { low, high, mean, .. } = &self.kind else { return 0.0 };
        match atom {
            Atom::Shape(shape) => shape.at(if x.is_nan() { *mean } else { x.clamp(*low, *high) }),
            Atom::Missing => f64::from(u8::from(x.is_nan())),
            Atom::Level(_) => 0.0,
        }
    }

    /// The column of `atom` over all rows.
    pub(crate) fn atom_column(&self, atom: Atom, values: &Values) -> Vec<f64> {
        match values {
            Values::Number(v) => v.iter().map(|&x| self.atom_of_number(atom, x)).collect(),
            Values::Level(v) => {
                let of = |&level: &usize| match atom {
                    Atom::Level(index) => f64::from(u8::from(level == index)),
                    Atom::Missing => f64::from(u8::from(level == ABSENT)),
                    Atom::Shape(_) => 0.0,
                };
                v.iter().map(of).collect()
            }
        }
    }
}

/// Rows as indices into the kept codes.
fn levels(kept: &[(String, f64)], column: &Column) -> Vec<usize> {
    let of_text = |text: &str| kept.iter().position(|(code, _)| code == text).unwrap_or(OTHER);
    match column {
        Column::Text { codes, levels } => {
            let table: Vec<usize> = levels.iter().map(|l| of_text(l)).collect();
            codes.iter().map(|&c| table.get(c as usize).copied().unwrap_or(ABSENT)).collect()
        }
        Column::Number(values) => values
            .iter()
            .map(|&x| if x.is_nan() { ABSENT } else { of_text(&number_text(x)) })
            .collect(),
    }
}

/// Expands a `--categorical` pattern list; nothing for an empty one.
pub(crate) fn categorical(names: &[String], patterns: &str) -> Result<Vec<String>, RankError> {
    if patterns.trim().is_empty() { Ok(Vec::new()) } else { frame::select(names, patterns) }
}
