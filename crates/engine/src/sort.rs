//! Stable sorting of row numbers by integer keys.

use rayon::prelude::*;

/// Rows below which a comparison sort is faster than eight passes over the keys.
const RADIX_ROWS_MIN: usize = 4_096;

/// The row numbers of `keys` in ascending key order; equal keys keep their order.
///
/// Least-significant-digit radix sort on (key, row), 11 bits a pass; passes in which all keys
/// share the digit are skipped.
#[must_use]
pub fn order_by_u64(keys: &[u64]) -> Vec<u32> {
    let mut pairs: Vec<(u64, u32)> =
        keys.iter().enumerate().map(|(row, key)| (*key, row as u32)).collect();
    sort_pairs(&mut pairs);
    pairs.into_iter().map(|(_, row)| row).collect()
}

/// Sorts (key, row) pairs by key, stably.
pub fn sort_pairs(pairs: &mut Vec<(u64, u32)>) {
    if pairs.len() < RADIX_ROWS_MIN {
        pairs.sort_by_key(|(key, _)| *key);
        return;
    }
    const BITS: u32 = 11;
    const SIZE: usize = 1 << BITS;
    let varying = pairs.par_iter().map(|(key, _)| key ^ pairs[0].0).reduce(|| 0, |a, b| a | b);
    let mut other = vec![(0, 0); pairs.len()];
    for pass in 0..64u32.div_ceil(BITS) {
        let shift = pass * BITS;
        let digit = |key: u64| (key >> shift) as usize & (SIZE - 1);
        if digit(varying) == 0 {
            continue;
        }
        let mut starts = [0usize; SIZE];
        for (key, _) in pairs.iter() {
            starts[digit(*key)] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        for pair in pairs.iter() {
            let at = &mut starts[digit(pair.0)];
            other[*at] = *pair;
            *at += 1;
        }
        std::mem::swap(pairs, &mut other);
    }
}

/// The runs of equal keys in a sorted slice, as half-open ranges.
pub fn runs<T, K: PartialEq>(
    sorted: &[T],
    key: impl Fn(&T) -> K,
) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let first = key(sorted.get(from)?);
        let length = sorted[from..].iter().take_while(|item| key(item) == first).count();
        let range = from..from + length;
        from += length;
        Some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Chance;

    #[test]
    fn agrees_with_the_plain_stable_sort() {
        let mut chance = Chance::new(5);
        for (rows, bound) in [(0, 1), (1, 1), (100, 7), (20_000, 50), (20_000, u64::MAX)] {
            let keys: Vec<u64> = (0..rows).map(|_| chance.below(bound)).collect();
            let mut plain: Vec<u32> = (0..keys.len() as u32).collect();
            plain.sort_by_key(|row| keys[*row as usize]);
            assert_eq!(order_by_u64(&keys), plain, "{rows} rows below {bound}");
        }
    }

    #[test]
    fn runs_cover_everything_once() {
        let found: Vec<_> = runs(&[1, 1, 2, 3, 3, 3], |x| *x).collect();
        assert_eq!(found, [0..2, 2..3, 3..6]);
    }
}
