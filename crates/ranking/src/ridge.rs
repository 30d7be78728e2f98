//! Weighted (ridge) least squares with shrunk regional deviations, from moments per fold: one
//! pass over the data, after which every penalty and every fold is a small system.
//!
//! Regional deviations are normal random effects: given their penalty λ_r (the ratio of the
//! residual variance to the variance between regions) they are eliminated exactly (Schur
//! complement), so 500 regions cost no more than none.

use crate::solve::{Square, dot, dots, factor};
use kernel::Chance;
use rayon::prelude::*;

/// Rows per block of the moment sums (a block of one column fits the first-level cache).
const BLOCK: usize = 512;

/// Design columns, standardised, with what is needed to go back.
pub(crate) struct Design {
    /// Standardised columns.
    pub columns: Vec<Vec<f64>>,
    pub mean: Vec<f64>,
    pub scale: Vec<f64>,
    /// True for additions of the rich design (penalised apart).
    pub extra: Vec<bool>,
}

impl Design {
    /// Standardises by weighted mean and deviation.
    pub(crate) fn new(mut columns: Vec<Vec<f64>>, extra: Vec<bool>, weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let stats: Vec<(f64, f64)> = columns
            .par_iter_mut()
            .map(|column| {
                let mean = dot(column, weights) / total;
                let square: f64 =
                    column.iter().zip(weights).map(|(x, w)| w * (x - mean) * (x - mean)).sum();
                let deviation = (square / total).sqrt();
                let scale = if deviation > 1e-12 { deviation } else { 1.0 };
                column.iter_mut().for_each(|x| *x = (*x - mean) / scale);
                (mean, scale)
            })
            .collect();
        let (mean, scale) = stats.into_iter().unzip();
        Self { columns, mean, scale, extra }
    }

    /// The design without the additions.
    pub(crate) fn plain(&self) -> Self {
        fn keep<T: Clone>(all: &[T], extra: &[bool]) -> Vec<T> {
            all.iter().zip(extra).filter(|(_, e)| !**e).map(|(x, _)| x.clone()).collect()
        }
        Self {
            columns: keep(&self.columns, &self.extra),
            mean: keep(&self.mean, &self.extra),
            scale: keep(&self.scale, &self.extra),
            extra: keep(&self.extra, &self.extra),
        }
    }
}

/// Moments of one fold over z = (1, columns, y), with sums per region.
#[derive(Clone)]
pub(crate) struct Moments {
    zz: Square,
    /// Per region: sum of weights is `sums[r][0]`, then the sums of z.
    regions: Vec<Vec<f64>>,
}

impl Moments {
    fn zero(q: usize, regions: usize) -> Self {
        Self { zz: Square::zero(q), regions: vec![vec![0.0; q]; regions] }
    }

    fn add(&mut self, other: &Self, factor: f64) {
        self.zz.add(&other.zz, factor);
        for (a, b) in self.regions.iter_mut().zip(&other.regions) {
            for (x, y) in a.iter_mut().zip(b) {
                *x += factor * y;
            }
        }
    }
}

/// What the moments are taken of.
pub(crate) struct Task<'a> {
    pub design: &'a Design,
    pub y: &'a [f64],
    pub weights: &'a [f64],
    /// Region of each row (`regions` when it has none).
    pub region: Option<&'a [u32]>,
    pub regions: usize,
}

/// Moments of the rows in `rows`.
pub(crate) fn moments(task: &Task<'_>, rows: &[usize]) -> Moments {
    let p = task.design.columns.len();
    let q = p + 2;
    let add = |mut into: Moments, block: &[usize]| {
        let n = block.len();
        let mut z = vec![0.0; q * n];
        let mut wz = vec![0.0; q * n];
        for (i, &row) in block.iter().enumerate() {
            z[i] = 1.0;
            z[(q - 1) * n + i] = task.y[row];
        }
        for (j, column) in task.design.columns.iter().enumerate() {
            for (slot, &row) in z[(j + 1) * n..(j + 2) * n].iter_mut().zip(block) {
                *slot = column[row];
            }
        }
        for (w, x) in wz.chunks_exact_mut(n).zip(z.chunks_exact(n)) {
            for ((slot, x), &row) in w.iter_mut().zip(x).zip(block) {
                *slot = x * task.weights[row];
            }
        }
        products(&wz, &z, n, &mut into.zz);
        if let Some(region) = task.region {
            for (i, &row) in block.iter().enumerate() {
                if let Some(sums) = into.regions.get_mut(region[row] as usize) {
                    for (slot, w) in sums.iter_mut().zip(wz[i..].iter().step_by(n)) {
                        *slot += w;
                    }
                }
            }
        }
        into
    };
    // Fixed pieces in fixed order: the sums do not depend on the number of threads.
    let pieces: Vec<Moments> = rows
        .par_chunks(BLOCK * 16)
        .map(|piece| piece.chunks(BLOCK).fold(Moments::zero(q, task.regions), add))
        .collect();
    let mut total = Moments::zero(q, task.regions);
    for piece in &pieces {
        total.add(piece, 1.0);
    }
    for i in 0..q {
        for j in 0..i {
            total.zz.a[j * q + i] = total.zz.a[i * q + j];
        }
    }
    total
}

/// Adds the products of all columns (of `n` rows) to the lower triangle, two by two.
fn products(wz: &[f64], z: &[f64], n: usize, into: &mut Square) {
    let q = into.n;
    let left = |i: usize| &wz[i * n..(i + 1) * n];
    let right = |j: usize| &z[j * n..(j + 1) * n];
    for i in (0..q).step_by(2) {
        if i + 1 == q {
            for j in 0..=i {
                into.a[i * q + j] += dot(left(i), right(j));
            }
            break;
        }
        for j in (0..=i).step_by(2) {
            // At the diagonal the second column of the first row lies above it: nobody reads it.
            let [a, b, c, d] = dots([left(i), left(i + 1)], [right(j), right(j + 1)]);
            into.a[i * q + j] += a;
            into.a[i * q + j + 1] += b;
            into.a[(i + 1) * q + j] += c;
            into.a[(i + 1) * q + j + 1] += d;
        }
    }
}

/// Penalties per unit of total weight (`plain`, `extra`) and per region (`region`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Penalty {
    pub plain: f64,
    pub extra: f64,
    /// Residual variance over variance between regions; infinite: no deviations.
    pub region: f64,
}

/// A solution on standardised columns.
#[derive(Debug, Clone)]
pub(crate) struct Solution {
    /// Intercept, then one coefficient per column.
    pub beta: Vec<f64>,
    pub deviations: Vec<f64>,
    /// Columns dropped as collinear.
    pub dropped: Vec<usize>,
}

impl Solution {
    /// A solution of the plain design as one of the whole design: additions get 0.
    pub(crate) fn widened(self, extra: &[bool]) -> Self {
        let mut own = self.beta.iter();
        let mut beta = vec![own.next().copied().unwrap_or(0.0)];
        let mut column_of = Vec::new();
        for (j, &is_extra) in extra.iter().enumerate() {
            if is_extra {
                beta.push(0.0);
            } else {
                beta.push(own.next().copied().unwrap_or(0.0));
                column_of.push(j);
            }
        }
        let dropped = self.dropped.iter().filter_map(|&d| column_of.get(d).copied()).collect();
        Self { beta, deviations: self.deviations, dropped }
    }
}

/// The moments with the regional deviations taken out for a penalty (Schur complement); only the
/// lower triangle means anything.
fn reduce(m: &Moments, region: f64) -> Square {
    let mut s = m.zz.clone();
    if region.is_finite() {
        let present = m.regions.iter().filter(|r| r[0] > 0.0);
        let outers: Vec<(&[f64], f64)> =
            present.map(|sums| (sums.as_slice(), 1.0 / (sums[0] + region))).collect();
        s.take_outers(&outers);
    }
    s
}

/// Solves for given moments and penalty.
pub(crate) fn solve(m: &Moments, extra: &[bool], penalty: Penalty) -> Solution {
    solve_reduced(m, &reduce(m, penalty.region), extra, penalty)
}

/// Solves when the deviations of `penalty.region` are already taken out of the moments.
fn solve_reduced(m: &Moments, s: &Square, extra: &[bool], penalty: Penalty) -> Solution {
    let q = m.zz.n;
    let pooled = penalty.region.is_finite();
    let n = m.zz.at(0, 0);
    let mut a = Square::zero(q - 1);
    for i in 0..q - 1 {
        a.a[i * (q - 1)..(i + 1) * (q - 1)].copy_from_slice(&s.a[i * q..i * q + q - 1]);
    }
    for (j, &is_extra) in extra.iter().enumerate() {
        a.a[(j + 1) * q] += n * if is_extra { penalty.extra } else { penalty.plain };
    }
    let b: Vec<f64> = (0..q - 1).map(|i| s.at(q - 1, i)).collect();
    let f = factor(&a);
    let beta = f.solve(&b);
    let dropped = f.dropped.iter().filter(|&&i| i > 0).map(|i| i - 1).collect();
    let deviation = |sums: &Vec<f64>| {
        if pooled && sums[0] > 0.0 {
            (sums[q - 1] - dot(&sums[..q - 1], &beta)) / (sums[0] + penalty.region)
        } else {
            0.0
        }
    };
    Solution { deviations: m.regions.iter().map(deviation).collect(), beta, dropped }
}

/// Sum of squared errors of a solution on moments it was not fitted to.
fn squared_error(m: &Moments, solution: &Solution) -> f64 {
    let mut v = solution.beta.iter().map(|b| -b).collect::<Vec<f64>>();
    v.push(1.0);
    let mut error = m.zz.form(&v, &v);
    for (sums, &d) in m.regions.iter().zip(&solution.deviations) {
        if d != 0.0 {
            error += d * d * sums[0] - 2.0 * d * dot(sums, &v);
        }
    }
    error
}

/// Pieces per fold: resampling pieces gives the draws of [`Folded::draw`] without another pass.
pub(crate) const PIECES: usize = 4;

/// Moments of all folds (in pieces), of everything, and of everything without each fold.
pub(crate) struct Folded {
    pieces: Vec<Moments>,
    folds: Vec<Moments>,
    rests: Vec<Moments>,
    pub total: Moments,
}

impl Folded {
    /// `piece[row]` in `0..k * PIECES`; fold f is the pieces from `f * PIECES` on.
    pub(crate) fn new(task: &Task<'_>, piece: &[u8], k: usize) -> Self {
        let mut rows = vec![Vec::new(); k * PIECES];
        for (row, &p) in piece.iter().enumerate() {
            rows[usize::from(p)].push(row);
        }
        let pieces: Vec<Moments> = rows.iter().map(|r| moments(task, r)).collect();
        let sum = |parts: &[Moments]| {
            let mut total = Moments::zero(task.design.columns.len() + 2, task.regions);
            for part in parts {
                total.add(part, 1.0);
            }
            total
        };
        let folds: Vec<Moments> = pieces.chunks(PIECES).map(sum).collect();
        let total = sum(&folds);
        let rest = |fold: &Moments| {
            let mut rest = total.clone();
            rest.add(fold, -1.0);
            rest
        };
        let rests = folds.iter().map(rest).collect();
        Self { pieces, folds, rests, total }
    }

    /// The solution without fold `f`.
    pub(crate) fn without(&self, f: usize, extra: &[bool], penalty: Penalty) -> Solution {
        solve(&self.rests[f], extra, penalty)
    }

    /// The solution on pieces drawn with replacement.
    pub(crate) fn draw(&self, chance: &mut Chance, extra: &[bool], penalty: Penalty) -> Solution {
        let mut sum = Moments::zero(self.total.zz.n, self.total.regions.len());
        for _ in 0..self.pieces.len() {
            sum.add(chance.pick(&self.pieces), 1.0);
        }
        solve(&sum, extra, penalty)
    }

    /// What every fold's rest is for a regional penalty: the dear part, shared by all other penalties.
    fn reduced(&self, region: f64) -> Vec<Square> {
        self.rests.par_iter().map(|rest| reduce(rest, region)).collect()
    }

    /// Held-out mean squared error of a penalty.
    fn error(&self, reduced: &[Square], extra: &[bool], penalty: Penalty) -> f64 {
        let errors: Vec<f64> = (0..self.folds.len())
            .into_par_iter()
            .map(|f| {
                let without = solve_reduced(&self.rests[f], &reduced[f], extra, penalty);
                squared_error(&self.folds[f], &without)
            })
            .collect();
        errors.iter().sum::<f64>() / self.total.zz.at(0, 0)
    }

    /// Chooses by held-out error, one kind of penalty after the other, each over its grid. Kinds
    /// with an empty grid stay as in `start`.
    pub(crate) fn choose(&self, extra: &[bool], start: Penalty, grids: &Grids) -> Penalty {
        let mut best = start;
        let mut reduced = self.reduced(best.region);
        let mut error = self.error(&reduced, extra, best);
        for &region in grids.region {
            let candidate = Penalty { region, ..best };
            let own = self.reduced(region);
            let e = self.error(&own, extra, candidate);
            if e < error {
                (error, best, reduced) = (e, candidate, own);
            }
        }
        let mut attempt = |best: &mut Penalty, candidate: Penalty| {
            let e = self.error(&reduced, extra, candidate);
            if e < error {
                error = e;
                *best = candidate;
            }
        };
        for &extra in grids.extra {
            let candidate = Penalty { extra, ..best };
            attempt(&mut best, candidate);
        }
        for &plain in grids.plain {
            let candidate = Penalty { plain, ..best };
            attempt(&mut best, candidate);
        }
        best
    }
}

/// Candidate penalties.
pub(crate) struct Grids {
    pub plain: &'static [f64],
    pub extra: &'static [f64],
    pub region: &'static [f64],
}
