//! The roll of cover of one edition: who is covered by whom, what speaks against it, what holds
//! them. Loaded in bulk when an edition is published; never changed afterwards.

use crate::error::Result;
use crate::room::Casework;
use store::{StoreError, Tx, Value};

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

/// Inserts rows of `width` values many at a time: one statement per [`ROWS`] rows, so that neither
/// database makes a round trip per row.
pub(super) fn insert_many<'a>(
    tx: &mut Tx<'_>,
    into: &str,
    width: usize,
    rows: impl Iterator<Item = std::result::Result<Vec<Value>, StoreError>> + 'a,
) -> std::result::Result<u64, StoreError> {
    let statement = |count: usize| {
        let row = |at: usize| {
            let marks: Vec<String> = (1..=width).map(|i| format!("${}", at * width + i)).collect();
            format!("({})", marks.join(", "))
        };
        let rows: Vec<String> = (0..count).map(row).collect();
        format!("INSERT INTO {into} VALUES {}", rows.join(", "))
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

impl Casework {
    /// Loads the roll of an edition, once: what is there already stays. Returns how many people.
    ///
    /// # Errors
    /// When the store fails.
    pub fn load_cover(&self, edition: u32, rows: Vec<CoverRow>) -> Result<u64> {
        self.write(move |tx, _| {
            let there = store::Query::query_opt(
                tx,
                "SELECT person_id FROM cover_roll WHERE edition = $1 LIMIT 1",
                store::params![edition],
            )?;
            if there.is_some() {
                return Ok(0);
            }
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
            let loaded = insert_many(tx, into, 8, values)?;
            tx.execute(
                "INSERT INTO cover_cell (edition, village, segment, decile, marks, hold, people)
                 SELECT edition, village, segment, decile, marks, hold, COUNT(*) FROM cover_roll WHERE edition = $1
                 GROUP BY edition, village, segment, decile, marks, hold",
                store::params![edition],
            )?;
            Ok(loaded)
        })
    }
}
