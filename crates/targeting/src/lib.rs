#![doc = include_str!("../README.md")]

pub mod command;
pub mod error;
pub mod frame;
pub mod list;
pub mod meter;
pub mod overlap;
pub mod programme;
pub mod report;
pub mod rule;
pub mod run;
pub mod schema;
pub mod simulate;
pub mod synthetic;

pub use error::{RuleError, TargetError};
pub use frame::{Frame, FrameBuilder};
pub use programme::{Changes, Programme, Programmes, Value, check_examples};
pub use run::{Options, Outcome, run, run_with};
pub use schema::Schema;
