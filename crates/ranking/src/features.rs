//! Family features from the rows of its people: counts by age, education and work, and the head's
//! answers. All are whole numbers, so that scores are bit-exact. Codes are those of
//! `config/id/instrument.toml` (Regsosek 2022).

use crate::RankError;
use crate::card::{Columns, Data};
use kernel::kinship::relation;

/// Person columns in any order of families; `family[i]` is the row (0-based) of person i's family.
/// An empty slice means that the column is not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct People<'a> {
    /// Row of the family in the family table; `u32::MAX`: belongs to none.
    pub family: &'a [u32],
    /// Relation to the head (409): 1 head, 2 spouse, 3 child …
    pub relation: &'a [u8],
    /// Completed years; 255 unknown.
    pub age: &'a [u8],
    /// 1 male, 2 female.
    pub sex: &'a [u8],
    /// 408: 1 single … 4 widowed.
    pub marital_status: &'a [u8],
    /// 412: 1 never, 2 in school, 3 no longer.
    pub school_participation: &'a [u8],
    /// 415: highest diploma.
    pub diploma: &'a [u8],
    /// 416: 1 worked last week, 2 not.
    pub worked: &'a [u8],
    /// 417: sector 1 to 26.
    pub work_sector: &'a [u8],
    /// 418: status 1 to 8 (4 private employee, 5 civil service and state companies).
    pub work_status: &'a [u8],
    /// 420: 1 owns a business.
    pub business_owned: &'a [u8],
    /// 425: turnover class 1 to 7.
    pub business_turnover: &'a [u8],
    /// Smallest code of the difficulty questions (428 a–i): 1 cannot, 2 a lot, 3 some, 4 none.
    pub difficulty: &'a [u8],
    /// 430: 1 none, 2 and up an illness.
    pub chronic_illness: &'a [u8],
}

/// Names of the features that [`derive()`] writes, with what they hold.
pub const FEATURES: [(&str, &str); 24] = [
    ("size", "members"),
    ("members_0_4", "members aged 0 to 4"),
    ("members_5_14", "members aged 5 to 14"),
    ("members_15_64", "members aged 15 to 64"),
    ("members_65_up", "members aged 65 and over"),
    ("dependency_percent", "100 × (aged 0-14 and 65 up) / aged 15-64; at most 900"),
    ("women_15_64", "women aged 15 to 64"),
    ("workers", "members who worked last week"),
    ("workers_percent", "100 × workers / members"),
    ("employees", "members employed by a private or public employer (status 4, 5)"),
    ("civil_servants", "members in civil service or state companies (status 5)"),
    ("farm_workers", "members working in agriculture (sectors 1-6)"),
    ("students", "members in school"),
    ("schooling_years_most", "most years of schooling among members aged 15 and over"),
    ("businesses", "members who own a business"),
    ("turnover_most", "highest turnover class; 0 without a business"),
    ("disabled_members", "members who cannot, or only with a lot of difficulty (428)"),
    ("ill_members", "members with a chronic illness"),
    ("head_age", "age of the head"),
    ("head_sex", "1 male, 2 female"),
    ("head_marital_status", "code 408 of the head"),
    ("head_schooling_years", "years of schooling of the head, from the diploma"),
    ("head_work_status", "code 418 of the head; 0 not working"),
    ("head_work_sector", "code 417 of the head; 0 not working"),
];

/// Feature of floor area and size together: [`floor_area_per_person`].
pub const FLOOR_PER_PERSON: &str = "floor_area_per_person";

/// Columns (of the family table and of this module) that are code lists, as patterns for
/// [`crate::Settings::categorical`].
pub const CODE_LISTS: &str = "tenure,*_material,drinking_water,lighting,electricity_power,\
cooking_fuel,toilet_*,sewage_disposal,head_marital_status,head_work_*";

/// The patterns of [`CODE_LISTS`] that match one of `names`; patterns that match nothing are left
/// out, so that a survey without a question can still be fitted.
#[must_use]
pub fn code_lists(names: &[String]) -> String {
    let hit = |pattern: &&str| {
        names.iter().any(|n| crate::frame::matches(pattern.as_bytes(), n.as_bytes()))
    };
    CODE_LISTS.split(',').filter(hit).collect::<Vec<_>>().join(",")
}

/// Years of schooling behind a diploma code (415): primary 6, lower secondary 9, upper 12, D1–D3
/// 14, bachelor 16, profession 17, master 18, doctor 21, none 0; unknown codes 255.
#[must_use]
pub const fn schooling_years(diploma: u8) -> u8 {
    match diploma {
        1..=5 => 6,
        6..=10 => 9,
        11..=17 => 12,
        18 => 14,
        19 => 16,
        20 => 17,
        21 => 18,
        22 => 21,
        23 => 0,
        _ => 255,
    }
}

/// Counts of one family while its people are read.
#[derive(Clone, Copy)]
struct Tally {
    size: u8,
    ages: [u8; 4],
    women: u8,
    workers: u8,
    employees: u8,
    civil: u8,
    farm: u8,
    students: u8,
    schooling: u8,
    businesses: u8,
    turnover: u8,
    disabled: u8,
    ill: u8,
    head: [u8; 6],
}

const EMPTY: Tally = Tally {
    size: 0,
    ages: [0; 4],
    women: 0,
    workers: 0,
    employees: 0,
    civil: 0,
    farm: 0,
    students: 0,
    schooling: 255,
    businesses: 0,
    turnover: 0,
    disabled: 0,
    ill: 0,
    head: [255; 6],
};

/// The value of person `i`, 255 when the column is not known.
fn at(column: &[u8], i: usize) -> u8 {
    column.get(i).copied().unwrap_or(255)
}

fn count(slot: &mut u8, yes: bool) {
    *slot = slot.saturating_add(u8::from(yes)).min(254);
}

impl Tally {
    fn add(&mut self, p: &People<'_>, i: usize) {
        let (age, status, sector) = (at(p.age, i), at(p.work_status, i), at(p.work_sector, i));
        let worked = at(p.worked, i) == 1;
        count(&mut self.size, true);
        let band = match age {
            0..=4 => Some(0),
            5..=14 => Some(1),
            15..=64 => Some(2),
            65..=254 => Some(3),
            255 => None,
        };
        if let Some(band) = band {
            count(&mut self.ages[band], true);
        }
        count(&mut self.women, band == Some(2) && at(p.sex, i) == 2);
        count(&mut self.workers, worked);
        count(&mut self.employees, worked && matches!(status, 4 | 5));
        count(&mut self.civil, worked && status == 5);
        count(&mut self.farm, worked && (1..=6).contains(&sector));
        count(&mut self.students, at(p.school_participation, i) == 2);
        let years = self.years(p, i);
        if age >= 15 && age != 255 && years != 255 {
            self.schooling = if self.schooling == 255 { years } else { self.schooling.max(years) };
        }
        let owns = at(p.business_owned, i) == 1;
        count(&mut self.businesses, owns);
        let turnover = at(p.business_turnover, i);
        if owns && turnover != 255 {
            self.turnover = self.turnover.max(turnover);
        }
        count(&mut self.disabled, matches!(at(p.difficulty, i), 1 | 2));
        count(&mut self.ill, matches!(at(p.chronic_illness, i), 2..=254));
        if at(p.relation, i) == relation::HEAD {
            let idle = at(p.worked, i) == 2;
            let work = |code: u8| if idle { 0 } else { code };
            self.head =
                [age, at(p.sex, i), at(p.marital_status, i), years, work(status), work(sector)];
        }
    }

    /// Years of schooling; somebody who never went to school has none.
    fn years(&self, p: &People<'_>, i: usize) -> u8 {
        if at(p.school_participation, i) == 1 { 0 } else { schooling_years(at(p.diploma, i)) }
    }

    /// The features in the order of [`FEATURES`].
    fn features(&self) -> [u16; 24] {
        let wide = |v: u8| if v == 255 { u16::MAX } else { u16::from(v) };
        let [a0, a5, a15, a65] = self.ages.map(u16::from);
        let dependants = a0 + a5 + a65;
        let size = u16::from(self.size);
        let h = self.head.map(wide);
        [
            size,
            a0,
            a5,
            a15,
            a65,
            (100 * dependants).checked_div(a15).unwrap_or(100 * dependants).min(900),
            u16::from(self.women),
            u16::from(self.workers),
            (100 * u16::from(self.workers)).checked_div(size).unwrap_or(0),
            u16::from(self.employees),
            u16::from(self.civil),
            u16::from(self.farm),
            u16::from(self.students),
            wide(self.schooling),
            u16::from(self.businesses),
            u16::from(self.turnover),
            u16::from(self.disabled),
            u16::from(self.ill),
            h[0],
            h[1],
            h[2],
            h[3],
            h[4],
            h[5],
        ]
    }
}

/// Derives the features of `families` families from their people and adds them to `columns` (which
/// must have that many rows). A family without people gets missing values.
///
/// # Errors
/// [`RankError::Data`] when person columns differ in length or name a family that is not there.
pub fn derive(people: &People<'_>, columns: &mut Columns) -> Result<(), RankError> {
    let families = columns.rows();
    let given = [
        people.relation,
        people.age,
        people.sex,
        people.marital_status,
        people.school_participation,
        people.diploma,
        people.worked,
        people.work_sector,
        people.work_status,
        people.business_owned,
        people.business_turnover,
        people.difficulty,
        people.chronic_illness,
    ];
    if given.iter().any(|c| !c.is_empty() && c.len() != people.family.len()) {
        return Err(RankError::Data("person columns differ in length".into()));
    }
    let mut tallies = vec![EMPTY; families];
    for (i, &family) in people.family.iter().enumerate() {
        if family == u32::MAX {
            continue;
        }
        let Some(tally) = tallies.get_mut(family as usize) else {
            return Err(RankError::Data(format!(
                "person row {i} names family row {family} of {families}"
            )));
        };
        tally.add(people, i);
    }
    let mut out: Vec<Vec<u16>> = vec![Vec::with_capacity(families); FEATURES.len()];
    for tally in &tallies {
        let features = if tally.size == 0 { [u16::MAX; 24] } else { tally.features() };
        for (column, value) in out.iter_mut().zip(features) {
            column.push(value);
        }
    }
    for ((name, _), values) in FEATURES.iter().zip(out) {
        columns.set(*name, Data::U16(values))?;
    }
    floor_area_per_person(columns)
}

/// Adds [`FLOOR_PER_PERSON`] (whole m², rounded) when the columns have `floor_area_m2` and `size`.
///
/// # Errors
/// None in practice.
pub fn floor_area_per_person(columns: &mut Columns) -> Result<(), RankError> {
    let (Some(area), Some(size)) = (columns.get("floor_area_m2"), columns.get("size")) else {
        return Ok(());
    };
    let values = (0..columns.rows())
        .map(|row| {
            let (area, size) = (area.number(row), size.number(row));
            if area.is_nan() || size.is_nan() || size < 1.0 {
                u16::MAX
            } else {
                (area / size).round().clamp(0.0, 500.0) as u16
            }
        })
        .collect();
    columns.set(FLOOR_PER_PERSON, Data::U16(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_of_four_and_a_lone_widow() {
        let people = People {
            family: &[0, 0, 0, 0, 1],
            relation: &[1, 2, 3, 3, 1],
            age: &[40, 38, 10, 3, 71],
            sex: &[1, 2, 2, 1, 2],
            marital_status: &[2, 2, 1, 1, 4],
            school_participation: &[3, 3, 2, 255, 1],
            diploma: &[13, 8, 23, 255, 255],
            worked: &[1, 1, 2, 255, 2],
            work_sector: &[1, 12, 255, 255, 255],
            work_status: &[1, 4, 255, 255, 255],
            ..People::default()
        };
        let mut columns = Columns::new(2);
        columns.set("floor_area_m2", Data::U16(vec![54, 20])).unwrap();
        derive(&people, &mut columns).unwrap();
        let check = |name: &str, want: [f64; 2]| {
            let data = columns.get(name).unwrap();
            assert_eq!([data.number(0), data.number(1)], want, "{name}");
        };
        check("size", [4.0, 1.0]);
        check("members_15_64", [2.0, 0.0]);
        check("dependency_percent", [100.0, 100.0]);
        check("workers_percent", [50.0, 0.0]);
        check("employees", [1.0, 0.0]);
        check("farm_workers", [1.0, 0.0]);
        check("students", [1.0, 0.0]);
        check("schooling_years_most", [12.0, 0.0]);
        check("head_work_status", [1.0, 0.0]);
        check("head_schooling_years", [12.0, 0.0]);
        check("head_sex", [1.0, 2.0]);
        check("floor_area_per_person", [14.0, 20.0]);
    }
}
