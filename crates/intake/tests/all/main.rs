//! Whole deliveries through the room: what comes out, what is quarantined, what is refused.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod bad_input;
mod documented;
mod formats;
mod goldens;
mod support;
