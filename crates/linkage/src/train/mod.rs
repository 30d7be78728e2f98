//! Training without labels: u from random pairs, m and the relatives' shares by EM on the counts
//! of patterns among the candidate pairs.
//!
//! The mixture is fitted in absolute numbers. Strangers' pairs with a pattern are expected
//! `possible pairs × Πu` times, whatever the blocking; only what exceeds that is shared between
//! matches and relatives. So one EM over the union of all rules cannot run away (with relative
//! shares it does: a blocked field always agrees, and agreement looks like a match).

use crate::block::Blocks;
use crate::compare::{Pattern, Store, Workspace, level_of};
use crate::model::Model;
use crate::spec::{Compare, Training};
use kernel::Chance;
use kernel::chance::mix;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

mod fit;
mod kin;

use fit::Fit;

/// Random pairs drawn by one task.
const DRAWS_PER_TASK: usize = 8_192;

/// Random pairs fetched together: few enough to be read in place.
const PAIRS_AT_ONCE: usize = 3;

/// Counts of patterns, sorted by pattern.
pub type Counts = Vec<(Pattern, u64)>;

/// What training saw, for the report.
#[derive(Debug, Clone, Default)]
pub struct TrainingNote {
    /// Random pairs compared.
    pub random_pairs: u64,
    /// Candidate pairs compared.
    pub candidate_pairs: u64,
    /// One of this many candidate pairs was used.
    pub thinning: u64,
    /// Distinct patterns among them.
    pub patterns: usize,
    /// Iterations of EM.
    pub iterations: usize,
    /// Estimated matching pairs among the candidates.
    pub matches: f64,
    /// Estimated pairs of relatives among the candidates.
    pub relatives: f64,
}

/// Sums over random pairs: pattern counts, and per comparison and level hits and Σ 1/frequency.
struct RandomPairs {
    counts: Counts,
    hits: Vec<[u64; 16]>,
    inverse: Vec<[f64; 16]>,
}

/// Merges unsorted counts into one sorted list.
#[must_use]
pub fn merge(maps: Vec<FxHashMap<Pattern, u64>>) -> Counts {
    let mut all: FxHashMap<Pattern, u64> = FxHashMap::default();
    for map in maps {
        for (pattern, count) in map {
            *all.entry(pattern).or_default() += count;
        }
    }
    let mut counts: Counts = all.into_iter().collect();
    counts.sort_unstable();
    counts
}

/// True when a pair belongs to the one in `thinning` that are used.
#[must_use]
pub const fn chosen(a: u32, b: u32, thinning: u64, seed: u64) -> bool {
    thinning <= 1
        || mix((a as u64) << 32 ^ b as u64 ^ seed.rotate_left(17)).is_multiple_of(thinning)
}

/// Trains a model.
#[must_use]
pub fn train(
    compares: &[Compare],
    settings: &Training,
    store: &Store,
    blocks: &Blocks,
    starts: &[u32],
    closed: bool,
) -> (Model, TrainingNote) {
    let random = random_pairs(settings, store, starts, closed);
    let (counts, thinning) = candidate_patterns(settings, store, blocks);
    let mut note = TrainingNote {
        random_pairs: random.counts.iter().map(|(_, n)| n).sum(),
        candidate_pairs: counts.iter().map(|(_, n)| n).sum(),
        thinning,
        patterns: counts.len(),
        ..TrainingNote::default()
    };
    let possible = blocks.possible_pairs();
    let mut fit = Fit::new(compares, store, &random, possible, settings.expected_matches);
    let agreeing: Vec<_> = (0..compares.len())
        .into_par_iter()
        .map(|c| kin::agreeing_pairs(settings.seed, c, store))
        .collect();
    fit.add_dependent(&agreeing);
    fit.run(&counts, &random, thinning as f64, settings.iterations, &mut note);
    (fit.model(compares, store, &random), note)
}

/// Draws random pairs (of different inputs when pairs within an input are closed).
fn random_pairs(settings: &Training, store: &Store, starts: &[u32], closed: bool) -> RandomPairs {
    let n = store.len as u64;
    let possible = n.saturating_mul(n.saturating_sub(1)) / 2;
    // Fewer do for a small file: its rare levels are settled by the dictionary.
    let asked = if n < 500_000 { settings.random_pairs * 3 / 10 } else { settings.random_pairs };
    let wanted = (asked as u64).min(possible.saturating_mul(4)) as usize;
    let tasks = wanted.div_ceil(DRAWS_PER_TASK);
    let parts: Vec<Drawn> = (0..tasks)
        .into_par_iter()
        .map_init(Workspace::default, |work, task| {
            draw(settings.seed, task as u64, store, starts, closed, work)
        })
        .collect();
    let width = store.evaluators.len();
    let mut hits = vec![[0u64; 16]; width];
    let mut inverse = vec![[0f64; 16]; width];
    let mut maps = Vec::with_capacity(parts.len());
    for part in parts {
        maps.push(part.patterns);
        for c in 0..width {
            for l in 0..16 {
                hits[c][l] += part.hits[c][l];
                inverse[c][l] += part.inverse[c][l];
            }
        }
    }
    RandomPairs { counts: merge(maps), hits, inverse }
}

/// What one task drew.
struct Drawn {
    patterns: FxHashMap<Pattern, u64>,
    hits: Vec<[u64; 16]>,
    inverse: Vec<[f64; 16]>,
}

fn draw(
    seed: u64,
    task: u64,
    store: &Store,
    starts: &[u32],
    closed: bool,
    work: &mut Workspace,
) -> Drawn {
    let width = store.evaluators.len();
    let mut out = Drawn {
        patterns: FxHashMap::default(),
        hits: vec![[0u64; 16]; width],
        inverse: vec![[0f64; 16]; width],
    };
    let mut chance = Chance::at(seed, 1, task);
    let mut drawn = Vec::with_capacity(DRAWS_PER_TASK * 2);
    for _ in 0..DRAWS_PER_TASK {
        if let Some(pair) = random_pair(&mut chance, starts, closed) {
            drawn.extend(pair);
        }
    }
    for chunk in drawn.chunks(PAIRS_AT_ONCE * 2) {
        store.gather(work, chunk);
        for i in (0..chunk.len()).step_by(2) {
            let pattern = store.pattern(work, i, i + 1);
            *out.patterns.entry(pattern).or_default() += 1;
            for (c, evaluator) in store.evaluators.iter().enumerate() {
                let level = level_of(pattern, c);
                if evaluator.term_frequency && level > 0 {
                    let share = f64::from(store.frequency(evaluator, work, i, i + 1));
                    out.hits[c][level as usize] += 1;
                    out.inverse[c][level as usize] += 1.0 / share.max(1e-9);
                }
            }
        }
    }
    out
}

/// Two different records, of different inputs when `closed`; every such pair is equally likely for
/// two inputs (nearly so for more).
fn random_pair(chance: &mut Chance, starts: &[u32], closed: bool) -> Option<[u32; 2]> {
    let n = *starts.last()?;
    let a = chance.below(u64::from(n)) as u32;
    if !closed {
        let b = chance.below(u64::from(n)) as u32;
        return (a != b).then_some([a, b]);
    }
    let source = starts.partition_point(|&s| s <= a) - 1;
    let (from, size) = (starts[source], starts[source + 1] - starts[source]);
    let b = chance.below(u64::from(n - size)) as u32;
    (n > size).then(|| [a, if b < from { b } else { b + size }])
}

/// Pattern counts of the candidate pairs, thinned evenly to the number wanted.
fn candidate_patterns(settings: &Training, store: &Store, blocks: &Blocks) -> (Counts, u64) {
    let upper: u64 = blocks.rules.iter().map(crate::block::RuleBlocks::pairs_upper).sum();
    let thinning = upper.div_ceil(settings.max_pairs as u64).max(1);
    let seed = settings.seed;
    let mut maps = Vec::new();
    for rule in 0..blocks.rules.len() {
        maps.extend(blocks.visit(
            rule,
            store,
            FxHashMap::<Pattern, u64>::default,
            |_, a, b| chosen(a, b, thinning, seed),
            |map, work, seen| *map.entry(store.pattern(work, seen.i, seen.j)).or_default() += 1,
        ));
    }
    (merge(maps), thinning)
}
