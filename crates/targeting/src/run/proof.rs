//! The proof that a list is needs-first, recomputed from the frame and the list alone: within a
//! quota nobody on the list is less in need than somebody eligible who was left out, except by a
//! rule that is written in the programme (priority, minimum stay, hysteresis).

use super::Outcome;
use crate::TargetError;
use crate::frame::Frame;
use crate::programme::{Changes, Order, Programme, code};
use crate::schema::Schema;
use rustc_hash::FxHashMap;
use std::fmt;

/// Two rows in the wrong order.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Region of the quota.
    pub region: u64,
    /// A row on the list.
    pub chosen_row: usize,
    /// Its rank points.
    pub chosen_points: f64,
    /// A row left out.
    pub left_row: usize,
    /// Its rank points.
    pub left_points: f64,
    /// Rank points by which the list may favour who is on the roll.
    pub margin_points: f64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "in region {} row {} ({:.4} rank points) is on the list although row {} ({:.4}) is \
             poorer by more than the {} points that the rules allow",
            self.region,
            self.chosen_row,
            self.chosen_points,
            self.left_row,
            self.left_points,
            self.margin_points
        )
    }
}

impl std::error::Error for Violation {}

/// The least needy chosen and the neediest left out, of one group.
#[derive(Default)]
struct Group {
    chosen: Option<(f64, usize)>,
    left: Option<(f64, usize)>,
}

/// Proves `outcome`; linear in the rows.
///
/// # Errors
/// [`TargetError`] when the programme cannot be read on this day. The inner result holds the
/// number of comparisons that the proof stands on, or the first violation.
pub fn needs_first(
    frame: &Frame,
    programme: &Programme,
    schema: &Schema,
    changes: &Changes,
    outcome: &Outcome,
) -> Result<Result<usize, Violation>, TargetError> {
    let values = programme.at(frame.day(), changes, schema)?.values;
    let margin = match &programme.need.hysteresis {
        Some(key) => programme.number(key, &values)?,
        None => 0.0,
    };
    let cut = match &programme.need.cut {
        Some(key) => programme.number(key, &values)?,
        None => 0.0,
    };
    let mut groups: FxHashMap<(u64, u8), Group> = FxHashMap::default();
    for row in (0..outcome.eligible.len()).filter(|&r| outcome.eligible[r]) {
        if outcome.chosen[row] && outcome.reason[row] == code::STAY {
            continue;
        }
        let region = outcome.region_of(frame.village_of(outcome.unit, row));
        let points = points(frame, programme, cut, outcome, row);
        let counted = if outcome.listed[row] { points - margin } else { points };
        let group = groups.entry((region, outcome.priority[row])).or_default();
        if outcome.chosen[row] {
            let worst = group.chosen.get_or_insert((counted, row));
            if counted > worst.0 {
                *worst = (counted, row);
            }
        } else {
            let best = group.left.get_or_insert((counted, row));
            if counted < best.0 {
                *best = (counted, row);
            }
        }
    }
    Ok(judge(frame, programme, cut, margin, outcome, &groups))
}

fn judge(
    frame: &Frame,
    programme: &Programme,
    cut: f64,
    margin: f64,
    outcome: &Outcome,
    groups: &FxHashMap<(u64, u8), Group>,
) -> Result<usize, Violation> {
    let mut keys: Vec<&(u64, u8)> = groups.keys().collect();
    keys.sort_unstable();
    let mut compared = 0;
    for key in &keys {
        // A chosen row is compared with all left out of its own and of earlier priorities.
        let earlier = keys.iter().filter(|k| k.0 == key.0 && k.1 <= key.1);
        for other in earlier {
            let (Some(chosen), Some(left)) = (groups[*key].chosen, groups[*other].left) else {
                continue;
            };
            compared += 1;
            // Ranks are ordered in steps of 1e-7 points: equal within a step is a tie.
            if other.1 < key.1 || chosen.0 > left.0 + 1e-6 {
                let of = |row| points(frame, programme, cut, outcome, row);
                return Err(Violation {
                    region: key.0,
                    chosen_row: chosen.1,
                    chosen_points: of(chosen.1),
                    left_row: left.1,
                    left_points: of(left.1),
                    margin_points: margin,
                });
            }
        }
    }
    Ok(compared)
}

fn points(frame: &Frame, programme: &Programme, cut: f64, outcome: &Outcome, row: usize) -> f64 {
    let Some(family) = frame.family_of(outcome.unit, row) else { return f64::INFINITY };
    let f = &frame.family;
    let share = match programme.need.order {
        Order::Score => f.rank[family],
        Order::Probability if cut <= 4.0 => 1.0 - f.p_1_4[family],
        Order::Probability => 1.0 - f.p_1_5[family],
    };
    if share.is_nan() { f64::INFINITY } else { share * 100.0 }
}
