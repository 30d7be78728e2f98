//! The field's measures of a ranking, on scores, truth and weights. All are weighted and none
//! depends on the order of rows (equal scores share their place).
//!
//! Words: P the truly poor (lowest share q of the target), S the selected (lowest share q of the
//! score). Undercoverage w(P∖S)/w(P), leakage w(S∖P)/w(S); at equal quota both equal the
//! targeting error (Brown, Ravallion and van de Walle 2018).

use crate::outlook::{quantile, sorted};

/// Named figures in a fixed order.
pub type Figures = Vec<(String, f64)>;

/// What is measured: one entry per household.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scored {
    /// Score by a model that had not seen the household.
    pub score: Vec<f64>,
    /// The true target.
    pub truth: Vec<f64>,
    /// Weight.
    pub weight: Vec<f64>,
    /// Chance that the true decile is 4 or lower.
    pub chance_40: Vec<f64>,
    /// Chance that the true decile is 2 or lower.
    pub chance_20: Vec<f64>,
    /// Standard error.
    pub se: Vec<f64>,
    /// Is the truth within the 80 % interval? 1 or 0.
    pub within_80: Vec<f64>,
    /// Is the truth within the 90 % interval? 1 or 0.
    pub within_90: Vec<f64>,
}

impl Scored {
    /// The rows for which `keep` holds.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.score.len()).filter(|&i| keep(i)).collect();
        let take = |v: &[f64]| rows.iter().filter_map(|&r| v.get(r).copied()).collect();
        Self {
            score: take(&self.score),
            truth: take(&self.truth),
            weight: take(&self.weight),
            chance_40: take(&self.chance_40),
            chance_20: take(&self.chance_20),
            se: take(&self.se),
            within_80: take(&self.within_80),
            within_90: take(&self.within_90),
        }
    }

    fn total(&self) -> f64 {
        self.weight.iter().sum()
    }

    /// Weighted mean of `f` over rows.
    fn mean(&self, f: impl Fn(usize) -> f64) -> f64 {
        (0..self.weight.len()).map(|i| self.weight[i] * f(i)).sum::<f64>() / self.total()
    }
}

/// Share of each row that lies in the lowest `q` of the weight: 1, 0, or a fraction for the rows
/// tied at the edge.
#[must_use]
pub fn lowest(values: &[f64], weights: &[f64], q: f64) -> Vec<f64> {
    let order = sorted(values);
    let mut left = q * weights.iter().sum::<f64>();
    let mut member = vec![0.0; values.len()];
    for tie in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mass: f64 = tie.iter().map(|&i| weights[i]).sum();
        let share = if mass <= left { 1.0 } else { (left / mass).max(0.0) };
        for &i in tie {
            member[i] = share;
        }
        left -= mass;
        if left <= 0.0 {
            break;
        }
    }
    member
}

/// Mid-rank of each row in 0..1 by weight.
#[must_use]
pub fn ranks(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let order = sorted(values);
    let total: f64 = weights.iter().sum();
    let mut rank = vec![0.0; values.len()];
    let mut before = 0.0;
    for tie in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mass: f64 = tie.iter().map(|&i| weights[i]).sum();
        for &i in tie {
            rank[i] = (before + 0.5 * mass) / total;
        }
        before += mass;
    }
    rank
}

/// Weighted correlation.
fn correlation(a: &[f64], b: &[f64], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let mean = |v: &[f64]| v.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() / total;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        let (x, y) = (a[i] - ma, b[i] - mb);
        ab += weights[i] * x * y;
        aa += weights[i] * x * x;
        bb += weights[i] * y * y;
    }
    ab / (aa * bb).sqrt()
}

/// Area under the receiver curve: the chance that a poor household scores below a non-poor one.
#[must_use]
pub fn auc(score: &[f64], poor: &[f64], weights: &[f64]) -> f64 {
    let order = sorted(score);
    let (mut poor_before, mut area, mut rich_total) = (0.0, 0.0, 0.0);
    for tie in order.chunk_by(|&a, &b| score[a] == score[b]) {
        let p: f64 = tie.iter().map(|&i| weights[i] * poor[i]).sum();
        let r: f64 = tie.iter().map(|&i| weights[i] * (1.0 - poor[i])).sum();
        area += r * (poor_before + 0.5 * p);
        poor_before += p;
        rich_total += r;
    }
    area / (poor_before * rich_total)
}

/// All figures.
#[must_use]
pub fn measure(s: &Scored) -> Figures {
    let mut out: Figures = Vec::new();
    let mut put = |name: &str, value: f64| out.push((name.to_owned(), value));
    put("r2", crate::fit::r2(&s.score, &s.truth, &s.weight));
    let (rank_score, rank_truth) = (ranks(&s.score, &s.weight), ranks(&s.truth, &s.weight));
    put("spearman", correlation(&rank_score, &rank_truth, &s.weight));
    for percent in [10, 20, 40] {
        for (name, value) in at_quota(s, f64::from(percent) / 100.0) {
            put(&format!("{name}_{percent}"), value);
        }
    }
    for (name, value) in severe(s) {
        put(name, value);
    }
    for (name, value) in deciles(&rank_score, &rank_truth, s) {
        put(name, value);
    }
    for percent in [20, 40] {
        for (name, value) in fixed_line(s, f64::from(percent) / 100.0) {
            put(&format!("{name}_{percent}"), value);
        }
    }
    put("crra_20", welfare(s, 0.2));
    if !s.chance_40.is_empty() {
        for (percent, chance) in [(20, &s.chance_20), (40, &s.chance_40)] {
            let poor = lowest(&s.truth, &s.weight, f64::from(percent) / 100.0);
            put(&format!("ece_{percent}"), ece(chance, &poor, &s.weight));
            put(&format!("brier_{percent}"), s.mean(|i| (chance[i] - poor[i]).powi(2)));
        }
        put("coverage_80", s.mean(|i| s.within_80[i]));
        put("coverage_90", s.mean(|i| s.within_90[i]));
        let fifths = [("poorest", 0.0, 0.2), ("richest", 0.8, 1.0)];
        for (name, from, to) in fifths {
            let part = s.filter(|i| rank_truth[i] >= from && rank_truth[i] < to);
            put(&format!("coverage_80_{name}_fifth"), part.mean(|i| part.within_80[i]));
        }
    }
    out
}

/// Undercoverage, leakage and kin at equal quota.
fn at_quota(s: &Scored, q: f64) -> Vec<(&'static str, f64)> {
    let poor = lowest(&s.truth, &s.weight, q);
    let chosen = lowest(&s.score, &s.weight, q);
    let both = s.mean(|i| poor[i] * chosen[i]);
    let (p, c) = (s.mean(|i| poor[i]), s.mean(|i| chosen[i]));
    let (under, leak) = (1.0 - both / p, 1.0 - both / c);
    let bottom = lowest(&s.truth, &s.weight, 0.4);
    let to_bottom = s.mean(|i| chosen[i] * bottom[i]) / c;
    vec![
        ("undercoverage", under),
        ("leakage", leak),
        ("targeting_error", 0.5 * (under + leak)),
        ("auc", auc(&s.score, &poor, &s.weight)),
        ("cgh", to_bottom / 0.4),
        ("bpac", both / p - ((p - both) / p - (c - both) / p).abs()),
        ("targeting_differential", both / p - (c - both) / (1.0 - p)),
    ]
}

/// Errors nobody would defend, at a 40 % quota.
fn severe(s: &Scored) -> Vec<(&'static str, f64)> {
    let chosen = lowest(&s.score, &s.weight, 0.4);
    let poorest = lowest(&s.truth, &s.weight, 0.1);
    let below_60 = lowest(&s.truth, &s.weight, 0.6);
    let out = s.mean(|i| poorest[i] * (1.0 - chosen[i])) / s.mean(|i| poorest[i]);
    let rich = s.mean(|i| chosen[i] * (1.0 - below_60[i])) / s.mean(|i| chosen[i]);
    vec![("severe_undercoverage_40", out), ("severe_leakage_40", rich)]
}

/// Agreement of deciles.
fn deciles(score: &[f64], truth: &[f64], s: &Scored) -> Vec<(&'static str, f64)> {
    let decile = |rank: f64| (rank * 10.0).floor().min(9.0);
    let gap: Vec<f64> =
        score.iter().zip(truth).map(|(a, b)| (decile(*a) - decile(*b)).abs()).collect();
    // Quadratic-weighted kappa: 1 - observed / expected squared distance. For two uniform deciles
    // the expected squared distance is 2 × variance of 0..9 = 16.5.
    let square = s.mean(|i| gap[i] * gap[i]);
    vec![
        ("decile_exact", s.mean(|i| f64::from(u8::from(gap[i] == 0.0)))),
        ("decile_within_1", s.mean(|i| f64::from(u8::from(gap[i] <= 1.0)))),
        ("kappa_quadratic", 1.0 - square / 16.5),
    ]
}

/// Errors when everybody scoring below the true poverty line is selected (no quota).
fn fixed_line(s: &Scored, q: f64) -> Vec<(&'static str, f64)> {
    let line = quantile(&s.truth, &s.weight, q);
    let poor = |i: usize| f64::from(u8::from(s.truth[i] <= line));
    let chosen = |i: usize| f64::from(u8::from(s.score[i] <= line));
    let both = s.mean(|i| poor(i) * chosen(i));
    let (p, c) = (s.mean(poor), s.mean(chosen));
    vec![
        ("line_undercoverage", 1.0 - both / p),
        ("line_leakage", if c > 0.0 { 1.0 - both / c } else { 0.0 }),
        ("line_selected", c),
    ]
}

/// Welfare gain over a universal transfer as a share of what perfect targeting would gain
/// (constant relative risk aversion 3, budget 5 % of mean consumption; after Hanna and Olken
/// 2018). The target is taken as a logarithm unless its values are too large to be one.
fn welfare(s: &Scored, q: f64) -> f64 {
    let largest = s.truth.iter().copied().fold(f64::MIN, f64::max);
    let level = |y: f64| if largest > 40.0 { y.max(1e-9) } else { y.exp() };
    let budget = 0.05 * s.mean(|i| level(s.truth[i]));
    let utility = |share: &[f64]| {
        let covered = s.mean(|i| share[i]);
        s.mean(|i| {
            let with = (level(s.truth[i]) + budget / covered).powi(-2);
            let without = level(s.truth[i]).powi(-2);
            -0.5 * (share[i] * with + (1.0 - share[i]) * without)
        })
    };
    let everyone = utility(&vec![1.0; s.truth.len()]);
    let perfect = utility(&lowest(&s.truth, &s.weight, q));
    let chosen = utility(&lowest(&s.score, &s.weight, q));
    (chosen - everyone) / (perfect - everyone)
}

/// Expected calibration error over ten groups of equal weight.
#[must_use]
pub fn ece(chance: &[f64], outcome: &[f64], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    bins(chance, outcome, weights).iter().map(|(p, y, w)| w / total * (p - y).abs()).sum()
}

/// Ten groups of about equal weight by chance: mean chance, mean outcome, weight.
#[must_use]
pub fn bins(chance: &[f64], outcome: &[f64], weights: &[f64]) -> Vec<(f64, f64, f64)> {
    let rank = ranks(chance, weights);
    let mut sums = vec![(0.0, 0.0, 0.0); 10];
    for i in 0..chance.len() {
        let bin = ((rank[i] * 10.0) as usize).min(9);
        sums[bin].0 += weights[i] * chance[i];
        sums[bin].1 += weights[i] * outcome[i];
        sums[bin].2 += weights[i];
    }
    sums.retain(|s| s.2 > 0.0);
    sums.into_iter().map(|(p, y, w)| (p / w, y / w, w)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_small_case_are_as_counted_by_hand() {
        // Ten households; the score swaps the 4th and the 5th poorest.
        let truth: Vec<f64> = (0..10).map(f64::from).collect();
        let mut score = truth.clone();
        score.swap(3, 4);
        let s = Scored { score, truth, weight: vec![1.0; 10], ..Scored::default() };
        let figures = measure(&s);
        let get = |name: &str| figures.iter().find(|f| f.0 == name).unwrap().1;
        assert!((get("undercoverage_40") - 0.25).abs() < 1e-12);
        assert!((get("leakage_40") - 0.25).abs() < 1e-12);
        assert!((get("targeting_error_20")).abs() < 1e-12);
        assert!((get("auc_40") - 23.0 / 24.0).abs() < 1e-12);
        assert!((get("decile_exact") - 0.8).abs() < 1e-12);
        assert!((get("cgh_40") - 0.75 / 0.4).abs() < 1e-12);
    }

    #[test]
    fn tied_scores_share_their_place() {
        let member = lowest(&[1.0, 1.0, 2.0, 0.0], &[1.0; 4], 0.5);
        assert_eq!(member, [0.5, 0.5, 0.0, 1.0]);
        assert!((auc(&[1.0; 4], &[1.0, 0.0, 1.0, 0.0], &[1.0; 4]) - 0.5).abs() < 1e-12);
    }
}
