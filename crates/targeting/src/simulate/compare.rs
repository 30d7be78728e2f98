//! Two outcomes side by side: who enters and leaves, where, who they are, what it costs, and the
//! families nearest to the edge.

use crate::frame::Frame;
use crate::meter::{Expected, age_band};
use crate::run::Outcome;
use crate::schema::TableKind;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Units of one region or group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// On the list under the law.
    pub before: u64,
    /// On the list under the scenario.
    pub after: u64,
    /// Only under the scenario.
    pub enters: u64,
    /// Only under the law.
    pub leaves: u64,
}

/// A unit near the edge of its quota or cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Family id.
    pub family_id: u64,
    /// Its village.
    pub village: u64,
    /// Its decile under the scenario.
    pub decile: u8,
    /// Rank points to the edge: below 0 it is inside.
    pub points: f64,
    /// On the list under the scenario.
    pub chosen: bool,
}

/// What a scenario does against the law.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    /// All together.
    pub total: Flow,
    /// By regency or city code (4 digits; 0 unknown).
    pub regions: BTreeMap<u64, Flow>,
    /// By decile of the edition (0 unranked).
    pub deciles: BTreeMap<u8, Flow>,
    /// By sex of the person or head (0 unknown).
    pub sexes: BTreeMap<u8, Flow>,
    /// By age band of the person or head.
    pub ages: BTreeMap<u8, Flow>,
    /// By family size: 1, 2, 3, 4 for 1–2, 3–4, 5–6, 7 and more.
    pub sizes: BTreeMap<u8, Flow>,
    /// Rupiah a year under the law.
    pub law_cost_year: i64,
    /// Rupiah a year under the scenario.
    pub cost_year: i64,
    /// Share of the roll as it is now that would leave (0 without a roll).
    pub churn_against_roll: f64,
    /// Expected errors of the law's list.
    pub law_errors: Option<Expected>,
    /// Expected errors of the scenario's list, by the same yardstick.
    pub errors: Option<Expected>,
    /// The families nearest to the edge, nearest first.
    pub edge: Vec<Edge>,
}

/// Families shown at the edge.
const EDGE_MAX: usize = 50;

/// Compares `after` (on `changed`, which may carry other scores) with `law` (on `frame`).
#[must_use]
pub fn compare(frame: &Frame, changed: &Frame, law: &Outcome, after: &Outcome) -> Effect {
    let mut effect = Effect {
        law_cost_year: law.cost_year(),
        cost_year: after.cost_year(),
        edge: edge(changed, after),
        ..Effect::default()
    };
    let (mut on_roll, mut left) = (0u64, 0u64);
    for row in 0..after.chosen.len() {
        on_roll += u64::from(after.listed[row]);
        left += u64::from(after.listed[row] && !after.chosen[row]);
        let (before, now) = (law.chosen[row], after.chosen[row]);
        if !before && !now {
            continue;
        }
        let unit = law.unit;
        let face = frame.face_of(unit, row);
        let family = frame.family_of(unit, row);
        let sex = face.map_or(0, |p| frame.person.sex[p]);
        let age = age_band(face.map_or(u8::MAX, |p| frame.person.age[p]));
        let size = family.map_or(1, |f| size_band(frame.members(f).len()));
        let region = frame.village_of(unit, row) / 1_000_000;
        effect.total.add(before, now);
        effect.regions.entry(region).or_default().add(before, now);
        effect.deciles.entry(frame.standing_of(unit, row).0).or_default().add(before, now);
        effect.sexes.entry(sex).or_default().add(before, now);
        effect.ages.entry(age).or_default().add(before, now);
        effect.sizes.entry(size).or_default().add(before, now);
    }
    if on_roll > 0 {
        effect.churn_against_roll = left as f64 / on_roll as f64;
    }
    effect
}

impl Flow {
    fn add(&mut self, before: bool, after: bool) {
        self.before += u64::from(before);
        self.after += u64::from(after);
        self.enters += u64::from(after && !before);
        self.leaves += u64::from(before && !after);
    }
}

const fn size_band(members: usize) -> u8 {
    match members {
        0..=2 => 1,
        3..=4 => 2,
        5..=6 => 3,
        _ => 4,
    }
}

/// The families nearest to the edge of their quota: the least needy one that was chosen there by
/// order of need. Both sides, nearest first.
fn edge(frame: &Frame, outcome: &Outcome) -> Vec<Edge> {
    let unit = outcome.unit;
    let rank =
        |row: usize| frame.family_of(unit, row).map_or(f64::NAN, |f| frame.family.rank[f] * 100.0);
    let region = |row: usize| outcome.region_of(frame.village_of(unit, row));
    let mut edges: FxHashMap<u64, f64> = FxHashMap::default();
    for row in (0..outcome.chosen.len()).filter(|&r| outcome.chosen[r] && !outcome.listed[r]) {
        let points = rank(row);
        let edge = edges.entry(region(row)).or_insert(f64::NEG_INFINITY);
        *edge = edge.max(points);
    }
    let distance = |row: usize| edges.get(&region(row)).map_or(f64::NAN, |edge| rank(row) - edge);
    let mut near: Vec<(f64, u64, usize)> = (0..outcome.chosen.len())
        .filter(|&row| is_first_of_family(frame, unit, row))
        .filter_map(|row| {
            let family = frame.family_of(unit, row)?;
            Some((distance(row), frame.family.id[family], row)).filter(|d| !d.0.is_nan())
        })
        .collect();
    let order = |a: &(f64, u64, usize), b: &(f64, u64, usize)| {
        a.0.abs().total_cmp(&b.0.abs()).then(a.1.cmp(&b.1))
    };
    if near.len() > EDGE_MAX {
        near.select_nth_unstable_by(EDGE_MAX, order);
        near.truncate(EDGE_MAX);
    }
    near.sort_unstable_by(order);
    near.into_iter()
        .map(|(points, family_id, row)| Edge {
            family_id,
            village: frame.village_of(unit, row),
            decile: frame.standing_of(unit, row).0,
            points,
            chosen: outcome.chosen[row],
        })
        .collect()
}

/// One row per family: itself, or the first living member.
fn is_first_of_family(frame: &Frame, unit: TableKind, row: usize) -> bool {
    match unit {
        TableKind::Family => true,
        TableKind::Person => frame
            .family_of(unit, row)
            .is_some_and(|f| frame.members(f).first().is_some_and(|&m| m as usize == row)),
    }
}
