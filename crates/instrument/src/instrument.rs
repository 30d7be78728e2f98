//! The variables, their columns and code lists, read from `config/<country>/instrument.toml`.

use crate::config::{self, ConfigError};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::path::Path;

const EMBEDDED: &str = include_str!("../../../config/id/instrument.toml");
const FILE: &str = "instrument.toml";

/// What a variable describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// One row per person.
    Person,
    /// One row per family.
    Family,
}

/// What values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A NIK or KK number.
    Identity,
    /// Free text.
    Text,
    /// A day.
    Date,
    /// A region code.
    Region,
    /// An id of the registry.
    Id,
    /// A number of things, `min..=max`.
    Count,
    /// A code of a list, or of `min..=max`.
    Code,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

impl Label {
    /// The text in `language`: English for `en`, Indonesian otherwise.
    #[must_use]
    pub fn text(&self, language: &str) -> &str {
        if language == "en" { &self.en } else { &self.id }
    }
}

/// One code of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The number in the column.
    pub code: u8,
    /// Its meaning.
    pub label: Label,
}

/// A column has a value only when `column` has one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The column that decides, of the same unit.
    pub column: String,
    /// Its values.
    #[serde(rename = "in")]
    pub values: Vec<i32>,
}

/// `value` here and one of `values` in `column` cannot both be true.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// The value of this column.
    pub value: i32,
    /// The other column, of the same unit.
    pub column: String,
    /// Its values.
    #[serde(rename = "in")]
    pub values: Vec<i32>,
}

/// One column of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name in every table.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Its own label, or that of its variable.
    pub label: Label,
    /// The code list, in order; empty when only a range is set.
    pub codes: Vec<Code>,
    /// Least value, inclusive.
    pub min: Option<i32>,
    /// Greatest value, inclusive.
    pub max: Option<i32>,
    /// Skip rule.
    pub asked_if: Option<When>,
    /// Asked from this age on.
    pub age_min: Option<i32>,
    /// Asked up to this age.
    pub age_max: Option<i32>,
    /// Edit rule.
    pub contradicts: Option<Contradiction>,
}

impl Column {
    /// True when `value` is in the code list, or within the range when there is no list.
    #[must_use]
    pub fn allows(&self, value: i32) -> bool {
        if self.codes.is_empty() {
            self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
        } else {
            self.codes.iter().any(|c| i32::from(c.code) == value)
        }
    }

    /// The meaning of `code` in `language` (`id` or `en`).
    #[must_use]
    pub fn code_label(&self, code: u8, language: &str) -> Option<&str> {
        self.codes.iter().find(|c| c.code == code).map(|c| c.label.text(language))
    }
}

/// One of the 39 variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Person or family.
    pub unit: Unit,
    /// Its number within the unit, from 1.
    pub number: u8,
    /// Its key: `education`, `assets`. `<key>_from` is its provenance column.
    pub key: String,
    /// Its name.
    pub label: Label,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// The whole instrument, checked.
#[derive(Debug, Clone)]
pub struct Instrument {
    /// Version of the file.
    pub version: String,
    /// Persons first, by number.
    pub variables: Vec<Variable>,
    places: FxHashMap<(Unit, String), (usize, usize)>,
}

impl Instrument {
    /// The instrument that is built into the program.
    ///
    /// # Errors
    /// Never in a tested build; the file is checked like any other.
    pub fn embedded() -> Result<Self, ConfigError> {
        Self::from_text(FILE, EMBEDDED)
    }

    /// From `<folder>/instrument.toml` when it is there, else the embedded one.
    ///
    /// # Errors
    /// When the file breaks a rule.
    pub fn load(folder: Option<&Path>) -> Result<Self, ConfigError> {
        match folder.map(|f| f.join(FILE)) {
            Some(path) if path.exists() => {
                Self::from_text(&path.display().to_string(), &config::read(&path)?)
            }
            _ => Self::embedded(),
        }
    }

    /// Reads and checks the text of an instrument file.
    ///
    /// # Errors
    /// With the line: unknown keys, a column named twice in a unit, numbers that do not run from
    /// 1, an empty or repeated code list, a rule that names no column or a value it cannot have.
    pub fn from_text(file: &str, text: &str) -> Result<Self, ConfigError> {
        let raw: raw::File = config::parse(file, text)?;
        let mut variables: Vec<Variable> =
            raw.variable.into_iter().map(raw::Variable::into_variable).collect();
        variables.sort_by_key(|v| (v.unit, v.number));
        let mut places = FxHashMap::default();
        for (at, variable) in variables.iter().enumerate() {
            for (c, column) in variable.columns.iter().enumerate() {
                // `village` serves four variables of the family; the first stands for it.
                places.entry((variable.unit, column.name.clone())).or_insert((at, c));
            }
        }
        let instrument = Self { version: raw.version, variables, places };
        crate::instrument::check::all(&instrument, file, text)?;
        Ok(instrument)
    }

    /// The column `name` of `unit`.
    #[must_use]
    pub fn column(&self, unit: Unit, name: &str) -> Option<&Column> {
        self.place(unit, name).map(|(_, column)| column)
    }

    /// The variable that the column `name` of `unit` belongs to.
    #[must_use]
    pub fn variable_of(&self, unit: Unit, name: &str) -> Option<&Variable> {
        self.place(unit, name).map(|(variable, _)| variable)
    }

    /// The column `name` of either unit, the person's first.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(Unit, &Column)> {
        [Unit::Person, Unit::Family]
            .into_iter()
            .find_map(|unit| self.column(unit, name).map(|column| (unit, column)))
    }

    /// The variable with this key.
    #[must_use]
    pub fn variable(&self, unit: Unit, key: &str) -> Option<&Variable> {
        self.variables.iter().find(|v| v.unit == unit && v.key == key)
    }

    /// The columns of a unit in order, each once.
    pub fn columns(&self, unit: Unit) -> impl Iterator<Item = &Column> {
        self.variables.iter().enumerate().filter(move |(_, v)| v.unit == unit).flat_map(
            move |(at, v)| {
                v.columns.iter().enumerate().filter_map(move |(c, column)| {
                    let first = self.places.get(&(unit, column.name.clone()));
                    (first == Some(&(at, c))).then_some(column)
                })
            },
        )
    }

    /// The meaning of a code: `code_label(Family, "roof_material", 3, "en")` is `Zinc`.
    #[must_use]
    pub fn code_label(&self, unit: Unit, column: &str, code: u8, language: &str) -> Option<&str> {
        self.column(unit, column)?.code_label(code, language)
    }

    fn place(&self, unit: Unit, name: &str) -> Option<(&Variable, &Column)> {
        let (variable, column) = *self.places.get(&(unit, name.to_owned()))?;
        let variable = self.variables.get(variable)?;
        Some((variable, variable.columns.get(column)?))
    }
}

/// The file as it is written.
mod raw {
    use super::{Code, Column, Contradiction, Kind, Label, Unit, When};
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct File {
        pub(super) version: String,
        pub(super) variable: Vec<Variable>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Variable {
        unit: Unit,
        number: u8,
        key: String,
        label_id: String,
        label_en: String,
        column: Vec<RawColumn>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawColumn {
        name: String,
        #[serde(rename = "type")]
        kind: Kind,
        label_id: Option<String>,
        label_en: Option<String>,
        #[serde(default)]
        codes: Vec<RawCode>,
        min: Option<i32>,
        max: Option<i32>,
        asked_if: Option<When>,
        age_min: Option<i32>,
        age_max: Option<i32>,
        contradicts: Option<Contradiction>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawCode {
        code: u8,
        id: String,
        en: String,
    }

    impl Variable {
        pub(super) fn into_variable(self) -> super::Variable {
            let label = Label { id: self.label_id, en: self.label_en };
            let columns = self.column.into_iter().map(|c| c.into_column(&label)).collect();
            super::Variable { unit: self.unit, number: self.number, key: self.key, label, columns }
        }
    }

    impl RawColumn {
        fn into_column(self, variable: &Label) -> Column {
            let label = Label {
                id: self.label_id.unwrap_or_else(|| variable.id.clone()),
                en: self.label_en.unwrap_or_else(|| variable.en.clone()),
            };
            let codes = self.codes.into_iter();
            Column {
                name: self.name,
                kind: self.kind,
                label,
                codes: codes
                    .map(|c| Code { code: c.code, label: Label { id: c.id, en: c.en } })
                    .collect(),
                min: self.min,
                max: self.max,
                asked_if: self.asked_if,
                age_min: self.age_min,
                age_max: self.age_max,
                contradicts: self.contradicts,
            }
        }
    }
}

/// What an instrument file must fulfil beyond its grammar.
mod check {
    use super::{Column, ConfigError, Instrument, Kind, Unit};

    pub(super) fn all(it: &Instrument, file: &str, text: &str) -> Result<(), ConfigError> {
        let place = Place { file, text };
        for unit in [Unit::Person, Unit::Family] {
            numbers(it, unit, &place)?;
            for variable in it.variables.iter().filter(|v| v.unit == unit) {
                for c in &variable.columns {
                    codes(c, &place)?;
                    let rules = [
                        c.asked_if.as_ref().map(|w| (&w.column, &w.values)),
                        c.contradicts.as_ref().map(|w| (&w.column, &w.values)),
                    ];
                    for (column, values) in rules.into_iter().flatten() {
                        rule(it, unit, c, column, values, &place)?;
                    }
                }
            }
        }
        Ok(())
    }

    struct Place<'a> {
        file: &'a str,
        text: &'a str,
    }

    impl Place<'_> {
        fn wrong(&self, name: &str, message: String) -> ConfigError {
            ConfigError::at(self.file, self.text, &format!("\"{name}\""), message)
        }
    }

    fn numbers(it: &Instrument, unit: Unit, place: &Place<'_>) -> Result<(), ConfigError> {
        for (at, variable) in it.variables.iter().filter(|v| v.unit == unit).enumerate() {
            if usize::from(variable.number) != at + 1 {
                let message = format!(
                    "variable `{}` has number {}; the numbers of a unit run from 1 without gaps, \
                     so {} is expected",
                    variable.key,
                    variable.number,
                    at + 1
                );
                return Err(place.wrong(&variable.key, message));
            }
        }
        Ok(())
    }

    fn codes(c: &Column, place: &Place<'_>) -> Result<(), ConfigError> {
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = c.codes.iter().find(|code| !seen.insert(code.code)) {
            let message = format!("column `{}` lists code {} twice", c.name, twice.code);
            return Err(place.wrong(&c.name, message));
        }
        if c.kind == Kind::Code && c.codes.is_empty() && (c.min.is_none() || c.max.is_none()) {
            let message = format!("column `{}` needs `codes`, or `min` and `max`", c.name);
            return Err(place.wrong(&c.name, message));
        }
        Ok(())
    }

    fn rule(
        it: &Instrument,
        unit: Unit,
        c: &Column,
        other: &str,
        values: &[i32],
        place: &Place<'_>,
    ) -> Result<(), ConfigError> {
        let Some(target) = it.column(unit, other) else {
            let hint = kernel::suggest::hint(other, it.columns(unit).map(|c| c.name.as_str()));
            let message = format!("a rule of `{}` names no column: `{other}`{hint}", c.name);
            return Err(place.wrong(&c.name, message));
        };
        match values.iter().find(|v| !target.allows(**v)) {
            Some(value) => Err(place.wrong(
                &c.name,
                format!("a rule of `{}` waits for `{other}` = {value}, which it never is", c.name),
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_instrument_has_the_39_variables() {
        let it = Instrument::embedded().unwrap();
        let count = |unit| it.variables.iter().filter(|v| v.unit == unit).count();
        assert_eq!((count(Unit::Person), count(Unit::Family)), (13, 26));
        assert_eq!(it.columns(Unit::Family).filter(|c| c.name == "village").count(), 1);
        assert_eq!(it.variable_of(Unit::Person, "diploma").unwrap().key, "education");
    }

    #[test]
    fn conflicting_lists_are_resolved_as_the_file_says() {
        let it = Instrument::embedded().unwrap();
        let check = |column: &str, code: u8, en: &str| {
            assert_eq!(it.code_label(Unit::Family, column, code, "en"), Some(en), "{column}");
        };
        check("roof_material", 5, "Bamboo");
        check("roof_material", 6, "Wood or shingle");
        check("cooking_fuel", 0, "Does not cook");
        assert_eq!(it.code_label(Unit::Family, "cooking_fuel", 12, "en"), None);
        assert_eq!(it.code_label(Unit::Person, "sex", 2, "id"), Some("Perempuan"));
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line() {
        let check = |from: &str, to: &str, expected: &str| {
            assert!(EMBEDDED.contains(from), "{from}");
            let error =
                Instrument::from_text("i.toml", &EMBEDDED.replacen(from, to, 1)).unwrap_err();
            assert!(error.line.is_some(), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("label_en = \"Sex\"", "lable_en = \"Sex\"", "did you mean `label_en`?");
        check("type = \"date\"", "type = \"dat\"", "did you mean `date`?");
        check("column = \"worked\"", "column = \"wroked\"", "did you mean `worked`?");
        check("column = \"worked\", in = [1]", "column = \"worked\", in = [7]", "never is");
        check("number = 3\n", "number = 30\n", "run from 1");
        check("{ code = 2, id = \"Perempuan\"", "{ code = 1, id = \"Perempuan\"", "twice");
    }
}
