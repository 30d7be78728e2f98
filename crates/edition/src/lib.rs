#![doc = include_str!("../README.md")]

pub mod catalog;
pub mod config;
pub mod diff;
pub mod error;
pub mod evaluate;
pub mod ids;
pub mod link;
pub mod records;
pub mod seal;
pub mod stage;
pub mod survive;

pub use config::Survivorship;
pub use error::EditionError;
pub use records::{Identity, RecordTable};
pub use seal::Manifest;
