//! Persons with numbers that stay, and what happened to them.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Number of a person that a record does not have yet.
const NOBODY: u32 = 0;

/// The person of each record. The records of a person form a ring.
#[derive(Default)]
pub(super) struct Persons {
    of: Vec<u32>,
    next: Vec<u32>,
    last: u32,
}

/// What happened to a person that was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// All its records belong to another person now.
    Merged,
    /// Its records belong to several persons now.
    Split,
}

/// One line of `events.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The batch that brought it.
    pub batch: u32,
    /// What happened.
    pub event: Happened,
    /// To whom.
    pub person: u32,
    /// The persons that hold its records now.
    pub into: Vec<u32>,
    /// Records whose person changed, each with its new person.
    pub moved: Vec<(u32, u32)>,
}

/// Who holds the records of a known person now, and which records moved.
type Now = (BTreeSet<u32>, Vec<(u32, u32)>);

impl Persons {
    /// Makes room for records without a person.
    pub(super) fn grow(&mut self, records: usize) {
        let from = self.of.len() as u32;
        self.of.resize(records, NOBODY);
        self.next.extend(from..records as u32);
    }

    /// The person of a record.
    pub(super) fn of(&self, record: u32) -> u32 {
        self.of[record as usize]
    }

    /// How many numbers were given.
    pub(super) fn given(&self) -> u32 {
        self.last
    }

    /// The records of a record's person, itself first.
    pub(super) fn with(&self, record: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(record), move |at| {
            Some(self.next[*at as usize]).filter(|next| *next != record)
        })
    }

    /// True when some records are all the records of one person.
    pub(super) fn is(&self, group: &[u32]) -> bool {
        let person = self.of(group[0]);
        person != NOBODY
            && group.iter().all(|record| self.of(*record) == person)
            && self.with(group[0]).count() == group.len()
    }

    /// Gives each group of records (which hold whole persons together) its number, and tells what
    /// happened to known persons. A group keeps the number that most of its records had; of equals,
    /// and when two groups want the same, the older number and the earlier group win.
    pub(super) fn assign(&mut self, groups: &[Vec<u32>], batch: u32) -> Vec<Event> {
        let mut claims: Vec<(std::cmp::Reverse<usize>, u32, usize)> = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
            for record in group.iter().filter(|r| self.of(**r) != NOBODY) {
                *counts.entry(self.of(*record)).or_default() += 1;
            }
            claims.extend(counts.iter().map(|(old, n)| (std::cmp::Reverse(*n), *old, at)));
        }
        claims.sort_unstable();
        let mut number = vec![NOBODY; groups.len()];
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        for (_, old, at) in claims {
            if number[at] == NOBODY && taken.insert(old) {
                number[at] = old;
            }
        }
        let mut now: BTreeMap<u32, Now> = BTreeMap::new();
        for (at, group) in groups.iter().enumerate() {
            if number[at] == NOBODY {
                self.last += 1;
                number[at] = self.last;
            }
            for (place, &record) in group.iter().enumerate() {
                let old = std::mem::replace(&mut self.of[record as usize], number[at]);
                self.next[record as usize] = group[(place + 1) % group.len()];
                if old != NOBODY {
                    let (into, moved) = now.entry(old).or_default();
                    into.insert(number[at]);
                    if old != number[at] {
                        moved.push((record, number[at]));
                    }
                }
            }
        }
        let changed = now.into_iter().filter(|(_, (_, moved))| !moved.is_empty());
        changed
            .map(|(person, (into, moved))| {
                let event = if into.len() == 1 { Happened::Merged } else { Happened::Split };
                Event { batch, event, person, into: into.into_iter().collect(), moved }
            })
            .collect()
    }

    /// Puts back what was stored: the persons that a batch's records had when they came.
    pub(super) fn restore(&mut self, first: u32, persons: &[u32]) {
        self.grow(first as usize + persons.len());
        self.of[first as usize..].copy_from_slice(persons);
        self.last = persons.iter().copied().fold(self.last, u32::max);
    }

    /// After the last [`Persons::restore`]: what happened since, in order, and the rings. (An event
    /// moves only records of earlier batches.)
    pub(super) fn close(&mut self, events: &[Event]) {
        for &(record, person) in events.iter().flat_map(|e| &e.moved) {
            self.of[record as usize] = person;
        }
        self.last = events.iter().flat_map(|e| &e.into).copied().fold(self.last, u32::max);
        let mut latest = vec![u32::MAX; self.last as usize + 1];
        for record in 0..self.of.len() as u32 {
            self.next[record as usize] = record;
            let latest = &mut latest[self.of[record as usize] as usize];
            if *latest != u32::MAX {
                self.next[record as usize] = self.next[*latest as usize];
                self.next[*latest as usize] = record;
            }
            *latest = record;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_through_merge_and_split() {
        let mut persons = Persons::default();
        persons.grow(5);
        assert!(persons.assign(&[vec![0, 1], vec![2], vec![3, 4]], 1).is_empty());
        assert_eq!((0..5).map(|r| persons.of(r)).collect::<Vec<_>>(), [1, 1, 2, 3, 3]);
        let merged = persons.assign(&[vec![2, 0, 1]], 2);
        assert_eq!((merged[0].event, merged[0].person), (Happened::Merged, 2));
        assert_eq!(merged[0].moved, [(2, 1)]);
        let split = persons.assign(&[vec![2], vec![0, 1]], 3);
        assert_eq!((split[0].event, split[0].person), (Happened::Split, 1));
        assert_eq!((persons.of(0), persons.of(1), persons.of(2)), (1, 1, 4));
        let mut ring: Vec<u32> = persons.with(4).collect();
        ring.sort_unstable();
        assert_eq!(ring, [3, 4]);
        let mut again = Persons::default();
        again.restore(0, &[1, 1, 2, 3, 3]);
        again.close(&[merged, split].concat());
        assert_eq!((again.of, again.last), (persons.of.clone(), 4));
        assert_eq!(again.next[0], 1);
    }
}
