//! Sums of cells, and the two rates.

use super::count::Cell;
use std::collections::BTreeMap;

/// Counts of some cells together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// On the roll, and eligible.
    pub listed_eligible: u64,
    /// On the roll, not eligible.
    pub listed_ineligible: u64,
    /// Eligible, not on the roll.
    pub unlisted_eligible: u64,
    /// Neither.
    pub unlisted_ineligible: u64,
}

/// Shares, 0 to 1; none when there is nobody to count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Eligible but not on the roll, of all eligible.
    pub undercoverage: Option<f64>,
    /// Not eligible, of all on the roll.
    pub leakage: Option<f64>,
}

impl Total {
    /// Adds a cell.
    pub fn add(&mut self, cell: &Cell) {
        self.listed_eligible += u64::from(cell.listed_eligible);
        self.listed_ineligible += u64::from(cell.listed_ineligible);
        self.unlisted_eligible += u64::from(cell.unlisted_eligible);
        self.unlisted_ineligible += u64::from(cell.unlisted_ineligible);
    }

    /// On the roll.
    #[must_use]
    pub const fn listed(&self) -> u64 {
        self.listed_eligible + self.listed_ineligible
    }

    /// Not on the roll.
    #[must_use]
    pub const fn unlisted(&self) -> u64 {
        self.unlisted_eligible + self.unlisted_ineligible
    }

    /// Eligible by the rules.
    #[must_use]
    pub const fn eligible(&self) -> u64 {
        self.listed_eligible + self.unlisted_eligible
    }

    /// Undercoverage and leakage against the rules.
    #[must_use]
    pub fn rates(&self) -> Rates {
        Rates {
            undercoverage: share(self.unlisted_eligible, self.eligible()),
            leakage: share(self.listed_ineligible, self.listed()),
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Totals of `cells` by any key, in the order of the keys.
pub fn totals<K: Ord>(cells: &[Cell], key: impl Fn(&Cell) -> K) -> BTreeMap<K, Total> {
    let mut out: BTreeMap<K, Total> = BTreeMap::new();
    for cell in cells {
        out.entry(key(cell)).or_default().add(cell);
    }
    out
}

impl Rates {
    /// The headline against the cut alone: left out within deciles 1 to `cut`, and seats outside
    /// them (unranked included), whatever other rule holds.
    #[must_use]
    pub fn by_decile(cells: &[Cell], cut: u8) -> Self {
        let within = |c: &Cell| c.decile >= 1 && c.decile <= cut;
        let by = totals(cells, within);
        let inside = by.get(&true).copied().unwrap_or_default();
        let outside = by.get(&false).copied().unwrap_or_default();
        Self {
            undercoverage: share(inside.unlisted(), inside.listed() + inside.unlisted()),
            leakage: share(outside.listed(), inside.listed() + outside.listed()),
        }
    }
}
