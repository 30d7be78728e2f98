//! What can go wrong in the store, said so that the operator knows what to do.

use std::fmt;

/// A failed operation of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The store's address or an option in it is wrong.
    Url(String),
    /// The database is set up so that an acknowledged write could be lost.
    Unsafe(String),
    /// The database cannot be reached now; the same request may succeed later.
    Away(String),
    /// A statement was refused (constraint, syntax, type). The text names no values.
    Refused(String),
    /// A constraint stands against it: the row exists already, or what it points to does not.
    Conflict(String),
    /// A row or column is not what the code expects.
    Shape(String),
    /// A migration file was changed after it was applied, or one is missing.
    Migration(String),
    /// A key file or a sealed field is wrong.
    Key(String),
    /// The closure of the caller refused; nothing was written. Carries the caller's own words.
    Caller(String),
}

impl StoreError {
    /// An error of the caller's own, to give up a transaction with.
    #[must_use]
    pub fn caller(message: impl fmt::Display) -> Self {
        Self::Caller(message.to_string())
    }

    /// True when trying again later may help: answer 503, not 500.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(m) => write!(f, "store address: {m}"),
            Self::Unsafe(m) => write!(f, "unsafe store, refused: {m}"),
            Self::Away(m) => write!(f, "the store does not answer: {m}"),
            Self::Refused(m) => write!(f, "the store refused a statement: {m}"),
            Self::Conflict(m) => write!(f, "the store holds something against it: {m}"),
            Self::Shape(m) => write!(f, "the store's answer has another shape: {m}"),
            Self::Migration(m) => write!(f, "migration: {m}"),
            Self::Key(m) => write!(f, "keys: {m}"),
            Self::Caller(m) => write!(f, "{m}"),
        }
    }
}

impl std::error::Error for StoreError {}
