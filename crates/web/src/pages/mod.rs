//! One file per page: a thin handler, then one function that reads and one template.

pub mod api;
pub mod check;
pub mod dashboard;
pub mod editions;
pub mod family;
pub mod help;
pub mod simulate;
pub mod values;
