//! What can go wrong, each time with the place and the next step.

use std::fmt;
use std::path::{Path, PathBuf};

/// An error of this room. Its text says what is wrong, where, and what to do.
#[derive(Debug)]
pub enum TargetError {
    /// A programme or map file is not as it must be.
    File {
        /// The file.
        path: PathBuf,
        /// Line from 1 (0: the file as a whole).
        line: usize,
        /// The key, for example `condition.decile.cel` (may be empty).
        key: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// A condition in the rule language is wrong.
    Rule {
        /// The file.
        path: PathBuf,
        /// Line of the file where the expression stands.
        line: usize,
        /// The key of the expression.
        key: String,
        /// What is wrong in it, and where.
        error: RuleError,
    },
    /// The data lack something that a programme needs.
    Data(String),
    /// A file or folder cannot be read or written.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
}

/// An error within one expression: place counted in lines and columns of the expression, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Line of the expression, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// That line of the expression.
    pub snippet: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl RuleError {
    /// The error at byte `offset` of `source`.
    #[must_use]
    pub fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let offset = offset.min(source.len());
        let before = source.get(..offset).unwrap_or(source);
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            snippet: source[start..].lines().next().unwrap_or("").to_owned(),
            message: message.into(),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.message)?;
        writeln!(f, "  | {}", self.snippet)?;
        write!(
            f,
            "  | {}^ line {}, column {} of the expression",
            " ".repeat(self.column.saturating_sub(1)),
            self.line,
            self.column
        )
    }
}

impl std::error::Error for RuleError {}

impl TargetError {
    pub(crate) fn io(path: &Path, cause: impl fmt::Display) -> Self {
        Self::Io { path: path.to_owned(), message: cause.to_string() }
    }

    pub(crate) fn file(path: &Path, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), line: 0, key: key.into(), message: message.into() }
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, key, message } => {
                write!(f, "{}", path.display())?;
                if *line > 0 {
                    write!(f, ":{line}")?;
                }
                if !key.is_empty() {
                    write!(f, ": `{key}`")?;
                }
                write!(f, ": {message}")
            }
            Self::Rule { path, line, key, error } => {
                write!(f, "{}:{line}: `{key}`: {error}", path.display())
            }
            Self::Data(message) => f.write_str(message),
            Self::Io { path, message } => write!(
                f,
                "{}: {message}; check that the path is right and readable",
                path.display()
            ),
        }
    }
}

impl std::error::Error for TargetError {}

impl From<engine::EngineError> for TargetError {
    fn from(cause: engine::EngineError) -> Self {
        Self::Data(cause.to_string())
    }
}
