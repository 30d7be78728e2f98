//! Fairness repair as an option, with its cost shown. A per-person proxy means test is structurally
//! unkind to small households: they are rarely predicted poor. Two repairs by group (household
//! size, for instance), both at the same total quota.

use crate::metrics::{lowest, ranks};
use serde::Serialize;

/// A way to choose the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// By score alone.
    None,
    /// Each group gets a quota equal to its share of the poor.
    Quota,
    /// Ranks are the mean of the rank within the group (relative to its quota) and the rank among
    /// all: about half the repair for about half the cost.
    Blend,
}

/// The need order under a repair: lower is chosen first. `poor_share[g]` is the share of group g
/// that is poor, from a survey; `quota` the share of everybody that can be chosen.
#[must_use]
pub fn need_order(
    repair: Repair,
    score: &[f64],
    weight: &[f64],
    group: &[u8],
    poor_share: &[f64],
    quota: f64,
) -> Vec<f64> {
    let overall = ranks(score, weight);
    if repair == Repair::None {
        return overall;
    }
    let mut within = vec![0.0; score.len()];
    for (g, share) in poor_share.iter().enumerate() {
        let rows: Vec<usize> = (0..score.len()).filter(|&i| usize::from(group[i]) == g).collect();
        let own: Vec<f64> = rows.iter().map(|&i| score[i]).collect();
        let own_weight: Vec<f64> = rows.iter().map(|&i| weight[i]).collect();
        for (&row, rank) in rows.iter().zip(ranks(&own, &own_weight)) {
            within[row] = rank / share.max(0.01);
        }
    }
    match repair {
        Repair::Quota => within,
        _ => within.iter().zip(&overall).map(|(w, o)| 0.5 * (w + o / quota)).collect(),
    }
}

/// What a repair costs and brings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepairRow {
    /// The repair.
    pub repair: Repair,
    /// Targeting error at the quota.
    pub targeting_error: f64,
    /// Undercoverage per group.
    pub undercoverage: Vec<f64>,
    /// Largest difference of undercoverage between groups.
    pub gap: f64,
}

/// Compares the repairs on households with known truth.
#[must_use]
pub fn compare(
    score: &[f64],
    truth: &[f64],
    weight: &[f64],
    group: &[u8],
    groups: usize,
    quota: f64,
) -> Vec<RepairRow> {
    let poor = lowest(truth, weight, quota);
    let sum = |f: &dyn Fn(usize) -> f64| (0..score.len()).map(|i| weight[i] * f(i)).sum::<f64>();
    let of = |i: usize, g: usize| f64::from(u8::from(usize::from(group[i]) == g));
    let poor_share: Vec<f64> =
        (0..groups).map(|g| sum(&|i| poor[i] * of(i, g)) / sum(&|i| of(i, g)).max(1e-12)).collect();
    [Repair::None, Repair::Quota, Repair::Blend]
        .into_iter()
        .map(|repair| {
            let order = need_order(repair, score, weight, group, &poor_share, quota);
            let chosen = lowest(&order, weight, quota);
            let left_out = |g: usize| {
                let all = sum(&|i| poor[i] * of(i, g));
                if all > 0.0 { 1.0 - sum(&|i| poor[i] * chosen[i] * of(i, g)) / all } else { 0.0 }
            };
            let undercoverage: Vec<f64> = (0..groups).map(left_out).collect();
            let high = undercoverage.iter().copied().fold(f64::MIN, f64::max);
            let low = undercoverage.iter().copied().fold(f64::MAX, f64::min);
            RepairRow {
                repair,
                targeting_error: 1.0 - sum(&|i| poor[i] * chosen[i]) / sum(&|i| poor[i]),
                undercoverage,
                gap: high - low,
            }
        })
        .collect()
}

/// Size groups 1–2, 3–4, 5–6, 7 and more.
#[must_use]
pub fn size_group(size: f64) -> u8 {
    match size {
        s if s <= 2.0 => 0,
        s if s <= 4.0 => 1,
        s if s <= 6.0 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Chance;

    #[test]
    fn repairs_narrow_the_gap_at_the_same_quota() {
        // Small households are as often poor, but their score says less and sits higher.
        let mut chance = Chance::new(3);
        let (mut score, mut truth, mut group) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..20_000 {
            let small = i % 4 == 0;
            let y = chance.normal();
            let noise = chance.normal();
            score.push(if small { 0.4 * y + 0.9 * noise + 0.8 } else { 0.8 * y + 0.6 * noise });
            truth.push(y);
            group.push(u8::from(small));
        }
        let rows = compare(&score, &truth, &vec![1.0; 20_000], &group, 2, 0.4);
        assert!(rows[0].gap > 0.4, "{rows:?}");
        assert!(rows[1].gap < 0.6 * rows[0].gap && rows[2].gap < 0.9 * rows[0].gap, "{rows:?}");
        assert!(rows[2].gap > rows[1].gap, "{rows:?}");
    }
}
