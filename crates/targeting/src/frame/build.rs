//! Puts a frame together from Arrow batches: persons, families, scores, rolls, flags.

use super::arrow::{Reader, push_column};
use super::column::{Column, NO_DAY, NO_SMALL};
use super::index::Index;
use super::{Contributions, FamilyCore, Frame, NO_ROW, PersonCore, Roll, roll_status};
use crate::TargetError;
use crate::schema::{Schema, TableKind};
use arrow_array::RecordBatch;
use kernel::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Collects batches; give persons, families and scores each in the order of their ids.
pub struct FrameBuilder<'s> {
    schema: &'s Schema,
    frame: Frame,
    birth: Vec<i32>,
    person_family: Vec<u64>,
    head_ids: Vec<u64>,
    score_ids: Vec<u64>,
    scores: FamilyCore,
    score_columns: BTreeMap<String, Arc<Column>>,
    rolls: BTreeMap<String, Roll>,
    person: PersonCore,
    family: FamilyCore,
    roll_rows: Vec<RollRow>,
    flag_rows: Vec<(u64, String)>,
    contribution_ids: Vec<u64>,
    contributions: Contributions,
}

struct RollRow {
    programme: String,
    record: u64,
    person: u64,
    family: u64,
    since: i32,
    status: u8,
}

impl<'s> FrameBuilder<'s> {
    /// A frame whose ages are counted on `as_of`.
    #[must_use]
    pub fn new(schema: &'s Schema, as_of: Date) -> Self {
        Self {
            schema,
            frame: Frame { as_of: Some(as_of), ..Frame::default() },
            birth: Vec::new(),
            person_family: Vec::new(),
            head_ids: Vec::new(),
            score_ids: Vec::new(),
            scores: FamilyCore::default(),
            score_columns: BTreeMap::new(),
            rolls: BTreeMap::new(),
            person: PersonCore::default(),
            family: FamilyCore::default(),
            roll_rows: Vec::new(),
            flag_rows: Vec::new(),
            contribution_ids: Vec::new(),
            contributions: Contributions::default(),
        }
    }

    /// Adds rows of `persons` (docs/DATA.md §4).
    ///
    /// # Errors
    /// When `person_id` or `family_id` is absent or a column has another type.
    pub fn persons(&mut self, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let reader = Reader::new("persons", batch);
        reader.ids("person_id", &mut self.person.id)?;
        reader.ids("family_id", &mut self.person_family)?;
        reader.ids_or("village", 0, &mut self.person.village)?;
        reader.days("birth_date", &mut self.birth);
        reader.small_or("sex", 0, &mut self.person.sex);
        reader.truths_or("alive", true, &mut self.person.alive);
        self.columns(TableKind::Person, batch)
    }

    /// Adds rows of `families` (docs/DATA.md §4).
    ///
    /// # Errors
    /// When `family_id` is absent or a column has another type.
    pub fn families(&mut self, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let reader = Reader::new("families", batch);
        reader.ids("family_id", &mut self.family.id)?;
        reader.ids_or("village", 0, &mut self.family.village)?;
        reader.ids_or("head_person_id", 0, &mut self.head_ids)?;
        self.columns(TableKind::Family, batch)
    }

    fn columns(&mut self, kind: TableKind, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let table = match kind {
            TableKind::Person => &mut self.frame.persons,
            TableKind::Family => &mut self.frame.families,
        };
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let known = self.schema.field(kind, field.name());
            if known.is_ok_and(|f| !f.derived) {
                push_column(&mut table.columns, field.name(), array, table.rows)?;
            }
        }
        table.rows += batch.num_rows();
        Ok(self)
    }

    /// Adds rows of `scores` (docs/DATA.md §4).
    ///
    /// # Errors
    /// When `family_id`, `decile` or `score` is absent.
    pub fn scores(&mut self, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let reader = Reader::new("scores", batch);
        let before = self.score_ids.len();
        reader.ids("family_id", &mut self.score_ids)?;
        let s = &mut self.scores;
        reader.small_or("decile", 0, &mut s.decile);
        reader.small_or("unranked_reason", 0, &mut s.unranked);
        reader.reals("score", &mut s.score)?;
        reader.reals_or_nan("se", &mut s.se);
        reader.reals_or_nan("national_rank", &mut s.rank);
        reader.reals_or_nan("p_decile_1_4", &mut s.p_1_4);
        reader.reals_or_nan("p_decile_1_5", &mut s.p_1_5);
        for name in ["decile_province", "stays_of_10"] {
            if let Some(array) = batch.column_by_name(name) {
                push_column(&mut self.score_columns, name, array, before)?;
            }
        }
        Ok(self)
    }

    /// Adds rows of `rolls` (docs/DATA.md §4).
    ///
    /// # Errors
    /// When a column is absent or has another type.
    pub fn rolls(&mut self, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let reader = Reader::new("rolls", batch);
        let programmes = reader.texts("programme")?;
        let (mut records, mut persons, mut families) = (Vec::new(), Vec::new(), Vec::new());
        reader.ids_or("record", 0, &mut records)?;
        reader.ids("person_id", &mut persons)?;
        reader.ids("family_id", &mut families)?;
        let (mut since, mut status) = (Vec::new(), Vec::new());
        reader.days("since", &mut since);
        reader.small_or("status", roll_status::ACTIVE, &mut status);
        for (i, programme) in programmes.into_iter().enumerate() {
            self.roll_rows.push(RollRow {
                programme,
                record: records[i],
                person: persons[i],
                family: families[i],
                since: since[i],
                status: status[i],
            });
        }
        Ok(self)
    }

    /// Adds flags of outside checks: `person_id`, `flag` (for example `gambling`).
    ///
    /// # Errors
    /// When a column is absent.
    pub fn flags(&mut self, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let reader = Reader::new("flags", batch);
        let mut persons = Vec::new();
        reader.ids("person_id", &mut persons)?;
        self.flag_rows.extend(persons.into_iter().zip(reader.texts("flag")?));
        Ok(self)
    }

    /// Adds rows of `contributions` (docs/DATA.md §4), needed only to simulate other weights.
    ///
    /// # Errors
    /// When `family_id` or `base` is absent or a column is not `Int32`.
    pub fn contributions(&mut self, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let reader = Reader::new("contributions", batch);
        reader.ids("family_id", &mut self.contribution_ids)?;
        reader.points("base", &mut self.contributions.base)?;
        let names: Vec<String> = batch
            .schema_ref()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .filter(|n| n != "family_id" && n != "base")
            .collect();
        for name in names {
            let list = &mut self.contributions.points;
            let index = list.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
                list.push((name.clone(), Vec::new()));
                list.len() - 1
            });
            reader.points(&name, &mut list[index].1)?;
        }
        Ok(self)
    }

    /// Adds names of regions: `region`, `name`.
    ///
    /// # Errors
    /// When a column is absent.
    pub fn regions(&mut self, batch: &RecordBatch) -> Result<&mut Self, TargetError> {
        let reader = Reader::new("regions", batch);
        let mut codes = Vec::new();
        reader.ids("region", &mut codes)?;
        let names = codes.into_iter().zip(reader.texts("name")?);
        Arc::make_mut(&mut self.frame.region_names).extend(names);
        Ok(self)
    }

    /// Joins everything and adds the derived columns.
    ///
    /// # Errors
    /// When ids are not ascending or tables do not belong together.
    pub fn finish(mut self) -> Result<Frame, TargetError> {
        ascending("persons.person_id", &self.person.id)?;
        ascending("families.family_id", &self.family.id)?;
        self.ages();
        self.join_families();
        self.join_scores();
        self.join_contributions();
        self.frame.person = Arc::new(std::mem::take(&mut self.person));
        self.frame.family = Arc::new(std::mem::take(&mut self.family));
        self.frame.regroup();
        self.join_rolls();
        self.join_flags();
        self.frame.derive_families();
        Ok(self.frame)
    }

    fn ages(&mut self) {
        let day = self.frame.day();
        let age = |&born: &i32| {
            if born == NO_DAY {
                return NO_SMALL;
            }
            u8::try_from(Date::from_days(born).age_on(day).clamp(0, 254)).unwrap_or(NO_SMALL)
        };
        self.person.age = self.birth.iter().map(age).collect();
        let ages = Column::Small(self.person.age.clone());
        self.frame.persons.columns.insert("age".into(), Arc::new(ages));
        self.birth = Vec::new();
    }

    fn join_families(&mut self) {
        let families = Index::new(&self.family.id);
        let mut last = (0u64, NO_ROW);
        self.person.family = self
            .person_family
            .iter()
            .map(|&id| {
                if id != last.0 {
                    last = (id, families.row(id));
                }
                last.1
            })
            .collect();
        self.person_family = Vec::new();
        let persons = Index::new(&self.person.id);
        self.family.head = self.head_ids.iter().map(|&id| persons.row(id)).collect();
    }

    fn join_scores(&mut self) {
        let mut family = std::mem::take(&mut self.family);
        self.score_onto(&mut family);
        let index = Index::new(&self.score_ids);
        let rows: Vec<u32> = family.id.iter().map(|&id| index.row(id)).collect();
        for (name, column) in std::mem::take(&mut self.score_columns) {
            let values = rows.iter().map(|&r| match column.as_ref() {
                Column::Small(v) => v.get(r as usize).copied().unwrap_or(NO_SMALL),
                _ => NO_SMALL,
            });
            let column = Arc::new(Column::Small(values.collect()));
            self.frame.families.columns.insert(name, column);
        }
        self.family = family;
    }

    /// Writes the collected scores into `family`; families without one are unranked. Returns how
    /// many were found.
    pub(crate) fn score_onto(&self, family: &mut FamilyCore) -> usize {
        let index = Index::new(&self.score_ids);
        let s = &self.scores;
        let row = |&id: &u64| Some(index.row(id)).filter(|r| *r != NO_ROW).map(|r| r as usize);
        let rows: Vec<Option<usize>> = family.id.iter().map(row).collect();
        // An unranked family has no place in an order of need, whatever a model would say of it.
        let ranked = |r: &Option<usize>| r.filter(|&r| s.decile[r] > 0);
        let real = |from: &[f64]| -> Vec<f64> {
            rows.iter().map(|r| ranked(r).map_or(f64::NAN, |r| from[r])).collect()
        };
        let unvisited = kernel::UnrankedReason::NotVisited.code();
        family.decile = rows.iter().map(|r| r.map_or(0, |r| s.decile[r])).collect();
        family.unranked = rows.iter().map(|r| r.map_or(unvisited, |r| s.unranked[r])).collect();
        family.score = real(&s.score);
        family.se = real(&s.se);
        family.rank = real(&s.rank);
        family.p_1_4 = real(&s.p_1_4);
        family.p_1_5 = real(&s.p_1_5);
        rows.iter().flatten().count()
    }

    fn join_contributions(&mut self) {
        if self.contribution_ids.is_empty() {
            return;
        }
        let index = Index::new(&self.contribution_ids);
        let rows: Vec<u32> = self.family.id.iter().map(|&id| index.row(id)).collect();
        let take = |from: &[i32]| -> Vec<i32> {
            rows.iter().map(|&r| if r == NO_ROW { 0 } else { from[r as usize] }).collect()
        };
        let points = self.contributions.points.iter().map(|(n, v)| (n.clone(), take(v))).collect();
        let base = take(&self.contributions.base);
        self.frame.contributions = Some(Arc::new(Contributions { base, points }));
    }

    fn join_rolls(&mut self) {
        let frame = &mut self.frame;
        let (persons, families) = (Index::new(&frame.person.id), Index::new(&frame.family.id));
        let (n, m) = (frame.person.id.len(), frame.family.id.len());
        for row in std::mem::take(&mut self.roll_rows) {
            let roll = self.rolls.entry(row.programme).or_insert_with(|| Roll {
                persons: vec![0; n],
                families: vec![0; m],
                person_since: vec![NO_DAY; n],
                family_since: vec![NO_DAY; m],
                ..Roll::default()
            });
            let person = persons.row(row.person);
            let mut family = families.row(row.family);
            if family == NO_ROW && person != NO_ROW {
                family = frame.person.family[person as usize];
            }
            let active = row.status == roll_status::ACTIVE;
            if person == NO_ROW && active {
                roll.unlinked_persons.push(row.record);
            }
            if family == NO_ROW && active {
                roll.unlinked_families.push(row.record);
            }
            mark(&mut roll.persons, &mut roll.person_since, person, row.status, row.since);
            mark(&mut roll.families, &mut roll.family_since, family, row.status, row.since);
        }
        let rolls = std::mem::take(&mut self.rolls);
        frame.rolls = rolls.into_iter().map(|(name, roll)| (name, Arc::new(roll))).collect();
    }

    fn join_flags(&mut self) {
        let persons = Index::new(&self.frame.person.id);
        let n = self.frame.person.id.len();
        let mut flags: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (person, flag) in std::mem::take(&mut self.flag_rows) {
            let row = persons.row(person);
            if row != NO_ROW {
                flags.entry(flag).or_insert_with(|| vec![0; n])[row as usize] = 1;
            }
        }
        self.frame.flags = flags.into_iter().map(|(name, v)| (name, Arc::new(v))).collect();
    }
}

/// Active wins over cut off; the earliest day counts.
fn mark(status: &mut [u8], since: &mut [i32], row: u32, new: u8, day: i32) {
    let Some(slot) = status.get_mut(row as usize) else { return };
    if *slot == roll_status::NONE || new == roll_status::ACTIVE {
        *slot = new;
    }
    let old = &mut since[row as usize];
    if day != NO_DAY && (*old == NO_DAY || day < *old) {
        *old = day;
    }
}

fn ascending(name: &str, ids: &[u64]) -> Result<(), TargetError> {
    match ids.windows(2).position(|w| w[0] >= w[1]) {
        None => Ok(()),
        Some(at) => Err(TargetError::Data(format!(
            "{name} must ascend without repeats, but row {} does not; rebuild the edition",
            at + 1
        ))),
    }
}
