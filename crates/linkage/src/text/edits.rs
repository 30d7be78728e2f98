//! Edit distances with an upper limit: Levenshtein, and Damerau-Levenshtein in its restricted
//! ("optimal string alignment") form, where a swap of two neighbours is one edit.

use super::fold::Packed;

/// Which slips count as one edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slips {
    /// Insertion, deletion, substitution.
    Levenshtein,
    /// The same and the swap of two neighbours.
    Damerau,
}

/// The distance between two packed texts, or `limit + 1` when it is greater than `limit`.
#[must_use]
pub fn distance(a: &Packed, b: &Packed, limit: u32, slips: Slips) -> u32 {
    let only_a = (a.set & !b.set).count_ones();
    let only_b = (b.set & !a.set).count_ones();
    if u32::from(a.len.abs_diff(b.len)) > limit || only_a.max(only_b) > limit {
        return limit + 1;
    }
    core_distance(a.letters(), b.letters(), limit, slips)
}

/// The distance after common ends are cut; `limit + 1` when greater than `limit`.
fn core_distance(a: &[u8], b: &[u8], limit: u32, slips: Slips) -> u32 {
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.is_empty() || b.is_empty() {
        return (a.len().max(b.len()) as u32).min(limit + 1);
    }
    if limit == 1 {
        return one_edit(a, b, slips);
    }
    table_distance(a, b, limit, slips)
}

/// With the ends cut, one edit is left only if one letter (or one swap) remains.
fn one_edit(a: &[u8], b: &[u8], slips: Slips) -> u32 {
    let single = a.len() == 1 && b.len() == 1;
    let swapped = slips == Slips::Damerau && swap(a, b);
    if single || swapped { 1 } else { 2 }
}

fn swap(a: &[u8], b: &[u8]) -> bool {
    a.len() == 2 && b.len() == 2 && a[0] == b[1] && a[1] == b[0]
}

/// The usual table, row by row, given up as soon as a whole row is over the limit.
fn table_distance(a: &[u8], b: &[u8], limit: u32, slips: Slips) -> u32 {
    let width = b.len() + 1;
    let mut before = [0u8; 40];
    let mut last = [0u8; 40];
    let mut row = [0u8; 40];
    for (at, cell) in last.iter_mut().enumerate().take(width) {
        *cell = at as u8;
    }
    for i in 1..=a.len() {
        row[0] = i as u8;
        let mut least = row[0];
        for j in 1..width {
            let change = u8::from(a[i - 1] != b[j - 1]);
            let mut cell = (last[j - 1] + change).min(last[j] + 1).min(row[j - 1] + 1);
            let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if slips == Slips::Damerau && swapped {
                cell = cell.min(before[j - 2] + 1);
            }
            row[j] = cell;
            least = least.min(cell);
        }
        if u32::from(least) > limit {
            return limit + 1;
        }
        before = last;
        last = row;
    }
    u32::from(last[width - 1]).min(limit + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_distances() {
        let check = |a: &str, b: &str, levenshtein: u32, damerau: u32| {
            let (x, y) = (Packed::new(a), Packed::new(b));
            for limit in 1..6 {
                let over = |d: u32| d.min(limit + 1);
                assert_eq!(
                    distance(&x, &y, limit, Slips::Levenshtein),
                    over(levenshtein),
                    "{a} {b}"
                );
                assert_eq!(
                    distance(&x, &y, limit, Slips::Damerau),
                    over(damerau),
                    "{a} {b} {limit}"
                );
                assert_eq!(
                    distance(&y, &x, limit, Slips::Damerau),
                    over(damerau),
                    "{b} {a} {limit}"
                );
            }
        };
        check("kitten", "sitting", 3, 3);
        check("saturday", "sunday", 3, 3);
        check("ab", "ba", 2, 1);
        check("ca", "abc", 3, 3);
        check("1234", "1324", 2, 1);
        check("", "abc", 3, 3);
        check("same", "same", 0, 0);
        check("5201016304870002", "5201016304870003", 1, 1);
        check("5201016304870002", "5201013604870002", 2, 1);
    }
}
