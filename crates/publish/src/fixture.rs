//! A small made-up edition in the shapes of docs/DATA.md §4, for the tests of publish and web and
//! for looking at pages without a build. Every person in it is invented; nothing is realistic but
//! the frame of regions and the order of magnitude of the shares.

mod simulation;
mod tables;

use crate::PublishError;
use engine::EngineError;
use instrument::Regions;
use kernel::{Chance, Date, Region};
use std::path::Path;

/// Names to draw from: given names of women and men, and family names.
const WOMEN: &[&str] = &["BAIQ ROHANI", "SITI AMINAH", "NURHAYATI", "LALE SUMARNI", "HADIJAH"];
const MEN: &[&str] = &["LALU WIRYA", "AMAQ RIPIN", "MUHAMMAD SALEH", "ARIFIN", "SYAMSUDDIN"];

/// One invented family.
pub(crate) struct Family {
    pub(crate) id: u64,
    pub(crate) village: u64,
    pub(crate) decile: u8,
    pub(crate) unranked: u8,
    pub(crate) people: Vec<Person>,
    pub(crate) chance: Chance,
}

/// One invented person.
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) nik: u64,
    pub(crate) sex: u8,
    pub(crate) born: Date,
    pub(crate) relation: u8,
    pub(crate) name: String,
    pub(crate) listed: bool,
    pub(crate) eligible: bool,
}

/// The day the fixture's ages are counted on.
#[must_use]
pub fn as_of() -> Date {
    Date::from_ymd(2026, 10, 1).unwrap_or(Date::from_days(0))
}

/// A person to look up: the first of the fixture, as (NIK, date of birth).
#[must_use]
pub fn somebody() -> (u64, Date) {
    let (seed, families) = (1, 1);
    villages()
        .ok()
        .and_then(|v| invent(seed, families, &v).into_iter().next())
        .map_or((0, as_of()), |family| {
            family.people.first().map_or((0, as_of()), |p| (p.nik, p.born))
        })
}

/// Writes an edition of `families` families into `dir` (which must exist). The same seed gives the
/// same first family whatever the number.
///
/// # Errors
/// When a table cannot be written.
pub fn write(dir: &Path, edition: &str, seed: u64, families: usize) -> Result<(), PublishError> {
    let families = invent(seed, families, &villages()?);
    std::fs::create_dir_all(dir.join("lists"))
        .map_err(|e| PublishError::from(EngineError::io("create", dir, e)))?;
    tables::people(dir, &families)?;
    tables::homes(dir, &families)?;
    tables::scores(dir, &families)?;
    tables::lists(dir, &families)?;
    tables::regions(dir)?;
    simulation::write(dir, &families)?;
    tables::documents(dir, edition, &families)
}

fn villages() -> Result<Vec<Region>, PublishError> {
    let ntb = province()?;
    Ok(ntb.of_level(kernel::Level::Village).collect())
}

pub(crate) fn province() -> Result<Regions, PublishError> {
    let document = |e: &dyn std::fmt::Display| PublishError::document(Path::new("regions"), e);
    let code = Region::parse("52").map_err(|e| document(&e))?;
    Regions::embedded_province(code).map_err(|e| document(&e))
}

fn invent(seed: u64, families: usize, villages: &[Region]) -> Vec<Family> {
    let mut next_person = 1;
    (0..families)
        .map(|at| {
            let mut chance = Chance::at(seed, 1, at as u64);
            let village = *chance.pick(villages);
            let unranked = if chance.is(0.02) { 2 } else { 0 };
            let poor = chance.unit() * chance.unit().sqrt();
            let decile = if unranked > 0 { 0 } else { (poor * 10.0) as u8 + 1 };
            let members = 1 + chance.below(5);
            let people = (0..members)
                .map(|place| person(&mut chance, village, decile, place, &mut next_person))
                .collect();
            Family {
                id: at as u64 + 1,
                village: village.number(),
                decile,
                unranked,
                people,
                chance,
            }
        })
        .collect()
}

fn person(chance: &mut Chance, village: Region, decile: u8, place: u64, next: &mut u64) -> Person {
    let id = *next;
    *next += 1;
    let sex = if place == 1 { 2 } else { 1 + chance.below(2) as u8 };
    let age = if place < 2 { chance.between(22, 70) } else { chance.between(0, 20) };
    let born = as_of().plus_days(-(age as i32 * 365 + chance.below(365) as i32));
    let (year, month, day) = born.ymd();
    let day = if sex == 2 { day + 40 } else { day };
    let district = village.number() / 10_000;
    let nik = district * 10_000_000_000
        + u64::from(day) * 100_000_000
        + u64::from(month) * 1_000_000
        + (year.rem_euclid(100) as u64) * 10_000
        + 1
        + id % 9_000;
    let name = chance.pick(if sex == 2 { WOMEN } else { MEN }).to_string();
    let eligible = (1..=5).contains(&decile) && !chance.is(0.1);
    let listed = chance.is(if (1..=5).contains(&decile) { 0.62 } else { 0.2 });
    let relation = match place {
        0 => 1,
        1 => 2,
        _ => 3,
    };
    Person { id, nik, sex, born, relation, name, listed, eligible }
}
