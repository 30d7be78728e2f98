//! Documents of an edition that pages read: manifest, quality, model, labels of the instrument.

use crate::PublishError;
use instrument::{Instrument, Unit};
use kernel::{Date, EditionId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What publish needs to know of a manifest.
pub(crate) struct Manifest {
    pub(crate) edition: EditionId,
    pub(crate) as_of: Date,
    pub(crate) sha256: String,
    pub(crate) text: String,
}

/// Reads `manifest.json`.
pub(crate) fn manifest(dir: &Path) -> Result<Manifest, PublishError> {
    let path = dir.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(|e| PublishError::document(&path, e))?;
    let body: Value = serde_json::from_str(&text).map_err(|e| PublishError::document(&path, e))?;
    let field = |name: &str| {
        let found = body.get(name).and_then(Value::as_str);
        found.ok_or_else(|| PublishError::document(&path, format!("no text field `{name}`")))
    };
    let edition =
        EditionId::new(field("edition")?).map_err(|e| PublishError::document(&path, e))?;
    let as_of = field("as_of")?.parse().map_err(|e| PublishError::document(&path, e))?;
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    Ok(Manifest { edition, as_of, sha256, text })
}

/// The documents beside the manifest that exist, as (fact, text).
pub(crate) fn documents(dir: &Path) -> Vec<(String, String)> {
    let documents = [
        ("quality", "quality.json"),
        ("calibration", "calibration.json"),
        ("cutoffs", "cutoffs.json"),
        ("density", "density.json"),
        ("scorecard", "scorecard.json"),
        ("simulation", "simulation.json"),
        ("diff", "diff.json"),
    ];
    let mut found: Vec<(String, String)> = documents
        .into_iter()
        .filter_map(|(fact, file)| {
            let text = std::fs::read_to_string(dir.join(file)).ok()?;
            serde_json::from_str::<Value>(&text).ok()?;
            Some((fact.to_owned(), text))
        })
        .collect();
    // The draws of the model are for ranking; pages need names, cuts and measures only.
    if let Ok(text) = std::fs::read_to_string(dir.join("model.json"))
        && let Ok(Value::Object(mut model)) = serde_json::from_str(&text)
    {
        for large in ["draws", "pairs"] {
            model.remove(large);
        }
        found.push(("model".to_owned(), Value::Object(model).to_string()));
    }
    found
}

/// The instrument's variables with labels and codes in both languages: pages show the labels of
/// the edition's own time.
pub(crate) fn labels(instrument: &Instrument) -> String {
    let variables: Vec<Value> = instrument
        .variables
        .iter()
        .map(|variable| {
            let columns: Vec<Value> = variable
                .columns
                .iter()
                .map(|column| {
                    let codes: Vec<Value> = column
                        .codes
                        .iter()
                        .map(|c| json!({"code": c.code, "id": c.label.id, "en": c.label.en}))
                        .collect();
                    json!({
                        "name": column.name, "id": column.label.id, "en": column.label.en,
                        "kind": format!("{:?}", column.kind).to_lowercase(), "codes": codes,
                    })
                })
                .collect();
            let unit = match variable.unit {
                Unit::Person => "person",
                Unit::Family => "family",
            };
            json!({
                "unit": unit, "number": variable.number, "key": variable.key,
                "id": variable.label.id, "en": variable.label.en, "columns": columns,
            })
        })
        .collect();
    json!({ "version": instrument.version, "variables": variables }).to_string()
}
