#![doc = include_str!("../README.md")]

mod actions;
mod actor;
mod error;
mod matrix;
mod password;
mod policies;
mod scope;
mod token;

pub use actions::{Action, ResourceKind};
pub use actor::{Actor, Purpose, Relation, Resource, Role, State, Territory};
pub use error::AccessError;
pub use matrix::{Cell, cells, probe, table};
pub use password::{Password, PasswordHash, check_password, hash_password};
pub use policies::{Answer, Policies};
pub use scope::Scope;
pub use token::{
    ABSOLUTE_MS, FAILURES_MAX, IDLE_MS, OneTimeLink, SessionLimits, Token, TokenHash,
    session_is_alive,
};
