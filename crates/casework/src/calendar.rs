//! Deadlines: calendar days, working days and hours, with the national holidays as data.

use crate::error::{CaseworkError, Result};
use kernel::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "holidays.toml";
/// WITA, UTC+8, in milliseconds.
const ZONE_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// A clock longer than this is a mistake.
pub(crate) const DAYS_MAX: u32 = 400;

/// How a clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Every day; the deadline is the end of the last one.
    Calendar,
    /// Monday to Friday without holidays; the deadline is the end of the last one.
    Working,
    /// Hours from now to the minute.
    Hours,
}

/// Which days are worked.
#[derive(Debug, Clone)]
pub struct Calendar {
    years: BTreeSet<i32>,
    holidays: BTreeMap<Date, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    years: Vec<i32>,
    day: BTreeMap<String, String>,
}

impl Calendar {
    /// Reads `holidays.toml`.
    ///
    /// # Errors
    /// When it does not parse or a date is not one of its years.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |why: String| CaseworkError::Rules { file: FILE, why };
        let file: File = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let years: BTreeSet<i32> = file.years.into_iter().collect();
        let mut holidays = BTreeMap::new();
        for (day, name) in file.day {
            let date: Date = day.parse().map_err(|e| wrong(format!("`{day}`: {e}")))?;
            if !years.contains(&date.year()) {
                return Err(wrong(format!("{day} is outside the years listed")));
            }
            holidays.insert(date, name);
        }
        Ok(Self { years, holidays })
    }

    /// The holiday on a day, if it is one.
    #[must_use]
    pub fn holiday(&self, date: Date) -> Option<&str> {
        self.holidays.get(&date).map(String::as_str)
    }

    /// True for Monday to Friday that is no holiday.
    ///
    /// # Errors
    /// When the holidays of that year are not known.
    pub fn is_working_day(&self, date: Date) -> Result<bool> {
        if !self.years.contains(&date.year()) {
            let why = format!(
                "the holidays of {} are missing; add them before a deadline can fall there",
                date.year()
            );
            return Err(CaseworkError::Rules { file: FILE, why });
        }
        Ok(date.weekday() <= 5 && !self.holidays.contains_key(&date))
    }

    /// When a clock of `length` that starts at `from_ms` runs out, in milliseconds since 1970.
    ///
    /// # Errors
    /// When the holidays of a year on the way are not known.
    pub fn deadline(&self, count: Count, length: u32, from_ms: i64) -> Result<i64> {
        let today = day_of(from_ms);
        match count {
            Count::Hours => Ok(from_ms + i64::from(length) * 3_600_000),
            Count::Calendar => Ok(end_of(today.plus_days(length.min(DAYS_MAX) as i32))),
            Count::Working => {
                let (mut date, mut left) = (today, length.min(DAYS_MAX));
                while left > 0 {
                    date = date.plus_days(1);
                    left -= u32::from(self.is_working_day(date)?);
                }
                Ok(end_of(date))
            }
        }
    }
}

/// The day in WITA of an instant.
#[must_use]
pub fn day_of(ms: i64) -> Date {
    Date::from_days((ms + ZONE_MS).div_euclid(DAY_MS) as i32)
}

/// The last millisecond of a day in WITA.
#[must_use]
pub const fn end_of(date: Date) -> i64 {
    (date.days() as i64 + 1) * DAY_MS - ZONE_MS - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::read(include_str!("../../../config/id/casework/holidays.toml")).unwrap()
    }

    fn noon(day: &str) -> i64 {
        end_of(day.parse().unwrap()) - DAY_MS / 2
    }

    #[test]
    fn clocks_end_where_a_calendar_says() {
        let check = |count, length, from: &str, to: &str| {
            let due = calendar().deadline(count, length, noon(from)).unwrap();
            assert_eq!(day_of(due).to_string(), to, "{length} from {from}");
        };
        check(Count::Calendar, 14, "2026-11-10", "2026-11-24");
        check(Count::Working, 1, "2026-11-20", "2026-11-23"); // over a weekend
        check(Count::Working, 3, "2026-12-23", "2026-12-30"); // joint leave 24th, Christmas, weekend
        check(Count::Working, 5, "2026-03-16", "2026-03-30"); // Nyepi and Idul Fitri
        check(Count::Working, 20, "2026-11-02", "2026-11-30");
        check(Count::Hours, 72, "2026-11-10", "2026-11-13");
        assert_eq!(calendar().deadline(Count::Hours, 72, 5).unwrap(), 5 + 259_200_000);
    }

    #[test]
    fn an_unknown_year_is_refused_not_guessed() {
        let error = calendar().deadline(Count::Working, 20, noon("2027-12-20")).unwrap_err();
        assert!(error.to_string().contains("2028"), "{error}");
    }

    #[test]
    fn kinds_of_days() {
        let is = |day: &str| calendar().is_working_day(day.parse().unwrap()).unwrap();
        assert!(is("2026-11-20") && !is("2026-11-21") && !is("2026-11-22") && !is("2026-08-17"));
        assert_eq!(
            calendar().holiday("2026-08-17".parse().unwrap()),
            Some("Hari Kemerdekaan Republik Indonesia")
        );
    }
}
