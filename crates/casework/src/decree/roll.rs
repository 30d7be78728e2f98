//! The roll of cover of one edition: who is covered by whom, what speaks against it, what holds
//! them. Laid in bulk when an edition is published; never changed afterwards.
//!
//! It is laid piece by piece, each piece a commit of its own that gives way to those somebody waits
//! for. The counts of its cells come last and make it whole: without them nobody reads it, and a
//! load that was cut off is cleared away by the next one.

use crate::error::Result;
use crate::room::Casework;
use std::collections::BTreeMap;
use store::{Query, StoreError, Tx, Value, params};

/// Payers as `cover_roll.segment`.
pub mod segment {
    /// Not covered.
    pub const NONE: i64 = 0;
    /// Paid by the state.
    pub const PBI_JK: i64 = 1;
    /// Paid by the local government.
    pub const PBPU_PEMDA: i64 = 2;
    /// Paid by the employer.
    pub const PPU: i64 = 3;
    /// Paid by the member.
    pub const SELF_PAID: i64 = 4;
}

/// Bits of `cover_roll.marks`.
pub mod mark {
    /// Registered as a wage earner.
    pub const WAGE_EARNER: i64 = 1;
    /// Registered as a self-payer.
    pub const SELF_PAYER: i64 = 2;
    /// Dead.
    pub const DEAD: i64 = 4;
    /// Not found.
    pub const NOT_FOUND: i64 = 8;
    /// Stands there twice.
    pub const DUPLICATE: i64 = 16;
    /// Moved abroad.
    pub const ABROAD: i64 = 32;
}

/// Bits of `cover_roll.hold`.
pub mod hold {
    /// Chronically ill.
    pub const CHRONIC: i64 = 1;
    /// Catastrophically ill (dialysis, cancer, heart).
    pub const CATASTROPHIC: i64 = 2;
    /// A baby.
    pub const BABY: i64 = 4;
    /// Pregnant.
    pub const PREGNANT: i64 = 8;
}

/// One person of the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverRow {
    /// The person.
    pub person: u64,
    /// The family.
    pub family: u64,
    /// The village, as a region number.
    pub village: u64,
    /// The family's decile, 0 unranked.
    pub decile: u8,
    /// The payer ([`segment`]).
    pub segment: i64,
    /// What speaks against it ([`mark`]).
    pub marks: i64,
    /// What holds them ([`hold`]).
    pub hold: i64,
}

/// Rows of one statement.
pub(super) const ROWS: usize = 90;
/// Rows of one commit.
pub(super) const PIECE: usize = 9_000;
/// Rolls that no decree was made from are kept for this many editions.
const KEPT: u32 = 2;

/// Inserts rows of `width` values many at a time: one statement per [`ROWS`] rows, so that neither
/// database makes a round trip per row. `after` ends the statement (`ON CONFLICT …`, or nothing).
pub(super) fn insert_many(
    tx: &mut Tx<'_>,
    into: &str,
    width: usize,
    after: &str,
    rows: impl Iterator<Item = std::result::Result<Vec<Value>, StoreError>>,
) -> std::result::Result<u64, StoreError> {
    let statement = |count: usize| {
        let row = |at: usize| {
            let marks: Vec<String> = (1..=width).map(|i| format!("${}", at * width + i)).collect();
            format!("({})", marks.join(", "))
        };
        let rows: Vec<String> = (0..count).map(row).collect();
        format!("INSERT INTO {into} VALUES {} {after}", rows.join(", "))
    };
    let full = statement(ROWS);
    let (mut values, mut all) = (Vec::with_capacity(ROWS * width), 0);
    for row in rows {
        values.extend(row?);
        if values.len() == ROWS * width {
            all += tx.execute(&full, &values)?;
            values.clear();
        }
    }
    if !values.is_empty() {
        all += tx.execute(&statement(values.len() / width), &values)?;
    }
    Ok(all)
}

/// Village, payer, decile, marks and holds of a cell.
type Cell = (u64, i64, u8, i64, i64);

/// A roll that is being laid. Dropped without [`CoverLoad::finish`], nobody ever reads it.
#[derive(Debug)]
pub struct CoverLoad {
    work: Casework,
    edition: u32,
    waiting: Vec<CoverRow>,
    cells: BTreeMap<Cell, u64>,
    people: u64,
}

impl CoverLoad {
    /// Adds rows.
    ///
    /// # Errors
    /// When the store fails, or a person stands there already.
    pub fn add(&mut self, rows: &[CoverRow]) -> Result<()> {
        for row in rows {
            let cell = (row.village, row.segment, row.decile, row.marks, row.hold);
            *self.cells.entry(cell).or_default() += 1;
            self.waiting.push(*row);
            if self.waiting.len() == PIECE {
                self.write()?;
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let (edition, rows) = (self.edition, std::mem::take(&mut self.waiting));
        self.people += rows.len() as u64;
        self.work.write(move |tx, _| {
            let values = rows.iter().map(|row| {
                Ok(vec![
                    edition.into(),
                    row.person.into(),
                    row.family.into(),
                    row.village.into(),
                    row.decile.into(),
                    row.segment.into(),
                    row.marks.into(),
                    row.hold.into(),
                ])
            });
            let into =
                "cover_roll (edition, person_id, family_id, village, decile, segment, marks, hold)";
            insert_many(tx, into, 8, "", values)?;
            Ok(())
        })
    }

    /// Makes the roll whole: from now on it is read. Returns how many people stand on it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn finish(mut self) -> Result<u64> {
        self.write()?;
        let (edition, cells) = (self.edition, std::mem::take(&mut self.cells));
        self.work.write(move |tx, _| {
            let values = cells.iter().map(|((village, segment, decile, marks, hold), people)| {
                Ok(vec![
                    edition.into(),
                    (*village).into(),
                    (*segment).into(),
                    (*decile).into(),
                    (*marks).into(),
                    (*hold).into(),
                    (*people).into(),
                ])
            });
            let into = "cover_cell (edition, village, segment, decile, marks, hold, people)";
            insert_many(tx, into, 7, "", values)?;
            Ok(())
        })?;
        self.work.clear_old_rolls(edition)?;
        Ok(self.people)
    }
}

impl Casework {
    /// Begins to lay the roll of an edition; none when it lies there whole already.
    ///
    /// # Errors
    /// When the store fails.
    pub fn begin_cover(&self, edition: u32) -> Result<Option<CoverLoad>> {
        if self.has_cover(edition)? {
            return Ok(None);
        }
        let work = self.patient();
        work.clear_roll(edition)?;
        let (waiting, cells) = (Vec::with_capacity(PIECE), BTreeMap::new());
        Ok(Some(CoverLoad { work, edition, waiting, cells, people: 0 }))
    }

    /// Lays the roll of an edition, once: what is there already stays. Returns how many people.
    ///
    /// # Errors
    /// When the store fails.
    pub fn load_cover(&self, edition: u32, rows: &[CoverRow]) -> Result<u64> {
        let Some(mut load) = self.begin_cover(edition)? else { return Ok(0) };
        load.add(rows)?;
        load.finish()
    }

    /// True when the roll of an edition is there, whole.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_cover(&self, edition: u32) -> Result<bool> {
        let sql = "SELECT edition FROM cover_cell WHERE edition = $1 LIMIT 1";
        let row = self.store.read::<_, StoreError>(|r| r.query_opt(sql, params![edition]))?;
        Ok(row.is_some())
    }

    /// Rolls behind the last editions that no decree was made from: nothing can ask for them again.
    fn clear_old_rolls(&self, edition: u32) -> Result<()> {
        let sql = "SELECT DISTINCT edition FROM cover_cell WHERE edition + $2 <= $1
                   AND edition NOT IN (SELECT edition FROM decree)";
        let old = self.store.read::<_, StoreError>(|r| r.query(sql, params![edition, KEPT]))?;
        for row in old {
            let old: u32 = row.get("edition")?;
            // The cells first: without them the roll is no longer read.
            self.write(move |tx, _| {
                Ok(tx.execute("DELETE FROM cover_cell WHERE edition = $1", params![old])?)
            })?;
            self.clear_roll(old)?;
        }
        Ok(())
    }

    /// Removes the rows of a roll that is not read, piece by piece.
    fn clear_roll(&self, edition: u32) -> Result<()> {
        loop {
            let gone = self.write(move |tx, _| {
                let sql = "DELETE FROM cover_roll WHERE edition = $1 AND person_id <=
                           (SELECT MAX(person_id) FROM (SELECT person_id FROM cover_roll WHERE edition = $1
                            ORDER BY person_id LIMIT $2) AS piece)";
                Ok(tx.execute(sql, params![edition, PIECE as u64])?)
            })?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}
