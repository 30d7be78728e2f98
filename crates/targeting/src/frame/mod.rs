//! `Frame`: an edition's persons and families as columns in memory, loaded once, asked many times.

mod arrow;
mod build;
mod column;
mod derive;
mod folder;
mod index;

pub use build::FrameBuilder;
pub use column::{Column, NO_DAY, NO_MEDIUM, NO_SMALL};
pub(crate) use folder::each;
pub use folder::load;

use crate::schema::TableKind;
use kernel::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The family row of a person without a family.
pub const NO_ROW: u32 = u32::MAX;

/// Standing of a unit on a roll.
pub mod roll_status {
    /// Never on it.
    pub const NONE: u8 = 0;
    /// Receives it now.
    pub const ACTIVE: u8 = 1;
    /// Was cut off.
    pub const CUT_OFF: u8 = 2;
}

/// Who is on one programme's roll, by person row and by family row.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// [`roll_status`] per person.
    pub persons: Vec<u8>,
    /// [`roll_status`] per family: active when any of its rows is.
    pub families: Vec<u8>,
    /// Day since when, per person; [`NO_DAY`] unknown.
    pub person_since: Vec<i32>,
    /// Day since when, per family.
    pub family_since: Vec<i32>,
    /// Active rows that belong to no person of the edition: their record numbers.
    pub unlinked_persons: Vec<u64>,
    /// Active rows that belong to no family of the edition.
    pub unlinked_families: Vec<u64>,
}

/// One table: named columns of equal length.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub(crate) columns: BTreeMap<String, Arc<Column>>,
    pub(crate) rows: usize,
}

impl Table {
    /// Rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The column `name`, if the edition has it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name).map(Arc::as_ref)
    }
}

/// The columns every list needs, by person row.
#[derive(Debug, Clone, Default)]
pub struct PersonCore {
    /// Ids, ascending.
    pub id: Vec<u64>,
    /// Row of the family, [`NO_ROW`] without one.
    pub family: Vec<u32>,
    /// Village code, 0 unknown.
    pub village: Vec<u64>,
    /// 1 male, 2 female, 0 unknown.
    pub sex: Vec<u8>,
    /// Full years on the edition's day; 255 unknown.
    pub age: Vec<u8>,
    /// False when dead.
    pub alive: Vec<bool>,
}

/// The columns every list needs, by family row.
#[derive(Debug, Clone, Default)]
pub struct FamilyCore {
    /// Ids, ascending.
    pub id: Vec<u64>,
    /// Village code, 0 unknown.
    pub village: Vec<u64>,
    /// Person row of the head, [`NO_ROW`] without one.
    pub head: Vec<u32>,
    /// 1 to 10, 0 unranked.
    pub decile: Vec<u8>,
    /// 0 ranked, else `kernel::UnrankedReason`.
    pub unranked: Vec<u8>,
    /// Estimated log consumption; NaN unranked.
    pub score: Vec<f64>,
    /// Its standard error.
    pub se: Vec<f64>,
    /// Share of people ranked poorer, 0 to 1; NaN unranked.
    pub rank: Vec<f64>,
    /// Probability that the true decile is 1 to 4; NaN unknown.
    pub p_1_4: Vec<f64>,
    /// Probability that the true decile is 1 to 5; NaN unknown.
    pub p_1_5: Vec<f64>,
}

/// Score contributions by family row, for simulating other weights.
#[derive(Debug, Clone, Default)]
pub struct Contributions {
    /// Points of the base (1/10,000 of log consumption).
    pub base: Vec<i32>,
    /// Variable name and points per family.
    pub points: Vec<(String, Vec<i32>)>,
}

/// An edition in memory. A clone shares all columns, so another model's scores cost only themselves.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The day ages are counted on.
    pub as_of: Option<Date>,
    /// Columns of persons that rules may name.
    pub persons: Table,
    /// Columns of families that rules may name.
    pub families: Table,
    /// Fixed person columns.
    pub person: Arc<PersonCore>,
    /// Fixed family columns.
    pub family: Arc<FamilyCore>,
    /// Rolls by programme.
    pub rolls: BTreeMap<String, Arc<Roll>>,
    /// Flags by name: 1 where set, by person row.
    pub flags: BTreeMap<String, Arc<Vec<u8>>>,
    /// Contributions, when loaded.
    pub contributions: Option<Arc<Contributions>>,
    /// Region names by code, when loaded.
    pub region_names: Arc<BTreeMap<u64, String>>,
    /// A missing column counts as unknown instead of being an error (worked examples).
    pub lenient: bool,
    member_start: Arc<Vec<u32>>,
    member_rows: Arc<Vec<u32>>,
}

impl Frame {
    /// Person rows of the living members of family `row`.
    #[must_use]
    pub fn members(&self, row: usize) -> &[u32] {
        let (Some(&from), Some(&to)) = (self.member_start.get(row), self.member_start.get(row + 1))
        else {
            return &[];
        };
        &self.member_rows[from as usize..to as usize]
    }

    /// Person rows of the living members of families `from..to`, family after family.
    pub(crate) fn members_of_range(&self, from: usize, to: usize) -> &[u32] {
        let start = self.member_start.get(from).copied().unwrap_or(0) as usize;
        let end = self.member_start.get(to).copied().unwrap_or(0) as usize;
        self.member_rows.get(start..end).unwrap_or(&[])
    }

    /// The table of a kind.
    #[must_use]
    pub const fn table(&self, kind: TableKind) -> &Table {
        match kind {
            TableKind::Person => &self.persons,
            TableKind::Family => &self.families,
        }
    }

    /// The day ages are counted on, or 1970-01-01 when none was set.
    #[must_use]
    pub fn day(&self) -> Date {
        self.as_of.unwrap_or(Date::from_days(0))
    }

    /// Rows of a unit.
    #[must_use]
    pub fn rows(&self, unit: TableKind) -> usize {
        match unit {
            TableKind::Person => self.person.id.len(),
            TableKind::Family => self.family.id.len(),
        }
    }

    /// Family row of a unit's row, if it has one.
    #[must_use]
    pub fn family_of(&self, unit: TableKind, row: usize) -> Option<usize> {
        match unit {
            TableKind::Family => Some(row),
            TableKind::Person => {
                self.person.family.get(row).filter(|f| **f != NO_ROW).map(|f| *f as usize)
            }
        }
    }

    /// Village code of a unit's row: the family's, or the person's own without a family.
    #[must_use]
    pub fn village_of(&self, unit: TableKind, row: usize) -> u64 {
        match self.family_of(unit, row) {
            Some(family) => self.family.village[family],
            None => self.person.village.get(row).copied().unwrap_or(0),
        }
    }

    /// Decile and unranked reason of a unit's row (0 and 1 without a family).
    #[must_use]
    pub fn standing_of(&self, unit: TableKind, row: usize) -> (u8, u8) {
        self.family_of(unit, row)
            .map_or((0, 1), |f| (self.family.decile[f], self.family.unranked[f]))
    }

    /// The person row that stands for a unit's row: itself, or the head of the family.
    #[must_use]
    pub fn face_of(&self, unit: TableKind, row: usize) -> Option<usize> {
        match unit {
            TableKind::Person => Some(row),
            TableKind::Family => {
                self.family.head.get(row).filter(|h| **h != NO_ROW).map(|h| *h as usize)
            }
        }
    }
}
