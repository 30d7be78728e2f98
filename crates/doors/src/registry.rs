//! What the doors need of the current edition: who somebody is, names, recorded values. Read from
//! the shelf, one family at a time.

use crate::page::Trouble;
use crate::state::Doors;
use crate::words;
use instrument::Unit;
use kernel::{Date, FamilyId, Nik, PersonId, Region};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::blob::{self, Layout, Record};
use store::{Query, StoreError, params};

/// A family as the edition holds it.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    pub id: FamilyId,
    pub village: Region,
    pub village_name: String,
    pub head: String,
    pub members: usize,
    pub place: String,
    pub decile: u8,
    record: Record,
    people: Vec<Record>,
}

impl Family {
    /// The recorded value of a column of the family, in words.
    pub fn value(&self, doors: &Doors, column: &str) -> Option<String> {
        let code = self.record.int(column)?;
        let label = u8::try_from(code)
            .ok()
            .and_then(|code| doors.instrument().code_label(Unit::Family, column, code, "id"));
        Some(label.map_or_else(|| code.to_string(), str::to_owned))
    }

    /// The name of one of its people.
    pub fn person_name(&self, person: u64) -> String {
        let found = self.people.iter().find(|p| p.int("person_id") == Some(person as i64));
        found.and_then(|p| p.text("name")).map_or_else(|| self.head.clone(), words::name)
    }

    /// True when this person belongs to the family and was born on that day.
    pub fn has(&self, person: u64, born: Date) -> bool {
        self.people.iter().any(|p| {
            p.int("person_id") == Some(person as i64)
                && p.int("birth_date") == Some(i64::from(born.days()))
        })
    }
}

/// Facts of an edition that every family needs: how a body is laid out, and names of places. An
/// edition never changes, so they are read once; a work list of fifty families asks for them often.
#[derive(Default)]
pub(crate) struct Known(Mutex<Facts>);

#[derive(Default)]
struct Facts {
    edition: u32,
    layout: Option<Arc<Layout>>,
    names: BTreeMap<u64, String>,
    families: BTreeMap<u64, Arc<Family>>,
}

/// Families kept in memory, opened: those of the work lists that are looked at now.
const FAMILIES_MAX: usize = 4_096;

impl Known {
    /// The facts of this edition; those of another one are forgotten.
    fn of(&self, edition: u32) -> MutexGuard<'_, Facts> {
        let mut facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if facts.edition != edition {
            *facts = Facts { edition, ..Facts::default() };
        }
        facts
    }
}

fn layout(doors: &Doors, edition: u32) -> Result<Option<Arc<Layout>>, Trouble> {
    if let Some(known) = &doors.shelf().of(edition).layout {
        return Ok(Some(Arc::clone(known)));
    }
    let sql = "SELECT body FROM fact WHERE name = 'layout'";
    let row = doors
        .work()
        .store()
        .read_edition::<_, StoreError>(edition, |reader| reader.query_opt(sql, params![]))?;
    let Some(row) = row else { return Ok(None) };
    let layout: Layout = serde_json::from_str(&row.get::<String>("body")?)
        .map_err(|e| Trouble::Fault(format!("layout of the edition: {e}")))?;
    let layout = Arc::new(layout);
    doors.shelf().of(edition).layout = Some(Arc::clone(&layout));
    Ok(Some(layout))
}

/// A family of the current edition.
pub(crate) fn family(doors: &Doors, id: FamilyId) -> Result<Option<Family>, Trouble> {
    let store = doors.work().store();
    let Some(edition) = store.current_edition()? else { return Ok(None) };
    if let Some(known) = doors.shelf().of(edition.number).families.get(&id.get()) {
        return Ok(Some(Family::clone(known)));
    }
    let found = read_family(doors, edition.number, id)?;
    if let Some(found) = &found {
        let mut facts = doors.shelf().of(edition.number);
        if facts.families.len() >= FAMILIES_MAX {
            facts.families.clear();
        }
        facts.families.insert(id.get(), Arc::new(found.clone()));
    }
    Ok(found)
}

fn read_family(doors: &Doors, edition: u32, id: FamilyId) -> Result<Option<Family>, Trouble> {
    let store = doors.work().store();
    let Some(layout) = layout(doors, edition)? else { return Ok(None) };
    let sql = "SELECT body FROM family WHERE family_id = $1";
    let row = store.read_edition::<_, StoreError>(edition, |reader| {
        reader.query_opt(sql, params![id.get()])
    })?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Vec<u8> = row.get("body")?;
    let plain = doors.work().vault().open(&format!("family.body|{}", id.get()), &sealed)?;
    let mut body = blob::unpack(&layout, &plain)?;
    let Some(record) = body.remove("family").and_then(|mut rows| rows.pop()) else {
        return Ok(None);
    };
    let people = body.remove("person").unwrap_or_default();
    let village = record.int("village").and_then(|code| Region::from_number(code as u64).ok());
    let Some(village) = village else { return Ok(None) };
    let village_name = region_name(doors, edition, village)?;
    let head = record.int("head_person_id");
    let head = people.iter().find(|p| p.int("person_id") == head).or(people.first());
    let part = |column: &str, word: &str| record.text(column).map(|text| format!("{word}{text}"));
    let place = [part("hamlet", ""), part("rt", "RT "), part("rw", "RW ")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ");
    let decile = body
        .get("score")
        .and_then(|rows| rows.first())
        .and_then(|score| score.int("decile"))
        .unwrap_or(0);
    Ok(Some(Family {
        id,
        village,
        village_name,
        head: head
            .and_then(|p| p.text("name"))
            .map_or_else(|| "Keluarga tanpa nama".to_owned(), words::name),
        members: people.len(),
        place: if place.is_empty() { "alamat belum tercatat".to_owned() } else { place },
        decile: u8::try_from(decile).unwrap_or(0),
        record,
        people,
    }))
}

/// Some family, as if it had been looked for.
pub(crate) fn any(doors: &Doors) -> Result<(), Trouble> {
    let store = doors.work().store();
    let Some(edition) = store.current_edition()? else { return Ok(()) };
    let row = store.read_edition::<_, StoreError>(edition.number, |reader| {
        reader.query_opt("SELECT family_id FROM family LIMIT 1", params![])
    })?;
    if let Some(row) = row {
        family(doors, FamilyId::new(row.get("family_id")?))?;
    }
    Ok(())
}

fn region_name(doors: &Doors, edition: u32, region: Region) -> Result<String, Trouble> {
    if let Some(known) = doors.shelf().of(edition).names.get(&region.number()) {
        return Ok(known.clone());
    }
    let sql = "SELECT name FROM region WHERE region = $1";
    let row = doors
        .work()
        .store()
        .read_edition::<_, StoreError>(edition, |reader| reader.query_opt(sql, params![region]))?;
    let name = row.map(|row| row.get::<String>("name")).transpose()?;
    let name = name.unwrap_or_else(|| region.to_string());
    doors.shelf().of(edition).names.insert(region.number(), name.clone());
    Ok(name)
}

/// Who this is, by NIK and date of birth. None says nothing about which of the two is wrong.
pub(crate) fn identify(
    doors: &Doors,
    nik: Nik,
    born: Date,
) -> Result<Option<(Family, PersonId)>, Trouble> {
    for (person, family) in by_nik(doors, nik)? {
        if let Some(found) = self::family(doors, family)?
            && found.has(person.get(), born)
        {
            return Ok(Some((found, person)));
        }
    }
    Ok(None)
}

/// People and families with this NIK in the current edition.
pub(crate) fn by_nik(doors: &Doors, nik: Nik) -> Result<Vec<(PersonId, FamilyId)>, Trouble> {
    let store = doors.work().store();
    let Some(edition) = store.current_edition()? else { return Ok(Vec::new()) };
    let index = doors.work().vault().nik_index(nik);
    let sql = "SELECT person_id, family_id FROM person_key WHERE nik_index = $1 ORDER BY person_id";
    let rows = store.read_edition::<_, StoreError>(edition.number, |reader| {
        reader.query(sql, params![index])
    })?;
    rows.iter()
        .map(|row| Ok((PersonId::new(row.get("person_id")?), FamilyId::new(row.get("family_id")?))))
        .collect()
}
