//! Eligibility with a reason for every row. The order of the questions is fixed: living, ranked,
//! within the cut, exclusions, conditions; the first that fails is the reason.

use crate::TargetError;
use crate::frame::{Frame, roll_status};
use crate::programme::{Effect, IfUnknown, Rules, code};
use crate::rule::{TRUE, UNKNOWN, bind};
use crate::schema::TableKind;
use kernel::UnrankedReason;

/// A verdict per row.
pub(super) struct Judged {
    /// Below [`code::UNRANKED`] when eligible.
    pub reason: Vec<u16>,
    pub listed: Vec<bool>,
    pub cases: Vec<u16>,
    pub priority: Vec<u8>,
}

pub(super) fn judge(frame: &Frame, rules: &Rules<'_>) -> Result<Judged, TargetError> {
    let programme = rules.programme;
    let unit = programme.unit;
    let listed = listed(frame, &programme.id, unit);
    let mut reason = gate(frame, rules, &listed)?;
    let mut cases = vec![0u16; reason.len()];
    for (at, (clause, node)) in rules.exclusions.iter().enumerate() {
        let Some(node) = node else { continue };
        let answers = bind(node, unit, frame)?.truths();
        let at = at as u16;
        for (row, answer) in answers.into_iter().enumerate() {
            if answer == TRUE {
                match clause.effect {
                    Effect::Case => cases[row] |= 1 << at,
                    Effect::Exclude if reason[row] < code::UNRANKED => {
                        reason[row] = code::EXCLUSION + at;
                    }
                    Effect::Exclude => {}
                }
            }
        }
    }
    for (at, (clause, node)) in rules.conditions.iter().enumerate() {
        let Some(node) = node else { continue };
        let answers = bind(node, unit, frame)?.truths();
        let at = at as u16;
        for (row, answer) in answers.into_iter().enumerate() {
            let met = answer == TRUE || (answer == UNKNOWN && clause.if_unknown == IfUnknown::Yes);
            if !met && reason[row] < code::UNRANKED {
                let base = if answer == UNKNOWN { code::UNKNOWN } else { code::CONDITION };
                reason[row] = base + at;
            }
        }
    }
    let priority = priorities(frame, rules, reason.len())?;
    Ok(Judged { reason, listed, cases, priority })
}

fn listed(frame: &Frame, id: &str, unit: TableKind) -> Vec<bool> {
    let Some(roll) = frame.rolls.get(id) else { return vec![false; frame.rows(unit)] };
    let status = match unit {
        TableKind::Person => &roll.persons,
        TableKind::Family => &roll.families,
    };
    status.iter().map(|s| *s == roll_status::ACTIVE).collect()
}

/// Living, ranked, within the cut. A family on the roll passes up to the hysteresis above the cut.
fn gate(frame: &Frame, rules: &Rules<'_>, listed: &[bool]) -> Result<Vec<u16>, TargetError> {
    let programme = rules.programme;
    let number =
        |key: &Option<String>| key.as_ref().map(|k| programme.number(k, &rules.values)).transpose();
    let cut = number(&programme.need.cut)?;
    let margin = number(&programme.need.hysteresis)?.unwrap_or(0.0);
    let unit = programme.unit;
    let not_living = UnrankedReason::NotLiving.code();
    let verdict = |row: usize| -> u16 {
        let family = frame.family_of(unit, row);
        let dead = match unit {
            TableKind::Person => !frame.person.alive[row],
            TableKind::Family => {
                frame.members(row).is_empty() || frame.family.unranked[row] == not_living
            }
        };
        if dead {
            return code::NOT_LIVING;
        }
        let Some(cut) = cut else { return code::CHOSEN };
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
        if listed[row] && points <= cut * 10.0 + margin { code::KEPT } else { code::ABOVE_CUT }
    };
    Ok((0..frame.rows(unit)).map(verdict).collect())
}

fn priorities(frame: &Frame, rules: &Rules<'_>, rows: usize) -> Result<Vec<u8>, TargetError> {
    let last = u8::try_from(rules.priorities.len()).unwrap_or(u8::MAX);
    let mut priority = vec![last; rows];
    for (at, (_, node)) in rules.priorities.iter().enumerate().rev() {
        let Some(node) = node else { continue };
        let answers = bind(node, rules.programme.unit, frame)?.truths();
        for (slot, answer) in priority.iter_mut().zip(answers) {
            if answer == TRUE {
                *slot = at as u8;
            }
        }
    }
    Ok(priority)
}
