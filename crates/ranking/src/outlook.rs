//! How sure a score is: standard errors and chances, learnt from households that the model had
//! not seen when it scored them (held-out inner folds).

use crate::normal::{below, inverse};
use crate::solve::{Square, factor};
use serde::{Deserialize, Serialize};

/// Standard error and chances as functions of the score, between knots by straight lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// Scores, ascending.
    pub knots: Vec<f64>,
    /// Standard error of the true target given the score, at the knots.
    pub se: Vec<f64>,
    /// `chance[k-1]`: chance that the true decile is k or lower, at the knots.
    pub chance: Vec<Vec<f64>>,
    /// The nine true cut-offs of the target that the chances speak of.
    pub truth_cuts: [f64; 9],
    /// Mean of target minus score on held-out households (0 for mean-type methods).
    pub bias: f64,
    /// Half-widths in standard errors that held 80 % and 90 % of held-out households.
    pub widths: [f64; 2],
}

/// Knots of the functions.
const KNOTS: usize = 41;

impl Outlook {
    /// Learns from held-out scores and true values.
    #[must_use]
    pub fn learn(score: &[f64], truth: &[f64], weights: &[f64]) -> Self {
        let order = sorted(score);
        let knots: Vec<f64> = (0..KNOTS)
            .map(|i| score[order[(order.len().saturating_sub(1)) * i / (KNOTS - 1)]])
            .collect();
        let total: f64 = weights.iter().sum();
        let mean = |f: &dyn Fn(usize) -> f64| -> f64 {
            (0..score.len()).map(|i| weights[i] * f(i)).sum::<f64>() / total
        };
        let centre = mean(&|i| score[i]);
        let spread = mean(&|i| (score[i] - centre).powi(2)).sqrt().max(1e-9);
        let t = |s: f64| (s - centre) / spread;
        let bias = mean(&|i| truth[i] - score[i]);
        let error: Vec<f64> = score.iter().zip(truth).map(|(s, y)| y - s - bias).collect();
        let overall = mean(&|i| error[i] * error[i]).sqrt().max(1e-9);
        let ts: Vec<f64> = score.iter().map(|&s| t(s)).collect();
        let squares: Vec<f64> = error.iter().map(|e| e * e).collect();
        let variance = parabola(&ts, &squares, weights);
        let se: Vec<f64> = knots
            .iter()
            .map(|&k| {
                let (x, v) = (t(k).clamp(-2.0, 2.0), &variance);
                (v[0] + v[1] * x + v[2] * x * x).max(0.0).sqrt().clamp(0.5 * overall, 2.0 * overall)
            })
            .collect();
        let truth_cuts = cut_points(truth, weights);
        let chance = truth_cuts
            .iter()
            .map(|&cut| {
                let poor: Vec<f64> = truth.iter().map(|&y| f64::from(u8::from(y < cut))).collect();
                let b = logistic(&ts, &poor, weights);
                let at = |k: f64| {
                    let x = t(k).clamp(-3.0, 3.0);
                    1.0 / (1.0 + (-(b[0] + b[1] * x + b[2] * x * x)).exp())
                };
                let mut falling: Vec<f64> = knots.iter().map(|&k| at(k)).collect();
                fall(&mut falling);
                falling
            })
            .collect();
        let mut outlook = Self { knots, se, chance, truth_cuts, bias, widths: [0.0; 2] };
        for k in 1..9 {
            for i in 0..KNOTS {
                outlook.chance[k][i] = outlook.chance[k][i].max(outlook.chance[k - 1][i]);
            }
        }
        let ratio: Vec<f64> =
            error.iter().zip(score).map(|(e, &s)| e.abs() / outlook.se_at(s)).collect();
        outlook.widths = [0.8, 0.9].map(|share| quantile(&ratio, weights, share));
        outlook
    }

    /// Standard error of the true target of a family with this score.
    #[must_use]
    pub fn se_at(&self, score: f64) -> f64 {
        between(&self.knots, &self.se, score)
    }

    /// Chance that a family with this score truly belongs to decile `k` or lower (1 ≤ k ≤ 9; 1
    /// from 10 on, 0 for 0).
    #[must_use]
    pub fn chance_at(&self, score: f64, k: u8) -> f64 {
        match k {
            0 => 0.0,
            1..=9 => between(&self.knots, &self.chance[usize::from(k) - 1], score),
            _ => 1.0,
        }
    }
}

impl Outlook {
    /// Chance that the true target of a family with this score lies below `line` (any line, in the
    /// target's unit). Between the survey's own cut-offs the learnt chances are joined on the normal
    /// scale; beyond them the standard error carries on.
    #[must_use]
    pub fn chance_below(&self, score: f64, line: f64) -> f64 {
        let z = |k: usize| inverse(between(&self.knots, &self.chance[k], score));
        let k = self.truth_cuts.partition_point(|&c| c <= line);
        if k == 0 || k == 9 {
            let end = if k == 0 { 0 } else { 8 };
            return below(z(end) + (line - self.truth_cuts[end]) / self.se_at(score));
        }
        let (a, b) = (self.truth_cuts[k - 1], self.truth_cuts[k]);
        let part = if b > a { (line - a) / (b - a) } else { 0.0 };
        below(z(k - 1) + part * (z(k) - z(k - 1)))
    }
}

/// Straight line between knots, flat outside.
fn between(knots: &[f64], values: &[f64], x: f64) -> f64 {
    let i = knots.partition_point(|&k| k <= x);
    if i == 0 {
        return values.first().copied().unwrap_or(0.0);
    }
    if i == knots.len() {
        return values.last().copied().unwrap_or(0.0);
    }
    let (a, b) = (knots[i - 1], knots[i]);
    values[i - 1] + (values[i] - values[i - 1]) * (x - a) / (b - a)
}

/// Makes a sequence non-increasing by pooling neighbours that rise (equal weights).
fn fall(values: &mut [f64]) {
    let negated: Vec<f64> = values.iter().map(|v| -v).collect();
    for (v, r) in values.iter_mut().zip(rise(&negated, &vec![1.0; negated.len()])) {
        *v = -r;
    }
}

/// The non-decreasing sequence nearest to `values` in weighted least squares (pool adjacent
/// violators).
pub(crate) fn rise(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (&v, &w) in values.iter().zip(weights) {
        let mut block = (v, w, 1);
        while let Some(&last) = blocks.last() {
            if last.0 <= block.0 {
                break;
            }
            let weight = last.1 + block.1;
            let mean = if weight > 0.0 {
                (last.0 * last.1 + block.0 * block.1) / weight
            } else {
                0.5 * (last.0 + block.0)
            };
            block = (mean, weight, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(v, _, n)| std::iter::repeat_n(v, n)).collect()
}

/// Indices in ascending order of value (stable).
pub(crate) fn sorted(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order
}

/// The weighted quantile: the smallest value with at least `share` of the weight at or below it.
pub(crate) fn quantile(values: &[f64], weights: &[f64], share: f64) -> f64 {
    quantiles_at(values, weights, &[share])[0]
}

/// Weighted quantiles at ascending shares.
pub(crate) fn quantiles_at(values: &[f64], weights: &[f64], shares: &[f64]) -> Vec<f64> {
    let order = sorted(values);
    let total: f64 = weights.iter().sum();
    let mut out = Vec::with_capacity(shares.len());
    let mut sum = 0.0;
    for &i in &order {
        sum += weights[i];
        while out.len() < shares.len() && sum >= shares[out.len()] * total * (1.0 - 1e-12) {
            out.push(values[i]);
        }
    }
    let last = order.last().map_or(0.0, |&i| values[i]);
    out.resize(shares.len(), last);
    out
}

/// The nine cut-offs: below `cut[k-1]` lies k/10 of the weight.
pub(crate) fn cut_points(values: &[f64], weights: &[f64]) -> [f64; 9] {
    let shares: [f64; 9] = std::array::from_fn(|k| (k + 1) as f64 / 10.0);
    let cuts = quantiles_at(values, weights, &shares);
    std::array::from_fn(|k| cuts[k])
}

/// Weighted least squares on (1, t, t²).
fn parabola(t: &[f64], y: &[f64], weights: &[f64]) -> [f64; 3] {
    let mut a = Square::zero(3);
    let mut b = [0.0; 3];
    for ((&x, &y), &w) in t.iter().zip(y).zip(weights) {
        let x = x.clamp(-2.0, 2.0);
        let z = [1.0, x, x * x];
        for i in 0..3 {
            b[i] += w * z[i] * y;
            for j in 0..3 {
                a.a[i * 3 + j] += w * z[i] * z[j];
            }
        }
    }
    let x = factor(&a).solve(&b);
    [x[0], x[1], x[2]]
}

/// Logistic regression of a 0/1 outcome on (1, t, t²) by Newton steps, lightly penalised so that
/// a perfectly separated survey still has finite chances.
fn logistic(t: &[f64], outcome: &[f64], weights: &[f64]) -> [f64; 3] {
    let mut beta = [0.0f64; 3];
    let total: f64 = weights.iter().sum();
    for _ in 0..25 {
        let mut a = Square::zero(3);
        let mut b = [0.0; 3];
        for ((&x, &y), &w) in t.iter().zip(outcome).zip(weights) {
            let x = x.clamp(-3.0, 3.0);
            let z = [1.0, x, x * x];
            let p = 1.0 / (1.0 + (-(beta[0] + beta[1] * x + beta[2] * x * x)).exp());
            let curvature = (p * (1.0 - p)).max(1e-6) * w;
            for i in 0..3 {
                b[i] += w * z[i] * (y - p);
                for j in 0..3 {
                    a.a[i * 3 + j] += curvature * z[i] * z[j];
                }
            }
        }
        for i in 0..3 {
            let penalty = total * 1e-5;
            a.a[i * 4] += penalty;
            b[i] -= penalty * beta[i];
        }
        let step = factor(&a).solve(&b);
        let mut moved = 0.0f64;
        for (slot, s) in beta.iter_mut().zip(&step) {
            let s = s.clamp(-3.0, 3.0);
            *slot += s;
            moved = moved.max(s.abs());
        }
        if moved < 1e-9 {
            break;
        }
    }
    beta
}
