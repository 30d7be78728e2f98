#![doc = include_str!("../README.md")]

pub mod config;
pub mod instrument;
pub mod regions;
pub mod rules;

pub use config::ConfigError;
pub use instrument::{Code, Column, Contradiction, Instrument, Kind, Label, Unit, Variable, When};
pub use regions::Regions;
pub use rules::{Breach, BreachKind, Rules};
