//! What can go wrong in this room, said so that the reader knows what to do next.

use std::fmt;

/// Why a ranking command or function could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RankError {
    /// A file could not be opened, read or written.
    File {
        /// The path as given.
        path: String,
        /// What the system or the format said.
        reason: String,
    },
    /// A row of a data file is not like the others.
    Row {
        /// The path as given.
        path: String,
        /// 1-based line (the header is line 1).
        line: u64,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A column that was asked for is not there.
    Column {
        /// The column.
        name: String,
        /// Where it was looked for and what it might have been.
        reason: String,
    },
    /// A setting has a value that cannot be used.
    Setting {
        /// The flag or field.
        name: &'static str,
        /// What is wrong and which values are good.
        reason: String,
    },
    /// The data do not allow what was asked.
    Data(String),
    /// A model or scorecard file does not fit.
    Model(String),
}

impl RankError {
    /// A file error with the system's reason.
    pub(crate) fn file(path: &std::path::Path, reason: impl fmt::Display) -> Self {
        Self::File { path: path.display().to_string(), reason: reason.to_string() }
    }
}

impl fmt::Display for RankError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, reason } => write!(f, "{path}: {reason}"),
            Self::Row { path, line, reason } => write!(f, "{path}, line {line}: {reason}"),
            Self::Column { name, reason } => write!(f, "column `{name}`: {reason}"),
            Self::Setting { name, reason } => write!(f, "{name}: {reason}"),
            Self::Data(reason) => write!(f, "data: {reason}"),
            Self::Model(reason) => write!(f, "model: {reason}"),
        }
    }
}

impl std::error::Error for RankError {}
