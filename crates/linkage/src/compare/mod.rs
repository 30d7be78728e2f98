//! Pairs compared: every comparison gives a level, -1 when a value is missing, 0 when nothing
//! agrees, and rising with agreement. Values are looked up by code in small prepared entries.

pub mod build;
pub mod grow;
pub mod name;
pub mod row;
pub mod store;

pub use store::{Rule, Store, Workspace};

/// A level of a comparison: -1 missing, 0 nothing agrees, upward.
pub type Level = i8;

/// Greatest number of comparisons in a run.
pub const COMPARISONS_MAX: usize = 16;

/// The levels of one pair in four bits per comparison (level + 1): equal patterns, equal numbers.
pub type Pattern = u64;

/// The level of a comparison in a pattern.
#[must_use]
pub const fn level_of(pattern: Pattern, comparison: usize) -> Level {
    ((pattern >> (4 * comparison)) & 15) as Level - 1
}
