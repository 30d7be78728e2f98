//! Who should be on a programme's list, and why.
//!
//! ```text
//! Frame + Rules ──eligibility──▶ reason per row ──order──▶ needs-first ──quota──▶ chosen, reserve
//! ```

mod amounts;
pub mod cells;
mod difference;
mod eligibility;
mod order;
mod proof;
mod quota;

pub use amounts::Amounts;
pub use difference::{Move, difference};
pub use kernel::apportion;
pub use proof::{Violation, needs_first};

use crate::TargetError;
use crate::frame::Frame;
use crate::programme::{Changes, Programme, code};
use crate::schema::{Schema, TableKind};

/// What to run differently from the law.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Changed parameters.
    pub changes: Changes,
    /// Everyone eligible is chosen (worked examples).
    pub ignore_quota: bool,
}

/// One quota: a region and its seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stratum {
    /// Region code at the quota's level; 0 when there is one list, or where the village is unknown.
    pub region: u64,
    /// Seats given to it.
    pub seats: u32,
    /// Eligible units in it.
    pub eligible: u32,
    /// Units chosen.
    pub chosen: u32,
    /// Units in reserve.
    pub reserve: u32,
}

/// The result of one programme on one frame: columns by row of the unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The programme's unit.
    pub unit: TableKind,
    /// Meets all rules.
    pub eligible: Vec<bool>,
    /// On the roll now.
    pub listed: Vec<bool>,
    /// Should be on the list.
    pub chosen: Vec<bool>,
    /// Why ([`code`]).
    pub reason: Vec<u16>,
    /// Bit per exclusion that asks for a case.
    pub cases: Vec<u16>,
    /// Number of the first priority that holds; the number of priorities when none does.
    pub priority: Vec<u8>,
    /// Place in the needs-first order of its quota, from 1; 0 when not eligible.
    pub need_rank: Vec<u32>,
    /// Place in the reserve, from 1; 0 when not in it.
    pub reserve: Vec<u32>,
    /// Rupiah per year if chosen.
    pub amounts: Amounts,
    /// The quotas.
    pub strata: Vec<Stratum>,
    /// Active rows of the roll that belong to nobody.
    pub unlinked: Vec<u64>,
    /// A village code divided by this is the region of its quota; 0: one list.
    pub(crate) region_divisor: u64,
}

impl Outcome {
    /// The region whose quota a village belongs to; 0 when there is one list.
    #[must_use]
    pub const fn region_of(&self, village: u64) -> u64 {
        order::stratum(village, self.region_divisor)
    }

    /// Units chosen.
    #[must_use]
    pub fn chosen_count(&self) -> usize {
        self.chosen.iter().filter(|c| **c).count()
    }

    /// Rupiah per year for all that are chosen.
    #[must_use]
    pub fn cost_year(&self) -> i64 {
        (0..self.chosen.len()).filter(|&r| self.chosen[r]).map(|r| self.amounts.of(r)).sum()
    }
}

/// Runs `programme` on `frame` as the law stands on the frame's day.
///
/// # Errors
/// When the edition lacks a column or the quota's map a region.
pub fn run(frame: &Frame, programme: &Programme, schema: &Schema) -> Result<Outcome, TargetError> {
    run_with(frame, programme, schema, &Options::default())
}

/// Runs `programme` with changes.
///
/// # Errors
/// As [`run`]; and when a change names no parameter.
pub fn run_with(
    frame: &Frame,
    programme: &Programme,
    schema: &Schema,
    options: &Options,
) -> Result<Outcome, TargetError> {
    let rules = programme.at(frame.day(), &options.changes, schema)?;
    let unit = programme.unit;
    let judged = eligibility::judge(frame, &rules)?;
    let amounts = amounts::amounts(frame, &rules)?;
    let eligible: Vec<bool> = judged.reason.iter().map(|r| *r < code::UNRANKED).collect();
    let rows = eligible.len();
    let unlinked = match (frame.rolls.get(&programme.id), unit) {
        (Some(roll), TableKind::Person) => roll.unlinked_persons.clone(),
        (Some(roll), TableKind::Family) => roll.unlinked_families.clone(),
        (None, _) => Vec::new(),
    };
    let mut outcome = Outcome {
        unit,
        chosen: eligible.clone(),
        eligible,
        listed: judged.listed,
        reason: judged.reason,
        cases: judged.cases,
        priority: judged.priority,
        need_rank: vec![0; rows],
        reserve: vec![0; rows],
        amounts,
        strata: Vec::new(),
        unlinked,
        region_divisor: order::divisor(programme.quota.as_ref().and_then(|q| q.level)),
    };
    let claims = order::claims(frame, &rules, &outcome)?;
    quota::fill(frame, &rules, options, claims, &mut outcome)?;
    Ok(outcome)
}
