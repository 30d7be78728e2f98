//! A calendar day, held as days since 1970-01-01 so that columns of it are plain integers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A day of the proleptic Gregorian calendar. Ordered, 4 bytes, Arrow's `Date32`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// The text is not a date of the form `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateError(String);

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a date; write it as YYYY-MM-DD, for example 1987-04-23", self.0)
    }
}

impl std::error::Error for DateError {}

impl Date {
    /// The day that is `days` after 1970-01-01 (before it when negative).
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day with this year, month (1..=12) and day of month, if the calendar has it.
    #[must_use]
    pub const fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        // Days from civil (Howard Hinnant, "chrono-compatible low-level date algorithms").
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let yoe = y.rem_euclid(400);
        let mp = (month as i32 + 9) % 12;
        let doy = (153 * mp + 2) / 5 + day as i32 - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        Some(Self(era * 146_097 + doe - 719_468))
    }

    /// Year, month (1..=12) and day of month.
    #[must_use]
    pub const fn ymd(self) -> (i32, u32, u32) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day)
    }

    /// The calendar year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.ymd().0
    }

    /// The day `days` later (earlier when negative).
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// The same day `months` later, or the last day of that month when it is shorter.
    #[must_use]
    pub const fn plus_months(self, months: i32) -> Self {
        let (year, month, day) = self.ymd();
        let index = year * 12 + month as i32 - 1 + months;
        let (y, m) = (index.div_euclid(12), index.rem_euclid(12) as u32 + 1);
        let last = days_in_month(y, m);
        match Self::from_ymd(y, m, if day < last { day } else { last }) {
            Some(date) => date,
            None => self,
        }
    }

    /// Full years of age on `on` of somebody born on this day (negative before birth).
    #[must_use]
    pub const fn age_on(self, on: Self) -> i32 {
        let (by, bm, bd) = self.ymd();
        let (y, m, d) = on.ymd();
        y - by - if m < bm || (m == bm && d < bd) { 1 } else { 0 }
    }

    /// 1 for Monday up to 7 for Sunday (ISO 8601).
    #[must_use]
    pub const fn weekday(self) -> u32 {
        (self.0 + 3).rem_euclid(7) as u32 + 1
    }
}

/// Days in a month of a year.
#[must_use]
pub const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.ymd();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let wrong = || DateError(text.to_owned());
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(wrong());
        }
        let number = |from: usize, to: usize| -> Option<i32> {
            bytes[from..to]
                .iter()
                .try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i32::from(b - b'0')))
        };
        let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
        match (year, month, day) {
            (Some(y), Some(m), Some(d)) => Self::from_ymd(y, m as u32, d as u32).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_two_centuries_round_trips() {
        let mut date = Date::from_ymd(1900, 1, 1).unwrap();
        for _ in 0..73_500 {
            let (y, m, d) = date.ymd();
            assert_eq!(Date::from_ymd(y, m, d), Some(date));
            assert_eq!(date.to_string().parse(), Ok(date));
            date = date.plus_days(1);
        }
    }

    #[test]
    fn known_days() {
        let check = |text: &str, days: i32, weekday: u32| {
            let date: Date = text.parse().unwrap();
            assert_eq!((date.days(), date.weekday()), (days, weekday), "{text}");
        };
        check("1970-01-01", 0, 4);
        check("2000-02-29", 11_016, 2);
        check("2026-11-22", 20_779, 7);
    }

    #[test]
    fn bad_text_is_refused() {
        for text in ["", "2026-13-01", "2025-02-29", "2026-1-01", "20260101", "2026-00-10"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let born: Date = "2000-03-10".parse().unwrap();
        assert_eq!(born.age_on("2026-03-09".parse().unwrap()), 25);
        assert_eq!(born.age_on("2026-03-10".parse().unwrap()), 26);
    }

    #[test]
    fn months_end_on_the_last_day() {
        let date: Date = "2026-01-31".parse().unwrap();
        assert_eq!(date.plus_months(1).to_string(), "2026-02-28");
        assert_eq!(date.plus_months(-2).to_string(), "2025-11-30");
    }
}
