//! The pilot: a fixed sample that sets the constants which follow from the others.
//!
//! It does not depend on the seed or the number of people, so every province is drawn from the
//! same world, whatever its size.

use crate::frame::{Frame, Village};
use crate::house::{HouseModel, Place};
use crate::listing::{Listing, components};
use crate::math::{Curve, cdf, inverse};
use crate::names::{self, Group};
use crate::people::Family;
use crate::rates::Rates;
use crate::score::{FEATURES, MeansTest, features, least_squares};
use crate::targets::PEOPLE_ALL;
use crate::world::{Site, World};
use crate::{Result, purpose};
use kernel::{Chance, Date};

const SEED: u64 = 2_026;
const FAMILIES: u64 = 16_000;
const PER_VILLAGE: u64 = 8;
/// Larger than any family drawn.
pub(crate) const ANY_SIZE: usize = 40;

/// Draws the pilot and returns the finished world for `seed` and `people`.
pub(crate) fn world(
    seed: u64,
    people: u64,
    as_of: Date,
    rates: &Rates,
) -> Result<(World, Listing)> {
    let mut world = World::new(SEED, as_of, Frame::new(PEOPLE_ALL)?);
    world.index = weighted_moments(
        sample(&world, false)
            .iter()
            .map(|f| (world.composition_index(&f.people), f.people.len() as f64)),
    );
    let families = sample(&world, false);
    let nation = sample(&world, true);
    for (area, of) in [(0, &families), (1, &families), (2, &nation)] {
        let in_area = of.iter().filter(|f| area == 2 || f.urban == (area == 0));
        let pairs = in_area.map(|f| (f.standing, f.people.len() as f64));
        world.standings[area] = Curve::to_normal(pairs.collect());
    }
    let families = sample(&world, false);
    world.log_consumption = weighted_moments(families.iter().map(|f| (f.log_consumption, 1.0)));
    settle_house(&mut world);
    settle_toilets(&mut world);
    let listing = fit(&mut world, rates);
    world.settle(seed, Frame::new(people)?);
    Ok((world, listing))
}

/// Mean and standard deviation of (value, weight) pairs.
fn weighted_moments(pairs: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let (mut w, mut wx, mut wxx) = (0.0, 0.0, 0.0);
    for (x, weight) in pairs {
        w += weight;
        wx += weight * x;
        wxx += weight * x * x;
    }
    let mean = wx / w;
    (mean, (wxx / w - mean * mean).max(1e-12).sqrt())
}

/// The pilot's families, of the province (villages by size) or of the nation.
fn sample(world: &World, nation: bool) -> Vec<Family> {
    let total: u64 = world.frame.villages.iter().map(|v| v.people).sum();
    let clusters = FAMILIES / PER_VILLAGE;
    let mut out = Vec::with_capacity(FAMILIES as usize);
    let (mut at, mut upto) = (0, world.frame.villages[0].people);
    for cluster in 0..clusters {
        let point = (2 * cluster + 1) * total / (2 * clusters);
        while upto <= point {
            at += 1;
            upto += world.frame.villages[at].people;
        }
        let site = if nation {
            nation_site(world, SEED, cluster)
        } else {
            pilot_site(world, &world.frame.villages[at], cluster)
        };
        for place in 0..PER_VILLAGE {
            let salt = if nation { purpose::PILOT_NATION } else { purpose::PILOT };
            let mut chance = Chance::at(SEED, salt, cluster * PER_VILLAGE + place);
            out.push(world.family(&mut chance, &site, ANY_SIZE));
        }
    }
    out
}

fn pilot_site(world: &World, village: &Village, cluster: u64) -> Site {
    let mut chance = Chance::at(SEED, purpose::PILOT_SITE, cluster);
    let code = world.frame.regencies[village.regency].region.number();
    let group = names::group(&mut chance, code);
    Site { effect: chance.normal(), place: Place::of(village, group), nation: false }
}

/// A place somewhere in Indonesia (urban 59 %), with its standing.
pub(crate) fn nation_site(world: &World, seed: u64, cluster: u64) -> Site {
    let mut chance = Chance::at(seed, purpose::NATION_SITE, cluster);
    let regency = chance.below(world.frame.regencies.len() as u64) as usize;
    let place = Place { urban: chance.is(0.59), regency, regency_code: 0, group: Group::Java };
    Site { effect: chance.normal(), place, nation: true }
}

/// Sets the cut points of the house so that the pilot's families show the wanted shares.
fn settle_house(world: &mut World) {
    let as_of = world.as_of;
    let families: Vec<(f64, f64, f64)> = sample(world, false)
        .iter()
        .map(|f| {
            let age = f.head().born.age_on(as_of);
            (f.wealth, HouseModel::town(f.urban), HouseModel::age(age))
        })
        .collect();
    world.house.settle(&families);
}

/// Finds the intercept of "own toilet" of each regency: the mean of the families' probabilities
/// must be the published share.
fn settle_toilets(world: &mut World) {
    let families = sample(world, false);
    let slope = world.house.toilet_slope;
    let mut wealth: Vec<Vec<f64>> = vec![Vec::new(); world.frame.regencies.len()];
    let clusters = families.chunks(PER_VILLAGE as usize);
    for (regency, chunk) in cluster_regencies(world).into_iter().zip(clusters) {
        wealth[regency].extend(chunk.iter().map(|f| f.wealth));
    }
    for (at, values) in wealth.iter().enumerate() {
        let target = world.frame.regencies[at].target.own_toilet / 100.0;
        let (mut low, mut high) = (-6.0, 6.0);
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            let mean = values.iter().map(|w| cdf(middle + slope * w)).sum::<f64>();
            if mean < target * values.len() as f64 {
                low = middle;
            } else {
                high = middle;
            }
        }
        world.house.toilet[at] = (low + high) / 2.0;
    }
}

/// The regency of each cluster of the pilot, in order.
fn cluster_regencies(world: &World) -> Vec<usize> {
    let total: u64 = world.frame.villages.iter().map(|v| v.people).sum();
    let clusters = FAMILIES / PER_VILLAGE;
    let (mut at, mut upto) = (0, world.frame.villages[0].people);
    let mut out = Vec::with_capacity(clusters as usize);
    for cluster in 0..clusters {
        let point = (2 * cluster + 1) * total / (2 * clusters);
        while upto <= point {
            at += 1;
            upto += world.frame.villages[at].people;
        }
        out.push(world.frame.villages[at].regency);
    }
    out
}

/// Fits the means test of the province, cuts it by the nation, and counts the province's deciles.
fn fit(world: &mut World, rates: &Rates) -> Listing {
    let as_of = world.as_of;
    let families = sample(world, false);
    let rows: Vec<([f64; FEATURES], f64, f64)> =
        families.iter().map(|f| (features(f, as_of), f.log_consumption, 1.0)).collect();
    let mut test = MeansTest::with(least_squares(&rows));
    let nation = sample(world, true);
    let mut scores: Vec<(f64, f64)> =
        nation.iter().map(|f| (test.score(&features(f, as_of)), f.people.len() as f64)).collect();
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    test.cuts = weighted_cuts(&scores);
    for (at, cut) in test.true_cuts.iter_mut().enumerate() {
        *cut = world.nation.log_at(inverse((at as f64 + 1.0) / 10.0));
    }
    let regencies = cluster_regencies(world);
    let mut listed = Vec::with_capacity(families.len());
    for (at, mut family) in families.into_iter().enumerate() {
        test.apply(&mut family, as_of);
        let component = components(&family, as_of).iter().any(|c| *c > 0);
        let regency = regencies[at / PER_VILLAGE as usize];
        listed.push((family.decile_seen, regency, family.people.len(), component));
    }
    world.means_test = test;
    Listing::solve(&listed, rates)
}

/// Cut points that part sorted (value, weight) pairs in ten equal weights.
fn weighted_cuts(sorted: &[(f64, f64)]) -> [f64; 9] {
    let total: f64 = sorted.iter().map(|s| s.1).sum();
    let mut cuts = [f64::MAX; 9];
    let (mut sum, mut next) = (0.0, 0);
    for (value, weight) in sorted {
        sum += weight;
        while next < 9 && sum >= total * (next as f64 + 1.0) / 10.0 {
            cuts[next] = *value;
            next += 1;
        }
    }
    cuts
}
