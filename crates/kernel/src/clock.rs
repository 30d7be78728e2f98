//! Time as an argument: rooms ask a [`Clock`], only the program hands out the real one.

use crate::Date;
use std::time::{SystemTime, UNIX_EPOCH};

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    fn now_ms(&self) -> i64;

    /// The calendar day in WITA (UTC+8, no daylight saving), the local time of Nusa Tenggara Barat.
    fn today(&self) -> Date {
        Date::from_days(((self.now_ms() + 8 * 3_600_000).div_euclid(86_400_000)) as i32)
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        // A clock before 1970 reads as 1970: no caller can do better with it.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
    }
}

/// A clock that stands still, for tests and reproducible runs.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(
    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub i64,
);

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        self.0
    }
}
