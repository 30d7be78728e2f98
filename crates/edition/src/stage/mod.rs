//! The edition stage: from record tables and links to the tables of an edition.
//!
//! ```text
//! feeds ─▶ values of people ─▶ who lives, who is head ─▶ values of families ─▶ ids
//!       └▶ corrections on top ─▶ rules of the instrument ─▶ tables
//! ```

pub mod corrections;
pub mod derive;
pub mod quality;
pub mod small;
pub mod write;

use crate::EditionError;
use crate::config::{EXTRA, Survivorship};
use crate::ids::{Ids, Parent, assign};
use crate::link::tables::People;
use crate::records::RecordTable;
use crate::survive::data::{Shape, columns_of};
use crate::survive::feed::{self, Feed, Provenance};
use crate::survive::{Agreement, Survived, variable};
use engine::Progress;
use instrument::{Instrument, Regions, Rules, Unit};
use kernel::{Date, Region};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the stage reads.
pub struct Inputs<'a> {
    /// All record tables, by record id.
    pub tables: &'a [RecordTable],
    /// The link step's folder.
    pub links: &'a Path,
    /// Intake's findings.
    pub findings: Option<&'a Path>,
    /// Who is believed about what.
    pub rules: &'a Survivorship,
    /// The variables.
    pub instrument: &'a Instrument,
    /// The parent edition's folder.
    pub parent: Option<&'a Path>,
    /// Accepted corrections, JSON lines.
    pub corrections: Option<&'a Path>,
    /// The day ages are counted on.
    pub as_of: Date,
    /// The province.
    pub province: Region,
    /// Where to show progress.
    pub progress: &'a Progress,
}

/// Counts of an edition; part of its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// People.
    pub persons: u64,
    /// People who live.
    pub living: u64,
    /// People outside the civil register.
    pub not_padan: u64,
    /// Families.
    pub families: u64,
    /// Families that a source visited.
    pub visited_families: u64,
    /// Records.
    pub records: u64,
    /// Corrections applied.
    pub corrections: u64,
    /// Values set to unknown because they contradict another after merging.
    pub values_dropped: u64,
    /// The first id that no person was ever given.
    pub next_person_id: u64,
    /// The first id that no family was ever given.
    pub next_family_id: u64,
}

/// All that the tables are written from.
pub struct Built {
    /// People.
    pub people: People,
    /// Values of people, a variable each.
    pub person: Vec<Survived>,
    /// What follows from them.
    pub derived: derive::Derived,
    /// Values of families.
    pub family: Vec<Survived>,
    /// Family cards.
    pub family_kk: Vec<u64>,
    /// Ids and order.
    pub ids: Ids,
    /// Where sources differ: about people, about families.
    pub agreement: [Agreement; 2],
}

/// Builds the tables of an edition into `out`.
///
/// # Errors
/// When an input is damaged or wrong, or the disk refuses.
pub fn run(inputs: &Inputs<'_>, out: &Path) -> Result<Counts, EditionError> {
    let (feeds, mut provenance) = feed::open(inputs.tables, inputs.links, inputs.rules)?;
    let people = People::read(inputs.links)?;
    let families = people.family.iter().max().map_or(0, |f| *f as usize + 1);
    let variables = keys(inputs);
    inputs.progress.expect(variables.len() as u64 + 8, "variables");
    let mut agreement = [Agreement::new(people.len()), Agreement::new(families)];
    let person = values(inputs, Unit::Person, &feeds, &mut agreement[0])?;
    let family = values(inputs, Unit::Family, &feeds, &mut agreement[1])?;
    let derived = derive::derive(inputs, &people, families, &person, &family, &feeds)?;
    let family_kk = family_cards(&people, families);
    let parent = inputs.parent.map(Parent::read).transpose()?;
    let ids =
        assign(&people, &derived.village, &family_kk, &derived.rank_in_family, parent.as_ref());
    drop(parent);
    let mut built = Built { people, person, derived, family, family_kk, ids, agreement };
    let corrections = corrections::apply(inputs, &mut built, &mut provenance, out)?;
    let values_dropped = check_rules(inputs, &mut built);
    let counts = counts(&built, inputs, corrections, values_dropped);
    write_all(inputs, &built, &feeds, &provenance, out)?;
    Ok(counts)
}

/// The variables that are decided between sources (identities and ids are not).
fn keys(inputs: &Inputs<'_>) -> Vec<(Unit, String)> {
    let of_instrument = inputs.instrument.variables.iter().map(|v| (v.unit, v.key.clone()));
    let extra = EXTRA.iter().map(|e| (e.0, e.1.to_owned()));
    of_instrument.chain(extra).filter(|k| inputs.rules.rule(k.0, &k.1).is_some()).collect()
}

fn values(
    inputs: &Inputs<'_>,
    unit: Unit,
    feeds: &[Feed],
    agreement: &mut Agreement,
) -> Result<Vec<Survived>, EditionError> {
    let mut out = Vec::new();
    for (_, key) in keys(inputs).into_iter().filter(|k| k.0 == unit) {
        let Some(rule) = inputs.rules.rule(unit, &key) else { continue };
        let columns: Vec<(String, Shape)> = columns_of(inputs.instrument, unit, &key)
            .into_iter()
            .map(|name| {
                let shape = Shape::of(inputs.instrument, unit, &name);
                (name, shape)
            })
            .collect();
        out.push(variable(&key, &columns, rule, feeds, agreement)?);
        inputs.progress.add(1);
    }
    Ok(out)
}

/// The card of each family: that of its first person.
fn family_cards(people: &People, families: usize) -> Vec<u64> {
    let mut kk = vec![0; families];
    for (p, family) in people.family.iter().enumerate() {
        let kk = &mut kk[*family as usize];
        if *kk == 0 {
            *kk = people.kk[p];
        }
    }
    kk
}

/// Applies the instrument's rules to the merged values: two sources may each be right for their
/// day and still not fit together. Returns how many values became unknown.
fn check_rules(inputs: &Inputs<'_>, built: &mut Built) -> u64 {
    let as_of = inputs.as_of;
    let birth = &built.derived.birth;
    let age = |p: usize| -> Option<i32> {
        (birth[p] != crate::records::NO_DATE).then(|| Date::from_days(birth[p]).age_on(as_of))
    };
    check_unit(inputs.instrument, Unit::Person, &mut built.person, built.people.len(), age)
        + check_unit(
            inputs.instrument,
            Unit::Family,
            &mut built.family,
            built.family_kk.len(),
            |_| None,
        )
}

fn check_unit(
    instrument: &Instrument,
    unit: Unit,
    variables: &mut [Survived],
    rows: usize,
    age: impl Fn(usize) -> Option<i32>,
) -> u64 {
    use crate::survive::data::Data;
    let mut columns: Vec<(String, &mut Data)> = variables
        .iter_mut()
        .flat_map(|v| v.columns.iter_mut())
        .filter(|(_, data)| matches!(data, Data::Small(_) | Data::Count(_)))
        .map(|(name, data)| (name.clone(), data))
        .collect();
    let names: Vec<&str> = columns.iter().map(|c| c.0.as_str()).collect();
    let rules = Rules::new(instrument, unit, &names);
    let mut row_values = vec![None; columns.len()];
    let mut before = row_values.clone();
    let mut dropped = 0;
    for row in 0..rows {
        for (value, (_, data)) in row_values.iter_mut().zip(&columns) {
            *value = data.number(row);
        }
        before.copy_from_slice(&row_values);
        rules.check(&mut row_values, age(row), |_| {});
        for (c, value) in row_values.iter().enumerate() {
            if *value != before[c] {
                columns[c].1.set_number(row, *value);
                dropped += 1;
            }
        }
    }
    dropped
}

fn counts(built: &Built, inputs: &Inputs<'_>, corrections: u64, values_dropped: u64) -> Counts {
    let count =
        |bools: &[bool], wanted: bool| bools.iter().filter(|b| **b == wanted).count() as u64;
    let visited = built.derived.visited.iter().filter(|d| **d != crate::records::NO_DATE).count();
    Counts {
        persons: built.people.len() as u64,
        living: count(&built.derived.alive, true),
        not_padan: count(&built.people.in_spine, false),
        families: built.family_kk.len() as u64,
        visited_families: visited as u64,
        records: inputs.tables.iter().map(|t| t.rows as u64).sum(),
        corrections,
        values_dropped,
        next_person_id: built.ids.next_person,
        next_family_id: built.ids.next_family,
    }
}

fn write_all(
    inputs: &Inputs<'_>,
    built: &Built,
    feeds: &[Feed],
    provenance: &Provenance,
    out: &Path,
) -> Result<(), EditionError> {
    write::persons(built, feeds, inputs, &out.join("persons.parquet"))?;
    inputs.progress.add(4);
    write::families(built, &out.join("families.parquet"))?;
    small::provenance(provenance, &out.join("provenance.parquet"))?;
    small::links(inputs, built, &out.join("links.parquet"))?;
    inputs.progress.add(4);
    small::rolls(inputs, built, feeds, &out.join("rolls.parquet"))?;
    small::flags(inputs, built, feeds, &out.join("flags.parquet"))?;
    small::reviews(inputs, built, &out.join("reviews.parquet"))?;
    let regions = Regions::embedded_province(inputs.province)?;
    small::regions(&regions, &out.join("regions.parquet"))?;
    if let Some(findings) = inputs.findings {
        engine::disk::link_or_copy(findings, &out.join("findings.parquet"))?;
    }
    quality::write(inputs, built, &out.join("quality.json"))
}
