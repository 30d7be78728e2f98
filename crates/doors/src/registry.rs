//! What the doors need of the current edition: who somebody is, names, recorded values. Read from
//! the shelf, one family at a time.

use crate::page::Trouble;
use crate::state::Doors;
use crate::words;
use instrument::Unit;
use kernel::{Date, FamilyId, Nik, PersonId, Region};
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

/// A family of the current edition.
pub(crate) fn family(doors: &Doors, id: FamilyId) -> Result<Option<Family>, Trouble> {
    let store = doors.work().store();
    let Some(edition) = store.current_edition()? else { return Ok(None) };
    let found = store.read_edition::<_, StoreError>(edition.number, |reader| {
        let layout = reader.query_opt("SELECT body FROM fact WHERE name = 'layout'", params![])?;
        let body =
            reader.query_opt("SELECT body FROM family WHERE family_id = $1", params![id.get()])?;
        let (Some(layout), Some(body)) = (layout, body) else { return Ok(None) };
        Ok(Some((layout.get::<String>("body")?, body.get::<Vec<u8>>("body")?)))
    })?;
    let Some((layout, sealed)) = found else { return Ok(None) };
    let layout: Layout = serde_json::from_str(&layout)
        .map_err(|e| Trouble::Fault(format!("layout of the edition: {e}")))?;
    let plain = doors.work().vault().open(&format!("family.body|{}", id.get()), &sealed)?;
    let mut body = blob::unpack(&layout, &plain)?;
    let Some(record) = body.remove("family").and_then(|mut rows| rows.pop()) else {
        return Ok(None);
    };
    let people = body.remove("person").unwrap_or_default();
    let village = record.int("village").and_then(|code| Region::from_number(code as u64).ok());
    let Some(village) = village else { return Ok(None) };
    let village_name = region_name(doors, edition.number, village)?;
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
    let sql = "SELECT name FROM region WHERE region = $1";
    let row = doors
        .work()
        .store()
        .read_edition::<_, StoreError>(edition, |reader| reader.query_opt(sql, params![region]))?;
    Ok(row.map(|row| row.get::<String>("name")).transpose()?.unwrap_or_else(|| region.to_string()))
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
