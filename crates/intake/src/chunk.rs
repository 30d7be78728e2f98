//! What flows from a file's reader to the parsers: pieces of a file with their place in it.

use crate::plan::Plan;
use arrow_array::RecordBatch;
use std::sync::Arc;

/// Bytes of text (about) in one chunk. Fixed, so that results do not depend on the machine.
pub const CHUNK_BYTES: usize = 2 << 20;
/// Rows of a Parquet file in one chunk.
pub const CHUNK_ROWS: usize = 16_384;

/// Separators of the rows of a sheet, which no cell may contain.
pub const CELL_END: u8 = 0x1f;
/// See [`CELL_END`].
pub const ROW_END: u8 = 0x1e;

/// How bytes are letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8 seen; a line that is not UTF-8 is quarantined.
    Utf8,
    /// Bytes that are not UTF-8 seen at the start, or nothing but ASCII: each line is UTF-8 if
    /// it can be, else latin-1.
    Latin1OrUtf8,
}

/// How a text file separates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Between values.
    pub delimiter: u8,
    /// Between rows.
    pub row_end: u8,
    /// Whether `"` may stand around values.
    pub quotes: bool,
    /// How bytes are letters.
    pub encoding: Encoding,
}

/// A piece of a file.
pub struct Chunk {
    /// How to read its rows.
    pub plan: Arc<Plan>,
    /// Line or row of the first row in it.
    pub first_line: u64,
    /// The rows.
    pub body: Body,
}

/// The rows of a chunk.
pub enum Body {
    /// Whole lines; the last may lack its end only at the end of a file.
    Text {
        /// The lines.
        bytes: Vec<u8>,
        /// How they separate.
        dialect: Dialect,
        /// True for the last chunk of a file.
        last: bool,
    },
    /// A line that is longer than any line may be.
    Overlong {
        /// Its first bytes.
        head: Vec<u8>,
        /// Its length in bytes.
        bytes: u64,
    },
    /// Rows of a Parquet file.
    Batch(RecordBatch),
}
