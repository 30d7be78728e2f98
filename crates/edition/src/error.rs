//! What can go wrong while an edition is built or read.

use engine::EngineError;
use std::fmt;
use std::path::Path;

/// An error of this room; its text says where and what to do.
#[derive(Debug)]
pub enum EditionError {
    /// A table could not be read or written.
    Engine(EngineError),
    /// A configuration file is wrong.
    Config(instrument::ConfigError),
    /// An input (record table, correction, spec value) is wrong.
    Input(String),
    /// An edition on disk is not what its manifest says.
    Broken(String),
}

impl EditionError {
    /// A wrong input, with its file.
    pub fn input(path: &Path, message: impl fmt::Display) -> Self {
        Self::Input(format!("{}: {message}", path.display()))
    }
}

impl From<EngineError> for EditionError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<instrument::ConfigError> for EditionError {
    fn from(error: instrument::ConfigError) -> Self {
        Self::Config(error)
    }
}

impl fmt::Display for EditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(e) => e.fmt(f),
            Self::Config(e) => e.fmt(f),
            Self::Input(message) | Self::Broken(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for EditionError {}
