#![doc = include_str!("../README.md")]

mod cover;
mod encode;
mod error;
mod facts;
pub mod fixture;
mod group;
mod meters;
mod people;
mod run;

pub use cover::{CoverPerson, CoverTest, cover};
pub use error::PublishError;
pub use run::{Report, publish};
