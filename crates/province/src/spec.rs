//! `spec.toml`: what `padan build` reads.

use crate::deliveries::{Entry, crosswalk};
use crate::error::{ProvinceError, Result};
use kernel::Date;
use std::fmt::Write as _;
use std::path::Path;

/// An edition's name, its day, and the one before it.
#[derive(Debug, Clone)]
pub(crate) struct Quarter {
    pub edition: String,
    pub as_of: Date,
    pub parent: Option<String>,
    /// From 1.
    pub number: u8,
}

impl Quarter {
    /// The `number`th quarter, from 1: 2026-4 (as of 2026-10-01), 2027-1, 2027-2 …
    pub(crate) fn number(number: u8) -> Self {
        let name = |n: u8| {
            let index = 2026 * 4 + 3 + i32::from(n) - 1;
            format!("{}-{}", index.div_euclid(4), index.rem_euclid(4) + 1)
        };
        Self {
            edition: name(number),
            as_of: FIRST.plus_months(3 * (i32::from(number) - 1)),
            number,
            parent: (number > 1).then(|| name(number - 1)),
        }
    }
}

/// 2026-10-01, the day of the first quarter.
pub(crate) const FIRST: Date = Date::from_days(20_727);

/// Writes the spec.
pub(crate) fn write(quarter: &Quarter, folder: &Path) -> Result<()> {
    let day = |back: i32| quarter.as_of.plus_days(-back);
    let mut out = String::from(
        "# Written by `padan synth`: a synthetic province. No real person is in it.\n",
    );
    let _ = writeln!(out, "edition = \"{}\"", quarter.edition);
    let _ = writeln!(out, "as_of = \"{}\"\nprovince = \"52\"", quarter.as_of);
    if let Some(parent) = &quarter.parent {
        let _ = writeln!(out, "parent = \"{parent}\"");
    }
    let mut delivery = |source: &str, path: &str, date: Date| {
        let _ = write!(
            out,
            "\n[[delivery]]\nsource = \"{source}\"\npath = \"{path}\"\ndate = \"{date}\"\n"
        );
    };
    delivery("crosswalk", crosswalk::PATH, day(90));
    for entry in Entry::ALL {
        let back = match entry {
            Entry::Dukcapil | Entry::Pln => 1,
            Entry::Bpjs | Entry::RollPbi => 6,
            Entry::RollPkh | Entry::RollSembako => 11,
            Entry::P3ke => 400,
            Entry::Ppatk | Entry::Ahu => 60,
            _ => 20,
        };
        delivery(entry.source(), &entry.glob(), day(back));
    }
    out.push_str("\n[survey]\npath = \"survey/susenas.parquet\"\n");
    out.push_str("\n[reference]\npath = \"survey/national.parquet\"\n");
    out.push_str(
        "\n[evaluation] # the hidden truth: never an input of the edition\ntruth = \"truth\"\n",
    );
    let path = folder.join("spec.toml");
    std::fs::write(&path, out).map_err(|e| ProvinceError::file(&path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_follow_each_other() {
        let check = |n, edition: &str, as_of: &str, parent: Option<&str>| {
            let q = Quarter::number(n);
            assert_eq!(q.edition, edition);
            assert_eq!(q.as_of.to_string(), as_of);
            assert_eq!(q.parent.as_deref(), parent);
        };
        check(1, "2026-4", "2026-10-01", None);
        check(2, "2027-1", "2027-01-01", Some("2026-4"));
        check(3, "2027-2", "2027-04-01", Some("2027-1"));
    }
}
