#![doc = include_str!("../README.md")]

pub mod config;
pub mod error;
pub mod link;
pub mod records;

pub use config::Survivorship;
pub use error::EditionError;
pub use records::{Identity, RecordTable};
