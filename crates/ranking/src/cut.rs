//! Deciles from scores: cut-offs of a reference sample, exact deciles of a whole population with
//! a rule for ties, ranks, and hysteresis.

use crate::RankError;
use crate::card::Scorecard;
use crate::model::SCALE;
use kernel::Decile;
use kernel::chance::mix;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// The format word of a cut-offs file.
pub const FORMAT: &str = "padan-cutoffs/1";

/// What a tenth is a tenth of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// People: a family counts as many times as it has members.
    People,
    /// Families.
    Families,
}

/// Cut-offs and the distribution behind them, as published with an edition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cutoffs {
    /// Always [`FORMAT`].
    pub format: String,
    /// What the tenths are tenths of.
    pub unit: Unit,
    /// Points per unit of log consumption.
    pub points_per_unit: u32,
    /// Below `cuts[k-1]` points: decile k or lower.
    pub cuts: [i32; 9],
    /// The score at each thousandth of the reference, 1,001 values: for ranks.
    pub permille: Vec<i32>,
    /// Chances by score: computed once, when one is first asked for.
    #[serde(skip)]
    chances: OnceLock<Chances>,
}

/// Chances of truly belonging among the poorest k tenths of the reference, on a grid of scores.
#[derive(Debug, Clone, PartialEq)]
struct Chances {
    low: f64,
    step: f64,
    /// Per grid score, k = 1..9.
    table: Vec<[f64; 9]>,
}

/// Points of the grid of chances.
const GRID: usize = 800;

/// Narrowest and widest scores a histogram holds; scores beyond count as the ends.
const SPAN: i64 = 1 << 21;

/// Weights by score in points.
struct Histogram {
    low: i32,
    mass: Vec<u64>,
}

impl Histogram {
    fn of(scores: &[i32], weight: impl Fn(usize) -> u64 + Sync) -> Self {
        let (low, high) = scores
            .par_iter()
            .map(|&s| (s, s))
            .reduce(|| (i32::MAX, i32::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        let span = (i64::from(high) - i64::from(low) + 1).clamp(1, SPAN) as usize;
        let pieces = rayon::current_num_threads().max(1);
        let size = scores.len().div_ceil(pieces).max(1);
        let parts: Vec<Vec<u64>> = scores
            .par_chunks(size)
            .enumerate()
            .map(|(piece, part)| {
                let mut mass = vec![0u64; span];
                for (i, &score) in part.iter().enumerate() {
                    let cell = (i64::from(score) - i64::from(low)).min(SPAN - 1) as usize;
                    mass[cell] += weight(piece * size + i);
                }
                mass
            })
            .collect();
        let mut mass = vec![0u64; span];
        for part in parts {
            for (a, b) in mass.iter_mut().zip(part) {
                *a += b;
            }
        }
        Self { low: if scores.is_empty() { 0 } else { low }, mass }
    }

    fn total(&self) -> u64 {
        self.mass.iter().sum()
    }

    /// The smallest score with at least `share` (of `of`) of the mass at or below it.
    fn at_share(&self, share: u64, of: u64) -> i32 {
        let want = u128::from(self.total()) * u128::from(share);
        let mut before = 0u128;
        for (i, &m) in self.mass.iter().enumerate() {
            before += u128::from(m);
            if m > 0 && before * u128::from(of) >= want {
                return self.low + i as i32;
            }
        }
        self.low + self.mass.len() as i32 - 1
    }
}

impl Cutoffs {
    /// Cut-offs of a reference sample: `weight[i]` is the survey weight of household i, and for
    /// [`Unit::People`] already times its size.
    ///
    /// # Errors
    /// [`RankError::Data`] when there is no weight at all.
    pub fn of_sample(scores: &[i32], weight: &[f64], unit: Unit) -> Result<Self, RankError> {
        // Weights to thousandths: whole numbers keep sums independent of the order of rows.
        let whole = |i: usize| (weight[i].max(0.0) * 1000.0).round() as u64;
        Self::of(&Histogram::of(scores, whole), unit)
    }

    /// Cut-offs of a whole population; `size[i]` is the number of members.
    ///
    /// # Errors
    /// [`RankError::Data`] when nobody is there.
    pub fn of_population(scores: &[i32], size: &[u16], unit: Unit) -> Result<Self, RankError> {
        let weight = |i: usize| if unit == Unit::People { u64::from(size[i]) } else { 1 };
        Self::of(&Histogram::of(scores, weight), unit)
    }

    fn of(h: &Histogram, unit: Unit) -> Result<Self, RankError> {
        if h.total() == 0 {
            return Err(RankError::Data("no weight: there is nobody to cut into tenths".into()));
        }
        // A family belongs to the tenth in which it starts: at the cut the next tenth begins.
        let cuts = std::array::from_fn(|k| h.at_share(k as u64 + 1, 10).saturating_add(1));
        let permille = (0..=1000).map(|p| h.at_share(p, 1000)).collect();
        let chances = OnceLock::new();
        Ok(Self {
            format: FORMAT.into(),
            unit,
            points_per_unit: SCALE as u32,
            cuts,
            permille,
            chances,
        })
    }

    /// The decile of a score.
    #[must_use]
    pub fn decile(&self, score: i32) -> Decile {
        let below = self.cuts.iter().filter(|&&c| score >= c).count();
        Decile::new(below as u8 + 1).unwrap_or(TENTH)
    }

    /// Deciles (1 to 10) of many scores.
    #[must_use]
    pub fn deciles(&self, scores: &[i32]) -> Vec<u8> {
        scores.par_iter().map(|&s| self.decile(s).get()).collect()
    }

    /// Share of the reference that is ranked poorer, 0 to 1, between thousandths by straight line.
    #[must_use]
    pub fn rank(&self, score: i32) -> f64 {
        let above = self.permille.partition_point(|&p| p < score);
        if above == 0 {
            return 0.0;
        }
        if above == self.permille.len() {
            return 1.0;
        }
        let (a, b) = (self.permille[above - 1], self.permille[above]);
        let part = f64::from(score - a) / f64::from((b - a).max(1));
        ((above - 1) as f64 + part) / 1000.0
    }

    /// Chance that a family with this score truly belongs among the poorest `k` tenths of the
    /// reference population (not of the survey the model was fitted on).
    #[must_use]
    pub fn chance(&self, card: &Scorecard, score: i32, k: u8) -> f64 {
        let chances = self.chances.get_or_init(|| self.tabulate(card));
        let place = (f64::from(score) - chances.low) / chances.step;
        let place = place.clamp(0.0, (GRID - 1) as f64);
        let i = (place as usize).min(GRID - 2);
        let part = place - i as f64;
        match k {
            0 => 0.0,
            1..=9 => {
                let k = usize::from(k) - 1;
                chances.table[i][k] * (1.0 - part) + chances.table[i + 1][k] * part
            }
            _ => 1.0,
        }
    }

    /// The table of chances over the scores of the reference and somewhat beyond.
    fn tabulate(&self, card: &Scorecard) -> Chances {
        let truth = self.implied_truth(card);
        let low = f64::from(self.permille[0]) - SCALE;
        let high = f64::from(self.permille[1000]) + SCALE;
        let step = (high - low) / (GRID - 1) as f64;
        let at = |i: usize| {
            let score = (low + step * i as f64) / f64::from(card.points_per_unit);
            truth.map(|line| card.outlook.chance_below(score, line))
        };
        Chances { low, step, table: (0..GRID).map(at).collect() }
    }

    /// The true cut-offs: the lines below which k tenths of the reference are expected to lie.
    fn implied_truth(&self, card: &Scorecard) -> [f64; 9] {
        let sample: Vec<f64> = self.permille.iter().step_by(5).map(|&p| card.unit(p)).collect();
        let expected = |line: f64| {
            let sum: f64 = sample.iter().map(|&s| card.outlook.chance_below(s, line)).sum();
            sum / sample.len() as f64
        };
        std::array::from_fn(|k| {
            let share = (k + 1) as f64 / 10.0;
            let (mut low, mut high) = (sample[0] - 3.0, sample[sample.len() - 1] + 3.0);
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                if expected(middle) < share { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        })
    }

    /// Reads cut-offs from their JSON text.
    ///
    /// # Errors
    /// [`RankError::Model`] when it is not a cut-offs file of this format.
    pub fn from_json(text: &str) -> Result<Self, RankError> {
        let cutoffs: Self =
            serde_json::from_str(text).map_err(|e| RankError::Model(e.to_string()))?;
        if cutoffs.format != FORMAT || cutoffs.permille.len() != 1001 {
            return Err(RankError::Model(format!("not a cut-offs file of format `{FORMAT}`")));
        }
        Ok(cutoffs)
    }

    /// The cut-offs as JSON text.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_json(&self) -> Result<String, RankError> {
        serde_json::to_string(self)
            .map(|text| text + "\n")
            .map_err(|e| RankError::Model(e.to_string()))
    }
}

/// Decile 10.
const TENTH: Decile = match Decile::new(10) {
    Some(decile) => decile,
    None => unreachable!(),
};

/// Exact deciles of a whole population: tenths of the people or of the families, in the order
/// (score, larger family first, hash of the family id). A family belongs to the tenth in which its
/// first member falls. Two passes over the scores; only families tied at a cut are sorted.
///
/// # Errors
/// [`RankError::Data`] when the columns differ in length or nobody is there.
pub fn deciles(scores: &[i32], size: &[u16], id: &[u64], unit: Unit) -> Result<Vec<u8>, RankError> {
    if scores.len() != size.len() || scores.len() != id.len() {
        return Err(RankError::Data("scores, sizes and ids differ in length".into()));
    }
    let weight = |i: usize| if unit == Unit::People { u64::from(size[i]) } else { 1 };
    let h = Histogram::of(scores, weight);
    let total = u128::from(h.total());
    if total == 0 {
        return Err(RankError::Data("nobody to cut into tenths".into()));
    }
    let tenth = |before: u128| (before * 10 / total).min(9) as u8 + 1;
    // Decile per score, and the scores that straddle a cut.
    let mut before = 0u128;
    let mut by_score = vec![0u8; h.mass.len()];
    let mut starts: Vec<(usize, u128)> = Vec::new();
    for (cell, &mass) in h.mass.iter().enumerate() {
        let mass = u128::from(mass);
        by_score[cell] = tenth(before);
        if mass > 0 && tenth(before) != tenth(before + mass - 1) {
            by_score[cell] = 0;
            starts.push((cell, before));
        }
        before += mass;
    }
    let cell = |score: i32| (i64::from(score) - i64::from(h.low)).min(SPAN - 1) as usize;
    let mut out: Vec<u8> = scores.par_iter().map(|&s| by_score[cell(s)]).collect();
    let mut tied: Vec<(usize, u16, u64, usize)> = out
        .par_iter()
        .enumerate()
        .filter(|(_, d)| **d == 0)
        .map(|(i, _)| (cell(scores[i]), u16::MAX - size[i], mix(id[i]), i))
        .collect();
    tied.par_sort_unstable();
    for group in tied.chunk_by(|a, b| a.0 == b.0) {
        let found = starts.binary_search_by_key(&group[0].0, |s| s.0);
        let mut before = found.map_or(0, |i| starts[i].1);
        for &(_, _, _, row) in group {
            out[row] = tenth(before);
            before += u128::from(weight(row));
        }
    }
    Ok(out)
}

/// Deciles within each region (for provincial or regency ranking): `region[i]` as a code.
///
/// # Errors
/// As [`deciles`].
pub fn deciles_by_region(
    scores: &[i32],
    size: &[u16],
    id: &[u64],
    region: &[u64],
    unit: Unit,
) -> Result<Vec<u8>, RankError> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by_key(|&i| (region[i], i));
    let mut out = vec![0; scores.len()];
    for group in order.chunk_by(|&a, &b| region[a] == region[b]) {
        let scores: Vec<i32> = group.iter().map(|&i| scores[i]).collect();
        let size: Vec<u16> = group.iter().map(|&i| size[i]).collect();
        let id: Vec<u64> = group.iter().map(|&i| id[i]).collect();
        for (&row, decile) in group.iter().zip(deciles(&scores, &size, &id, unit)?) {
            out[row] = decile;
        }
    }
    Ok(out)
}

/// Draws (of 10, or of as many as there are) in which a family keeps its decile; `drawn[d]` are the
/// scores of draw d, cut at that draw's own cut-offs.
#[must_use]
pub fn stays(own: &[u8], drawn: &[Vec<u8>]) -> Vec<u8> {
    (0..own.len()).map(|i| drawn.iter().filter(|d| d[i] == own[i]).count() as u8).collect()
}

/// Should a family be on the list? `rank` and `cut` are shares 0 to 1; `h` is the margin in the
/// same unit (0.05: five rank points). A family on the list leaves only above `cut + h`; one off it
/// enters only below `cut - h`. Hard exits (death, move, double registration) are events and do not
/// pass here.
#[must_use]
pub fn settle(on_list: bool, rank: f64, cut: f64, h: f64) -> bool {
    if on_list { rank < cut + h } else { rank < cut - h }
}

/// Deciles with hysteresis: a family keeps its earlier decile unless its rank lies more than `h`
/// outside it. `previous` 0 means no earlier decile.
#[must_use]
pub fn settled_decile(previous: u8, rank: f64, h: f64) -> u8 {
    let now = ((rank * 10.0).floor() as i32).clamp(0, 9) as u8 + 1;
    if previous == 0 || previous == now {
        return now;
    }
    let (low, high) = (f64::from(previous - 1) / 10.0 - h, f64::from(previous) / 10.0 + h);
    if rank >= low && rank < high { previous } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Chance;

    /// The same by sorting everything.
    fn by_sorting(scores: &[i32], size: &[u16], id: &[u64], unit: Unit) -> Vec<u8> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by_key(|&i| (scores[i], u16::MAX - size[i], mix(id[i])));
        let weight = |i: usize| if unit == Unit::People { u64::from(size[i]) } else { 1 };
        let total: u64 = (0..scores.len()).map(weight).sum();
        let mut out = vec![0; scores.len()];
        let mut before = 0;
        for i in order {
            out[i] = (before * 10 / total).min(9) as u8 + 1;
            before += weight(i);
        }
        out
    }

    #[test]
    fn histogram_deciles_equal_sorted_deciles_with_many_ties() {
        let mut chance = Chance::new(5);
        for (n, spread) in [(1usize, 1u64), (9, 3), (1_000, 7), (20_000, 50), (20_000, 90_000)] {
            let scores: Vec<i32> = (0..n).map(|_| chance.below(spread) as i32 - 20).collect();
            let size: Vec<u16> = (0..n).map(|_| 1 + chance.below(7) as u16).collect();
            let id: Vec<u64> = (0..n as u64).collect();
            for unit in [Unit::People, Unit::Families] {
                let got = deciles(&scores, &size, &id, unit).unwrap();
                assert_eq!(got, by_sorting(&scores, &size, &id, unit), "{n} {spread} {unit:?}");
            }
        }
    }

    #[test]
    fn shuffling_changes_no_decile() {
        let mut chance = Chance::new(6);
        let n = 5_000;
        let scores: Vec<i32> = (0..n).map(|_| chance.below(100) as i32).collect();
        let size: Vec<u16> = (0..n).map(|_| 1 + chance.below(7) as u16).collect();
        let id: Vec<u64> = (0..n as u64).map(|i| i * 7).collect();
        let straight = deciles(&scores, &size, &id, Unit::People).unwrap();
        let back = |i: usize| n - 1 - i;
        let turned = deciles(
            &(0..n).map(|i| scores[back(i)]).collect::<Vec<_>>(),
            &(0..n).map(|i| size[back(i)]).collect::<Vec<_>>(),
            &(0..n).map(|i| id[back(i)]).collect::<Vec<_>>(),
            Unit::People,
        )
        .unwrap();
        assert!((0..n).all(|i| straight[i] == turned[back(i)]));
    }

    #[test]
    fn hysteresis_holds_near_the_cut_and_lets_go_beyond_it() {
        let check = |on, rank, want| assert_eq!(settle(on, rank, 0.40, 0.05), want, "{on} {rank}");
        check(true, 0.44, true);
        check(true, 0.46, false);
        check(false, 0.36, false);
        check(false, 0.34, true);
        assert_eq!(settled_decile(4, 0.43, 0.05), 4);
        assert_eq!(settled_decile(4, 0.47, 0.05), 5);
        assert_eq!(settled_decile(0, 0.47, 0.05), 5);
    }

    #[test]
    fn cutoffs_survive_their_file_and_ranks_rise() {
        let scores: Vec<i32> = (0..10_000).collect();
        let cutoffs = Cutoffs::of_sample(&scores, &vec![1.0; 10_000], Unit::Families).unwrap();
        let read = Cutoffs::from_json(&cutoffs.to_json().unwrap()).unwrap();
        assert_eq!(read, cutoffs);
        assert_eq!(cutoffs.decile(999).get(), 1);
        assert_eq!(cutoffs.decile(1000).get(), 2);
        assert!((cutoffs.rank(5000) - 0.5).abs() < 0.002);
        assert!(scores.windows(2).all(|w| cutoffs.rank(w[0]) <= cutoffs.rank(w[1])));
    }
}
