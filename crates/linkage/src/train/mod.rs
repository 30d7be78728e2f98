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
use std::collections::BTreeMap;

mod fit;
mod kin;

use fit::Fit;

/// Records drawn by one task, to be paired among each other.
const DRAWN_RECORDS: usize = 512;
/// Random pairs of each of them.
const PAIRS_PER_RECORD: usize = 16;

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

/// True when the pairs of a record (with those after it) belong to the one in `thinning` used.
#[must_use]
pub const fn chosen(record: u32, thinning: u64, seed: u64) -> bool {
    thinning <= 1 || mix(record as u64 ^ seed.rotate_left(17)).is_multiple_of(thinning)
}

/// What training saw of the candidate pairs, for scoring.
#[derive(Debug, Default)]
pub struct SeenPatterns {
    /// The different patterns.
    pub patterns: Vec<Pattern>,
    /// The patterns of all pairs in the order they are visited, by rule, by task: kept when training
    /// saw every pair, so that scoring need not compare them again. Else empty.
    pub of_tasks: Vec<Vec<Vec<Pattern>>>,
}

/// A trained model and what came with it.
pub struct Trained {
    /// The model.
    pub model: Model,
    /// For the report.
    pub note: TrainingNote,
    /// For scoring.
    pub seen: SeenPatterns,
}

/// What a model is trained on.
pub struct Job<'a> {
    /// The comparisons.
    pub compares: &'a [Compare],
    /// The settings of training.
    pub settings: &'a Training,
    /// Prepared records.
    pub store: &'a Store,
    /// Candidate pairs.
    pub blocks: &'a Blocks,
    /// First record of each input, and the total.
    pub starts: &'a [u32],
    /// Pairs only between different inputs.
    pub closed: bool,
    /// Pairs that people decided: true for one person.
    pub labels: &'a BTreeMap<(u32, u32), bool>,
}

/// Trains a model.
#[must_use]
pub fn train(job: &Job<'_>) -> Trained {
    let Job { compares, settings, store, blocks, starts, closed, labels } = *job;
    let random = random_pairs(settings, store, starts, closed);
    let (counts, thinning, of_tasks) = candidate_patterns(settings, store, blocks);
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
    fit.labels = label_patterns(store, labels);
    fit.run(&counts, &random, thinning as f64, settings.iterations, &mut note);
    let patterns = counts.iter().map(|(pattern, _)| *pattern).collect();
    let seen = SeenPatterns { patterns, of_tasks };
    Trained { model: fit.model(compares, store, &random), note, seen }
}

/// The patterns of decided pairs.
fn label_patterns(store: &Store, labels: &BTreeMap<(u32, u32), bool>) -> Vec<(Pattern, bool)> {
    let mut work = Workspace::default();
    let mut pattern = |a, b| {
        store.gather(&mut work, &[a, b]);
        store.pattern(&mut work, 0, 1)
    };
    labels.iter().map(|(&(a, b), &same)| (pattern(a, b), same)).collect()
}

/// Draws random pairs (of different inputs when pairs within an input are closed).
fn random_pairs(settings: &Training, store: &Store, starts: &[u32], closed: bool) -> RandomPairs {
    let n = store.len as u64;
    let possible = n.saturating_mul(n.saturating_sub(1)) / 2;
    // Fewer do for a small file: its rare levels are settled by the dictionary.
    let asked = if n < 500_000 { settings.random_pairs * 3 / 10 } else { settings.random_pairs };
    let wanted = (asked as u64).min(possible.saturating_mul(4)) as usize;
    let tasks = wanted.div_ceil(DRAWN_RECORDS * PAIRS_PER_RECORD);
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

/// Draws some records and pairs them among each other: fetched once, compared in the cache. Over
/// all tasks the pairs are as good as any others, since the records of each task are drawn anew.
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
    let Some(records) = some_records(&mut chance, starts, closed) else { return out };
    store.gather(work, &records);
    let half = (records.len() / 2) as u64;
    for i in 0..records.len() {
        for _ in 0..PAIRS_PER_RECORD {
            // Closed: the first half is of one input, the second of another.
            let j = match (closed, (i as u64) < half) {
                (false, _) => chance.below(records.len() as u64),
                (true, true) => half + chance.below(half),
                (true, false) => chance.below(half),
            } as usize;
            if records[i] == records[j] {
                continue;
            }
            let pattern = store.pattern(work, i, j);
            *out.patterns.entry(pattern).or_default() += 1;
            for (c, evaluator) in store.evaluators.iter().enumerate() {
                let level = level_of(pattern, c);
                if evaluator.term_frequency && level > 0 {
                    let share = f64::from(store.frequency(evaluator, work, i, j));
                    out.hits[c][level as usize] += 1;
                    out.inverse[c][level as usize] += 1.0 / share.max(1e-9);
                }
            }
        }
    }
    out
}

/// Records for one task; when `closed`, half of them from one input and half from another, the two
/// inputs chosen by how many pairs they form.
fn some_records(chance: &mut Chance, starts: &[u32], closed: bool) -> Option<Vec<u32>> {
    let n = u64::from(*starts.last()?);
    if !closed {
        return Some((0..DRAWN_RECORDS).map(|_| chance.below(n) as u32).collect());
    }
    let bounds = |input: usize| (starts[input], u64::from(starts[input + 1] - starts[input]));
    let of = |record: u64| starts.partition_point(|&s| u64::from(s) <= record) - 1;
    for _ in 0..1_000 {
        let (a, b) = (of(chance.below(n)), of(chance.below(n)));
        if a != b {
            let half = |chance: &mut Chance, (from, size): (u32, u64)| -> Vec<u32> {
                (0..DRAWN_RECORDS / 2).map(|_| from + chance.below(size) as u32).collect()
            };
            let mut records = half(chance, bounds(a));
            records.extend(half(chance, bounds(b)));
            return Some(records);
        }
    }
    None
}

/// The patterns of each task's pairs, rule by rule.
type OfTasks = Vec<Vec<Vec<Pattern>>>;

/// Pattern counts of the candidate pairs, thinned evenly to the number wanted; the patterns
/// themselves when none was left out.
fn candidate_patterns(
    settings: &Training,
    store: &Store,
    blocks: &Blocks,
) -> (Counts, u64, OfTasks) {
    let upper: u64 = blocks.rules.iter().map(crate::block::RuleBlocks::pairs_upper).sum();
    let thinning = upper.div_ceil(settings.max_pairs as u64).max(1);
    let seed = settings.seed;
    let mut maps = Vec::new();
    let mut seen = Vec::new();
    for rule in 0..blocks.rules.len() {
        let parts = blocks.visit(
            rule,
            store,
            |record| chosen(record, thinning, seed),
            |_| (FxHashMap::<Pattern, u64>::default(), Vec::new()),
            |_, _, _| Some(0),
            |(map, seen), work, pair| {
                let pattern = store.pattern(work, pair.i, pair.j);
                *map.entry(pattern).or_default() += 1;
                if thinning == 1 {
                    seen.push(pattern);
                }
            },
        );
        let (counted, patterns): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        maps.extend(counted);
        seen.push(patterns);
    }
    (merge(maps), thinning, if thinning == 1 { seen } else { Vec::new() })
}
