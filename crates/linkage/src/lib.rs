#![doc = include_str!("../README.md")]

pub mod error;
pub mod text;
pub mod values;

pub use error::LinkError;
