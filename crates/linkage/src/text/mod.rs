//! Texts made comparable and compared: folding, edit distances, Jaro-Winkler, sounds, dates, names.

pub mod dates;
pub mod edits;
pub mod fold;
pub mod jaro;
pub mod names;
pub mod phonetic;
