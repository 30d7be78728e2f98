#![doc = include_str!("../README.md")]

pub mod build_table;
pub mod columns;
pub mod disk;
pub mod error;
pub mod hash;
pub mod memory;
pub mod partition;
pub mod progress;
pub mod read;
pub mod sort;
pub mod steps;
pub mod write;

pub use build_table::TableBuilder;
pub use columns::{Table, Texts};
pub use error::EngineError;
pub use hash::{Fingerprint, sha256_file, sha256_text};
pub use progress::Progress;
pub use read::{read_table, row_count, stream_table, table_columns};
pub use steps::{KillAt, Point, Run, RunOptions, StepReport};
pub use write::{ROW_GROUP_ROWS, TableWriter, write_table};

/// Sets the number of threads bulk steps use. May be called once, before anything runs.
///
/// # Errors
/// When threads were started already.
pub fn set_threads(threads: usize) -> Result<(), EngineError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|e| EngineError::Other(format!("cannot set the number of threads: {e}")))
}
