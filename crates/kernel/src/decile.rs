//! Where a family stands in the welfare ranking: a decile, or *unranked* with a reason.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A welfare decile: 1 is the poorest tenth, 10 the best off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Decile(u8);

impl Decile {
    /// Decile `n`, if `n` is 1 to 10.
    #[must_use]
    pub const fn new(n: u8) -> Option<Self> {
        if n >= 1 && n <= 10 { Some(Self(n)) } else { None }
    }

    /// 1 to 10.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Decile {
    type Error = String;

    fn try_from(n: u8) -> Result<Self, String> {
        Self::new(n).ok_or_else(|| format!("a decile is 1 to 10, not {n}"))
    }
}

impl From<Decile> for u8 {
    fn from(decile: Decile) -> Self {
        decile.0
    }
}

impl fmt::Display for Decile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why a family or person has no decile. The codes are the values of the column
/// `unranked_reason` (0 there means ranked).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum UnrankedReason {
    /// The record does not match the civil register (*tidak padan*).
    NotMatched = 1,
    /// Known to the civil register, but no source ever visited the family: no answers to rank on.
    NotVisited = 2,
    /// Visited, but too many of the variables that the model needs are missing.
    Incomplete = 3,
    /// Everyone in the family is dead or has moved abroad.
    NotLiving = 4,
}

impl UnrankedReason {
    /// All reasons in the order of their codes.
    pub const ALL: [Self; 4] =
        [Self::NotMatched, Self::NotVisited, Self::Incomplete, Self::NotLiving];

    /// The code in the column `unranked_reason`.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The word used in columns, files and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotMatched => "not_matched",
            Self::NotVisited => "not_visited",
            Self::Incomplete => "incomplete",
            Self::NotLiving => "not_living",
        }
    }
}

/// A decile or the reason there is none: never null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Ranked in this decile.
    Ranked(Decile),
    /// Outside the ranking, for this reason.
    Unranked(UnrankedReason),
}

impl Standing {
    /// From the two columns `decile` (0 when unranked) and `unranked_reason` (0 when ranked).
    #[must_use]
    pub fn from_codes(decile: u8, unranked_reason: u8) -> Option<Self> {
        match (Decile::new(decile), UnrankedReason::from_code(unranked_reason)) {
            (Some(decile), None) if unranked_reason == 0 => Some(Self::Ranked(decile)),
            (None, Some(reason)) if decile == 0 => Some(Self::Unranked(reason)),
            _ => None,
        }
    }
}
