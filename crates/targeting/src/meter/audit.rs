//! The meter against ground checks: a probability sample of homes that somebody visited.

/// One visited unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// Inverse of the probability that this unit was drawn.
    pub weight: f64,
    /// On the roll.
    pub listed: bool,
    /// What the visit found: entitled or not.
    pub entitled: bool,
}

/// A share with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The weighted share.
    pub share: f64,
    /// Lower end, 95 %.
    pub low: f64,
    /// Upper end, 95 %.
    pub high: f64,
    /// Visits it stands on.
    pub visits: usize,
    /// Visits of equal weight that would say as much (Kish).
    pub effective_visits: f64,
}

/// Wilson's score interval for share `p` of `n` draws, at 95 % (Wilson 1927; Brown, Cai and
/// DasGupta 2001 recommend it for small n).
#[must_use]
pub fn wilson(p: f64, n: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_985;
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let z2 = Z * Z / n;
    let centre = p + z2 / 2.0;
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt();
    (((centre - half) / (1.0 + z2)).max(0.0), ((centre + half) / (1.0 + z2)).min(1.0))
}

/// Undercoverage (of the entitled, the share not on the roll) and leakage (of the roll, the share
/// not entitled). None where no visit speaks to it.
#[must_use]
pub fn audit(checks: &[Check]) -> (Option<Estimate>, Option<Estimate>) {
    let undercoverage = estimate(checks.iter().filter(|c| c.entitled), |c| !c.listed);
    let leakage = estimate(checks.iter().filter(|c| c.listed), |c| !c.entitled);
    (undercoverage, leakage)
}

fn estimate<'c>(
    checks: impl Iterator<Item = &'c Check>,
    hit: impl Fn(&Check) -> bool,
) -> Option<Estimate> {
    let (mut visits, mut weight, mut squares, mut hits) = (0, 0.0, 0.0, 0.0);
    for check in checks.filter(|c| c.weight > 0.0 && c.weight.is_finite()) {
        visits += 1;
        weight += check.weight;
        squares += check.weight * check.weight;
        hits += if hit(check) { check.weight } else { 0.0 };
    }
    if visits == 0 {
        return None;
    }
    let share = hits / weight;
    let effective_visits = weight * weight / squares;
    let (low, high) = wilson(share, effective_visits);
    Some(Estimate { share, low, high, visits, effective_visits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_by_hand() {
        // 10 of 50 (Newcombe 1998 style): 0.1124 to 0.3304.
        let (low, high) = wilson(0.2, 50.0);
        assert!((low - 0.1124).abs() < 5e-4 && (high - 0.3304).abs() < 5e-4, "{low} {high}");
        assert_eq!(wilson(0.0, 0.0), (0.0, 1.0));
    }

    #[test]
    fn unequal_weights_widen_the_interval() {
        let check = |weight, listed| Check { weight, listed, entitled: true };
        let equal: Vec<Check> = (0..40).map(|i| check(1.0, i % 4 != 0)).collect();
        let unequal: Vec<Check> =
            (0..40).map(|i| check(if i % 8 < 4 { 1.0 } else { 9.0 }, i % 4 != 0)).collect();
        let (a, b) = (audit(&equal).0.unwrap(), audit(&unequal).0.unwrap());
        assert!((a.share - 0.25).abs() < 1e-12 && (b.share - 0.25).abs() < 1e-12);
        assert!(b.high - b.low > a.high - a.low);
        assert!(a.low < 0.25 && 0.25 < a.high);
    }
}
