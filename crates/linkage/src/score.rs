//! Scoring: every candidate pair once; those probable enough are kept as edges, and what all pairs
//! say together (error rates, recall of the rules) is summed.

use crate::block::Blocks;
use crate::compare::{Pattern, Store, Workspace};
use crate::model::{Mass, Scorer, probability};
use crate::train::SeenPatterns;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// A scored pair that is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The lower record.
    pub a: u32,
    /// The higher record.
    pub b: u32,
    /// Match weight: log2 of the posterior odds.
    pub weight: f64,
    /// Levels of the comparisons.
    pub pattern: Pattern,
}

/// What one rule gave.
#[derive(Debug, Clone, Default)]
pub struct RuleNote {
    /// Pairs this rule was the first to find.
    pub pairs: u64,
    /// Kept edges among them.
    pub kept: u64,
}

/// Edges in the order of their records, and notes per rule.
#[derive(Debug, Default)]
pub struct Scored {
    /// The kept pairs, sorted by (a, b).
    pub edges: Vec<Edge>,
    /// One note per rule.
    pub rules: Vec<RuleNote>,
}

/// The weight of local records `i` and `j` with term frequencies.
pub fn weigh(
    store: &Store,
    scorer: &Scorer,
    work: &Workspace,
    i: usize,
    j: usize,
    pattern: Pattern,
    mut mass: Mass,
) -> f64 {
    for (c, evaluator) in store.evaluators.iter().enumerate() {
        if evaluator.term_frequency && scorer.has_reference(c, pattern) {
            let frequency = f64::from(store.frequency(evaluator, work, i, j));
            scorer.adjust(&mut mass, c, pattern, frequency);
        }
    }
    mass.weight()
}

/// In which order comparisons are made, and how much the later ones can still add.
pub struct Bound {
    order: Vec<usize>,
    /// Greatest sum of weights of the comparisons from each place on.
    rest: Vec<f64>,
    base: f64,
    /// Per comparison and level + 1: the plain weight with the greatest term-frequency gain.
    weights: Vec<[f64; 16]>,
}

impl Bound {
    /// Cheap comparisons first, names last.
    #[must_use]
    pub fn new(store: &Store, scorer: &Scorer) -> Self {
        use crate::compare::Rule;
        let cost = |c: usize| match store.evaluators[c].rule {
            Rule::Exact => 0,
            Rule::Date => 1,
            Rule::Number(..) => 2,
            Rule::Edits(..) => 3,
            Rule::JaroWinkler(_) => 4,
            Rule::Geographic(_) | Rule::Array(_) => 5,
            Rule::Name => 6,
            Rule::Ladder(_) => 7,
        };
        let mut order: Vec<usize> = (0..scorer.len()).collect();
        order.sort_by_key(|&c| (cost(c), c));
        let weights: Vec<[f64; 16]> =
            (0..scorer.len()).map(|c| best_weights(store, scorer, c)).collect();
        let mut rest = vec![0.0; order.len() + 1];
        for at in (0..order.len()).rev() {
            let c = order[at];
            let top = weights[c][..=store.evaluators[c].levels]
                .iter()
                .copied()
                .fold(f64::NEG_INFINITY, f64::max);
            rest[at] = rest[at + 1] + top.max(0.0);
        }
        Self { order, rest, base: scorer.base_weight(), weights }
    }

    /// The pattern of a pair, or `None` as soon as its weight must stay below `least`.
    pub fn pattern(
        &self,
        store: &Store,
        work: &mut Workspace,
        i: usize,
        j: usize,
        least: f64,
    ) -> Option<Pattern> {
        let mut pattern = 0;
        let mut sum = self.base;
        for (at, &c) in self.order.iter().enumerate() {
            let level = store.level(&store.evaluators[c], work, i, j);
            sum += self.weights[c][(level + 1) as usize];
            if sum + self.rest[at + 1] < least {
                return None;
            }
            pattern |= ((level + 1) as u64) << (4 * c);
        }
        Some(pattern)
    }
}

/// Weights of a comparison's levels with the rarest value's gain.
fn best_weights(store: &Store, scorer: &Scorer, c: usize) -> [f64; 16] {
    let evaluator = &store.evaluators[c];
    let rarest = store.rarest.log2();
    let mut out = [0.0; 16];
    for level in 0..evaluator.levels as i8 {
        let reference = scorer.reference_of(c, level);
        let gain = if reference.is_nan() { 0.0 } else { (reference - rarest).max(0.0) };
        out[(level + 1) as usize] = scorer.plain_weight(c, level) + gain;
    }
    out
}

/// What is known of a pattern before the values of a pair are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(crate) mass: Mass,
    /// The weight without term frequencies.
    pub(crate) plain: f64,
    /// The greatest weight that the rarest values could give.
    pub(crate) best: f64,
    /// Some level of it has a term-frequency weight.
    pub(crate) varies: bool,
}

impl Known {
    pub(crate) fn new(store: &Store, scorer: &Scorer, pattern: Pattern) -> Self {
        let mass = scorer.mass(pattern);
        let mut rarest = mass;
        let mut varies = false;
        for (c, evaluator) in store.evaluators.iter().enumerate() {
            if evaluator.term_frequency && scorer.has_reference(c, pattern) {
                varies = true;
                scorer.adjust(&mut rarest, c, pattern, store.rarest);
            }
        }
        let plain = mass.weight();
        Self { mass, plain, best: rarest.weight().max(plain), varies }
    }
}

/// What decides on most pairs of a pattern.
#[derive(Clone, Copy)]
struct Brief {
    plain: f64,
    best: f64,
    varies: bool,
}

impl Brief {
    fn new(store: &Store, scorer: &Scorer, pattern: Pattern) -> Self {
        let Known { plain, best, varies, .. } = Known::new(store, scorer, pattern);
        Self { plain, best, varies }
    }
}

/// The note of a pair whose pattern was not kept (no pattern has all bits set).
const UNKNOWN: u64 = u64::MAX;

/// One task's results.
#[derive(Default)]
struct Part<'a> {
    edges: Vec<Edge>,
    /// Patterns that training did not see.
    new: FxHashMap<Pattern, Brief>,
    pairs: u64,
    /// The patterns of this task's pairs, when training kept them.
    seen: &'a [Pattern],
}

/// Scores every candidate pair and keeps those of at least `min_probability`. Pairs whose patterns
/// training has kept are not compared again.
#[must_use]
pub fn score(
    store: &Store,
    blocks: &Blocks,
    scorer: &Scorer,
    min_probability: f64,
    seen: &SeenPatterns,
) -> Scored {
    let least = (min_probability / (1.0 - min_probability)).log2();
    let bound = Bound::new(store, scorer);
    let brief = |pattern: Pattern| Brief::new(store, scorer, pattern);
    let known: FxHashMap<Pattern, Brief> =
        seen.patterns.iter().map(|pattern| (*pattern, brief(*pattern))).collect();
    let of = |part: &mut Part<'_>, pattern: Pattern| match known.get(&pattern) {
        Some(known) => *known,
        None => *part.new.entry(pattern).or_insert_with(|| brief(pattern)),
    };
    let mut out = Scored::default();
    for rule in 0..blocks.rules.len() {
        let parts = blocks.visit(
            rule,
            store,
            |_| true,
            |task| {
                let seen = seen.of_tasks.get(rule).and_then(|tasks| tasks.get(task));
                Part { seen: seen.map_or(&[], Vec::as_slice), ..Part::default() }
            },
            |part, _, _| {
                part.pairs += 1;
                let Some(&pattern) = part.seen.get(part.pairs as usize - 1) else {
                    return Some(UNKNOWN);
                };
                (of(part, pattern).best >= least).then_some(pattern)
            },
            |part, work, pair| {
                let pattern = match pair.note {
                    UNKNOWN => bound.pattern(store, work, pair.i, pair.j, least),
                    pattern => Some(pattern),
                };
                let Some(pattern) = pattern else { return };
                let known = of(part, pattern);
                let weight = if known.varies && known.best >= least {
                    let mass = scorer.mass(pattern);
                    weigh(store, scorer, work, pair.i, pair.j, pattern, mass)
                } else {
                    known.plain
                };
                if weight >= least {
                    part.edges.push(Edge { a: pair.a, b: pair.b, weight, pattern });
                }
            },
        );
        let mut note = RuleNote::default();
        for part in parts {
            note.pairs += part.pairs;
            note.kept += part.edges.len() as u64;
            out.edges.extend(part.edges);
        }
        out.rules.push(note);
    }
    out.edges.par_sort_unstable_by_key(|e| (e.a, e.b));
    out
}

/// Error rates without labels, from the sum of the probabilities.
#[derive(Debug, Clone, Copy, Default)]
pub struct ErrorRates {
    /// Pairs decided to be matches.
    pub decided: u64,
    /// Expected share of them that are false (false discovery rate).
    pub false_discovery: f64,
    /// Expected share of the true pairs among the candidates that are not decided.
    pub false_negative: f64,
    /// Expected number of true pairs among the kept candidates.
    pub expected_matches: f64,
}

/// Sums over the kept pairs; `together` tells whether a pair is decided to match.
///
/// Inside a cluster a pair is as sure as itself, or as the weaker of the two records' best ties to
/// the cluster: two incomplete records may be one person only through a third.
#[must_use]
pub fn error_rates(edges: &[Edge], records: usize, together: impl Fn(&Edge) -> bool) -> ErrorRates {
    let mut best = vec![f64::NEG_INFINITY; records];
    for edge in edges.iter().filter(|e| together(e)) {
        for record in [edge.a, edge.b] {
            let best = &mut best[record as usize];
            *best = best.max(edge.weight);
        }
    }
    let (mut decided, mut wrong, mut missed, mut all) = (0u64, 0.0, 0.0, 0.0);
    for edge in edges {
        if together(edge) {
            let through = best[edge.a as usize].min(best[edge.b as usize]);
            let p = probability(edge.weight.max(through));
            decided += 1;
            wrong += 1.0 - p;
            all += p;
        } else {
            let p = probability(edge.weight);
            missed += p;
            all += p;
        }
    }
    ErrorRates {
        decided,
        false_discovery: if decided > 0 { wrong / decided as f64 } else { 0.0 },
        false_negative: if all > 0.0 { missed / all } else { 0.0 },
        expected_matches: all,
    }
}
