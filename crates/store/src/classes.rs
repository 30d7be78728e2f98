//! Which class every column is in: `classes.toml`, read by redaction, sharing and retention.

use crate::StoreError;
use serde::Deserialize;
use std::collections::BTreeMap;

const TEXT: &str = include_str!("../classes.toml");

/// How far a column may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// May be shown to anybody.
    Public,
    /// About a person; shown to those with a reason, logged.
    Personal,
    /// Finances, health, children, or a decision about a person (UU 27/2022 art. 4): stricter.
    Sensitive,
    /// Never shown: keys, password and token hashes, sealed fields, blind indexes.
    Secret,
}

/// Table → column → class.
pub type Classes = BTreeMap<String, BTreeMap<String, Class>>;

/// The classes of all columns.
///
/// # Errors
/// When the file, which is part of the program, is not readable: a test holds that it is.
pub fn classes() -> Result<Classes, StoreError> {
    toml::from_str(TEXT).map_err(|e| StoreError::Shape(format!("classes.toml: {e}")))
}

/// What is wrong between the schema's (table, column) pairs and the file; empty when nothing is.
///
/// # Errors
/// When the file is not readable.
pub fn gaps(columns: &[(String, String)]) -> Result<Vec<String>, StoreError> {
    let classes = classes()?;
    let listed = |table: &str, column: &str| {
        classes.get(table).is_some_and(|columns| columns.contains_key(column))
    };
    let mut gaps: Vec<String> = columns
        .iter()
        .filter(|(table, column)| !listed(table, column))
        .map(|(table, column)| format!("{table}.{column} has no class in classes.toml"))
        .collect();
    for (table, inner) in &classes {
        for column in inner.keys() {
            if !columns.iter().any(|(t, c)| t == table && c == column) {
                gaps.push(format!("classes.toml names {table}.{column}, which no table has"));
            }
        }
    }
    Ok(gaps)
}
