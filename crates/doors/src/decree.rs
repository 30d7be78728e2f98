//! The way back of the health insurance on pages: the funnel, picture first; those who are cut off
//! and silent, by village; a decree simulated, proposed and approved; the facility's question.

pub(crate) mod facility;
pub(crate) mod funnel;
pub(crate) mod make;
pub(crate) mod payer;
mod pictures;
mod seed;
pub(crate) mod silent;

pub use seed::{SeedCover, seed_decree};

use crate::page::Trouble;
use crate::state::Doors;
use casework::Decree;
use kernel::Region;
use std::collections::BTreeMap;
use store::{Query, StoreError, params};

/// The decree that pages are about: the newest one in effect, or else the newest.
fn newest(doors: &Doors) -> Result<Option<Decree>, Trouble> {
    let all = doors.work().decrees()?;
    let effective = all.iter().find(|decree| decree.state == "effective").cloned();
    Ok(effective.or_else(|| all.into_iter().next()))
}

/// Names of the regions below one, by the current edition.
fn names(doors: &Doors, parent: Region) -> Result<BTreeMap<u64, String>, Trouble> {
    let store = doors.work().store();
    let Some(edition) = store.current_edition()? else { return Ok(BTreeMap::new()) };
    let sql = "SELECT region, name FROM region WHERE parent = $1 OR region = $1";
    let rows =
        store.read_edition::<_, StoreError>(edition.number, |r| r.query(sql, params![parent]))?;
    rows.iter().map(|row| Ok((row.get("region")?, row.get("name")?))).collect()
}

/// The region the edition is about, when no other is asked for.
fn whole(doors: &Doors) -> Result<Region, Trouble> {
    let store = doors.work().store();
    let found = match store.current_edition()? {
        Some(edition) => store.read_edition::<_, StoreError>(edition.number, |r| {
            r.query_opt(
                "SELECT region FROM region WHERE level <= 2 ORDER BY level, region LIMIT 1",
                params![],
            )
        })?,
        None => None,
    };
    let number: u64 = found.map_or(Ok(52), |row| row.get("region"))?;
    let region = Region::from_number(number).map_err(|e| Trouble::Fault(e.to_string()))?;
    Ok(region.at(kernel::Level::Province).unwrap_or(region))
}
