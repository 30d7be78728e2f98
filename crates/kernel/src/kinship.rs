//! Sex and the codes of the family relation, as the instrument writes them.

use serde::{Deserialize, Serialize};

/// Sex as recorded by the civil register. Column code: 1 male, 2 female.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Sex {
    /// 1
    Male = 1,
    /// 2
    Female = 2,
}

impl Sex {
    /// The column code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From the column code.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Male),
            2 => Some(Self::Female),
            _ => None,
        }
    }
}

/// Relation to the head of the family (Regsosek 2022, question 409).
pub mod relation {
    /// Head of the family.
    pub const HEAD: u8 = 1;
    /// Spouse of the head.
    pub const SPOUSE: u8 = 2;
    /// Child.
    pub const CHILD: u8 = 3;
    /// Child-in-law.
    pub const CHILD_IN_LAW: u8 = 4;
    /// Grandchild.
    pub const GRANDCHILD: u8 = 5;
    /// Parent or parent-in-law.
    pub const PARENT: u8 = 6;
    /// Helper or driver.
    pub const HELPER: u8 = 7;
    /// Other.
    pub const OTHER: u8 = 8;
}
