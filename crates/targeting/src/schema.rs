//! The fields a rule may name: the instrument's columns, the edition's columns and derived ones,
//! each with its type and, for codes, the codes that exist.

use crate::TargetError;
use kernel::suggest::hint;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The table a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableKind {
    /// One row per person.
    Person,
    /// One row per family.
    Family,
}

/// The type of a field or an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// True, false or unknown.
    Bool,
    /// A whole number or a code.
    Int,
    /// A number with a fraction.
    Double,
    /// A day.
    Date,
}

impl Type {
    /// True for numbers.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// The word used in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Double => "a number",
            Self::Date => "a date",
        }
    }
}

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Column name.
    pub name: String,
    /// Where it lives.
    pub table: TableKind,
    /// Its type.
    pub kind: Type,
    /// Codes with their Indonesian label; empty for fields that are not codes.
    pub codes: Vec<(i64, String)>,
    /// True when the value is computed here and not read from a file.
    pub derived: bool,
}

/// All fields by table and name.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    fields: BTreeMap<(TableKind, String), Field>,
}

use TableKind::{Family, Person};
use Type::{Bool, Date, Double, Int};

/// Columns of the edition that the instrument does not hold (docs/DATA.md §4), and derived ones.
const EDITION: &[(TableKind, &str, Type, bool)] = &[
    (Person, "age", Int, true),
    (Person, "alive", Bool, false),
    (Person, "in_spine", Bool, false),
    (Person, "match_status", Int, false),
    (Person, "presence", Int, false),
    (Person, "cover_segment", Int, false),
    (Person, "cover_active", Bool, false),
    (Family, "members", Int, true),
    (Family, "decile", Int, false),
    (Family, "decile_province", Int, false),
    (Family, "unranked_reason", Int, false),
    (Family, "rank", Double, true),
    (Family, "p_decile_1_4", Double, false),
    (Family, "p_decile_1_5", Double, false),
    (Family, "stays_of_10", Int, false),
    (Family, "score", Double, false),
    (Family, "visited_date", Date, false),
    (Family, "visit_age_months", Int, true),
    (Family, "member_count", Int, false),
];

const COVER: &[(i64, &str)] =
    &[(1, "PBI-JK"), (2, "PBPU Pemda"), (3, "PPU"), (4, "PBPU mandiri"), (5, "BP")];

#[derive(Deserialize)]
struct RawInstrument {
    variable: Vec<RawVariable>,
}

#[derive(Deserialize)]
struct RawVariable {
    unit: String,
    #[serde(default)]
    column: Vec<RawColumn>,
}

#[derive(Deserialize)]
struct RawColumn {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    codes: Vec<RawCode>,
}

#[derive(Deserialize)]
struct RawCode {
    code: i64,
    id: String,
}

impl Schema {
    /// Reads the instrument at `path` and adds the edition's own columns.
    ///
    /// # Errors
    /// When the file cannot be read or is not an instrument.
    pub fn load(path: &Path) -> Result<Self, TargetError> {
        let text = std::fs::read_to_string(path).map_err(|e| TargetError::io(path, e))?;
        let raw: RawInstrument =
            toml::from_str(&text).map_err(|e| TargetError::file(path, "", e.to_string()))?;
        let mut schema = Self::default();
        for variable in raw.variable {
            let table = if variable.unit == "person" { Person } else { Family };
            for column in variable.column {
                let kind = match column.kind.as_str() {
                    "code" | "count" => Int,
                    "date" => Date,
                    _ => continue,
                };
                let codes = column.codes.into_iter().map(|c| (c.code, c.id)).collect();
                schema.add(Field { name: column.name, table, kind, codes, derived: false });
            }
        }
        for &(table, name, kind, derived) in EDITION {
            let codes = if name == "cover_segment" {
                COVER.iter().map(|&(c, l)| (c, l.to_owned())).collect()
            } else {
                Vec::new()
            };
            schema.add(Field { name: name.to_owned(), table, kind, codes, derived });
        }
        Ok(schema)
    }

    fn add(&mut self, field: Field) {
        self.fields.insert((field.table, field.name.clone()), field);
    }

    /// The field `name` of `table`.
    ///
    /// # Errors
    /// A message with the nearest name when there is none.
    pub fn field(&self, table: TableKind, name: &str) -> Result<&Field, String> {
        if let Some(field) = self.fields.get(&(table, name.to_owned())) {
            return Ok(field);
        }
        let other = match table {
            Person => Family,
            Family => Person,
        };
        let word = |t| if t == Person { "person" } else { "family" };
        if self.fields.contains_key(&(other, name.to_owned())) {
            return Err(format!(
                "`{name}` is a field of the {}, not of the {}",
                word(other),
                word(table)
            ));
        }
        let known = self.names(table);
        Err(format!(
            "no field `{name}` of the {}{}; docs/guide/programmes.md lists the fields",
            word(table),
            hint(name, known)
        ))
    }

    /// The names of all fields of `table`, sorted.
    pub fn names(&self, table: TableKind) -> impl Iterator<Item = &str> {
        self.fields.keys().filter(move |(t, _)| *t == table).map(|(_, n)| n.as_str())
    }
}
