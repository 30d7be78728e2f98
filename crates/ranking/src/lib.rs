#![doc = include_str!("../README.md")]

mod boost;
pub mod command;
mod draws;
mod encode;
pub mod error;
pub mod evaluate;
pub mod fit;
mod folds;
pub mod frame;
pub mod metrics;
pub mod model;
pub mod outlook;
mod parquet_read;
pub mod read;
mod ridge;
mod solve;

pub use error::RankError;
pub use fit::{Method, Settings, fit};
pub use frame::{Column, Frame};
pub use model::Model;
