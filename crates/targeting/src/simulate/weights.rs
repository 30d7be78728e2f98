//! Another model on the same families: contributions are additive and exact, so a changed weight
//! is a changed sum. Ranks come from the edition's own score-to-rank line, so the national cut-offs
//! stay where they were published.

use crate::TargetError;
use crate::frame::{Column, Frame, FrameBuilder};
use crate::schema::Schema;
use kernel::suggest::hint;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The frame with each variable's points multiplied by its factor. Probabilities of the old model
/// are dropped.
///
/// # Errors
/// When contributions are not loaded, a variable is unknown or a factor is not a number.
pub fn reweighted(frame: &Frame, weights: &BTreeMap<String, f64>) -> Result<Frame, TargetError> {
    let Some(contributions) = &frame.contributions else {
        return Err(TargetError::Data(
            "other weights need contributions.parquet of the edition; load the frame with \
             contributions"
                .into(),
        ));
    };
    for (name, factor) in weights {
        if !contributions.points.iter().any(|(n, _)| n == name) {
            let near = hint(name, contributions.points.iter().map(|(n, _)| n.as_str()));
            return Err(TargetError::Data(format!("no variable `{name}` in the model{near}")));
        }
        if !factor.is_finite() {
            return Err(TargetError::Data(format!("the weight of `{name}` must be a number")));
        }
    }
    let changed: Vec<(f64, &[i32])> = contributions
        .points
        .iter()
        .filter_map(|(name, points)| weights.get(name).map(|f| (f - 1.0, points.as_slice())))
        .collect();
    let old = &frame.family;
    let delta = |row: usize| -> f64 {
        changed.iter().map(|(factor, points)| (factor * f64::from(points[row])).round()).sum()
    };
    let score: Vec<f64> = (0..old.id.len())
        .into_par_iter()
        .map(|row| old.score[row] + delta(row) / 10_000.0)
        .collect();
    Ok(with_scores(frame, score))
}

/// The frame with the scores, ranks and deciles of another model, from a table `scores` of the same
/// families; families that it lacks are unranked.
///
/// # Errors
/// When the file cannot be read, is no table of scores, or knows none of the families.
pub fn rescored(frame: &Frame, path: &Path) -> Result<Frame, TargetError> {
    let schema = Schema::default();
    let mut builder = FrameBuilder::new(&schema, frame.day());
    crate::frame::each(path, &|_| true, &mut |batch| builder.scores(batch).map(drop))?;
    let mut out = frame.clone();
    let family = Arc::make_mut(&mut out.family);
    let found = builder.score_onto(family);
    if found == 0 {
        let message = "holds scores of none of the edition's families; score the same edition";
        return Err(TargetError::file(path, "family_id", message));
    }
    out.derive_families();
    Ok(out)
}

/// The frame with other scores, ranked on the edition's line.
fn with_scores(frame: &Frame, score: Vec<f64>) -> Frame {
    let line = Line::of(&frame.family.score, &frame.family.rank);
    let mut out = frame.clone();
    let family = Arc::make_mut(&mut out.family);
    family.rank = score.par_iter().map(|s| line.rank(*s)).collect();
    let decile = |(rank, old): (&f64, &u8)| {
        if *old == 0 || rank.is_nan() { 0 } else { ((rank * 10.0).floor() as u8).min(9) + 1 }
    };
    family.decile = family.rank.iter().zip(&frame.family.decile).map(decile).collect();
    family.score = score;
    family.p_1_4 = vec![f64::NAN; family.id.len()];
    family.p_1_5 = family.p_1_4.clone();
    out.families.columns.insert("stays_of_10".into(), Arc::new(Column::Small(Vec::new())));
    out.derive_families();
    out
}

/// The monotone line from score to national rank, by sorted points of the edition.
struct Line {
    scores: Vec<f64>,
    ranks: Vec<f64>,
}

/// Most points of the line: between them ranks are interpolated.
const LINE_POINTS_MAX: usize = 65_536;

impl Line {
    fn of(score: &[f64], rank: &[f64]) -> Self {
        let mut pairs: Vec<(f64, f64)> = score
            .iter()
            .zip(rank)
            .filter(|(s, r)| !s.is_nan() && !r.is_nan())
            .map(|(s, r)| (*s, *r))
            .collect();
        pairs.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let step = (pairs.len() / LINE_POINTS_MAX).max(1);
        let last = pairs.last().copied();
        let mut thin: Vec<(f64, f64)> = pairs.into_iter().step_by(step).collect();
        thin.extend(last);
        thin.dedup_by(|a, b| a.0 == b.0);
        Self {
            scores: thin.iter().map(|p| p.0).collect(),
            ranks: thin.iter().map(|p| p.1).collect(),
        }
    }

    fn rank(&self, score: f64) -> f64 {
        if score.is_nan() || self.scores.is_empty() {
            return f64::NAN;
        }
        let at = self.scores.partition_point(|s| *s < score);
        if at == 0 {
            return self.ranks[0];
        }
        if at == self.scores.len() {
            return self.ranks[at - 1];
        }
        let (a, b) = (self.scores[at - 1], self.scores[at]);
        let share = (score - a) / (b - a);
        self.ranks[at - 1] + share * (self.ranks[at] - self.ranks[at - 1])
    }
}
