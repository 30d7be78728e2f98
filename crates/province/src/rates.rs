//! The error rates, read from `config/id/synth_rates.toml` (embedded) or a file of the user's.

use crate::error::{ProvinceError, Result};
use serde::Deserialize;

/// The embedded rates file, with its comments.
pub const EMBEDDED: &str = include_str!("../../../config/id/synth_rates.toml");

/// All rates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rates {
    pub life: Life,
    pub identity: Identities,
    pub coverage: Coverage,
    pub values: Values,
    pub broken: Broken,
    pub rolls: Rolls,
    pub flags: Flags,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Life {
    pub dead_member: f64,
    pub dead_unreported: f64,
    pub gone_member: f64,
    pub split_off: f64,
    pub moved: f64,
    pub lives_elsewhere: f64,
    pub new_card: f64,
    pub baby_unlisted: f64,
    pub two_identities: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identities {
    pub dukcapil: Identity,
    pub regsosek: Identity,
    pub dtks: Identity,
    pub p3ke: Identity,
    pub pln: Identity,
    pub bpjs: Identity,
    pub roll_pbi: Identity,
    pub roll_pkh: Identity,
    pub roll_sembako: Identity,
    pub school: Identity,
    pub flags: Identity,
}

/// One source's damage to identity.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Identity {
    pub nik_missing: f64,
    pub nik_mistyped: f64,
    pub nik_reused: f64,
    pub name_short: f64,
    pub name_old_spelling: f64,
    pub name_title: f64,
    pub name_mistyped: f64,
    pub day_month_swapped: f64,
    pub birth_guessed: f64,
    pub sex_wrong: f64,
    pub mother_changed: f64,
    pub duplicate: f64,
    pub card_wrong: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coverage {
    pub regsosek_visited: f64,
    pub regsosek_not_met_row: f64,
    pub regsosek_revisited: f64,
    pub dtks_poorest: f64,
    pub dtks_richest: f64,
    pub dtks_ground_check: f64,
    pub p3ke_poorest: f64,
    pub p3ke_richest: f64,
    pub pln_own_meter: f64,
    pub pln_other_name: f64,
    pub bpjs_member: f64,
    pub school_listed: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Values {
    pub wrong: f64,
    pub stale_per_year: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Broken {
    pub open_quote: f64,
    pub extra_pipe: f64,
    pub cut_line: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rolls {
    pub pbi_outside: f64,
    pub pbi_uncovered: f64,
    pub pbi_member_alone: f64,
    pub cut_within_deciles_1_5: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flags {
    pub gambling: f64,
    pub gambling_classes: [f64; 4],
    pub wage_listed: f64,
    pub wage_above: f64,
    pub director: f64,
    pub pregnant: f64,
}

impl Rates {
    /// Reads a rates file and checks that every number is a share.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let wrong = |what: String| ProvinceError::Option(format!("rates: {what}"));
        let value: toml::Table = text.parse().map_err(|e| wrong(format!("{e}")))?;
        check_shares(&value, "").map_err(wrong)?;
        toml::from_str(text).map_err(|e| wrong(e.to_string()))
    }
}

fn check_shares(table: &toml::Table, path: &str) -> std::result::Result<(), String> {
    for (key, value) in table {
        let number = match value {
            toml::Value::Table(inner) => {
                check_shares(inner, &format!("{path}{key}."))?;
                continue;
            }
            toml::Value::Float(number) => *number,
            toml::Value::Integer(number) => *number as f64,
            toml::Value::Array(list) => {
                for (at, item) in list.iter().enumerate() {
                    let one = toml::Table::from_iter([(format!("{key}[{at}]"), item.clone())]);
                    check_shares(&one, path)?;
                }
                continue;
            }
            _ => return Err(format!("`{path}{key}` must be a number from 0 to 1")),
        };
        if !(0.0..=1.0).contains(&number) {
            return Err(format!("`{path}{key}` is {number}; it must be from 0 to 1"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_rates_are_readable() {
        assert!(Rates::read(EMBEDDED).unwrap().identity.regsosek.nik_missing > 0.0);
    }

    #[test]
    fn a_rate_above_one_or_unknown_is_refused() {
        let check = |from: &str, to: &str, word: &str| {
            let error = Rates::read(&EMBEDDED.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        check("\nwrong = 0.03", "\nwrong = 1.03", "values.wrong");
        check("\nwrong = 0.03", "\nwrong = 0.03\nrwong = 0.1", "rwong");
    }
}
