//! The folder of an index: what it is built on, one Parquet file per batch, and the log of events.
//!
//! ```text
//! settings.toml  model.json  ground.parquet       written once
//! batches/000001.parquet …                        source, id, person, the columns
//! events.jsonl                                    merges and splits, only appended
//! ```
//!
//! A batch counts from the moment its file has its name: events of a batch without a file are left
//! over from a run that was cut off, and are taken away at the next opening.

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
        let events: Vec<Event> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        loop {
            let batch = index.batches + 1;
            let path = batch_path(folder, batch);
            if !path.exists() {
                break;
            }
            let first = index.len() as u32;
            let (records, source, persons) = read_batch(&path, &columns)?;
            index.take_in(records, &source)?;
            let of_batch: Vec<Event> =
                events.iter().filter(|e| e.batch == batch).cloned().collect();
            index.persons.restore(first, &persons, &of_batch);
            index.batches = batch;
        }
        index.persons.close();
        if events.iter().any(|e| e.batch > index.batches) || !text.ends_with('\n') {
            let kept = events.iter().filter(|e| e.batch <= index.batches);
            write::text(&log, &lines(kept))?;
        }
        index.folder = Some(folder.to_owned());
        Ok(index)
    }

    /// The same index, no longer written to its folder: for trials.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.folder = None;
        self
    }

    /// Appends the events, then gives the batch its file.
    pub(super) fn write_batch(
        &self,
        batch: u32,
        records: &Records,
        source: &str,
        persons: &[u32],
        events: &[Event],
    ) -> Result<(), LinkError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let log = folder.join(EVENTS);
        let wrong = |e: std::io::Error| LinkError::output(log.display(), e);
        let mut file =
            fs::OpenOptions::new().create(true).append(true).open(&log).map_err(wrong)?;
        file.write_all(lines(events.iter()).as_bytes()).map_err(wrong)?;
        file.sync_data().map_err(wrong)?;
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
        let path = batch_path(folder, batch);
        let half = path.with_extension("half");
        write_table(&half, columns)?;
        fs::rename(&half, &path).map_err(|e| LinkError::output(path.display(), e))
    }
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
