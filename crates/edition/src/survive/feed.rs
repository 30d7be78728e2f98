//! The record tables as survivorship sees them: whose record, of when, with which provenance.

use crate::EditionError;
use crate::config::Survivorship;
use crate::link::tables::read_owners;
use crate::records::{NO_DATE, RecordTable};
use instrument::Unit;
use kernel::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::Path;

/// The provenance number of "no value".
pub const NO_PROVENANCE: u16 = 0;

/// One record table with its owners.
#[derive(Debug)]
pub struct Feed {
    /// The table.
    pub table: RecordTable,
    /// Person of each record.
    pub person: Vec<u32>,
    /// Family of each record.
    pub family: Vec<u32>,
    /// Day the record's values were true, in days.
    pub observed: Vec<i32>,
    /// Provenance of each record.
    pub provenance: Vec<u16>,
    /// Whether the record's values count.
    pub counts: Vec<bool>,
}

impl Feed {
    /// The person or family of each record.
    #[must_use]
    pub fn owners(&self, unit: Unit) -> &[u32] {
        match unit {
            Unit::Person => &self.person,
            Unit::Family => &self.family,
        }
    }
}

/// Where values come from: row `i` describes provenance `i + 1`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provenance {
    /// Source, delivery, day ([`NO_DATE`] for corrections).
    pub rows: Vec<(String, u16, i32)>,
}

impl Provenance {
    /// The provenance number of a new row.
    ///
    /// # Errors
    /// When there are more than 65,535.
    pub fn add(&mut self, source: &str, delivery: u16, day: i32) -> Result<u16, EditionError> {
        self.rows.push((source.to_owned(), delivery, day));
        u16::try_from(self.rows.len()).map_err(|_| {
            EditionError::Input("values come from more than 65,535 (delivery, day) pairs".into())
        })
    }

    /// The day of a provenance number.
    #[must_use]
    pub fn day(&self, number: u16) -> i32 {
        number.checked_sub(1).map_or(NO_DATE, |i| self.rows[usize::from(i)].2)
    }
}

/// Most distinct (delivery, day) pairs kept to the day; above it days become months.
const BY_DAY_MAX: usize = 60_000;

/// Opens all record tables with their owners (written by the link step into `links`).
///
/// # Errors
/// When a table or its links are absent or damaged.
pub fn open(
    tables: &[RecordTable],
    links: &Path,
    rules: &Survivorship,
) -> Result<(Vec<Feed>, Provenance), EditionError> {
    let mut feeds = Vec::with_capacity(tables.len());
    let mut deliveries = Vec::with_capacity(tables.len());
    for table in tables {
        let (person, family) = read_owners(links, table)?;
        let t = table.read(&["delivery", "observed_date"])?;
        deliveries.push(t.u16s("delivery", 0)?);
        let counts = match rules.table(&table.name).values_if {
            Some(condition) if table.has(&condition.column) => {
                let codes = table.read(&[&condition.column])?.whole(&condition.column, u64::MAX)?;
                codes.into_iter().map(|c| condition.codes.contains(&c)).collect()
            }
            _ => vec![true; table.rows],
        };
        let observed = t.dates("observed_date", NO_DATE)?;
        let table = table.clone();
        feeds.push(Feed { table, person, family, observed, provenance: Vec::new(), counts });
    }
    let provenance = number(&mut feeds, &deliveries)?;
    Ok((feeds, provenance))
}

/// Numbers every distinct (source, delivery, day), in that order; by month where days are too many.
fn number(feeds: &mut [Feed], deliveries: &[Vec<u16>]) -> Result<Provenance, EditionError> {
    let distinct = |by_month: bool| -> Vec<Vec<(u16, i32)>> {
        let pairs = feeds.iter().zip(deliveries).map(|(feed, delivery)| {
            let set: FxHashSet<(u16, i32)> = delivery
                .iter()
                .zip(&feed.observed)
                .map(|(d, day)| (*d, kept_day(*day, by_month)))
                .collect();
            let mut list: Vec<_> = set.into_iter().collect();
            list.sort_unstable();
            list
        });
        pairs.collect()
    };
    let mut by_month = false;
    let mut lists = distinct(by_month);
    if lists.iter().map(Vec::len).sum::<usize>() > BY_DAY_MAX {
        by_month = true;
        lists = distinct(by_month);
    }
    let mut provenance = Provenance::default();
    for ((feed, delivery), list) in feeds.iter_mut().zip(deliveries).zip(lists) {
        let mut numbers = FxHashMap::default();
        for (d, day) in list {
            numbers.insert((d, day), provenance.add(&feed.table.source, d, day)?);
        }
        feed.provenance = delivery
            .iter()
            .zip(&feed.observed)
            .map(|(d, day)| numbers.get(&(*d, kept_day(*day, by_month))).copied().unwrap_or(0))
            .collect();
    }
    Ok(provenance)
}

fn kept_day(day: i32, by_month: bool) -> i32 {
    if !by_month || day == NO_DATE {
        return day;
    }
    let (year, month, _) = Date::from_days(day).ymd();
    Date::from_ymd(year, month, 1).map_or(day, Date::days)
}
