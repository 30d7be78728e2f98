//! The distribution of consumption: quantile functions fitted to published figures.
//!
//! `ln Q(p) = mu + sigma * h(x)`, with x the normal score of p and `h(x) = x + kappa x^2`
//! (continued straight below x = -2.5, so it always rises). Sigma and kappa are solved for the
//! Gini and the share of the lowest 40 %, mu for the poverty rate at the line: a lognormal alone
//! cannot hold the three together (its top is too thin).

use crate::math::inverse;

/// One area's distribution of monthly consumption per person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    mu: f64,
    sigma: f64,
    kappa: f64,
}

/// The published figures one shape must hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Published {
    /// Gini coefficient.
    pub gini: f64,
    /// Share of all consumption that the poorest 40 % have.
    pub lowest_40: f64,
    /// Poverty line, rupiah per person and month.
    pub line: f64,
    /// Share of people below the line.
    pub poor: f64,
}

const GRID: usize = 2_000;
const STRAIGHT_BELOW: f64 = -2.5;

fn bent(x: f64, kappa: f64) -> f64 {
    if x >= STRAIGHT_BELOW {
        return x + kappa * x * x;
    }
    let at = STRAIGHT_BELOW + kappa * STRAIGHT_BELOW * STRAIGHT_BELOW;
    at + (x - STRAIGHT_BELOW) * (1.0 + 2.0 * kappa * STRAIGHT_BELOW).max(0.1)
}

/// Gini and lowest-40 share of `exp(sigma h)` on an even grid of p.
fn inequality(scores: &[f64], sigma: f64, kappa: f64) -> (f64, f64) {
    let values = scores.iter().map(|x| (sigma * bent(*x, kappa)).exp());
    let (mut sum, mut area, mut at_40) = (0.0, 0.0, 0.0);
    for (at, value) in values.enumerate() {
        area += sum + value / 2.0;
        sum += value;
        if at + 1 == scores.len() * 2 / 5 {
            at_40 = sum;
        }
    }
    (1.0 - 2.0 * area / (sum * scores.len() as f64), at_40 / sum)
}

impl Shape {
    /// The shape that holds `published` (Newton's method on sigma and kappa).
    pub(crate) fn fit(published: Published) -> Self {
        let scores: Vec<f64> =
            (0..GRID).map(|at| inverse((at as f64 + 0.5) / GRID as f64)).collect();
        let off = |sigma: f64, kappa: f64| {
            let (gini, low) = inequality(&scores, sigma, kappa);
            (gini - published.gini, low - published.lowest_40)
        };
        let (mut sigma, mut kappa) = (0.6, 0.05);
        for _ in 0..40 {
            const STEP: f64 = 1e-4;
            let (a, b) = off(sigma, kappa);
            let (sa, sb) = off(sigma + STEP, kappa);
            let (ka, kb) = off(sigma, kappa + STEP);
            let j = [(sa - a) / STEP, (ka - a) / STEP, (sb - b) / STEP, (kb - b) / STEP];
            let det = j[0] * j[3] - j[1] * j[2];
            if det.abs() < 1e-12 {
                break;
            }
            sigma += ((j[1] * b - j[3] * a) / det).clamp(-0.05, 0.05);
            kappa += ((j[2] * a - j[0] * b) / det).clamp(-0.03, 0.03);
        }
        let mu = published.line.ln() - sigma * bent(inverse(published.poor), kappa);
        Self { mu, sigma, kappa }
    }

    /// Log consumption at normal score `x`.
    pub(crate) fn log_at(&self, x: f64) -> f64 {
        self.mu + self.sigma * bent(x, self.kappa)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_holds_all_four_figures() {
        let published = Published { gini: 0.364, lowest_40: 0.1923, line: 575_856.0, poor: 0.1138 };
        let shape = Shape::fit(published);
        let scores: Vec<f64> =
            (0..5_000).map(|i| inverse((f64::from(i) + 0.5) / 5_000.0)).collect();
        let (gini, low) = inequality(&scores, shape.sigma, shape.kappa);
        assert!((gini - 0.364).abs() < 0.002 && (low - 0.1923).abs() < 0.001, "{gini} {low}");
        assert!((shape.log_at(inverse(0.1138)).exp() - 575_856.0).abs() < 1.0);
        let rising = scores.windows(2).all(|w| shape.log_at(w[0]) < shape.log_at(w[1]));
        assert!(rising);
    }
}
