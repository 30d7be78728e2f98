//! Links by probability: the person that is clearly best, or none.

use crate::link::{NONE, Proposal, Review};

/// When a scored pair becomes a link.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Least probability of a link, all candidates competing.
    pub link: f64,
    /// Least probability of a pair that is shown to a person.
    pub review: f64,
    /// Least distance to the next candidate, in bits.
    pub gap_bits: f64,
}

impl Default for Thresholds {
    /// By the model's own account one in ten of the weakest links is wrong, and the next
    /// candidate is at least 2^5 times less likely. What that gives against the truth is measured
    /// at every build that has one (`docs/benchmarks/build.md`).
    fn default() -> Self {
        Self { link: 0.9, review: 0.2, gap_bits: 5.0 }
    }
}

impl Thresholds {
    /// Whether a proposal is a link.
    #[must_use]
    pub fn links(&self, p: &Proposal) -> bool {
        p.best != NONE && p.probability >= self.link && p.gap >= self.gap_bits
    }

    /// The review row of a proposal that is no link but worth a look.
    #[must_use]
    pub fn review(&self, p: &Proposal, record: u64) -> Option<Review> {
        if p.best == NONE || self.links(p) || p.probability < self.review {
            return None;
        }
        Some(Review {
            record,
            candidate: p.best,
            runner_up: p.runner_up,
            probability: p.probability,
            gap: if p.gap.is_finite() { p.gap } else { p.weight.max(0.0) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clear_best_is_linked_and_the_close_call_is_reviewed() {
        let t = Thresholds::default();
        let p =
            |probability, gap| Proposal { best: 5, probability, gap, weight: 9.0, runner_up: 6 };
        assert!(t.links(&p(0.999, 10.0)) && t.review(&p(0.999, 10.0), 1).is_none());
        assert!(!t.links(&p(0.999, 1.0)));
        assert_eq!(t.review(&p(0.999, 1.0), 77).map(|r| (r.record, r.runner_up)), Some((77, 6)));
        assert!(!t.links(&p(0.8, 10.0)) && t.review(&p(0.8, 10.0), 1).is_some());
        assert!(t.review(&p(0.01, 10.0), 1).is_none());
        assert!(!t.links(&Proposal::NOBODY) && t.review(&Proposal::NOBODY, 1).is_none());
    }
}
