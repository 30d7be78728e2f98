//! House and possessions, drawn from permanent wealth with noise of their own.

use crate::frame::Village;
use crate::math::{cdf, inverse};
use crate::names::Group;
use crate::people::House;
use crate::targets::{ASSETS, LIGHTING, POWER, TENURE};
use kernel::Chance;

/// Turns the slope seen against true consumption into the slope on permanent wealth, given their
/// correlation `rho`.
pub(crate) fn steeper(slope: f64, rho: f64) -> f64 {
    slope / (rho * rho - slope * slope * (1.0 - rho * rho)).max(0.05).sqrt()
}

/// A variable with ordered answers: from the poorest answer to the richest, with their shares.
#[derive(Debug, Clone)]
struct Ladder {
    codes: Vec<u8>,
    /// Share of families at this answer or a poorer one.
    below: Vec<f64>,
    cuts: Vec<f64>,
    slope: f64,
    /// Shift per unit of "town" and of the head's age.
    town: f64,
    age: f64,
}

impl Ladder {
    fn new(rungs: &[(u8, f64)], slope: f64, town: f64, age: f64) -> Self {
        let total: f64 = rungs.iter().map(|r| r.1).sum();
        let mut sum = 0.0;
        let mut below = Vec::with_capacity(rungs.len());
        for rung in rungs {
            sum += rung.1 / total;
            below.push(sum);
        }
        let cuts = below.iter().map(|share| inverse(*share)).collect();
        Self { codes: rungs.iter().map(|r| r.0).collect(), below, cuts, slope, town, age }
    }

    fn level(&self, wealth: f64, town: f64, age: f64) -> f64 {
        self.slope * wealth + self.town * town + self.age * age
    }

    /// Moves the cuts so that families of these (wealth, town, age) show the wanted shares.
    fn settle(&mut self, families: &[(f64, f64, f64)]) {
        let levels: Vec<f64> = families.iter().map(|f| self.level(f.0, f.1, f.2)).collect();
        let last = self.cuts.len() - 1;
        for (cut, share) in self.cuts[..last].iter_mut().zip(&self.below) {
            *cut = settled(&levels, 1.0 - share);
        }
    }

    /// Draws an answer.
    fn draw(&self, chance: &mut Chance, wealth: f64, town: f64, age: f64) -> u8 {
        let x = self.level(wealth, town, age) + chance.normal();
        let at = self.cuts.iter().take(self.codes.len() - 1).take_while(|cut| x >= **cut).count();
        self.codes[at]
    }
}

/// The threshold that `share` of the levels, each with standard normal noise, exceed.
pub(crate) fn settled(levels: &[f64], share: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        let above: f64 = levels.iter().map(|level| cdf(level - middle)).sum();
        if above < share * levels.len() as f64 {
            high = middle;
        } else {
            low = middle;
        }
    }
    (low + high) / 2.0
}

/// The house model: all ladders and item thresholds, made once.
#[derive(Debug, Clone)]
pub(crate) struct HouseModel {
    floor: Ladder,
    wall: Ladder,
    roof: Ladder,
    water: Ladder,
    lighting: Ladder,
    power: Ladder,
    fuel: Ladder,
    no_toilet: Ladder,
    closet: Ladder,
    sewage: Ladder,
    tenure: Ladder,
    /// (intercept, slope) per asset.
    assets: Vec<(f64, f64)>,
    pub(crate) toilet_slope: f64,
    /// Intercept of "own toilet" per regency (in the frame's order); filled by the pilot.
    pub(crate) toilet: [f64; 10],
}

/// Answers from the poorest to the richest, with assumed shares (no recent table of the province
/// was found); lighting, power and tenure are in `crate::targets`.
type Rungs = &'static [(u8, f64)];
#[rustfmt::skip]
const FLOOR: Rungs = &[
    (8, 0.04), (7, 0.01), (5, 0.09), (9, 0.003), (6, 0.36), (4, 0.07), (2, 0.40), (3, 0.007),
    (1, 0.02),
];
#[rustfmt::skip]
const WALL: Rungs = &[
    (6, 0.01), (4, 0.04), (5, 0.003), (3, 0.10), (2, 0.02), (7, 0.002), (1, 0.825),
];
#[rustfmt::skip]
const ROOF: Rungs = &[
    (7, 0.01), (5, 0.002), (8, 0.003), (4, 0.07), (3, 0.33), (6, 0.005), (2, 0.54), (1, 0.04),
];
#[rustfmt::skip]
const WATER: Rungs = &[
    (8, 0.01), (6, 0.06), (9, 0.008), (10, 0.006), (11, 0.004), (7, 0.07), (5, 0.22), (4, 0.20),
    (3, 0.17), (2, 0.23), (1, 0.022),
];
#[rustfmt::skip]
const FUEL: Rungs = &[
    (10, 0.20), (9, 0.003), (7, 0.012), (11, 0.002), (8, 0.001), (4, 0.70), (0, 0.012),
    (6, 0.001), (2, 0.016), (3, 0.03), (1, 0.02), (5, 0.003),
];
const NO_TOILET: Rungs = &[(6, 0.32), (5, 0.02), (4, 0.10), (3, 0.12), (2, 0.44)];
const CLOSET: Rungs = &[(4, 0.03), (3, 0.015), (2, 0.025), (1, 0.93)];
const SEWAGE: Rungs = &[(5, 0.005), (3, 0.04), (6, 0.005), (4, 0.13), (1, 0.80), (2, 0.02)];

impl HouseModel {
    pub(crate) fn new(rho: f64) -> Self {
        let ladder = |rungs: &[(u8, f64)], slope: f64, town: f64, age: f64| {
            Ladder::new(rungs, steeper(slope, rho), town, age)
        };
        let (t, l, p) = (TENURE, LIGHTING, POWER);
        let power = [(1, p[0]), (2, p[1]), (3, p[2]), (4, p[3]), (5, p[4])];
        let lighting = [(4, l[3]), (3, l[2]), (2, l[1]), (1, l[0])];
        let tenure = [(3, t[2]), (2, t[1]), (5, t[4]), (4, t[3]), (1, t[0])];
        Self {
            floor: ladder(FLOOR, 0.42, 0.15, 0.0),
            wall: ladder(WALL, 0.40, 0.15, 0.0),
            roof: ladder(ROOF, 0.14, 0.0, 0.0),
            water: ladder(WATER, 0.24, 0.25, 0.0),
            lighting: ladder(&lighting, 0.25, 0.2, 0.0),
            power: ladder(&power, 0.48, 0.15, 0.0),
            fuel: ladder(FUEL, 0.42, 0.25, 0.0),
            no_toilet: ladder(NO_TOILET, 0.25, 0.0, 0.0),
            closet: ladder(CLOSET, 0.35, 0.0, 0.0),
            sewage: ladder(SEWAGE, 0.32, 0.1, 0.0),
            tenure: ladder(&tenure, 0.02, -0.18, 0.30),
            assets: ASSETS.iter().map(|a| (inverse(a.share), steeper(a.slope, rho))).collect(),
            toilet_slope: steeper(0.36, rho),
            toilet: [0.0; 10],
        }
    }

    /// Town as a number with mean about 0 over people.
    pub(crate) const fn town(urban: bool) -> f64 {
        if urban { 0.47 } else { -0.53 }
    }

    /// The head's age as a number with mean about 0.
    pub(crate) fn age(years: i32) -> f64 {
        (f64::from(years) - 46.0) / 14.5
    }

    /// Sets all cut points so that families of these (wealth, town, age) show the wanted shares.
    pub(crate) fn settle(&mut self, families: &[(f64, f64, f64)]) {
        let ladders = [
            &mut self.floor,
            &mut self.wall,
            &mut self.roof,
            &mut self.water,
            &mut self.lighting,
            &mut self.power,
            &mut self.fuel,
            &mut self.tenure,
        ];
        for ladder in ladders {
            ladder.settle(families);
        }
        for (asset, item) in self.assets.iter_mut().zip(ASSETS) {
            let levels: Vec<f64> = families.iter().map(|f| asset.1 * f.0).collect();
            asset.0 = -settled(&levels, item.share);
        }
    }

    /// Draws a house for a family of `size` whose head is `head_age` years old.
    pub(crate) fn draw(
        &self,
        chance: &mut Chance,
        wealth: f64,
        place: Place,
        size: usize,
        head_age: i32,
    ) -> House {
        let (town, age) = (Self::town(place.urban), Self::age(head_age));
        let answer = |chance: &mut Chance, ladder: &Ladder| ladder.draw(chance, wealth, town, age);
        let lighting = answer(chance, &self.lighting);
        let own = self.toilet[place.regency] + self.toilet_slope * wealth + chance.normal() > 0.0;
        let toilet = if own { 1 } else { answer(chance, &self.no_toilet) };
        let drained = toilet <= 3;
        let noise = 0.36 * chance.normal();
        let log_area = 3.92 + 0.26 * wealth + 0.22 * (size as f64 / 3.0).ln() + noise;
        let mut house = House {
            families: 1 + chance.weighted(&[0.91 + 0.02 * age, 0.075, 0.012]) as u8,
            tenure: answer(chance, &self.tenure),
            area: log_area.exp().clamp(6.0, 900.0) as u16,
            floor: answer(chance, &self.floor),
            wall: answer(chance, &self.wall),
            roof: answer(chance, &self.roof),
            water: answer(chance, &self.water),
            lighting,
            power: if lighting == 1 { answer(chance, &self.power) } else { 0 },
            fuel: answer(chance, &self.fuel),
            toilet,
            closet: if drained { answer(chance, &self.closet) } else { 0 },
            sewage: if drained { answer(chance, &self.sewage) } else { 0 },
            assets: [2; 16],
            livestock: livestock(chance, wealth, place),
        };
        for (asset, (a, b)) in house.assets.iter_mut().zip(&self.assets) {
            if a + b * wealth + chance.normal() > 0.0 {
                *asset = 1;
            }
        }
        if lighting == 4 {
            house.assets[1..4].fill(2);
        }
        house
    }
}

/// Where a house stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub urban: bool,
    pub regency: usize,
    pub regency_code: u64,
    pub group: Group,
}

impl Place {
    pub(crate) fn of(village: &Village, group: Group) -> Self {
        let regency_code = village.region.number() / 1_000_000;
        Self { urban: village.urban, regency: village.regency, regency_code, group }
    }
}

fn livestock(chance: &mut Chance, wealth: f64, place: Place) -> [u16; 5] {
    let island = matches!(place.regency_code, 5204..=5207);
    let rural = if place.urban { 0.35 } else { 1.55 };
    let mut out = [0; 5];
    let keeps = [
        (0.15 - 0.025 * wealth) * rural * if island { 1.3 } else { 0.9 },
        if island { 0.012 } else { 0.002 } * rural,
        if island { 0.014 } else { 0.002 } * rural,
        if place.group == Group::Bali { 0.14 } else { 0.0 },
        0.08 * rural * if island { 1.4 } else { 0.9 },
    ];
    for (count, share) in out.iter_mut().zip(keeps) {
        if chance.is(share.max(0.0)) {
            *count = 1 + (-1.6 * (1.0 - chance.unit()).ln()) as u16;
        }
    }
    out
}
