//! What is known of two clusters as one person: weights summed comparison by comparison.

use crate::compare::COMPARISONS_MAX;

/// The evidence between two clusters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tie {
    /// Pairs with known evidence.
    pub pairs: u32,
    /// Sum of what is not of one comparison: the prior, and what relatives take away.
    pub rest: f64,
    /// Per comparison the sum of the weights, and of how many pairs.
    pub sums: [f64; COMPARISONS_MAX],
    pub counts: [u32; COMPARISONS_MAX],
}

impl Tie {
    pub const fn plain(weight: f64) -> Self {
        Self { pairs: 1, rest: weight, sums: [0.0; COMPARISONS_MAX], counts: [0; COMPARISONS_MAX] }
    }

    pub fn add(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.rest += other.rest;
        for c in 0..COMPARISONS_MAX {
            self.sums[c] += other.sums[c];
            self.counts[c] += other.counts[c];
        }
    }

    pub fn evidence(&self) -> f64 {
        let of_comparisons: f64 = self
            .sums
            .iter()
            .zip(&self.counts)
            .map(|(s, n)| if *n > 0 { s / f64::from(*n) } else { 0.0 })
            .sum();
        self.rest / f64::from(self.pairs.max(1)) + of_comparisons
    }
}
