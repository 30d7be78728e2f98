//! What changes against the list before: who enters, stays, leaves.

use super::Outcome;

/// How a unit moves between two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    /// On neither.
    Out,
    /// On the new one only.
    Enters,
    /// On both.
    Stays,
    /// On the old one only.
    Leaves,
}

impl Move {
    /// From membership before and after.
    #[must_use]
    pub const fn of(before: bool, after: bool) -> Self {
        match (before, after) {
            (false, false) => Self::Out,
            (false, true) => Self::Enters,
            (true, true) => Self::Stays,
            (true, false) => Self::Leaves,
        }
    }
}

/// Rows that enter and rows that leave, from membership `before` (the roll, or a list) to `after`.
#[must_use]
pub fn difference(before: &[bool], after: &[bool]) -> (Vec<u32>, Vec<u32>) {
    let rows = |want: Move| {
        let moved = before.iter().zip(after).enumerate();
        moved.filter(|(_, (b, a))| Move::of(**b, **a) == want).map(|(row, _)| row as u32).collect()
    };
    (rows(Move::Enters), rows(Move::Leaves))
}

impl Outcome {
    /// Rows that enter and leave against the roll as it is now.
    #[must_use]
    pub fn against_roll(&self) -> (Vec<u32>, Vec<u32>) {
        difference(&self.listed, &self.chosen)
    }
}
