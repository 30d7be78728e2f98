//! The funnel: figures kept with every change, so that a page adds up a few thousand rows and never
//! counts people; and the work list of those who are cut off and silent.

use crate::error::{CaseworkError, Result};
use crate::room::Casework;
use access::{Action, Actor, Resource};
use kernel::{Date, Level, Region};
use store::{Query, StoreError, Tx, params};

/// Where a listed person stands.
pub mod stage {
    /// On the list, still covered.
    pub const LISTED: i64 = 0;
    /// Cut off, nothing heard of them.
    pub const CUT_OFF: i64 = 1;
    /// Knows of it.
    pub const AWARE: i64 = 2;
    /// Has applied.
    pub const APPLIED: i64 = 3;
    /// The application is with the ministry.
    pub const IN_REVIEW: i64 = 4;
    /// Covered again, by whichever payer.
    pub const ACTIVE: i64 = 5;
    /// Refused.
    pub const REFUSED: i64 = 6;
}

/// What of the funnel is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FunnelQuery {
    /// Only this region.
    pub region: Option<Region>,
    /// Only this decile.
    pub decile: Option<i64>,
}

/// People of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunnelCell {
    /// The region one level below the one asked for.
    pub region: u64,
    /// The decile.
    pub decile: i64,
    /// A [`stage`].
    pub stage: i64,
    /// The payer, when active again.
    pub scheme: i64,
    /// Days from application to the end, or to today; -1: no application.
    pub waited: i64,
    /// People.
    pub people: u64,
}

/// The funnel's figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Funnel {
    /// Cells.
    pub cells: Vec<FunnelCell>,
}

impl Funnel {
    /// People of the cells that fit.
    pub fn sum(&self, fits: impl Fn(&FunnelCell) -> bool) -> u64 {
        self.cells.iter().filter(|cell| fits(cell)).map(|cell| cell.people).sum()
    }
}

/// A family of the work list: cut off and silent in deciles 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silent {
    /// The family.
    pub family: u64,
    /// The village.
    pub village: u64,
    /// The decile.
    pub decile: i64,
    /// People of the family who are cut off.
    pub people: u64,
    /// The ground of the first of them.
    pub ground: i64,
}

impl Casework {
    /// The funnel of a decree by the regions below the one asked for.
    ///
    /// # Errors
    /// When the store fails.
    pub fn funnel(&self, decree: &str, query: FunnelQuery, today: Date) -> Result<Funnel> {
        let (first, last, unit) = span(query.region);
        let decile = query.decile.unwrap_or(-1);
        let sql = format!(
            "SELECT village / {unit} AS region, decile, stage, scheme,
               CASE WHEN applied_on = 0 THEN -1 WHEN ended_on > 0 THEN ended_on - applied_on
                    ELSE CAST($4 AS INTEGER) - applied_on END AS waited,
               CAST(SUM(people) AS INTEGER) AS people
             FROM decree_count WHERE decree_id = $1 AND village BETWEEN $2 AND $3
               AND (CAST($5 AS INTEGER) < 0 OR decile = $5)
             GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
        );
        let rows = self.store.read::<_, StoreError>(|reader| {
            reader.query(&sql, params![decree, first, last, today, decile])
        })?;
        let cells = rows
            .iter()
            .map(|row| {
                Ok(FunnelCell {
                    region: row.at(0)?,
                    decile: row.at(1)?,
                    stage: row.at(2)?,
                    scheme: row.at(3)?,
                    waited: row.at(4)?,
                    people: row.at(5)?,
                })
            })
            .collect::<std::result::Result<_, StoreError>>()?;
        Ok(Funnel { cells })
    }

    /// Families in deciles 1 to 5 who are cut off and have not been heard of, poorest first: for the
    /// village's outreach. Personal: the actor must be allowed to read lists there.
    ///
    /// # Errors
    /// When the actor may not, or the store fails.
    pub fn silent(
        &self,
        actor: &Actor,
        decree: &str,
        region: Region,
        most: u32,
    ) -> Result<Vec<Silent>> {
        let resource = Resource::open_in(region);
        let may = self.core.policies.decide(actor, Action::ListRead, &resource)
            || self.core.policies.decide(actor, Action::CaseCheck, &resource);
        if !may {
            return Err(CaseworkError::NotFound);
        }
        let (first, last, _) = span(Some(region));
        let sql = "SELECT family_id, village, decile, COUNT(*) AS people, MIN(ground) AS ground FROM decree_person
                   WHERE village BETWEEN $2 AND $3 AND stage = $4 AND decile BETWEEN 1 AND 5 AND decree_id = $1
                   GROUP BY family_id, village, decile ORDER BY decile, family_id LIMIT $5";
        let rows = self.store.read::<_, StoreError>(|reader| {
            reader.query(sql, params![decree, first, last, stage::CUT_OFF, most])
        })?;
        rows.iter()
            .map(|row| {
                Ok(Silent {
                    family: row.at(0)?,
                    village: row.at(1)?,
                    decile: row.at(2)?,
                    people: row.at(3)?,
                    ground: row.at(4)?,
                })
            })
            .collect::<std::result::Result<_, StoreError>>()
            .map_err(CaseworkError::from)
    }
}

/// First and last village of a region, and what a village number is divided by for the level below.
pub(crate) fn span(region: Option<Region>) -> (u64, u64, u64) {
    let Some(region) = region else { return (0, 9_999_999_999, 100_000_000) };
    let digits = u32::try_from(region.plain().len()).unwrap_or(10);
    let unit = 10_u64.pow(10 - digits);
    let below = match region.level() {
        Level::Province => 1_000_000,
        Level::Regency => 10_000,
        Level::District | Level::Village => 1,
    };
    (region.number() * unit, region.number() * unit + unit - 1, below)
}

/// Counts a decree anew, in one statement.
pub(super) fn recount(tx: &mut Tx<'_>, decree: &str) -> std::result::Result<(), StoreError> {
    tx.execute("DELETE FROM decree_count WHERE decree_id = $1", params![decree])?;
    tx.execute(
        "INSERT INTO decree_count (decree_id, village, decile, stage, scheme, applied_on, ended_on, people)
         SELECT decree_id, village, decile, stage, scheme, applied_on, ended_on, COUNT(*) FROM decree_person
         WHERE decree_id = $1 GROUP BY decree_id, village, decile, stage, scheme, applied_on, ended_on",
        params![decree],
    )?;
    Ok(())
}

/// A person's place in the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub village: u64,
    pub decile: i64,
    pub stage: i64,
    pub scheme: i64,
    pub applied_on: i64,
    pub ended_on: i64,
}

/// Moves one person from one cell to another.
pub(super) fn moved(
    tx: &mut Tx<'_>,
    decree: &str,
    from: Place,
    to: Place,
) -> std::result::Result<(), StoreError> {
    for (place, change) in [(from, -1_i64), (to, 1)] {
        tx.execute(
            "INSERT INTO decree_count (decree_id, village, decile, stage, scheme, applied_on, ended_on, people)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (decree_id, village, decile, stage, scheme, applied_on, ended_on)
             DO UPDATE SET people = decree_count.people + $8",
            params![
                decree, place.village, place.decile, place.stage, place.scheme, place.applied_on, place.ended_on, change
            ],
        )?;
    }
    Ok(())
}
