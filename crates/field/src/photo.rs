//! What a photo looks like, in 64 bits: each bit says whether a point of a grid of 9 × 8 greys is
//! darker than its right neighbour (difference hash, N. Krawetz 2013). The same picture, scaled or
//! saved again, keeps nearly all bits.

/// Greys that [`dhash`] needs: 8 rows of 9.
pub const HASH_PIXELS: usize = 72;
/// Two photos are the same when at most this many bits differ. Four quarters of 16 bits then share
/// one (pigeonhole), which is how they are found.
pub(crate) const BITS_MAX: u32 = 3;

/// A photo made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Developed {
    /// JPEG without anything hidden in it.
    pub jpeg: Vec<u8>,
    /// Its hash.
    pub hash: u64,
}

/// The hash of 8 rows of 9 greys.
#[must_use]
pub fn dhash(greys: &[u8; HASH_PIXELS]) -> u64 {
    let mut hash = 0;
    for row in greys.chunks_exact(9) {
        for pair in row.windows(2) {
            hash = hash << 1 | u64::from(pair[0] < pair[1]);
        }
    }
    hash
}

/// Bits that differ.
#[must_use]
pub const fn distance(a: u64, b: u64) -> u32 {
    (a ^ b).count_ones()
}

/// A photo of nothing (a lens cap, a wall) has hardly any contrast: such hashes say nothing.
#[must_use]
pub const fn is_blank(hash: u64) -> bool {
    hash.count_ones() < 6 || hash.count_ones() > 58
}

/// The four quarters by which a hash is found.
pub(crate) const fn quarters(hash: u64) -> [i64; 4] {
    [
        (hash & 0xFFFF) as i64,
        (hash >> 16 & 0xFFFF) as i64,
        (hash >> 32 & 0xFFFF) as i64,
        (hash >> 48 & 0xFFFF) as i64,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_hashes_share_a_quarter() {
        let base = 0x1234_5678_9ABC_DEF0_u64;
        for (a, b, c) in [(0, 1, 2), (0, 20, 40), (15, 31, 63)] {
            let near = base ^ (1 << a) ^ (1 << b) ^ (1 << c);
            assert_eq!(distance(base, near), BITS_MAX);
            let shared = quarters(base).iter().zip(quarters(near)).any(|(x, y)| *x == y);
            assert!(shared, "bits {a} {b} {c}");
        }
    }

    #[test]
    fn brightness_does_not_change_it_and_nothing_is_blank() {
        let mut greys = [0_u8; HASH_PIXELS];
        for (at, grey) in greys.iter_mut().enumerate() {
            *grey = ((at * 37) % 101) as u8;
        }
        let brighter = greys.map(|g| g + 50);
        assert_eq!(dhash(&greys), dhash(&brighter));
        assert!(!is_blank(dhash(&greys)));
        assert!(is_blank(dhash(&[7; HASH_PIXELS])));
    }
}
