//! Invented people to try the demo with: heads of families of the village in which the demo's
//! officials work. The store holds no NIK, so they are read from the edition's folder.

use crate::failure::Failure;
use engine::read_table;
use kernel::{Date, Nik};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Most people that are written.
const MOST: usize = 30;

/// Somebody who can report and be found.
pub struct Somebody {
    nik: Nik,
    born: Date,
    name: String,
    family: u64,
    decile: u8,
}

impl Somebody {
    /// `NIK 5202… born 1987-04-23 (decile 6)`.
    pub fn line(&self) -> String {
        let nik = self.nik.expose();
        format!("NIK {nik:016} born {} (decile {}, {})", self.born, self.decile, self.name)
    }
}

/// Heads of ranked families of a village, highest decile first; also written to `target` as CSV.
pub fn write(edition: &Path, village: u64, target: &Path) -> Result<Vec<Somebody>, Failure> {
    let people = heads(edition, village)?;
    let mut text = "nik,birth_date,name,family_id,decile\n".to_owned();
    for one in &people {
        let _ = writeln!(
            text,
            "{:016},{},{},{},{}",
            one.nik.expose(),
            one.born,
            one.name,
            one.family,
            one.decile
        );
    }
    engine::disk::write_file(target, text.as_bytes()).map_err(Failure::work)?;
    Ok(people)
}

fn heads(edition: &Path, village: u64) -> Result<Vec<Somebody>, Failure> {
    let read = |file: &str, columns: &[&str]| {
        read_table(&edition.join(file), columns).map_err(Failure::work)
    };
    let scores = read("scores.parquet", &["family_id", "decile"])?;
    let ids = scores.u64s("family_id", 0).map_err(Failure::work)?;
    let deciles = scores.u8s("decile", 0).map_err(Failure::work)?;
    let decile: BTreeMap<u64, u8> = ids.into_iter().zip(deciles).filter(|p| p.1 > 0).collect();
    let columns = ["family_id", "nik", "name", "birth_date", "village", "alive", "relation"];
    let persons = read("persons.parquet", &columns)?;
    let family = persons.u64s("family_id", 0).map_err(Failure::work)?;
    let nik = persons.u64s("nik", 0).map_err(Failure::work)?;
    let born = persons.dates("birth_date", i32::MIN).map_err(Failure::work)?;
    let villages = persons.u64s("village", 0).map_err(Failure::work)?;
    let alive = persons.bools("alive", true).map_err(Failure::work)?;
    let relation = persons.u8s("relation", 0).map_err(Failure::work)?;
    let names = persons.texts("name").map_err(Failure::work)?;
    let mut people = Vec::new();
    for (row, name) in names.iter().enumerate() {
        let is_head = villages[row] == village && alive[row] && relation[row] == 1;
        let (Some(decile), true) = (decile.get(&family[row]), is_head && born[row] != i32::MIN)
        else {
            continue;
        };
        let Ok(nik) = Nik::from_number(nik[row]) else { continue };
        people.push(Somebody {
            nik,
            born: Date::from_days(born[row]),
            name: name.to_owned(),
            family: family[row],
            decile: *decile,
        });
    }
    people.sort_by_key(|one| (std::cmp::Reverse(one.decile), one.family));
    people.truncate(MOST);
    Ok(people)
}
