//! Whole deliveries through the room: what comes out, what is quarantined, what is refused.

mod bad_input;
mod documented;
mod formats;
mod goldens;
mod support;
