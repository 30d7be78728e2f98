//! The normal distribution, as far as the generator needs it.

/// P(X <= x) of the standard normal (Abramowitz and Stegun 7.1.26, error below 1.5e-7).
pub(crate) fn cdf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * (x.abs() / core::f64::consts::SQRT_2));
    let poly = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let erf = 1.0 - poly * (-x * x / 2.0).exp();
    if x >= 0.0 { 0.5 * (1.0 + erf) } else { 0.5 * (1.0 - erf) }
}

/// The inverse of [`cdf`] (P. J. Acklam's rational approximation, relative error below 1.2e-9).
/// Arguments outside (0, 1) are moved to its edges.
pub(crate) fn inverse(p: f64) -> f64 {
    const A: [f64; 6] = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_7,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -54.476_098_798_224_06,
        161.585_836_858_040_9,
        -155.698_979_859_886_6,
        66.801_311_887_719_72,
        -13.280_681_552_885_72,
    ];
    const C: [f64; 6] = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_5,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        0.007_784_695_709_041_462,
        0.322_467_129_070_039_8,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5])
            / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    if p < 0.024_25 {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - 0.024_25 {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let q = p - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    }
}

/// A rising curve through knots, straight between and beyond them.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    knots: Vec<(f64, f64)>,
}

impl Curve {
    /// The curve that changes nothing.
    pub(crate) fn same() -> Self {
        Self { knots: vec![(0.0, 0.0), (1.0, 1.0)] }
    }

    /// The curve that turns weighted values into normal scores of their rank.
    pub(crate) fn to_normal(mut weighted: Vec<(f64, f64)>) -> Self {
        const SHARES: [f64; 17] = [
            0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95,
            0.975, 0.99,
        ];
        weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = weighted.iter().map(|w| w.1).sum();
        let (mut sum, mut knots) = (0.0, Vec::with_capacity(SHARES.len()));
        for (value, weight) in weighted {
            sum += weight;
            while knots.len() < SHARES.len() && sum >= SHARES[knots.len()] * total {
                knots.push((value, inverse(SHARES[knots.len()])));
            }
        }
        knots.dedup_by(|later, earlier| later.0 <= earlier.0);
        if knots.len() < 2 { Self::same() } else { Self { knots } }
    }

    pub(crate) fn at(&self, x: f64) -> f64 {
        let right = self.knots.partition_point(|k| k.0 < x).clamp(1, self.knots.len() - 1);
        let (a, b) = (self.knots[right - 1], self.knots[right]);
        a.1 + (x - a.0) * (b.1 - a.1) / (b.0 - a.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_makes_skewed_values_normal() {
        let skewed = |p: f64| (1.3 * inverse(p)).exp();
        let curve =
            Curve::to_normal((1..2_000).map(|i| (skewed(f64::from(i) / 2e3), 1.0)).collect());
        for p in [0.03, 0.25, 0.5, 0.77, 0.96] {
            assert!((curve.at(skewed(p)) - inverse(p)).abs() < 0.05, "{p}");
        }
    }

    #[test]
    fn inverse_undoes_cdf() {
        for step in 1..200 {
            let p = f64::from(step) / 200.0;
            assert!((cdf(inverse(p)) - p).abs() < 1e-6, "{p}");
        }
        assert!((inverse(0.975) - 1.959_964).abs() < 1e-5);
    }
}
