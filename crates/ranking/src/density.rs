//! Density tests at a cut: do scores pile up just below it, over all (McCrary 2008) and per village
//! or enumerator? A pile says that answers were fitted to the formula; it accuses nobody by itself.

use crate::normal::upper_tail;
use crate::outlook::sorted;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// A jump of the density at a cut.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Jump {
    /// ln density just above minus ln density just below; negative: too many below.
    pub theta: f64,
    /// Its standard error.
    pub se: f64,
    /// theta / se.
    pub z: f64,
    /// Families within the bandwidth.
    pub families: usize,
}

/// McCrary's test: local linear regression of a fine histogram on both sides of `cut`, triangular
/// kernel; `bandwidth` in points (`None`: a rule of thumb). Nothing when a side is empty.
#[must_use]
pub fn jump(scores: &[i32], cut: i32, bandwidth: Option<f64>) -> Option<Jump> {
    let n = scores.len() as f64;
    let mean = scores.iter().map(|&s| f64::from(s)).sum::<f64>() / n;
    let sd = (scores.iter().map(|&s| (f64::from(s) - mean).powi(2)).sum::<f64>() / n).sqrt();
    let bin = (2.0 * sd / n.sqrt()).ceil().max(1.0);
    let h = bandwidth.unwrap_or(1.5 * sd * n.powf(-0.2)).max(4.0 * bin);
    let bins = (h / bin).ceil() as usize;
    let (mut below, mut above) = (vec![0.0; bins], vec![0.0; bins]);
    let mut families = 0;
    for &score in scores {
        let d = f64::from(score) - f64::from(cut);
        let (side, distance) = if d < 0.0 { (&mut below, -d - 1.0) } else { (&mut above, d) };
        if let Some(slot) = side.get_mut((distance / bin) as usize) {
            *slot += 1.0 / (n * bin);
            families += 1;
        }
    }
    let (f_below, f_above) = (at_edge(&below, bin, h)?, at_edge(&above, bin, h)?);
    let theta = f_above.ln() - f_below.ln();
    let se = (24.0 / 5.0 / (n * h) * (1.0 / f_above + 1.0 / f_below)).sqrt();
    Some(Jump { theta, se, z: theta / se, families })
}

/// The density at the edge by a weighted straight line through bin heights.
fn at_edge(heights: &[f64], bin: f64, h: f64) -> Option<f64> {
    let (mut s0, mut s1, mut s2, mut t0, mut t1) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, &height) in heights.iter().enumerate() {
        let x = (i as f64 + 0.5) * bin;
        let w = (1.0 - x / h).max(0.0);
        s0 += w;
        s1 += w * x;
        s2 += w * x * x;
        t0 += w * height;
        t1 += w * x * height;
    }
    let density = (s2 * t0 - s1 * t1) / (s0 * s2 - s1 * s1);
    (density > 0.0).then_some(density)
}

/// The balance of one unit at a cut against everybody else's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitBalance {
    /// Village, enumerator or operator.
    pub unit: u64,
    /// Families within the window just below the cut.
    pub below: u32,
    /// Families within the window just above.
    pub above: u32,
    /// Share expected below, from all other units.
    pub expected: f64,
    /// Standard deviations above what is expected.
    pub z: f64,
    /// Stands out after allowing for the number of units looked at (false discovery rate 5 %).
    pub flagged: bool,
}

/// Looks at each unit's balance within `window` points of the cut, strongest excess below first.
/// Units with fewer than `least` families in the window are left out.
#[must_use]
pub fn by_unit(
    scores: &[i32],
    unit: &[u64],
    cut: i32,
    window: i32,
    least: u32,
) -> Vec<UnitBalance> {
    let mut counts: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
    let (mut all_below, mut all) = (0u64, 0u64);
    for (&score, &unit) in scores.iter().zip(unit) {
        let d = i64::from(score) - i64::from(cut);
        if d >= -i64::from(window) && d < i64::from(window) {
            let entry = counts.entry(unit).or_default();
            if d < 0 {
                entry.0 += 1;
                all_below += 1;
            } else {
                entry.1 += 1;
            }
            all += 1;
        }
    }
    let mut rows: Vec<UnitBalance> = counts
        .into_iter()
        .filter(|(_, (b, a))| b + a >= least)
        .map(|(unit, (below, above))| {
            let n = f64::from(below + above);
            let others = all - u64::from(below + above);
            let expected = if others > 0 {
                (all_below - u64::from(below)) as f64 / others as f64
            } else {
                0.5
            };
            let spread = (n * expected * (1.0 - expected)).sqrt().max(1e-9);
            // Half a family less: the counts are whole.
            let z = (f64::from(below) - n * expected - 0.5) / spread;
            UnitBalance { unit, below, above, expected, z, flagged: false }
        })
        .collect();
    rows.sort_by_key(|row| row.unit);
    flag(&mut rows);
    rows.sort_by(|a, b| b.z.total_cmp(&a.z).then(a.unit.cmp(&b.unit)));
    rows
}

/// Bars on each side of a cut in the picture.
const BARS: usize = 20;

/// Everything a page shows about one cut.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CutTest {
    /// The cut is the upper end of this decile.
    pub decile: u8,
    /// The cut in points.
    pub cut: i32,
    /// The jump over all families; nothing when a side is empty.
    pub jump: Option<Jump>,
    /// Points that a bar spans.
    pub step: i32,
    /// Families per bar below the cut, the farthest first.
    pub below: Vec<u32>,
    /// Families per bar above the cut, the nearest first.
    pub above: Vec<u32>,
    /// Units with families enough to be looked at.
    pub looked: usize,
    /// Units that stand out.
    pub flagged: usize,
    /// The units with the strongest excess below, at most as many as asked for.
    pub units: Vec<UnitBalance>,
}

/// The tests at every cut. `window` is the points on each side that a unit's balance looks at,
/// `least` the families a unit needs there, `most` the units kept per cut.
#[must_use]
pub fn at_cuts(
    scores: &[i32],
    unit: &[u64],
    cuts: &[i32],
    window: i32,
    least: u32,
    most: usize,
) -> Vec<CutTest> {
    let step = (window / 10).max(1);
    let test = |(at, &cut): (usize, &i32)| {
        let (mut below, mut above) = (vec![0; BARS], vec![0; BARS]);
        for &score in scores {
            let d = i64::from(score) - i64::from(cut);
            let (side, distance) = if d < 0 { (&mut below, -d - 1) } else { (&mut above, d) };
            if let Some(bar) = side.get_mut((distance / i64::from(step)) as usize) {
                *bar += 1;
            }
        }
        below.reverse();
        let mut units = by_unit(scores, unit, cut, window, least);
        let (looked, flagged) = (units.len(), units.iter().filter(|u| u.flagged).count());
        units.truncate(most.max(flagged.min(4 * most)));
        let jump = jump(scores, cut, None);
        CutTest { decile: at as u8 + 1, cut, jump, step, below, above, looked, flagged, units }
    };
    cuts.iter().enumerate().map(test).collect()
}

/// Benjamini and Hochberg at 5 %.
fn flag(rows: &mut [UnitBalance]) {
    let p: Vec<f64> = rows.iter().map(|r| upper_tail(r.z)).collect();
    let order = sorted(&p);
    let m = rows.len() as f64;
    let last = (0..order.len()).rev().find(|&i| p[order[i]] <= 0.05 * (i + 1) as f64 / m);
    if let Some(last) = last {
        for &i in &order[..=last] {
            rows[i].flagged = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Chance;

    fn population(seed: u64) -> (Vec<i32>, Vec<u64>) {
        let mut chance = Chance::new(seed);
        let scores = (0..60_000).map(|_| (chance.normal() * 5_000.0) as i32).collect();
        let units = (0..60_000).map(|i| i / 300).collect();
        (scores, units)
    }

    #[test]
    fn an_honest_population_shows_no_jump() {
        let mut beyond = 0;
        for seed in 0..20 {
            let (scores, units) = population(seed);
            let jump = jump(&scores, -1_000, None).unwrap();
            beyond += u32::from(jump.z.abs() > 2.5);
            let flagged =
                by_unit(&scores, &units, -1_000, 1_500, 20).iter().filter(|u| u.flagged).count();
            assert!(flagged <= 2, "seed {seed}: {flagged} honest villages flagged");
        }
        assert!(beyond <= 2, "{beyond} of 20 honest populations beyond 2.5");
    }

    #[test]
    fn a_village_that_pushes_families_under_the_cut_is_found() {
        let (mut scores, units) = population(77);
        for (score, unit) in scores.iter_mut().zip(&units) {
            if *unit == 42 && (-1_000..500).contains(score) {
                *score = -1_000 - (*score + 1_001) / 10 - 1;
            }
        }
        let rows = by_unit(&scores, &units, -1_000, 1_500, 20);
        assert!(rows[0].unit == 42 && rows[0].flagged, "{:?}", &rows[..2]);
    }

    #[test]
    fn every_cut_is_looked_at_and_only_the_pushed_one_shows() {
        let (mut scores, units) = population(9);
        for (score, unit) in scores.iter_mut().zip(&units) {
            if *unit == 7 && (2_000..4_000).contains(score) {
                *score = 1_990 - *score % 200;
            }
        }
        let tests = at_cuts(&scores, &units, &[-2_000, 0, 2_000], 1_500, 20, 5);
        assert_eq!(tests.iter().map(|t| t.decile).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((tests[2].units[0].unit, tests[2].units[0].flagged), (7, true));
        assert_eq!((tests[0].flagged, tests[1].flagged), (0, 0));
        let near = scores.iter().filter(|&&s| (2_000 - 3_000..2_000 + 3_000).contains(&s)).count();
        let drawn: u32 = tests[2].below.iter().chain(&tests[2].above).sum();
        assert_eq!(drawn as usize, near, "the picture holds every family within it");
    }

    #[test]
    fn a_spike_below_the_cut_is_a_jump() {
        let (mut scores, _) = population(5);
        for (i, score) in scores.iter_mut().enumerate() {
            if i % 3 == 0 && (-1_000..-400).contains(score) {
                *score -= 600;
            }
        }
        let jump = jump(&scores, -1_000, None).unwrap();
        assert!(jump.z < -4.0 && jump.theta < -0.1, "{jump:?}");
    }
}
