#![doc = include_str!("../README.md")]

mod chunk;
mod context;
mod crosswalk;
mod deliver;
mod error;
mod fields;
mod finding;
mod lines;
mod mapping;
mod mask;
mod names;
mod open;
mod output;
mod parse;
mod plan;
mod prepared;
mod report;
mod run;
mod spec;
mod table;
mod tally;
mod values;

pub use context::Context;
pub use crosswalk::Crosswalk;
pub use deliver::deliver;
pub use error::IntakeError;
pub use finding::schema as findings_schema;
pub use mapping::{CROSSWALK, Source, Sources};
pub use mask::{mask, mask_identity};
pub use names::{CleanName, Titles};
pub use open::FileShape;
pub use output::IDS_PER_SOURCE;
pub use report::{FileReport, FindingCount, IntakeReport, NikCounts, OddValue, SourceReport};
pub use run::{merge_findings, run};
pub use spec::{DeliveredFile, Spec, SpecDelivery, SpecPath, SpecTruth};
pub use table::schema as record_schema;
