//! One small tree: grown from histograms, applied by bins, added to tables.

use super::bins::Binned;
use super::{Settings, Tables};

/// A question: bins of the left side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    feature: usize,
    /// Ordered: bins up to this go left; otherwise only this bin goes left.
    bin: u8,
    ordered: bool,
}

impl Split {
    const fn left(self, bin: u8) -> bool {
        if self.ordered { bin <= self.bin } else { bin == self.bin }
    }
}

/// A branch after the root: one value, or a second question with two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Leaf {
    Value(f64),
    Split(Split, f64, f64),
}

/// A tree of depth at most two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    root: Split,
    branches: [Leaf; 2],
}

/// Sums of residual and weight, and a count, per bin.
#[derive(Clone, Copy, Default)]
struct Cell {
    residual: f64,
    weight: f64,
    count: u32,
}

impl Cell {
    fn add(self, other: Self, sign: f64) -> Self {
        Self {
            residual: self.residual + sign * other.residual,
            weight: self.weight + sign * other.weight,
            count: if sign > 0.0 { self.count + other.count } else { self.count - other.count },
        }
    }

    fn value(self, penalty: f64) -> f64 {
        self.residual / (self.weight + penalty)
    }

    fn gain(self, penalty: f64) -> f64 {
        self.residual * self.residual / (self.weight + penalty)
    }
}

/// Histograms of the looked-at features, one after another.
struct Histograms {
    cells: Vec<Cell>,
    start: Vec<usize>,
}

fn histograms(
    features: &[Binned],
    looked: &[usize],
    residual: &[f64],
    weights: &[f64],
    rows: &[usize],
) -> Histograms {
    let mut start = Vec::with_capacity(looked.len());
    let mut size = 0;
    for &f in looked {
        start.push(size);
        size += features[f].count;
    }
    let mut cells = vec![Cell::default(); size];
    let picked: Vec<(f64, f64)> =
        rows.iter().map(|&r| (residual[r] * weights[r], weights[r])).collect();
    // Four features side by side: a sum waits for the one before it in the same cell, and a
    // feature of two codes has few cells.
    let mut four = [[Cell::default(); 256]; 4];
    for (group, starts) in looked.chunks(4).zip(start.chunks(4)) {
        let bins: [&[u8]; 4] =
            core::array::from_fn(|k| features[group[k.min(group.len() - 1)]].bins.as_slice());
        four.iter_mut().for_each(|own| own.fill(Cell::default()));
        for (&row, &(residual, weight)) in rows.iter().zip(&picked) {
            for (own, bins) in four.iter_mut().zip(bins) {
                let cell = &mut own[usize::from(bins[row])];
                cell.residual += residual;
                cell.weight += weight;
                cell.count += 1;
            }
        }
        for ((&f, &from), own) in group.iter().zip(starts).zip(&four) {
            cells[from..from + features[f].count].copy_from_slice(&own[..features[f].count]);
        }
    }
    Histograms { cells, start }
}

/// The best question over the histograms: gain, question, values left and right.
fn best_split(
    features: &[Binned],
    looked: &[usize],
    h: &Histograms,
    settings: &Settings,
    allowed: impl Fn(usize) -> bool,
) -> Option<(f64, Split, f64, f64)> {
    let mut best: Option<(f64, Split, f64, f64)> = None;
    for (&f, &from) in looked.iter().zip(&h.start) {
        let feature = &features[f];
        if !allowed(f) {
            continue;
        }
        let cells = &h.cells[from..from + feature.count];
        let total = cells.iter().fold(Cell::default(), |a, &c| a.add(c, 1.0));
        let whole = total.gain(settings.leaf_penalty);
        let mut left = Cell::default();
        for (bin, &cell) in cells.iter().enumerate() {
            left = if feature.ordered { left.add(cell, 1.0) } else { cell };
            let right = total.add(left, -1.0);
            let enough = settings.min_leaf as u32;
            if left.count < enough || right.count < enough {
                continue;
            }
            let gain = left.gain(settings.leaf_penalty) + right.gain(settings.leaf_penalty) - whole;
            if best.as_ref().is_some_and(|b| b.0 >= gain) || gain <= 1e-12 {
                continue;
            }
            let values = (left.value(settings.leaf_penalty), right.value(settings.leaf_penalty));
            if f64::from(feature.monotone) * (values.1 - values.0) < 0.0 {
                continue;
            }
            let split = Split { feature: f, bin: bin as u8, ordered: feature.ordered };
            best = Some((gain, split, values.0, values.1));
        }
    }
    best
}

/// Grows a tree on the residuals of `rows`; nothing when no question helps.
pub(super) fn grow(
    features: &[Binned],
    looked: &[usize],
    residual: &[f64],
    weights: &[f64],
    rows: &[usize],
    settings: &Settings,
) -> Option<Tree> {
    let whole = histograms(features, looked, residual, weights, rows);
    let (_, root, left, right) = best_split(features, looked, &whole, settings, |_| true)?;
    let rate = settings.rate;
    let flat = [Leaf::Value(rate * left), Leaf::Value(rate * right)];
    // A variable with a promised direction stays out of pairs, so that the promise holds.
    if settings.depth < 2 || features[root.feature].monotone != 0 {
        return Some(Tree { root, branches: flat });
    }
    let bins = &features[root.feature].bins;
    let (to_left, to_right): (Vec<usize>, Vec<usize>) =
        rows.iter().copied().partition(|&r| root.left(bins[r]));
    let small_left = to_left.len() <= to_right.len();
    let small = if small_left { &to_left } else { &to_right };
    let one = histograms(features, looked, residual, weights, small);
    let cells = whole.cells.iter().zip(&one.cells).map(|(a, &b)| a.add(b, -1.0)).collect();
    let other = Histograms { cells, start: whole.start };
    let sides = if small_left { [one, other] } else { [other, one] };
    let mut branches = flat;
    for (branch, side) in branches.iter_mut().zip(&sides) {
        let free = |f: usize| features[f].monotone == 0;
        if let Some((_, split, l, r)) = best_split(features, looked, side, settings, free) {
            *branch = Leaf::Split(split, rate * l, rate * r);
        }
    }
    Some(Tree { root, branches })
}

impl Tree {
    /// Takes the tree's values off the residuals of `rows`.
    pub(super) fn subtract(&self, features: &[Binned], rows: &[usize], residual: &mut [f64]) {
        let root = &features[self.root.feature].bins;
        for &row in rows {
            let branch = usize::from(!self.root.left(root[row]));
            residual[row] -= match self.branches[branch] {
                Leaf::Value(value) => value,
                Leaf::Split(split, left, right) => {
                    if split.left(features[split.feature].bins[row]) { left } else { right }
                }
            };
        }
    }

    /// Adds the tree to tables.
    pub(super) fn add_to(&self, features: &[Binned], tables: &mut Tables) {
        let a = self.root.feature;
        for (side, branch) in self.branches.iter().enumerate() {
            for bin in 0..features[a].count {
                if self.root.left(bin as u8) != (side == 0) {
                    continue;
                }
                match *branch {
                    Leaf::Value(value) => tables.singles[a][bin] += value,
                    Leaf::Split(split, left, right) => {
                        add_branch(features, tables, (a, bin), split, left, right);
                    }
                }
            }
        }
    }
}

/// Adds one bin of the root together with the second question.
fn add_branch(
    features: &[Binned],
    tables: &mut Tables,
    (a, bin): (usize, usize),
    split: Split,
    left: f64,
    right: f64,
) {
    let b = split.feature;
    if a == b {
        tables.singles[a][bin] += if split.left(bin as u8) { left } else { right };
        return;
    }
    let (count_a, count_b) = (features[a].count, features[b].count);
    let table = tables.pair(features, a.min(b), a.max(b));
    for other in 0..count_b {
        let value = if split.left(other as u8) { left } else { right };
        let cell = if a < b { bin * count_b + other } else { other * count_a + bin };
        table[cell] += value;
    }
}
