//! Why a family stands where it stands, and what would change it. The model is additive, so the
//! answer is exact: the score is the base and the points of each part, nothing else.
//!
//! Two views: officers who may know see points and the distance to the cut; the public sees
//! direction and group only (a published formula invites scores piled up at the cut: Camacho and
//! Conover 2011).

use crate::RankError;
use crate::card::{Answers, Columns, Scorecard};
use crate::cut::Cutoffs;
use crate::frame::matches;
use serde::Serialize;
use std::collections::BTreeMap;

/// The groups in which the public is told what counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Members, ages, dependants.
    Household,
    /// Schooling.
    Education,
    /// Work and business.
    Work,
    /// Building, water, power, sanitation.
    Housing,
    /// Things owned, land, livestock.
    Assets,
    /// Where the family lives.
    Place,
    /// Everything else.
    Other,
}

/// Which columns belong to which group, first match counts.
const GROUPS: [(&str, Group); 42] = [
    ("region", Group::Place),
    ("urban*", Group::Place),
    ("province*", Group::Place),
    ("*school*", Group::Education),
    ("*educ*", Group::Education),
    ("*diploma*", Group::Education),
    ("students", Group::Education),
    ("*work*", Group::Work),
    ("employees", Group::Work),
    ("civil_servants", Group::Work),
    ("*business*", Group::Work),
    ("turnover*", Group::Work),
    ("*sector*", Group::Work),
    ("*formal*", Group::Work),
    ("asset_*", Group::Assets),
    ("livestock_*", Group::Assets),
    ("x_ac", Group::Assets),
    ("*computer*", Group::Assets),
    ("*radio*", Group::Assets),
    ("*tv", Group::Assets),
    ("*motor*", Group::Assets),
    ("*refrigerator*", Group::Assets),
    ("*floor*", Group::Housing),
    ("*wall*", Group::Housing),
    ("*roof*", Group::Housing),
    ("*tenure*", Group::Housing),
    ("*house", Group::Housing),
    ("*water*", Group::Housing),
    ("*light*", Group::Housing),
    ("electricity*", Group::Housing),
    ("*cook*", Group::Housing),
    ("*toilet*", Group::Housing),
    ("sewage*", Group::Housing),
    ("families_in_house", Group::Housing),
    ("*size*", Group::Household),
    ("members_*", Group::Household),
    ("women_*", Group::Household),
    ("*depend*", Group::Household),
    ("*age*", Group::Household),
    ("head_*", Group::Household),
    ("*disab*", Group::Household),
    ("ill_members", Group::Household),
];

impl Group {
    /// The group of a part.
    #[must_use]
    pub fn of(part: &str) -> Self {
        let name = part.split(" × ").next().unwrap_or(part);
        let hit = |pattern: &str| matches(pattern.as_bytes(), name.as_bytes());
        GROUPS.iter().find(|(pattern, _)| hit(pattern)).map_or(Self::Other, |(_, g)| *g)
    }

    /// Indonesian and English words for the group.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Household => ("susunan keluarga", "family members"),
            Self::Education => ("pendidikan", "education"),
            Self::Work => ("pekerjaan dan usaha", "work and business"),
            Self::Housing => ("keadaan rumah", "housing"),
            Self::Assets => ("kepemilikan barang, lahan, ternak", "belongings, land, livestock"),
            Self::Place => ("tempat tinggal", "place"),
            Self::Other => ("lainnya", "other"),
        }
    }
}

/// Mean points of every part, of all families and per region: what "average" means in an
/// explanation. Part of an edition's published tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Averages {
    /// Part names, as [`Scorecard::part_names`].
    pub parts: Vec<String>,
    /// Means over all families.
    pub all: Vec<i32>,
    /// Means per region key.
    pub regions: BTreeMap<u64, Vec<i32>>,
}

impl Averages {
    /// Computes the means; `region[row]` is a region key (0: none).
    ///
    /// # Errors
    /// [`RankError::Column`] when a variable of the card is absent.
    pub fn of(card: &Scorecard, columns: &Columns, region: &[u64]) -> Result<Self, RankError> {
        let points = card.contributions(columns)?;
        let mut sums: BTreeMap<u64, (i64, Vec<i64>)> = BTreeMap::new();
        for row in 0..columns.rows() {
            let key = region.get(row).copied().unwrap_or(0);
            let entry = sums.entry(key).or_insert_with(|| (0, vec![0; points.len()]));
            entry.0 += 1;
            for (sum, part) in entry.1.iter_mut().zip(&points) {
                *sum += i64::from(part[row]);
            }
        }
        let mean = |(count, sum): &(i64, Vec<i64>)| -> Vec<i32> {
            sum.iter().map(|s| (s / (*count).max(1)) as i32).collect()
        };
        let mut total = (0, vec![0; points.len()]);
        for (count, sum) in sums.values() {
            total.0 += count;
            for (a, b) in total.1.iter_mut().zip(sum) {
                *a += b;
            }
        }
        sums.remove(&0);
        Ok(Self {
            parts: card.part_names(),
            all: mean(&total),
            regions: sums.iter().map(|(key, sum)| (*key, mean(sum))).collect(),
        })
    }

    /// The means of a region, or of everybody when it is unknown.
    #[must_use]
    pub fn region(&self, key: u64) -> &[i32] {
        self.regions.get(&key).unwrap_or(&self.all)
    }
}

/// What one part did to a family's score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pull {
    /// Variable, `region`, or a pair `a × b`.
    pub part: String,
    /// Its group.
    pub group: Group,
    /// Points in the family's score.
    pub points: i32,
    /// Points above (better off) or below (poorer) the average of the family's region.
    pub against_average: i32,
}

/// The officer's view: exact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Score in points.
    pub score: i32,
    /// Base: the average family of the survey.
    pub base: i32,
    /// Decile by the cut-offs.
    pub decile: u8,
    /// Share of the reference ranked poorer.
    pub rank: f64,
    /// Standard error, in the target's unit.
    pub se: f64,
    /// Chance that the true decile is 1–4.
    pub chance_1_4: f64,
    /// Points up to the next cut (none in decile 10).
    pub to_upper_cut: Option<i32>,
    /// Points down to the cut below (none in decile 1).
    pub to_lower_cut: Option<i32>,
    /// Every part, strongest against the average first. Base + sum of points = score.
    pub pulls: Vec<Pull>,
}

/// The public's view: direction and group, no weights, no distance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublicView {
    /// Decile.
    pub decile: u8,
    /// Chance of decile 1–4 in tenths ("7 of 10").
    pub tenths_1_4: u8,
    /// Groups that make the family look better off than its region's average, strongest first.
    pub up: Vec<Group>,
    /// Groups that make it look poorer.
    pub down: Vec<Group>,
}

/// Explains one family from its answers.
#[must_use]
pub fn explain(
    card: &Scorecard,
    cutoffs: &Cutoffs,
    averages: &[i32],
    answer: impl Fn(&str) -> Option<f64> + Copy,
    region: Option<&str>,
) -> Explanation {
    let points = card.parts_of_one(answer, region);
    let score = card.base + points.iter().sum::<i32>();
    let decile = cutoffs.decile(score).get();
    let mut pulls: Vec<Pull> = card
        .part_names()
        .into_iter()
        .zip(points)
        .enumerate()
        .map(|(i, (part, points))| Pull {
            group: Group::of(&part),
            against_average: points - averages.get(i).copied().unwrap_or(0),
            part,
            points,
        })
        .collect();
    pulls.sort_by(|a, b| {
        b.against_average.abs().cmp(&a.against_average.abs()).then(a.part.cmp(&b.part))
    });
    let cut = |index: i32| usize::try_from(index).ok().and_then(|i| cutoffs.cuts.get(i));
    Explanation {
        score,
        base: card.base,
        decile,
        rank: cutoffs.rank(score),
        se: card.se(score),
        chance_1_4: cutoffs.chance(card, score, 4),
        to_upper_cut: cut(i32::from(decile) - 1).map(|c| c - score),
        to_lower_cut: cut(i32::from(decile) - 2).map(|c| score - c + 1),
        pulls,
    }
}

impl Explanation {
    /// The `most` parts that pulled up (better off than the region's average), strongest first.
    pub fn up(&self, most: usize) -> impl Iterator<Item = &Pull> {
        self.pulls.iter().filter(|p| p.against_average > 0).take(most)
    }

    /// The `most` parts that pulled down, strongest first.
    pub fn down(&self, most: usize) -> impl Iterator<Item = &Pull> {
        self.pulls.iter().filter(|p| p.against_average < 0).take(most)
    }

    /// What the public may see.
    #[must_use]
    pub fn public(&self) -> PublicView {
        let mut sums: BTreeMap<Group, i32> = BTreeMap::new();
        for pull in &self.pulls {
            *sums.entry(pull.group).or_default() += pull.against_average;
        }
        let mut groups: Vec<(Group, i32)> = sums.into_iter().collect();
        groups.sort_by_key(|&(group, sum)| (-sum.abs(), group));
        // Less than a quarter of a percent is no direction.
        let side = |sign: i32| -> Vec<Group> {
            groups.iter().filter(|(_, s)| s * sign > 25).map(|(g, _)| *g).collect()
        };
        PublicView {
            decile: self.decile,
            tenths_1_4: (self.chance_1_4 * 10.0).round() as u8,
            up: side(1),
            down: side(-1),
        }
    }
}

/// One changed answer and what it would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The variable.
    pub variable: String,
    /// The answer now (none: missing).
    pub from: Option<f64>,
    /// The other answer.
    pub to: f64,
    /// Points it adds.
    pub points: i32,
    /// The decile then.
    pub decile: u8,
}

/// Answers nobody can change by bringing evidence about the house or belongings.
const FIXED: [&str; 4] = ["*head_sex*", "*age*", "region", "*male*"];

/// For each variable the feasible answer that changes the score most downwards (`sign` -1) or
/// upwards (+1), strongest first: which evidence is worth bringing, or checking. Codes and yes/no
/// answers may change to any other answer seen; numbers to between half and double, or by one.
#[must_use]
pub fn what_would_change(
    card: &Scorecard,
    cutoffs: &Cutoffs,
    answer: impl Fn(&str) -> Option<f64> + Copy,
    region: Option<&str>,
    sign: i32,
    most: usize,
) -> Vec<Change> {
    let now = card.score_one(answer, region);
    let mut changes: Vec<Change> = Vec::new();
    for variable in &card.variables {
        if FIXED.iter().any(|p| matches(p.as_bytes(), variable.name.as_bytes())) {
            continue;
        }
        let from = answer(&variable.name);
        let best = feasible(&variable.answers, from)
            .into_iter()
            .map(|to| {
                let changed = |n: &str| if n == variable.name { Some(to) } else { answer(n) };
                (card.score_one(changed, region) - now, to)
            })
            .max_by_key(|&(points, _)| points * sign);
        if let Some((points, to)) = best
            && points * sign > 0
        {
            let decile = cutoffs.decile(now + points).get();
            changes.push(Change { variable: variable.name.clone(), from, to, points, decile });
        }
    }
    changes.sort_by(|a, b| {
        (b.points * sign).cmp(&(a.points * sign)).then(a.variable.cmp(&b.variable))
    });
    changes.truncate(most);
    changes
}

/// Other answers that a single piece of evidence could establish.
fn feasible(answers: &Answers, from: Option<f64>) -> Vec<f64> {
    match answers {
        Answers::Codes { points, .. } => {
            points.keys().filter_map(|c| c.parse().ok()).filter(|&c| Some(c) != from).collect()
        }
        Answers::Whole { low, points } => {
            let (low, high) = (*low as f64, *low as f64 + points.len() as f64 - 1.0);
            let Some(x) = from else { return Vec::new() };
            let (a, b) = if high - low <= 1.0 {
                (low, high)
            } else {
                ((x / 2.0).ceil().min(x - 1.0).max(low), (x * 2.0).max(x + 1.0).min(high))
            };
            let steps = (b - a).clamp(0.0, 200.0) as i64;
            (0..=steps).map(|i| a + i as f64).filter(|&v| v != x).collect()
        }
        Answers::Edges { edges, .. } => {
            let Some(x) = from else { return Vec::new() };
            edges.iter().copied().filter(|&e| e >= x / 2.0 && e <= x * 2.0).collect()
        }
    }
}
