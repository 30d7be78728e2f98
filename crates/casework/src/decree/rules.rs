//! The rules of decrees as data: `config/id/decree/pbi_jk.toml`, read and checked whole.

use crate::error::{CaseworkError, Result};
use serde::Deserialize;
use std::collections::BTreeSet;

const FILE: &str = "pbi_jk.toml";

/// Grounds, holds, windows and payers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecreeRules {
    /// Days between the notice and the effect, at least.
    pub notice_days: i32,
    /// Months within which the right to be reactivated holds.
    pub window_months: i32,
    /// Months that those under treatment stay served.
    pub grace_months: i32,
    /// Days of cover while data are put right.
    pub temporary_days: i32,
    /// Days within which the village puts the data right.
    pub fix_days: i32,
    /// Grounds, in the order they are asked.
    pub ground: Vec<GroundRule>,
    /// What holds somebody back.
    pub hold: Vec<HoldRule>,
    /// Payers.
    pub scheme: Vec<SchemeRule>,
}

/// What an edition says about somebody: one of these codes in this column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// A column of the edition's persons; `age` in whole years; `rolls`: how often they stand on the
    /// payer's roll; `flag.NAME`: 1 when the flag stands in `flags.parquet`.
    pub column: String,
    /// The codes.
    pub is: Vec<u64>,
}

/// Why somebody is listed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundRule {
    /// Its id.
    pub id: String,
    /// A bit of `cover_roll.marks`; none: the decile.
    pub mark: Option<i64>,
    /// Where the mark comes from when an edition is published.
    pub seen: Option<Seen>,
    /// For the person, in Indonesian.
    pub reason: String,
    /// The same in English.
    pub reason_en: String,
}

/// Why somebody is not listed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRule {
    /// Its id.
    pub id: String,
    /// A bit of `cover_roll.hold`.
    pub bit: i64,
    /// Where it comes from when an edition is published.
    pub seen: Seen,
    /// For people, in Indonesian.
    pub name: String,
    /// The same in English.
    pub name_en: String,
}

/// A payer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeRule {
    /// Its number.
    pub segment: i64,
    /// For people, in Indonesian.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// How it goes, in one sentence.
    pub how: String,
    /// The same in English.
    pub how_en: String,
    /// The paper it needs.
    pub evidence: String,
    /// What is photographed, in words.
    pub paper: String,
    /// The same in English.
    pub paper_en: String,
    /// What stands on the paper and is typed beside it.
    pub asks: Vec<AskRule>,
}

/// Something that stands on a payer's paper.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskRule {
    /// Its id.
    pub id: String,
    /// For people, in Indonesian.
    pub name: String,
    /// The same in English.
    pub name_en: String,
}

impl DecreeRules {
    /// The rules this program was built with.
    ///
    /// # Errors
    /// When the file is wrong.
    pub fn builtin() -> Result<Self> {
        Self::read(include_str!("../../../../config/id/decree/pbi_jk.toml"))
    }

    /// Reads and checks the rules.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |why: String| CaseworkError::Rules { file: FILE, why };
        let rules: Self = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let bits: Vec<i64> = rules.ground.iter().filter_map(|g| g.mark).collect();
        let holds: Vec<i64> = rules.hold.iter().map(|h| h.bit).collect();
        for set in [bits, holds] {
            let mut seen = BTreeSet::new();
            if let Some(bit) = set.iter().find(|bit| bit.count_ones() != 1 || !seen.insert(**bit)) {
                return Err(wrong(format!("{bit} is not one bit, or stands twice")));
            }
        }
        if let Some(ground) = rules.ground.iter().find(|g| g.mark.is_some() != g.seen.is_some()) {
            return Err(wrong(format!(
                "ground {}: a mark says where it is seen, and only a mark does",
                ground.id
            )));
        }
        if let Some(scheme) = rules.scheme.iter().find(|s| s.asks.is_empty()) {
            return Err(wrong(format!(
                "scheme {}: a paper on which nothing stands",
                scheme.segment
            )));
        }
        if rules.notice_days < 1 || rules.window_months < 1 || rules.grace_months < 1 {
            return Err(wrong(
                "a notice, a window and a grace of nothing are no due process".to_owned(),
            ));
        }
        Ok(rules)
    }

    /// The ground with this number (its place in the file).
    #[must_use]
    pub fn ground(&self, number: i64) -> Option<&GroundRule> {
        usize::try_from(number).ok().and_then(|at| self.ground.get(at))
    }

    /// The payer with this number.
    #[must_use]
    pub fn scheme(&self, segment: i64) -> Option<&SchemeRule> {
        self.scheme.iter().find(|scheme| scheme.segment == segment)
    }

    /// The number of a ground as an SQL expression over `cover_roll`: the first that fits, or -1.
    /// `limit` is the last decile that keeps its cover.
    pub(super) fn ground_sql(&self, limit: i64, kept: &[String]) -> String {
        let mut cases = String::new();
        for (number, ground) in self.ground.iter().enumerate() {
            if !kept.contains(&ground.id) {
                continue;
            }
            let test = match ground.mark {
                Some(bit) => format!("(marks & {bit}) <> 0"),
                None => format!("decile > {limit}"),
            };
            // Death is not held back by an illness.
            let held = if ground.id == "dead" { "" } else { " AND hold = 0" };
            cases.push_str(&format!(" WHEN {test}{held} THEN {number}"));
        }
        if cases.is_empty() { "-1".to_owned() } else { format!("CASE{cases} ELSE -1 END") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let text = include_str!("../../../../config/id/decree/pbi_jk.toml");
        let check = |from: &str, to: &str, expected: &str| {
            let broken = text.replacen(from, to, 1);
            assert_ne!(broken, text);
            let error = DecreeRules::read(&broken).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("mark = 16", "mark = 4", "4 is not one bit");
        check("bit = 2", "bit = 3", "3 is not one bit");
        check("notice_days = 14", "notice_days = 0", "no due process");
        check("fix_days", "fix_dais", "unknown field");
        check("seen = { column = \"alive\", is = [0] }\n", "", "ground dead: a mark says");
    }
}
