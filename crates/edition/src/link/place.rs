//! The head of a family by name and place, for records that carry nothing else (electricity
//! customers mostly): a name that only one living head of the same neighbourhood bears.

use crate::link::NONE;
use crate::link::agree::{Level, names};
use engine::Texts;
use engine::sort::{order_by_u64, runs};
use kernel::chance::mix;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Where rows stand: village and, within it, RT and RW as written.
#[derive(Debug, Default)]
pub struct Places {
    /// Kemendagri code, 0 when unknown.
    pub village: Vec<u64>,
    /// RT, empty when unknown.
    pub rt: Texts,
    /// RW, empty when unknown.
    pub rw: Texts,
}

impl Places {
    /// Adds row `row` of `other`.
    pub fn push_from(&mut self, other: &Self, row: usize) {
        self.village.push(other.village[row]);
        self.rt.push(other.rt.get(row));
        self.rw.push(other.rw.get(row));
    }

    /// The key of a row's neighbourhood, or `None` when it is not known down to the RT.
    fn key(&self, row: usize) -> Option<u64> {
        let (rt, rw) = (number(self.rt.get(row))?, number(self.rw.get(row)).unwrap_or(0));
        (self.village[row] != 0).then(|| mix(self.village[row] ^ mix(rt * 1_000 + rw)) | 1)
    }
}

/// RT and RW as numbers: `003`, `3` and `RT 3` are the same.
fn number(text: &str) -> Option<u64> {
    let mut digits = text.bytes().filter(u8::is_ascii_digit).peekable();
    digits.peek()?;
    Some(digits.take(6).fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}

/// Living heads by neighbourhood.
#[derive(Debug)]
pub struct Heads {
    people: Vec<u32>,
    names: Texts,
    spans: FxHashMap<u64, Range<u32>>,
}

impl Heads {
    /// `heads[i]` is a person who lives at `places` row `i` and is called `name(i)`.
    #[must_use]
    pub fn new<'a>(heads: &[u32], places: &Places, name: impl Fn(usize) -> &'a str) -> Self {
        let keys: Vec<u64> = (0..heads.len()).map(|i| places.key(i).unwrap_or(0)).collect();
        let order = order_by_u64(&keys);
        let mut out = Self { people: Vec::new(), names: Texts::new(), spans: FxHashMap::default() };
        for range in runs(&order, |i| keys[*i as usize]) {
            let key = keys[order[range.start] as usize];
            if key != 0 {
                out.spans.insert(key, range.start as u32..range.end as u32);
            }
        }
        for i in order {
            out.people.push(heads[i as usize]);
            out.names.push(name(i as usize));
        }
        out
    }

    /// The only head of a neighbourhood with this name: letter for letter, or failing that a
    /// compatible one (initials, a slip).
    fn find(&self, key: u64, name: &str) -> u32 {
        let Some(span) = self.spans.get(&key).filter(|_| !name.is_empty()) else { return NONE };
        let span = span.start as usize..span.end as usize;
        only(span.clone().filter(|i| self.names.get(*i) == name))
            .or_else(|| only(span.filter(|i| names(self.names.get(*i), name) >= Level::Compatible)))
            .map_or(NONE, |i| self.people[i])
    }

    /// The head that each row names, or [`NONE`].
    #[must_use]
    pub fn of_rows(&self, rows: &[u32], name: &Texts, places: &Places) -> Vec<u32> {
        rows.par_iter()
            .map(|row| {
                let row = *row as usize;
                places.key(row).map_or(NONE, |key| self.find(key, name.get(row)))
            })
            .collect()
    }
}

/// The only item of an iterator.
fn only(mut items: impl Iterator<Item = usize>) -> Option<usize> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Texts {
        let mut out = Texts::new();
        items.iter().for_each(|t| out.push(t));
        out
    }

    #[test]
    fn one_of_a_name_is_found_and_two_are_not() {
        let village = 5_201_012_001;
        let places = Places {
            village: vec![village; 4],
            rt: texts(&["001", "001", "001", "002"]),
            rw: texts(&["01", "01", "01", "01"]),
        };
        let called = ["AHMAD FAUZI", "BUDI", "BUDI", "BUDI"];
        let heads = Heads::new(&[10, 11, 12, 13], &places, |i| called[i]);
        let asked = Places {
            village: vec![village; 4],
            rt: texts(&["1", "RT 1", "2", ""]),
            rw: texts(&["1", "1", "1", "1"]),
        };
        let names = texts(&["A FAUZI", "BUDI", "BUDI", "BUDI"]);
        assert_eq!(heads.of_rows(&[0, 1, 2, 3], &names, &asked), [10, NONE, 13, NONE]);
    }
}
