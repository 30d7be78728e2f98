//! What can go wrong under a bulk step: always with the file and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// An error of the engine. Its text names the file or step and says what to do next.
#[derive(Debug)]
pub enum EngineError {
    /// The file system refused.
    Io {
        /// What was being done, as a verb phrase ("read", "rename to …").
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A Parquet file cannot be read or written.
    Parquet {
        /// The file.
        path: PathBuf,
        /// The reader's words.
        message: String,
    },
    /// A table lacks a column.
    MissingColumn {
        /// The file or table name.
        table: String,
        /// The column.
        column: String,
        /// A near name, as ` (did you mean …)`, or nothing.
        hint: String,
    },
    /// A column has another type than the shape says.
    ColumnType {
        /// The column.
        column: String,
        /// The type that was asked for.
        wanted: &'static str,
        /// The type that was found.
        found: String,
    },
    /// A step failed for a reason of its own room.
    Step {
        /// The step's name.
        step: String,
        /// The room's message.
        message: String,
    },
    /// Something else, said whole.
    Other(String),
}

impl EngineError {
    /// An [`EngineError::Io`] with its place.
    pub fn io(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    /// An [`EngineError::Parquet`] with its place.
    pub fn parquet(path: &Path, message: impl fmt::Display) -> Self {
        Self::Parquet { path: path.to_owned(), message: message.to_string() }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())
            }
            Self::Parquet { path, message } => write!(
                f,
                "{} is not a readable Parquet table: {message}; deliver or build the file again",
                path.display()
            ),
            Self::MissingColumn { table, column, hint } => {
                write!(f, "table {table} has no column `{column}`{hint}")
            }
            Self::ColumnType { column, wanted, found } => {
                write!(f, "column `{column}` is of type {found}, but {wanted} is needed")
            }
            Self::Step { step, message } => write!(f, "step `{step}`: {message}"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for EngineError {}
