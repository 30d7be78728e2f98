//! The roll of health cover of an edition: who pays for whom, what speaks against it, what holds
//! them. Streamed from the edition's persons in order; what a mark or a hold is, the caller says
//! (`config/<country>/decree`), because it is a rule of the country.

use crate::PublishError;
use crate::encode::{numbers, texts};
use crate::facts;
use crate::group::Families;
use arrow_array::RecordBatch;
use engine::{stream_table, table_columns};
use rustc_hash::FxHashSet;
use std::path::Path;

/// The programme whose roll decides who is paid for by the state.
const ROLL: &str = "pbi_jk";
/// Payers of an edition (docs/DATA.md §4) that pay for somebody.
const STATE: u64 = 1;
const SELF_PAID: u64 = 4;
/// Not at work and paying for oneself: another kind of self-payer.
const NOT_AT_WORK: u64 = 5;
const DAYS_OF_A_YEAR: f64 = 365.25;
/// Columns that are made here and stand in no table.
const ROLLS: &str = "rolls";
const AGE: &str = "age";
const FLAG: &str = "flag.";

/// One thing that an edition may say about somebody, and the bit it sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverTest {
    /// A column of `persons.parquet`, or `age`, `rolls`, `flag.NAME`.
    pub column: String,
    /// The codes that set the bit.
    pub is: Vec<u64>,
    /// The bit of `marks`, or 0.
    pub mark: i64,
    /// The bit of `hold`, or 0.
    pub hold: i64,
}

/// One covered person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverPerson {
    /// The person.
    pub person: u64,
    /// The family.
    pub family: u64,
    /// The village, as a region number.
    pub village: u64,
    /// The family's decile, 0 unranked.
    pub decile: u8,
    /// The payer: 1 the state, 2 the local government, 3 the employer, 4 oneself.
    pub segment: i64,
    /// Bits of the tests.
    pub marks: i64,
    /// Bits of the tests.
    pub hold: i64,
}

/// Streams everybody of the edition in `dir` who is covered, in the order of their ids.
///
/// # Errors
/// When a table is missing, a test names a column that is not there, or `take` fails.
pub fn cover(
    dir: &Path,
    tests: &[CoverTest],
    take: &mut dyn FnMut(&[CoverPerson]) -> Result<(), PublishError>,
) -> Result<u64, PublishError> {
    let path = dir.join("persons.parquet");
    let sight = Sight {
        homes: Homes::read(dir)?,
        rolls: rolls(dir)?,
        as_of: i64::from(facts::manifest(dir)?.as_of.days()),
        tests: flagged(dir, tests)?,
    };
    let schema = table_columns(&path)?;
    if let Some(test) = tests.iter().find(|t| !is_made(t) && schema.index_of(&t.column).is_err()) {
        let names = schema.fields().iter().map(|f| f.name().as_str());
        let hint = kernel::suggest::hint(&test.column, names);
        let why = format!("a rule of cover asks for the column `{}`{hint}", test.column);
        return Err(PublishError::document(&path, why));
    }
    let mut columns =
        vec!["person_id", "family_id", "birth_date", "alive", "cover_segment", "cover_active"];
    for test in tests.iter().filter(|t| !is_made(t)) {
        if !columns.contains(&test.column.as_str()) {
            columns.push(&test.column);
        }
    }
    let (mut people, mut out) = (0, Vec::new());
    stream_table::<PublishError>(&path, &columns, |batch| {
        out.clear();
        sight.look(&batch, &mut out)?;
        people += out.len() as u64;
        take(&out)
    })?;
    Ok(people)
}

fn is_made(test: &CoverTest) -> bool {
    test.column == AGE || test.column == ROLLS || test.column.starts_with(FLAG)
}

/// Village and decile of every family.
struct Homes {
    families: Families,
    villages: Vec<u64>,
    deciles: Vec<u8>,
}

impl Homes {
    fn read(dir: &Path) -> Result<Self, PublishError> {
        let (mut ids, mut villages) = (Vec::new(), Vec::new());
        let path = dir.join("families.parquet");
        stream_table::<PublishError>(&path, &["family_id", "village"], |batch| {
            ids.extend(numbers(&batch, "family_id")?);
            villages.extend(numbers(&batch, "village")?);
            Ok(())
        })?;
        let families = Families::new(ids);
        let mut deciles = vec![0; families.len()];
        let path = dir.join("scores.parquet");
        stream_table::<PublishError>(&path, &["family_id", "decile"], |batch| {
            let found = numbers(&batch, "decile")?;
            for (id, decile) in numbers(&batch, "family_id")?.into_iter().zip(found) {
                if let Some(place) = families.place(id) {
                    deciles[place as usize] = decile.min(10) as u8;
                }
            }
            Ok(())
        })?;
        Ok(Self { families, villages, deciles })
    }
}

/// What the payer's roll says: person, times active, times cut off; by person.
fn rolls(dir: &Path) -> Result<Vec<(u64, u8, u8)>, PublishError> {
    let path = dir.join("rolls.parquet");
    let mut rows: Vec<(u64, u8, u8)> = Vec::new();
    if !path.exists() {
        return Ok(rows);
    }
    stream_table::<PublishError>(&path, &["programme", "person_id", "status"], |batch| {
        let programmes = texts(&batch, "programme")?;
        let statuses = numbers(&batch, "status")?;
        for (at, person) in numbers(&batch, "person_id")?.into_iter().enumerate() {
            if person != 0 && programmes.value(at) == ROLL {
                let is_cut = statuses[at] == 2;
                rows.push((person, u8::from(!is_cut), u8::from(is_cut)));
            }
        }
        Ok(())
    })?;
    rows.sort_unstable();
    rows.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
            kept.2 = kept.2.saturating_add(next.2);
        }
        same
    });
    Ok(rows)
}

/// A test, and the people of its flag if it asks for one.
type Flagged = (CoverTest, Option<FxHashSet<u64>>);

/// Each test with the people of its flag.
fn flagged(dir: &Path, tests: &[CoverTest]) -> Result<Vec<Flagged>, PublishError> {
    let empty = |t: &CoverTest| t.column.starts_with(FLAG).then(FxHashSet::default);
    let mut all: Vec<_> = tests.iter().map(|test| (test.clone(), empty(test))).collect();
    let path = dir.join("flags.parquet");
    if !path.exists() {
        return Ok(all);
    }
    stream_table::<PublishError>(&path, &["person_id", "flag"], |batch| {
        let flags = texts(&batch, "flag")?;
        for (at, person) in numbers(&batch, "person_id")?.into_iter().enumerate() {
            for (test, people) in &mut all {
                if let Some(people) = people
                    && test.column.strip_prefix(FLAG) == Some(flags.value(at))
                {
                    people.insert(person);
                }
            }
        }
        Ok(())
    })?;
    Ok(all)
}

/// What is needed to say of a person who pays and which bits are set.
struct Sight {
    homes: Homes,
    rolls: Vec<(u64, u8, u8)>,
    as_of: i64,
    tests: Vec<Flagged>,
}

impl Sight {
    fn look(&self, batch: &RecordBatch, out: &mut Vec<CoverPerson>) -> Result<(), PublishError> {
        let persons = numbers(batch, "person_id")?;
        let families = numbers(batch, "family_id")?;
        let births = numbers(batch, "birth_date")?;
        let actives = numbers(batch, "cover_active")?;
        // A cover that is not active is no cover by that payer.
        let payers: Vec<u64> = numbers(batch, "cover_segment")?
            .into_iter()
            .zip(&actives)
            .map(|(payer, active)| payer * active)
            .collect();
        let columns = self
            .tests
            .iter()
            .map(|(test, _)| match test.column.as_str() {
                "cover_segment" => Ok(payers.clone()),
                _ if is_made(test) => Ok(Vec::new()),
                column => numbers(batch, column),
            })
            .collect::<Result<Vec<_>, _>>()?;
        // The roll is sorted as the persons are: one pass, no search.
        let first = persons.first().copied().unwrap_or(0);
        let mut roll = self.rolls.partition_point(|row| row.0 < first);
        for (at, person) in persons.iter().enumerate() {
            while self.rolls.get(roll).is_some_and(|row| row.0 < *person) {
                roll += 1;
            }
            let (_, on, cut) =
                self.rolls.get(roll).filter(|row| row.0 == *person).copied().unwrap_or((0, 0, 0));
            let Some(segment) = payer(payers[at], on, cut) else { continue };
            let Some(place) = self.homes.families.place(families[at]) else { continue };
            let age = ((self.as_of - births[at] as i64) as f64 / DAYS_OF_A_YEAR).max(0.0) as u64;
            let (mut marks, mut hold) = (0, 0);
            for ((test, people), column) in self.tests.iter().zip(&columns) {
                let value = match people {
                    Some(people) => u64::from(people.contains(person)),
                    None if test.column == AGE => age,
                    None if test.column == ROLLS => u64::from(on),
                    None => column[at],
                };
                if test.is.contains(&value) {
                    (marks, hold) = (marks | test.mark, hold | test.hold);
                }
            }
            out.push(CoverPerson {
                person: *person,
                family: families[at],
                village: self.homes.villages[place as usize],
                decile: self.homes.deciles[place as usize],
                segment,
                marks,
                hold,
            });
        }
        Ok(())
    }
}

/// Who pays: the state for those on its roll, whatever the insurer says (a second payer is a mark
/// against it); the insurer's word for all others. Who was cut from the roll is not the state's.
fn payer(insurer: u64, on: u8, cut: u8) -> Option<i64> {
    let payer = match insurer {
        _ if on > 0 => STATE,
        STATE if cut > 0 => return None,
        NOT_AT_WORK => SELF_PAID,
        STATE..=SELF_PAID => insurer,
        _ => return None,
    };
    i64::try_from(payer).ok()
}

#[cfg(test)]
mod tests {
    use super::payer;

    #[test]
    fn the_roll_goes_before_the_insurer() {
        let check = |insurer, on, cut, expected| assert_eq!(payer(insurer, on, cut), expected);
        check(0, 1, 0, Some(1));
        check(3, 1, 0, Some(1));
        check(1, 0, 1, None);
        check(2, 0, 1, Some(2));
        check(1, 0, 0, Some(1));
        check(5, 0, 0, Some(4));
        check(0, 0, 0, None);
    }
}
