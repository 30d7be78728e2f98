//! Training without labels: u from random pairs, m and the relatives' shares by EM on the counts
//! of patterns among the candidate pairs.
//!
//! The mixture is fitted in absolute numbers. Strangers' pairs with a pattern are expected
//! `possible pairs × Πu` times, whatever the blocking; only what exceeds that is shared between
//! matches and relatives. So one EM over the union of all rules cannot run away (with relative
//! shares it does: a blocked field always agrees, and agreement looks like a match).

use crate::block::Blocks;
use crate::compare::{Pattern, Rule, Store, Workspace, level_of};
use crate::model::{Model, ModelComparison, ModelLevel, RELATED_MAX, RelatedClass};
use crate::spec::{Compare, Training};
use kernel::Chance;
use kernel::chance::mix;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

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
    let mut fit = Fit::new(store, &random, possible, settings.expected_matches);
    fit.add_dependent(&random);
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
    let parts: Vec<(FxHashMap<Pattern, u64>, Vec<[u64; 16]>, Vec<[f64; 16]>)> = (0..tasks)
        .into_par_iter()
        .map_init(Workspace::default, |work, task| {
            draw(settings.seed, task as u64, store, starts, closed, work)
        })
        .collect();
    let width = store.evaluators.len();
    let mut hits = vec![[0u64; 16]; width];
    let mut inverse = vec![[0f64; 16]; width];
    let mut maps = Vec::with_capacity(parts.len());
    for (map, part_hits, part_inverse) in parts {
        maps.push(map);
        for c in 0..width {
            for l in 0..16 {
                hits[c][l] += part_hits[c][l];
                inverse[c][l] += part_inverse[c][l];
            }
        }
    }
    RandomPairs { counts: merge(maps), hits, inverse }
}

fn draw(
    seed: u64,
    task: u64,
    store: &Store,
    starts: &[u32],
    closed: bool,
    work: &mut Workspace,
) -> (FxHashMap<Pattern, u64>, Vec<[u64; 16]>, Vec<[f64; 16]>) {
    let width = store.evaluators.len();
    let (mut map, mut hits, mut inverse) =
        (FxHashMap::default(), vec![[0u64; 16]; width], vec![[0f64; 16]; width]);
    let mut chance = Chance::at(seed, 1, task);
    let n = store.len as u64;
    let mut drawn = Vec::with_capacity(DRAWS_PER_TASK * 2);
    for _ in 0..DRAWS_PER_TASK {
        let (a, b) = (chance.below(n) as u32, chance.below(n) as u32);
        let source = |r: u32| starts.partition_point(|&s| s <= r);
        if a != b && !(closed && source(a) == source(b)) {
            drawn.extend([a, b]);
        }
    }
    for chunk in drawn.chunks(PAIRS_AT_ONCE * 2) {
        store.gather(work, chunk);
        for i in (0..chunk.len()).step_by(2) {
            let pattern = store.pattern(work, i, i + 1);
            *map.entry(pattern).or_default() += 1;
            for (c, evaluator) in store.evaluators.iter().enumerate() {
                let level = level_of(pattern, c);
                if evaluator.term_frequency && level > 0 {
                    hits[c][level as usize] += 1;
                    inverse[c][level as usize] +=
                        1.0 / f64::from(store.frequency(evaluator, work, i, i + 1)).max(1e-9);
                }
            }
        }
    }
    (map, hits, inverse)
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

/// A class of pairs that agree on something without being one person.
struct Kin {
    name: String,
    mass: f64,
    shares: Vec<Vec<f64>>,
    /// Comparisons whose agreement is what the class is about: no cap, and no term frequencies.
    about: Vec<bool>,
    /// True when the class is a household's: rare values shared by it prove nothing.
    household: bool,
    /// Comparisons that stay as among strangers.
    pinned: Vec<bool>,
}

/// The parameters while they are fitted. Levels are counted from 0; missing ones have no say.
struct Fit {
    m: Vec<Vec<f64>>,
    u: Vec<Vec<f64>>,
    kin: Vec<Kin>,
    matches: f64,
    possible: f64,
    /// Chance that two random records hold the same value, from the dictionary, per comparison.
    equal: Vec<Option<f64>>,
    expected: Option<f64>,
    /// Comparisons that few strangers agree on.
    sharp: Vec<bool>,
    /// Comparisons that a household shares.
    household: Vec<bool>,
}

/// Weight (in pairs) of the prior shares in each update.
const PRIOR_PAIRS: f64 = 4.0;
/// In a related class at most this share agrees fully on a sharp comparison it is not about.
const CAP: f64 = 0.03;
/// Greatest share of matches that disagree outright on a sharp comparison.
const DISAGREE_MAX: f64 = 0.5;
/// A comparison is sharp when fewer strangers than this agree fully.
const SHARP: f64 = 0.05;

impl Fit {
    fn new(store: &Store, random: &RandomPairs, possible: f64, expected: Option<f64>) -> Self {
        let u: Vec<Vec<f64>> = shares_of(store, &random.counts, &|_| 1.0);
        let m: Vec<Vec<f64>> = store.evaluators.iter().map(|e| start_m(e.levels)).collect();
        let records = store.len as f64;
        let equal = store.evaluators.par_iter().map(|e| equal_chance(store, e)).collect();
        let matches = expected.unwrap_or(records * 0.2).min(possible * 0.5);
        let sharp: Vec<bool> = u.iter().map(|u| u[u.len() - 1] < SHARP).collect();
        let kin = kin_classes(store, &u, &sharp, records * 0.02);
        let household = store.evaluators.iter().map(|e| e.household).collect();
        Self { m, u, kin, matches, possible, equal, expected, sharp, household }
    }

    /// Probabilities of the classes for a pattern: matches, strangers, related classes.
    fn posterior(&self, pattern: Pattern, out: &mut [f64]) {
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

    fn run(
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
            }
            self.correct_equal(c);
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

    fn model(&self, compares: &[Compare], store: &Store, random: &RandomPairs) -> Model {
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

/// The household classes that are tried: the household, and the household with one thing more
/// (twins share the birth date, namesakes in a family the name).
fn kin_classes(store: &Store, u: &[Vec<f64>], sharp: &[bool], mass: f64) -> Vec<Kin> {
    let width = u.len();
    let household: Vec<bool> = store.evaluators.iter().map(|e| e.household).collect();
    let personal: Vec<usize> = (0..width).filter(|&c| sharp[c] && !household[c]).collect();
    if personal.is_empty() || !household.iter().any(|h| *h) {
        return Vec::new();
    }
    let class = |name: String, about: Vec<bool>| Kin {
        name,
        mass,
        shares: start_shares(u, &about),
        about,
        household: true,
        pinned: vec![false; width],
    };
    let mut out = vec![class("household".to_owned(), household.clone())];
    for &c in &personal {
        let mut about = household.clone();
        about[c] = true;
        out.push(class(format!("household, same comparison {}", c + 1), about));
    }
    out.truncate(RELATED_MAX / 2);
    out
}

/// First shares of a class: agreement on what it is about, strangers on the rest.
fn start_shares(u: &[Vec<f64>], about: &[bool]) -> Vec<Vec<f64>> {
    u.iter()
        .zip(about)
        .map(|(u, about)| if *about { start_m(u.len()) } else { blend(u, &start_m(u.len()), 0.02) })
        .collect()
}

impl Fit {
    /// Adds a class for every sharp comparison whose agreement among non-matches brings that of
    /// others with it (a number that holds the birth date; suburb and postcode). Measured on the
    /// random pairs, matches weighed out.
    fn add_dependent(&mut self, random: &RandomPairs) {
        let width = self.m.len();
        let near: Vec<i8> = self.u.iter().map(|u| near_level(u)).collect();
        let mut agree = vec![0.0; width];
        let mut all = vec![0.0; width];
        let mut joint = vec![vec![0.0; width]; width];
        let mut known = vec![vec![0.0; width]; width];
        let mut p = vec![0.0; self.kin.len() + 2];
        for &(pattern, count) in &random.counts {
            self.posterior(pattern, &mut p);
            let pairs = p[1] * count as f64;
            for c in 0..width {
                if level_of(pattern, c) + 1 != self.u[c].len() as i8 || !self.sharp[c] {
                    continue;
                }
                agree[c] += pairs;
                all[c] += count as f64;
                for e in (0..width).filter(|e| *e != c) {
                    let level = level_of(pattern, e);
                    known[c][e] += if level >= 0 { pairs } else { 0.0 };
                    joint[c][e] += if level >= near[e] && near[e] > 0 { pairs } else { 0.0 };
                }
            }
        }
        for c in 0..width {
            let tied: Vec<bool> = (0..width)
                .map(|e| e == c || (joint[c][e] >= 5.0 && joint[c][e] >= 0.3 * known[c][e]))
                .collect();
            // Where most of the agreeing pairs are matches, what is left over is matches too.
            let strangers = agree[c] >= 0.5 * all[c];
            if !strangers
                || tied.iter().filter(|t| **t).count() < 2
                || self.kin.len() >= RELATED_MAX
            {
                continue;
            }
            let mass = agree[c] / random.counts.iter().map(|(_, n)| *n as f64).sum::<f64>()
                * self.possible;
            let mut only = vec![false; width];
            only[c] = true;
            let shares = start_shares(&self.u, &only);
            let pinned = tied.iter().map(|t| !t).collect();
            let name = format!("same comparison {}", c + 1);
            self.kin.push(Kin {
                name,
                mass: mass * 0.5,
                shares,
                about: tied,
                household: false,
                pinned,
            });
        }
    }
}

/// The lowest level that at most one in twenty strangers reaches; 0 when there is none.
fn near_level(u: &[f64]) -> i8 {
    let mut tail = 0.0;
    for l in (1..u.len()).rev() {
        tail += u[l];
        if tail > SHARP {
            return if l + 1 < u.len() { l as i8 + 1 } else { 0 };
        }
    }
    1
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
    let mut counts: Vec<u32> = Vec::new();
    for row in store.rows.chunks(store.width) {
        let code = row[evaluator.feature] as usize;
        if code >= counts.len() {
            counts.resize(code + 1, 0);
        }
        counts[code] += 1;
    }
    let known: f64 = counts.iter().skip(1).map(|&n| f64::from(n)).sum();
    let same: f64 = counts.iter().skip(1).map(|&n| f64::from(n) * (f64::from(n) - 1.0)).sum();
    (known > 1.0).then(|| (same / (known * (known - 1.0))).max(1e-12))
}

/// First guess of m: mostly the best level, the rest falling.
fn start_m(levels: usize) -> Vec<f64> {
    let mut m = vec![0.0; levels];
    let mut left = 1.0;
    for l in (1..levels).rev() {
        m[l] = left * if l == levels - 1 { 0.8 } else { 0.4 };
        left -= m[l];
    }
    m[0] = left;
    m
}

fn blend(a: &[f64], b: &[f64], part: f64) -> Vec<f64> {
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
