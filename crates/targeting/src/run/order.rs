//! The needs-first order. One total order per quota, so the same edition gives the same list:
//!
//! 1. within the minimum stay before all others,
//! 2. the first priority that holds,
//! 3. need: national rank (or 1 − probability), less the hysteresis for those on the roll,
//! 4. score, 5. larger family, 6. a hash of the family id, then of the person id.
//!
//! *Not those recorded first*: ids decide only through the hash, and only between equals.

use super::Outcome;
use crate::TargetError;
use crate::frame::{Frame, NO_DAY};
use crate::programme::{Order, Rules};
use crate::schema::TableKind;
use kernel::chance::mix;
use kernel::region::Level;
use rayon::prelude::*;

/// Steps of one rank point.
const STEPS_PER_POINT: f64 = 10_000_000.0;

/// An eligible row that asks for a seat; ordered by its fields from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    pub stratum: u64,
    /// 0 within the minimum stay, else 1.
    pub class: u8,
    pub priority: u8,
    /// Rank in steps, with the hysteresis taken off for those on the roll.
    pub need: i64,
    score: i64,
    smaller: u8,
    family_hash: u64,
    person_hash: u64,
    pub row: u32,
    /// Rank in steps without the hysteresis.
    pub plain_need: i64,
}

/// The claims of all eligible rows, in order.
pub(super) fn claims(
    frame: &Frame,
    rules: &Rules<'_>,
    outcome: &Outcome,
) -> Result<Vec<Claim>, TargetError> {
    let maker = Maker::new(frame, rules, outcome)?;
    let mut claims: Vec<Claim> = (0..outcome.eligible.len())
        .into_par_iter()
        .filter(|&row| outcome.eligible[row])
        .map(|row| maker.claim(row))
        .collect();
    claims.par_sort_unstable();
    Ok(claims)
}

struct Maker<'a> {
    frame: &'a Frame,
    outcome: &'a Outcome,
    order: Order,
    cut: f64,
    margin: i64,
    since: Option<&'a [i32]>,
    stays_from: i32,
    divisor: u64,
}

impl<'a> Maker<'a> {
    fn new(frame: &'a Frame, rules: &Rules<'_>, outcome: &'a Outcome) -> Result<Self, TargetError> {
        let programme = rules.programme;
        let number = |key: &Option<String>| match key {
            Some(key) => programme.number(key, &rules.values),
            None => Ok(0.0),
        };
        let months = number(&programme.need.stay_months)? as i32;
        let since = frame.rolls.get(&programme.id).map(|roll| match outcome.unit {
            TableKind::Person => roll.person_since.as_slice(),
            TableKind::Family => roll.family_since.as_slice(),
        });
        Ok(Self {
            frame,
            outcome,
            order: programme.need.order,
            cut: number(&programme.need.cut)?,
            margin: (number(&programme.need.hysteresis)? * STEPS_PER_POINT) as i64,
            since: since.filter(|_| months > 0),
            stays_from: frame.day().plus_months(-months).days(),
            divisor: outcome.region_divisor,
        })
    }

    fn claim(&self, row: usize) -> Claim {
        let frame = self.frame;
        let unit = self.outcome.unit;
        let family = frame.family_of(unit, row);
        let plain_need = family.map_or(i64::MAX / 2, |f| self.need(f));
        let listed = self.outcome.listed[row];
        let stays =
            listed && self.since.is_some_and(|s| s[row] != NO_DAY && s[row] > self.stays_from);
        let score = family.map_or(f64::NAN, |f| frame.family.score[f]);
        let size = family.map_or(0, |f| frame.members(f).len().min(254));
        let family_id = family.map_or(0, |f| frame.family.id[f]);
        let person_id = match unit {
            TableKind::Person => frame.person.id[row],
            TableKind::Family => 0,
        };
        Claim {
            stratum: stratum(frame.village_of(unit, row), self.divisor),
            class: u8::from(!stays),
            priority: self.outcome.priority[row],
            need: if listed { plain_need - self.margin } else { plain_need },
            score: if score.is_nan() { i64::MAX } else { (score * 10_000.0).round() as i64 },
            smaller: 255 - size as u8,
            family_hash: mix(family_id),
            person_hash: mix(person_id),
            row: row as u32,
            plain_need,
        }
    }

    fn need(&self, family: usize) -> i64 {
        let f = &self.frame.family;
        let share = match self.order {
            Order::Score => f.rank[family],
            Order::Probability if self.cut <= 4.0 => 1.0 - f.p_1_4[family],
            Order::Probability => 1.0 - f.p_1_5[family],
        };
        if share.is_nan() { i64::MAX / 2 } else { (share * 100.0 * STEPS_PER_POINT) as i64 }
    }
}

/// What a village code is divided by to give the region of a level; 0: no regions.
pub(super) const fn divisor(level: Option<Level>) -> u64 {
    match level {
        None => 0,
        Some(Level::Province) => 100_000_000,
        Some(Level::Regency) => 1_000_000,
        Some(Level::District) => 10_000,
        Some(Level::Village) => 1,
    }
}

/// The region code of a village at the level of `divisor`.
pub(super) const fn stratum(village: u64, divisor: u64) -> u64 {
    match village.checked_div(divisor) {
        Some(code) => code,
        None => 0,
    }
}
