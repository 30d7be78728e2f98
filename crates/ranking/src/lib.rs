#![doc = include_str!("../README.md")]

mod boost;
pub mod card;
pub mod command;
pub mod cut;
pub mod density;
mod draws;
mod encode;
pub mod error;
pub mod evaluate;
pub mod explain;
pub mod fair;
pub mod features;
pub mod fit;
mod folds;
pub mod frame;
mod json;
pub mod live;
pub mod metrics;
pub mod model;
mod normal;
pub mod outlook;
#[cfg(feature = "files")]
mod parquet_read;
pub mod queue;
pub mod read;
pub mod report;
mod ridge;
mod solve;
pub mod stability;

pub use card::{Columns, Data, Scorecard};
pub use cut::{Cutoffs, Unit};
pub use error::RankError;
pub use fit::{Method, Settings, fit};
pub use frame::{Column, Frame};
pub use live::LiveRank;
pub use model::Model;
