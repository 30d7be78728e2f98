//! Room `linkage` as the matcher of the link step: the two shapes of a table meet here.

use edition::Identity;
use edition::link::{Matcher, NONE, Proposal};
use edition::records::NO_DATE;
use kernel::Date;
use linkage::table::Table;

/// Matches with the settings of `config/<country>/linkage.toml`.
pub struct Linkage {
    settings: String,
}

impl Linkage {
    /// Takes the text of the settings.
    pub fn new(settings: String) -> Self {
        Self { settings }
    }
}

impl Matcher for Linkage {
    fn propose(&self, left: &Identity, right: &Identity) -> Result<Vec<Proposal>, String> {
        let say = |e: linkage::LinkError| e.to_string();
        let register = table(right).map_err(say)?;
        let matcher = linkage::Matcher::new(&self.settings, register).map_err(say)?;
        let delivery = table(left).map_err(say)?;
        let matches = matcher.match_delivery(&delivery, None).map_err(say)?;
        let proposal = |m: &linkage::Matched| match m.best_row {
            None => Proposal::NOBODY,
            Some(best) => Proposal {
                best,
                runner_up: NONE,
                weight: m.weight,
                probability: m.probability,
                gap: m.runner_up_gap,
            },
        };
        Ok(matches.rows.iter().map(proposal).collect())
    }
}

/// The columns that the settings name.
fn table(identity: &Identity) -> Result<Table, linkage::LinkError> {
    let mut table = Table::default();
    numbers(&mut table, "nik", &identity.nik)?;
    numbers(&mut table, "kk", &identity.kk)?;
    numbers(&mut table, "village", &identity.village)?;
    let sex: Vec<u64> = identity.sex.iter().map(|s| u64::from(*s)).collect();
    numbers(&mut table, "sex", &sex)?;
    let birth: Vec<String> = identity
        .birth
        .iter()
        .map(|d| if *d == NO_DATE { String::new() } else { Date::from_days(*d).to_string() })
        .collect();
    table.push("birth", birth.iter().map(|t| Some(t.as_str())))?;
    table.push("name", identity.name.iter().map(Some))?;
    table.push("mother", identity.mother.iter().map(Some))?;
    Ok(table)
}

/// Numbers as texts; 0 is missing.
fn numbers(table: &mut Table, name: &str, column: &[u64]) -> Result<(), linkage::LinkError> {
    let texts: Vec<String> =
        column.iter().map(|n| if *n == 0 { String::new() } else { n.to_string() }).collect();
    table.push(name, texts.iter().map(|t| Some(t.as_str())))
}
