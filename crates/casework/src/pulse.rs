//! The live half at a glance, for the public dashboard: reports by door and week, how many cases are
//! decided in time, and how far the newest decree's way back has come. Counts only; no person.
//!
//! It reads the store alone (no keys, no policies): everything here is public once counted over a
//! regency or more.

use crate::decree::{DecreeRules, span, stage};
use crate::error::Result;
use kernel::{Date, Region};
use store::{Query, Store, StoreError, params};

/// Weeks that are shown, this one included.
pub const WEEKS: usize = 12;
const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// One door over the last [`WEEKS`] weeks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorPulse {
    /// Its word, as [`crate::Channel::word`].
    pub channel: String,
    /// Reports by week, the oldest first; the last is the week that ends now.
    pub weeks: [u64; WEEKS],
    /// Cases closed within these weeks that this door reported. A case of two doors counts for both.
    pub decided: u64,
    /// Those closed by the legal deadline they were opened with.
    pub in_time: u64,
    /// Median of days from opening to closing; none: nothing decided.
    pub median_days: Option<u64>,
}

/// The way back since the newest decree that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackPulse {
    /// When cover ended.
    pub since: Date,
    /// People whose cover ended.
    pub cut: u64,
    /// Covered again, by the payers of the rule file: name in Indonesian, in English, people.
    pub back: Vec<(String, String, u64)>,
    /// Nothing applied for yet.
    pub waiting: u64,
    /// Applied, or in review.
    pub in_process: u64,
    /// Refused.
    pub refused: u64,
}

/// The live half of a region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// Doors with a report within the weeks, the busiest of this week first.
    pub doors: Vec<DoorPulse>,
    /// The way back; none: no decree took effect here.
    pub back: Option<BackPulse>,
}

impl Pulse {
    /// Counts the region at a time (milliseconds since 1970).
    ///
    /// # Errors
    /// When the store or the rule file of decrees fails.
    pub fn read(store: &Store, region: Region, now_ms: i64) -> Result<Self> {
        let (first, last, _) = span(Some(region));
        let villages = (first, last);
        Ok(Self { doors: doors(store, villages, now_ms)?, back: back(store, villages)? })
    }
}

fn doors(store: &Store, (first, last): (u64, u64), now_ms: i64) -> Result<Vec<DoorPulse>> {
    let from = now_ms - WEEK_MS * WEEKS as i64;
    let (came, closed) = store.read::<_, StoreError>(|reader| {
        let came = reader.query(
            "SELECT r.channel, (CAST($4 AS INTEGER) - r.received_at) / 604800000 AS week, COUNT(*) AS n
             FROM report r JOIN work_case c ON c.case_id = r.case_id
             WHERE r.received_at > $3 AND r.received_at <= $4 AND c.village BETWEEN $1 AND $2
             GROUP BY 1, 2 ORDER BY 1, 2",
            params![first, last, from, now_ms],
        )?;
        let closed = reader.query(
            "SELECT channel, days, CAST(SUM(in_time) AS INTEGER) AS in_time, COUNT(*) AS n FROM (
               SELECT DISTINCT r.channel, c.case_id, (c.closed_at - c.opened_at) / 86400000 AS days,
                 CASE WHEN c.closed_at <= c.law_due_at THEN 1 ELSE 0 END AS in_time
               FROM work_case c JOIN report r ON r.case_id = c.case_id
               WHERE c.closed_at > $3 AND c.closed_at <= $4 AND c.outcome <> 'withdrawn'
                 AND c.village BETWEEN $1 AND $2) AS once
             GROUP BY channel, days ORDER BY channel, days",
            params![first, last, from, now_ms],
        )?;
        Ok((came, closed))
    })?;
    let mut doors: Vec<DoorPulse> = Vec::new();
    for row in came {
        let channel: String = row.get("channel")?;
        let weeks_ago: usize = row.get::<u64>("week")? as usize;
        if doors.last().is_none_or(|door| door.channel != channel) {
            doors.push(DoorPulse {
                channel,
                weeks: [0; WEEKS],
                decided: 0,
                in_time: 0,
                median_days: None,
            });
        }
        if let (Some(door), Some(at)) = (doors.last_mut(), (WEEKS - 1).checked_sub(weeks_ago)) {
            door.weeks[at] += row.get::<u64>("n")?;
        }
    }
    for door in &mut doors {
        let mut days: Vec<(u64, u64)> = Vec::new();
        for row in closed
            .iter()
            .filter(|row| row.get::<String>("channel").is_ok_and(|c| c == door.channel))
        {
            let n: u64 = row.get("n")?;
            door.decided += n;
            door.in_time += row.get::<u64>("in_time")?;
            days.push((row.get("days")?, n));
        }
        door.median_days = median(&days);
    }
    doors.sort_by(|a, b| {
        b.weeks[WEEKS - 1].cmp(&a.weeks[WEEKS - 1]).then_with(|| a.channel.cmp(&b.channel))
    });
    Ok(doors)
}

/// The lower median of values with their counts, ascending.
fn median(days: &[(u64, u64)]) -> Option<u64> {
    let all: u64 = days.iter().map(|(_, n)| n).sum();
    let mut seen = 0;
    days.iter()
        .find(|(_, n)| {
            seen += n;
            seen * 2 >= all
        })
        .map(|(day, _)| *day)
}

fn back(store: &Store, (first, last): (u64, u64)) -> Result<Option<BackPulse>> {
    let newest = store.read::<_, StoreError>(|reader| {
        reader.query_opt(
            "SELECT decree_id, effective_on FROM decree WHERE state = 'effective'
             ORDER BY effective_on DESC, decree_id LIMIT 1",
            params![],
        )
    })?;
    let Some(decree) = newest else { return Ok(None) };
    let (id, on): (String, i32) = (decree.get("decree_id")?, decree.get("effective_on")?);
    let rows = store.read::<_, StoreError>(|reader| {
        reader.query(
            "SELECT stage, scheme, CAST(SUM(people) AS INTEGER) AS n FROM decree_count
             WHERE decree_id = $1 AND village BETWEEN $2 AND $3 GROUP BY stage, scheme",
            params![&id, first, last],
        )
    })?;
    let mut cells = Vec::new();
    for row in rows {
        cells.push((row.get::<i64>("stage")?, row.get::<i64>("scheme")?, row.get::<u64>("n")?));
    }
    let people = |fits: &dyn Fn(i64, i64) -> bool| -> u64 {
        cells.iter().filter(|(at, scheme, _)| fits(*at, *scheme)).map(|(_, _, n)| n).sum()
    };
    let cut = people(&|at, _| at >= stage::CUT_OFF);
    if cut == 0 {
        return Ok(None);
    }
    let rules = DecreeRules::builtin()?;
    let back = rules
        .scheme
        .into_iter()
        .map(|s| {
            let n = people(&|at, scheme| at == stage::ACTIVE && scheme == s.segment);
            (s.name, s.name_en, n)
        })
        .collect();
    Ok(Some(BackPulse {
        since: Date::from_days(on),
        cut,
        back,
        waiting: people(&|at, _| matches!(at, stage::CUT_OFF | stage::AWARE)),
        in_process: people(&|at, _| matches!(at, stage::APPLIED | stage::IN_REVIEW)),
        refused: people(&|at, _| at == stage::REFUSED),
    }))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_stands_in_the_middle_of_counts() {
        for (days, want) in [
            (vec![], None),
            (vec![(3, 1)], Some(3)),
            (vec![(1, 2), (9, 1)], Some(1)),
            (vec![(1, 1), (5, 3), (9, 1)], Some(5)),
            (vec![(0, 2), (4, 2)], Some(0)),
        ] {
            assert_eq!(median(&days), want, "{days:?}");
        }
    }
}
