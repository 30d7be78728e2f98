//! What stops a delivery: always with the file, the line where it is known, and what to do.

use std::fmt;
use std::path::Path;

/// A delivery (or the folder it should go to) cannot be used at all. Single bad rows never lead
/// here; they are quarantined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeError {
    /// The file, as the caller named it.
    pub file: String,
    /// Line or row, from 1, if one is to blame.
    pub line: Option<u64>,
    /// What is wrong.
    pub wrong: String,
    /// What to do next.
    pub remedy: String,
}

impl IntakeError {
    /// An error about a whole file.
    pub fn new(file: &str, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, wrong: wrong.into(), remedy: remedy.into() }
    }

    /// The same, at a line.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The operating system refused.
    pub fn io(file: &str, doing: &str, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path in the spec",
            std::io::ErrorKind::PermissionDenied => "give this user the right to read it",
            _ => "check the disk, or deliver the file again",
        };
        Self::new(file, format!("cannot {doing}: {error}"), remedy)
    }

    /// The engine refused to write a table.
    pub fn engine(path: &Path, error: &engine::EngineError) -> Self {
        Self::new(&path.display().to_string(), error.to_string(), "check the disk and run again")
    }
}

impl fmt::Display for IntakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}; {}", self.wrong, self.remedy)
    }
}

impl std::error::Error for IntakeError {}

impl From<instrument::ConfigError> for IntakeError {
    fn from(error: instrument::ConfigError) -> Self {
        Self {
            file: error.file,
            line: error.line.map(|l| l as u64),
            wrong: error.message,
            remedy: "correct the configuration".to_owned(),
        }
    }
}
