//! Single values from text: dates, codes, counts. Pure.

use kernel::Date;
use serde::Deserialize;

/// The order in which a source writes day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Year, month, day.
    #[default]
    Ymd,
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

/// Reads a day: three numbers with `-`, `/`, `.` or blanks between them, or eight digits. A first
/// number of four digits is the year whatever the order. A time after it is left out.
#[must_use]
pub fn parse_date(text: &str, order: DateOrder) -> Option<Date> {
    let bytes = text.as_bytes();
    let (a, b, c) = match split_three(bytes) {
        Some(parts) => parts,
        None if bytes.len() == 8 => compact(bytes, order)?,
        None => return None,
    };
    let (year, month, day) = match order {
        _ if a.1 == 4 => (a, b, c),
        DateOrder::Ymd => return None,
        DateOrder::Dmy => (c, b, a),
        DateOrder::Mdy => (c, a, b),
    };
    if year.1 != 4 || month.1 > 2 || day.1 > 2 {
        return None;
    }
    Date::from_ymd(year.0 as i32, month.0, day.0)
}

/// A number and how many digits it was written with.
type Number = (u32, usize);

fn split_three(bytes: &[u8]) -> Option<(Number, Number, Number)> {
    let (a, rest) = number(bytes)?;
    let (b, rest) = number(separated(rest)?)?;
    let (c, rest) = number(separated(rest)?)?;
    match rest.first() {
        None | Some(b' ' | b'T') => Some((a, b, c)),
        Some(_) => None,
    }
}

fn separated(bytes: &[u8]) -> Option<&[u8]> {
    match bytes.split_first() {
        Some((b'-' | b'/' | b'.' | b' ', rest)) => Some(rest),
        _ => None,
    }
}

/// The digits (up to four) at the start.
fn number(bytes: &[u8]) -> Option<(Number, &[u8])> {
    let count = bytes.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
    if count == 0 || count > 4 {
        return None;
    }
    let value = bytes[..count].iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    Some(((value, count), &bytes[count..]))
}

fn compact(bytes: &[u8], order: DateOrder) -> Option<(Number, Number, Number)> {
    let part = |from: usize, to: usize| match number(&bytes[from..to]) {
        Some((number, [])) => Some(number),
        _ => None,
    };
    match order {
        DateOrder::Ymd => Some((part(0, 4)?, part(4, 6)?, part(6, 8)?)),
        DateOrder::Dmy | DateOrder::Mdy => Some((part(0, 2)?, part(2, 4)?, part(4, 8)?)),
    }
}

/// A whole number of at most nine digits; `5.0` is 5 (spreadsheets write it so).
#[must_use]
pub fn parse_whole(text: &str) -> Option<i32> {
    let digits = if text.bytes().all(|b| b.is_ascii_digit()) {
        text
    } else {
        let (whole, zeros) = text.split_once('.')?;
        if zeros.is_empty() || zeros.bytes().any(|b| b != b'0') {
            return None;
        }
        whole
    };
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.bytes().try_fold(0, |n: i32, b| b.is_ascii_digit().then(|| n * 10 + i32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_as_agencies_write_them() {
        use DateOrder::{Dmy, Mdy, Ymd};
        let check = |text: &str, order, expected: Option<&str>| {
            assert_eq!(parse_date(text, order), expected.map(|d| d.parse().unwrap()), "{text}");
        };
        check("1987-04-23", Ymd, Some("1987-04-23"));
        check("1987-04-23", Dmy, Some("1987-04-23"));
        check("23/04/1987", Dmy, Some("1987-04-23"));
        check("3-4-1987", Dmy, Some("1987-04-03"));
        check("04/23/1987", Mdy, Some("1987-04-23"));
        check("19870423", Ymd, Some("1987-04-23"));
        check("23041987", Dmy, Some("1987-04-23"));
        check("1987-04-23T00:00:00", Ymd, Some("1987-04-23"));
        check("23/04/1987", Ymd, None);
        check("31-02-1987", Dmy, None);
        check("23/04/87", Dmy, None);
        check("04/1987", Dmy, None);
        check("1987-04-231", Ymd, None);
    }

    #[test]
    fn whole_numbers() {
        for (text, expected) in [
            ("12", Some(12)),
            ("5.0", Some(5)),
            ("5.", None),
            ("-1", None),
            ("", None),
            ("1e3", None),
        ] {
            assert_eq!(parse_whole(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,24}") {
            for order in [DateOrder::Ymd, DateOrder::Dmy, DateOrder::Mdy] {
                let _ = parse_date(&text, order);
            }
            let _ = parse_whole(&text);
        }

        #[test]
        fn written_dates_come_back(days in -25_000i32..40_000) {
            let date = Date::from_days(days);
            let (y, m, d) = date.ymd();
            prop_assert_eq!(parse_date(&format!("{d:02}/{m:02}/{y:04}"), DateOrder::Dmy), Some(date));
            prop_assert_eq!(parse_date(&format!("{y:04}{m:02}{d:02}"), DateOrder::Ymd), Some(date));
        }
    }
}
