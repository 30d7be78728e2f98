//! Who lives together: draws the members of one family card with relation, sex, birth and marriage.

use kernel::kinship::relation;
use kernel::{Chance, Date, Sex};

/// A member before it has a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub relation: u8,
    pub sex: Sex,
    pub born: Date,
    pub marital: u8,
    /// Its mother, when she is (or was) of this family: index among the members.
    pub mother: Option<usize>,
    /// Born together with the member before it.
    pub twin: bool,
}

const COUPLE_AGES: [(i64, i64, f64); 11] = [
    (18, 24, 0.045),
    (25, 29, 0.115),
    (30, 34, 0.145),
    (35, 39, 0.15),
    (40, 44, 0.14),
    (45, 49, 0.125),
    (50, 54, 0.10),
    (55, 59, 0.075),
    (60, 64, 0.05),
    (65, 74, 0.045),
    (75, 88, 0.01),
];
const ALONE_AGES: [(i64, i64, f64); 6] = [
    (24, 34, 0.10),
    (35, 44, 0.17),
    (45, 54, 0.21),
    (55, 64, 0.23),
    (65, 74, 0.19),
    (75, 93, 0.10),
];
/// Children ever born, 0 to 6, of mothers under 45 and over.
const PARITY: [[f64; 7]; 2] =
    [[0.06, 0.21, 0.41, 0.205, 0.08, 0.025, 0.01], [0.05, 0.10, 0.24, 0.25, 0.17, 0.11, 0.08]];
/// Twin births among births.
pub(crate) const TWINS: f64 = 0.012;

fn age_of(chance: &mut Chance, table: &[(i64, i64, f64)]) -> f64 {
    let weights: Vec<f64> = table.iter().map(|row| row.2).collect();
    let (low, high, _) = table[chance.weighted(&weights)];
    chance.between(low, high) as f64 + chance.unit()
}

/// The day somebody `age` years old was born. Many of the old know only the year: the register has
/// 31 December or 1 July for them.
fn born(chance: &mut Chance, age: f64, as_of: Date) -> Date {
    let date = as_of.plus_days(-((age * 365.25) as i32));
    if age > 45.0 && chance.is(0.10) {
        let (year, _, _) = date.ymd();
        let (month, day) = if chance.is(0.65) { (12, 31) } else { (7, 1) };
        if let Some(round) = Date::from_ymd(year - 1, month, day) {
            return round;
        }
    }
    date
}

fn any_sex(chance: &mut Chance) -> Sex {
    if chance.is(0.514) { Sex::Male } else { Sex::Female }
}

const fn other(sex: Sex) -> Sex {
    match sex {
        Sex::Male => Sex::Female,
        Sex::Female => Sex::Male,
    }
}

/// Draws one family as of a day. The head comes first.
pub(crate) fn draw(chance: &mut Chance, as_of: Date) -> Vec<Member> {
    let mut family = Vec::with_capacity(6);
    let kind = chance.unit();
    if kind < 0.09 {
        let (sex, age) = (any_sex(chance), 18.0 + 17.0 * chance.unit());
        push(&mut family, relation::HEAD, sex, born(chance, age, as_of), 1, None);
        return family;
    }
    let (age, mother_age, mother);
    if kind < 0.305 {
        age = age_of(chance, &ALONE_AGES);
        let sex = if chance.is(0.62) { Sex::Female } else { Sex::Male };
        let widowed = chance.is(if age > 48.0 { 0.8 } else { 0.35 });
        let day = born(chance, age, as_of);
        push(&mut family, relation::HEAD, sex, day, if widowed { 4 } else { 3 }, None);
        mother = (sex == Sex::Female).then_some(0);
        mother_age = if mother.is_some() { age } else { age - 3.0 };
    } else {
        age = age_of(chance, &COUPLE_AGES);
        let wife = (age - 3.5 - 3.5 * chance.normal()).clamp(17.0, 86.0);
        let (husband_day, wife_day) = (born(chance, age, as_of), born(chance, wife, as_of));
        push(&mut family, relation::HEAD, Sex::Male, husband_day, 2, None);
        push(&mut family, relation::SPOUSE, Sex::Female, wife_day, 2, None);
        (mother, mother_age) = (Some(1), wife);
    }
    children(chance, &mut family, mother, mother_age, as_of);
    others(chance, &mut family, age, as_of);
    family
}

fn push(
    family: &mut Vec<Member>,
    relation: u8,
    sex: Sex,
    born: Date,
    marital: u8,
    mother: Option<usize>,
) {
    family.push(Member { relation, sex, born, marital, mother, twin: false });
}

fn stays_home(age: f64) -> f64 {
    match age {
        a if a < 16.0 => 0.975,
        a if a < 19.0 => 0.90,
        a if a < 22.0 => 0.72,
        a if a < 25.0 => 0.50,
        a if a < 30.0 => 0.27,
        a if a < 35.0 => 0.12,
        _ => 0.05,
    }
}

fn children(
    chance: &mut Chance,
    family: &mut Vec<Member>,
    mother: Option<usize>,
    mother_age: f64,
    as_of: Date,
) {
    let wanted = chance.weighted(&PARITY[usize::from(mother_age >= 45.0)]);
    let mut birth_age = 17.0 + (5.2 + 3.0 * chance.normal()).max(0.0);
    for _ in 0..wanted {
        if birth_age > mother_age.min(45.0) {
            break;
        }
        let age = mother_age - birth_age;
        let day = as_of.plus_days(-((age * 365.25) as i32));
        let sex = any_sex(chance);
        if chance.is(stays_home(age)) {
            child(chance, family, sex, day, age, mother, as_of);
            if chance.is(TWINS) {
                let sex = if chance.is(0.4) { other(sex) } else { sex };
                push(family, relation::CHILD, sex, day, 1, mother);
                if let Some(twin) = family.last_mut() {
                    twin.twin = true;
                }
            }
        }
        birth_age += 2.0 - 2.3 * (1.0 - chance.unit()).ln();
    }
}

/// A child at home; a grown one may have brought a spouse and a grandchild.
fn child(
    chance: &mut Chance,
    family: &mut Vec<Member>,
    sex: Sex,
    day: Date,
    age: f64,
    mother: Option<usize>,
    as_of: Date,
) {
    let married = age > 18.5 && chance.is(0.16);
    let divorced = age > 20.0 && !married && chance.is(0.05);
    let marital = if married {
        2
    } else if divorced {
        3
    } else {
        1
    };
    push(family, relation::CHILD, sex, day, marital, mother);
    let at = family.len() - 1;
    if married {
        let years = (age + 2.0 * chance.normal()).max(18.0);
        let day = as_of.plus_days(-((years * 365.25) as i32));
        push(family, relation::CHILD_IN_LAW, other(sex), day, 2, None);
    }
    if (married && chance.is(0.6)) || (divorced && chance.is(0.5)) {
        let mother = match (sex, married) {
            (Sex::Female, _) => Some(at),
            (Sex::Male, true) => Some(at + 1),
            (Sex::Male, false) => None,
        };
        let years = (age - 18.5).min(6.0) * chance.unit();
        let day = as_of.plus_days(-((years * 365.25) as i32));
        let sex = any_sex(chance);
        push(family, relation::GRANDCHILD, sex, day, 1, mother);
    }
}

fn others(chance: &mut Chance, family: &mut Vec<Member>, head_age: f64, as_of: Date) {
    if head_age < 58.0 && chance.is(0.055) {
        let age = (head_age + 19.0 + 14.0 * chance.unit()).min(97.0);
        let sex = if chance.is(0.70) { Sex::Female } else { Sex::Male };
        let day = born(chance, age, as_of);
        let marital = if chance.is(0.85) { 4 } else { 3 };
        push(family, relation::PARENT, sex, day, marital, None);
    }
    if head_age > 48.0 && chance.is(0.08) {
        let age = 1.0 + 15.0 * chance.unit();
        let (sex, day) = (any_sex(chance), as_of.plus_days(-((age * 365.25) as i32)));
        push(family, relation::GRANDCHILD, sex, day, 1, None);
    }
    if chance.is(0.016) {
        let age = 6.0 + 30.0 * chance.unit();
        let (sex, day) = (any_sex(chance), as_of.plus_days(-((age * 365.25) as i32)));
        let kind = if chance.is(0.06) { relation::HELPER } else { relation::OTHER };
        push(family, kind, sex, day, 1, None);
    }
}
