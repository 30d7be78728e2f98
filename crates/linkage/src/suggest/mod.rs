//! `padan link --suggest FILE`: settings for a file nobody knows yet, with the reasons as comments.
//!
//! Columns are profiled, given a role (identifier, name, date, code, text), compared accordingly, and
//! blocking rules are chosen so that any two columns may be wrong or missing at once and the pair is
//! still found by a third, within a budget of candidate pairs per record.

pub mod blocks;
mod profile;

use crate::error::LinkError;
use crate::features::Features;
use crate::load;
use crate::spec::Spec;
pub use profile::{Profile, Role};
use std::fmt::Write;
use std::path::Path;

/// Commented settings (TOML) for deduplicating one file, or linking two.
///
/// # Errors
/// A file that cannot be read, or that holds no column to compare.
pub fn specification(files: &[&Path]) -> Result<String, LinkError> {
    let Some(first) = files.first() else {
        return Err(LinkError::Data("name a file to look at".to_owned()));
    };
    let mut columns = profile::column_names(first)?;
    for other in &files[1..] {
        let theirs = profile::column_names(other)?;
        columns.retain(|column| theirs.contains(column));
    }
    if columns.is_empty() {
        return Err(LinkError::Data(
            "the files have no column name in common; rename columns with [input.columns]"
                .to_owned(),
        ));
    }
    let profiles = profile::profiles(files, &columns)?;
    let mut out = header(files, &profiles);
    let body = comparisons(&profiles);
    if body.is_empty() {
        return Err(LinkError::Data(
            "no column tells persons apart; nothing to suggest".to_owned(),
        ));
    }
    let rules = rules(&out, &body, &profiles)?;
    out.push_str(&rules);
    out.push_str(&body);
    Ok(out)
}

fn header(files: &[&Path], profiles: &[Profile]) -> String {
    let mode = if files.len() > 1 { "link_and_dedupe" } else { "dedupe" };
    let mut out = format!(
        "# Suggested from the file itself. Read it, correct it, run it: padan link THIS.toml --out DIR\n\
         mode = \"{mode}\"\n"
    );
    if profiles.iter().any(|p| p.indonesian) {
        out.push_str("\n[names]\nconvention = \"indonesian\"\n");
    }
    let id = profiles.iter().find(|p| p.role == Role::RecordId);
    for file in files {
        let _ = writeln!(out, "\n[[input]]\npath = {}", quoted(&file.display().to_string()));
        if let Some(id) = id {
            let _ = writeln!(out, "id = {}   # different in every row", quoted(&id.name));
        }
    }
    for date in profiles.iter().filter(|p| p.role == Role::Date) {
        let _ = writeln!(out, "\n[[column]]\nname = {}\nkind = \"date\"", quoted(&date.name));
    }
    out
}

fn comparisons(profiles: &[Profile]) -> String {
    let mut out = String::new();
    for p in profiles {
        let column = quoted(&expression(&p.name));
        let (method, more) = match p.role {
            Role::RecordId | Role::Ignored => {
                let _ = writeln!(out, "\n# {} is not compared: {}", p.name, p.why());
                continue;
            }
            Role::Identifier => ("damerau_levenshtein", "thresholds = [1, 2]\n"),
            Role::Date => ("date", ""),
            Role::Name if p.words > 1.3 => ("name", "term_frequency = true\n"),
            Role::Name => ("jaro_winkler", "thresholds = [0.92, 0.85]\nterm_frequency = true\n"),
            Role::Code => ("exact", "term_frequency = true\n"),
            Role::Text if p.words > 1.8 => ("name", ""),
            Role::Text => ("jaro_winkler", "thresholds = [0.92, 0.8]\nterm_frequency = true\n"),
        };
        let _ = writeln!(out, "\n[[compare]]   # {}", p.why());
        let _ = writeln!(out, "column = {column}\nmethod = \"{method}\"");
        out.push_str(more);
        if p.household {
            out.push_str("household = true   # members of one family share it\n");
        }
    }
    out
}

/// The chosen blocking rules, each with its candidate pairs.
fn rules(header: &str, body: &str, profiles: &[Profile]) -> Result<String, LinkError> {
    let text = format!("{header}{body}");
    let spec = Spec::parse(&text, "the suggestion", Path::new(""))?;
    let records = load::load(&spec)?;
    let rows = records.len();
    let features = Features::new(&spec, records.table)?;
    let chosen = blocks::choose(&features, profiles, rows)?;
    let mut out = String::from(
        "\n# Candidate pairs: records whose keys are all equal. Any two columns may be wrong at once.\n",
    );
    for rule in chosen {
        let keys: Vec<String> = rule.keys.iter().map(|key| quoted(key)).collect();
        let _ = writeln!(
            out,
            "\n[[block]]   # about {:.1} pairs per record\nkeys = [{}]",
            rule.pairs_per_record,
            keys.join(", ")
        );
    }
    Ok(out)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A column as a key expression: plain words as they are, others in backticks.
pub(crate) fn expression(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("`{name}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Chance;

    /// A small file with doubles: an id, a two-word name, a date, a village, a constant.
    fn file(folder: &Path) -> std::path::PathBuf {
        let given = ["SITI", "BUDI", "AGUS", "DEWI", "RINA", "HADI", "NUR", "TONI"];
        let family = ["RAHMAN", "SAPUTRA", "WIJAYA", "LESTARI", "HIDAYAT", "KUSUMA", "UTAMI"];
        let mut chance = Chance::new(5);
        let mut text = String::from("rec,full name,born,village,country,phone\n");
        for row in 0..3_000 {
            let name = format!("{} {}", chance.pick(&given), chance.pick(&family));
            let (y, m, d) = (1950 + chance.below(60), 1 + chance.below(12), 1 + chance.below(28));
            let phone = 81_000_000 + chance.below(9_000_000);
            let village = chance.below(40);
            let _ = writeln!(text, "r{row},{name},{y}-{m:02}-{d:02},v{village},ID,{phone}");
        }
        let path = folder.join("people.csv");
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_suggestion_is_valid_and_names_the_roles() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        let text = specification(&[&path]).unwrap();
        let spec = Spec::parse(&text, "s.toml", Path::new("")).unwrap();
        assert_eq!(spec.inputs[0].id.as_deref(), Some("rec"), "{text}");
        assert_eq!(spec.compares.len(), 4, "{text}");
        assert!(text.contains("`full name`") && text.contains("kind = \"date\""), "{text}");
        assert!(text.contains("country is not compared"), "{text}");
        assert!(spec.blocks.len() >= 3, "{text}");
    }

    #[test]
    fn every_column_is_left_out_by_some_rule() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        let text = specification(&[&path]).unwrap();
        let spec = Spec::parse(&text, "s.toml", Path::new("")).unwrap();
        for column in ["full name", "born", "village", "phone"] {
            let without = spec.blocks.iter().filter(|block| !block.name.contains(column));
            assert!(without.count() > 0, "{column} is in every rule\n{text}");
        }
    }

    #[test]
    fn files_without_a_common_column_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other.csv");
        std::fs::write(&other, "x,y\n1,2\n").unwrap();
        let path = file(folder.path());
        assert!(specification(&[&path, &other]).is_err());
    }
}
