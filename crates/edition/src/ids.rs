//! Stable numbers: a person or family keeps its id from edition to edition.

use crate::EditionError;
use crate::link::NONE;
use crate::link::tables::People;
use engine::read_table;
use engine::sort::order_by_u64;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::Path;

/// Ids of the people and families of this build, and the row order of the tables.
#[derive(Debug)]
pub struct Ids {
    /// `persons.person_id` by number of this build.
    pub person: Vec<u64>,
    /// `families.family_id` by number of this build.
    pub family: Vec<u64>,
    /// People by ascending id.
    pub person_order: Vec<u32>,
    /// Families by ascending id.
    pub family_order: Vec<u32>,
    /// The first id that no person was ever given.
    pub next_person: u64,
    /// The first id that no family was ever given.
    pub next_family: u64,
}

impl Ids {
    /// The id of a person of this build, 0 for [`NONE`].
    #[must_use]
    pub fn person_id(&self, person: u32) -> u64 {
        if person == NONE { 0 } else { self.person[person as usize] }
    }

    /// The id of a family of this build, 0 for [`NONE`].
    #[must_use]
    pub fn family_id(&self, family: u32) -> u64 {
        if family == NONE { 0 } else { self.family[family as usize] }
    }
}

/// The edition whose ids are carried over.
#[derive(Debug, Default)]
pub struct Parent {
    person_by_nik: FxHashMap<u64, u64>,
    family_by_kk: FxHashMap<u64, u64>,
    family_of_person: FxHashMap<u64, u64>,
    next_person: u64,
    next_family: u64,
}

impl Parent {
    /// Reads the ids of a sealed edition.
    ///
    /// # Errors
    /// When it is absent or damaged.
    pub fn read(edition: &Path) -> Result<Self, EditionError> {
        let p = read_table(&edition.join("persons.parquet"), &["person_id", "family_id", "nik"])?;
        let f = read_table(&edition.join("families.parquet"), &["family_id", "kk"])?;
        let (person, family, nik) =
            (p.u64s("person_id", 0)?, p.u64s("family_id", 0)?, p.u64s("nik", 0)?);
        let (family_id, kk) = (f.u64s("family_id", 0)?, f.u64s("kk", 0)?);
        let next = |ids: &[u64]| ids.iter().max().map_or(1, |max| max + 1);
        let counts = crate::seal::Manifest::read(edition)?.counts;
        Ok(Self {
            next_person: next(&person).max(counts.next_person_id),
            next_family: next(&family_id).max(counts.next_family_id),
            person_by_nik: nik
                .into_iter()
                .zip(person.iter().copied())
                .filter(|x| x.0 != 0)
                .collect(),
            family_by_kk: kk.into_iter().zip(family_id).filter(|x| x.0 != 0).collect(),
            family_of_person: person.into_iter().zip(family).collect(),
        })
    }
}

/// Gives ids. New families are numbered by village, then card; new people by family, then within
/// it by `rank` (head first). `village` and `kk` are per family.
#[must_use]
pub fn assign(
    people: &People,
    family_village: &[u64],
    family_kk: &[u64],
    rank: &[u32],
    parent: Option<&Parent>,
) -> Ids {
    let families = family_kk.len();
    // By card first, then stably by village.
    let by_kk = order_by_u64(family_kk);
    let villages: Vec<u64> = by_kk.iter().map(|f| family_village[*f as usize]).collect();
    let place: Vec<u32> = order_by_u64(&villages).into_iter().map(|i| by_kk[i as usize]).collect();
    let person = carried_people(people, parent);
    let mut family = carried_families(people, family_kk, &person, parent);
    let next_family = fill(&mut family, place.iter().copied(), parent.map_or(1, |p| p.next_family));
    let mut place_of = vec![0; families];
    for (at, f) in place.iter().enumerate() {
        place_of[*f as usize] = at as u64;
    }
    let within: Vec<u64> = (0..people.len())
        .map(|p| place_of[people.family[p] as usize] << 24 | u64::from(rank[p].min(0xFF_FFFF)))
        .collect();
    let mut person = person;
    let next_person =
        fill(&mut person, order_by_u64(&within).into_iter(), parent.map_or(1, |p| p.next_person));
    Ids {
        person_order: order_by_u64(&person),
        family_order: order_by_u64(&family),
        person,
        family,
        next_person,
        next_family,
    }
}

/// Fills the zeros in the given order with new numbers. Returns the next free one.
fn fill(ids: &mut [u64], order: impl Iterator<Item = u32>, mut next: u64) -> u64 {
    for i in order {
        if ids[i as usize] == 0 {
            ids[i as usize] = next;
            next += 1;
        }
    }
    next
}

/// Ids of people whose NIK the parent edition had; 0 for the others.
fn carried_people(people: &People, parent: Option<&Parent>) -> Vec<u64> {
    let Some(parent) = parent else { return vec![0; people.len()] };
    let mut used = FxHashSet::default();
    people
        .nik
        .iter()
        .map(|nik| {
            parent.person_by_nik.get(nik).copied().filter(|id| used.insert(*id)).unwrap_or(0)
        })
        .collect()
}

/// Ids of families whose card the parent had, else of the family most carried members came from.
fn carried_families(
    people: &People,
    family_kk: &[u64],
    person: &[u64],
    parent: Option<&Parent>,
) -> Vec<u64> {
    let Some(parent) = parent else { return vec![0; family_kk.len()] };
    let mut used = FxHashSet::default();
    let mut ids: Vec<u64> = family_kk
        .iter()
        .map(|kk| parent.family_by_kk.get(kk).copied().filter(|id| used.insert(*id)).unwrap_or(0))
        .collect();
    let mut votes: Vec<(u32, u64)> = people
        .family
        .iter()
        .zip(person)
        .filter(|(family, id)| ids[**family as usize] == 0 && **id != 0)
        .filter_map(|(family, id)| Some((*family, *parent.family_of_person.get(id)?)))
        .collect();
    votes.sort_unstable();
    for family in engine::sort::runs(&votes, |v| v.0) {
        let mut counted: Vec<_> = engine::sort::runs(&votes[family.clone()], |v| v.1)
            .map(|r| (r.len(), votes[family.start + r.start].1))
            .collect();
        counted.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        if let Some((_, id)) = counted.into_iter().find(|(_, id)| used.insert(*id)) {
            ids[votes[family.start].0 as usize] = id;
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(nik: &[u64], family: &[u32]) -> People {
        People {
            in_spine: vec![true; nik.len()],
            nik: nik.to_vec(),
            kk: vec![0; nik.len()],
            family: family.to_vec(),
            second_identity: vec![false; nik.len()],
        }
    }

    #[test]
    fn families_by_village_and_card_and_people_within_them() {
        let people = people(&[5, 6, 7], &[1, 0, 1]);
        let ids = assign(&people, &[20, 10], &[300, 400], &[2, 1, 1], None);
        assert_eq!(ids.family, [2, 1]);
        assert_eq!(ids.person, [2, 3, 1]);
        assert_eq!(ids.person_order, [2, 0, 1]);
        assert_eq!((ids.next_person, ids.next_family), (4, 3));
    }

    #[test]
    fn ids_are_carried_over_and_never_given_twice() {
        let parent = Parent {
            person_by_nik: [(5, 50), (6, 60), (7, 70)].into_iter().collect(),
            family_by_kk: [(300, 3)].into_iter().collect(),
            family_of_person: [(50, 9), (60, 9), (70, 3)].into_iter().collect(),
            next_person: 100,
            next_family: 10,
        };
        // Family 0 has a new card; its people came from 9. Family 1 keeps card 300. Person 8 is new.
        let people = people(&[5, 6, 7, 8], &[0, 0, 1, 2]);
        let ids = assign(&people, &[10, 20, 30], &[999, 300, 0], &[1, 2, 1, 1], Some(&parent));
        assert_eq!(ids.person, [50, 60, 70, 100]);
        assert_eq!(ids.family, [9, 3, 10]);
        assert_eq!((ids.next_person, ids.next_family), (101, 11));
    }
}
