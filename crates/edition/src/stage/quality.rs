//! `quality.json`: per village, how well the registry knows its people.

use crate::EditionError;
use crate::records::NO_DATE;
use crate::stage::{Built, Inputs};
use crate::survive::Agreement;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Figures of one village (or of all).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Families.
    pub families: u64,
    /// Families that a source ever visited.
    pub visited: u64,
    /// Families visited within the last year.
    pub visited_last_year: u64,
    /// Mean age of the last visit, in days, of families that were visited.
    pub visit_age_days: f64,
    /// Living people.
    pub persons: u64,
    /// Living people outside the civil register.
    pub not_padan: u64,
    /// Living people whose records carry a wrong, broken or second identity somewhere.
    pub typo: u64,
    /// People whom the register holds to be alive and a visit dead.
    pub dead_by_visit_only: u64,
    /// Families without a living member.
    pub without_living_member: u64,
    /// Values of families and their people that two sources or more know.
    pub compared: u64,
    /// Those of them where a source says something else than the value that stands.
    pub contradicted: u64,
}

/// Values of one variable that two sources or more know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Such values.
    pub compared: u64,
    /// Those where a source says something else than the value that stands.
    pub contradicted: u64,
}

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The province.
    pub all: Figures,
    /// By variable: where registers contradict each other.
    pub variables: BTreeMap<String, Comparison>,
    /// By village code.
    pub villages: BTreeMap<u64, Figures>,
}

/// Counts and writes `quality.json`.
///
/// # Errors
/// When the disk refuses.
pub fn write(inputs: &Inputs<'_>, built: &Built, path: &Path) -> Result<(), EditionError> {
    let mut quality = Quality::default();
    let d = &built.derived;
    for (f, village) in d.village.iter().enumerate() {
        let age = (d.visited[f] != NO_DATE).then(|| inputs.as_of.days() - d.visited[f]);
        let (compared, contradicted) = at(&built.agreement[1], f);
        for figures in places(&mut quality, *village) {
            figures.families += 1;
            figures.compared += compared;
            figures.contradicted += contradicted;
            figures.without_living_member += u64::from(d.members[f] == 0);
            if let Some(age) = age {
                figures.visited += 1;
                figures.visited_last_year += u64::from(age <= 365);
                figures.visit_age_days += f64::from(age);
            }
        }
    }
    for (p, family) in built.people.family.iter().enumerate() {
        let village = d.village[*family as usize];
        let said_dead = !d.alive[p] && d.presence[p] == 2 && built.people.in_spine[p];
        let has_remark = d.match_reason[p] != 0 && d.match_reason[p] < 9;
        let (compared, contradicted) = at(&built.agreement[0], p);
        for figures in places(&mut quality, village) {
            figures.compared += compared;
            figures.contradicted += contradicted;
            figures.dead_by_visit_only += u64::from(said_dead);
            if d.alive[p] {
                figures.persons += 1;
                figures.not_padan += u64::from(!built.people.in_spine[p]);
                figures.typo += u64::from(built.people.in_spine[p] && has_remark);
            }
        }
    }
    for (key, (compared, contradicted)) in built.agreement.iter().flat_map(|a| &a.by_variable) {
        if *compared > 0 {
            let (compared, contradicted) = (*compared, *contradicted);
            quality.variables.insert(key.clone(), Comparison { compared, contradicted });
        }
    }
    for figures in quality.villages.values_mut().chain([&mut quality.all]) {
        // Whole tenths of a day: a mean printed to its last bit says more than it knows.
        let mean = figures.visit_age_days / figures.visited.max(1) as f64;
        figures.visit_age_days = (mean * 10.0).round() / 10.0;
    }
    let text = serde_json::to_string(&quality).map_err(|e| EditionError::Input(e.to_string()))?;
    Ok(engine::disk::write_file(path, text.as_bytes())?)
}

/// Values compared and contradicted of one person or family.
fn at(agreement: &Agreement, owner: usize) -> (u64, u64) {
    (u64::from(agreement.compared[owner]), u64::from(agreement.contradicted[owner]))
}

fn places(quality: &mut Quality, village: u64) -> [&mut Figures; 2] {
    [&mut quality.all, quality.villages.entry(village).or_default()]
}
