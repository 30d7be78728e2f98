//! The pre-aggregated counts of a region, summed for charts, with small cells hidden.

use crate::format::share;
use std::collections::BTreeMap;
use store::{Query, Reader, Row, StoreError, params};

/// A cell with fewer families than this is not shown to the public.
pub const FAMILIES_MIN: u64 = 5;

/// Counts: listed and eligible, listed only, eligible only, neither.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    /// In the programme's unit.
    pub units: [u64; 4],
    /// In families.
    pub families: [u64; 4],
}

/// Deciles 0 (unranked) to 10.
pub type Deciles = [Cell; 11];

/// All counts of one region and programme.
#[derive(Debug, Default)]
pub struct Meter {
    /// By decile.
    pub deciles: Deciles,
    /// By band × 2 + (0 man, 1 woman).
    pub ages: BTreeMap<u64, Cell>,
    /// By cause.
    pub causes: BTreeMap<u64, Cell>,
}

/// A count with the number of families behind it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// In the programme's unit.
    pub units: u64,
    /// In families.
    pub families: u64,
}

impl Count {
    fn add(&mut self, cell: &Cell, four: usize) {
        self.units += cell.units[four];
        self.families += cell.families[four];
    }

    /// True when it may be shown: nobody, or enough families.
    #[must_use]
    pub const fn open(self) -> bool {
        self.units == 0 || self.families >= FAMILIES_MIN
    }
}

/// A region's counts as the meter of targeting errors.
#[derive(Debug, Clone, Copy, Default)]
pub struct Summary {
    /// Eligible and on the roll.
    pub hit: Count,
    /// Eligible, not on the roll: undercoverage.
    pub missed: Count,
    /// Within the deciles, not on the roll, and not eligible for another reason.
    pub other: Count,
    /// On the roll, above the deciles: leakage.
    pub leaked: Count,
    /// On the roll and within the deciles, but not eligible for another reason.
    pub leaked_within: Count,
    /// Above the deciles and not on the roll.
    pub rest: Count,
    /// On the roll without a decile.
    pub unranked_listed: Count,
    /// Without a decile and not on the roll.
    pub unranked: Count,
}

impl Summary {
    /// Sums deciles 0 to 10 for a programme meant for deciles 1 to `cut`.
    #[must_use]
    pub fn of(deciles: &Deciles, cut: usize) -> Self {
        let mut sum = Self::default();
        for (decile, cell) in deciles.iter().enumerate() {
            let (unranked, within) = (decile == 0, (1..=cut).contains(&decile));
            for four in 0..4 {
                let count = match (four, unranked, within) {
                    (0 | 1, true, _) => &mut sum.unranked_listed,
                    (_, true, _) => &mut sum.unranked,
                    (0, _, true) => &mut sum.hit,
                    (1, _, true) => &mut sum.leaked_within,
                    (2, _, true) => &mut sum.missed,
                    (_, _, true) => &mut sum.other,
                    (0 | 1, _, false) => &mut sum.leaked,
                    _ => &mut sum.rest,
                };
                count.add(cell, four);
            }
        }
        sum
    }

    /// Share of the eligible who are not on the roll.
    #[must_use]
    pub fn exclusion(&self) -> f64 {
        share(self.missed.units, self.missed.units + self.hit.units)
    }

    /// Everybody on the roll.
    #[must_use]
    pub const fn listed(&self) -> u64 {
        self.hit.units + self.leaked.units + self.leaked_within.units + self.unranked_listed.units
    }

    /// Share of the roll that is above the deciles.
    #[must_use]
    pub fn inclusion(&self) -> f64 {
        share(self.leaked.units, self.listed())
    }

    /// Everybody within the deciles.
    #[must_use]
    pub const fn within(&self) -> u64 {
        self.hit.units + self.missed.units + self.other.units + self.leaked_within.units
    }

    /// Share of everybody within the deciles who is not on the roll, for whatever reason.
    #[must_use]
    pub fn uncovered(&self) -> f64 {
        share(self.missed.units + self.other.units, self.within())
    }
}

const COUNTS: &str = "listed_eligible, listed_ineligible, unlisted_eligible, unlisted_ineligible,
    listed_eligible_families, listed_ineligible_families, unlisted_eligible_families,
    unlisted_ineligible_families";

/// The eight counts that start at column `from`.
fn cell(row: &Row, from: usize) -> Result<Cell, StoreError> {
    let mut cell = Cell::default();
    for four in 0..4 {
        cell.units[four] = row.at(from + four)?;
        cell.families[four] = row.at(from + 4 + four)?;
    }
    Ok(cell)
}

/// Reads the counts of one region.
///
/// # Errors
/// When the edition cannot be read.
pub fn meter(reader: &mut Reader<'_>, region: u64, programme: &str) -> Result<Meter, StoreError> {
    let sql =
        format!("SELECT dimension, key, {COUNTS} FROM meter WHERE region = $1 AND programme = $2");
    let mut meter = Meter::default();
    for row in reader.query(&sql, params![region, programme])? {
        let (dimension, key): (String, u64) = (row.at(0)?, row.at(1)?);
        let counts = cell(&row, 2)?;
        match dimension.as_str() {
            "decile" => meter.deciles[(key as usize).min(10)] = counts,
            "age" => drop(meter.ages.insert(key, counts)),
            _ => drop(meter.causes.insert(key, counts)),
        }
    }
    Ok(meter)
}

/// Reads the counts by decile of every region one level below.
///
/// # Errors
/// When the edition cannot be read.
pub fn children(
    reader: &mut Reader<'_>,
    parent: u64,
    programme: &str,
) -> Result<BTreeMap<u64, Deciles>, StoreError> {
    let sql = format!(
        "SELECT m.region, m.key, {COUNTS} FROM region r JOIN meter m ON m.region = r.region
         WHERE r.parent = $1 AND m.programme = $2 AND m.dimension = 'decile'"
    );
    let mut out: BTreeMap<u64, Deciles> = BTreeMap::new();
    for row in reader.query(&sql, params![parent, programme])? {
        let key: u64 = row.at(1)?;
        out.entry(row.at(0)?).or_default()[(key as usize).min(10)] = cell(&row, 2)?;
    }
    Ok(out)
}

/// Reads the counts by decile of every region two levels below.
///
/// # Errors
/// When the edition cannot be read.
pub fn grandchildren(
    reader: &mut Reader<'_>,
    region: u64,
    programme: &str,
) -> Result<BTreeMap<u64, Deciles>, StoreError> {
    let sql = format!(
        "SELECT m.region, m.key, {COUNTS} FROM region p JOIN region r ON r.parent = p.region
         JOIN meter m ON m.region = r.region
         WHERE p.parent = $1 AND m.programme = $2 AND m.dimension = 'decile'"
    );
    let mut out: BTreeMap<u64, Deciles> = BTreeMap::new();
    for row in reader.query(&sql, params![region, programme])? {
        let key: u64 = row.at(1)?;
        out.entry(row.at(0)?).or_default()[(key as usize).min(10)] = cell(&row, 2)?;
    }
    Ok(out)
}

/// Which of a column's counts are hidden: those with too few families and, when that is only one,
/// the next smallest too (a single gap could be filled from the total).
#[must_use]
pub fn hidden(column: &[Count]) -> Vec<bool> {
    let mut gaps: Vec<bool> = column.iter().map(|count| !count.open()).collect();
    if gaps.iter().filter(|gap| **gap).count() == 1 {
        let next = (0..column.len())
            .filter(|at| !gaps[*at] && column[*at].units > 0)
            .min_by_key(|at| column[*at].families);
        if let Some(at) = next {
            gaps[at] = true;
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_counted_once() {
        let mut deciles = Deciles::default();
        for (at, cell) in deciles.iter_mut().enumerate() {
            cell.units = [1, 2, 4, 8].map(|n| n << at);
        }
        let sum = Summary::of(&deciles, 5);
        let all = [
            sum.hit,
            sum.missed,
            sum.other,
            sum.leaked,
            sum.leaked_within,
            sum.rest,
            sum.unranked_listed,
            sum.unranked,
        ];
        assert_eq!(all.iter().map(|c| c.units).sum::<u64>(), 15 * ((1 << 11) - 1));
        assert_eq!(sum.hit.units, 0b11_1110);
        assert_eq!(sum.unranked_listed.units, 3);
        assert_eq!(sum.within() + sum.leaked.units + sum.rest.units, 15 * ((1 << 11) - 2));
    }

    #[test]
    fn a_single_gap_gets_company() {
        let count = |families| Count { units: families * 3, families };
        let check = |column: &[u64], want: &[bool]| {
            let column: Vec<Count> = column.iter().map(|f| count(*f)).collect();
            assert_eq!(hidden(&column), want);
        };
        check(&[5, 6, 0], &[false, false, false]);
        check(&[4, 6, 9, 0], &[true, true, false, false]);
        check(&[4, 1, 9], &[true, true, false]);
        check(&[4], &[true]);
    }
}
