//! Scenarios as a file:
//!
//! ```toml
//! [[scenario]]
//! name = { id = "Batas desil 4", en = "Cut at decile 4" }
//! programme = "pbi_jk"
//! parameters = { decile_max = 4 }
//! quota = { level = "regency", map = "poor-2024" }   # other seats, level or poverty map
//! weights = { floor_material = 0.5 }   # multiplies that variable's part of the score
//! scores = "other/scores.parquet"      # or: another model, as `padan rank score` or an edition writes it
//! ```

use crate::TargetError;
use crate::programme::{Changes, Label, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One change to look at.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called on the page.
    pub name: Label,
    /// Programme id.
    pub programme: String,
    /// Changed parameters.
    pub changes: Changes,
    /// Another quota.
    pub quota: Option<QuotaChange>,
    /// Factors on the contributions of variables to the score.
    pub weights: BTreeMap<String, f64>,
    /// A table `scores` of another model for the same families (docs/DATA.md §4).
    pub scores: Option<PathBuf>,
}

/// What a scenario changes about a programme's quota; what it does not say stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaChange {
    /// Seats in all.
    #[serde(default)]
    pub seats: Option<u64>,
    /// `all`, `province`, `regency`, `district` or `village`.
    #[serde(default)]
    pub level: Option<String>,
    /// A poverty map of `maps/` that divides the seats.
    #[serde(default)]
    pub map: Option<String>,
}

/// The scenarios of one file, in its order.
#[derive(Debug, Clone, Default)]
pub struct Scenarios(pub Vec<Scenario>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    scenario: Vec<RawScenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    name: Label,
    programme: String,
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    #[serde(default)]
    quota: Option<QuotaChange>,
    #[serde(default)]
    weights: BTreeMap<String, f64>,
    #[serde(default)]
    scores: Option<PathBuf>,
}

impl Scenarios {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is not a scenario file.
    pub fn load(path: &Path) -> Result<Self, TargetError> {
        let text = std::fs::read_to_string(path).map_err(|e| TargetError::io(path, e))?;
        let raw: RawFile =
            toml::from_str(&text).map_err(|e| TargetError::file(path, "", e.to_string()))?;
        let mut scenarios = Vec::new();
        for scenario in raw.scenario {
            let mut changes = Changes::new();
            for (key, value) in scenario.parameters {
                let place = format!("scenario.{}.{key}", scenario.name.en);
                let value =
                    Value::from_toml(&value).map_err(|e| TargetError::file(path, place, e))?;
                changes.insert(key, value);
            }
            scenarios.push(Scenario {
                name: scenario.name,
                programme: scenario.programme,
                changes,
                quota: scenario.quota,
                weights: scenario.weights,
                scores: scenario.scores.map(|p| path.parent().unwrap_or(Path::new("")).join(p)),
            });
        }
        Ok(Self(scenarios))
    }
}
