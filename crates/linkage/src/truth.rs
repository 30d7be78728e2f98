//! A run against the truth, when a column of the inputs tells it: precision and recall, and whether
//! probabilities mean what they say.

use crate::command::Outcome;
use crate::model::probability;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// Precision, recall and their harmonic mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Rates {
    /// Share of decided pairs that are true.
    pub precision: f64,
    /// Share of true pairs that are decided, lost by blocking included.
    pub recall: f64,
    /// Harmonic mean.
    pub f1: f64,
}

impl Rates {
    fn new(right: u64, made: u64, truth: u64) -> Self {
        let share = |of: u64| if of > 0 { right as f64 / of as f64 } else { 1.0 };
        let (precision, recall) = (share(made), share(truth));
        let f1 = 2.0 * right as f64 / ((made + truth).max(1)) as f64;
        Self { precision, recall, f1 }
    }
}

/// One bin of probabilities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Pairs in it.
    pub pairs: u64,
    /// Their mean probability.
    pub said: f64,
    /// Share of them that are true.
    pub held: f64,
}

/// The comparison with the truth.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Against {
    /// True pairs among all records with a known truth.
    pub true_pairs: u64,
    /// Pairs at the run's threshold.
    pub pairs: Rates,
    /// Pairs of one cluster.
    pub clusters: Rates,
    /// The best threshold (weight) by F1 and its rates: needs the truth, so an upper bound.
    pub best_weight: f64,
    /// See `best_weight`.
    pub best: Rates,
    /// Ten bins of equal width.
    pub reliability: Vec<Bin>,
    /// Mean distance of said and held, weighted by pairs (expected calibration error).
    pub calibration_error: f64,
    /// Recall and precision while the threshold falls.
    #[serde(skip)]
    pub curve: Vec<(f64, f64)>,
}

/// Pairs of records of one group that may be paired at all (not within a closed input), among
/// those with a known truth.
fn pairs_of(outcome: &Outcome, group: &dyn Fn(usize) -> u64) -> u64 {
    let Some(truth) = &outcome.truth else { return 0 };
    let mut all: FxHashMap<u64, u64> = FxHashMap::default();
    let mut closed: FxHashMap<(u64, usize), u64> = FxHashMap::default();
    for record in (0..truth.len()).filter(|r| truth[*r] != 0) {
        *all.entry(group(record)).or_default() += 1;
        let source = outcome.records.source(record as u32);
        if outcome.blocks.closed(source) {
            *closed.entry((group(record), source)).or_default() += 1;
        }
    }
    let pairs = |n: &u64| n * (n - 1) / 2;
    all.values().map(pairs).sum::<u64>() - closed.values().map(pairs).sum::<u64>()
}

/// Judges a run by its truth; `None` when no column tells it. Records without a truth are left out.
#[must_use]
pub fn against(outcome: &Outcome, threshold: f64) -> Option<Against> {
    let truth = outcome.truth.as_ref()?;
    let known = |record: u32| truth[record as usize] != 0;
    let same = |a: u32, b: u32| truth[a as usize] == truth[b as usize];
    let leader = &outcome.clusters.leader;
    let true_pairs = pairs_of(outcome, &|r| u64::from(truth[r]));
    let together = pairs_of(outcome, &|r| u64::from(leader[r]));
    let both = pairs_of(outcome, &|r| u64::from(truth[r]) << 32 | u64::from(leader[r]));
    let mut rows: Vec<(f64, bool)> = outcome
        .scored
        .edges
        .iter()
        .filter(|e| known(e.a) && known(e.b))
        .map(|e| (e.weight, same(e.a, e.b)))
        .collect();
    rows.sort_unstable_by(|x, y| y.0.total_cmp(&x.0).then(y.1.cmp(&x.1)));
    let mut out = Against {
        true_pairs,
        clusters: Rates::new(both, together, true_pairs),
        ..Against::default()
    };
    let (mut right, step) = (0, (rows.len() / 200).max(1));
    for (at, &(weight, is_true)) in rows.iter().enumerate() {
        right += u64::from(is_true);
        let rates = Rates::new(right, at as u64 + 1, true_pairs);
        if weight >= threshold {
            out.pairs = rates;
        }
        if rates.f1 > out.best.f1 {
            (out.best, out.best_weight) = (rates, weight);
        }
        if at % step == step - 1 {
            out.curve.push((rates.recall, rates.precision));
        }
    }
    out.reliability = reliability(&rows);
    let all = rows.len().max(1) as f64;
    out.calibration_error =
        out.reliability.iter().map(|b| b.pairs as f64 / all * (b.said - b.held).abs()).sum();
    Some(out)
}

fn reliability(rows: &[(f64, bool)]) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); 10];
    for &(weight, is_true) in rows {
        let p = probability(weight);
        let bin = &mut bins[((p * 10.0) as usize).min(9)];
        bin.pairs += 1;
        bin.said += p;
        bin.held += f64::from(u8::from(is_true));
    }
    for bin in &mut bins {
        let n = bin.pairs.max(1) as f64;
        bin.said /= n;
        bin.held /= n;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_what_is_said() {
        let rows = [(3.0, true), (3.0, true), (3.0, false), (-40.0, false)];
        let bins = reliability(&rows);
        assert_eq!((bins[8].pairs, bins[0].pairs), (3, 1));
        assert!(
            (bins[8].said - 8.0 / 9.0).abs() < 1e-12 && (bins[8].held - 2.0 / 3.0).abs() < 1e-12
        );
        let rates = Rates::new(2, 4, 8);
        assert_eq!((rates.precision, rates.recall), (0.5, 0.25));
        assert!((rates.f1 - 1.0 / 3.0).abs() < 1e-12);
    }
}
