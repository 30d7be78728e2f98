#![doc = include_str!("../README.md")]

pub mod api;
pub mod block;
pub mod cluster;
pub mod command;
pub mod compare;
pub mod error;
pub mod family;
pub mod features;
pub mod index;
pub mod load;
pub mod model;
pub mod page;
pub mod recall;
pub mod report;
pub mod review;
pub mod score;
pub mod spec;
pub mod splink;
pub mod suggest;
pub mod table;
pub mod text;
pub mod train;
pub mod truth;
pub mod values;
pub mod write;

pub use api::{Matched, Matcher, Matches};
pub use command::{Summary, run};
pub use error::LinkError;
pub use index::Index;
