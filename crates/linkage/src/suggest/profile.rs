//! What a column looks like, and the role that follows from it.

use crate::error::LinkError;
use crate::load;
use crate::spec::Spec;
use crate::table::Coded;
use crate::text::dates;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use std::fmt::Write;
use std::path::Path;

/// What a column is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Different in every row: numbers the records, says nothing of persons.
    RecordId,
    /// A number given to a person (or family): compared with slips.
    Identifier,
    /// Names of persons.
    Name,
    /// A date.
    Date,
    /// Few values.
    Code,
    /// Other text.
    Text,
    /// Empty, constant, or without power to tell persons apart.
    Ignored,
}

/// One column seen.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Name in the file.
    pub name: String,
    /// What it is good for.
    pub role: Role,
    /// Share of records without a value.
    pub missing: f64,
    /// Different values.
    pub distinct: usize,
    /// Chance that two random records with a value agree.
    pub agreement: f64,
    /// Mean words per value.
    pub words: f64,
    /// Members of one family are likely to share it.
    pub household: bool,
    /// The file speaks Indonesian.
    pub indonesian: bool,
}

/// Parts of header words that speak of a family's shared things.
const HOUSEHOLD: [&str; 22] = [
    "address",
    "addr",
    "alamat",
    "street",
    "house",
    "hh_",
    "household",
    "family",
    "famid",
    "kk",
    "postcode",
    "postal",
    "zip",
    "village",
    "desa",
    "suburb",
    "city",
    "town",
    "mother",
    "ibu",
    "father",
    "ayah",
];
/// Parts of header words that speak of names.
const NAMES: [&str; 12] = [
    "name", "nama", "given", "surname", "forename", "apellido", "nombre", "nom", "prenom",
    "mother", "ibu", "father",
];
/// Header words that only Indonesian files have.
const INDONESIAN: [&str; 6] = ["nama", "nik", "tgl_lahir", "tanggal_lahir", "no_kk", "kode_desa"];

impl Profile {
    /// The figures behind the role, for a comment.
    #[must_use]
    pub fn why(&self) -> String {
        format!(
            "{} values, {:.1} % missing, two strangers agree {}",
            self.distinct,
            self.missing * 100.0,
            chance(self.agreement)
        )
    }
}

fn chance(p: f64) -> String {
    if p <= 0.0 { "never".to_owned() } else { format!("once in {:.0}", 1.0 / p) }
}

/// The column names of a CSV or Parquet file.
pub(super) fn column_names(path: &Path) -> Result<Vec<String>, LinkError> {
    let wrong = |why: String| LinkError::input(path.display(), why);
    let mut file = std::fs::File::open(path).map_err(|e| wrong(e.to_string()))?;
    let mut head = vec![0_u8; 1 << 16];
    let n = std::io::Read::read(&mut file, &mut head).map_err(|e| wrong(e.to_string()))?;
    head.truncate(n);
    if head.starts_with(b"PAR1") {
        let read = ArrowReaderMetadata::load(&file, Default::default());
        let metadata = read.map_err(|e| wrong(e.to_string()))?;
        return Ok(metadata.schema().fields().iter().map(|f| f.name().clone()).collect());
    }
    let line = head.split(|b| *b == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    let text = text.trim_start_matches('\u{feff}').trim_end();
    let delimiter = [b',', b';', b'\t', b'|']
        .into_iter()
        .max_by_key(|d| text.bytes().filter(|b| b == d).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| wrong(e.to_string()))?;
    Ok(header.iter().map(|name| name.trim().to_owned()).filter(|n| !n.is_empty()).collect())
}

/// Profiles of the columns over all files.
pub(super) fn profiles(files: &[&Path], columns: &[String]) -> Result<Vec<Profile>, LinkError> {
    let mut text = String::from(if files.len() > 1 {
        "mode = \"link_and_dedupe\"\n"
    } else {
        "mode = \"dedupe\"\n"
    });
    for (number, file) in files.iter().enumerate() {
        let path = super::quoted(&file.display().to_string());
        let _ = writeln!(text, "[[input]]\nname = \"i{number}\"\npath = {path}");
    }
    for column in columns {
        let column = super::quoted(&super::expression(column));
        let _ = writeln!(text, "[[compare]]\ncolumn = {column}\nmethod = \"exact\"");
    }
    let spec = Spec::parse(&text, "the file's columns", Path::new(""))?;
    let records = load::load(&spec)?;
    let indonesian = columns.iter().any(|c| INDONESIAN.contains(&c.to_lowercase().as_str()));
    let mut profiles: Vec<Profile> = Vec::new();
    for name in columns {
        if let Some(column) = records.table.column(name) {
            let has_id = profiles.iter().any(|p| p.role == Role::RecordId);
            profiles.push(profile(name, column, records.len(), has_id, indonesian));
        }
    }
    Ok(profiles)
}

/// Shapes of the values of a column, over its distinct values.
struct Shapes {
    present: usize,
    distinct: usize,
    agreement: f64,
    words: f64,
    letters: f64,
    digits: f64,
    dates: f64,
    length: f64,
}

fn shapes(column: &Coded) -> Shapes {
    let counts = column.counts();
    let present: usize = counts.iter().skip(1).map(|&c| c as usize).sum();
    let n = present.max(1) as f64;
    let agreement: f64 =
        counts.iter().skip(1).map(|&c| f64::from(c) * (f64::from(c) - 1.0)).sum::<f64>()
            / (n * (n - 1.0)).max(1.0);
    let values = || (1..column.values.len() as u32).map(|code| column.values.get(code));
    let order = dates::order_of(values().take(20_000));
    let distinct = column.values.len().saturating_sub(1);
    let d = distinct.max(1) as f64;
    let share = |holds: &dyn Fn(&str) -> bool| values().filter(|v| holds(v)).count() as f64 / d;
    let digit_share = |v: &str| {
        let digits = v.chars().filter(char::is_ascii_digit).count() as f64;
        digits / v.chars().count().max(1) as f64
    };
    Shapes {
        present,
        distinct,
        agreement,
        words: values().map(|v| v.split_whitespace().count() as f64).sum::<f64>() / d,
        letters: share(&|v| {
            v.chars().filter(|c| c.is_alphabetic()).count() * 2 >= v.chars().count()
        }),
        digits: share(&|v| digit_share(v) >= 0.8),
        dates: share(&|v| v.len() >= 6 && dates::parse(v, order).is_some()),
        length: values().map(|v| v.chars().count() as f64).sum::<f64>() / d,
    }
}

/// The profile of one column; `has_id`: another column numbers the records already.
pub(super) fn profile(
    name: &str,
    column: &Coded,
    rows: usize,
    has_id: bool,
    indonesian: bool,
) -> Profile {
    let s = shapes(column);
    let low = name.to_lowercase();
    let speaks_of = |words: &[&str]| words.iter().any(|word| low.contains(word));
    let unique = s.distinct == rows && s.present == rows;
    let says_date = speaks_of(&["date", "dob", "birth", "tgl", "tanggal", "lahir", "born"]);
    let role = if s.distinct <= 1 || s.agreement > 0.97 {
        Role::Ignored
    } else if unique && !has_id && !speaks_of(&NAMES) {
        Role::RecordId
    } else if s.dates > 0.8 && (says_date || s.digits < 0.9) && s.distinct > 12 {
        Role::Date
    } else if s.digits > 0.8 && s.length >= 5.0 && s.agreement < 0.002 {
        Role::Identifier
    } else if s.letters > 0.8 && speaks_of(&NAMES) {
        Role::Name
    } else if s.agreement > 0.005 || s.distinct <= 60 {
        Role::Code
    } else {
        Role::Text
    };
    Profile {
        name: name.to_owned(),
        role,
        missing: 1.0 - s.present as f64 / rows.max(1) as f64,
        distinct: s.distinct,
        agreement: s.agreement,
        words: s.words,
        household: speaks_of(&HOUSEHOLD),
        indonesian,
    }
}
