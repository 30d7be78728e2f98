//! House and possessions, drawn from permanent wealth with noise of their own.

use crate::frame::Village;
use crate::math::inverse;
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
    cuts: Vec<f64>,
    slope: f64,
}

impl Ladder {
    fn new(rungs: &[(u8, f64)], slope: f64, rho: f64) -> Self {
        let total: f64 = rungs.iter().map(|r| r.1).sum();
        let mut sum = 0.0;
        let mut cuts = Vec::with_capacity(rungs.len());
        for rung in rungs {
            sum += rung.1 / total;
            cuts.push(inverse(sum));
        }
        Self { codes: rungs.iter().map(|r| r.0).collect(), cuts, slope: steeper(slope, rho) }
    }

    /// Draws an answer at `wealth`; `shift` moves the whole ladder (0 on average).
    fn draw(&self, chance: &mut Chance, wealth: f64, shift: f64) -> u8 {
        let b = self.slope;
        let x = (b * wealth + chance.normal()) / (1.0 + b * b).sqrt() + shift;
        let at = self.cuts.iter().take(self.codes.len() - 1).take_while(|cut| x >= **cut).count();
        self.codes[at]
    }
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

impl HouseModel {
    pub(crate) fn new(rho: f64) -> Self {
        let ladder = |rungs: &[(u8, f64)], slope: f64| Ladder::new(rungs, slope, rho);
        let assets = ASSETS.iter().map(|item| {
            let b = steeper(item.slope, rho);
            (inverse(item.share) * (1.0 + b * b).sqrt(), b)
        });
        let t = TENURE;
        Self {
            floor: ladder(
                &[
                    (8, 0.04),
                    (7, 0.01),
                    (5, 0.09),
                    (9, 0.003),
                    (6, 0.36),
                    (4, 0.07),
                    (2, 0.40),
                    (3, 0.007),
                    (1, 0.02),
                ],
                0.42,
            ),
            wall: ladder(
                &[(6, 0.01), (4, 0.04), (5, 0.003), (3, 0.10), (2, 0.02), (7, 0.002), (1, 0.825)],
                0.40,
            ),
            roof: ladder(
                &[
                    (7, 0.01),
                    (5, 0.002),
                    (8, 0.003),
                    (4, 0.07),
                    (3, 0.33),
                    (6, 0.005),
                    (2, 0.54),
                    (1, 0.04),
                ],
                0.14,
            ),
            water: ladder(
                &[
                    (8, 0.01),
                    (6, 0.06),
                    (9, 0.008),
                    (10, 0.006),
                    (11, 0.004),
                    (7, 0.07),
                    (5, 0.22),
                    (4, 0.20),
                    (3, 0.17),
                    (2, 0.23),
                    (1, 0.022),
                ],
                0.24,
            ),
            lighting: ladder(
                &[(4, LIGHTING[3]), (3, LIGHTING[2]), (2, LIGHTING[1]), (1, LIGHTING[0])],
                0.25,
            ),
            power: ladder(
                &[(1, POWER[0]), (2, POWER[1]), (3, POWER[2]), (4, POWER[3]), (5, POWER[4])],
                0.48,
            ),
            fuel: ladder(
                &[
                    (10, 0.20),
                    (9, 0.003),
                    (7, 0.012),
                    (11, 0.002),
                    (8, 0.001),
                    (4, 0.70),
                    (0, 0.012),
                    (6, 0.001),
                    (2, 0.016),
                    (3, 0.03),
                    (1, 0.02),
                    (5, 0.003),
                ],
                0.42,
            ),
            no_toilet: ladder(&[(6, 0.32), (5, 0.02), (4, 0.10), (3, 0.12), (2, 0.44)], 0.25),
            closet: ladder(&[(4, 0.03), (3, 0.015), (2, 0.025), (1, 0.93)], 0.35),
            sewage: ladder(
                &[(5, 0.005), (3, 0.04), (6, 0.005), (4, 0.13), (1, 0.80), (2, 0.02)],
                0.32,
            ),
            tenure: ladder(&[(3, t[2]), (2, t[1]), (5, t[4]), (4, t[3]), (1, t[0])], 0.02),
            assets: assets.collect(),
            toilet_slope: steeper(0.36, rho),
            toilet: [0.0; 10],
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
        let urban = if place.urban { 0.47 } else { -0.53 };
        let age = (f64::from(head_age) - 46.0) / 14.5;
        let lighting = self.lighting.draw(chance, wealth, 0.2 * urban);
        let own = self.toilet[place.regency] + self.toilet_slope * wealth + chance.normal() > 0.0;
        let toilet = if own { 1 } else { self.no_toilet.draw(chance, wealth, 0.0) };
        let drained = toilet <= 3;
        let log_area =
            3.92 + 0.26 * wealth + 0.22 * (size as f64 / 3.0).ln() + 0.36 * chance.normal();
        let mut house = House {
            families: 1 + chance.weighted(&[0.91 + 0.02 * age, 0.075, 0.012]) as u8,
            tenure: self.tenure.draw(chance, wealth, 0.30 * age - 0.18 * urban),
            area: log_area.exp().clamp(6.0, 900.0) as u16,
            floor: self.floor.draw(chance, wealth, 0.15 * urban),
            wall: self.wall.draw(chance, wealth, 0.15 * urban),
            roof: self.roof.draw(chance, wealth, 0.0),
            water: self.water.draw(chance, wealth, 0.25 * urban),
            lighting,
            power: if lighting == 1 { self.power.draw(chance, wealth, 0.15 * urban) } else { 0 },
            fuel: self.fuel.draw(chance, wealth, 0.25 * urban),
            toilet,
            closet: if drained { self.closet.draw(chance, wealth, 0.0) } else { 0 },
            sewage: if drained { self.sewage.draw(chance, wealth, 0.1 * urban) } else { 0 },
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
