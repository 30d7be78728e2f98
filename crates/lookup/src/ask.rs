//! What is asked and answered, and records out of JSON.

use linkage::Index;
use linkage::index::{Event, Found};
use linkage::table::{Records, Table};
use linkage::values::Values;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Values of a record by the names of the settings; a column left out is missing.
pub type Record = BTreeMap<String, Value>;

/// The column of `/add` that names a record within its source.
const ID: &str = "id";
/// Records told for each one asked for.
const FOUND_MAX: usize = 10;

/// Body of `/find`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindAsked {
    pub(crate) records: Vec<Record>,
    /// Where the records come from: a source that holds each person once is not told of its own.
    #[serde(default)]
    pub(crate) source: String,
}

/// Answer of `/find`.
#[derive(Serialize)]
pub(crate) struct FindTold {
    /// For each record asked for, those like it, likeliest first.
    found: Vec<Vec<Like>>,
}

#[derive(Serialize)]
struct Like {
    person: u32,
    source: String,
    id: String,
    weight: f64,
    probability: f64,
    /// Level of each comparison, -1 missing.
    levels: BTreeMap<String, i8>,
}

/// Body of `/add`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddAsked {
    pub(crate) source: String,
    pub(crate) records: Vec<Record>,
}

/// Answer of `/add`.
#[derive(Serialize)]
pub(crate) struct AddTold {
    /// The person of each record.
    pub(crate) persons: Vec<u32>,
    /// Merges and splits of persons that were known before.
    pub(crate) events: Vec<Event>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failed {
    /// The request is wrong.
    Asked(String),
    /// The index cannot go on.
    Work(String),
}

/// The columns of records as a table.
pub(crate) fn table(index: &Index, records: &[Record], with_id: bool) -> Result<Table, Failed> {
    let columns = index.spec().columns();
    let known = |name: &str| columns.iter().any(|c| c == name) || (with_id && name == ID);
    if records.iter().flat_map(BTreeMap::keys).any(|name| !known(name)) {
        let names = columns.join(", ");
        return Err(Failed::Asked(format!(
            "a record has a column that the index has not; its columns are: {names}"
        )));
    }
    let mut table = Table::default();
    for name in &columns {
        let texts =
            records.iter().map(|r| text(r.get(name), name)).collect::<Result<Vec<_>, _>>()?;
        let added = table.push(name, texts.iter().map(|t| Some(t.as_str())));
        added.map_err(|e| Failed::Asked(e.to_string()))?;
    }
    table.rows = records.len();
    Ok(table)
}

fn text(value: Option<&Value>, name: &str) -> Result<String, Failed> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => {
            Err(Failed::Asked(format!("`{name}` of a record is neither a text nor a number")))
        }
    }
}

/// Records to add; ids that the index has, or that occur twice, are refused before anything changes.
pub(crate) fn records(index: &Index, asked: &AddAsked) -> Result<Records, Failed> {
    let table = table(index, &asked.records, true)?;
    let mut ids = Values::default();
    let mut seen = std::collections::BTreeSet::new();
    for (at, record) in asked.records.iter().enumerate() {
        let id = text(record.get(ID), ID)?;
        let why = if id.is_empty() {
            "has no `id`"
        } else if index.record(&asked.source, &id).is_some() {
            "has an `id` that the index holds already for this source"
        } else if seen.contains(&id) {
            "has the `id` of another record of the request"
        } else {
            ids.push(id.as_bytes());
            seen.insert(id);
            continue;
        };
        return Err(Failed::Asked(format!("record {} {why}", at + 1)));
    }
    Ok(Records { starts: vec![0, table.rows as u32], ids, table })
}

/// Looks every record up.
pub(crate) fn find(index: &mut Index, asked: &FindAsked) -> Result<FindTold, Failed> {
    let names: Vec<String> = index.spec().compares.iter().map(|c| c.name.clone()).collect();
    let like = |f: Found| Like {
        person: f.person,
        source: f.source,
        id: f.id,
        weight: f.weight,
        probability: f.probability,
        levels: names.iter().cloned().zip(f.levels).collect(),
    };
    let mut found = Vec::with_capacity(asked.records.len());
    for record in &asked.records {
        let one = table(index, std::slice::from_ref(record), false)?;
        let hits = index.find(one, &asked.source).map_err(|e| Failed::Asked(e.to_string()))?;
        found.push(hits.into_iter().take(FOUND_MAX).map(like).collect());
    }
    Ok(FindTold { found })
}
