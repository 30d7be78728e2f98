//! The folder of an index: what it is built on, one Parquet file per batch, and the log of events.
//!
//! ```text
//! settings.toml  model.json  ground.parquet       written once
//! batches/000001.parquet …                        source, id, person, the columns
//! small.jsonl                                     small batches, a line each, only appended
//! events.jsonl                                    merges and splits, only appended
//! ```
//!
//! A batch counts from the moment its file has its name, or its line is whole: what a run that was
//! cut off left over is taken away at the next opening. A small batch costs one write; it survives
//! a loss of power from the next [`Index::sync`] on, so that several may share one.

use super::small::{self, Small};
use super::{Event, Index};
use crate::error::LinkError;
use crate::model::Model;
use crate::spec::Spec;
use crate::table::{Records, Table};
use crate::values::Values;
use crate::write;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

const SETTINGS: &str = "settings.toml";
const MODEL: &str = "model.json";
const GROUND: &str = "ground.parquet";
const BATCHES: &str = "batches";
const EVENTS: &str = "events.jsonl";
pub(super) const SMALL: &str = "small.jsonl";
/// Batches up to this size become a line of [`SMALL`].
const SMALL_MAX: usize = 256;

impl Index {
    /// Makes an index on disk; the folder must not hold one.
    ///
    /// # Errors
    /// A folder that holds an index or cannot be written; as [`Index::new`].
    pub fn create(
        folder: &Path,
        settings: &str,
        model: &Model,
        ground: Table,
    ) -> Result<Self, LinkError> {
        let wrong = |e: std::io::Error| LinkError::output(folder.display(), e);
        if folder.join(GROUND).exists() {
            return Err(LinkError::output(
                folder.display(),
                "there is an index already; add to it, or take another folder",
            ));
        }
        fs::create_dir_all(folder.join(BATCHES)).map_err(wrong)?;
        write::text(&folder.join(SETTINGS), settings)?;
        write::text(&folder.join(MODEL), &model.to_json())?;
        write::text(&folder.join(EVENTS), "")?;
        let columns = texts(&ground);
        write_table(&folder.join(GROUND), columns)?;
        let spec = Spec::parse(settings, SETTINGS, folder)?;
        let mut index = Self::new(spec, model, ground)?;
        index.folder = Some(folder.to_owned());
        Ok(index)
    }

    /// Opens an index.
    ///
    /// # Errors
    /// A folder without an index, or with a damaged one.
    pub fn open(folder: &Path) -> Result<Self, LinkError> {
        let mut spec = Spec::read(&folder.join(SETTINGS))?;
        spec.truth = None;
        let model = Model::read(&folder.join(MODEL))?;
        let columns = spec.columns();
        let ground = Table::from_batches(&read(&folder.join(GROUND))?, &columns)?;
        let mut index = Self::new(spec, &model, ground)?;
        let log = folder.join(EVENTS);
        let text = fs::read_to_string(&log).unwrap_or_default();
        let told: Vec<Event> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut small = small::read(&folder.join(SMALL))?.into_iter().peekable();
        let mut events: Vec<Event> = Vec::new();
        loop {
            let batch = index.batches + 1;
            let path = batch_path(folder, batch);
            let first = index.len() as u32;
            let (records, source, persons, last) = if path.exists() {
                events.extend(told.iter().filter(|e| e.batch == batch).cloned());
                let (records, source, persons) = read_batch(&path, &columns)?;
                (records, source, persons, batch)
            } else if let Some(run) = small::run_from(&mut small, batch) {
                events.extend(run.iter().flat_map(|s| s.events.iter().cloned()));
                let last = batch + run.len() as u32 - 1;
                let (records, persons) = small::together(&run, &columns)?;
                (records, run[0].source.clone(), persons, last)
            } else {
                break;
            };
            index.take_in(records, &source)?;
            index.persons.restore(first, &persons);
            index.batches = last;
        }
        index.persons.close(&events);
        let whole = lines(events.iter());
        if whole != text {
            write::text(&log, &whole)?;
        }
        index.folder = Some(folder.to_owned());
        Ok(index)
    }

    /// The same index, no longer written to its folder: for trials.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.folder = None;
        self.log = None;
        self
    }

    /// Makes everything added so far survive a loss of power. [`Index::add`] does it by itself.
    ///
    /// # Errors
    /// A disk that refuses.
    pub fn sync(&mut self) -> Result<(), LinkError> {
        match &self.log {
            Some(log) => log.sync_data().map_err(|e| LinkError::output(SMALL, e)),
            None => Ok(()),
        }
    }

    /// Appends the events, then writes the batch: a line, or a file of its own.
    pub(super) fn write_batch(
        &mut self,
        batch: u32,
        records: &Records,
        source: &str,
        persons: &[u32],
        events: &[Event],
    ) -> Result<(), LinkError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        if !events.is_empty() {
            let mut file = appended(&folder.join(EVENTS))?;
            let wrong = |e: std::io::Error| LinkError::output(EVENTS, e);
            file.write_all(lines(events.iter()).as_bytes()).map_err(wrong)?;
            if records.len() > SMALL_MAX {
                file.sync_data().map_err(wrong)?;
            }
        }
        if records.len() <= SMALL_MAX {
            let line = Small::new(batch, records, source, persons, events).line();
            let log = match &mut self.log {
                Some(log) => log,
                none => none.insert(appended(&folder.join(SMALL))?),
            };
            return log.write_all(line.as_bytes()).map_err(|e| LinkError::output(SMALL, e));
        }
        let folder = folder.clone();
        self.sync()?;
        let rows = records.len();
        let mut columns: Vec<(String, ArrayRef)> = vec![
            (SOURCE.to_owned(), Arc::new(StringArray::from_iter_values((0..rows).map(|_| source)))),
            (
                ID.to_owned(),
                Arc::new(StringArray::from_iter_values((0..rows as u32).map(|r| records.id(r)))),
            ),
            (PERSON.to_owned(), Arc::new(UInt32Array::from(persons.to_vec()))),
        ];
        columns.extend(texts(&records.table));
        let path = batch_path(&folder, batch);
        let half = path.with_extension("half");
        write_table(&half, columns)?;
        fs::rename(&half, &path).map_err(|e| LinkError::output(path.display(), e))
    }
}

fn appended(path: &Path) -> Result<fs::File, LinkError> {
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.map_err(|e| LinkError::output(path.display(), e))
}

/// Names of the first columns of a batch; those of the settings follow as they are called there.
const SOURCE: &str = "padan:source";
const ID: &str = "padan:id";
const PERSON: &str = "padan:person";

fn batch_path(folder: &Path, batch: u32) -> std::path::PathBuf {
    folder.join(BATCHES).join(format!("{batch:06}.parquet"))
}

fn lines<'a>(events: impl Iterator<Item = &'a Event>) -> String {
    events.filter_map(|e| serde_json::to_string(e).ok()).map(|line| line + "\n").collect()
}

fn texts(table: &Table) -> Vec<(String, ArrayRef)> {
    let column = |(name, column): &(String, crate::table::Coded)| {
        let texts = (0..table.rows).map(|row| Some(column.text(row)).filter(|t| !t.is_empty()));
        (name.clone(), Arc::new(texts.collect::<StringArray>()) as ArrayRef)
    };
    table.columns.iter().map(column).collect()
}

fn write_table(path: &Path, columns: Vec<(String, ArrayRef)>) -> Result<(), LinkError> {
    let wrong = |e: &dyn std::fmt::Display| LinkError::output(path.display(), e);
    let batch = RecordBatch::try_from_iter(columns).map_err(|e| wrong(&e))?;
    let file = fs::File::create(path).map_err(|e| wrong(&e))?;
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).map_err(|e| wrong(&e))?;
    writer.write(&batch).map_err(|e| wrong(&e))?;
    let file = writer.into_inner().map_err(|e| wrong(&e))?;
    file.sync_data().map_err(|e| wrong(&e))
}

fn read(path: &Path) -> Result<Vec<RecordBatch>, LinkError> {
    let wrong = |e: &dyn std::fmt::Display| LinkError::input(path.display(), e);
    let file = fs::File::open(path).map_err(|e| wrong(&e))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|b| b.with_batch_size(65_536).build())
        .map_err(|e| wrong(&e))?;
    reader.collect::<Result<Vec<_>, _>>().map_err(|e| wrong(&e))
}

fn read_batch(path: &Path, columns: &[String]) -> Result<(Records, String, Vec<u32>), LinkError> {
    let batches = read(path)?;
    let damaged = || LinkError::input(path.display(), "it is not a batch of an index");
    let (mut ids, mut persons, mut source) = (Values::default(), Vec::new(), None);
    for batch in &batches {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(damaged);
        for id in column(ID)?.as_string_opt::<i32>().ok_or_else(damaged)?.iter() {
            ids.push(id.unwrap_or("").as_bytes());
        }
        let given = column(PERSON)?.as_primitive_opt::<UInt32Type>().ok_or_else(damaged)?;
        persons.extend_from_slice(given.values());
        let sources = column(SOURCE)?.as_string_opt::<i32>().ok_or_else(damaged)?;
        source = source.or_else(|| sources.iter().next().flatten().map(str::to_owned));
    }
    let table = Table::from_batches(&batches, columns)?;
    let starts = vec![0, table.rows as u32];
    Ok((Records { starts, ids, table }, source.unwrap_or_default(), persons))
}
