//! Seeded chance: the only source of randomness in the house.
//!
//! xoshiro256++ (Blackman and Vigna, 2019) seeded by SplitMix64. Written here rather than taken
//! from a crate because editions and synthetic provinces must stay the same byte for byte across
//! versions of any dependency. [`Chance::at`] gives an independent stream per index, so that work
//! split over any number of threads draws the same numbers.

/// A seeded stream of random numbers. The same seed gives the same numbers on every machine.
#[derive(Debug, Clone)]
pub struct Chance {
    state: [u64; 4],
}

/// One step of SplitMix64: a good mixing of 64 bits, used for seeds and for hashing keys.
#[must_use]
pub const fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Chance {
    /// The stream that belongs to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        let a = mix(seed);
        let b = mix(a);
        let c = mix(b);
        Self { state: [a, b, c, mix(c)] }
    }

    /// The stream that belongs to item `index` of the purpose `purpose` under `seed`.
    #[must_use]
    pub const fn at(seed: u64, purpose: u64, index: u64) -> Self {
        Self::new(mix(seed ^ mix(purpose)).wrapping_add(mix(index ^ 0x5DEE_CE66)))
    }

    /// The next 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A number in `[0, 1)` with 53 bits.
    pub const fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// A whole number in `0..bound`; 0 when `bound` is 0. The bias is below 2^-32 for bounds
    /// under 2^32 (multiply-shift).
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.bits() as u128 * bound as u128) >> 64) as u64
    }

    /// A whole number in `low..=high`.
    pub const fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// True with probability `p`.
    pub const fn is(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A draw from the standard normal distribution (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let u = 1.0 - self.unit();
        let v = self.unit();
        (-2.0 * u.ln()).sqrt() * (core::f64::consts::TAU * v).cos()
    }

    /// An index drawn with the given weights (0 when they are all 0 or there are none).
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut left = self.unit() * total;
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.iter().rposition(|&w| w > 0.0).unwrap_or(0)
    }

    /// One of `items`, each equally likely. `items` must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers_other_index_other_numbers() {
        assert_eq!(Chance::new(7).bits(), Chance::new(7).bits());
        assert_ne!(Chance::at(7, 1, 1).bits(), Chance::at(7, 1, 2).bits());
        assert_ne!(Chance::at(7, 1, 1).bits(), Chance::at(7, 2, 1).bits());
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut chance = Chance::new(1);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| chance.normal()).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let var = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.01 && (var - 1.0).abs() < 0.02, "mean {mean} variance {var}");
    }

    #[test]
    fn below_covers_its_range_evenly() {
        let mut chance = Chance::new(3);
        let mut counts = [0u32; 10];
        for _ in 0..100_000 {
            counts[chance.below(10) as usize] += 1;
        }
        assert!(counts.iter().all(|&c| (9_500..10_500).contains(&c)), "{counts:?}");
    }
}
