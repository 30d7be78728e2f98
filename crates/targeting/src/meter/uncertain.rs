//! The meter with the uncertainty of the decile carried through. A decile is an estimate: a family
//! of decile 4 lies within the cut with some probability only. Taking each family as within the cut
//! with its own probability p gives expected errors, and how far chance alone may move them.
//!
//! What it assumes: given its score, being on the roll says nothing more about a family. For a list
//! that was made from the score this holds. A roll that local people helped to make holds families
//! that are poorer than their score; then the true errors are smaller, and only ground checks tell.

use crate::TargetError;
use crate::frame::Frame;
use crate::programme::{Changes, Programme};
use crate::run::Outcome;
use crate::schema::TableKind;
use std::collections::BTreeMap;

/// An expected share with the range that 95 of 100 draws of the deciles fall into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Share of those truly within the cut who are not on the roll.
    pub undercoverage: f64,
    /// Half-width of its 95 % range.
    pub undercoverage_range: f64,
    /// Share of the roll that is truly outside the cut.
    pub leakage: f64,
    /// Half-width of its 95 % range.
    pub leakage_range: f64,
    /// Expected number of units truly within the cut.
    pub within: f64,
}

/// Expected errors of the roll against the cut, over all ranked units. None without a cut or
/// without standard errors. Members of a family share one draw; families are taken as independent,
/// so an error common to all (a wrong model) is not in the range.
///
/// # Errors
/// When the programme's cut cannot be read.
pub fn expected(
    frame: &Frame,
    programme: &Programme,
    changes: &Changes,
    outcome: &Outcome,
) -> Result<Option<Expected>, TargetError> {
    let Some(key) = &programme.need.cut else { return Ok(None) };
    let values = programme.values_on(frame.day(), changes)?;
    let within = probabilities(frame, programme.number(key, &values)?);
    Ok(expected_of(frame, outcome.unit, &within, &outcome.listed))
}

/// Expected errors of any membership (a roll or a list), judged by the probability `within` of each
/// family to be truly within the cut (NaN: unranked, not counted).
#[must_use]
pub fn expected_of(
    frame: &Frame,
    unit: TableKind,
    within: &[f64],
    members: &[bool],
) -> Option<Expected> {
    let (listed, all) = per_family(frame, unit, within.len(), members);
    let mut sums = Sums::default();
    for (family, &p) in within.iter().enumerate() {
        if !p.is_nan() {
            sums.add(p, f64::from(listed[family]), f64::from(all[family]));
        }
    }
    sums.expected()
}

/// [`expected_of`] for every region: the village code divided by `divisor` (1,000,000: regency).
#[must_use]
pub fn expected_by_region(
    frame: &Frame,
    unit: TableKind,
    within: &[f64],
    members: &[bool],
    divisor: u64,
) -> BTreeMap<u64, Expected> {
    let (listed, all) = per_family(frame, unit, within.len(), members);
    let mut regions: BTreeMap<u64, Sums> = BTreeMap::new();
    for (family, &p) in within.iter().enumerate().filter(|(_, p)| !p.is_nan()) {
        let region = frame.family.village[family] / divisor.max(1);
        let sums = regions.entry(region).or_default();
        sums.add(p, f64::from(listed[family]), f64::from(all[family]));
    }
    regions.into_iter().filter_map(|(region, sums)| Some((region, sums.expected()?))).collect()
}

/// Living units on the list and in all, by family.
fn per_family(
    frame: &Frame,
    unit: TableKind,
    families: usize,
    members: &[bool],
) -> (Vec<u16>, Vec<u16>) {
    let (mut listed, mut all) = (vec![0u16; families], vec![0u16; families]);
    for (row, &member) in members.iter().enumerate() {
        let Some(family) = frame.family_of(unit, row) else { continue };
        let dead = unit == TableKind::Person && !frame.person.alive[row];
        all[family] += u16::from(!dead);
        listed[family] += u16::from(member && !dead);
    }
    (listed, all)
}

/// Probability of each family to be truly within deciles 1 to `cut`; NaN when unranked.
#[must_use]
pub fn probabilities(frame: &Frame, cut: f64) -> Vec<f64> {
    let f = &frame.family;
    let stored = match cut as u8 {
        4 => Some(&f.p_1_4),
        5 => Some(&f.p_1_5),
        _ => None,
    };
    if let Some(stored) = stored.filter(|s| s.iter().any(|p| !p.is_nan())) {
        return stored.clone();
    }
    let edge = (0..f.id.len())
        .filter(|&i| f.decile[i] >= 1 && f64::from(f.decile[i]) <= cut)
        .map(|i| f.score[i])
        .fold(f64::NEG_INFINITY, f64::max);
    let probability = |i: usize| {
        if f.decile[i] == 0 || f.se[i].is_nan() {
            f64::NAN
        } else if f.se[i] == 0.0 {
            f64::from(u8::from(f64::from(f.decile[i]) <= cut))
        } else {
            normal_cdf((edge - f.score[i]) / f.se[i])
        }
    };
    (0..f.id.len()).map(probability).collect()
}

/// Sums over families: expectation of the parts and the variances of the two ratios' numerators.
#[derive(Default)]
struct Sums {
    within: f64,
    missed: f64,
    listed: f64,
    leaked: f64,
    /// Σ p(1−p)·n², Σ p(1−p)·n·missed, Σ p(1−p)·missed², Σ p(1−p)·listed².
    var_within: f64,
    covariance: f64,
    var_missed: f64,
    var_leaked: f64,
}

impl Sums {
    fn add(&mut self, p: f64, listed: f64, all: f64) {
        let missed = all - listed;
        let v = p * (1.0 - p);
        self.within += p * all;
        self.missed += p * missed;
        self.listed += listed;
        self.leaked += (1.0 - p) * listed;
        self.var_within += v * all * all;
        self.covariance += v * all * missed;
        self.var_missed += v * missed * missed;
        self.var_leaked += v * listed * listed;
    }

    /// The ratio missed/within by the delta method; leaked/listed has a fixed denominator.
    fn expected(&self) -> Option<Expected> {
        if self.within <= 0.0 || self.listed <= 0.0 {
            return None;
        }
        let ratio = self.missed / self.within;
        let variance = (self.var_missed - 2.0 * ratio * self.covariance
            + ratio * ratio * self.var_within)
            / (self.within * self.within);
        Some(Expected {
            undercoverage: ratio,
            undercoverage_range: 1.96 * variance.max(0.0).sqrt(),
            leakage: self.leaked / self.listed,
            leakage_range: 1.96 * self.var_leaked.sqrt() / self.listed,
            within: self.within,
        })
    }
}

/// Standard normal distribution function by the rational approximation 26.2.17 of Abramowitz and
/// Stegun (error below 7.5e-8).
#[must_use]
pub(crate) fn normal_cdf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let poly = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_cdf_by_table() {
        for (x, p) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.96, 0.024_997_9), (3.0, 0.998_650_1)] {
            assert!((normal_cdf(x) - p).abs() < 1e-6, "{x}: {}", normal_cdf(x));
        }
    }

    #[test]
    fn certain_deciles_give_plain_errors_without_a_range() {
        let mut sums = Sums::default();
        sums.add(1.0, 3.0, 4.0);
        sums.add(0.0, 1.0, 2.0);
        let e = sums.expected().unwrap();
        assert_eq!((e.undercoverage, e.leakage), (0.25, 0.25));
        assert_eq!((e.undercoverage_range, e.leakage_range), (0.0, 0.0));
    }
}
