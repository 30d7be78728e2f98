//! Links by probability: of all candidates of a record, the one that is clearly best, or none.

use crate::link::{Candidate, NONE, Review};
use engine::sort::runs;

/// When a scored pair becomes a link.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Least weight (bits, prior included) of a link.
    pub link_bits: f64,
    /// Least weight of a pair that is shown to a person.
    pub review_bits: f64,
    /// Least distance to the next candidate, in bits.
    pub gap_bits: f64,
}

impl Default for Thresholds {
    /// A link is wrong in at most one of 2^7 by the model's own account, and 2^5 times likelier
    /// than the next. Chosen so that precision on links stays above 0.999 (see `docs/benchmarks/build.md`).
    fn default() -> Self {
        Self { link_bits: 7.0, review_bits: 0.0, gap_bits: 5.0 }
    }
}

/// The choice for one left row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The left row.
    pub left: u32,
    /// The likeliest person.
    pub best: u32,
    /// Its weight.
    pub weight: f64,
    /// The next person, or [`NONE`].
    pub runner_up: u32,
    /// Bits between the two (the weight itself when there is no next).
    pub gap: f64,
    /// Whether it is a link.
    pub linked: bool,
}

/// Chooses among candidates; they may come in any order, several per left row.
#[must_use]
pub fn choose(mut candidates: Vec<Candidate>, thresholds: Thresholds) -> Vec<Choice> {
    candidates.sort_unstable_by(|a, b| {
        a.left.cmp(&b.left).then(b.weight.total_cmp(&a.weight)).then(a.right.cmp(&b.right))
    });
    runs(&candidates, |c| c.left)
        .map(|range| {
            let best = candidates[range.start];
            let next = candidates[range.clone()].iter().find(|c| c.right != best.right);
            let gap = next.map_or(f64::INFINITY, |n| best.weight - n.weight);
            Choice {
                left: best.left,
                best: best.right,
                weight: best.weight,
                runner_up: next.map_or(NONE, |n| n.right),
                gap,
                linked: best.weight >= thresholds.link_bits && gap >= thresholds.gap_bits,
            }
        })
        .collect()
}

/// The review row of a choice that is no link but worth a look.
#[must_use]
pub fn review(choice: &Choice, record: u64, thresholds: Thresholds) -> Option<Review> {
    if choice.linked || choice.weight < thresholds.review_bits {
        return None;
    }
    Some(Review {
        record,
        candidate: choice.best,
        runner_up: choice.runner_up,
        probability: 1.0 / (1.0 + (-choice.weight).exp2()),
        gap: if choice.gap.is_finite() { choice.gap } else { choice.weight },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clear_best_is_linked_and_the_close_call_is_not() {
        let pair = |left, right, weight| Candidate { left, right, weight };
        let choices = choose(
            vec![
                pair(1, 9, 12.0),
                pair(0, 5, 20.0),
                pair(0, 6, 3.0),
                pair(1, 8, 12.5),
                pair(2, 7, 2.0),
            ],
            Thresholds::default(),
        );
        let linked: Vec<_> = choices.iter().map(|c| (c.left, c.best, c.linked)).collect();
        assert_eq!(linked, [(0, 5, true), (1, 8, false), (2, 7, false)]);
        let review = review(&choices[1], 77, Thresholds::default()).unwrap();
        assert_eq!((review.candidate, review.runner_up), (8, 9));
    }
}
