//! The administration's own view: a small proxy means test by least squares.
//!
//! The rolls of the province were filled by an administration that saw houses, not consumption.
//! So the generator fits, once, a means test on a pilot sample and lets the rolls follow *its*
//! deciles; the accuracy of that fit is also the check that the province is as hard as life.

use crate::people::Family;
use crate::schooling::diploma_years;
use kernel::Date;

/// Variables of the means test, with the constant.
pub(crate) const FEATURES: usize = 52;

/// A fitted means test and its cut points.
#[derive(Debug, Clone)]
pub(crate) struct MeansTest {
    coefficients: [f64; FEATURES],
    /// National cut points of the score between deciles.
    pub cuts: [f64; 9],
    /// National cut points of log consumption.
    pub true_cuts: [f64; 9],
}

impl Default for MeansTest {
    fn default() -> Self {
        Self { coefficients: [0.0; FEATURES], cuts: [0.0; 9], true_cuts: [0.0; 9] }
    }
}

fn decile(cuts: &[f64; 9], value: f64) -> u8 {
    1 + cuts.iter().filter(|cut| value >= **cut).count() as u8
}

impl MeansTest {
    pub(crate) fn with(coefficients: [f64; FEATURES]) -> Self {
        Self { coefficients, ..Self::default() }
    }

    /// National decile of this log consumption.
    pub(crate) fn true_decile(&self, log_consumption: f64) -> u8 {
        decile(&self.true_cuts, log_consumption)
    }

    /// Sets score and decile seen.
    pub(crate) fn apply(&self, family: &mut Family, as_of: Date) {
        family.score = self.score(&features(family, as_of));
        family.decile_seen = decile(&self.cuts, family.score);
    }

    pub(crate) fn score(&self, x: &[f64; FEATURES]) -> f64 {
        x.iter().zip(&self.coefficients).map(|(a, b)| a * b).sum()
    }
}

/// What an interviewer sees of a family, as numbers.
pub(crate) fn features(family: &Family, as_of: Date) -> [f64; FEATURES] {
    let mut out = [0.0; FEATURES];
    let mut at = 0;
    let mut put = |value: f64| {
        if at < FEATURES {
            out[at] = value;
        }
        at += 1;
    };
    let is = |yes: bool| if yes { 1.0 } else { 0.0 };
    let head = family.head();
    let ages: Vec<i32> = family.living().map(|p| p.born.age_on(as_of)).collect();
    let count =
        |low: i32, high: i32| ages.iter().filter(|a| (low..=high).contains(*a)).count() as f64;
    let size = ages.len() as f64;
    let head_years = diploma_years(head.plan.on(head.born, as_of).diploma);
    let most = family.living().map(|p| diploma_years(p.plan.on(p.born, as_of).diploma));
    let most = most.fold(0.0, f64::max);
    let working = family.living().filter(|p| p.work.worked == 1).count() as f64;
    let head_age = f64::from(head.born.age_on(as_of));
    put(1.0);
    put(size);
    put(size.ln());
    put(count(0, 4));
    put(count(5, 14));
    put(count(65, 130));
    put(is(head.sex == kernel::Sex::Female));
    put(head_age / 10.0);
    put(head_age * head_age / 1_000.0);
    put(is(head_years >= 9.0));
    put(is(head_years >= 12.0));
    put(is(head_years >= 14.0));
    put(most / 10.0);
    put(working / size);
    put(is((1..=6).contains(&head.work.sector)));
    put(is(head.work.status == 4));
    put(is(head.work.status == 5));
    put(is(matches!(head.work.status, 6 | 7)));
    put(is(head.business.turnover >= 2));
    let h = &family.house;
    put((f64::from(h.area) / size).ln());
    put(is(matches!(h.floor, 1..=4)));
    put(is(matches!(h.floor, 6)));
    put(is(h.wall == 1));
    put(is(matches!(h.roof, 1 | 2)));
    put(is(matches!(h.water, 1 | 2)));
    put(is(matches!(h.water, 3..=5)));
    put(is(h.lighting == 1));
    put(is(h.power == 2));
    put(is(h.power == 3));
    put(is(h.power >= 4));
    put(is(matches!(h.fuel, 4)));
    put(is(matches!(h.fuel, 0..=3 | 5)));
    put(is(h.toilet == 1));
    put(is(h.closet == 1));
    put(is(h.sewage == 1));
    put(is(h.tenure == 1));
    for asset in h.assets {
        put(is(asset == 1));
    }
    out
}

/// Least squares by the normal equations with a tiny ridge (variables may be constant in a small
/// sample). `rows` give the variables, the value to explain and a weight.
pub(crate) fn least_squares(rows: &[([f64; FEATURES], f64, f64)]) -> [f64; FEATURES] {
    const N: usize = FEATURES;
    let mut matrix = vec![0.0; N * N];
    let mut right = [0.0; N];
    for (x, y, weight) in rows {
        for i in 0..N {
            let wx = weight * x[i];
            if wx == 0.0 {
                continue;
            }
            right[i] += wx * y;
            for j in 0..=i {
                matrix[i * N + j] += wx * x[j];
            }
        }
    }
    let scale: f64 = rows.iter().map(|r| r.2).sum::<f64>() * 1e-6;
    for i in 0..N {
        matrix[i * N + i] += scale.max(1e-9);
    }
    cholesky_solve(&mut matrix, &mut right);
    right
}

/// Solves A x = b in place for a positive definite A given by its lower triangle.
fn cholesky_solve(a: &mut [f64], b: &mut [f64; FEATURES]) {
    const N: usize = FEATURES;
    for i in 0..N {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| a[i * N + k] * a[j * N + k]).sum();
            let value = a[i * N + j] - dot;
            a[i * N + j] = if i == j { value.max(1e-12).sqrt() } else { value / a[j * N + j] };
        }
    }
    for i in 0..N {
        let dot: f64 = (0..i).map(|k| a[i * N + k] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i * N + i];
    }
    for i in (0..N).rev() {
        let dot: f64 = (i + 1..N).map(|k| a[k * N + i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i * N + i];
    }
}

/// How well scores agree with the truth, weighted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accuracy {
    pub r_squared: f64,
    pub spearman: f64,
    /// Of the poorest 40 % chosen by score, the share that is not among the truly poorest 40 %.
    pub error_40: f64,
}

/// Measures scores against truth. `rows` are (score, truth, weight).
pub(crate) fn accuracy(rows: &[(f64, f64, f64)]) -> Accuracy {
    let total: f64 = rows.iter().map(|r| r.2).sum();
    let mean = rows.iter().map(|r| r.2 * r.1).sum::<f64>() / total;
    let (mut left, mut all) = (0.0, 0.0);
    for (score, truth, weight) in rows {
        left += weight * (truth - score).powi(2);
        all += weight * (truth - mean).powi(2);
    }
    let by_score = ranks(rows, |r| r.0);
    let by_truth = ranks(rows, |r| r.1);
    let (mut product, mut a2, mut b2) = (0.0, 0.0, 0.0);
    let (mut wrong, mut chosen) = (0.0, 0.0);
    for ((a, b), (_, _, weight)) in by_score.iter().zip(&by_truth).zip(rows) {
        product += weight * (a - 0.5) * (b - 0.5);
        a2 += weight * (a - 0.5).powi(2);
        b2 += weight * (b - 0.5).powi(2);
        if *a < 0.4 {
            chosen += weight;
            wrong += if *b < 0.4 { 0.0 } else { *weight };
        }
    }
    Accuracy {
        r_squared: 1.0 - left / all,
        spearman: product / (a2 * b2).sqrt(),
        error_40: wrong / chosen,
    }
}

/// Weighted rank of every row, 0 to 1.
fn ranks(rows: &[(f64, f64, f64)], key: impl Fn(&(f64, f64, f64)) -> f64) -> Vec<f64> {
    let total: f64 = rows.iter().map(|r| r.2).sum();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| key(&rows[*a]).total_cmp(&key(&rows[*b])).then(a.cmp(b)));
    let mut out = vec![0.0; rows.len()];
    let mut sum = 0.0;
    for at in order {
        out[at] = (sum + rows[at].2 / 2.0) / total;
        sum += rows[at].2;
    }
    out
}
