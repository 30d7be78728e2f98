//! How right the links are, against the hidden truth of a synthetic province. Reads `truth/`;
//! nothing here is an input of an edition.

use crate::EditionError;
use crate::link::tables::People;
use crate::link::{NONE, tables::read_owners};
use crate::records::RecordTable;
use engine::read_table;
use instrument::Unit;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Damage bits of `truth/records.parquet` that mean "the NIK is missing or not the person's".
const NIK_DAMAGE: u32 = 1 | 2 | 4 | 8;
/// The names of the damage bits, from bit 0.
const CAUSES: [&str; 20] = [
    "nik_missing",
    "nik_mistyped",
    "nik_of_other",
    "second_identity",
    "name_cut",
    "old_spelling",
    "title_added",
    "name_mistyped",
    "day_month_swapped",
    "birth_guessed",
    "sex_wrong",
    "lives_elsewhere",
    "dead_but_listed",
    "old_card",
    "mother_differs",
    "stale_value",
    "twice_in_source",
    "broken_row",
    "names_someone_else",
    "outside_population",
];

/// Right and wrong links of a set of records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Records whose person stands in the register.
    pub linkable: u64,
    /// Records linked to the right person.
    pub right: u64,
    /// Records linked to somebody else.
    pub wrong: u64,
}

impl Score {
    fn count(&mut self, linkable: bool, linked: bool, right: bool) {
        self.linkable += u64::from(linkable);
        self.right += u64::from(linked && right);
        self.wrong += u64::from(linked && !right);
    }

    /// Of the links, the share that is right.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Of the records that could be linked, the share that is, rightly.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.right, self.linkable)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// The evaluation of a build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Records of people, all sources but the register.
    pub all: Score,
    /// Of those, the ones whose NIK is missing or not theirs.
    pub damaged_nik: Score,
    /// By source (tables of people).
    pub by_source: BTreeMap<String, Score>,
    /// Records of families, by table: does the record reach the right family?
    pub families: BTreeMap<String, Score>,
    /// People of the registry who hold records of two or more true people, per million people.
    pub wrongly_merged_per_million: f64,
    /// True people who stand in the registry twice or more, per million people.
    pub wrongly_split_per_million: f64,
    /// Wrong links by what was done to the record (a record may have several causes).
    pub wrong_by_cause: BTreeMap<String, u64>,
    /// Missing links by cause.
    pub missed_by_cause: BTreeMap<String, u64>,
    /// People wrongly merged, per million, by what was done to the first wrong record.
    #[serde(default)]
    pub merged_by_cause_per_million: BTreeMap<String, f64>,
    /// People wrongly split, per million, by what was done to the first record that stands apart.
    #[serde(default)]
    pub split_by_cause_per_million: BTreeMap<String, f64>,
}

/// The truth of all records, by delivery and line.
struct Truth {
    /// Per delivery: person, family and damage of each line.
    lines: Vec<Vec<(u32, u32, u32)>>,
}

impl Truth {
    fn read(truth: &Path) -> Result<Self, EditionError> {
        let columns = ["delivery", "line", "truth_person", "truth_family", "damage"];
        let t = read_table(&truth.join("records.parquet"), &columns)?;
        let (delivery, line) = (t.u16s("delivery", 0)?, t.u64s("line", 0)?);
        let person = numbered(&t.whole("truth_person", 0)?);
        let family = numbered(&t.whole("truth_family", 0)?);
        let damage = t.whole("damage", 0)?;
        let mut lines: Vec<Vec<(u32, u32, u32)>> = Vec::new();
        for row in 0..delivery.len() {
            let (d, l) = (usize::from(delivery[row]), line[row] as usize);
            if lines.len() <= d {
                lines.resize(d + 1, Vec::new());
            }
            if lines[d].len() <= l {
                lines[d].resize(l + 1, (0, 0, 0));
            }
            lines[d][l] = (person[row], family[row], damage[row] as u32);
        }
        Ok(Self { lines })
    }

    /// Person, family and damage of a record; zeros when the truth says nothing.
    fn of(&self, delivery: u16, line: u64) -> (u32, u32, u32) {
        let lines = self.lines.get(usize::from(delivery));
        lines.and_then(|l| l.get(line as usize)).copied().unwrap_or((0, 0, 0))
    }
}

/// Sparse 64-bit ids as numbers from 1 in order of appearance; 0 stays 0.
fn numbered(ids: &[u64]) -> Vec<u32> {
    let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
    let number = |id: &u64| match id {
        0 => 0,
        id => {
            let next = numbers.len() as u32 + 1;
            *numbers.entry(*id).or_insert(next)
        }
    };
    ids.iter().map(number).collect()
}

/// Compares the links of a build with the truth.
///
/// # Errors
/// When the truth or the links cannot be read.
pub fn evaluate(
    tables: &[RecordTable],
    spine: &str,
    links: &Path,
    truth: &Path,
) -> Result<Evaluation, EditionError> {
    let truth = Truth::read(truth)?;
    let people = People::read(links)?;
    let families = people.family.iter().max().map_or(0, |f| *f as usize + 1);
    let mut work = Work {
        links,
        truth: &truth,
        people: &people,
        of_person: vec![0; people.len()],
        of_family: vec![0; families],
        in_register: Vec::new(),
        homes: Vec::new(),
        merged: vec![false; people.len()],
        merged_by_cause: BTreeMap::new(),
        out: Evaluation::default(),
    };
    let is_spine = |t: &&RecordTable| t.name == spine;
    for table in tables.iter().filter(is_spine) {
        work.register(table)?;
    }
    for table in tables.iter().filter(|t| !is_spine(t)) {
        match table.unit {
            Unit::Person => work.people(table)?,
            Unit::Family => work.families(table)?,
        }
    }
    Ok(work.finish(people.len()))
}

struct Work<'a> {
    links: &'a Path,
    truth: &'a Truth,
    people: &'a People,
    /// True person of each person (of the register's record, else of the first record).
    of_person: Vec<u32>,
    /// True family of each family (of the first member that has one).
    of_family: Vec<u32>,
    /// Whether a true person stands in the register.
    in_register: Vec<bool>,
    /// (true person, person, damage of the record) of every link.
    homes: Vec<(u32, u32, u32)>,
    merged: Vec<bool>,
    merged_by_cause: BTreeMap<String, u64>,
    out: Evaluation,
}

/// The records of one table, a value each: where they stood, whose the build says they are.
struct Linked {
    delivery: Vec<u16>,
    line: Vec<u64>,
    person: Vec<u32>,
    family: Vec<u32>,
}

impl Work<'_> {
    fn read(&self, table: &RecordTable) -> Result<Linked, EditionError> {
        let t = table.read(&["delivery", "line"])?;
        let (person, family) = read_owners(self.links, table)?;
        Ok(Linked { delivery: t.u16s("delivery", 0)?, line: t.u64s("line", 0)?, person, family })
    }

    fn register(&mut self, table: &RecordTable) -> Result<(), EditionError> {
        let Linked { delivery, line, person, family } = self.read(table)?;
        for row in 0..table.rows {
            let (true_person, true_family, _) = self.truth.of(delivery[row], line[row]);
            let (p, f) = (person[row] as usize, family[row] as usize);
            if true_person == 0 || person[row] == NONE {
                continue;
            }
            if self.in_register.len() <= true_person as usize {
                self.in_register.resize(true_person as usize + 1, false);
            }
            self.in_register[true_person as usize] = true;
            if self.of_person[p] == 0 {
                self.of_person[p] = true_person;
            } else if self.of_person[p] != true_person {
                self.merged[p] = true;
            }
            if self.of_family[f] == 0 {
                self.of_family[f] = true_family;
            }
            self.homes.push((true_person, person[row], 0));
        }
        Ok(())
    }

    fn people(&mut self, table: &RecordTable) -> Result<(), EditionError> {
        let Linked { delivery, line, person, .. } = self.read(table)?;
        for row in 0..table.rows {
            let (true_person, _, damage) = self.truth.of(delivery[row], line[row]);
            if true_person == 0 {
                continue;
            }
            let linkable = self.in_register.get(true_person as usize).copied().unwrap_or(false);
            let mut linked = false;
            let mut right = false;
            if person[row] != NONE {
                let p = person[row] as usize;
                if self.of_person[p] == 0 {
                    self.of_person[p] = true_person;
                }
                right = self.of_person[p] == true_person;
                if !right && !std::mem::replace(&mut self.merged[p], true) {
                    causes(&mut self.merged_by_cause, damage);
                }
                self.homes.push((true_person, person[row], damage));
                // A person outside the register is no link to it.
                linked = self.people.in_spine[p];
            }
            self.out.all.count(linkable, linked, right);
            self.out
                .by_source
                .entry(table.name.clone())
                .or_default()
                .count(linkable, linked, right);
            if damage & NIK_DAMAGE != 0 {
                self.out.damaged_nik.count(linkable, linked, right);
            }
            if linked && !right {
                causes(&mut self.out.wrong_by_cause, damage);
            } else if linkable && !linked {
                causes(&mut self.out.missed_by_cause, damage);
            }
        }
        Ok(())
    }

    fn families(&mut self, table: &RecordTable) -> Result<(), EditionError> {
        let Linked { delivery, line, family, .. } = self.read(table)?;
        let score = self.out.families.entry(table.name.clone()).or_default();
        for row in 0..table.rows {
            let (_, true_family, _) = self.truth.of(delivery[row], line[row]);
            if true_family == 0 {
                continue;
            }
            let linked = family[row] != NONE;
            let right = linked && self.of_family[family[row] as usize] == true_family;
            score.count(true, linked, right);
        }
        Ok(())
    }

    fn finish(mut self, people: usize) -> Evaluation {
        self.homes.sort_unstable();
        // Of each person the least damaged record stays; people of the register come first.
        self.homes.dedup_by_key(|home| (home.0, home.1));
        let mut split = 0;
        let mut split_by_cause = BTreeMap::new();
        for run in engine::sort::runs(&self.homes, |h| h.0).filter(|r| r.len() > 1) {
            split += 1;
            causes(&mut split_by_cause, self.homes[run.start + 1].2);
        }
        let merged = self.merged.iter().filter(|m| **m).count();
        let per_million = |n: usize| 1e6 * n as f64 / people.max(1) as f64;
        self.out.wrongly_merged_per_million = per_million(merged);
        self.out.wrongly_split_per_million = per_million(split);
        let shares = |counts: BTreeMap<String, u64>| {
            counts.into_iter().map(|(cause, n)| (cause, per_million(n as usize))).collect()
        };
        self.out.merged_by_cause_per_million = shares(self.merged_by_cause);
        self.out.split_by_cause_per_million = shares(split_by_cause);
        self.out
    }
}

fn causes(counts: &mut BTreeMap<String, u64>, damage: u32) {
    let mut any = false;
    for (bit, name) in CAUSES.iter().enumerate() {
        if damage >> bit & 1 == 1 {
            *counts.entry((*name).to_owned()).or_default() += 1;
            any = true;
        }
    }
    if !any {
        *counts.entry("none".to_owned()).or_default() += 1;
    }
}
