//! Small batches as lines of one file: an insert costs one write, and one sync that it may share.

use super::Event;
use crate::error::LinkError;
use crate::table::{Records, Table};
use crate::values::Values;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::iter::Peekable;
use std::path::Path;

/// A line.
#[derive(Serialize, Deserialize)]
pub(super) struct Small {
    batch: u32,
    /// Where the records came from.
    pub(super) source: String,
    ids: Vec<String>,
    persons: Vec<u32>,
    /// Texts by column, one per record; empty is missing.
    columns: BTreeMap<String, Vec<String>>,
    /// Merges and splits it brought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Event>,
}

impl Small {
    pub(super) fn new(
        batch: u32,
        records: &Records,
        source: &str,
        persons: &[u32],
        events: &[Event],
    ) -> Self {
        let rows = 0..records.len();
        let columns = records.table.columns.iter().map(|(name, column)| {
            (name.clone(), rows.clone().map(|row| column.text(row).to_owned()).collect())
        });
        Self {
            batch,
            source: source.to_owned(),
            ids: rows.clone().map(|row| records.id(row as u32).to_owned()).collect(),
            persons: persons.to_vec(),
            columns: columns.collect(),
            events: events.to_vec(),
        }
    }

    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// Reads the file; a last line that was cut off is taken away.
pub(super) fn read(path: &Path) -> Result<Vec<Small>, LinkError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let wrong = |e: std::io::Error| LinkError::input(path.display(), e);
    let text = std::fs::read(path).map_err(wrong)?;
    let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let mut lines = Vec::new();
    for (at, line) in text[..whole].split_inclusive(|b| *b == b'\n').enumerate() {
        let small = serde_json::from_slice(line).map_err(|e| {
            LinkError::input(path.display(), format!("line {} is damaged: {e}", at + 1))
        })?;
        lines.push(small);
    }
    if whole < text.len() {
        let mut file = std::fs::OpenOptions::new().write(true).open(path).map_err(wrong)?;
        file.set_len(whole as u64).and_then(|()| file.flush()).map_err(wrong)?;
    }
    Ok(lines)
}

/// The batches from number `batch` on that follow each other and are of one source.
pub(super) fn run_from(
    lines: &mut Peekable<std::vec::IntoIter<Small>>,
    batch: u32,
) -> Option<Vec<Small>> {
    let mut run: Vec<Small> = Vec::new();
    while let Some(next) = lines.next_if(|next| {
        next.batch == batch + run.len() as u32
            && run.first().is_none_or(|f| f.source == next.source)
    }) {
        run.push(next);
    }
    (!run.is_empty()).then_some(run)
}

/// Several batches as one: their records and persons.
pub(super) fn together(
    run: &[Small],
    columns: &[String],
) -> Result<(Records, Vec<u32>), LinkError> {
    let mut table = Table::default();
    for name in columns {
        let texts = run.iter().flat_map(|small| {
            let column = small.columns.get(name);
            (0..small.ids.len()).map(move |row| column.and_then(|c| c.get(row)).map(String::as_str))
        });
        table.push(name, texts)?;
    }
    let mut ids = Values::default();
    for id in run.iter().flat_map(|small| &small.ids) {
        ids.push(id.as_bytes());
    }
    let starts = vec![0, table.rows as u32];
    let persons = run.iter().flat_map(|small| small.persons.iter().copied()).collect();
    Ok((Records { starts, ids, table }, persons))
}
