//! How many true pairs blocking missed, from the overlap of the rules (capture and recapture).
//!
//! Chao's lower-bound estimator (1987) for heterogeneous capture: with `f1` true pairs proposed by
//! exactly one rule and `f2` by exactly two, about `f1² / 2·f2` were proposed by none. Each pair
//! counts with its probability of being true.

use crate::command::Outcome;
use crate::model::probability;

/// Estimated share of the true pairs that some rule proposes.
#[must_use]
pub fn candidate_recall(outcome: &Outcome) -> f64 {
    let rules = outcome.blocks.rules.iter().filter(|r| !r.derived).count();
    let (mut once, mut twice, mut all) = (0.0, 0.0, 0.0);
    for edge in outcome.scored.edges.iter().filter(|e| e.weight > 0.0) {
        let p = probability(edge.weight);
        all += p;
        match outcome.blocks.rules_of(edge.a, edge.b).count_ones() {
            0 | 1 => once += p,
            2 => twice += p,
            _ => {}
        }
    }
    if rules < 2 || all <= 0.0 {
        return 1.0;
    }
    let k = rules as f64;
    let missed = (k - 1.0) / k * once * once / (2.0 * twice.max(1.0));
    all / (all + missed.min(all))
}
