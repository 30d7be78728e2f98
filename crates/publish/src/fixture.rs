//! A small made-up edition in the shapes of docs/DATA.md §4, for tests of publish and web.
pub use crate::PublishError;
