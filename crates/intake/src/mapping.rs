//! How a source writes: `config/<country>/sources/<source>.toml`, checked against the instrument.

mod raw;

use crate::IntakeError;
use crate::spec::DeliveredFile;
use crate::values::DateOrder;
use instrument::{Instrument, Unit};
use rustc_hash::FxHashMap;
use std::path::Path;

/// The reserved source name of deliveries that join BPS codes to Kemendagri codes.
pub const CROSSWALK: &str = "crosswalk";

const EMBEDDED: [(&str, &str); 14] = [
    ("dukcapil.toml", include_str!("../../../config/id/sources/dukcapil.toml")),
    ("regsosek.toml", include_str!("../../../config/id/sources/regsosek.toml")),
    ("dtks.toml", include_str!("../../../config/id/sources/dtks.toml")),
    ("p3ke.toml", include_str!("../../../config/id/sources/p3ke.toml")),
    ("pln.toml", include_str!("../../../config/id/sources/pln.toml")),
    ("bpjs.toml", include_str!("../../../config/id/sources/bpjs.toml")),
    ("roll_pbi.toml", include_str!("../../../config/id/sources/roll_pbi.toml")),
    ("roll_pkh.toml", include_str!("../../../config/id/sources/roll_pkh.toml")),
    ("roll_sembako.toml", include_str!("../../../config/id/sources/roll_sembako.toml")),
    ("school.toml", include_str!("../../../config/id/sources/school.toml")),
    ("ppatk.toml", include_str!("../../../config/id/sources/ppatk.toml")),
    ("bpjs_tk.toml", include_str!("../../../config/id/sources/bpjs_tk.toml")),
    ("ahu.toml", include_str!("../../../config/id/sources/ahu.toml")),
    ("kia.toml", include_str!("../../../config/id/sources/kia.toml")),
];

/// What a source column becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 16 digits with parts; sets `nik_problem`.
    Nik,
    /// 16 digits.
    Kk,
    /// The person's name; sets `name`, `name_raw` and `title`.
    PersonName,
    /// Another name, cleaned.
    Name,
    /// Text as delivered, trimmed.
    Text,
    /// A day.
    Date,
    /// A region code.
    Region,
    /// A number 0–255.
    Code,
    /// A number 0–65,535.
    Count,
    /// 0 or 1.
    Bool,
}

/// Which series a region code is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// Kemendagri, dotted or plain.
    #[default]
    Kemendagri,
    /// BPS, joined by the crosswalk.
    Bps,
}

/// Texts to numbers; none means unknown.
#[derive(Debug, Clone, Default)]
pub struct CodeMap {
    /// By upper-case text.
    pub texts: FxHashMap<String, Option<i32>>,
    /// A number that is not among the texts stands for itself.
    pub keep_others: bool,
}

/// Taken off a number, by the value of another column.
#[derive(Debug, Clone)]
pub struct Minus {
    /// The other source column.
    pub from: String,
    /// By its upper-case text.
    pub values: FxHashMap<String, i32>,
}

/// One column of a record table and where it comes from.
#[derive(Debug, Clone)]
pub struct ColumnMap {
    /// Standard name.
    pub to: String,
    /// Names in the file; the first that is not empty counts. Empty for a constant.
    pub from: Vec<String>,
    /// What it becomes.
    pub kind: Kind,
    /// Words and codes of the source.
    pub codes: Option<CodeMap>,
    /// Order of day, month and year.
    pub date: DateOrder,
    /// Series of a region code.
    pub region: Series,
    /// The same for every row.
    pub value: Option<i32>,
    /// See [`Minus`].
    pub minus: Option<Minus>,
    /// The file may lack it.
    pub optional: bool,
}

/// One record table of a source.
#[derive(Debug, Clone)]
pub struct TableMap {
    /// Empty for the only or main table.
    pub name: String,
    /// What a row describes.
    pub unit: Unit,
    /// Standard columns of which at least one must have a value.
    pub identify: Vec<String>,
    /// Whether `"` may stand around values of a text file.
    pub quotes: bool,
    /// Its columns, in order of output.
    pub columns: Vec<ColumnMap>,
}

impl TableMap {
    /// Names that a file of this table must have.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|c| !c.optional).flat_map(|c| {
            c.from.iter().map(String::as_str).chain(c.minus.iter().map(|m| m.from.as_str()))
        })
    }

    /// All names it may use.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().flat_map(|c| {
            c.from.iter().map(String::as_str).chain(c.minus.iter().map(|m| m.from.as_str()))
        })
    }
}

/// A source: an agency's file family.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// 1–15; record ids are `number × 2^40 + running number`, `persons.sources` has this bit.
    pub number: u8,
    /// What it is, for people.
    pub title: String,
    /// Version of the mapping.
    pub version: String,
    /// Upper-case texts that mean "no value".
    pub missing: Vec<String>,
    /// Share of bad rows from which the whole delivery is refused.
    pub refuse_share: f64,
    /// Its tables.
    pub tables: Vec<TableMap>,
}

impl Source {
    /// Name of a table's file: `regsosek-families.parquet`.
    #[must_use]
    pub fn file_name(&self, table: &TableMap) -> String {
        if table.name.is_empty() {
            format!("{}.parquet", self.name)
        } else {
            format!("{}-{}.parquet", self.name, table.name)
        }
    }

    /// Reads and checks one mapping.
    ///
    /// # Errors
    /// With the line: unknown keys, unknown kinds, codes that the instrument does not have.
    pub fn from_text(file: &str, text: &str, instrument: &Instrument) -> Result<Self, IntakeError> {
        raw::read(file, text, instrument)
    }
}

/// All mappings, by source number.
#[derive(Debug, Clone)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// The mappings built into the program; those of `<folder>/sources/*.toml` replace or join them.
    ///
    /// # Errors
    /// When a mapping breaks a rule, or two have one number.
    pub fn load(folder: Option<&Path>) -> Result<Self, IntakeError> {
        let instrument = Instrument::load(folder)?;
        let mut sources: Vec<Source> = Vec::new();
        for (file, text) in EMBEDDED {
            sources.push(Source::from_text(file, text, &instrument)?);
        }
        for path in folder.map(own_files).transpose()?.unwrap_or_default() {
            let text = instrument::config::read(&path)?;
            let own = Source::from_text(&path.display().to_string(), &text, &instrument)?;
            sources.retain(|s| s.name != own.name);
            sources.push(own);
        }
        sources.sort_by_key(|s| s.number);
        if let Some(pair) = sources.windows(2).find(|p| p[0].number == p[1].number) {
            let wrong =
                format!("`{}` and `{}` have number {}", pair[0].name, pair[1].name, pair[0].number);
            return Err(IntakeError::new("sources", wrong, "give each source its own number"));
        }
        Ok(Self(sources))
    }

    /// All of them, by number.
    #[must_use]
    pub fn all(&self) -> &[Source] {
        &self.0
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Source> {
        self.0.iter().find(|s| s.name == name)
    }

    /// The sources that `files` come from, by number, without the crosswalk.
    ///
    /// # Errors
    /// When there is no mapping for one of them.
    pub fn named_in(&self, files: &[DeliveredFile]) -> Result<Vec<&Source>, IntakeError> {
        for file in files.iter().filter(|f| f.source != CROSSWALK) {
            if self.get(&file.source).is_none() {
                let names = self.0.iter().map(|s| s.name.as_str());
                let hint = kernel::suggest::hint(&file.source, names);
                let wrong = format!("there is no mapping for source `{}`{hint}", file.source);
                let remedy = "correct `source` in the spec or add sources/<source>.toml";
                return Err(IntakeError::new(&file.shown, wrong, remedy));
            }
        }
        Ok(self.0.iter().filter(|s| files.iter().any(|f| f.source == s.name)).collect())
    }
}

/// `<folder>/sources/*.toml`, sorted.
fn own_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, IntakeError> {
    let folder = folder.join("sources");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let shown = folder.display().to_string();
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| IntakeError::io(&shown, "list the folder", &e))?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
