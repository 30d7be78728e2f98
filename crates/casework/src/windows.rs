//! Monthly windows for proposals, as data (`config/id/casework/windows.toml`).

use crate::error::{CaseworkError, Result};
use kernel::Date;
use serde::Deserialize;

const FILE: &str = "windows.toml";

/// One monthly window.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// First day of the month.
    pub from: u32,
    /// Last day of the month.
    pub to: u32,
    /// Where the days come from.
    pub source: String,
}

/// How a window stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Open; its last day.
    Until(Date),
    /// Closed; the first day of the next one.
    From(Date),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    window: Vec<Window>,
}

/// The windows this program was built with.
///
/// # Errors
/// When the file does not parse, or a window's days are not days of every month.
pub fn windows() -> Result<Vec<Window>> {
    read(include_str!("../../../config/id/casework/windows.toml"))
}

fn read(text: &str) -> Result<Vec<Window>> {
    let wrong = |why: String| CaseworkError::Rules { file: FILE, why };
    let file: File = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    match file.window.iter().find(|w| w.from < 1 || w.to > 28 || w.from > w.to) {
        Some(bad) => Err(wrong(format!("{}: from and to must be days 1 to 28, in order", bad.id))),
        None => Ok(file.window),
    }
}

impl Window {
    /// Whether the window is open on a day, and until or from when.
    #[must_use]
    pub fn on(&self, day: Date) -> Standing {
        let (year, month, today) = day.ymd();
        let at = |year, month, day| Date::from_ymd(year, month, day).unwrap_or(Date::from_days(0));
        if today < self.from {
            Standing::From(at(year, month, self.from))
        } else if today <= self.to {
            Standing::Until(at(year, month, self.to))
        } else if month == 12 {
            Standing::From(at(year + 1, 1, self.from))
        } else {
            Standing::From(at(year, month + 1, self.from))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_closed_and_over_the_year() {
        let window = &windows().unwrap()[0];
        let check =
            |day: &str, expected: Standing| assert_eq!(window.on(day.parse().unwrap()), expected);
        check("2026-11-01", Standing::Until("2026-11-11".parse().unwrap()));
        check("2026-11-11", Standing::Until("2026-11-11".parse().unwrap()));
        check("2026-11-12", Standing::From("2026-12-01".parse().unwrap()));
        check("2026-12-31", Standing::From("2027-01-01".parse().unwrap()));
        assert!(
            windows().unwrap()[1].on("2026-11-13".parse().unwrap())
                == Standing::From("2026-11-14".parse().unwrap())
        );
        assert!(read("[[window]]\nid='x'\nname='x'\nfrom=5\nto=31\nsource=''").is_err());
    }
}
