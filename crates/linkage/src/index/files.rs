//! The index from the command line: made from settings, added to from a file, asked with a file.

use super::{Found, Happened, Index};
use crate::command;
use crate::error::LinkError;
use crate::load;
use crate::spec::{Input, Spec};
use crate::table::{Coded, Records, Table};
use crate::values::Values;
use crate::write;
use std::fmt::Write;
use std::path::Path;

/// Trains on the settings' files and makes an index that holds them, a batch per file; the model
/// is also written to `out` when it is given. What was done, for the terminal.
///
/// # Errors
/// Wrong settings, a file that cannot be read or written.
pub fn make(settings: &Path, folder: &Path, out: Option<&Path>) -> Result<String, LinkError> {
    let text =
        std::fs::read_to_string(settings).map_err(|e| LinkError::input(settings.display(), e))?;
    let spec = Spec::read(settings)?;
    let (model, records) = command::ground(&spec)?;
    if let Some(out) = out {
        std::fs::create_dir_all(out).map_err(|e| LinkError::output(out.display(), e))?;
        write::text(&out.join("model.json"), &model.to_json())?;
    }
    let mut index = Index::create(folder, &text, &model, records.table.clone())?;
    let mut said = String::new();
    for (input, bounds) in spec.inputs.iter().zip(records.starts.windows(2)) {
        let part = rows(&records, bounds[0]..bounds[1]);
        said.push_str(&add(&mut index, part, &input.name)?);
    }
    Ok(said)
}

/// Adds the records of a file.
///
/// # Errors
/// An index or file that cannot be read, an id that the index has already.
pub fn add_file(folder: &Path, file: &Path, source: Option<&str>) -> Result<String, LinkError> {
    let mut index = Index::open(folder)?;
    let (records, source) = read(&index, file, source)?;
    add(&mut index, records, &source)
}

/// Looks up the records of a file: CSV with the best record of each, empty when there is none.
///
/// # Errors
/// An index or file that cannot be read.
pub fn find_file(folder: &Path, file: &Path) -> Result<String, LinkError> {
    let mut index = Index::open(folder)?;
    let (records, source) = read(&index, file, None)?;
    let mut said = "id,person,source,found_id,match_weight,match_probability\n".to_owned();
    for row in 0..records.len() as u32 {
        let one = rows(&records, row..row + 1);
        let found = index.find(one.table, &source)?;
        let line = found.first().map_or(",,,,".to_owned(), |f: &Found| {
            let (source, id) = (quoted(&f.source), quoted(&f.id));
            format!("{},{source},{id},{:.3},{:.6}", f.person, f.weight, f.probability)
        });
        let _ = writeln!(said, "{},{line}", quoted(records.id(row)));
    }
    Ok(said)
}

fn add(index: &mut Index, records: Records, source: &str) -> Result<String, LinkError> {
    let added = index.add(records, source)?;
    let merged = added.events.iter().filter(|e| e.event == Happened::Merged).count();
    Ok(format!(
        "{source}: {} records added, {} new persons, {merged} persons merged, {} split; {} records in all\n",
        added.records,
        added.new_persons,
        added.events.len() - merged,
        index.len()
    ))
}

/// Reads a file by the settings of the index: as its input of that name, else as its first.
fn read(index: &Index, file: &Path, source: Option<&str>) -> Result<(Records, String), LinkError> {
    let mut spec = index.spec().clone();
    let stem = file.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let source = source.map_or(stem, str::to_owned);
    let like = spec.inputs.iter().find(|i| i.name == source).or(spec.inputs.first()).cloned();
    let like = like.ok_or_else(|| LinkError::Data("the index has no [[input]]".to_owned()))?;
    spec.inputs = vec![Input { name: source.clone(), path: file.to_owned(), ..like }];
    Ok((load::load(&spec)?, source))
}

/// Some rows of records, as records of their own.
fn rows(records: &Records, range: std::ops::Range<u32>) -> Records {
    let of = |c: &Coded| Coded {
        codes: c.codes[range.start as usize..range.end as usize].to_vec(),
        values: c.values.clone(),
    };
    let few = range.len() < 64;
    let column = |(name, c): &(String, Coded)| {
        // A few rows need not carry all texts of the file.
        let part = if few { of_texts(c, range.clone()) } else { of(c) };
        (name.clone(), part)
    };
    let table =
        Table { rows: range.len(), columns: records.table.columns.iter().map(column).collect() };
    let mut ids = Values::default();
    for row in range.clone() {
        ids.push(records.id(row).as_bytes());
    }
    Records { starts: vec![0, range.len() as u32], ids, table }
}

fn of_texts(column: &Coded, range: std::ops::Range<u32>) -> Coded {
    let mut interner = crate::values::Interner::default();
    let codes = range.map(|row| interner.code(column.text(row as usize).as_bytes())).collect();
    Coded { codes, values: interner.into_values() }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
