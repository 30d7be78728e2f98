//! Typed ids: a bare integer is never an id.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The id with this number.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number, as stored in columns.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

integer_id!(
    /// A person of the registry. Stable across editions, never derived from a NIK.
    PersonId, "P"
);
integer_id!(
    /// A family of the registry. Stable across editions, never derived from a KK number.
    FamilyId, "F"
);
integer_id!(
    /// A case of the casework room.
    CaseId, "K"
);

/// The name of an edition, for example `2026-4` for the fourth quarter of 2026, or `2026-4.2`
/// for its second sealing. Letters, digits, `-`, `.` and `_` only, so it can be a folder name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EditionId(String);

impl EditionId {
    /// Checks the name.
    ///
    /// # Errors
    /// When it is empty, longer than 64 bytes, starts with a dot or holds another character.
    pub fn new(name: &str) -> Result<Self, String> {
        let fits = !name.is_empty()
            && name.len() <= 64
            && !name.starts_with('.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        if fits {
            Ok(Self(name.to_owned()))
        } else {
            Err(format!(
                "`{name}` cannot name an edition; use up to 64 letters, digits, `-`, `.`, `_`, \
                 for example 2026-4"
            ))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EditionId {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::new(&name)
    }
}

impl From<EditionId> for String {
    fn from(id: EditionId) -> Self {
        id.0
    }
}

impl fmt::Display for EditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
