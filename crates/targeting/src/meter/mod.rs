//! The meter: who is left out and who is wrongly in, by place, decile, sex, age and cause.
//!
//! ```text
//! Outcome ──count──▶ errors (cells) ──total──▶ undercoverage and leakage, by any key
//!                        └── with P(decile) ──▶ expected errors and their range
//! ground checks ──audit──▶ estimates with confidence intervals
//! ```

mod audit;
mod cause;
mod count;
mod total;
mod uncertain;

pub use audit::{Check, Estimate, audit, wilson};
pub use cause::Cause;
pub use count::{Cell, age_band, age_band_words, batch, count, write};
pub use total::{Rates, Total, totals};
pub(crate) use uncertain::normal_cdf;
pub use uncertain::{Expected, expected, expected_by_region, expected_of, probabilities};
