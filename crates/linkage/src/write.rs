//! Results out: Parquet and JSON.

use crate::command::Outcome;
use crate::compare::level_of;
use crate::error::LinkError;
use crate::model::probability;
use crate::score::Edge;
use crate::spec::Spec;
use crate::values::wrote;
use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int32Array, RecordBatch, StringArray,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows per batch written.
const BATCH_ROWS: usize = 131_072;

/// Columns of ids and of weights.
const DIFFERING: [&str; 8] = [
    "left_id",
    "right_id",
    "match_weight",
    "match_probability",
    "id",
    "cluster_id",
    "mean_weight",
    "cluster_weakest",
];

/// Writes a small text file.
///
/// # Errors
/// The file cannot be written.
pub fn text(path: &Path, text: &str) -> Result<(), LinkError> {
    std::fs::write(path, text).map_err(|e| LinkError::output(path.display(), e))
}

/// Writes batches made from ranges of rows.
fn table(
    path: &Path,
    rows: usize,
    batch: &dyn Fn(std::ops::Range<usize>) -> Vec<(String, ArrayRef)>,
) -> Result<(), LinkError> {
    let wrong = |e: &dyn std::fmt::Display| LinkError::output(path.display(), e);
    let file = File::create(path).map_err(|e| wrong(&e))?;
    let first = RecordBatch::try_from_iter(batch(0..0)).map_err(|e| wrong(&e))?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("padan link".to_owned());
    // Columns of values that seldom repeat: a dictionary of them would only be thrown away.
    for column in DIFFERING {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    let properties = properties.build();
    let mut writer =
        ArrowWriter::try_new(file, first.schema(), Some(properties)).map_err(|e| wrong(&e))?;
    for from in (0..rows).step_by(BATCH_ROWS) {
        let part = RecordBatch::try_from_iter(batch(from..(from + BATCH_ROWS).min(rows)))
            .map_err(|e| wrong(&e))?;
        writer.write(&part).map_err(|e| wrong(&e))?;
    }
    writer.close().map_err(|e| wrong(&e))?;
    Ok(())
}

/// `pairs.parquet`: every kept pair, in the order of its records.
///
/// # Errors
/// The file cannot be written.
pub fn pairs(spec: &Spec, outcome: &Outcome, path: &Path) -> Result<(), LinkError> {
    let records = &outcome.records;
    let edges = &outcome.scored.edges;
    let source = |r: u32| spec.inputs[records.source(r)].name.as_str();
    let leaders = &outcome.clusters.leader;
    table(path, edges.len(), &|range| {
        let part: &[Edge] = &edges[range];
        let sources = |side: fn(&Edge) -> u32| {
            Arc::new(StringArray::from_iter_values(part.iter().map(|e| source(side(e)))))
                as ArrayRef
        };
        let ids = |side: fn(&Edge) -> u32| {
            Arc::new(StringArray::from_iter_values(part.iter().map(|e| records.id(side(e)))))
                as ArrayRef
        };
        let mut columns: Vec<(String, ArrayRef)> = vec![
            ("left_source".to_owned(), sources(|e| e.a)),
            ("left_id".to_owned(), ids(|e| e.a)),
            ("right_source".to_owned(), sources(|e| e.b)),
            ("right_id".to_owned(), ids(|e| e.b)),
            (
                "match_weight".to_owned(),
                Arc::new(Float64Array::from_iter_values(part.iter().map(|e| e.weight))),
            ),
            (
                "match_probability".to_owned(),
                Arc::new(Float64Array::from_iter_values(
                    part.iter().map(|e| probability(e.weight)),
                )),
            ),
            (
                "same_cluster".to_owned(),
                Arc::new(BooleanArray::from_iter(
                    part.iter().map(|e| Some(leaders[e.a as usize] == leaders[e.b as usize])),
                )),
            ),
        ];
        for (c, compare) in spec.compares.iter().enumerate() {
            let levels = Int32Array::from_iter_values(
                part.iter().map(|e| i32::from(level_of(e.pattern, c))),
            );
            columns.push((format!("level_{}", compare.name), Arc::new(levels)));
        }
        columns
    })
}

/// Per leader: pairs of the cluster that were kept, and the weakest of them (infinite without any).
fn cluster_ties(outcome: &Outcome) -> Vec<(u32, f32)> {
    let leader = &outcome.clusters.leader;
    let mut out = vec![(0u32, f32::INFINITY); leader.len()];
    for edge in &outcome.scored.edges {
        if leader[edge.a as usize] == leader[edge.b as usize] {
            let tie = &mut out[leader[edge.a as usize] as usize];
            *tie = (tie.0 + 1, tie.1.min(edge.weight as f32));
        }
    }
    out
}

/// `clusters.parquet`: every record with its cluster, in the order of the records.
///
/// # Errors
/// The file cannot be written.
pub fn clusters(spec: &Spec, outcome: &Outcome, path: &Path) -> Result<(), LinkError> {
    let records = &outcome.records;
    let clusters = &outcome.clusters;
    let mut size = vec![0i32; records.len()];
    for &leader in &clusters.leader {
        size[leader as usize] += 1;
    }
    let ties = cluster_ties(outcome);
    let possible = |r: usize| {
        let n = f64::from(size[clusters.leader[r] as usize]);
        (n * (n - 1.0) / 2.0).max(1.0)
    };
    let density = |r: usize| match size[clusters.leader[r] as usize] {
        1 => 1.0,
        _ => (f64::from(ties[clusters.leader[r] as usize].0) / possible(r)) as f32,
    };
    let weakest = |r: usize| {
        let least = ties[clusters.leader[r] as usize].1;
        if least.is_finite() { least } else { 0.0 }
    };
    let name = |r: usize| spec.inputs[records.source(r as u32)].name.as_str();
    table(path, records.len(), &|range| {
        let mut ids = StringBuilder::with_capacity(range.len(), range.len() * 16);
        for r in range.clone() {
            let leader = clusters.leader[r];
            wrote(write!(ids, "{}:{}", name(leader as usize), records.id(leader)));
            ids.append_value("");
        }
        vec![
            (
                "source".to_owned(),
                Arc::new(StringArray::from_iter_values(range.clone().map(name))) as ArrayRef,
            ),
            (
                "id".to_owned(),
                Arc::new(StringArray::from_iter_values(
                    range.clone().map(|r| records.id(r as u32)),
                )),
            ),
            ("cluster_id".to_owned(), Arc::new(ids.finish())),
            (
                "cluster_size".to_owned(),
                Arc::new(Int32Array::from_iter_values(
                    range.clone().map(|r| size[clusters.leader[r] as usize]),
                )),
            ),
            (
                "mean_weight".to_owned(),
                Arc::new(Float32Array::from_iter_values(range.clone().map(|r| clusters.tie[r]))),
            ),
            (
                "cluster_density".to_owned(),
                Arc::new(Float32Array::from_iter_values(range.clone().map(density))),
            ),
            (
                "cluster_weakest".to_owned(),
                Arc::new(Float32Array::from_iter_values(range.map(weakest))),
            ),
        ]
    })
}
