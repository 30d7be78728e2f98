//! The settings file as written, before anything is checked.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSpec {
    pub mode: Spanned<String>,
    #[serde(default)]
    pub missing: Vec<String>,
    #[serde(default)]
    pub input: Vec<RawInput>,
    #[serde(default)]
    pub column: Vec<RawColumn>,
    #[serde(default)]
    pub block: Vec<RawBlock>,
    #[serde(default)]
    pub compare: Vec<RawCompare>,
    #[serde(default)]
    pub names: RawNames,
    #[serde(default)]
    pub training: RawTraining,
    #[serde(default)]
    pub cluster: RawCluster,
    #[serde(default)]
    pub output: RawOutput,
    #[serde(default)]
    pub review: RawReview,
    pub truth: Option<RawTruth>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawReview {
    #[serde(default)]
    pub decisions: Vec<String>,
    #[serde(default)]
    pub pairs: usize,
    #[serde(default)]
    pub sample: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTruth {
    pub column: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawInput {
    pub name: Option<Spanned<String>>,
    pub path: Spanned<String>,
    pub id: Option<Spanned<String>>,
    #[serde(default)]
    pub unique: bool,
    pub delimiter: Option<Spanned<String>>,
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawColumn {
    pub name: Spanned<String>,
    pub join: Option<Vec<String>>,
    pub kind: Option<Spanned<String>>,
    pub order: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBlock {
    pub keys: Spanned<Vec<Spanned<String>>>,
    pub name: Option<String>,
    pub max_size: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCompare {
    pub name: Option<Spanned<String>>,
    pub column: Option<Spanned<String>>,
    pub columns: Option<Spanned<Vec<String>>>,
    pub method: Spanned<String>,
    pub thresholds: Option<Spanned<Vec<f64>>>,
    pub percent: Option<bool>,
    pub separator: Option<String>,
    pub levels: Option<Vec<RawLevel>>,
    #[serde(default)]
    pub term_frequency: bool,
    #[serde(default)]
    pub household: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLevel {
    pub when: Spanned<String>,
    pub label: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawNames {
    pub convention: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTraining {
    pub random_pairs: Option<usize>,
    pub max_pairs: Option<usize>,
    pub iterations: Option<usize>,
    pub seed: Option<u64>,
    pub model: Option<Spanned<String>>,
    pub expected_matches: Option<Spanned<f64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCluster {
    pub method: Option<Spanned<String>>,
    pub match_probability: Option<Spanned<f64>>,
    pub one_to_one: Option<bool>,
    pub different: Option<Spanned<String>>,
    pub family: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOutput {
    pub match_probability: Option<Spanned<f64>>,
    pub min_probability: Option<Spanned<f64>>,
    pub max_block: Option<usize>,
}
