//! Home visits in the order of their value, and data quality per village.
//!
//! A visit replaces old and doubtful answers. Its worth is the chance that true, fresh answers
//! would carry the family across a cut that decides something. So the queue is near the cut ×
//! stale, in one formula: sd of what the answers may hide = √(wrong² + drift² × years).

use crate::metrics::lowest;
use crate::normal::upper_tail;
use kernel::Chance;
use serde::Serialize;

/// What is known about how answers go wrong, in units of the score (log consumption).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Doubt {
    /// Spread of the score from wrong cells in a fresh record (14.7 % wrong cells: about 0.12).
    pub wrong: f64,
    /// Spread added per square root of a year of age.
    pub drift: f64,
    /// Spread added by each contradiction with another register.
    pub contradiction: f64,
}

impl Default for Doubt {
    fn default() -> Self {
        Self { wrong: 0.12, drift: 0.18, contradiction: 0.15 }
    }
}

/// One family as the queue sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Score in the target's unit.
    pub score: f64,
    /// Years since the answers were true.
    pub years: f64,
    /// Contradictions with other registers.
    pub contradictions: u8,
    /// Members.
    pub members: u16,
}

/// Expected number of people put right by a visit: members × chance that true, fresh answers lie
/// on the other side of the nearest of `cuts`.
#[must_use]
pub fn visit_value(family: &Candidate, cuts: &[f64], doubt: &Doubt) -> f64 {
    let distance = cuts.iter().map(|c| (c - family.score).abs()).fold(f64::INFINITY, f64::min);
    let variance = doubt.wrong.powi(2)
        + doubt.drift.powi(2) * family.years.max(0.0)
        + doubt.contradiction.powi(2) * f64::from(family.contradictions);
    f64::from(family.members) * upper_tail(distance / variance.sqrt().max(1e-9))
}

/// Rows in the order of the queue: highest value first, equal values by row.
#[must_use]
pub fn visit_queue(families: &[Candidate], cuts: &[f64], doubt: &Doubt) -> Vec<usize> {
    let value: Vec<f64> = families.iter().map(|f| visit_value(f, cuts, doubt)).collect();
    let mut order: Vec<usize> = (0..families.len()).collect();
    order.sort_by(|&a, &b| value[b].total_cmp(&value[a]).then(a.cmp(&b)));
    order
}

/// What visiting a share of the families does to the targeting error when a visit learns the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VisitGain {
    /// Share visited.
    pub share: f64,
    /// Targeting error at 40 % without visits.
    pub before: f64,
    /// With visits at random.
    pub random: f64,
    /// With visits by the queue (chance of being poor nearest to one half first).
    pub queue: f64,
}

/// Measures the queue against random visits on held-out scores with known truth.
#[must_use]
pub fn visit_gain(
    score: &[f64],
    chance_40: &[f64],
    truth: &[f64],
    weight: &[f64],
    share: f64,
    seed: u64,
) -> VisitGain {
    let n = score.len();
    let poor = lowest(truth, weight, 0.4);
    let error = |visited: &[bool]| {
        // A visited family is placed by its truth, the others by their chance.
        let need: Vec<f64> = (0..n)
            .map(
                |i| if visited[i] { if poor[i] > 0.5 { -2.0 } else { 2.0 } } else { -chance_40[i] },
            )
            .collect();
        let chosen = lowest(&need, weight, 0.4);
        let (mut hit, mut all) = (0.0, 0.0);
        for i in 0..n {
            hit += weight[i] * poor[i] * chosen[i];
            all += weight[i] * poor[i];
        }
        1.0 - hit / all
    };
    let count = (share * n as f64).round() as usize;
    let visit = |order: &[usize]| {
        let mut visited = vec![false; n];
        order.iter().take(count).for_each(|&i| visited[i] = true);
        error(&visited)
    };
    let mut near: Vec<usize> = (0..n).collect();
    near.sort_by(|&a, &b| {
        (chance_40[a] - 0.5).abs().total_cmp(&(chance_40[b] - 0.5).abs()).then(a.cmp(&b))
    });
    let mut random = 0.0;
    for repeat in 0..10 {
        let mut chance = Chance::at(seed, 0x0517, repeat);
        let mut keys: Vec<(u64, usize)> = (0..n).map(|i| (chance.bits(), i)).collect();
        keys.sort_unstable();
        random += visit(&keys.iter().map(|k| k.1).collect::<Vec<_>>()) / 10.0;
    }
    VisitGain { share, before: error(&vec![false; n]), random, queue: visit(&near) }
}

/// A share with its 95 % interval (Wilson).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Of how many.
    pub n: u64,
    /// The share.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// `count` of `n` with its interval.
#[must_use]
pub fn share(count: u64, n: u64) -> Share {
    if n == 0 {
        return Share { n, share: 0.0, low: 0.0, high: 1.0 };
    }
    let (z, total) = (1.96f64, n as f64);
    let p = count as f64 / total;
    let middle = (p + z * z / (2.0 * total)) / (1.0 + z * z / total);
    let half =
        z * (p * (1.0 - p) / total + z * z / (4.0 * total * total)).sqrt() / (1.0 + z * z / total);
    Share { n, share: p, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// Data quality of one village.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VillageQuality {
    /// The village.
    pub village: u64,
    /// Families.
    pub families: u64,
    /// Mean age of the answers, years.
    pub mean_years: f64,
    /// Share of families whose answers are older than two years.
    pub stale: Share,
    /// Share of checked cells that a ground check found wrong.
    pub wrong_cells: Share,
    /// Share of families whose answers contradict another register.
    pub contradicted: Share,
    /// Expected people on the wrong side of the cut because of their answers, per 100 people.
    pub expected_misplaced_percent: f64,
}

/// One family for [`village_quality`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityRow {
    /// The village.
    pub village: u64,
    /// The family as the queue sees it.
    pub candidate: Candidate,
    /// Cells compared with a ground check.
    pub cells_checked: u16,
    /// Cells of those that were wrong.
    pub cells_wrong: u16,
}

/// Staleness, wrong cells and contradictions per village, in village order.
#[must_use]
pub fn village_quality(rows: &[QualityRow], cuts: &[f64], doubt: &Doubt) -> Vec<VillageQuality> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&i| (rows[i].village, i));
    order
        .chunk_by(|&a, &b| rows[a].village == rows[b].village)
        .map(|group| {
            let part = || group.iter().map(|&i| &rows[i]);
            let count = |f: &dyn Fn(&QualityRow) -> bool| part().filter(|r| f(r)).count() as u64;
            let families = group.len() as u64;
            let checked: u64 = part().map(|r| u64::from(r.cells_checked)).sum();
            let wrong: u64 = part().map(|r| u64::from(r.cells_wrong)).sum();
            let people: f64 = part().map(|r| f64::from(r.candidate.members)).sum();
            let misplaced: f64 =
                part().map(|r| visit_value(&r.candidate, cuts, doubt)).sum::<f64>();
            VillageQuality {
                village: rows[group[0]].village,
                families,
                mean_years: part().map(|r| r.candidate.years).sum::<f64>() / families as f64,
                stale: share(count(&|r| r.candidate.years > 2.0), families),
                wrong_cells: share(wrong, checked),
                contradicted: share(count(&|r| r.candidate.contradictions > 0), families),
                expected_misplaced_percent: 100.0 * misplaced / people.max(1.0),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_answers_near_the_cut_come_first() {
        let family = |score, years| Candidate { score, years, contradictions: 0, members: 4 };
        let families =
            [family(13.9, 0.5), family(13.55, 4.0), family(13.55, 0.1), family(13.0, 9.0)];
        let order = visit_queue(&families, &[13.5], &Doubt::default());
        assert_eq!(order, [1, 2, 3, 0]);
    }

    #[test]
    fn wilson_interval_of_two_in_ten() {
        let s = share(2, 10);
        assert!((s.low - 0.0567).abs() < 1e-3 && (s.high - 0.5098).abs() < 1e-3, "{s:?}");
    }
}
