//! Numbers and dates as Indonesian government style writes them, and as English does.

use crate::lang::Lang;
use kernel::Date;

const MONTHS_ID: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `1.234.567` or `1,234,567`.
#[must_use]
pub fn number(lang: Lang, n: u64) -> String {
    let grouped = kernel::money::grouped(n);
    match lang {
        Lang::Id => grouped,
        Lang::En => grouped.replace('.', ","),
    }
}

/// A number with a fixed count of decimals, comma or point, and a true minus sign.
#[must_use]
pub fn decimal(lang: Lang, n: f64, places: usize) -> String {
    let text = format!("{:.places$}", n.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = number(lang, whole.parse().unwrap_or(0));
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    let sign = if n < 0.0 && !zero { "\u{2212}" } else { "" };
    match (fraction, lang) {
        ("", _) => format!("{sign}{whole}"),
        (_, Lang::Id) => format!("{sign}{whole},{fraction}"),
        (_, Lang::En) => format!("{sign}{whole}.{fraction}"),
    }
}

/// A share as a percentage: `32,5%`.
#[must_use]
pub fn percent(lang: Lang, share: f64, places: usize) -> String {
    format!("{}%", decimal(lang, share * 100.0, places))
}

/// `part / whole`, 0 when there is nothing.
#[must_use]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A count in words of size: `869 ribu`, `2,51 juta`, `1,2 miliar`; small counts in full.
#[must_use]
pub fn short(lang: Lang, n: u64) -> String {
    let (scale, word_id, word_en) = match n {
        0..=9_999 => return number(lang, n),
        10_000..=999_499 => (1e3, "ribu", "thousand"),
        999_500..=999_499_999 => (1e6, "juta", "million"),
        999_500_000..=999_499_999_999 => (1e9, "miliar", "billion"),
        _ => (1e12, "triliun", "trillion"),
    };
    let scaled = n as f64 / scale;
    let places = if scaled >= 99.95 {
        0
    } else if scaled >= 9.995 {
        1
    } else {
        2
    };
    let places = if scale < 1e6 { 0 } else { places };
    let mut text = decimal(lang, scaled, places);
    if text.contains([',', '.']) && places > 0 {
        text = text.trim_end_matches('0').trim_end_matches([',', '.']).to_owned();
    }
    let word = match lang {
        Lang::Id => word_id,
        Lang::En => word_en,
    };
    format!("{text} {word}")
}

/// `22 November 2026` in both languages.
#[must_use]
pub fn date(lang: Lang, date: Date) -> String {
    let (year, month, day) = date.ymd();
    format!("{day} {} {year}", month_name(lang, month))
}

/// `Maret 2025`.
#[must_use]
pub fn month(lang: Lang, date: Date) -> String {
    let (year, month, _) = date.ymd();
    format!("{} {year}", month_name(lang, month))
}

/// The name of a month, 1 to 12.
#[must_use]
pub fn month_name(lang: Lang, month: u32) -> &'static str {
    let names = match lang {
        Lang::Id => &MONTHS_ID,
        Lang::En => &MONTHS_EN,
    };
    names.get(month as usize - 1).copied().unwrap_or("")
}

/// `22 November 2026 pukul 14.05 WITA`, from milliseconds since 1970 (UTC+8, no summer time).
#[must_use]
pub fn instant(lang: Lang, ms: i64) -> String {
    let minutes = ms.div_euclid(60_000) + 8 * 60;
    let (day, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let (hour, minute) = (minute / 60, minute % 60);
    let date = date(lang, Date::from_days(i32::try_from(day).unwrap_or(0)));
    match lang {
        Lang::Id => format!("{date} pukul {hour:02}.{minute:02} WITA"),
        Lang::En => format!("{date}, {hour:02}:{minute:02} (UTC+8)"),
    }
}

/// A name as people write it: `BAIQ ROHANI` → `Baiq Rohani`.
#[must_use]
pub fn name(raw: &str) -> String {
    let words = raw.split_whitespace().map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A name that only its owner recognises: `B••• R•••••`.
#[must_use]
pub fn masked_name(raw: &str) -> String {
    let mask = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(String::from).unwrap_or_default();
        first + &"•".repeat(letters.count())
    };
    raw.split_whitespace().map(mask).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Lang::{En, Id};

    #[test]
    fn numbers() {
        assert_eq!(number(Id, 1_234_567), "1.234.567");
        assert_eq!(number(En, 1_234_567), "1,234,567");
        assert_eq!(decimal(Id, -1_234.5, 2), "\u{2212}1.234,50");
        assert_eq!(decimal(Id, -0.04, 1), "0,0");
        assert_eq!(percent(Id, 0.325, 1), "32,5%");
        assert_eq!(percent(En, 0.079, 1), "7.9%");
    }

    #[test]
    fn counts_in_words() {
        let check = |n: u64, id: &str, en: &str| {
            assert_eq!((short(Id, n).as_str(), short(En, n).as_str()), (id, en));
        };
        check(0, "0", "0");
        check(7_225, "7.225", "7,225");
        check(869_000, "869 ribu", "869 thousand");
        check(999_700, "1 juta", "1 million");
        check(2_514_000, "2,51 juta", "2.51 million");
        check(11_000_000, "11 juta", "11 million");
        check(1_200_000_000, "1,2 miliar", "1.2 billion");
    }

    #[test]
    fn dates_and_times() {
        let day: Date = "2026-11-22".parse().unwrap();
        assert_eq!(date(Id, day), "22 November 2026");
        assert_eq!(month(Id, "2025-03-14".parse().unwrap()), "Maret 2025");
        assert_eq!(instant(Id, 1_795_336_500_000), "22 November 2026 pukul 16.35 WITA");
    }

    #[test]
    fn names() {
        assert_eq!(name("BAIQ ROHANI"), "Baiq Rohani");
        assert_eq!(masked_name("AMAQ RIPIN"), "A••• R••••");
    }
}
