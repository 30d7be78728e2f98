//! Why somebody is wrongly in or out.

use crate::frame::{Frame, NO_DAY};
use crate::programme::code;
use crate::run::Outcome;
use crate::schema::TableKind;
use kernel::UnrankedReason;
use std::sync::Arc;

/// Cause of an error (column `cause` of `errors`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// No error: in and eligible, or out and not eligible.
    None = 0,
    /// Never registered: no source has visited the family.
    NotRegistered = 1,
    /// Does not match the civil register, or the roll's row matches nobody.
    NotMatched = 2,
    /// The answers are incomplete or too old to stand on.
    Stale = 3,
    /// Eligible, but the seats ended before.
    Quota = 4,
    /// Within the cut, but a rule of the programme keeps it out (or should).
    Rule = 5,
    /// Refused or resigned.
    Refusal = 6,
    /// The roll has not followed the list yet.
    RollNotUpdated = 7,
}

impl Cause {
    /// All, by code.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::NotRegistered,
        Self::NotMatched,
        Self::Stale,
        Self::Quota,
        Self::Rule,
        Self::Refusal,
        Self::RollNotUpdated,
    ];

    /// Word for files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NotRegistered => "not_registered",
            Self::NotMatched => "not_matched",
            Self::Stale => "stale",
            Self::Quota => "quota",
            Self::Rule => "rule",
            Self::Refusal => "refusal",
            Self::RollNotUpdated => "roll_not_updated",
        }
    }

    /// Indonesian and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("Tidak ada kesalahan", "No error"),
            Self::NotRegistered => ("Belum terdata", "Not registered"),
            Self::NotMatched => ("Tidak padan", "Not matched"),
            Self::Stale => ("Data usang atau kosong", "Stale or incomplete"),
            Self::Quota => ("Kuota habis", "Cut by quota"),
            Self::Rule => ("Aturan program", "Rule of the programme"),
            Self::Refusal => ("Menolak atau mundur", "Refused or resigned"),
            Self::RollNotUpdated => ("Daftar belum diperbarui", "Roll not updated"),
        }
    }
}

/// Tells causes for one outcome.
pub(super) struct Causes<'a> {
    frame: &'a Frame,
    outcome: &'a Outcome,
    refused: Option<&'a Arc<Vec<u8>>>,
    stale_before: Option<i32>,
    visits: Option<&'a [i32]>,
}

impl<'a> Causes<'a> {
    /// `stale_months`: months after which a visit counts as stale; none: no visit does.
    pub(super) fn new(frame: &'a Frame, outcome: &'a Outcome, stale_months: Option<i32>) -> Self {
        let visits = match frame.families.column("visited_date") {
            Some(crate::frame::Column::Day(days)) => Some(days.as_slice()),
            _ => None,
        };
        Self {
            frame,
            outcome,
            refused: frame.flags.get("refused"),
            stale_before: stale_months.map(|m| frame.day().plus_months(-m).days()),
            visits,
        }
    }

    pub(super) fn of(&self, row: usize) -> Cause {
        let o = self.outcome;
        match (o.listed[row], o.eligible[row]) {
            (true, true) => Cause::None,
            (true, false) => self.leaked(row),
            (false, true) if self.has_refused(row) => Cause::Refusal,
            (false, true) if o.chosen[row] => Cause::RollNotUpdated,
            (false, true) => Cause::Quota,
            (false, false) => self.kept_out(row),
        }
    }

    fn leaked(&self, row: usize) -> Cause {
        match self.outcome.reason[row] {
            code::NOT_LIVING => Cause::RollNotUpdated,
            r @ code::UNRANKED..code::ABOVE_CUT => unranked(r),
            _ if self.is_stale(row) => Cause::Stale,
            code::ABOVE_CUT => Cause::RollNotUpdated,
            r if (code::UNKNOWN..code::EXCLUSION).contains(&r) => Cause::Stale,
            _ => Cause::Rule,
        }
    }

    fn kept_out(&self, row: usize) -> Cause {
        match self.outcome.reason[row] {
            code::NOT_LIVING | code::ABOVE_CUT => Cause::None,
            r @ code::UNRANKED..code::ABOVE_CUT => unranked(r),
            r if (code::UNKNOWN..code::EXCLUSION).contains(&r) => Cause::Stale,
            _ => Cause::Rule,
        }
    }

    fn has_refused(&self, row: usize) -> bool {
        let flagged = |person: usize| self.refused.is_some_and(|f| f[person] == 1);
        match self.outcome.unit {
            TableKind::Person => flagged(row),
            TableKind::Family => self.frame.members(row).iter().any(|&p| flagged(p as usize)),
        }
    }

    fn is_stale(&self, row: usize) -> bool {
        let (Some(before), Some(visits)) = (self.stale_before, self.visits) else { return false };
        let family = self.frame.family_of(self.outcome.unit, row);
        family.is_some_and(|f| visits[f] != NO_DAY && visits[f] < before)
    }
}

fn unranked(reason: u16) -> Cause {
    let code = u8::try_from(reason - code::UNRANKED).unwrap_or(0);
    match UnrankedReason::from_code(code) {
        Some(UnrankedReason::NotVisited) => Cause::NotRegistered,
        Some(UnrankedReason::Incomplete) => Cause::Stale,
        Some(UnrankedReason::NotLiving) => Cause::None,
        Some(UnrankedReason::NotMatched) | None => Cause::NotMatched,
    }
}
