//! The families of an edition as the model reads them: their own columns, and the features made
//! from their people.

use super::{Inputs, REGENCY, from_engine};
use engine::{Table, read_table};
use kernel::Date;
use ranking::features::{self, People};
use ranking::{Columns, Data, RankError};

/// The families of the edition with everything a model may ask for.
pub(super) struct Families {
    pub(super) id: Vec<u64>,
    pub(super) size: Vec<u16>,
    pub(super) village: Vec<u64>,
    pub(super) visited: Vec<bool>,
    /// Whether any living member stands in the civil register.
    pub(super) in_register: Vec<bool>,
    pub(super) columns: Columns,
}

pub(super) fn families(inputs: &Inputs<'_>) -> Result<Families, RankError> {
    let table = read_table(&inputs.edition.join("families.parquet"), &[]).map_err(from_engine)?;
    let id = table.u64s("family_id", 0).map_err(from_engine)?;
    let size = table.u16s("member_count", 0).map_err(from_engine)?;
    let visited = table.dates("visited_date", i32::MIN).map_err(from_engine)?;
    let village = table.u64s("village", 0).map_err(from_engine)?;
    let mut columns = columns_of(&table)?;
    columns.set(REGENCY, regencies(&village))?;
    let mut families = Families {
        in_register: vec![false; id.len()],
        visited: visited.iter().map(|d| *d != i32::MIN).collect(),
        id,
        size,
        village,
        columns,
    };
    drop(table);
    add_people(inputs, &mut families)?;
    Ok(families)
}

/// The number columns of a table.
pub(super) fn columns_of(table: &Table) -> Result<Columns, RankError> {
    let mut out = Columns::new(table.rows());
    let parts: Vec<Columns> =
        table.batches().iter().map(Columns::from_batch).collect::<Result<_, _>>()?;
    let Some(first) = parts.first() else { return Ok(out) };
    for name in first.names() {
        if name.ends_with("_from") || name.ends_with("_id") || name == "kk" {
            continue;
        }
        let pieces: Vec<&Data> = parts.iter().filter_map(|p| p.get(name)).collect();
        out.set(name, joined(&pieces))?;
    }
    Ok(out)
}

/// Pieces of one column, one after the other.
fn joined(pieces: &[&Data]) -> Data {
    macro_rules! join {
        ($kind:ident) => {
            Data::$kind(
                pieces
                    .iter()
                    .flat_map(|p| match p {
                        Data::$kind(v) => v.as_slice(),
                        _ => &[],
                    })
                    .copied()
                    .collect(),
            )
        };
    }
    match pieces.first() {
        Some(Data::U8(_)) => join!(U8),
        Some(Data::U16(_)) => join!(U16),
        Some(Data::I32(_)) => join!(I32),
        Some(Data::U64(_)) => join!(U64),
        _ => join!(F64),
    }
}

/// Regency codes of villages (or of codes that are regencies already).
pub(super) fn regencies(village: &[u64]) -> Data {
    let regency = |code: &u64| match code {
        1_000_000_000.. => code / 1_000_000,
        100_000.. => code / 100,
        _ => *code,
    };
    Data::U64(village.iter().map(regency).collect())
}

/// Persons' columns that hold a difficulty with something; the worst of them counts.
const DIFFICULTIES: [&str; 9] = [
    "difficulty_seeing",
    "difficulty_hearing",
    "difficulty_walking",
    "difficulty_hands",
    "difficulty_learning",
    "difficulty_behaviour",
    "difficulty_communicating",
    "difficulty_self_care",
    "difficulty_remembering",
];

/// The other columns of persons that features are made from.
const PERSON_COLUMNS: [&str; 16] = [
    "family_id",
    "sex",
    "birth_date",
    "alive",
    "presence",
    "in_spine",
    "relation",
    "marital_status",
    "school_participation",
    "diploma",
    "worked",
    "work_sector",
    "work_status",
    "business_owned",
    "business_turnover",
    "chronic_illness",
];

/// Adds the features that come from the people of each family.
fn add_people(inputs: &Inputs<'_>, families: &mut Families) -> Result<(), RankError> {
    let wanted: Vec<&str> = PERSON_COLUMNS.into_iter().chain(DIFFICULTIES).collect();
    let p = read_table(&inputs.edition.join("persons.parquet"), &wanted).map_err(from_engine)?;
    let codes = |name: &str| p.u8s(name, u8::MAX).map_err(from_engine);
    let people = People {
        family: &members(&p, families)?,
        relation: &codes("relation")?,
        age: &ages(&p, inputs.as_of)?,
        sex: &codes("sex")?,
        marital_status: &codes("marital_status")?,
        school_participation: &codes("school_participation")?,
        diploma: &codes("diploma")?,
        worked: &codes("worked")?,
        work_sector: &codes("work_sector")?,
        work_status: &codes("work_status")?,
        business_owned: &codes("business_owned")?,
        business_turnover: &codes("business_turnover")?,
        difficulty: &worst_difficulty(&p)?,
        chronic_illness: &codes("chronic_illness")?,
    };
    features::derive(&people, &mut families.columns)
}

/// The row of each person's family (`u32::MAX` for those who are no members); notes which families
/// have a living member in the civil register.
fn members(p: &Table, families: &mut Families) -> Result<Vec<u32>, RankError> {
    let alive = p.bools("alive", true).map_err(from_engine)?;
    let in_spine = p.bools("in_spine", false).map_err(from_engine)?;
    let presence = p.u8s("presence", u8::MAX).map_err(from_engine)?;
    let family_id = p.u64s("family_id", 0).map_err(from_engine)?;
    let mut family = Vec::with_capacity(alive.len());
    for (i, id) in family_id.iter().enumerate() {
        // The dead, those who moved away and those abroad are no members.
        let lives_here = alive[i] && !matches!(presence[i], 2..=4);
        // Families are ordered by id.
        let row = families.id.binary_search(id).ok().filter(|_| lives_here);
        let row = row.map_or(u32::MAX, |row| row as u32);
        if row != u32::MAX && in_spine[i] {
            families.in_register[row as usize] = true;
        }
        family.push(row);
    }
    Ok(family)
}

/// Whole years on `as_of`; 255 where the birth date is not known.
fn ages(p: &Table, as_of: Date) -> Result<Vec<u8>, RankError> {
    let age = |day: &i32| match *day {
        i32::MIN => u8::MAX,
        day => Date::from_days(day).age_on(as_of).clamp(0, 120) as u8,
    };
    Ok(p.dates("birth_date", i32::MIN).map_err(from_engine)?.iter().map(age).collect())
}

/// The least code (the worst difficulty) of every person; 255 without an answer.
fn worst_difficulty(p: &Table) -> Result<Vec<u8>, RankError> {
    let mut worst = vec![u8::MAX; p.rows()];
    for name in DIFFICULTIES {
        for (least, code) in worst.iter_mut().zip(p.u8s(name, u8::MAX).map_err(from_engine)?) {
            *least = (*least).min(code);
        }
    }
    Ok(worst)
}
