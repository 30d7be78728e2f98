//! Identity and card numbers, unique over the province without a table of all of them.
//!
//! A number's serial is its holder's place among those with the same district, day and sex. People
//! who live where their number was issued take serials 1 to 5,000 of that district; those who
//! brought their number from elsewhere take a band of 42 serials that belongs to the district they
//! live in, so that districts can be drawn apart from each other.

use kernel::{Date, Sex};
use std::collections::BTreeMap;

/// Days as the number writes them: two digits of the year, so 1926 and 2026 share their serials.
const DAYS: usize = 100 * 12 * 31;
const BAND_FIRST: u64 = 5_001;
const BAND: u64 = 42;

/// The counters of one district.
pub(crate) struct Serials {
    /// Six digits.
    district: u64,
    /// From 0, over the province.
    number: u64,
    local: Vec<u16>,
    cards: Vec<u16>,
    brought: BTreeMap<(u64, usize, u8), u16>,
}

fn number(district: u64, day: Date, female: bool, serial: u64) -> u64 {
    let (year, month, dom) = day.ymd();
    let dom = u64::from(dom) + if female { 40 } else { 0 };
    let date = dom * 10_000 + u64::from(month) * 100 + year.rem_euclid(100) as u64;
    (district * 1_000_000 + date) * 10_000 + serial
}

impl Serials {
    pub(crate) fn new(district: u64, district_number: usize) -> Self {
        Self {
            district,
            number: district_number as u64,
            local: vec![0; DAYS * 2],
            cards: vec![0; DAYS],
            brought: BTreeMap::new(),
        }
    }

    fn day(date: Date) -> usize {
        let (year, month, day) = date.ymd();
        (year.rem_euclid(100) as usize * 12 + month as usize - 1) * 31 + day as usize - 1
    }

    /// A NIK issued here.
    pub(crate) fn nik(&mut self, born: Date, sex: Sex) -> u64 {
        let female = sex == Sex::Female;
        let slot = &mut self.local[Self::day(born) * 2 + usize::from(female)];
        *slot += 1;
        number(self.district, born, female, u64::from(*slot))
    }

    /// A NIK issued in another district to somebody who lives here now. Falls back on a number of
    /// this district when the band is full.
    pub(crate) fn nik_from(&mut self, district: u64, born: Date, sex: Sex) -> u64 {
        let female = sex == Sex::Female;
        let slot = self.brought.entry((district, Self::day(born), sex.code())).or_insert(0);
        if district == self.district || u64::from(*slot) >= BAND {
            return self.nik(born, sex);
        }
        let serial = BAND_FIRST + BAND * self.number + u64::from(*slot);
        *slot += 1;
        number(district, born, female, serial)
    }

    /// A family card issued here on a day.
    pub(crate) fn card(&mut self, issued: Date) -> u64 {
        let slot = &mut self.cards[Self::day(issued)];
        *slot += 1;
        number(self.district, issued, false, u64::from(*slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Nik;

    #[test]
    fn numbers_are_unique_and_agree_with_birth() {
        let mut here = Serials::new(520_101, 0);
        let mut there = Serials::new(520_102, 1);
        let born: Date = "1990-12-31".parse().unwrap();
        let mut all = Vec::new();
        for _ in 0..60 {
            all.push(here.nik(born, Sex::Female));
            all.push(here.nik_from(520_102, born, Sex::Female));
            all.push(there.nik(born, Sex::Female));
            all.push(there.nik_from(520_101, born, Sex::Female));
        }
        for nik in &all {
            assert!(Nik::from_number(*nik).unwrap().agrees(born, Sex::Female));
        }
        // A century later the digits of the date are the same.
        let later: Date = "2090-12-31".parse().unwrap();
        all.push(here.nik(later, Sex::Female));
        all.push(here.nik_from(520_102, later, Sex::Female));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 242);
    }
}
