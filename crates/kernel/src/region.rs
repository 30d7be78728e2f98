//! Region codes. Kemendagri's and BPS's are different series, so they are different types.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A region by its Kemendagri code `PP.KK.CC.DDDD`: province, regency or city, district, village.
/// Held as the number its digits form (2, 4, 6 or 10 digits); codes sort within their level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(u64);

/// The level of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Provinsi, 2 digits.
    Province,
    /// Kabupaten or kota, 4 digits.
    Regency,
    /// Kecamatan, 6 digits.
    District,
    /// Desa or kelurahan, 10 digits.
    Village,
}

/// The text or number is not a region code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionError(String);

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a region code; write 2, 4, 6 or 10 digits with or without full stops, \
             for example 52.01.01.2001",
            self.0
        )
    }
}

impl std::error::Error for RegionError {}

impl Region {
    /// Reads `52`, `52.01`, `5201`, `52.01.01`, `520101`, `52.01.01.2001` or `5201012001`.
    ///
    /// # Errors
    /// When it has another number of digits, another character, or a part that is zero.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let wrong = || RegionError(text.to_owned());
        let mut number: u64 = 0;
        let mut digits = 0;
        for byte in text.trim().bytes() {
            match byte {
                b'0'..=b'9' if digits < 10 => {
                    number = number * 10 + u64::from(byte - b'0');
                    digits += 1;
                }
                b'.' => {}
                _ => return Err(wrong()),
            }
        }
        if !matches!(digits, 2 | 4 | 6 | 10) {
            return Err(wrong());
        }
        Self::from_number(number).map_err(|_| wrong())
    }

    /// From the number that its digits form.
    ///
    /// # Errors
    /// When it has not 2, 4, 6 or 10 digits or a part is zero.
    pub fn from_number(number: u64) -> Result<Self, RegionError> {
        let parts_are_set = match number {
            11..=99 => true,
            1_100..=9_999 => !number.is_multiple_of(100),
            110_000..=999_999 => !number.is_multiple_of(100) && !(number / 100).is_multiple_of(100),
            1_100_000_000..=9_999_999_999 => {
                let district = number / 10_000;
                !number.is_multiple_of(10_000)
                    && !district.is_multiple_of(100)
                    && !(district / 100).is_multiple_of(100)
            }
            _ => false,
        };
        if parts_are_set { Ok(Self(number)) } else { Err(RegionError(number.to_string())) }
    }

    /// The number that its digits form, as stored in columns.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Its level.
    #[must_use]
    pub const fn level(self) -> Level {
        match self.0 {
            0..=99 => Level::Province,
            100..=9_999 => Level::Regency,
            10_000..=999_999 => Level::District,
            _ => Level::Village,
        }
    }

    /// The region of `level` that it lies in (itself at its own level), or none when `level` is
    /// finer than its own.
    #[must_use]
    pub fn at(self, level: Level) -> Option<Self> {
        if level > self.level() {
            return None;
        }
        let district = match self.level() {
            Level::Village => self.0 / 10_000,
            _ => self.0,
        };
        let number = match (level, self.level()) {
            (a, b) if a == b => self.0,
            (Level::District, _) => district,
            (Level::Regency, Level::Village | Level::District) => district / 100,
            (Level::Province, Level::Regency) => self.0 / 100,
            (Level::Province, _) => district / 10_000,
            _ => return None,
        };
        Some(Self(number))
    }

    /// The region one level up, if it is not a province.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        match self.level() {
            Level::Province => None,
            Level::Regency => self.at(Level::Province),
            Level::District => self.at(Level::Regency),
            Level::Village => self.at(Level::District),
        }
    }

    /// True when `other` is this region or lies in it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        other.at(self.level()) == Some(self)
    }

    /// Digits without full stops: `5201012001`.
    #[must_use]
    pub fn plain(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        match self.level() {
            Level::Province => write!(f, "{n:02}"),
            Level::Regency => write!(f, "{:02}.{:02}", n / 100, n % 100),
            Level::District => {
                write!(f, "{:02}.{:02}.{:02}", n / 10_000, n / 100 % 100, n % 100)
            }
            Level::Village => {
                let d = n / 10_000;
                write!(f, "{:02}.{:02}.{:02}.{:04}", d / 10_000, d / 100 % 100, d % 100, n % 10_000)
            }
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A region by its BPS code (2, 4, 7 or 10 digits): another series, joined by a crosswalk only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BpsRegion(u64);

impl BpsRegion {
    /// Reads 2, 4, 7 or 10 digits.
    ///
    /// # Errors
    /// When it has another number of digits or another character.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let text = text.trim();
        let fits = matches!(text.len(), 2 | 4 | 7 | 10) && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if fits => Ok(Self(number)),
            _ => Err(RegionError(text.to_owned())),
        }
    }

    /// The number that its digits form.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_and_plain_are_the_same() {
        let check = |dotted: &str, plain: &str, level: Level| {
            let region = Region::parse(dotted).unwrap();
            assert_eq!(region, Region::parse(plain).unwrap());
            assert_eq!(region.to_string(), dotted);
            assert_eq!(region.plain(), plain);
            assert_eq!(region.level(), level);
        };
        check("52", "52", Level::Province);
        check("52.71", "5271", Level::Regency);
        check("52.01.01", "520101", Level::District);
        check("52.01.01.2001", "5201012001", Level::Village);
    }

    #[test]
    fn climbs_to_every_level() {
        let village = Region::parse("52.01.01.2001").unwrap();
        let up = |level| village.at(level).map(|r| r.to_string());
        assert_eq!(up(Level::District).as_deref(), Some("52.01.01"));
        assert_eq!(up(Level::Regency).as_deref(), Some("52.01"));
        assert_eq!(up(Level::Province).as_deref(), Some("52"));
        let regency = Region::parse("52.01").unwrap();
        assert_eq!(regency.parent(), Some(Region::parse("52").unwrap()));
        assert!(regency.contains(village) && !village.contains(regency));
        assert_eq!(regency.at(Level::Village), None);
    }

    #[test]
    fn bad_codes_are_refused() {
        for text in ["", "5", "520", "52010", "5201001", "52.00", "52.01.00", "ab", "5201010000"] {
            assert!(Region::parse(text).is_err(), "{text}");
        }
    }
}
