//! Reading a configuration file: a size limit, and errors that name file, line and the word meant.

use serde::de::DeserializeOwned;
use std::fmt;
use std::path::Path;

/// A configuration file cannot be used. Says file, line and what to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as named by the caller.
    pub file: String,
    /// Line from 1; none when the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// An error about the whole of `file`.
    pub fn new(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into() }
    }

    /// An error about the first line of `text` that holds `needle` (a name in quotes, a key).
    pub fn at(file: &str, text: &str, needle: &str, message: impl Into<String>) -> Self {
        let line = text.lines().position(|l| l.contains(needle)).map(|at| at + 1);
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

/// Parses TOML into `T`. `T` should carry `#[serde(deny_unknown_fields)]`: an unknown key then
/// becomes an error with its line and the nearest known key.
///
/// # Errors
/// When it is not TOML, a key is unknown or missing, or a value has the wrong type.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| line_of(text, span.start));
        let message = error.message().trim().to_owned();
        ConfigError { file: file.to_owned(), line, message: with_suggestion(message) }
    })
}

/// Reads a text file of at most [`kernel::limits::CONFIG_BYTES_MAX`] bytes.
///
/// # Errors
/// When it is missing, too large or not UTF-8.
pub fn read(path: &Path) -> Result<String, ConfigError> {
    let file = path.display().to_string();
    let wrong = |message: String| ConfigError::new(&file, message);
    let size = std::fs::metadata(path).map_err(|e| wrong(format!("cannot be read: {e}")))?.len();
    if size > kernel::limits::CONFIG_BYTES_MAX {
        return Err(wrong(format!(
            "has {size} bytes; a configuration file may have {}",
            kernel::limits::CONFIG_BYTES_MAX
        )));
    }
    std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read as UTF-8 text: {e}")))
}

/// The line, from 1, of the byte at `offset`.
fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// serde writes "unknown field `x`, expected one of `a`, `b`": adds the nearest of them.
fn with_suggestion(message: String) -> String {
    let is_unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let mut quoted = message.split('`').skip(1).step_by(2);
    match (is_unknown, quoted.next()) {
        (true, Some(word)) => {
            let hint = kernel::suggest::hint(word, quoted);
            format!("{message}{hint}")
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only parsed")]
        columns: u32,
    }

    #[test]
    fn an_unknown_key_gets_its_line_and_a_suggestion() {
        let error = parse::<Sample>("x.toml", "columns = 1\ncolums = 2\n").unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(error.to_string().contains("did you mean `columns`?"), "{error}");
    }
}
