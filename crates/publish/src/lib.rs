#![doc = include_str!("../README.md")]

mod encode;
mod error;
mod facts;
pub mod fixture;
mod group;
mod meters;
mod people;
mod run;

pub use error::PublishError;
pub use run::{Report, publish};
