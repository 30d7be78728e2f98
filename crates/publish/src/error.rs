//! Why an edition cannot be published.

use engine::EngineError;
use std::fmt;
use std::path::{Path, PathBuf};
use store::StoreError;

/// A failed publish. Readers still see what they saw before.
#[derive(Debug)]
pub enum PublishError {
    /// A table of the edition cannot be read.
    Table(EngineError),
    /// The store refused or is away.
    Store(StoreError),
    /// A document of the edition is missing or not what it should be.
    Document(PathBuf, String),
}

impl PublishError {
    /// A document that cannot be used.
    pub(crate) fn document(path: &Path, why: impl fmt::Display) -> Self {
        Self::Document(path.to_owned(), why.to_string())
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(e) => write!(f, "{e}"),
            Self::Store(e) => write!(f, "{e}"),
            Self::Document(path, why) => write!(
                f,
                "{}: {why}; is this the folder of a sealed edition (EDITIONS/<edition>)?",
                path.display()
            ),
        }
    }
}

impl std::error::Error for PublishError {}

impl From<EngineError> for PublishError {
    fn from(error: EngineError) -> Self {
        Self::Table(error)
    }
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
