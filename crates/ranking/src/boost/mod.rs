//! Boosting with trees of depth one or two. A depth-one tree is a step in one variable; a
//! depth-two tree depends on at most two variables on each of its branches. So a sum of hundreds
//! of them is exactly a table per variable plus a table per pair: nothing is approximated when the
//! result is written into the model.

pub(crate) mod bins;
mod tree;

use bins::Binned;
use kernel::Chance;
use std::collections::BTreeMap;
use tree::Tree;

/// Settings of one boosting run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub rate: f64,
    pub most_trees: usize,
    pub patience: usize,
    /// Shrinks leaves; in units of total weight (mean weight is 1).
    pub leaf_penalty: f64,
    pub min_leaf: usize,
    /// 1: steps in one variable; 2: pairs.
    pub depth: u8,
    /// Share of the features looked at by each tree.
    pub features: f64,
    /// Share of the rows looked at by each tree.
    pub rows: f64,
    pub seed: u64,
}

/// Tables per variable and per pair.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tables {
    pub base: f64,
    pub singles: Vec<Vec<f64>>,
    /// Key (a, b) with a < b; `values[bin_a * count_b + bin_b]`.
    pub pairs: BTreeMap<(usize, usize), Vec<f64>>,
}

/// A finished run.
pub(crate) struct Run {
    pub tables: Tables,
    /// Predictions for the held-out rows, in their order.
    pub held_out: Vec<f64>,
    pub trees: usize,
}

/// Boosts on `train`, stops by the error on `held` (all trees when `held` is empty).
pub(crate) fn run(
    features: &[Binned],
    y: &[f64],
    weights: &[f64],
    train: &[usize],
    held: &[usize],
    settings: &Settings,
) -> Run {
    let total: f64 = train.iter().map(|&r| weights[r]).sum();
    let base = train.iter().map(|&r| weights[r] * y[r]).sum::<f64>() / total;
    let mut residual: Vec<f64> = y.iter().map(|v| v - base).collect();
    let mut trees: Vec<Tree> = Vec::new();
    let held_error = |residual: &[f64]| -> f64 {
        held.iter().map(|&r| weights[r] * residual[r] * residual[r]).sum()
    };
    let (mut best, mut best_at) = (held_error(&residual), 0);
    let mut chance = Chance::at(settings.seed, 0xB005, 0);
    for round in 0..settings.most_trees {
        let sample = draw_rows(train, settings.rows, &mut chance);
        let looked = draw_features(features.len(), settings.features, &mut chance);
        let Some(tree) = tree::grow(features, &looked, &residual, weights, &sample, settings)
        else {
            break;
        };
        tree.subtract(features, train, &mut residual);
        tree.subtract(features, held, &mut residual);
        trees.push(tree);
        if !held.is_empty() {
            let error = held_error(&residual);
            if error < best * (1.0 - 1e-6) {
                (best, best_at) = (error, round + 1);
            } else if round + 1 - best_at >= settings.patience {
                break;
            }
        }
    }
    if !held.is_empty() {
        trees.truncate(best_at);
    }
    let tables = tabulate(base, features, &trees);
    let held_out = held.iter().map(|&r| tables.at(features, r)).collect();
    Run { tables, held_out, trees: trees.len() }
}

/// A random share of the rows, in order.
fn draw_rows(train: &[usize], share: f64, chance: &mut Chance) -> Vec<usize> {
    if share >= 1.0 {
        return train.to_vec();
    }
    train.iter().copied().filter(|_| chance.is(share)).collect()
}

/// A random share of the features, at least three, in order.
fn draw_features(count: usize, share: f64, chance: &mut Chance) -> Vec<usize> {
    let want = ((count as f64 * share).ceil() as usize).max(3).min(count);
    let mut left = want;
    (0..count)
        .filter(|&i| {
            let take = chance.below((count - i) as u64) < left as u64;
            left -= usize::from(take);
            take
        })
        .collect()
}

/// Sums trees into tables.
fn tabulate(base: f64, features: &[Binned], trees: &[Tree]) -> Tables {
    let singles = features.iter().map(|f| vec![0.0; f.count]).collect();
    let mut tables = Tables { base, singles, pairs: BTreeMap::new() };
    for tree in trees {
        tree.add_to(features, &mut tables);
    }
    tables
}

impl Tables {
    /// The prediction for a row.
    pub(crate) fn at(&self, features: &[Binned], row: usize) -> f64 {
        let mut sum = self.base;
        for (feature, table) in features.iter().zip(&self.singles) {
            sum += table[usize::from(feature.bins[row])];
        }
        for (&(a, b), table) in &self.pairs {
            let (fa, fb) = (&features[a], &features[b]);
            sum += table[usize::from(fa.bins[row]) * fb.count + usize::from(fb.bins[row])];
        }
        sum
    }

    /// The table of a pair, made when it is not there.
    pub(crate) fn pair(&mut self, features: &[Binned], a: usize, b: usize) -> &mut Vec<f64> {
        let size = features[a].count * features[b].count;
        self.pairs.entry((a, b)).or_insert_with(|| vec![0.0; size])
    }

    /// `self += factor × other`.
    pub(crate) fn add(&mut self, features: &[Binned], other: &Self, factor: f64) {
        self.base += factor * other.base;
        for (mine, theirs) in self.singles.iter_mut().zip(&other.singles) {
            for (x, y) in mine.iter_mut().zip(theirs) {
                *x += factor * y;
            }
        }
        for (&(a, b), theirs) in &other.pairs {
            for (x, y) in self.pair(features, a, b).iter_mut().zip(theirs) {
                *x += factor * y;
            }
        }
    }

    /// Tables of zeros.
    pub(crate) fn zero(features: &[Binned]) -> Self {
        tabulate(0.0, features, &[])
    }

    /// Moves what a pair says about each variable alone into that variable's own table, so that
    /// every pair keeps pure joint effect, and drops all but the `most` strongest pairs.
    pub(crate) fn purify(&mut self, features: &[Binned], weights: &[f64], most: usize) {
        let pairs = std::mem::take(&mut self.pairs);
        let mut kept: Vec<(f64, (usize, usize), Vec<f64>)> = Vec::new();
        for ((a, b), mut table) in pairs {
            let joint = joint_weights(&features[a], &features[b], weights);
            let width = features[b].count;
            for _ in 0..8 {
                centre(&mut table, &joint, width, true, &mut self.singles[a]);
                centre(&mut table, &joint, width, false, &mut self.singles[b]);
            }
            let strength: f64 = table.iter().zip(&joint).map(|(t, w)| w * t * t).sum();
            // Cells nobody fell in say nothing.
            for (cell, w) in table.iter_mut().zip(&joint) {
                if *w == 0.0 {
                    *cell = 0.0;
                }
            }
            kept.push((strength, (a, b), table));
        }
        kept.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
        kept.truncate(most);
        self.pairs = kept.into_iter().map(|(_, key, table)| (key, table)).collect();
    }
}

/// Weight in every cell of a pair.
fn joint_weights(a: &Binned, b: &Binned, weights: &[f64]) -> Vec<f64> {
    let mut joint = vec![0.0; a.count * b.count];
    for ((&x, &y), w) in a.bins.iter().zip(&b.bins).zip(weights) {
        joint[usize::from(x) * b.count + usize::from(y)] += w;
    }
    joint
}

/// Moves the mean of each row (or column) of a pair table into `single`.
fn centre(table: &mut [f64], joint: &[f64], width: usize, by_row: bool, single: &mut [f64]) {
    for (bin, slot) in single.iter_mut().enumerate() {
        let cells = |k: usize| if by_row { bin * width + k } else { k * width + bin };
        let length = if by_row { width } else { table.len() / width };
        let weight: f64 = (0..length).map(|k| joint[cells(k)]).sum();
        if weight > 0.0 {
            let mean = (0..length).map(|k| joint[cells(k)] * table[cells(k)]).sum::<f64>() / weight;
            (0..length).for_each(|k| table[cells(k)] -= mean);
            *slot += mean;
        }
    }
}
