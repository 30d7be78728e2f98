//! NIK (16-digit identity number) and KK (family card number).
//!
//! Layout (domain knowledge of the civil register): six digits of the district where it was first
//! issued, birth date as DDMMYY with 40 added to the day for women, four digits of serial. The
//! number is a secret of its holder: neither type prints itself whole.

use crate::{Date, Region, Sex};
use std::fmt;

/// A NIK of 16 digits whose parts have been checked. Shows only its last four digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nik(u64);

/// A family card number of 16 digits. Shows only its last four digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kk(u64);

/// What the digits of a NIK say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NikParts {
    /// The district (kecamatan) of first issue.
    pub district: Region,
    /// Day of birth, 1 to 31.
    pub day: u32,
    /// Month of birth, 1 to 12.
    pub month: u32,
    /// Last two digits of the year of birth; the century is not in the number.
    pub year_of_century: u32,
    /// Sex, from the 40 added to the day for women.
    pub sex: Sex,
    /// Serial number, 1 to 9999.
    pub serial: u32,
}

/// Why a text is not a NIK or KK number. Never holds the digits themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NikError {
    /// Nothing, or only blanks.
    Empty,
    /// Not 16 digits but this many characters.
    Length(usize),
    /// A character that is no digit, at this place (from 1).
    NotADigit(usize),
    /// The first six digits cannot be a district.
    District,
    /// The birth date digits are not a day of the calendar.
    BirthDate,
    /// Serial 0000, which is never issued.
    Serial,
}

impl fmt::Display for NikError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the number is missing"),
            Self::Length(n) => write!(f, "the number has {n} characters; it needs 16 digits"),
            Self::NotADigit(at) => write!(f, "character {at} is not a digit"),
            Self::District => write!(f, "the first six digits are not a district code"),
            Self::BirthDate => write!(f, "digits 7 to 12 are not a birth date"),
            Self::Serial => write!(f, "the last four digits are 0000, which is never issued"),
        }
    }
}

impl std::error::Error for NikError {}

impl Nik {
    /// Reads and checks 16 digits; blanks around them are dropped.
    ///
    /// # Errors
    /// The first thing found wrong, without the digits.
    pub fn parse(text: &str) -> Result<Self, NikError> {
        Self::from_number(sixteen_digits(text)?)
    }

    /// Checks a number read as an integer.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn from_number(number: u64) -> Result<Self, NikError> {
        if !(1_000_000_000_000_000..10_000_000_000_000_000).contains(&number) {
            return Err(NikError::Length(number.to_string().len()));
        }
        let nik = Self(number);
        nik.checked_parts()?;
        Ok(nik)
    }

    /// The number as stored in protected columns. Never log it, never put it into a URL.
    #[must_use]
    pub const fn expose(self) -> u64 {
        self.0
    }

    /// What the digits say.
    #[must_use]
    pub fn parts(self) -> NikParts {
        match self.checked_parts() {
            Ok(parts) => parts,
            Err(_) => unreachable!("a Nik is checked when it is made"),
        }
    }

    fn checked_parts(self) -> Result<NikParts, NikError> {
        let district =
            Region::from_number(self.0 / 10_000_000_000).map_err(|_| NikError::District)?;
        let day40 = (self.0 / 100_000_000 % 100) as u32;
        let month = (self.0 / 1_000_000 % 100) as u32;
        let year_of_century = (self.0 / 10_000 % 100) as u32;
        let serial = (self.0 % 10_000) as u32;
        let (sex, day) = if day40 > 40 { (Sex::Female, day40 - 40) } else { (Sex::Male, day40) };
        // A leap day is right in one of the two possible centuries, so 1900 and 2000 both count.
        let exists = [1900, 2000]
            .into_iter()
            .any(|c| Date::from_ymd(c + year_of_century as i32, month, day).is_some());
        if !exists {
            return Err(NikError::BirthDate);
        }
        if serial == 0 {
            return Err(NikError::Serial);
        }
        Ok(NikParts { district, day, month, year_of_century, sex, serial })
    }

    /// True when birth date and sex in the number are those given.
    #[must_use]
    pub fn agrees(self, born: Date, sex: Sex) -> bool {
        let parts = self.parts();
        let (year, month, day) = born.ymd();
        parts.sex == sex
            && parts.day == day
            && parts.month == month
            && year.rem_euclid(100) as u32 == parts.year_of_century
    }
}

impl NikParts {
    /// The birth date, taking the century that makes the holder 0 to 99 years old on `on`.
    #[must_use]
    pub fn birth_date(&self, on: Date) -> Option<Date> {
        [2000, 1900]
            .into_iter()
            .filter_map(|c| Date::from_ymd(c + self.year_of_century as i32, self.month, self.day))
            .find(|born| *born <= on)
    }
}

impl Kk {
    /// Reads 16 digits; blanks around them are dropped. Only the length, the digits and the first
    /// digit are checked: field files carry family cards of every age and convention.
    ///
    /// # Errors
    /// The first thing found wrong, without the digits.
    pub fn parse(text: &str) -> Result<Self, NikError> {
        Self::from_number(sixteen_digits(text)?)
    }

    /// Checks a number read as an integer.
    ///
    /// # Errors
    /// When it has not 16 digits.
    pub fn from_number(number: u64) -> Result<Self, NikError> {
        if (1_000_000_000_000_000..10_000_000_000_000_000).contains(&number) {
            Ok(Self(number))
        } else {
            Err(NikError::Length(number.to_string().len()))
        }
    }

    /// The number as stored in protected columns. Never log it, never put it into a URL.
    #[must_use]
    pub const fn expose(self) -> u64 {
        self.0
    }
}

/// Sixteen ASCII digits as a number.
fn sixteen_digits(text: &str) -> Result<u64, NikError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NikError::Empty);
    }
    if let Some(at) = text.chars().position(|c| !c.is_ascii_digit()) {
        return Err(NikError::NotADigit(at + 1));
    }
    if text.len() != 16 {
        return Err(NikError::Length(text.len()));
    }
    Ok(text.bytes().fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}

impl fmt::Debug for Nik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NIK(\u{2026}{:04})", self.0 % 10_000)
    }
}

impl fmt::Debug for Kk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KK(\u{2026}{:04})", self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_womans_number() {
        let parts = Nik::parse(" 5201016304870002 ").unwrap().parts();
        assert_eq!(parts.district.number(), 520_101);
        assert_eq!((parts.day, parts.month, parts.year_of_century), (23, 4, 87));
        assert_eq!((parts.sex, parts.serial), (Sex::Female, 2));
        let born = parts.birth_date("2026-11-22".parse().unwrap()).unwrap();
        assert_eq!(born.to_string(), "1987-04-23");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check =
            |text: &str, error: NikError| assert_eq!(Nik::parse(text), Err(error), "{text}");
        check("", NikError::Empty);
        check("520101630487000", NikError::Length(15));
        check("52010163o4870002", NikError::NotADigit(9));
        check("0001016304870002", NikError::Length(13));
        check("5200016304870002", NikError::District);
        check("5201013202870002", NikError::BirthDate);
        check("5201016304870000", NikError::Serial);
    }

    #[test]
    fn never_prints_itself_whole() {
        let nik = Nik::parse("5201016304870002").unwrap();
        assert_eq!(format!("{nik:?}"), "NIK(\u{2026}0002)");
    }

    #[test]
    fn agrees_with_its_holder_only() {
        let nik = Nik::parse("5201016304870002").unwrap();
        let born = "1987-04-23".parse().unwrap();
        assert!(nik.agrees(born, Sex::Female));
        assert!(!nik.agrees(born, Sex::Male));
        assert!(!nik.agrees(born.plus_days(1), Sex::Female));
    }
}
