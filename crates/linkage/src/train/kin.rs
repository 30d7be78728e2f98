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
    let codes: Vec<u32> = (0..store.len as u32).map(|r| store.code(r, evaluator.feature)).collect();
    let mut counts = vec![0u32; codes.iter().max().map_or(0, |most| *most as usize) + 1];
    codes.iter().for_each(|code| counts[*code as usize] += 1);
    counts[0] = 0;
    // Records that share their value: drawing one of them draws a group by its size.
    let sharing: Vec<u32> =
        (0..store.len as u32).filter(|r| counts[codes[*r as usize] as usize] > 1).collect();
    let mut chance = Chance::at(seed, 2, c as u64);
    let drawn: Vec<u32> = (0..AGREEING_DRAWS.min(sharing.len() * 4))
        .map(|_| codes[sharing[chance.below(sharing.len() as u64) as usize] as usize])
        .collect();
    let groups = groups_of(&drawn, &codes, &counts);
    let mut records: Vec<u32> = Vec::with_capacity(2 * drawn.len());
    let mut sizes: Vec<u64> = Vec::with_capacity(drawn.len());
    for code in &drawn {
        let group = &groups[code];
        let size = group.len() as u64;
        let (i, j) = (chance.below(size) as usize, chance.below(size) as usize);
        if i != j {
            records.extend([group[i], group[j]]);
            sizes.push(size);
        }
    }
    let mut work = Workspace::default();
    let mut found: FxHashMap<Pattern, (u64, u32)> = FxHashMap::default();
    for (records, sizes) in records.chunks(256).zip(sizes.chunks(128)) {
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

/// The records of each of the wanted codes, rising.
fn groups_of(wanted: &[u32], codes: &[u32], counts: &[u32]) -> FxHashMap<u32, Vec<u32>> {
    let mut groups: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    let mut is_wanted = vec![0u64; counts.len().div_ceil(64)];
    for &code in wanted {
        groups.entry(code).or_insert_with(|| Vec::with_capacity(counts[code as usize] as usize));
        is_wanted[code as usize / 64] |= 1 << (code % 64);
    }
    for (record, code) in codes.iter().enumerate() {
        if is_wanted[*code as usize / 64] >> (code % 64) & 1 == 1
            && let Some(group) = groups.get_mut(code)
        {
            group.push(record as u32);
        }
    }
    groups
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
