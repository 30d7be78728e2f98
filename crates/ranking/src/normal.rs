//! The normal distribution: tail and its inverse.

/// P(Z > z) (Abramowitz and Stegun 26.2.17; error below 1e-7).
#[must_use]
pub(crate) fn upper_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let poly = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-0.5 * z * z).exp() / core::f64::consts::TAU.sqrt() * poly;
    if z >= 0.0 { tail } else { 1.0 - tail }
}

/// P(Z ≤ z).
pub(crate) fn below(z: f64) -> f64 {
    upper_tail(-z)
}

/// The z with P(Z ≤ z) = p, by halving; p is held within 1e-6 of 0 and 1.
pub(crate) fn inverse(p: f64) -> f64 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    let (mut low, mut high) = (-6.0, 6.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if below(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_and_round_trips() {
        assert!((upper_tail(1.959_964) - 0.025).abs() < 1e-6);
        for p in [0.001, 0.2, 0.5, 0.9, 0.999] {
            assert!((below(inverse(p)) - p).abs() < 1e-6, "{p}");
        }
    }
}
