//! `config/<country>/survivorship.toml`: which source is believed about what, as data.

use crate::link::family::By;
use instrument::{ConfigError, Instrument, Unit, config};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const EMBEDDED: &str = include_str!("../../../config/id/survivorship.toml");
const FILE: &str = "survivorship.toml";

/// What the room knows of one record table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRule {
    /// The table's name: "dukcapil", "regsosek-families".
    pub name: String,
    /// The civil register. Exactly one table is.
    #[serde(default)]
    pub spine: bool,
    /// Its source meets people, so a person may stand in the registry on its word alone.
    #[serde(default)]
    pub makes_people: bool,
    /// Its source visits houses: it counts for "visited" and "last visit".
    #[serde(default)]
    pub visits: bool,
    /// For tables of families: how a record finds its family, in the order of trying; head, card,
    /// any head when nothing is said.
    #[serde(default)]
    pub family_by: Vec<By>,
    /// For rolls: the programme.
    pub roll: Option<String>,
    /// For outside checks: the flags its rows raise.
    #[serde(default)]
    pub flags: Vec<FlagRule>,
    /// Rows whose values count; all when absent. (Every row links.)
    pub values_if: Option<Condition>,
}

/// A flag of people (`flags.parquet`): what a row of an outside check says of its person.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagRule {
    /// Its name, as programmes ask for it: `flagged("gambling")`.
    pub name: String,
    /// Rows that raise it; all when absent.
    #[serde(rename = "if")]
    pub condition: Option<Condition>,
    /// And of these only the ones that meet a second condition.
    pub and: Option<Condition>,
}

/// A column has one of these codes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column of the record table.
    pub column: String,
    /// Its codes.
    #[serde(rename = "in")]
    pub codes: Vec<u64>,
}

/// How values of several sources compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The first source of the list that has a value; its newest.
    First,
    /// The newest value of all listed sources; the earlier in the list on the same day.
    Newest,
}

/// The rule for one variable.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Person or family.
    pub unit: Unit,
    /// Variable keys of the instrument (all columns of a variable come from one record).
    pub variables: Vec<String>,
    /// How they compete.
    pub take: Take,
    /// The sources that are believed, best first.
    pub sources: Vec<String>,
    /// Days by which a source's values count as newer than they are (for `newest`).
    #[serde(default)]
    pub trust_days: BTreeMap<String, i32>,
}

/// The whole file, checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survivorship {
    /// Version of the file.
    pub version: String,
    /// Record tables.
    pub table: Vec<TableRule>,
    /// Rules, one per variable.
    pub rule: Vec<Rule>,
}

impl Survivorship {
    /// From `<folder>/survivorship.toml` when it is there, else the one built in.
    ///
    /// # Errors
    /// When the file breaks a rule.
    pub fn load(folder: Option<&Path>, instrument: &Instrument) -> Result<Self, ConfigError> {
        match folder.map(|f| f.join(FILE)) {
            Some(path) if path.exists() => {
                Self::from_text(&path.display().to_string(), &config::read(&path)?, instrument)
            }
            _ => Self::from_text(FILE, EMBEDDED, instrument),
        }
    }

    /// The text of the file in use, for fingerprints.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn text(folder: Option<&Path>) -> Result<String, ConfigError> {
        match folder.map(|f| f.join(FILE)) {
            Some(path) if path.exists() => config::read(&path),
            _ => Ok(EMBEDDED.to_owned()),
        }
    }

    /// Reads and checks the text of a survivorship file.
    ///
    /// # Errors
    /// With the line: unknown keys, variables the instrument does not have, a variable ruled
    /// twice, no spine or two.
    pub fn from_text(file: &str, text: &str, instrument: &Instrument) -> Result<Self, ConfigError> {
        let parsed: Self = config::parse(file, text)?;
        if parsed.table.iter().filter(|t| t.spine).count() != 1 {
            return Err(ConfigError::new(file, "exactly one [[table]] must say `spine = true`"));
        }
        let mut seen = Vec::new();
        for rule in &parsed.rule {
            for key in &rule.variables {
                let known = instrument.variable(rule.unit, key).is_some()
                    || EXTRA.iter().any(|e| e.0 == rule.unit && e.1 == key);
                let problem = if !known {
                    let keys = instrument.variables.iter().map(|v| v.key.as_str());
                    let hint = kernel::suggest::hint(key, keys);
                    format!("`{key}` is not a variable of the instrument{hint}")
                } else if seen.contains(&(rule.unit, key.clone())) {
                    format!("`{key}` has two rules; join their sources")
                } else {
                    seen.push((rule.unit, key.clone()));
                    continue;
                };
                return Err(ConfigError::at(file, text, &format!("\"{key}\""), problem));
            }
        }
        Ok(parsed)
    }

    /// What is known of a table; a table that is not listed only links.
    #[must_use]
    pub fn table(&self, name: &str) -> TableRule {
        let listed = self.table.iter().find(|t| t.name == name).cloned();
        let mut rule = listed.unwrap_or(TableRule {
            name: name.to_owned(),
            spine: false,
            makes_people: false,
            visits: false,
            family_by: Vec::new(),
            roll: None,
            flags: Vec::new(),
            values_if: None,
        });
        if rule.family_by.is_empty() {
            rule.family_by = vec![By::Head, By::Card, By::AnyHead];
        }
        rule
    }

    /// The rule of a variable, if it has one.
    #[must_use]
    pub fn rule(&self, unit: Unit, variable: &str) -> Option<&Rule> {
        self.rule.iter().find(|r| r.unit == unit && r.variables.iter().any(|v| v == variable))
    }
}

/// Values with provenance that are not variables of the instrument: unit, key, columns.
pub const EXTRA: &[(Unit, &str, &[&str])] = &[
    (Unit::Person, "mother_name", &["mother_name"]),
    (Unit::Person, "presence", &["presence"]),
    (Unit::Person, "cover", &["cover_segment", "cover_active"]),
];
