//! Work, business, difficulties, illness and nutrition of a person.

use crate::math::cdf;
use crate::people::{Business, Work};
use kernel::{Chance, Sex};

/// What work depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worker {
    pub age: i32,
    pub sex: Sex,
    pub in_school: bool,
    /// School years finished.
    pub years: u8,
    pub urban: bool,
    /// The family's permanent wealth.
    pub wealth: f64,
    pub head: bool,
}

fn works(w: Worker) -> f64 {
    let man = w.sex == Sex::Male;
    match w.age {
        ..=9 => 0.0,
        10..=14 => 0.015,
        _ if w.in_school => 0.07,
        15..=19 => {
            if man {
                0.50
            } else {
                0.28
            }
        }
        20..=59 if w.head => {
            if man {
                0.955
            } else {
                0.80
            }
        }
        20..=59 => {
            if man {
                0.80
            } else {
                0.52
            }
        }
        60..=69 => {
            if man {
                0.72
            } else {
                0.44
            }
        }
        _ => {
            if man {
                0.42
            } else {
                0.18
            }
        }
    }
}

const SECTORS: [[(u8, f64); 12]; 3] = [
    // Up to lower secondary.
    [
        (12, 0.26),
        (11, 0.20),
        (8, 0.16),
        (13, 0.10),
        (14, 0.08),
        (24, 0.06),
        (25, 0.05),
        (7, 0.03),
        (10, 0.02),
        (19, 0.02),
        (6, 0.01),
        (9, 0.01),
    ],
    // Upper secondary.
    [
        (12, 0.30),
        (11, 0.09),
        (8, 0.11),
        (13, 0.09),
        (14, 0.10),
        (20, 0.08),
        (24, 0.06),
        (16, 0.03),
        (15, 0.03),
        (7, 0.04),
        (19, 0.04),
        (9, 0.03),
    ],
    // Tertiary.
    [
        (21, 0.34),
        (20, 0.20),
        (22, 0.13),
        (12, 0.11),
        (16, 0.06),
        (18, 0.05),
        (15, 0.03),
        (14, 0.03),
        (17, 0.01),
        (24, 0.02),
        (8, 0.01),
        (23, 0.01),
    ],
];

const FARM: [(u8, f64); 6] = [(1, 0.56), (2, 0.11), (3, 0.09), (4, 0.10), (5, 0.10), (6, 0.04)];

fn from_table(chance: &mut Chance, table: &[(u8, f64)]) -> u8 {
    let weights: Vec<f64> = table.iter().map(|row| row.1).collect();
    table[chance.weighted(&weights)].0
}

/// Draws work; nothing is asked below age 5.
pub(crate) fn work(chance: &mut Chance, w: Worker) -> Work {
    if w.age < 5 {
        return Work::default();
    }
    if !chance.is(works(w)) {
        return Work { worked: 2, sector: 0, status: 0 };
    }
    let tertiary = w.years >= 14;
    let farm = 0.02 - 0.34 * w.wealth + if w.urban { -0.75 } else { 0.28 }
        - if tertiary {
            1.4
        } else if w.years >= 12 {
            0.35
        } else {
            0.0
        };
    if chance.is(cdf(farm)) {
        let sector = from_table(chance, &FARM);
        let poor = cdf(-0.75 - 0.45 * w.wealth);
        let status = if chance.is(poor) {
            6
        } else if !w.head && chance.is(0.45) {
            8
        } else {
            [1, 2, 3][chance.weighted(&[0.40, 0.56, 0.04])]
        };
        return Work { worked: 1, sector, status };
    }
    let band = if tertiary { 2 } else { usize::from(w.years >= 12) };
    let sector = from_table(chance, &SECTORS[band]);
    Work { worked: 1, sector, status: trade_status(chance, w, sector) }
}

fn trade_status(chance: &mut Chance, w: Worker, sector: u8) -> u8 {
    let civil = match sector {
        20 => 0.72,
        21 | 22 => 0.50,
        9 | 10 | 16 => 0.25,
        _ => 0.01,
    };
    if w.years >= 12 && w.age > 20 && w.age < 61 && chance.is((civil + 0.10 * w.wealth).max(0.0)) {
        return 5;
    }
    match sector {
        20..=22 | 15..=18 | 7..=10 if chance.is(0.8) => 4,
        11 if chance.is(0.62) => 7,
        25 => 4,
        12 if !w.head && chance.is(0.2) => 8,
        _ => {
            let casual = cdf(-1.15 - 0.35 * w.wealth);
            if chance.is(casual) {
                7
            } else {
                [1, 2, 3, 4][chance.weighted(&[0.44, 0.16, 0.06, 0.34])]
            }
        }
    }
}

/// Draws the business behind a person's work; nothing is asked below age 5.
pub(crate) fn business(chance: &mut Chance, work: Work, age: i32, wealth: f64) -> Business {
    if age < 5 {
        return Business::default();
    }
    let own = matches!(work.status, 1..=3);
    if !(own && chance.is(0.86) || work.worked == 1 && chance.is(0.015)) {
        return Business { owned: 2, ..Business::default() };
    }
    let level = 0.5 * wealth + 0.85 * chance.normal();
    let turnover = match level {
        l if l < 0.95 => 1,
        l if l < 1.65 => 2,
        l if l < 2.05 => 3,
        l if l < 2.9 => 4,
        l if l < 3.6 => 5,
        _ => 6,
    };
    Business {
        owned: 1,
        count: if chance.is(0.06) { 2 } else { 1 },
        sector: work.sector.max(1),
        paid: if work.status == 3 { 1 + chance.below(4 * u64::from(turnover)) as u16 } else { 0 },
        unpaid: if work.status == 2 { 1 + chance.below(2) as u8 } else { 0 },
        turnover,
    }
}

/// Share of people of an age with at least one difficulty (Sakernas 2022/23).
fn difficulty_share(age: i32) -> f64 {
    match age {
        ..=24 => 0.010,
        25..=44 => 0.02,
        45..=54 => 0.045,
        55..=64 => 0.11,
        65..=74 => 0.25,
        _ => 0.48,
    }
}

/// Nine difficulties and sadness: 1 cannot at all … 4 none; 0 not asked (first six from age 2,
/// the rest from 5).
pub(crate) fn difficulties(chance: &mut Chance, age: i32) -> ([u8; 9], u8) {
    let mut out = [0u8; 9];
    if age >= 2 {
        out[..6].fill(4);
    }
    if age >= 5 {
        out[6..].fill(4);
    }
    if age >= 2 && chance.is(difficulty_share(age)) {
        let weights = if age >= 55 {
            [0.42, 0.18, 0.2, 0.05, 0.02, 0.01, 0.02, 0.04, 0.06]
        } else {
            [0.25, 0.1, 0.15, 0.08, 0.14, 0.08, 0.1, 0.06, 0.04]
        };
        for _ in 0..=chance.below(2) {
            let at = chance.weighted(&weights);
            if out[at] != 0 {
                out[at] = [3, 2, 1][chance.weighted(&[0.72, 0.20, 0.08])];
            }
        }
    }
    let sadness =
        if age < 5 { 0 } else { [4, 3, 2, 1][chance.weighted(&[0.90, 0.08, 0.015, 0.005])] };
    (out, sadness)
}

/// Chronic illness: 1 none, 2 hypertension …
pub(crate) fn chronic(chance: &mut Chance, age: i32) -> u8 {
    let share = match age {
        ..=14 => 0.008,
        15..=39 => 0.025,
        40..=54 => 0.09,
        55..=64 => 0.19,
        _ => 0.30,
    };
    if !chance.is(share) {
        return 1;
    }
    const KINDS: [(u8, f64); 17] = [
        (2, 0.34),
        (3, 0.17),
        (4, 0.11),
        (5, 0.06),
        (6, 0.10),
        (7, 0.03),
        (8, 0.045),
        (9, 0.015),
        (10, 0.012),
        (11, 0.001),
        (12, 0.002),
        (13, 0.05),
        (14, 0.003),
        (15, 0.002),
        (16, 0.001),
        (17, 0.002),
        (18, 0.06),
    ];
    from_table(chance, &KINDS)
}

/// Nutrition of children of 0 to 4 (0 = not asked).
pub(crate) fn nutrition(chance: &mut Chance, age: i32, wealth: f64) -> u8 {
    if age > 4 {
        return 0;
    }
    if chance.is(cdf(-0.72 - 0.25 * wealth)) {
        2
    } else if chance.is(0.075) {
        1
    } else if chance.is(0.03) {
        8
    } else {
        3
    }
}
