//! Jaro-Winkler similarity, bit-parallel: the letters of one text as masks, the other read once.
//!
//! Definitions of Jaro (1989) and Winkler (1990) with prefix scale 0.1 over at most four letters,
//! the bonus at every similarity (as in strsim, DuckDB and jellyfish's long-standing default).

use super::fold::Packed;

/// For every letter the places where it stands in the pivot text.
#[derive(Debug, Clone)]
pub struct Masks {
    places: [u32; 256],
}

impl Default for Masks {
    fn default() -> Self {
        Self { places: [0; 256] }
    }
}

impl Masks {
    /// Sets the masks of `text` (masks must be clear).
    pub fn set(&mut self, text: &Packed) {
        for (at, &letter) in text.letters().iter().enumerate() {
            self.places[letter as usize] |= 1 << at;
        }
    }

    /// The places of a letter in the pivot.
    #[must_use]
    pub fn places(&self, letter: u8) -> u32 {
        self.places[letter as usize]
    }

    /// Clears what [`Masks::set`] set for the same text.
    pub fn clear(&mut self, text: &Packed) {
        for &letter in text.letters() {
            self.places[letter as usize] = 0;
        }
    }
}

/// An upper bound of the similarity from lengths, letter sets and the common prefix.
#[must_use]
pub fn upper_bound(a: &Packed, b: &Packed) -> f64 {
    let only_a = (a.set & !b.set).count_ones();
    let only_b = (b.set & !a.set).count_ones();
    let (la, lb) = (u32::from(a.len), u32::from(b.len));
    let matches = la.saturating_sub(only_a).min(lb.saturating_sub(only_b));
    if matches == 0 {
        return 0.0;
    }
    let m = f64::from(matches);
    let jaro = (m / f64::from(la) + m / f64::from(lb) + 1.0) / 3.0;
    winkler(jaro, common_prefix(a, b))
}

/// Jaro-Winkler of `a`, whose letters are set in `masks`, and `b`.
#[must_use]
pub fn with_masks(a: &Packed, masks: &Masks, b: &Packed) -> f64 {
    let (la, lb) = (u32::from(a.len), u32::from(b.len));
    if la == 0 || lb == 0 {
        return 0.0;
    }
    let window = (la.max(lb) / 2).saturating_sub(1);
    let mut used_a = 0u32;
    let mut used_b = 0u32;
    for (at, &letter) in b.letters().iter().enumerate() {
        let at = at as u32;
        let low = at.saturating_sub(window);
        let high = (at + window + 1).min(31);
        let span = ((1u32 << high) - 1) & !((1u32 << low) - 1);
        let free = masks.places[letter as usize] & span & !used_a;
        let bit = free & free.wrapping_neg();
        used_a |= bit;
        used_b |= u32::from(bit != 0) << at;
    }
    let matches = used_b.count_ones();
    if matches == 0 {
        return 0.0;
    }
    let mut out_of_place = 0u32;
    let (mut rest_a, mut rest_b) = (used_a, used_b);
    while rest_b != 0 {
        let x = a.letters[rest_a.trailing_zeros() as usize];
        let y = b.letters[rest_b.trailing_zeros() as usize];
        out_of_place += u32::from(x != y);
        rest_a &= rest_a - 1;
        rest_b &= rest_b - 1;
    }
    let m = f64::from(matches);
    let t = f64::from(out_of_place / 2);
    winkler((m / f64::from(la) + m / f64::from(lb) + (m - t) / m) / 3.0, common_prefix(a, b))
}

/// Jaro-Winkler of two packed texts.
#[must_use]
pub fn similarity(a: &Packed, b: &Packed) -> f64 {
    let mut masks = Masks::default();
    masks.set(a);
    with_masks(a, &masks, b)
}

fn winkler(jaro: f64, prefix: u32) -> f64 {
    jaro + f64::from(prefix) * 0.1 * (1.0 - jaro)
}

fn common_prefix(a: &Packed, b: &Packed) -> u32 {
    let limit = a.len.min(b.len).min(4) as usize;
    (0..limit).take_while(|&at| a.letters[at] == b.letters[at]).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        let check = |a: &str, b: &str, expected: f64| {
            let (x, y) = (Packed::new(a), Packed::new(b));
            let got = similarity(&x, &y);
            assert!((got - expected).abs() < 1e-6, "{a} {b}: {got}");
            assert!((similarity(&y, &x) - expected).abs() < 1e-6, "{b} {a}");
            assert!(upper_bound(&x, &y) >= got - 1e-12, "{a} {b}");
        };
        check("martha", "marhta", 0.961_111_111);
        check("dixon", "dicksonx", 0.813_333_333);
        check("dwayne", "duane", 0.84);
        check("jellyfish", "smellyfish", 0.896_296_296);
        check("abc", "abc", 1.0);
        check("abc", "xyz", 0.0);
        check("a", "b", 0.0);
        check("", "", 0.0);
    }

    #[test]
    fn the_bound_holds_for_random_words() {
        let mut chance = kernel::Chance::new(5);
        let mut word = || -> String {
            (0..1 + chance.below(12)).map(|_| (b'a' + chance.below(6) as u8) as char).collect()
        };
        for _ in 0..20_000 {
            let (a, b) = (word(), word());
            let (x, y) = (Packed::new(&a), Packed::new(&b));
            assert!(upper_bound(&x, &y) >= similarity(&x, &y) - 1e-12, "{a} {b}");
        }
    }
}
