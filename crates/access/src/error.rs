//! What can be wrong with policies, passwords and tokens.

use std::fmt;

/// The policies could not be used, or a secret is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessError {
    /// A policy or role file is wrong.
    Policy {
        /// Which file.
        file: String,
        /// What the parser or the validator said.
        why: String,
    },
    /// A password is not acceptable.
    Password(String),
    /// The machine gave no random bytes.
    Random(String),
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy { file, why } => {
                write!(
                    f,
                    "config/id/policies/{file} cannot be used: {why}; nothing is allowed until it is mended"
                )
            }
            Self::Password(why) => write!(f, "the password is not acceptable: {why}"),
            Self::Random(why) => write!(f, "the machine gave no random bytes: {why}"),
        }
    }
}

impl std::error::Error for AccessError {}
