//! Eligibility with a reason for every row. The order of the questions is fixed: living, ranked,
//! within the cut, exclusions, conditions; the first that fails is the reason. Rows are judged in
//! chunks, all questions on one chunk while it is in the cache.

use crate::TargetError;
use crate::frame::{Frame, roll_status};
use crate::programme::{Effect, IfUnknown, Rules, code};
use crate::rule::{Bound, TRUE, UNKNOWN, bind, ranges};
use crate::schema::TableKind;
use kernel::UnrankedReason;
use rayon::prelude::*;

/// A verdict per row.
#[derive(Default)]
pub(super) struct Judged {
    /// Below [`code::UNRANKED`] when eligible.
    pub reason: Vec<u16>,
    pub listed: Vec<bool>,
    pub cases: Vec<u16>,
    pub priority: Vec<u8>,
}

pub(super) fn judge(frame: &Frame, rules: &Rules<'_>) -> Result<Judged, TargetError> {
    let judge = Judge::new(frame, rules)?;
    let rows = frame.rows(rules.programme.unit);
    let chunks: Vec<Judged> =
        ranges(rows).into_par_iter().map(|(from, to)| judge.rows(from, to)).collect();
    let mut all = Judged::default();
    all.reason.reserve_exact(rows);
    all.cases.reserve_exact(rows);
    all.priority.reserve_exact(rows);
    all.listed.reserve_exact(rows);
    for chunk in chunks {
        all.reason.extend(chunk.reason);
        all.listed.extend(chunk.listed);
        all.cases.extend(chunk.cases);
        all.priority.extend(chunk.priority);
    }
    Ok(all)
}

/// Clauses bound to the frame, with their number in the file.
struct Judge<'f> {
    frame: &'f Frame,
    unit: TableKind,
    roll: Option<&'f [u8]>,
    cut: Option<f64>,
    margin: f64,
    exclusions: Vec<(u16, Effect, Bound<'f>)>,
    conditions: Vec<(u16, IfUnknown, Bound<'f>)>,
    priorities: Vec<(u8, Bound<'f>)>,
    last_priority: u8,
}

impl<'f> Judge<'f> {
    fn new(frame: &'f Frame, rules: &Rules<'_>) -> Result<Self, TargetError> {
        let programme = rules.programme;
        let unit = programme.unit;
        let number = |key: &Option<String>| {
            key.as_ref().map(|k| programme.number(k, &rules.values)).transpose()
        };
        let mut judge = Self {
            frame,
            unit,
            roll: frame.rolls.get(&programme.id).map(|roll| match unit {
                TableKind::Person => roll.persons.as_slice(),
                TableKind::Family => roll.families.as_slice(),
            }),
            cut: number(&programme.need.cut)?,
            margin: number(&programme.need.hysteresis)?.unwrap_or(0.0),
            exclusions: Vec::new(),
            conditions: Vec::new(),
            priorities: Vec::new(),
            last_priority: u8::try_from(rules.priorities.len()).unwrap_or(u8::MAX),
        };
        for (at, (clause, node)) in rules.exclusions.iter().enumerate() {
            if let Some(node) = node {
                judge.exclusions.push((at as u16, clause.effect, bind(node, unit, frame)?));
            }
        }
        for (at, (clause, node)) in rules.conditions.iter().enumerate() {
            if let Some(node) = node {
                judge.conditions.push((at as u16, clause.if_unknown, bind(node, unit, frame)?));
            }
        }
        for (at, (_, node)) in rules.priorities.iter().enumerate().rev() {
            if let Some(node) = node {
                judge.priorities.push((at as u8, bind(node, unit, frame)?));
            }
        }
        Ok(judge)
    }

    fn rows(&self, from: usize, to: usize) -> Judged {
        let listed: Vec<bool> = match self.roll {
            Some(status) => status[from..to].iter().map(|s| *s == roll_status::ACTIVE).collect(),
            None => vec![false; to - from],
        };
        let mut reason: Vec<u16> = (from..to).map(|r| self.gate(r, listed[r - from])).collect();
        let mut cases = vec![0u16; to - from];
        for (at, effect, bound) in &self.exclusions {
            for (row, answer) in bound.truths_of_range(from, to).into_iter().enumerate() {
                match effect {
                    Effect::Case if answer == TRUE => cases[row] |= 1 << at,
                    Effect::Exclude if answer == TRUE && reason[row] < code::UNRANKED => {
                        reason[row] = code::EXCLUSION + at;
                    }
                    _ => {}
                }
            }
        }
        for (at, if_unknown, bound) in &self.conditions {
            for (row, answer) in bound.truths_of_range(from, to).into_iter().enumerate() {
                let met = answer == TRUE || (answer == UNKNOWN && *if_unknown == IfUnknown::Yes);
                if !met && reason[row] < code::UNRANKED {
                    let base = if answer == UNKNOWN { code::UNKNOWN } else { code::CONDITION };
                    reason[row] = base + at;
                }
            }
        }
        let mut priority = vec![self.last_priority; to - from];
        for (at, bound) in &self.priorities {
            for (slot, answer) in priority.iter_mut().zip(bound.truths_of_range(from, to)) {
                if answer == TRUE {
                    *slot = *at;
                }
            }
        }
        Judged { reason, listed, cases, priority }
    }

    /// Living, ranked, within the cut. Who is on the roll passes up to the hysteresis above it.
    fn gate(&self, row: usize, listed: bool) -> u16 {
        let frame = self.frame;
        let family = frame.family_of(self.unit, row);
        let dead = match self.unit {
            TableKind::Person => !frame.person.alive[row],
            TableKind::Family => {
                frame.members(row).is_empty()
                    || frame.family.unranked[row] == UnrankedReason::NotLiving.code()
            }
        };
        if dead {
            return code::NOT_LIVING;
        }
        let Some(cut) = self.cut else { return code::CHOSEN };
        let Some(family) = family else {
            return code::UNRANKED + u16::from(UnrankedReason::NotMatched.code());
        };
        let decile = frame.family.decile[family];
        if decile == 0 {
            return code::UNRANKED + u16::from(frame.family.unranked[family].max(1));
        }
        if f64::from(decile) <= cut {
            return code::CHOSEN;
        }
        let points = frame.family.rank[family] * 100.0;
        if listed && points <= cut * 10.0 + self.margin { code::KEPT } else { code::ABOVE_CUT }
    }
}
