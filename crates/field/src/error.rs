//! Why a command was not carried out.

use casework::CaseworkError;
use std::fmt;
use store::StoreError;

/// A refused or failed command of ground checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// There is no such thing, or none that this actor may know of.
    NotFound,
    /// The actor may not do this.
    NotAllowed,
    /// It breaks a rule; the text says which and what to do.
    Refused(String),
    /// A file of `config/id/field` is wrong.
    Rules(String),
    /// Casework or the store refused or failed.
    Casework(CaseworkError),
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such ground check"),
            Self::NotAllowed => f.write_str("not allowed"),
            Self::Refused(why) => f.write_str(why),
            Self::Rules(why) => write!(f, "config/id/field: {why}"),
            Self::Casework(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FieldError {}

impl From<StoreError> for FieldError {
    fn from(error: StoreError) -> Self {
        Self::Casework(CaseworkError::Store(error))
    }
}

impl From<CaseworkError> for FieldError {
    fn from(error: CaseworkError) -> Self {
        match error {
            CaseworkError::NotFound => Self::NotFound,
            other => Self::Casework(other),
        }
    }
}

/// Shorthand of this room.
pub(crate) type Result<T> = std::result::Result<T, FieldError>;
