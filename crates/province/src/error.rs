//! What can go wrong while a province is written.

use std::fmt;
use std::path::Path;

/// A province could not be generated or written.
#[derive(Debug)]
pub enum ProvinceError {
    /// An option or a rate is out of its range; the text says which and what is allowed.
    Option(String),
    /// A file could not be created or written.
    File {
        /// The path, as given.
        path: String,
        /// What the system or the format's writer said.
        reason: String,
    },
    /// A mistake in this room itself: a table was filled against its own shape.
    Shape(String),
}

impl ProvinceError {
    pub(crate) fn file(path: &Path, reason: impl fmt::Display) -> Self {
        Self::File { path: path.display().to_string(), reason: reason.to_string() }
    }
}

impl fmt::Display for ProvinceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(what) => write!(f, "{what}"),
            Self::File { path, reason } => {
                write!(f, "{path}: {reason}; check the folder, its rights and the free space")
            }
            Self::Shape(what) => write!(f, "a table was filled wrongly: {what}"),
        }
    }
}

impl std::error::Error for ProvinceError {}

/// The room's result.
pub type Result<T> = std::result::Result<T, ProvinceError>;
