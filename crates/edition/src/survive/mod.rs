//! Which of several sources' values stands, with where it came from.

pub mod data;
pub mod feed;

use crate::EditionError;
use crate::config::{Rule, Take};
use crate::link::NONE;
use crate::records::NO_DATE;
use data::{Data, Shape};
use engine::Texts;
use feed::{Feed, NO_PROVENANCE};
use instrument::Unit;
use std::collections::BTreeMap;

/// The values of one variable for all people or families.
#[derive(Debug, Clone)]
pub struct Survived {
    /// The variable's key.
    pub key: String,
    /// Its columns.
    pub columns: Vec<(String, Data)>,
    /// Provenance of each row's values, 0 when there are none.
    pub from: Vec<u16>,
}

impl Survived {
    /// A column of the variable.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Data> {
        self.columns.iter().find(|c| c.0 == name).map(|c| &c.1)
    }
}

/// The record that stands for each owner: rank (0 none), feed and row.
struct Best {
    rank: Vec<u32>,
    feed: Vec<u8>,
    row: Vec<u32>,
}

/// Where sources speak about one thing and where they do not agree, counted over variables.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// Per owner: (owner, variable) pairs for which a second source has a value, too.
    pub compared: Vec<u8>,
    /// Per owner: those of them where it is another value.
    pub contradicted: Vec<u8>,
    /// Per variable of the unit: owners compared, owners contradicted.
    pub by_variable: BTreeMap<String, (u64, u64)>,
}

impl Agreement {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(owners: usize) -> Self {
        Self {
            compared: vec![0; owners],
            contradicted: vec![0; owners],
            by_variable: BTreeMap::new(),
        }
    }

    /// Adds one variable: per owner 0 (one source), 1 (sources agree) or 2 (they do not).
    fn add(&mut self, key: &str, said: &[u8]) {
        let count = self.by_variable.entry(key.to_owned()).or_default();
        for (owner, said) in said.iter().enumerate().filter(|(_, said)| **said > 0) {
            self.compared[owner] = self.compared[owner].saturating_add(1);
            count.0 += 1;
            if *said == 2 {
                self.contradicted[owner] = self.contradicted[owner].saturating_add(1);
                count.1 += 1;
            }
        }
    }
}

/// Lets the values of one variable compete. `columns` are its columns with their shapes; the
/// number of people or families is that of `agreement`, which learns where sources differ.
///
/// # Errors
/// When a record table is damaged or a column has an unfit type.
pub fn variable(
    key: &str,
    columns: &[(String, Shape)],
    rule: &Rule,
    feeds: &[Feed],
    agreement: &mut Agreement,
) -> Result<Survived, EditionError> {
    let owners = agreement.compared.len();
    let mut best = Best { rank: vec![0; owners], feed: vec![0; owners], row: vec![0; owners] };
    // Per feed, its columns of this variable (`None` for those it does not have).
    let mut held: Vec<Option<Vec<Option<Data>>>> = Vec::with_capacity(feeds.len());
    for (number, feed) in feeds.iter().enumerate() {
        let place = rule.sources.iter().position(|s| *s == feed.table.source);
        let Some(place) = place.filter(|_| columns.iter().any(|c| feed.table.has(&c.0))) else {
            held.push(None);
            continue;
        };
        let data = columns
            .iter()
            .map(|(name, shape)| {
                let wanted = feed.table.has(name);
                wanted.then(|| Data::read(&feed.table, name, *shape)).transpose()
            })
            .collect::<Result<Vec<_>, _>>()?;
        compete(&mut best, number, feed, rule, place, &data);
        held.push(Some(data));
    }
    // Texts are not compared: spelling is the link step's business.
    if columns.iter().any(|(_, shape)| *shape != Shape::Text) {
        agreement.add(key, &compare(&best, rule.unit, feeds, &held));
    }
    let from = (0..owners)
        .map(|o| match best.rank[o] {
            0 => NO_PROVENANCE,
            _ => feeds[usize::from(best.feed[o])].provenance[best.row[o] as usize],
        })
        .collect();
    let columns = columns
        .iter()
        .enumerate()
        .map(|(c, (name, shape))| (name.clone(), gather(&best, &held, c, *shape)))
        .collect();
    Ok(Survived { key: key.to_owned(), columns, from })
}

/// Lets one feed's records compete. On equal rank the earlier record stays.
fn compete(
    best: &mut Best,
    number: usize,
    feed: &Feed,
    rule: &Rule,
    place: usize,
    data: &[Option<Data>],
) {
    let owner_of = feed.owners(rule.unit);
    let trust = rule.trust_days.get(&feed.table.source).copied().unwrap_or(0);
    for (row, owner) in owner_of.iter().enumerate() {
        if *owner == NONE || !feed.counts[row] || !data.iter().flatten().any(|d| d.known(row)) {
            continue;
        }
        let rank = rank(rule.take, place, feed.observed[row], trust);
        let owner = *owner as usize;
        if rank > best.rank[owner] {
            best.rank[owner] = rank;
            best.feed[owner] = number as u8;
            best.row[owner] = row as u32;
        }
    }
}

/// Per owner 0 when one source alone knows the variable, 1 when another says the same, 2 when one
/// says something else than the chosen value.
fn compare(best: &Best, unit: Unit, feeds: &[Feed], held: &[Option<Vec<Option<Data>>>]) -> Vec<u8> {
    let mut said = vec![0; best.rank.len()];
    for (number, (feed, data)) in feeds.iter().zip(held).enumerate() {
        let Some(data) = data else { continue };
        for (row, owner) in feed.owners(unit).iter().enumerate() {
            let o = *owner as usize;
            if *owner == NONE || !feed.counts[row] || best.rank[o] == 0 {
                continue;
            }
            let chosen = usize::from(best.feed[o]);
            // A source's own earlier rows are its history, not a second opinion.
            if chosen == number || feeds[chosen].table.source == feed.table.source {
                continue;
            }
            let Some(winner) = &held[chosen] else { continue };
            let pairs = || {
                let both = data.iter().zip(winner).filter_map(|(a, b)| a.as_ref().zip(b.as_ref()));
                both.filter(|(a, _)| !matches!(a, Data::Text(_)))
            };
            let at = best.row[o] as usize;
            if pairs().any(|(a, b)| a.differs(row, b, at)) {
                said[o] = 2;
            } else if said[o] == 0 && pairs().any(|(a, b)| a.known(row) && b.known(at)) {
                said[o] = 1;
            }
        }
    }
    said
}

/// The rank of a record, at least 1: by place then day, or by day then place.
fn rank(take: Take, place: usize, observed: i32, trust: i32) -> u32 {
    let place = 255 - place.min(254) as u32;
    let day = if observed == NO_DATE { 0 } else { observed.saturating_add(trust).clamp(0, 0xFFFF) };
    match take {
        Take::First => place << 16 | day as u32,
        Take::Newest => (day as u32) << 8 | place,
    }
}

/// The chosen values of one column, an owner each.
fn gather(best: &Best, held: &[Option<Vec<Option<Data>>>], column: usize, shape: Shape) -> Data {
    let owners = best.rank.len();
    let source = |o: usize| -> Option<&Data> {
        if best.rank[o] == 0 {
            return None;
        }
        held[usize::from(best.feed[o])].as_ref()?[column].as_ref()
    };
    if shape == Shape::Text {
        let mut texts = Texts::with_capacity(owners, 12);
        for o in 0..owners {
            match source(o) {
                Some(Data::Text(held)) => texts.push(held.get(best.row[o] as usize)),
                _ => texts.push(""),
            }
        }
        return Data::Text(texts);
    }
    let mut out = Data::unknown(shape, owners);
    for o in 0..owners {
        if let Some(held) = source(o) {
            out.copy(o, held, best.row[o] as usize);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_goes_by_place_and_newest_by_day() {
        let day = |text: &str| text.parse::<kernel::Date>().unwrap().days();
        let (old, new) = (day("2022-05-01"), day("2026-05-01"));
        assert!(rank(Take::First, 0, old, 0) > rank(Take::First, 1, new, 0));
        assert!(rank(Take::First, 0, new, 0) > rank(Take::First, 0, old, 0));
        assert!(rank(Take::Newest, 1, new, 0) > rank(Take::Newest, 0, old, 0));
        assert!(rank(Take::Newest, 0, new, 0) > rank(Take::Newest, 1, new, 0));
        assert!(rank(Take::Newest, 1, old, 2_000) > rank(Take::Newest, 0, new, 0));
        assert!(rank(Take::First, 300, NO_DATE, 0) > 0);
    }
}
