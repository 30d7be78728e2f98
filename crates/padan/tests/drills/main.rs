//! Drills on the real program, as one process with real files: killed, its disk failing, its
//! journal unwritable, marked people sent through every flow (docs: promises R2, R3, R16, R22).
//! Each has a short run here and a long one by a variable, named at its test.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod canaries;
mod http;
mod kills;
mod outage;
mod place;
