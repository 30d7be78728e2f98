//! Symmetric positive systems by Cholesky, with collinear columns found and dropped.

/// A symmetric matrix, full storage, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Square {
    pub n: usize,
    pub a: Vec<f64>,
}

impl Square {
    pub(crate) fn zero(n: usize) -> Self {
        Self { n, a: vec![0.0; n * n] }
    }

    pub(crate) fn at(&self, i: usize, j: usize) -> f64 {
        self.a[i * self.n + j]
    }

    /// `self += factor × other`.
    pub(crate) fn add(&mut self, other: &Self, factor: f64) {
        for (x, y) in self.a.iter_mut().zip(&other.a) {
            *x += factor * y;
        }
    }

    /// `self -= Σ factor × v v'`: the lower triangle only, four vectors in one pass over it.
    pub(crate) fn take_outers(&mut self, vectors: &[(&[f64], f64)]) {
        for group in vectors.chunks(4) {
            for i in 0..self.n {
                let row = &mut self.a[i * self.n..=i * self.n + i];
                if let [a, b, c, d] = group {
                    let k = [a, b, c, d].map(|(v, factor)| v[i] * factor);
                    let others = a.0.iter().zip(b.0).zip(c.0.iter().zip(d.0));
                    for (x, ((a, b), (c, d))) in row.iter_mut().zip(others) {
                        *x -= k[0] * a + k[1] * b + k[2] * c + k[3] * d;
                    }
                } else {
                    for (v, factor) in group {
                        let k = v[i] * factor;
                        row.iter_mut().zip(*v).for_each(|(x, v)| *x -= k * v);
                    }
                }
            }
        }
    }

    /// `u' A v`.
    pub(crate) fn form(&self, u: &[f64], v: &[f64]) -> f64 {
        u.iter()
            .zip(self.a.chunks_exact(self.n))
            .map(|(&ui, row)| if ui == 0.0 { 0.0 } else { ui * dot(row, v) })
            .sum()
    }
}

/// Dot product with four running sums (fixed order: the same bits everywhere).
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (ac, bc) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f64 = ac.remainder().iter().zip(bc.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in ac.zip(bc) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    sums.iter().sum::<f64>() + tail
}

/// The four dot products of two vectors with two others, in one pass: half the loads of four.
pub(crate) fn dots(a: [&[f64]; 2], b: [&[f64]; 2]) -> [f64; 4] {
    let mut sums = [[0.0f64; 4]; 4];
    let ([p, q], [r, s]) = (a.map(|v| v.chunks_exact(4)), b.map(|v| v.chunks_exact(4)));
    let tails = [&p, &q, &r, &s].map(|c| c.remainder());
    for ((p, q), (r, s)) in p.zip(q).zip(r.zip(s)) {
        for k in 0..4 {
            sums[0][k] += p[k] * r[k];
            sums[1][k] += p[k] * s[k];
            sums[2][k] += q[k] * r[k];
            sums[3][k] += q[k] * s[k];
        }
    }
    let tail = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let [p, q, r, s] = tails;
    let ends = [tail(p, r), tail(p, s), tail(q, r), tail(q, s)];
    core::array::from_fn(|i| sums[i].iter().sum::<f64>() + ends[i])
}

/// Lower Cholesky factor of a matrix; columns whose pivot vanishes are dropped.
pub(crate) struct Factor {
    lower: Square,
    /// Dropped columns (their solution is 0).
    pub dropped: Vec<usize>,
}

/// A pivot below this share of its own diagonal means the column adds nothing new.
const COLLINEAR: f64 = 1e-9;

/// Factors `matrix` (only its lower triangle is read).
pub(crate) fn factor(matrix: &Square) -> Factor {
    let n = matrix.n;
    let mut l = Square::zero(n);
    let mut dropped = Vec::new();
    for i in 0..n {
        let (done, rest) = l.a.split_at_mut(i * n);
        let row = &mut rest[..n];
        for j in 0..i {
            let pivot = done[j * n + j];
            let value = matrix.at(i, j) - dot(&row[..j], &done[j * n..j * n + j]);
            row[j] = if pivot == 0.0 { 0.0 } else { value / pivot };
        }
        let diagonal = matrix.at(i, i);
        let pivot = diagonal - dot(&row[..i], &row[..i]);
        if pivot > COLLINEAR * diagonal && pivot > 0.0 {
            row[i] = pivot.sqrt();
        } else {
            row[..=i].fill(0.0);
            dropped.push(i);
        }
    }
    Factor { lower: l, dropped }
}

impl Factor {
    /// Solves `A x = b`; dropped columns get 0.
    pub(crate) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let n = self.lower.n;
        let mut x = b.to_vec();
        for i in 0..n {
            let row = &self.lower.a[i * n..i * n + n];
            let pivot = row[i];
            x[i] = if pivot == 0.0 { 0.0 } else { (x[i] - dot(&row[..i], &x[..i])) / pivot };
        }
        for i in (0..n).rev() {
            let pivot = self.lower.at(i, i);
            if pivot == 0.0 {
                x[i] = 0.0;
                continue;
            }
            x[i] /= pivot;
            let xi = x[i];
            for (xj, lij) in x[..i].iter_mut().zip(&self.lower.a[i * n..i * n + i]) {
                *xj -= lij * xi;
            }
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_drops_a_repeated_column() {
        // Columns: a, b, a (repeated): the third adds nothing.
        let a = Square { n: 3, a: vec![4.0, 1.0, 4.0, 1.0, 3.0, 1.0, 4.0, 1.0, 4.0] };
        let f = factor(&a);
        assert_eq!(f.dropped, [2]);
        let x = f.solve(&[6.0, 7.0, 6.0]);
        assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12 && x[2] == 0.0, "{x:?}");
    }
}
