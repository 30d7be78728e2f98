//! Accepted corrections: the lines that the next `padan build` reads (docs/DATA.md §7), and the
//! other effects of cases (cover, rolls, flags, identities, new families) beside them.

use crate::error::{CaseworkError, Result};
use crate::room::Casework;
use kernel::{Date, Region};
use serde::{Deserialize, Serialize};
use std::io::Write;
use store::{Query, StoreError, params};

/// One accepted correction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Its number; lines are in this order and never change.
    pub correction: u64,
    /// `value`, `new_family`, `cover`, `identity`, `flag` or `roll`.
    pub effect: String,
    /// The family's id, null when the family is not in the registry yet.
    pub family_id: Option<u64>,
    /// The person's id, for values of a person.
    pub person_id: Option<u64>,
    /// The village (10 digits).
    pub village: u64,
    /// The instrument's column, or the effect's own word.
    pub variable: String,
    /// The code or number, as text.
    pub value: String,
    /// The strongest evidence of the case.
    pub evidence: String,
    /// The day the value was found to be true.
    pub observed_date: Date,
    /// The case's ticket.
    pub case: String,
    /// The decision's place in the journal: the provenance of the value.
    pub journal: u64,
}

impl Correction {
    /// The line of `corrections.jsonl`, for corrected values of a family or person of the registry.
    #[must_use]
    pub fn build_line(&self) -> Option<String> {
        if self.effect != "value" {
            return None;
        }
        let (unit, id) = match (self.person_id, self.family_id) {
            (Some(person), _) => ("person", person),
            (None, Some(family)) => ("family", family),
            (None, None) => return None,
        };
        let value = match self.value.parse::<i64>() {
            Ok(number) => serde_json::Value::from(number),
            Err(_) if self.value.is_empty() => serde_json::Value::Null,
            Err(_) => serde_json::Value::from(self.value.as_str()),
        };
        let line = serde_json::json!({
            "unit": unit, "id": id, "column": self.variable, "value": value, "observed_date": self.observed_date,
            "evidence": format!("{} {} journal:{}", self.case, self.evidence, self.journal),
        });
        Some(line.to_string())
    }
}

impl Casework {
    /// Corrections accepted after `after` (their number; 0 for all), in order.
    ///
    /// # Errors
    /// When the store fails.
    pub fn corrections(&self, after: u64) -> Result<Vec<Correction>> {
        let rows = self.store.read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT c.correction_id, c.effect, c.family_id, c.person_id, c.village, c.variable, c.value, c.evidence,
                   c.observed_on, w.ticket, c.seq
                 FROM correction c JOIN work_case w ON w.case_id = c.case_id
                 WHERE c.correction_id > $1 ORDER BY c.correction_id",
                params![after],
            )
        })?;
        rows.iter().map(read).collect()
    }

    /// Writes `corrections.jsonl` for the next build: accepted values after `after`, in order, the
    /// later one of a value last. Returns how many.
    ///
    /// # Errors
    /// When the store fails or the target cannot be written.
    pub fn export_corrections(&self, after: u64, target: &mut impl Write) -> Result<u64> {
        let mut count = 0;
        for line in self.corrections(after)?.iter().filter_map(Correction::build_line) {
            write_line(target, &line)?;
            count += 1;
        }
        Ok(count)
    }

    /// Writes `effects.jsonl`: every accepted effect as it stands, values included. Returns how many.
    ///
    /// # Errors
    /// When the store fails or the target cannot be written.
    pub fn export_effects(&self, after: u64, target: &mut impl Write) -> Result<u64> {
        let corrections = self.corrections(after)?;
        for correction in &corrections {
            let line = serde_json::to_string(correction)
                .map_err(|e| CaseworkError::Refused(e.to_string()))?;
            write_line(target, &line)?;
        }
        Ok(corrections.len() as u64)
    }
}

fn write_line(target: &mut impl Write, line: &str) -> Result<()> {
    writeln!(target, "{line}")
        .map_err(|e| CaseworkError::Refused(format!("corrections cannot be written: {e}")))
}

pub(crate) fn read(row: &store::Row) -> Result<Correction> {
    let village: u64 = row.get("village")?;
    Ok(Correction {
        correction: row.get("correction_id")?,
        effect: row.get("effect")?,
        family_id: row.get("family_id")?,
        person_id: row.get("person_id")?,
        village: Region::from_number(village).map_or(village, Region::number),
        variable: row.get("variable")?,
        value: row.get("value")?,
        evidence: row.get("evidence")?,
        observed_date: Date::from_days(row.get("observed_on")?),
        case: row.get("ticket")?,
        journal: row.get("seq")?,
    })
}
