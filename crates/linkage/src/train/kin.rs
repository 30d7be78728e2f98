//! Classes of pairs that agree without being one person: which are tried, and with what first shares.

use super::RandomPairs;
use super::fit::{Fit, SHARP, blend, start_m};
use crate::compare::{Store, level_of};
use crate::model::RELATED_MAX;

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

impl Fit {
    /// Adds a class for every sharp comparison whose agreement among non-matches brings that of
    /// others with it (a number that holds the birth date; suburb and postcode). Measured on the
    /// random pairs, matches weighed out.
    pub(super) fn add_dependent(&mut self, random: &RandomPairs) {
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
            let name = format!("same {}, strangers", self.names[c]);
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
