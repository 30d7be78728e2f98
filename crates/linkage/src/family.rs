//! The converse of "same family, other person": a family whose members match lifts a doubtful one.
//!
//! Two households that share a sure match (of other members than the pair in doubt) are one family
//! under two keys: a new card, another address. For a pair between them the family's comparison then
//! counts as if the keys were equal; relatives and twins keep their classes, so a brother is not
//! taken for his brother.

use crate::compare::{Pattern, Store, Workspace, level_of};
use crate::model::{Scorer, probability};
use crate::score::{Edge, weigh};
use crate::spec::Spec;
use crate::spec::expr::Expr;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// A match is sure from this probability on.
const SURE: f64 = 0.99;
/// Sure matches that are remembered of two households.
const WITNESSES_MAX: usize = 4;

/// Pairs that were lifted (lower record first), and by how many bits.
pub type Lifts = FxHashMap<(u32, u32), f64>;

/// The comparison that the family's key belongs to.
#[must_use]
pub fn comparison(spec: &Spec) -> Option<usize> {
    let key = spec.decide.family.as_ref()?;
    let of_key = [Expr::Column(key.clone())];
    spec.compares.iter().position(|c| c.household && c.exprs == of_key)
}

/// Lifts the doubtful edges. `keys` are the codes of the family's key, record by record, 0 missing;
/// `comparison` is the one made of it.
#[must_use]
pub fn lift(
    edges: &mut [Edge],
    keys: &[u32],
    comparison: usize,
    store: &Store,
    scorer: &Scorer,
) -> Lifts {
    let households = |e: &Edge| {
        let (x, y) = (keys[e.a as usize], keys[e.b as usize]);
        (x != 0 && y != 0 && x != y).then(|| (x.min(y), x.max(y)))
    };
    let sure = |e: &Edge| probability(e.weight) >= SURE;
    let mut witnesses: FxHashMap<(u32, u32), Vec<(u32, u32)>> = FxHashMap::default();
    for edge in edges.iter().filter(|e| sure(e)) {
        if let Some(pair) = households(edge) {
            let seen = witnesses.entry(pair).or_default();
            if seen.len() < WITNESSES_MAX {
                seen.push((edge.a, edge.b));
            }
        }
    }
    let top = store.evaluators[comparison].levels as u64;
    let gains: Vec<f64> = edges
        .par_iter()
        .with_min_len(1_024)
        .map_init(Workspace::default, |work, edge| {
            let vouched = |seen: &Vec<(u32, u32)>| {
                let apart = |r: u32| r != edge.a && r != edge.b;
                seen.iter().any(|(a, b)| apart(*a) && apart(*b))
            };
            let seen = households(edge).and_then(|pair| witnesses.get(&pair));
            if level_of(edge.pattern, comparison) < 0 || !seen.is_some_and(vouched) {
                return 0.0;
            }
            let shift = 4 * comparison;
            let lifted: Pattern = edge.pattern & !(15 << shift) | top << shift;
            store.gather(work, &[edge.a, edge.b]);
            let weight = weigh(store, scorer, work, 0, 1, lifted, scorer.mass(lifted));
            (weight - edge.weight).max(0.0)
        })
        .collect();
    let mut lifts = Lifts::default();
    for (edge, gain) in edges.iter_mut().zip(gains).filter(|(_, gain)| *gain > 0.0) {
        edge.weight += gain;
        lifts.insert((edge.a, edge.b), gain);
    }
    lifts
}
