//! What moves when nothing has changed: two surveys drawn from the same population give two models,
//! two models give two lists. Hysteresis (a family changes list only when its rank passes the cut by
//! h rank points) holds that back; here its gain and its cost are measured on held-out households.

use crate::RankError;
use crate::cut::settle;
use crate::fit::{Settings, fit};
use crate::frame::Frame;
use crate::metrics::{lowest, ranks};
use crate::model::SCALE;
use kernel::Chance;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeSet;

/// The margins that are measured, as shares of the population (0.05: five rank points).
pub const MARGINS: [f64; 5] = [0.0, 0.03, 0.05, 0.06, 0.08];

/// The cut of the list.
const CUT: f64 = 0.4;

/// One margin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct MarginRow {
    /// h, as a share of the population.
    pub margin: f64,
    /// Share of households that enter or leave the 40 % list between two refits.
    pub changes_list: f64,
    /// Targeting error of the second list (mean of undercoverage and leakage).
    pub targeting_error: f64,
    /// Households on the second list, as a share.
    pub list: f64,
}

/// What two refits do to lists and deciles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stability {
    /// Pairs of refits behind the figures.
    pub repeats: usize,
    /// Share of households that change decile between two refits.
    pub changes_decile: f64,
    /// By margin.
    pub margins: Vec<MarginRow>,
}

/// Refits twice on surveys drawn with replacement from half of the sampling units, and compares the
/// lists among the other half; the mean of `repeats` such pairs.
///
/// # Errors
/// As [`fit()`].
pub fn stability(
    frame: &Frame,
    settings: &Settings,
    repeats: usize,
) -> Result<Stability, RankError> {
    let y = frame.numbers(&settings.target)?;
    let rows: Vec<usize> = (0..frame.rows()).filter(|&r| y[r].is_finite()).collect();
    let whole = frame.take(&rows);
    let mut sum = Stability {
        repeats,
        changes_decile: 0.0,
        margins: MARGINS.map(|margin| MarginRow { margin, ..MarginRow::default() }).to_vec(),
    };
    for repeat in 0..repeats {
        let (both, truth) = two_refits(&whole, settings, repeat as u64)?;
        compare(&both, &truth, &mut sum);
    }
    let n = repeats.max(1) as f64;
    sum.changes_decile /= n;
    for row in &mut sum.margins {
        row.changes_list /= n;
        row.targeting_error /= n;
        row.list /= n;
    }
    Ok(sum)
}

/// National ranks of the test half by two models that had not seen it, and the truth.
fn two_refits(
    frame: &Frame,
    settings: &Settings,
    repeat: u64,
) -> Result<([Vec<f64>; 2], Vec<f64>), RankError> {
    let keys = match settings.cluster.as_ref().or(settings.id.as_ref()) {
        Some(name) => frame.keys(name)?,
        None => (0..frame.rows()).map(|i| i.to_string()).collect(),
    };
    let mut members: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (row, key) in keys.iter().enumerate() {
        members.entry(key).or_default().push(row);
    }
    let names: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let mut chance = Chance::at(settings.seed, 0xC4, repeat);
    let (test, pool): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|_| chance.is(0.5));
    if test.is_empty() || pool.is_empty() {
        return Err(RankError::Data("too few sampling units to draw two surveys".into()));
    }
    let mut test: Vec<usize> = test.iter().flat_map(|key| members[key].clone()).collect();
    test.sort_unstable();
    let population = frame.take(&test);
    // Households drawn twice have one id: without it their own values order the rows.
    let settings = Settings { id: None, draws: 0, ..settings.clone() };
    let mut refit = || -> Result<Vec<f64>, RankError> {
        let drawn: Vec<usize> =
            pool.iter().flat_map(|_| members[*chance.pick(&pool)].clone()).collect();
        let model = fit(&frame.take(&drawn), &settings)?;
        let score: Vec<f64> =
            model.score(&population)?.iter().map(|&p| f64::from(p) / SCALE).collect();
        Ok(ranks(&score, &vec![1.0; score.len()]))
    };
    let both = [refit()?, refit()?];
    let truth = population.numbers(&settings.target)?.to_vec();
    Ok((both, truth))
}

fn compare(both: &[Vec<f64>; 2], truth: &[f64], sum: &mut Stability) {
    let m = truth.len() as f64;
    let poor = lowest(truth, &vec![1.0; truth.len()], CUT);
    let all: f64 = poor.iter().sum();
    let first: Vec<bool> = both[0].iter().map(|&r| r < CUT).collect();
    for row in &mut sum.margins {
        let second: Vec<bool> =
            both[1].iter().zip(&first).map(|(&r, &on)| settle(on, r, CUT, row.margin)).collect();
        let on = second.iter().filter(|&&s| s).count() as f64;
        let hit: f64 = second.iter().zip(&poor).map(|(&s, p)| if s { *p } else { 0.0 }).sum();
        row.changes_list += first.iter().zip(&second).filter(|(a, b)| a != b).count() as f64 / m;
        row.targeting_error += 0.5 * (2.0 - hit / all - hit / on.max(1.0));
        row.list += on / m;
    }
    let decile = |r: f64| (r * 10.0) as u8;
    let pairs = both[0].iter().zip(&both[1]);
    sum.changes_decile += pairs.filter(|(a, b)| decile(**a) != decile(**b)).count() as f64 / m;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Column;

    /// Households in clusters of five, consumption explained in part by three answers.
    fn survey(n: usize) -> Frame {
        let mut chance = Chance::new(8);
        let a: Vec<f64> = (0..n).map(|_| chance.below(5) as f64).collect();
        let b: Vec<f64> = (0..n).map(|_| chance.below(2) as f64).collect();
        let c: Vec<f64> = (0..n).map(|_| chance.normal()).collect();
        let y =
            (0..n).map(|i| 0.2 * a[i] + 0.4 * b[i] + 0.1 * c[i] + 0.5 * chance.normal()).collect();
        let mut frame = Frame::new();
        frame.push("y", Column::Number(y)).unwrap();
        frame.push("a", Column::Number(a)).unwrap();
        frame.push("b", Column::Number(b)).unwrap();
        frame.push("c", Column::Number(c)).unwrap();
        frame.push("psu", Column::Number((0..n).map(|i| (i / 5) as f64).collect())).unwrap();
        frame
    }

    #[test]
    fn a_margin_holds_lists_still_and_keeps_their_size() {
        let mut settings = Settings::new("y", "a,b,c");
        settings.method = "ols".into();
        settings.cluster = Some("psu".into());
        let s = stability(&survey(1_200), &settings, 3).unwrap();
        assert_eq!(s, stability(&survey(1_200), &settings, 3).unwrap(), "drawn from the seed");
        let changes: Vec<f64> = s.margins.iter().map(|r| r.changes_list).collect();
        assert!(changes.windows(2).all(|w| w[1] <= w[0] + 1e-12), "{changes:?}");
        assert!(changes[0] > 0.0, "two samples never agree wholly");
        assert!(s.margins.iter().all(|r| (r.list - 0.4).abs() < 0.08), "{s:?}");
    }
}
