//! Schooling as a plan per person, so that grade, level and diploma agree with age on any day.

use kernel::{Chance, Date};

/// How far a person goes in school, and through which kind of school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// School years ever to be finished: 0 never in school, 6 primary, 9, 12, 15, 16, 18.
    years: u8,
    /// Age at which it starts.
    start: u8,
    /// Primary, lower and upper secondary in a madrasa (bits 1, 2, 4); vocational upper (8).
    track: u8,
}

/// School columns of the instrument on one day (0 = not asked).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Schooling {
    pub participation: u8,
    pub level: u8,
    pub grade: u8,
    pub diploma: u8,
}

/// Diploma code of those without one.
pub(crate) const NO_DIPLOMA: u8 = 23;

impl Plan {
    /// Draws a plan. `ability` is the family's and village's standing (about -2 to 2).
    pub(crate) fn draw(chance: &mut Chance, born_year: i32, ability: f64) -> Self {
        let cohort = (f64::from(born_year - 1975) / 25.0 * 0.78).clamp(-1.6, 0.92);
        let e = 0.72 * ability + 0.70 * chance.normal() + cohort;
        // Cut points of the cohort of 1975: never .10, some primary .25, primary .55, lower
        // secondary .70, upper secondary .89, diploma .91, bachelor .992.
        let years = match e {
            e if e < -1.28 => 0,
            e if e < -0.674 => 1 + chance.below(5) as u8,
            e if e < 0.125 => 6,
            e if e < 0.52 => 9,
            e if e < 1.23 => 12,
            e if e < 1.34 => 15,
            e if e < 2.41 => 16,
            _ => 18,
        };
        let mut track = 0;
        for (bit, share) in [(1, 0.24), (2, 0.36), (4, 0.33), (8, 0.24)] {
            if chance.is(share) {
                track |= bit;
            }
        }
        Self { years, start: if chance.is(0.45) { 6 } else { 7 }, track }
    }

    /// School years behind the person on a day.
    pub(crate) fn years_on(self, born: Date, on: Date) -> u8 {
        let age = born.age_on(on);
        (age - i32::from(self.start)).clamp(0, i32::from(self.years)) as u8
    }

    /// The instrument's answers on a day; nothing is asked below age 5.
    pub(crate) fn on(self, born: Date, on: Date) -> Schooling {
        let age = born.age_on(on);
        if age < 5 {
            return Schooling::default();
        }
        let running = age - i32::from(self.start) + 1;
        if self.years == 0 || running < 1 {
            return Schooling { participation: 1, ..Schooling::default() };
        }
        let (done, at) = if running <= i32::from(self.years) {
            (running as u8 - 1, Some(running as u8))
        } else {
            (self.years, None)
        };
        let reached = at.unwrap_or(self.years);
        let (first, level) = self.stage(reached);
        let grade = match at {
            Some(year) => year - first + 1,
            None if self.finished(self.years) => 8,
            None => self.years - first + 1,
        };
        Schooling {
            participation: if at.is_some() { 2 } else { 3 },
            level,
            grade: grade.min(8),
            diploma: self.diploma(done),
        }
    }

    /// First school year and instrument level of the stage that school year `year` belongs to.
    fn stage(self, year: u8) -> (u8, u8) {
        match year {
            0..=6 => (1, if self.track & 1 == 0 { 3 } else { 4 }),
            7..=9 => (7, if self.track & 2 == 0 { 8 } else { 9 }),
            10..=12 => (10, self.upper()),
            13..=16 if self.years == 15 => (13, 18),
            13..=16 => (13, 19),
            _ => (17, 21),
        }
    }

    fn upper(self) -> u8 {
        match (self.track & 4, self.track & 8) {
            (_, 8) => 15,
            (4, _) => 14,
            _ => 13,
        }
    }

    fn finished(self, years: u8) -> bool {
        matches!(years, 6 | 9 | 12 | 15 | 16 | 18)
    }

    fn diploma(self, done: u8) -> u8 {
        match done {
            0..=5 => NO_DIPLOMA,
            6..=8 => self.stage(6).1,
            9..=11 => self.stage(9).1,
            12..=14 => self.upper(),
            15 if self.years == 15 => 18,
            15 => self.upper(),
            16 | 17 => 19,
            _ => 21,
        }
    }
}

/// Years of schooling a diploma code stands for.
pub(crate) fn diploma_years(code: u8) -> f64 {
    match code {
        1..=5 => 6.0,
        6..=10 => 9.0,
        11..=17 => 12.0,
        18 => 14.0,
        19 | 20 => 16.0,
        21 | 22 => 18.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_runs_through_the_grades() {
        let born: Date = "2010-01-15".parse().unwrap();
        let plan = Plan { years: 12, start: 7, track: 0 };
        let check = |on: &str, participation, level, grade, diploma| {
            let got = plan.on(born, on.parse().unwrap());
            let want = Schooling { participation, level, grade, diploma };
            assert_eq!(got, want, "{on}");
        };
        check("2014-10-01", 0, 0, 0, 0);
        check("2016-10-01", 1, 0, 0, 0);
        check("2017-10-01", 2, 3, 1, NO_DIPLOMA);
        check("2023-10-01", 2, 8, 1, 3);
        check("2028-10-01", 2, 13, 3, 8);
        check("2029-10-01", 3, 13, 8, 13);
    }
}
