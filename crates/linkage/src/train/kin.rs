//! Classes of pairs that agree without being one person: which are tried, and with what first shares.

use super::fit::{Fit, SHARP, blend, start_m};
use crate::compare::{Pattern, Rule, Store, Workspace, level_of};
use crate::model::RELATED_MAX;
use kernel::Chance;
use rustc_hash::FxHashMap;

/// A class of pairs that agree on something without being one person.
pub(super) struct Kin {
    pub name: String,
    pub mass: f64,
    pub shares: Vec<Vec<f64>>,
    /// Comparisons whose agreement is what the class is about: no cap, and no term frequencies.
    pub about: Vec<bool>,
    /// True when the class is a household's: rare values shared by it prove nothing.
    pub household: bool,
    /// Comparisons that stay as among strangers.
    pub pinned: Vec<bool>,
}

/// The household classes that are tried: the household, and the household with one thing more
/// (twins share the birth date, namesakes in a family the name).
pub(super) fn kin_classes(
    names: &[String],
    store: &Store,
    u: &[Vec<f64>],
    sharp: &[bool],
    mass: f64,
) -> Vec<Kin> {
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
        out.push(class(format!("household, same {}", names[c]), about));
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

/// Draws per comparison when the dependence on it is measured.
const AGREEING_DRAWS: usize = 12_000;
/// Draws that must agree on both comparisons before a dependence is believed.
const TIED_DRAWS: f64 = 20.0;
/// So many times more often than by chance must the other comparison agree.
const TIED_LIFT: f64 = 100.0;

/// Pairs that hold the same value of one comparison: pattern, weight, draws.
pub(super) type Agreeing = Vec<(Pattern, u64, u32)>;

/// Draws pairs that agree on comparison `c`, each pair of the file as likely as any other (a record
/// and a partner of its group, weighted by the group's size).
pub(super) fn agreeing_pairs(seed: u64, c: usize, store: &Store) -> Agreeing {
    let evaluator = &store.evaluators[c];
    if matches!(evaluator.rule, Rule::Ladder(_) | Rule::Geographic(_) | Rule::Array(_)) {
        return Vec::new();
    }
    let order = by_code(store, evaluator.feature);
    let code = |record: u32| store.rows[record as usize * store.width + evaluator.feature];
    // Codes depend on the order of the file; the first record of a group does not.
    let mut groups: Vec<&[u32]> =
        order.chunk_by(|x, y| code(*x) == code(*y)).filter(|g| g.len() > 1).collect();
    groups.sort_unstable_by_key(|group| group[0]);
    let mut ends = Vec::with_capacity(groups.len());
    let mut total = 0u64;
    for group in &groups {
        total += group.len() as u64;
        ends.push(total);
    }
    let mut chance = Chance::at(seed, 2, c as u64);
    let mut drawn: Vec<u32> = Vec::with_capacity(2 * AGREEING_DRAWS);
    let mut sizes: Vec<u64> = Vec::with_capacity(AGREEING_DRAWS);
    for _ in 0..AGREEING_DRAWS.min(total as usize * 4) {
        let at = chance.below(total);
        let group = groups[ends.partition_point(|&end| end <= at)];
        let size = group.len() as u64;
        let (i, j) = (chance.below(size) as usize, chance.below(size) as usize);
        if i != j {
            drawn.extend([group[i], group[j]]);
            sizes.push(size);
        }
    }
    let mut work = Workspace::default();
    let mut found: FxHashMap<Pattern, (u64, u32)> = FxHashMap::default();
    for (records, sizes) in drawn.chunks(256).zip(sizes.chunks(128)) {
        store.gather(&mut work, records);
        for (at, size) in sizes.iter().enumerate() {
            let sum = found.entry(store.pattern(&mut work, 2 * at, 2 * at + 1)).or_default();
            *sum = (sum.0 + size, sum.1 + 1);
        }
    }
    let mut out: Agreeing =
        found.into_iter().map(|(p, (weight, draws))| (p, weight, draws)).collect();
    out.sort_unstable();
    out
}

/// The records that have a value of a feature, those of one value side by side and rising.
fn by_code(store: &Store, feature: usize) -> Vec<u32> {
    let codes = || store.rows.iter().skip(feature).step_by(store.width).copied();
    let most = codes().max().unwrap_or(0) as usize;
    let mut places = vec![0u32; most + 2];
    codes().for_each(|code| places[code as usize + 1] += 1);
    let missing = places[1];
    places[1] = 0;
    for at in 1..places.len() {
        places[at] += places[at - 1];
    }
    let mut order = vec![0u32; store.len - missing as usize];
    for (record, code) in codes().enumerate().filter(|(_, code)| *code != 0) {
        let place = &mut places[code as usize];
        order[*place as usize] = record as u32;
        *place += 1;
    }
    order
}

impl Fit {
    /// Adds a class for every sharp comparison whose agreement among strangers brings that of
    /// others with it (a number that holds the birth date; suburb and postcode). Measured on pairs
    /// that agree on it, matches weighed out.
    pub(super) fn add_dependent(&mut self, agreeing: &[Agreeing]) {
        let width = self.m.len();
        let mut added = Vec::new();
        for c in (0..width).filter(|&c| self.sharp[c]) {
            let Some((tied, strangers)) = self.tied_to(c, &agreeing[c]) else { continue };
            let mut only = vec![false; width];
            only[c] = true;
            added.push(Kin {
                name: format!("same {}, strangers", self.names[c]),
                mass: 0.5 * strangers * self.u[c][self.u[c].len() - 1] * self.possible,
                shares: start_shares(&self.u, &only),
                pinned: tied.iter().map(|t| !t).collect(),
                about: tied,
                household: false,
            });
        }
        self.kin.extend(added);
        self.kin.truncate(RELATED_MAX);
    }

    /// Comparisons that agree with `c` far more often than by chance, and the share of strangers
    /// among the pairs that agree on `c`; `None` when there are no such comparisons.
    fn tied_to(&self, c: usize, agreeing: &Agreeing) -> Option<(Vec<bool>, f64)> {
        let width = self.m.len();
        let near: Vec<usize> = self.u.iter().map(|u| near_level(u) as usize).collect();
        let (mut strangers, mut all) = (0.0, 0.0);
        let (mut known, mut joint, mut draws) =
            (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
        let mut p = vec![0.0; self.kin.len() + 2];
        for &(pattern, weight, count) in agreeing {
            self.posterior(pattern, &mut p);
            let stranger = p[1] * weight as f64;
            strangers += stranger;
            all += weight as f64;
            for e in (0..width).filter(|e| *e != c && near[*e] > 0) {
                let level = level_of(pattern, e);
                if level >= 0 {
                    known[e] += stranger;
                }
                if level >= near[e] as i8 {
                    joint[e] += stranger;
                    draws[e] += p[1] * f64::from(count);
                }
            }
        }
        let by_chance = |e: usize| self.u[e][near[e]..].iter().sum::<f64>();
        let tied: Vec<bool> = (0..width)
            .map(|e| {
                e == c
                    || (draws[e] >= TIED_DRAWS && joint[e] >= TIED_LIFT * by_chance(e) * known[e])
            })
            .collect();
        // Where most of the agreeing pairs are matches, what is left over is matches too.
        let found = strangers >= 0.5 * all && tied.iter().filter(|t| **t).count() > 1;
        found.then(|| (tied, strangers / all))
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
