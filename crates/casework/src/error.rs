//! Why a command was not carried out. Nothing was written when one of these comes back.

use std::fmt;
use store::StoreError;

/// A refused or failed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseworkError {
    /// The store failed.
    Store(StoreError),
    /// There is no such case, or none that this actor may know of.
    NotFound,
    /// The actor may not do this.
    NotAllowed(String),
    /// The command does not fit the state of the case or breaks a rule.
    Refused(String),
    /// This client-made id was used before for something else.
    IdReused(String),
    /// A file in `config/id/casework` is wrong.
    Rules {
        /// The file.
        file: &'static str,
        /// What is wrong, and where.
        why: String,
    },
    /// The journal refused a leaf.
    Journal(String),
    /// A backup could not be made or believed.
    Backup(String),
}

impl fmt::Display for CaseworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::NotFound => f.write_str("there is no such case"),
            Self::NotAllowed(why) => write!(f, "not allowed: {why}"),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::IdReused(id) => {
                write!(f, "the id `{id}` was used before with other contents; make a new one")
            }
            Self::Rules { file, why } => write!(f, "config/id/casework/{file}: {why}"),
            Self::Journal(why) => write!(f, "the journal refused: {why}"),
            Self::Backup(why) => write!(f, "backup: {why}"),
        }
    }
}

impl std::error::Error for CaseworkError {}

impl From<StoreError> for CaseworkError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<journal::JournalError> for CaseworkError {
    fn from(error: journal::JournalError) -> Self {
        Self::Journal(error.to_string())
    }
}

/// Shorthand of this room.
pub(crate) type Result<T> = std::result::Result<T, CaseworkError>;
