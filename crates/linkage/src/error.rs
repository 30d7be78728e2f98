//! What can go wrong in a run of `padan link`, in words that say what to do next.

use std::fmt;

/// The reason a run stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// The settings file is wrong. `line` counts from 1; 0 when the place is not known.
    Spec {
        /// Path of the settings file, or `spec` when it was given as text.
        file: String,
        /// Line in the file.
        line: usize,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// An input, names or model file cannot be read.
    Input {
        /// Path of the file.
        file: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The results cannot be written.
    Output {
        /// Path of the file or folder.
        file: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The data do not fit the settings (no records, a column without values …).
    Data(String),
}

impl LinkError {
    /// An input error with its cause.
    pub fn input(file: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Input { file: file.to_string(), message: message.to_string() }
    }

    /// An output error with its cause.
    pub fn output(file: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Output { file: file.to_string(), message: message.to_string() }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec { file, line: 0, message } => write!(f, "{file}: {message}"),
            Self::Spec { file, line, message } => write!(f, "{file}, line {line}: {message}"),
            Self::Input { file, message } => write!(f, "cannot read {file}: {message}"),
            Self::Output { file, message } => write!(f, "cannot write {file}: {message}"),
            Self::Data(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for LinkError {}
