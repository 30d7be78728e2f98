//! What is wrong or doubtful in a delivery, one row each, and its table.

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch, UInt8Array, UInt16Array, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use std::borrow::Cow;
use std::sync::Arc;

/// The row cannot be read or describes nobody; it is not among the records.
pub const QUARANTINED: u8 = 1;
/// The value was set to unknown.
pub const SET_UNKNOWN: u8 = 2;
/// The value was kept.
pub const DOUBTFUL: u8 = 3;

/// One finding of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Line or row of the file.
    pub line: u64,
    /// Row among the records of the chunk; none when quarantined.
    pub row: Option<u32>,
    /// Place of the column in the table; none when the whole row is meant.
    pub column: Option<u16>,
    /// Short name of the fault.
    pub code: &'static str,
    /// 1 quarantined, 2 value set to unknown, 3 kept but doubtful.
    pub severity: u8,
    /// A sentence, in English.
    pub reason: Cow<'static, str>,
    /// The text as delivered, long numbers masked.
    pub original: String,
}

/// The shape of `findings.parquet` (docs/DATA.md §3).
#[must_use]
pub fn schema() -> SchemaRef {
    let field = |name: &str, kind: DataType| Field::new(name, kind, false);
    Arc::new(Schema::new(vec![
        field("finding", DataType::UInt64),
        field("source", DataType::Utf8),
        field("delivery", DataType::UInt16),
        field("line", DataType::UInt64),
        Field::new("record", DataType::UInt64, true),
        field("column", DataType::Utf8),
        field("code", DataType::Utf8),
        field("severity", DataType::UInt8),
        field("reason", DataType::Utf8),
        field("original", DataType::Utf8),
    ]))
}

/// Where the findings of a chunk belong.
pub struct Belongs<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// Number of the file.
    pub delivery: u16,
    /// Id of the first finding.
    pub first_finding: u64,
    /// Id of the chunk's first record.
    pub first_record: u64,
    /// Column names of its table.
    pub columns: &'a [String],
}

/// Findings of a chunk as rows of the table.
///
/// # Errors
/// Never, while the arrays have the types of [`schema`].
pub fn batch(findings: &[Finding], belongs: &Belongs<'_>) -> Result<RecordBatch, ArrowError> {
    let texts = |text: &dyn Fn(&Finding) -> String| -> ArrayRef {
        let mut builder = StringBuilder::with_capacity(findings.len(), findings.len() * 24);
        for finding in findings {
            builder.append_value(text(finding));
        }
        Arc::new(builder.finish())
    };
    let column = |f: &Finding| {
        let name = f.column.and_then(|c| belongs.columns.get(usize::from(c)));
        name.cloned().unwrap_or_default()
    };
    let count = findings.len() as u64;
    let ids = belongs.first_finding..belongs.first_finding + count;
    let records = findings.iter().map(|f| f.row.map(|r| belongs.first_record + u64::from(r)));
    RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(UInt64Array::from_iter_values(ids)),
            texts(&|_| belongs.source.to_owned()),
            Arc::new(UInt16Array::from(vec![belongs.delivery; findings.len()])),
            Arc::new(UInt64Array::from_iter_values(findings.iter().map(|f| f.line))),
            Arc::new(records.collect::<UInt64Array>()),
            texts(&column),
            texts(&|f| f.code.to_owned()),
            Arc::new(UInt8Array::from_iter_values(findings.iter().map(|f| f.severity))),
            texts(&|f| f.reason.clone().into_owned()),
            texts(&|f| f.original.clone()),
        ],
    )
}
