//! How well a record agrees with a person of the civil register who carries the same NIK.
//!
//! The NIK itself says birth date and sex, so agreement in the *name* is what tells a person from
//! somebody who was issued, or wrote down, the same number. Levels, not scores: a link made here
//! can be explained in one line. The bits below are set by hand from how rare a chance agreement
//! is; they order links made by NIK and are not a trained model (that is room `linkage`).

use crate::records::{Identity, NO_DATE};
use kernel::Date;

/// Agreement of one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// One side does not know it.
    Missing = 0,
    /// They contradict each other.
    Differs,
    /// A trace of likeness: one name in common, the same birth year.
    Similar,
    /// The same but for a known kind of slip: initials, spelling, swapped day and month.
    Compatible,
    /// Letter for letter.
    Exact,
}

/// Agreement of the attributes of two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// Name.
    pub name: Level,
    /// Birth date.
    pub birth: Level,
    /// Sex ([`Level::Exact`] or [`Level::Differs`]).
    pub sex: Level,
    /// Family card number.
    pub kk: Level,
}

impl Agreement {
    /// Compares row `i` of `a` with row `j` of `b`.
    #[must_use]
    pub fn of(a: &Identity, i: usize, b: &Identity, j: usize) -> Self {
        Self {
            name: names(a.name.get(i), b.name.get(j)),
            birth: births(a.birth[i], b.birth[j]),
            sex: same(u64::from(a.sex[i]), u64::from(b.sex[j])),
            kk: same(a.kk[i], b.kk[j]),
        }
    }

    /// Whether two rows with one NIK are one person.
    #[must_use]
    pub fn is_one_person(self) -> bool {
        match self.name {
            // Namesakes of two generations share a card; years apart, scoring must decide.
            Level::Exact | Level::Compatible | Level::Similar => self.birth != Level::Differs,
            Level::Missing => self.birth >= Level::Compatible && self.sex != Level::Differs,
            // Known by another name: only within the same family card, born the same day.
            Level::Differs => {
                self.kk == Level::Exact && self.birth == Level::Exact && self.sex == Level::Exact
            }
        }
    }

    /// Whether nothing at all speaks against it.
    #[must_use]
    pub fn is_full(self) -> bool {
        self.name >= Level::Compatible && self.birth != Level::Differs && self.sex != Level::Differs
    }

    /// Log2 of the Bayes factor of these levels beside an equal NIK.
    #[must_use]
    pub fn bits(self) -> f64 {
        let of = |level: Level, bits: [f64; 4]| match level {
            Level::Missing => 0.0,
            Level::Differs => bits[0],
            Level::Similar => bits[1],
            Level::Compatible => bits[2],
            Level::Exact => bits[3],
        };
        of(self.name, [-8.0, 3.0, 8.0, 12.0])
            + of(self.birth, [-4.0, 1.0, 4.0, 6.0])
            + of(self.sex, [-3.0, 0.0, 0.0, 1.0])
            + of(self.kk, [-1.0, 0.0, 0.0, 10.0])
    }

    /// The levels in 16 bits, never 0.
    #[must_use]
    pub const fn pack(self) -> u16 {
        1 << 15
            | (self.name as u16) << 9
            | (self.birth as u16) << 6
            | (self.sex as u16) << 3
            | self.kk as u16
    }
}

/// Packed levels as text, 3 the same letter for letter, 0 different, - unknown:
/// `name2 birth3 sex3 kk-`.
#[must_use]
pub fn unpack(packed: u16) -> String {
    let digit = |shift: u32| match packed >> shift & 7 {
        0 => '-',
        level => char::from(b'0' + (level as u8 - 1)),
    };
    format!("name{} birth{} sex{} kk{}", digit(9), digit(6), digit(3), digit(0))
}

fn same(a: u64, b: u64) -> Level {
    match (a, b) {
        (0, _) | (_, 0) => Level::Missing,
        (a, b) if a == b => Level::Exact,
        _ => Level::Differs,
    }
}

/// Agreement of two birth dates given in days.
#[must_use]
pub fn births(a: i32, b: i32) -> Level {
    if a == NO_DATE || b == NO_DATE {
        return Level::Missing;
    }
    if a == b {
        return Level::Exact;
    }
    let ((ya, ma, da), (yb, mb, db)) = (Date::from_days(a).ymd(), Date::from_days(b).ymd());
    let equal_parts = u8::from(ya == yb) + u8::from(ma == mb) + u8::from(da == db);
    let swapped = ya == yb && ma == db && da == mb;
    let guessed = |m, d| (m, d) == (7, 1) || (m, d) == (12, 31) || (m, d) == (1, 1);
    let is_guess = (guessed(ma, da) || guessed(mb, db)) && (ya - yb).abs() <= 2;
    if swapped || equal_parts == 2 || is_guess {
        Level::Compatible
    } else if (ya - yb).abs() <= 1 {
        Level::Similar
    } else {
        Level::Differs
    }
}

/// Agreement of two cleaned names.
#[must_use]
pub fn names(a: &str, b: &str) -> Level {
    if a.is_empty() || b.is_empty() {
        return Level::Missing;
    }
    if a == b {
        return Level::Exact;
    }
    let (short, long) = if tokens(a).count() <= tokens(b).count() { (a, b) } else { (b, a) };
    let (mut all_fit, mut strong, mut any_fit) = (true, false, false);
    for token in tokens(short) {
        let best = tokens(long).map(|other| token_fit(token, other)).max().unwrap_or(Fit::No);
        all_fit &= best != Fit::No;
        strong |= best == Fit::Same;
        any_fit |= best >= Fit::Near;
    }
    if (all_fit && strong) || near(&squeezed(a), &squeezed(b)) {
        Level::Compatible
    } else if any_fit {
        Level::Similar
    } else {
        Level::Differs
    }
}

fn tokens(name: &str) -> impl Iterator<Item = &str> {
    name.split([' ', '.', '\'', '-', ',']).filter(|t| !t.is_empty())
}

fn squeezed(name: &str) -> String {
    tokens(name).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    Initial,
    Near,
    Same,
}

fn token_fit(a: &str, b: &str) -> Fit {
    if a == b {
        return if a.len() > 1 { Fit::Same } else { Fit::Initial };
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() <= 3 {
        return if long.starts_with(short) { Fit::Initial } else { Fit::No };
    }
    if long.starts_with(short) || near(a, b) { Fit::Near } else { Fit::No }
}

/// At most one slip per five letters (insert, delete, change, swap of neighbours), at least one.
fn near(a: &str, b: &str) -> bool {
    let limit = (a.len().min(b.len()) / 5).max(1);
    a.len().abs_diff(b.len()) <= limit && a.len().min(b.len()) >= 4 && slips(a, b) <= limit
}

/// Optimal string alignment distance on bytes (names are upper-case ASCII after cleaning).
fn slips(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_field_writes_them() {
        let check = |a: &str, b: &str, level: Level| {
            assert_eq!(names(a, b), level, "{a} / {b}");
            assert_eq!(names(b, a), level, "{b} / {a}");
        };
        check("SITI AMINAH", "SITI AMINAH", Level::Exact);
        check("SITI AMINAH", "S AMINAH", Level::Compatible);
        check("MUHAMMAD RIZKI", "MUHAMAD RIZKI", Level::Compatible);
        check("LALU AHMAD FAUZI", "AHMAD FAUZI", Level::Compatible);
        check("AHMADFAUZI", "AHMAD FAUZI", Level::Compatible);
        check("SITI AMINAH", "SITI ROHANI", Level::Similar);
        check("AHMAD", "BUDIONO", Level::Differs);
        check("AHMAD", "", Level::Missing);
    }

    #[test]
    fn birth_dates_with_known_slips() {
        let check = |a: &str, b: &str, level: Level| {
            let days = |t: &str| t.parse::<Date>().unwrap().days();
            assert_eq!(births(days(a), days(b)), level, "{a} {b}");
        };
        check("1987-04-03", "1987-04-03", Level::Exact);
        check("1987-04-03", "1987-03-04", Level::Compatible);
        check("1987-04-03", "1987-04-08", Level::Compatible);
        check("1987-04-03", "1988-07-01", Level::Compatible);
        check("1987-04-03", "1988-09-12", Level::Similar);
        check("1987-04-03", "1961-09-12", Level::Differs);
        assert_eq!(births(NO_DATE, 1), Level::Missing);
    }

    #[test]
    fn one_number_used_by_two_people_is_two_people() {
        let two = Agreement {
            name: Level::Differs,
            birth: Level::Exact,
            sex: Level::Exact,
            kk: Level::Differs,
        };
        assert!(!two.is_one_person());
        assert!(Agreement { kk: Level::Exact, ..two }.is_one_person());
        assert!(Agreement { name: Level::Compatible, ..two }.is_one_person());
        let namesake = Agreement { name: Level::Exact, birth: Level::Differs, ..two };
        assert!(!namesake.is_one_person(), "a grandfather's number on a grandson of his name");
        assert_eq!(unpack(two.pack()), "name0 birth3 sex3 kk0");
    }
}
