//! A family read from the edition, and its values in words with source and date.

use crate::format::{date, name, number};
use crate::lang::Lang;
use crate::page::Trouble;
use crate::state::App;
use crate::view::{Column, Variable, View};
use kernel::Date;
use std::collections::BTreeMap;
use store::blob::{Body, Cell, Record, unpack};
use store::{Query, StoreError, params};

/// One value on a page.
pub struct Shown {
    /// Number of the variable within its unit.
    pub number: u8,
    /// Key of the variable.
    pub key: String,
    /// What it is.
    pub label: String,
    /// What is recorded.
    pub value: String,
    /// Source and date, in words; empty when unknown.
    pub source: String,
}

/// Unpacks a family.
///
/// # Errors
/// When the store is away, the keys do not fit, or there is no such family.
pub fn family(app: &App, view: &View, id: u64) -> Result<Option<Body>, Trouble> {
    let sealed: Option<Vec<u8>> = app.store().read_edition(view.row.number, |reader| {
        let sql = "SELECT body FROM family WHERE family_id = $1";
        let row = reader.query_opt(sql, params![id])?;
        row.map(|row| row.get("body")).transpose().map_err(|e: StoreError| e)
    })?;
    let Some(sealed) = sealed else { return Ok(None) };
    let plain = app.vault().open(&format!("family.body|{id}"), &sealed)?;
    Ok(Some(unpack(&view.layout, &plain)?))
}

/// The first row of a section.
#[must_use]
pub fn first<'a>(body: &'a Body, section: &str) -> Option<&'a Record> {
    body.get(section).and_then(|rows| rows.first())
}

/// All rows of a section.
#[must_use]
pub fn rows<'a>(body: &'a Body, section: &str) -> &'a [Record] {
    body.get(section).map_or(&[], Vec::as_slice)
}

/// The head of the family, or its first member.
#[must_use]
pub fn head(body: &Body) -> Option<&Record> {
    let people = rows(body, "person");
    people.iter().find(|p| p.int("relation") == Some(1)).or_else(|| people.first())
}

/// The variables of one unit with the values of `record`.
#[must_use]
pub fn shown(lang: Lang, view: &View, unit: &str, record: &Record) -> Vec<Shown> {
    let variables = view.variables.iter().filter(|v| v.unit == unit);
    variables
        .map(|variable| Shown {
            number: variable.number,
            key: variable.key.clone(),
            label: variable.label(lang),
            value: value(lang, view, variable, record),
            source: record
                .int(&format!("{}_from", variable.key))
                .and_then(|n| source(lang, view, n))
                .unwrap_or_default(),
        })
        .collect()
}

/// `PLN, 1 Oktober 2026`.
#[must_use]
pub fn source(lang: Lang, view: &View, provenance: i64) -> Option<String> {
    let (source, day) = view.provenance(provenance)?;
    let named = lang.find(&format!("source.{source}")).unwrap_or_else(|| source.clone());
    Some(day.map_or(named.clone(), |day| format!("{named}, {}", date(lang, day))))
}

/// A variable's value in words.
#[must_use]
pub fn value(lang: Lang, view: &View, variable: &Variable, record: &Record) -> String {
    let unknown = || lang.t("value.unknown");
    match (variable.unit.as_str(), variable.key.as_str()) {
        (_, "family_card") => lang.t("value.not_shown"),
        ("person", "nik") => {
            record.int("nik_tail").map_or_else(unknown, |tail| format!("•••• •••• •••• {tail:04}"))
        }
        ("family", "head") => lang.t("value.see_members"),
        ("family", "village" | "district" | "regency" | "province")
        | ("person", "registered_region") => {
            region_name(view, record, &variable.key).unwrap_or_else(unknown)
        }
        ("family", "assets") => assets(lang, variable, record),
        _ => {
            let parts: Vec<String> = variable
                .columns
                .iter()
                .filter_map(|column| {
                    let text = cell(lang, column, record)?;
                    let label = column.label(lang);
                    let plain = variable.columns.len() == 1
                        || column.kind == "text"
                        || label == variable.label(lang);
                    Some(if plain { text } else { format!("{label}: {text}") })
                })
                .collect();
            if parts.is_empty() { unknown() } else { parts.join("; ") }
        }
    }
}

fn region_name(view: &View, record: &Record, key: &str) -> Option<String> {
    let village = record.int("village")? as u64;
    let region = match key {
        "district" => village / 10_000,
        "regency" => village / 1_000_000,
        "province" => village / 100_000_000,
        "registered_region" => return Some(view.address(village)),
        _ => village,
    };
    view.places.get(&region).map(|p| p.name.clone())
}

fn assets(lang: Lang, variable: &Variable, record: &Record) -> String {
    let owned: Vec<String> = variable
        .columns
        .iter()
        .filter_map(|column| match (record.int(&column.name)?, column.kind.as_str()) {
            (0, _) => None,
            (n, "count") => Some(format!("{n} {}", column.label(lang).to_lowercase())),
            (1, _) => Some(column.label(lang).to_lowercase()),
            _ => None,
        })
        .collect();
    let known = variable.columns.iter().any(|c| record.int(&c.name).is_some());
    match (owned.is_empty(), known) {
        (false, _) => owned.join(", "),
        (true, true) => lang.t("value.none"),
        (true, false) => lang.t("value.unknown"),
    }
}

/// A single column in words; none when unknown.
#[must_use]
pub fn cell(lang: Lang, column: &Column, record: &Record) -> Option<String> {
    if column.kind == "text" {
        return record.text(&column.name).map(name);
    }
    let n = record.int(&column.name)?;
    Some(match column.kind.as_str() {
        "date" => date(lang, Date::from_days(i32::try_from(n).ok()?)),
        "code" => column.code(lang, n).unwrap_or_else(|| n.to_string()),
        _ => number(lang, n.unsigned_abs()),
    })
}

/// The parts of the score with their points, largest first.
#[must_use]
pub fn parts(body: &Body) -> (i64, Vec<(String, i64)>) {
    let Some(record) = first(body, "contribution") else { return (0, Vec::new()) };
    let base = record.int("base").unwrap_or(0);
    let mut parts: Vec<(String, i64)> = record
        .cells()
        .filter(|(name, _)| *name != "base" && *name != "family_id")
        .filter_map(|(name, cell)| match cell {
            Cell::Int(n) if *n != 0 => Some((name.to_owned(), *n)),
            _ => None,
        })
        .collect();
    parts.sort_by_key(|(name, n)| (-n.abs(), name.clone()));
    (base, parts)
}

/// One programme's standing for a family.
pub struct Standing {
    /// Full name.
    pub name: String,
    /// `ya`, `tidak`, `tunggu` or empty: the tag's colour.
    pub tag: &'static str,
    /// The tag's words.
    pub status: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// What outside checks ask to be reviewed, over all programmes, each once; for officers only.
#[must_use]
pub fn reviews(lang: Lang, view: &View, body: &Body) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for row in rows(body, "list") {
        let programme = row.int("programme").and_then(|n| view.programmes.get(n as usize));
        let bits = row.int("cases").unwrap_or(0);
        for words in programme.map(|p| p.reviews(lang, bits)).unwrap_or_default() {
            if !out.contains(&words) {
                out.push(words);
            }
        }
    }
    out
}

/// The standing of a family in every programme.
#[must_use]
pub fn standings(lang: Lang, view: &View, body: &Body) -> Vec<Standing> {
    let mut out = Vec::new();
    for (number, programme) in view.programmes.iter().enumerate() {
        let rows: Vec<&Record> = rows(body, "list")
            .iter()
            .filter(|r| r.int("programme") == Some(number as i64))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let count = |column: &str| rows.iter().filter(|r| r.is(column)).count();
        let (listed, eligible) = (count("listed"), count("eligible"));
        let (tag, key) = match (listed, eligible) {
            (0, 0) => ("", "status.out"),
            (0, _) => ("tunggu", "status.eligible"),
            _ => ("ya", "status.listed"),
        };
        let status = if programme.by_family || listed == 0 || rows.len() == 1 {
            lang.t(key)
        } else {
            lang.fill("status.members", &[&listed.to_string(), &rows.len().to_string()])
        };
        let mut reasons: BTreeMap<i64, usize> = BTreeMap::new();
        for row in &rows {
            *reasons.entry(row.int("reason").unwrap_or(0)).or_default() += 1;
        }
        let reasons = reasons
            .into_iter()
            .filter_map(|(code, n)| {
                let words = programme.reason(lang, code)?;
                let several = !programme.by_family && rows.len() > n;
                Some(if several {
                    lang.fill("status.of_members", &[&words, &n.to_string()])
                } else {
                    format!("{words}.")
                })
            })
            .collect();
        out.push(Standing { name: programme.name(lang), tag, status, reasons });
    }
    out
}
