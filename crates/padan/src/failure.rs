//! How a command fails: a message that says what, where and what to do, and an exit code.

use std::fmt::Display;
use std::process::ExitCode;

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The work failed (exit code 1): disk full, port in use, a store that is away.
    pub fn work(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// The input is wrong (exit code 3): a file, a spec, a value. The message says where.
    pub fn input(message: impl Display) -> Self {
        Self { code: 3, message: message.to_string() }
    }

    /// A check found something (exit code 4): a changed file, a broken proof.
    pub fn finding(message: impl Display) -> Self {
        Self { code: 4, message: message.to_string() }
    }

    /// Prints the message to standard error and gives the exit code.
    pub fn report(self) -> ExitCode {
        eprintln!("padan: {}", self.message);
        ExitCode::from(self.code)
    }
}
