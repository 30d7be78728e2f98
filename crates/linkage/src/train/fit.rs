//! The fit itself: expectation and maximisation over patterns, with the classes of relatives.

use super::kin::{Kin, kin_classes};
use super::{Counts, RandomPairs, TrainingNote};
use crate::compare::{Pattern, Rule, Store, level_of};
use crate::model::{Model, ModelComparison, ModelLevel, RelatedClass};
use crate::spec::Compare;

/// The parameters while they are fitted. Levels are counted from 0; missing ones have no say.
pub(super) struct Fit {
    pub(super) m: Vec<Vec<f64>>,
    pub(super) u: Vec<Vec<f64>>,
    pub(super) kin: Vec<Kin>,
    pub(super) matches: f64,
    pub(super) possible: f64,
    /// Chance that two random records hold the same value, from the dictionary, per comparison.
    equal: Vec<Option<f64>>,
    expected: Option<f64>,
    /// Comparisons that few strangers agree on.
    pub(super) sharp: Vec<bool>,
    /// Patterns of pairs that people decided: true for one person.
    pub(super) labels: Vec<(Pattern, bool)>,
    /// Names of the comparisons.
    pub(super) names: Vec<String>,
    /// Comparisons that a household shares.
    household: Vec<bool>,
}

/// Weight (in pairs) of the prior shares in each update.
const PRIOR_PAIRS: f64 = 4.0;
/// In a related class at most this share agrees fully on a sharp comparison it is not about.
const CAP: f64 = 0.03;
/// Greatest share of matches that disagree outright on a sharp comparison.
const DISAGREE_MAX: f64 = 0.5;
/// Least share of a household's pairs that agree fully on a sharp household comparison.
const TOGETHER_MIN: f64 = 0.3;
/// A comparison is sharp when fewer strangers than this agree fully.
pub(super) const SHARP: f64 = 0.05;

impl Fit {
    pub(super) fn new(
        compares: &[Compare],
        store: &Store,
        random: &RandomPairs,
        possible: f64,
        expected: Option<f64>,
    ) -> Self {
        let u: Vec<Vec<f64>> = shares_of(store, &random.counts, &|_| 1.0);
        let m: Vec<Vec<f64>> = store.evaluators.iter().map(|e| start_m(e.levels)).collect();
        let records = store.len as f64;
        let equal = store.evaluators.iter().map(|e| equal_chance(store, e)).collect();
        let matches = expected.unwrap_or(records * 0.2).min(possible * 0.5);
        let sharp: Vec<bool> = u.iter().map(|u| u[u.len() - 1] < SHARP).collect();
        let names: Vec<String> = compares.iter().map(|c| c.name.clone()).collect();
        let kin = kin_classes(&names, store, &u, &sharp, records * 0.02);
        let household = store.evaluators.iter().map(|e| e.household).collect();
        let labels = Vec::new();
        Self { m, u, kin, matches, possible, equal, expected, sharp, labels, household, names }
    }

    /// Probabilities of the classes for a pattern: matches, strangers, related classes.
    pub(super) fn posterior(&self, pattern: Pattern, out: &mut [f64]) {
        (out[0], out[1]) = (self.matches, self.possible);
        for (slot, kin) in out[2..].iter_mut().zip(&self.kin) {
            *slot = kin.mass;
        }
        for c in 0..self.m.len() {
            let level = level_of(pattern, c);
            if level >= 0 {
                let l = level as usize;
                out[0] *= self.m[c][l];
                out[1] *= self.u[c][l];
                for (slot, kin) in out[2..].iter_mut().zip(&self.kin) {
                    *slot *= kin.shares[c][l];
                }
            }
        }
        let total: f64 = out.iter().sum();
        if total > 0.0 {
            out.iter_mut().for_each(|p| *p /= total);
        } else {
            out.fill(0.0);
            out[1] = 1.0;
        }
    }

    pub(super) fn run(
        &mut self,
        counts: &Counts,
        random: &RandomPairs,
        thinning: f64,
        iterations: usize,
        note: &mut TrainingNote,
    ) {
        for iteration in 1..=iterations {
            let before = (self.matches, self.m.clone());
            self.step(counts, random, thinning);
            note.iterations = iteration;
            let moved = self
                .m
                .iter()
                .flatten()
                .zip(before.1.iter().flatten())
                .map(|(x, y)| (x - y).abs())
                .fold(0.0, f64::max);
            if moved < 1e-4 && (self.matches - before.0).abs() < 1e-4 * self.matches {
                break;
            }
        }
        note.matches = self.matches;
        note.relatives = self.kin.iter().map(|k| k.mass).sum();
    }

    fn step(&mut self, counts: &Counts, random: &RandomPairs, thinning: f64) {
        let zero: Vec<Vec<f64>> = self.m.iter().map(|m| vec![0.0; m.len()]).collect();
        let classes = self.kin.len() + 2;
        let mut sums = vec![zero.clone(); classes];
        let mut masses = vec![0.0; classes];
        let mut p = vec![0.0; classes];
        for &(pattern, count) in counts {
            self.posterior(pattern, &mut p);
            for (k, share) in p.iter().enumerate() {
                let pairs = share * count as f64 * thinning;
                if k == 1 || pairs < 1e-9 {
                    continue;
                }
                masses[k] += pairs;
                add(&mut sums[k], pattern, pairs);
            }
        }
        self.correct_labels(&mut sums, &mut masses, &mut p);
        let mut u = zero;
        for &(pattern, count) in &random.counts {
            self.posterior(pattern, &mut p);
            add(&mut u, pattern, p[1] * count as f64);
        }
        self.matches = self.expected.unwrap_or(masses[0]).max(1.0);
        for c in 0..self.m.len() {
            self.u[c] =
                normal(&u[c], &vec![1.0 / u[c].len() as f64; u[c].len()], 0.5 * u[c].len() as f64);
            self.m[c] = normal(&sums[0][c], &start_m(u[c].len()), PRIOR_PAIRS);
            if self.sharp[c] && !self.household[c] {
                anchor(&mut self.m[c]);
            }
            for (k, kin) in self.kin.iter_mut().enumerate() {
                kin.mass = masses[k + 2].max(0.01);
                if kin.pinned[c] {
                    kin.shares[c].clone_from(&self.u[c]);
                    continue;
                }
                kin.shares[c] = normal(&sums[k + 2][c], &self.u[c], PRIOR_PAIRS);
                if self.sharp[c] && !kin.about[c] {
                    cap(&mut kin.shares[c]);
                }
                if kin.household && self.sharp[c] && self.household[c] {
                    together(&mut kin.shares[c]);
                }
            }
            self.correct_equal(c);
        }
    }

    /// What people decided stands in place of what the model thinks of a pair: so pairs chosen
    /// because they are doubtful do not bend the shares.
    fn correct_labels(&self, sums: &mut [Vec<Vec<f64>>], masses: &mut [f64], p: &mut [f64]) {
        for &(pattern, same) in &self.labels {
            self.posterior(pattern, p);
            let others = (1.0 - p[0]).max(1e-9);
            for k in (0..p.len()).filter(|k| *k != 1) {
                let known = match (same, k) {
                    (true, 0) => 1.0,
                    (true, _) | (false, 0) => 0.0,
                    (false, _) => p[k] / others,
                };
                masses[k] = (masses[k] + known - p[k]).max(0.0);
                add(&mut sums[k], pattern, known - p[k]);
            }
        }
        if !self.labels.is_empty() {
            sums.iter_mut().flatten().flatten().for_each(|sum| *sum = sum.max(0.0));
        }
    }

    /// The top level's u from the dictionary, less the matches and relatives that are in it.
    fn correct_equal(&mut self, c: usize) {
        let Some(equal) = self.equal[c] else { return };
        let top = self.u[c].len() - 1;
        let known: f64 = self.matches * self.m[c][top]
            + self.kin.iter().map(|k| k.mass * k.shares[c][top]).sum::<f64>();
        let strangers = (equal - known / self.possible).max(equal * 0.02).max(1e-10);
        self.u[c][top] = strangers;
        let rest: f64 = self.u[c][..top].iter().sum();
        if rest > 0.0 {
            for value in &mut self.u[c][..top] {
                *value *= (1.0 - strangers) / rest;
            }
        }
    }

    pub(super) fn model(&self, compares: &[Compare], store: &Store, random: &RandomPairs) -> Model {
        let kept: Vec<&Kin> = self.kin.iter().filter(|k| k.mass >= 1.0).collect();
        let comparisons = compares
            .iter()
            .enumerate()
            .map(|(c, compare)| {
                let top = self.u[c].len() - 1;
                let levels = (0..=top)
                    .map(|l| ModelLevel {
                        label: compare.labels[l].clone(),
                        m: self.m[c][l],
                        u: self.u[c][l],
                        related: kept.iter().map(|k| k.shares[c][l]).collect(),
                        reference_frequency: self.reference(c, l, top, store, random),
                    })
                    .collect();
                ModelComparison { name: compare.name.clone(), household: compare.household, levels }
            })
            .collect();
        let related = kept
            .iter()
            .map(|k| RelatedClass {
                name: k.name.clone(),
                prior: k.mass / self.possible,
                by_chance: k.about.iter().map(|about| !(k.household && *about)).collect(),
            })
            .collect();
        Model { version: 1, prior: self.matches / self.possible, related, comparisons }
    }

    /// The harmonic mean frequency of values that agree by chance at a level: with it the weights
    /// of rare and common values average to the level's own.
    fn reference(
        &self,
        c: usize,
        l: usize,
        top: usize,
        store: &Store,
        random: &RandomPairs,
    ) -> Option<f64> {
        let evaluator = &store.evaluators[c];
        if !evaluator.term_frequency || l == 0 {
            return None;
        }
        if l == top {
            return self.equal[c].map(|equal| equal.min(self.u[c][top] * 2.0).max(self.u[c][top]));
        }
        let hits = random.hits[c][l];
        (hits >= 20).then(|| hits as f64 / random.inverse[c][l])
    }
}

fn add(sums: &mut [Vec<f64>], pattern: Pattern, pairs: f64) {
    for (c, shares) in sums.iter_mut().enumerate() {
        let level = level_of(pattern, c);
        if level >= 0 {
            shares[level as usize] += pairs;
        }
    }
}

/// Matches do not disagree outright on a sharp field more often than [`DISAGREE_MAX`]: this keeps
/// the class of the matches from moving to another crowd of pairs.
fn anchor(shares: &mut [f64]) {
    if shares[0] > DISAGREE_MAX {
        let rest = (1.0 - shares[0]).max(1e-9);
        for share in &mut shares[1..] {
            *share *= (1.0 - DISAGREE_MAX) / rest;
        }
        shares[0] = DISAGREE_MAX;
    }
}

/// A household's pairs agree fully on a sharp household field in [`TOGETHER_MIN`] of the cases at
/// least; else the class would drift to pairs that share something else.
fn together(shares: &mut [f64]) {
    let top = shares.len() - 1;
    if shares[top] < TOGETHER_MIN {
        let rest = (1.0 - shares[top]).max(1e-9);
        for share in &mut shares[..top] {
            *share *= (1.0 - TOGETHER_MIN) / rest;
        }
        shares[top] = TOGETHER_MIN;
    }
}

/// Brings the top share down to [`CAP`], the others up in proportion.
fn cap(shares: &mut [f64]) {
    let top = shares.len() - 1;
    if shares[top] > CAP {
        let rest = 1.0 - shares[top];
        shares[top] = CAP;
        for share in &mut shares[..top] {
            *share =
                if rest > 1e-9 { *share * (1.0 - CAP) / rest } else { (1.0 - CAP) / top as f64 };
        }
    }
}

/// Chance that two different records hold the same known value.
fn equal_chance(store: &Store, evaluator: &crate::compare::store::Evaluator) -> Option<f64> {
    if matches!(evaluator.rule, Rule::Ladder(_) | Rule::Geographic(_) | Rule::Array(_)) {
        return None;
    }
    let equal = store.agreement[evaluator.feature];
    equal.is_finite().then(|| equal.max(1e-12))
}

/// First guess of m: mostly the best level, the rest falling.
pub(super) fn start_m(levels: usize) -> Vec<f64> {
    let mut m = vec![0.0; levels];
    let mut left = 1.0;
    for l in (1..levels).rev() {
        m[l] = left * if l == levels - 1 { 0.8 } else { 0.4 };
        left -= m[l];
    }
    m[0] = left;
    m
}

pub(super) fn blend(a: &[f64], b: &[f64], part: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x * (1.0 - part) + y * part).collect()
}

/// Shares from counts with `weight` pairs of prior shares.
fn normal(counts: &[f64], prior: &[f64], weight: f64) -> Vec<f64> {
    let total: f64 = counts.iter().sum::<f64>() + weight;
    counts.iter().zip(prior).map(|(c, p)| (c + weight * p) / total).collect()
}

/// Shares of the levels of each comparison.
fn shares_of(store: &Store, counts: &Counts, weight: &dyn Fn(Pattern) -> f64) -> Vec<Vec<f64>> {
    let mut sums: Vec<Vec<f64>> = store.evaluators.iter().map(|e| vec![0.0; e.levels]).collect();
    for &(pattern, count) in counts {
        for (c, shares) in sums.iter_mut().enumerate() {
            let level = level_of(pattern, c);
            if level >= 0 {
                shares[level as usize] += count as f64 * weight(pattern);
            }
        }
    }
    sums.iter()
        .map(|s| normal(s, &vec![1.0 / s.len() as f64; s.len()], 0.5 * s.len() as f64))
        .collect()
}
