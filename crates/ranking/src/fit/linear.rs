//! The linear methods: least squares, ridge, quantile and poverty-weighted regression, each with
//! shrunk regional deviations and held-out scores.

use super::{Encoded, Member, Sample, Settings};
use crate::encode::{Atom, Feature};
use crate::model::{Draw, DrawPiece, FitReport, Kind, Line, Model};
use crate::outlook::quantile as weighted_quantile;
use crate::ridge::{Design, Folded, Grids, Penalty, Solution, Task, moments, solve};
use kernel::Chance;
use rayon::prelude::*;

/// A penalty no coefficient survives: takes the rich additions out of a plain method.
const NEVER: f64 = 1e12;

/// Penalties of regional deviations that are tried (households' worth of doubt).
const REGION_GRID: [f64; 7] = [4.0, 10.0, 25.0, 60.0, 150.0, 400.0, 1000.0];

const PLAIN: Penalty = Penalty { plain: 0.0, extra: NEVER, region: f64::INFINITY };

/// Candidates of ridge.
const RICH: Grids = Grids {
    plain: &[1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3],
    extra: &[3e-3, 1e-2, 3e-2, 0.3, 1.0, 10.0, NEVER],
    region: &[],
};

/// The design of all atoms of all features.
pub(super) fn design(encoded: &Encoded, weights: &[f64]) -> Design {
    let mut columns = Vec::new();
    let mut extra = Vec::new();
    for (feature, values) in encoded.features.iter().zip(&encoded.values) {
        for &(atom, is_extra) in &feature.atoms {
            columns.push(feature.atom_column(atom, values));
            extra.push(is_extra);
        }
    }
    Design::new(columns, extra, weights)
}

fn task<'a>(sample: &'a Sample, design: &'a Design, weights: &'a [f64]) -> Task<'a> {
    let (region, regions) = match &sample.region {
        Some((codes, names)) => (Some(codes.as_slice()), names.len()),
        None => (None, 0),
    };
    Task { design, y: &sample.y, weights, region, regions }
}

/// Weighted least squares.
pub(super) fn ols(
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    report: &mut FitReport,
) -> Member {
    let folded = Folded::new(&task(sample, design, &sample.weights), &sample.piece, sample.folds);
    let grids = Grids { plain: &[], extra: &[], region: region_grid(sample) };
    let penalty = folded.choose(&design.extra, PLAIN, &grids);
    finish(sample, encoded, design, &folded, penalty, report)
}

/// Ridge on the rich design.
pub(super) fn ridge(
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    report: &mut FitReport,
) -> Member {
    let folded = Folded::new(&task(sample, design, &sample.weights), &sample.piece, sample.folds);
    let start = Penalty { plain: 3e-3, extra: 0.1, region: f64::INFINITY };
    let grids = Grids { region: region_grid(sample), ..RICH };
    let penalty = folded.choose(&design.extra, start, &grids);
    report.chosen.insert("ridge_plain".into(), penalty.plain);
    report.chosen.insert("ridge_extra".into(), penalty.extra);
    finish(sample, encoded, design, &folded, penalty, report)
}

/// Least squares in which the poorest `poor_share` weigh `poor_weight` times as much.
pub(super) fn poverty(
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    settings: &Settings,
    report: &mut FitReport,
) -> Member {
    let line = weighted_quantile(&sample.y, &sample.weights, settings.poor_share);
    let weights: Vec<f64> = sample
        .weights
        .iter()
        .zip(&sample.y)
        .map(|(w, &y)| if y <= line { w * settings.poor_weight } else { *w })
        .collect();
    let folded = Folded::new(&task(sample, design, &weights), &sample.piece, sample.folds);
    let grids = Grids { plain: &[], extra: &[], region: region_grid(sample) };
    let penalty = folded.choose(&design.extra, PLAIN, &grids);
    finish(sample, encoded, design, &folded, penalty, report)
}

const fn region_grid(sample: &Sample) -> &'static [f64] {
    if sample.region.is_some() { &REGION_GRID } else { &[] }
}

/// Full solution, held-out scores, notes.
fn finish(
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    folded: &Folded,
    penalty: Penalty,
    report: &mut FitReport,
) -> Member {
    let full = solve(&folded.total, &design.extra, penalty);
    let mut held_out = vec![0.0; sample.y.len()];
    for f in 0..sample.folds {
        let without = folded.without(f, &design.extra, penalty);
        score_fold(sample, design, &without, f, &mut held_out);
    }
    if penalty.region.is_finite() {
        report.chosen.insert("region_penalty".into(), penalty.region);
    }
    note_collinear(encoded, design, &full, report);
    let linear = Some(raw(encoded, design, &full));
    Member { linear, tables: None, deviations: full.deviations, held_out }
}

/// Writes the scores of fold `f` by a solution that had not seen it.
fn score_fold(sample: &Sample, design: &Design, s: &Solution, f: usize, out: &mut [f64]) {
    let rows: Vec<usize> =
        (0..sample.fold.len()).filter(|&r| usize::from(sample.fold[r]) == f).collect();
    for &row in &rows {
        out[row] = s.beta[0] + deviation(sample, s, row);
    }
    for (column, &beta) in design.columns.iter().zip(&s.beta[1..]) {
        if beta != 0.0 {
            for &row in &rows {
                out[row] += beta * column[row];
            }
        }
    }
}

fn deviation(sample: &Sample, s: &Solution, row: usize) -> f64 {
    let Some((codes, _)) = &sample.region else { return 0.0 };
    s.deviations.get(codes[row] as usize).copied().unwrap_or(0.0)
}

/// Coefficients on the raw scale.
fn raw(encoded: &Encoded, design: &Design, s: &Solution) -> (f64, Vec<Vec<f64>>) {
    let mut intercept = s.beta[0];
    let mut j = 0;
    let mut coefficients = Vec::new();
    for feature in &encoded.features {
        let mut own = Vec::new();
        for _ in &feature.atoms {
            let beta = s.beta[j + 1] / design.scale[j];
            intercept -= beta * design.mean[j];
            own.push(beta);
            j += 1;
        }
        coefficients.push(own);
    }
    (intercept, coefficients)
}

/// Notes features all of whose plain atoms were dropped.
fn note_collinear(encoded: &Encoded, design: &Design, s: &Solution, report: &mut FitReport) {
    let mut j = 0;
    for feature in &encoded.features {
        for _ in &feature.atoms {
            if s.dropped.contains(&j) && !design.extra[j] {
                let note = format!(
                    "`{}` repeats earlier columns exactly (collinear): its effect stands there",
                    feature.name
                );
                if !report.notes.contains(&note) {
                    report.notes.push(note);
                }
            }
            j += 1;
        }
    }
}

/// Rows a quantile regression looks at, at most: beyond, every k-th row in key order.
const MOST_QUANTILE_ROWS: usize = 20_000;

/// Quantile regression by iteratively reweighted least squares, on the plain design. With
/// `centred`, the intercept is moved so that held-out scores are right on average: for averaging
/// with methods that speak of the mean.
pub(super) fn quantile(
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    tau: f64,
    centred: bool,
    report: &mut FitReport,
) -> Member {
    let plain = design.plain();
    let stride = sample.y.len().div_ceil(MOST_QUANTILE_ROWS);
    let all: Vec<usize> = (0..sample.y.len()).step_by(stride).collect();
    let jobs: Vec<Option<usize>> = (0..sample.folds).map(Some).chain([None]).collect();
    let mut solutions: Vec<Solution> = jobs
        .par_iter()
        .map(|without| {
            let keep = |&r: &usize| Some(usize::from(sample.fold[r])) != *without;
            let rows: Vec<usize> = all.iter().copied().filter(keep).collect();
            quantile_fit(sample, &plain, tau, &rows)
        })
        .collect();
    let mut full = solutions.pop().unwrap_or_else(|| unfitted(&plain));
    let mut held_out = vec![0.0; sample.y.len()];
    for (f, without) in solutions.iter().enumerate() {
        score_fold(sample, &plain, without, f, &mut held_out);
    }
    if centred {
        let total: f64 = sample.weights.iter().sum();
        let gap = (0..held_out.len())
            .map(|i| sample.weights[i] * (sample.y[i] - held_out[i]))
            .sum::<f64>()
            / total;
        full.beta[0] += gap;
        held_out.iter_mut().for_each(|h| *h += gap);
    }
    let full = full.widened(&design.extra);
    note_collinear(encoded, design, &full, report);
    let linear = Some(raw(encoded, design, &full));
    Member { linear, tables: None, deviations: full.deviations, held_out }
}

/// A solution that says nothing.
fn unfitted(design: &Design) -> Solution {
    Solution {
        beta: vec![0.0; design.columns.len() + 1],
        deviations: Vec::new(),
        dropped: Vec::new(),
    }
}

fn quantile_fit(sample: &Sample, design: &Design, tau: f64, rows: &[usize]) -> Solution {
    let region = if sample.region.is_some() { 25.0 } else { f64::INFINITY };
    let penalty = Penalty { plain: 1e-4, extra: 0.0, region };
    let mut weights = sample.weights.clone();
    let mut solution =
        solve(&moments(&task(sample, design, &weights), rows), &design.extra, penalty);
    for _ in 0..25 {
        let mut fitted = vec![solution.beta[0]; sample.y.len()];
        for (column, &beta) in design.columns.iter().zip(&solution.beta[1..]) {
            fitted.iter_mut().zip(column).for_each(|(f, x)| *f += beta * x);
        }
        let mut total = 0.0;
        for &row in rows {
            let residual = sample.y[row] - fitted[row] - deviation(sample, &solution, row);
            let side = if residual < 0.0 { 1.0 - tau } else { tau };
            weights[row] = sample.weights[row] * side / residual.abs().max(0.02);
            total += weights[row];
        }
        // Mean weight 1 again, so that the region penalty keeps its meaning.
        let scale = rows.len() as f64 / total;
        rows.iter().for_each(|&row| weights[row] *= scale);
        let next = solve(&moments(&task(sample, design, &weights), rows), &design.extra, penalty);
        let pairs = next.beta.iter().zip(&solution.beta);
        let moved = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        solution = next;
        if moved < 1e-4 {
            break;
        }
    }
    solution
}

/// Refits of the linear part on resampled pieces of the survey, as deviations from the full one.
pub(super) fn draws(
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    model: &Model,
    settings: &Settings,
) -> Vec<Draw> {
    if settings.draws == 0 {
        return Vec::new();
    }
    let chosen = |name: &str, or: f64| model.report.chosen.get(name).copied().unwrap_or(or);
    let penalty = Penalty {
        plain: chosen("ridge_plain", 1e-3),
        extra: chosen("ridge_extra", NEVER),
        region: chosen("region_penalty", f64::INFINITY),
    };
    let folded = Folded::new(&task(sample, design, &sample.weights), &sample.piece, sample.folds);
    let full = solve(&folded.total, &design.extra, penalty);
    (0..settings.draws)
        .map(|d| {
            let mut chance = Chance::at(settings.seed, 0xD4A3, d as u64);
            let mut drawn = folded.draw(&mut chance, &design.extra, penalty);
            for (a, b) in drawn.beta.iter_mut().zip(&full.beta) {
                *a -= b;
            }
            for (a, b) in drawn.deviations.iter_mut().zip(&full.deviations) {
                *a -= b;
            }
            draw_part(sample, encoded, design, &drawn)
        })
        .collect()
}

/// Writes one draw in the form of the model.
fn draw_part(sample: &Sample, encoded: &Encoded, design: &Design, s: &Solution) -> Draw {
    let (mut base, coefficients) = raw(encoded, design, s);
    let mut variables = Vec::new();
    for (feature, own) in encoded.features.iter().zip(&coefficients) {
        let (piece, centre) = piece(feature, own);
        base += centre;
        variables.push(piece);
    }
    let region = sample
        .region
        .as_ref()
        .map(|(_, names)| names.iter().cloned().zip(s.deviations.iter().copied()).collect())
        .unwrap_or_default();
    Draw { base, variables, region }
}

/// A feature's coefficients as a piece whose value at the mean answer is 0, and what that took off.
fn piece(feature: &Feature, own: &[f64]) -> (DrawPiece, f64) {
    let (kind, missing, centre) = super::assemble::linear_kind(feature, own);
    let piece = match kind {
        Kind::Number { lines, .. } => {
            let lines: Vec<Line> = lines.into_iter().filter(|l| l.slope != 0.0).collect();
            DrawPiece { missing: missing - centre, centre, lines, ..DrawPiece::default() }
        }
        Kind::Codes { codes, other } => DrawPiece {
            missing: missing - centre,
            codes: codes.iter().map(|c| c.points - centre).collect(),
            other: other - centre,
            ..DrawPiece::default()
        },
    };
    (piece, centre)
}

/// Does a feature have an indicator of missing answers?
pub(super) fn missing_coefficient(feature: &Feature, own: &[f64]) -> f64 {
    feature
        .atoms
        .iter()
        .zip(own)
        .find(|((atom, _), _)| *atom == Atom::Missing)
        .map_or(0.0, |(_, &c)| c)
}
