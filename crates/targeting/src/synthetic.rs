//! A made-up frame of any size, for tests and measurements when there is no edition at hand. Shares
//! are rough; a province that is calibrated to published figures is the room `province`.

use crate::TargetError;
use crate::frame::{Frame, FrameBuilder};
use crate::schema::Schema;
use arrow_array::RecordBatch;
use engine::TableBuilder;
use kernel::{Chance, Date};
use std::path::Path;

/// Regencies and cities of Nusa Tenggara Barat with their share of the people (in thousand).
const REGENCIES: [(u64, f64); 10] = [
    (5201, 763.0),
    (5202, 1_129.0),
    (5203, 1_458.0),
    (5204, 528.0),
    (5205, 278.0),
    (5206, 544.0),
    (5207, 156.0),
    (5208, 270.0),
    (5271, 462.0),
    (5272, 165.0),
];

/// Variables whose points make the score, with the spread of each (1/10,000 of log consumption).
const VARIABLES: [(&str, f64); 4] =
    [("size", 3_000.0), ("floor_material", 2_000.0), ("assets", 2_500.0), ("education", 1_800.0)];

/// Columns while families are drawn.
#[derive(Default)]
struct Draw {
    person_family: Vec<u64>,
    sex: Vec<u8>,
    birth: Vec<i32>,
    alive: Vec<bool>,
    spine: Vec<bool>,
    village_of_person: Vec<u64>,
    relation: Vec<u8>,
    school: Vec<u8>,
    level: Vec<u8>,
    worked: Vec<u8>,
    work_status: Vec<u8>,
    walking: Vec<u8>,
    chronic: Vec<u8>,
    segment: Vec<u8>,
    active: Vec<u8>,
    family_village: Vec<u64>,
    head: Vec<u64>,
    visited: Vec<i32>,
    decile: Vec<u8>,
    unranked: Vec<u8>,
    score: Vec<f64>,
    rank: Vec<f64>,
    points: [Vec<i32>; VARIABLES.len()],
    rolls: Vec<(&'static str, u64, u64, u8, i32)>,
}

/// The day of a made-up edition.
const DAY: &str = "2026-10-01";

/// The tables of a made-up edition, by file name.
type Tables = [(&'static str, RecordBatch); 5];

fn tables(families: usize, seed: u64) -> Result<(Date, Tables), TargetError> {
    let day: Date = DAY.parse().map_err(|e| TargetError::Data(format!("{e}")))?;
    let mut draw = Draw::default();
    for family in 0..families as u64 {
        draw.family(&mut Chance::at(seed, 1, family), family + 1, day);
    }
    let tables = [
        ("rolls", draw.rolls_batch()?),
        ("contributions", draw.contributions_batch()?),
        ("scores", draw.scores_batch()?),
        ("families", draw.families_batch()?),
        ("persons", draw.persons_batch()?),
    ];
    Ok((day, tables))
}

/// A frame of `families` families under `seed`, on 1 October 2026.
///
/// # Errors
/// When the columns do not make a frame (they always do).
pub fn frame(schema: &Schema, families: usize, seed: u64) -> Result<Frame, TargetError> {
    let (day, tables) = tables(families, seed)?;
    let mut builder = FrameBuilder::new(schema, day);
    for (name, batch) in &tables {
        match *name {
            "rolls" => builder.rolls(batch)?,
            "contributions" => builder.contributions(batch)?,
            "scores" => builder.scores(batch)?,
            "families" => builder.families(batch)?,
            _ => builder.persons(batch)?,
        };
    }
    builder.finish()
}

/// Writes the same as the folder of an edition: the tables that this room reads, and a manifest
/// with the day.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, families: usize, seed: u64) -> Result<(), TargetError> {
    std::fs::create_dir_all(folder).map_err(|e| TargetError::io(folder, e))?;
    for (name, batch) in tables(families, seed)?.1 {
        let path = folder.join(format!("{name}.parquet"));
        engine::write_table(&path, batch.schema(), &[batch])?;
    }
    let manifest = folder.join("manifest.json");
    std::fs::write(&manifest, format!("{{\"as_of\":\"{DAY}\"}}"))
        .map_err(|e| TargetError::io(&manifest, e))
}

impl Draw {
    fn family(&mut self, c: &mut Chance, id: u64, day: Date) {
        let weights = REGENCIES.map(|(_, w)| w);
        let regency = REGENCIES[c.weighted(&weights)].0;
        let village = (regency * 100 + 1 + c.below(12)) * 10_000 + 2_001 + c.below(10);
        let size = 1 + c.weighted(&[0.16, 0.22, 0.25, 0.2, 0.1, 0.05, 0.02]);
        self.score(c, id, size);
        self.family_village.push(village);
        self.head.push(self.person_family.len() as u64 + 1);
        self.visited.push(day.days() - 30 - c.below(1_800) as i32);
        let decile = self.decile[id as usize - 1];
        let poor = (1..=5).contains(&decile);
        for member in 0..size {
            self.person(c, id, member, day, village);
            if c.is(if poor { 0.6 } else { 0.16 }) {
                self.enrol(c, "pbi_jk", id, day);
            }
        }
        if c.is(if (1..=3).contains(&decile) { 0.45 } else { 0.06 }) {
            self.enrol(c, "pkh", id, day);
        }
        if c.is(if (1..=4).contains(&decile) { 0.5 } else { 0.1 }) {
            self.enrol(c, "sembako", id, day);
        }
    }

    fn score(&mut self, c: &mut Chance, id: u64, size: usize) {
        let mut total = 141_000;
        for (at, (_, spread)) in VARIABLES.iter().enumerate() {
            let mut part = (c.normal() * spread) as i32;
            if at == 0 {
                part -= (size as i32 - 3) * 1_500;
            }
            total += part;
            self.points[at].push(part);
        }
        let z = (f64::from(total) - 142_500.0) / 5_000.0;
        let rank = crate::meter::normal_cdf(z).clamp(0.0, 0.999_999);
        let ranked = c.is(0.96);
        self.decile.push(if ranked { (rank * 10.0) as u8 + 1 } else { 0 });
        self.unranked.push(if ranked { 0 } else { 1 + c.below(3) as u8 });
        self.score.push(if ranked { f64::from(total) / 10_000.0 } else { f64::NAN });
        self.rank.push(if ranked { rank } else { f64::NAN });
        debug_assert_eq!(self.decile.len() as u64, id);
    }

    fn person(&mut self, c: &mut Chance, family: u64, member: usize, day: Date, village: u64) {
        let age = match member {
            0 => c.between(22, 80),
            1 => c.between(19, 75),
            _ => c.between(0, 30),
        } as i32;
        self.person_family.push(family);
        self.village_of_person.push(village);
        self.sex.push(1 + c.below(2) as u8);
        self.birth.push(day.days() - age * 365 - age / 4 - c.below(360) as i32);
        self.alive.push(c.is(0.99));
        self.spine.push(c.is(0.98));
        self.relation.push(member.min(2) as u8 + 1);
        let pupil = (7..=18).contains(&age) && c.is(0.9);
        self.school.push(if pupil {
            2
        } else if age < 5 {
            u8::MAX
        } else {
            3
        });
        self.level.push(match age {
            0..=6 => u8::MAX,
            7..=12 => 3,
            13..=15 => 8,
            _ => 13,
        });
        let works = age >= 18 && c.is(0.6);
        self.worked.push(if works { 1 } else { 2 });
        self.work_status.push(if works { 1 + c.below(8) as u8 } else { u8::MAX });
        self.walking.push(if c.is(0.008) { 1 } else { 4 });
        self.chronic.push(if c.is(0.03) { 5 } else { 1 });
        let covered = c.is(0.5);
        self.segment.push(if covered { 1 + c.below(5) as u8 } else { u8::MAX });
        self.active.push(if covered { u8::from(c.is(0.9)) } else { u8::MAX });
    }

    fn enrol(&mut self, c: &mut Chance, programme: &'static str, family: u64, day: Date) {
        let unlinked = c.is(0.01);
        let person = if unlinked { 0 } else { self.person_family.len() as u64 };
        let status = if c.is(0.06) { 2 } else { 1 };
        let since = day.days() - c.below(2_000) as i32;
        self.rolls.push((programme, person, if unlinked { 0 } else { family }, status, since));
    }

    fn persons_batch(&mut self) -> Result<RecordBatch, TargetError> {
        let rows = self.person_family.len() as u64;
        let unknown = u8::MAX;
        let mut table = TableBuilder::new()
            .u64("person_id", (1..=rows).collect())
            .u64("family_id", std::mem::take(&mut self.person_family))
            .u64("village", std::mem::take(&mut self.village_of_person))
            .u8("sex", std::mem::take(&mut self.sex))
            .date("birth_date", std::mem::take(&mut self.birth))
            .bool("alive", std::mem::take(&mut self.alive))
            .bool("in_spine", std::mem::take(&mut self.spine))
            .u8("relation", std::mem::take(&mut self.relation))
            .u8_or("school_participation", &self.school, unknown)
            .u8_or("education_level", &self.level, unknown)
            .u8("worked", std::mem::take(&mut self.worked))
            .u8_or("work_status", &self.work_status, unknown)
            .u8("chronic_illness", std::mem::take(&mut self.chronic))
            .u8_or("cover_segment", &self.segment, unknown)
            .bool_or("cover_active", &self.active);
        for name in ["walking", "seeing", "hearing", "hands", "learning", "self_care"] {
            let values =
                if name == "walking" { self.walking.clone() } else { vec![4; self.walking.len()] };
            table = table.u8(&format!("difficulty_{name}"), values);
        }
        Ok(table.batch()?)
    }

    fn families_batch(&mut self) -> Result<RecordBatch, TargetError> {
        let rows = self.family_village.len() as u64;
        let table = TableBuilder::new()
            .u64("family_id", (1..=rows).collect())
            .u64("village", std::mem::take(&mut self.family_village))
            .u64("head_person_id", std::mem::take(&mut self.head))
            .date("visited_date", std::mem::take(&mut self.visited));
        Ok(table.batch()?)
    }

    fn scores_batch(&mut self) -> Result<RecordBatch, TargetError> {
        let rows = self.decile.len() as u64;
        let table = TableBuilder::new()
            .u64("family_id", (1..=rows).collect())
            .u8("decile", std::mem::take(&mut self.decile))
            .u8("unranked_reason", std::mem::take(&mut self.unranked))
            .f64("score", std::mem::take(&mut self.score))
            .f64("se", vec![0.45; rows as usize])
            .f64("national_rank", std::mem::take(&mut self.rank));
        Ok(table.batch()?)
    }

    fn contributions_batch(&mut self) -> Result<RecordBatch, TargetError> {
        let rows = self.decile.len();
        let mut table = TableBuilder::new()
            .u64("family_id", (1..=rows as u64).collect())
            .i32("base", vec![141_000; rows]);
        for ((name, _), points) in VARIABLES.iter().zip(&mut self.points) {
            table = table.i32(name, std::mem::take(points));
        }
        Ok(table.batch()?)
    }

    fn rolls_batch(&self) -> Result<RecordBatch, TargetError> {
        let rows = &self.rolls;
        let table = TableBuilder::new()
            .strings("programme", rows.iter().map(|r| r.0.to_owned()).collect())
            .u64("record", (1..=rows.len() as u64).collect())
            .u64("person_id", rows.iter().map(|r| r.1).collect())
            .u64("family_id", rows.iter().map(|r| r.2).collect())
            .date("since", rows.iter().map(|r| r.4).collect())
            .u8("status", rows.iter().map(|r| r.3).collect());
        Ok(table.batch()?)
    }
}
