//! What can be wrong with a journal: every variant says what, where and what to do next.

use std::fmt;

/// A journal could not be read, written or believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalError {
    /// A file could not be read or written.
    Io {
        /// The file, relative to the journal's folder.
        path: String,
        /// What the system said.
        why: String,
    },
    /// A text is not in its format.
    Format {
        /// Which text: a file, a note, a receipt, a key.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A signature is missing or does not match.
    Signature {
        /// The name of the key that should have signed.
        key: String,
        /// What is wrong.
        why: String,
    },
    /// Contents do not fit the signed tree.
    Mismatch {
        /// The first bad place.
        place: String,
        /// What was expected and what was found.
        why: String,
    },
    /// A leaf may not hold this.
    Leaf {
        /// The field.
        field: &'static str,
        /// Why it is refused.
        why: String,
    },
}

impl JournalError {
    pub(crate) fn format(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Format { what: what.into(), why: why.into() }
    }

    pub(crate) fn mismatch(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Mismatch { place: place.into(), why: why.into() }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, why } => write!(f, "cannot use {path}: {why}"),
            Self::Format { what, why } => write!(f, "{what} is malformed: {why}"),
            Self::Signature { key, why } => write!(
                f,
                "no valid signature of `{key}`: {why}; check that the verifier key is the published one"
            ),
            Self::Mismatch { place, why } => write!(
                f,
                "{place} does not fit the signed journal: {why}; keep this copy as evidence and compare with a backup"
            ),
            Self::Leaf { field, why } => write!(f, "a leaf may not hold this {field}: {why}"),
        }
    }
}

impl std::error::Error for JournalError {}
