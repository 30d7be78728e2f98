//! The mapping file as it is written, and its checks.

use super::{CodeMap, ColumnMap, Kind, Minus, Series, Source, TableMap};
use crate::IntakeError;
use crate::values::DateOrder;
use instrument::{Column, ConfigError, Instrument, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    number: u8,
    title: String,
    version: String,
    #[serde(default)]
    missing: Vec<String>,
    #[serde(default = "half")]
    refuse_share: f64,
    table: Vec<RawTable>,
}

fn half() -> f64 {
    0.5
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    #[serde(default)]
    name: String,
    unit: Unit,
    #[serde(default = "by_identity")]
    identify: Vec<String>,
    #[serde(default = "yes")]
    quotes: bool,
    columns: Vec<RawColumn>,
}

fn by_identity() -> Vec<String> {
    ["nik", "kk", "name"].map(str::to_owned).to_vec()
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    to: String,
    from: Option<OneOrMany>,
    #[serde(rename = "as")]
    kind: Option<Kind>,
    codes: Option<BTreeMap<String, CodeOrUnknown>>,
    #[serde(default)]
    keep_others: bool,
    #[serde(default)]
    date: DateOrder,
    #[serde(default)]
    region: Series,
    value: Option<i32>,
    minus: Option<RawMinus>,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CodeOrUnknown {
    Code(i32),
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMinus {
    from: String,
    values: BTreeMap<String, i32>,
}

/// Reads and checks a mapping file.
pub(super) fn read(file: &str, text: &str, it: &Instrument) -> Result<Source, IntakeError> {
    let raw: File = instrument::config::parse(file, text)?;
    let at = |needle: &str, message: String| ConfigError::at(file, text, needle, message);
    if !(1..=15).contains(&raw.number) {
        return Err(at("number", format!("number {} is not 1 to 15", raw.number)).into());
    }
    let name_fits = |n: &str| n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if raw.source.is_empty() || !name_fits(&raw.source) || raw.source == super::CROSSWALK {
        let message = format!("`{}` cannot name a source; use letters, digits, `_`", raw.source);
        return Err(at("source", message).into());
    }
    let mut tables = Vec::new();
    for table in raw.table {
        if !name_fits(&table.name) {
            let message = format!("`{}` cannot name a table; use letters and digits", table.name);
            return Err(at(&table.name, message).into());
        }
        tables.push(read_table(table, it, &at)?);
    }
    Ok(Source {
        name: raw.source,
        number: raw.number,
        title: raw.title,
        version: raw.version,
        missing: raw.missing.iter().map(|m| m.to_uppercase()).collect(),
        refuse_share: raw.refuse_share,
        tables,
    })
}

type At<'a> = dyn Fn(&str, String) -> ConfigError + 'a;

fn read_table(raw: RawTable, it: &Instrument, at: &At<'_>) -> Result<TableMap, ConfigError> {
    let mut columns: Vec<ColumnMap> = Vec::new();
    for column in raw.columns {
        let needle = format!("to = \"{}\"", column.to);
        let wrong = |message: String| at(&needle, message);
        let column = read_column(column, it).map_err(wrong)?;
        if columns.iter().any(|c| c.to == column.to) {
            return Err(at(&needle, format!("column `{}` is mapped twice", column.to)));
        }
        columns.push(column);
    }
    for name in &raw.identify {
        if !columns.iter().any(|c| c.to == *name) {
            let hint = kernel::suggest::hint(name, columns.iter().map(|c| c.to.as_str()));
            return Err(at(
                "identify",
                format!("`identify` names no mapped column: `{name}`{hint}"),
            ));
        }
    }
    Ok(TableMap {
        name: raw.name,
        unit: raw.unit,
        identify: raw.identify,
        quotes: raw.quotes,
        columns,
    })
}

fn read_column(raw: RawColumn, it: &Instrument) -> Result<ColumnMap, String> {
    let known = it.find(&raw.to).map(|(_, column)| column);
    let kind = match (standard(&raw.to).or_else(|| known.and_then(of_instrument)), raw.kind) {
        (Some(kind), None) => kind,
        (Some(kind), Some(said)) if kind == said => kind,
        (Some(_), Some(_)) => return Err(format!("`{}` has a fixed type; leave `as` out", raw.to)),
        (None, Some(said)) => said,
        (None, None) => return Err(format!("`{}` is not of the instrument; say `as`", raw.to)),
    };
    if raw.from.is_some() == raw.value.is_some() {
        return Err(format!("`{}` needs either `from` or `value`", raw.to));
    }
    let codes = raw.codes.map(|codes| read_codes(codes, raw.keep_others)).transpose()?;
    check_codes(&raw.to, known, codes.as_ref(), raw.value)?;
    let from = match raw.from {
        None => Vec::new(),
        Some(OneOrMany::One(name)) => vec![name],
        Some(OneOrMany::Many(names)) => names,
    };
    Ok(ColumnMap {
        to: raw.to,
        from,
        kind,
        codes,
        date: raw.date,
        region: raw.region,
        value: raw.value,
        minus: raw.minus.map(|m| Minus {
            from: m.from,
            values: m.values.into_iter().map(|(k, v)| (k.to_uppercase(), v)).collect(),
        }),
        optional: raw.optional,
    })
}

/// The fixed types of the columns that every record table has.
fn standard(name: &str) -> Option<Kind> {
    Some(match name {
        "nik" => Kind::Nik,
        "kk" => Kind::Kk,
        "name" => Kind::PersonName,
        "mother_name" => Kind::Name,
        "sex" => Kind::Code,
        "birth_date" | "observed_date" => Kind::Date,
        "village" => Kind::Region,
        _ => return None,
    })
}

fn of_instrument(column: &Column) -> Option<Kind> {
    use instrument::Kind as K;
    Some(match column.kind {
        K::Text => Kind::Text,
        K::Date => Kind::Date,
        K::Region => Kind::Region,
        K::Count => Kind::Count,
        K::Code => Kind::Code,
        K::Identity | K::Id => return None,
    })
}

fn read_codes(
    codes: BTreeMap<String, CodeOrUnknown>,
    keep_others: bool,
) -> Result<CodeMap, String> {
    let mut texts = rustc_hash::FxHashMap::default();
    for (text, code) in codes {
        let code = match code {
            CodeOrUnknown::Code(code) => Some(code),
            CodeOrUnknown::Word(word) if word == "unknown" => None,
            CodeOrUnknown::Word(word) => {
                return Err(format!("`{text}` becomes a number or \"unknown\", not `{word}`"));
            }
        };
        texts.insert(text.to_uppercase(), code);
    }
    Ok(CodeMap { texts, keep_others })
}

/// Every number a mapping can produce must be one that the instrument knows.
fn check_codes(
    to: &str,
    known: Option<&Column>,
    codes: Option<&CodeMap>,
    value: Option<i32>,
) -> Result<(), String> {
    let Some(column) = known else { return Ok(()) };
    let mapped = codes.into_iter().flat_map(|c| c.texts.values().copied().flatten());
    match mapped.chain(value).filter(|v| !column.allows(*v)).min() {
        Some(bad) => Err(format!("{bad} is not a code of `{to}` in the instrument")),
        None => Ok(()),
    }
}
