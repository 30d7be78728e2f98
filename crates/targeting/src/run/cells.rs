//! A programme laid ready for a page: everybody who meets every rule but the cut, counted by
//! region, place in the order of need, decile and roll. From these cells the live half fills seats
//! for any cut, quota, budget or hysteresis without the families themselves.
//!
//! The order of need is kept to a five-hundredth of the population (0.2 rank points): within such a
//! step the cells say how many, not who.

use super::order::claims;
use super::{Options, Outcome, run_with};
use crate::TargetError;
use crate::frame::Frame;
use crate::meter::{age_band, probabilities};
use crate::programme::{Changes, Programme, Seats, Value};
use crate::schema::{Schema, TableKind};
use engine::TableBuilder;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Steps of the order of need over the whole population.
pub const STEPS: u16 = 500;

/// From this age band on somebody counts as old in the groups.
const OLD_BAND: u8 = 5;

/// Units that stand at the same place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SimulationCell {
    /// Units.
    pub units: u64,
    /// By family size: 1–2, 3–4, 5–6, 7 and more.
    pub sizes: [u64; 4],
    /// Women, or families with a woman at the head.
    pub women: u64,
    /// People of 60 and over, or families with such a head.
    pub old: u64,
    /// Rupiah a year if all are chosen.
    pub amount_year: i64,
    /// Units expected truly within the law's cut, in thousandths.
    pub within_thousandths: u64,
}

/// Where a cell stands: regency, class and priority in the order, decile, step of need, on the roll.
pub type Place = (u64, u8, u8, u16, bool);

/// What the law says, for the page to start from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LawSettings {
    /// `person` or `family`.
    pub unit: &'static str,
    /// The highest decile.
    pub cut: u8,
    /// Seats in all; none: everyone eligible.
    pub seats: Option<u64>,
    /// True when the seats are those of the roll.
    pub seats_of_roll: bool,
    /// `all`, or the level seats are divided among.
    pub level: String,
    /// Weights of the regions, where a map divides the seats.
    pub weights: BTreeMap<u64, f64>,
    /// Rank points of hysteresis.
    pub hysteresis: f64,
    /// Units chosen by the law, exactly.
    pub chosen: u64,
    /// Rupiah a year by the law, exactly.
    pub cost_year: i64,
    /// On the roll, rows that belong to nobody included.
    pub listed: u64,
}

/// Cells by their place in the order of need.
pub type Cells = BTreeMap<Place, SimulationCell>;

/// The cells of `programme`, and what the law says; none for a programme without a cut.
///
/// # Errors
/// As [`super::run()`].
pub fn cells(
    frame: &Frame,
    programme: &Programme,
    schema: &Schema,
    law: &Outcome,
) -> Result<Option<(LawSettings, Cells)>, TargetError> {
    let Some(cut_key) = &programme.need.cut else { return Ok(None) };
    let settings = law_settings(frame, programme, cut_key, law)?;
    // Everybody who would be eligible if no decile were above the cut.
    let mut changes = Changes::new();
    changes.insert(cut_key.clone(), Value::Int(10));
    if let Some(key) = &programme.need.hysteresis {
        changes.insert(key.clone(), Value::Double(0.0));
    }
    let rules = programme.at(frame.day(), &changes, schema)?;
    let wide = run_with(frame, programme, schema, &Options { changes, ignore_quota: true })?;
    let within = probabilities(frame, f64::from(settings.cut));
    let mut out = Cells::new();
    for claim in claims(frame, &rules, &wide)? {
        let row = claim.row as usize;
        let family = frame.family_of(wide.unit, row);
        let share = family.map_or(f64::NAN, |f| frame.family.rank[f]);
        if share.is_nan() {
            continue;
        }
        let step = ((share * f64::from(STEPS)) as u16).min(STEPS - 1);
        let region = frame.village_of(wide.unit, row) / 1_000_000;
        let order = claim.class * 16 + claim.priority.min(15);
        let decile = frame.standing_of(wide.unit, row).0;
        let cell = out.entry((region, order, decile, step, wide.listed[row])).or_default();
        let p = family.map_or(f64::NAN, |f| within[f]);
        count(cell, frame, &wide, row, if p.is_nan() { 0.0 } else { p });
    }
    Ok(Some((settings, out)))
}

fn count(cell: &mut SimulationCell, frame: &Frame, outcome: &Outcome, row: usize, within: f64) {
    let unit = outcome.unit;
    let face = frame.face_of(unit, row);
    let members = frame.family_of(unit, row).map_or(1, |f| frame.members(f).len());
    cell.units += 1;
    cell.sizes[members.saturating_sub(1).min(7) / 2] += 1;
    cell.women += u64::from(face.is_some_and(|p| frame.person.sex[p] == 2));
    cell.old += u64::from(face.is_some_and(|p| is_old(frame.person.age[p])));
    cell.amount_year += outcome.amounts.of(row);
    cell.within_thousandths += (within * 1_000.0).round() as u64;
}

fn is_old(age: u8) -> bool {
    age != u8::MAX && age_band(age) >= OLD_BAND
}

fn law_settings(
    frame: &Frame,
    programme: &Programme,
    cut_key: &str,
    law: &Outcome,
) -> Result<LawSettings, TargetError> {
    let values = programme.values_on(frame.day(), &Changes::new())?;
    let number =
        |key: &Option<String>| key.as_ref().map_or(Ok(0.0), |key| programme.number(key, &values));
    let listed = law.listed.iter().filter(|l| **l).count() + law.unlinked.len();
    let quota = programme.quota.as_ref();
    let seats = match quota.map(|q| &q.seats) {
        None => None,
        Some(Seats::Roll) => Some(listed as u64),
        Some(Seats::Fixed(seats)) => Some(*seats),
        Some(Seats::Parameter(key)) => Some(programme.number(key, &values)?.max(0.0) as u64),
    };
    let by_region = quota.is_some_and(|q| q.level.is_some());
    let map = programme.map.as_ref().filter(|_| by_region);
    Ok(LawSettings {
        unit: match programme.unit {
            TableKind::Person => "person",
            TableKind::Family => "family",
        },
        cut: programme.number(cut_key, &values)? as u8,
        seats,
        seats_of_roll: matches!(quota.map(|q| &q.seats), Some(Seats::Roll)),
        level: if by_region { "regency" } else { "all" }.to_owned(),
        weights: map.map_or_else(BTreeMap::new, |m| {
            m.poor.iter().map(|(code, poor)| (code.number(), *poor)).collect()
        }),
        hysteresis: number(&programme.need.hysteresis)?,
        chosen: law.chosen_count() as u64,
        cost_year: law.cost_year(),
        listed: listed as u64,
    })
}

/// Writes the cells of all programmes as one table.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    path: &Path,
    programmes: &[(&str, &BTreeMap<Place, SimulationCell>)],
) -> Result<u64, TargetError> {
    let rows: Vec<(&str, &Place, &SimulationCell)> = programmes
        .iter()
        .flat_map(|(id, cells)| cells.iter().map(move |(place, cell)| (*id, place, cell)))
        .collect();
    let big = |f: &dyn Fn(&SimulationCell) -> u64| rows.iter().map(|r| f(r.2)).collect::<Vec<_>>();
    let table = TableBuilder::new()
        .strings("programme", rows.iter().map(|r| r.0.to_owned()).collect())
        .u64("region", rows.iter().map(|r| r.1.0).collect())
        .u8("priority", rows.iter().map(|r| r.1.1).collect())
        .u8("decile", rows.iter().map(|r| r.1.2).collect())
        .u16("step", rows.iter().map(|r| r.1.3).collect())
        .bool("listed", rows.iter().map(|r| r.1.4).collect())
        .u64("units", big(&|c| c.units))
        .u64("size_1_2", big(&|c| c.sizes[0]))
        .u64("size_3_4", big(&|c| c.sizes[1]))
        .u64("size_5_6", big(&|c| c.sizes[2]))
        .u64("size_7_up", big(&|c| c.sizes[3]))
        .u64("women", big(&|c| c.women))
        .u64("old", big(&|c| c.old))
        .i64("amount_year", rows.iter().map(|r| r.2.amount_year).collect())
        .u64("within_thousandths", big(&|c| c.within_thousandths));
    table.write(path)?;
    Ok(rows.len() as u64)
}
