//! Edit distances with an upper limit: Levenshtein, and Damerau-Levenshtein in its restricted
//! ("optimal string alignment") form, where a swap of two neighbours is one edit.

use super::fold::{PACKED_LETTERS, Packed, more_bits_than};
use super::jaro::Masks;

/// Which slips count as one edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slips {
    /// Insertion, deletion, substitution.
    Levenshtein,
    /// The same and the swap of two neighbours.
    Damerau,
}

/// Widest shift that [`scattered`] looks at.
const SHIFT_MAX: usize = 3;

/// True when more than `limit` letters of `a` have no equal letter in `b` within `limit` places:
/// each of them is an edit, since no letter moves further than the number of edits. Made of loops of
/// fixed length over bytes, which compile to vector instructions.
#[must_use]
fn scattered(a: &Packed, b: &Packed, limit: u32) -> bool {
    let shift = limit as usize;
    if shift > SHIFT_MAX {
        return false;
    }
    let mut left = [0u8; 32];
    left[..PACKED_LETTERS].copy_from_slice(&a.letters);
    let mut wide = [0u8; 32 + 2 * SHIFT_MAX];
    wide[SHIFT_MAX..SHIFT_MAX + PACKED_LETTERS].copy_from_slice(&b.letters);
    let mut near = [0u8; 32];
    for window in wide[SHIFT_MAX - shift..].windows(32).take(2 * shift + 1) {
        for ((near, x), y) in near.iter_mut().zip(&left).zip(window) {
            *near |= u8::from(x == y);
        }
    }
    // Places after the last letter hold 0 on both sides.
    let lone: u8 = near.iter().zip(&left).map(|(near, x)| u8::from(*x != 0) & !near).sum();
    u32::from(lone) > limit
}

/// True when lengths, letter sets or places already show more than `limit` edits.
#[must_use]
#[inline]
pub fn surely_above(a: &Packed, b: &Packed, limit: u32) -> bool {
    u32::from(a.len.abs_diff(b.len)) > limit
        || more_bits_than(a.set & !b.set, limit)
        || more_bits_than(b.set & !a.set, limit)
        || scattered(a, b, limit)
}

/// The distance between two packed texts, or `limit + 1` when it is greater than `limit`.
#[must_use]
pub fn distance(a: &Packed, b: &Packed, limit: u32, slips: Slips) -> u32 {
    if surely_above(a, b, limit) {
        return limit + 1;
    }
    let mut masks = Masks::default();
    masks.set(a);
    with_masks(a, &masks, b, slips).min(limit + 1)
}

/// The distance of `a`, whose letters are set in `masks`, and `b`: a column of the table is one
/// machine word (Myers 1999; Hyyrö 2003 for the swap of neighbours).
#[must_use]
pub fn with_masks(a: &Packed, masks: &Masks, b: &Packed, slips: Slips) -> u32 {
    if a.len == 0 {
        return u32::from(b.len);
    }
    let last = 1u32 << (a.len - 1);
    let swaps = if slips == Slips::Damerau { u32::MAX } else { 0 };
    let (mut up, mut down) = (u32::MAX, 0u32);
    let (mut diagonal, mut before) = (0u32, 0u32);
    let mut score = u32::from(a.len);
    for &letter in b.letters() {
        let here = masks.places(letter);
        let swapped = ((!diagonal & here) << 1) & before & swaps;
        diagonal = ((here & up).wrapping_add(up) ^ up) | here | down | swapped;
        let right_up = down | !(diagonal | up);
        let right_down = diagonal & up;
        score += u32::from(right_up & last != 0);
        score -= u32::from(right_down & last != 0);
        let right_up = right_up << 1 | 1;
        let right_down = right_down << 1;
        up = right_down | !(diagonal | right_up);
        down = right_up & diagonal;
        before = here;
    }
    score
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

    #[test]
    fn the_shortcut_never_hides_a_near_pair() {
        let mut chance = kernel::Chance::new(9);
        let mut word = |letters: u64| -> String {
            (0..chance.below(14)).map(|_| (b'0' + chance.below(letters) as u8) as char).collect()
        };
        let mut near = 0;
        for _ in 0..20_000 {
            let (a, b) = (word(3), word(3));
            let (x, y) = (Packed::new(&a), Packed::new(&b));
            let mut masks = Masks::default();
            masks.set(&x);
            for slips in [Slips::Levenshtein, Slips::Damerau] {
                let whole = with_masks(&x, &masks, &y, slips);
                for limit in 1..=3 {
                    assert!(whole > limit || !surely_above(&x, &y, limit), "{a} {b} {limit}");
                    near += u32::from(whole <= limit);
                }
            }
        }
        assert!(near > 1_000);
    }
}
