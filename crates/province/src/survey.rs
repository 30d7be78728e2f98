//! The Susenas-like sample of the province and the national reference sample.
//!
//! Households are families here; a household of two family cards is not modelled. Clusters of ten
//! neighbouring households (PSU) are drawn systematically by the size of villages.

use crate::error::Result;
use crate::frame::Village;
use crate::people::{Family, House, Person};
use crate::pilot::{ANY_SIZE, nation_site};
use crate::purpose;
use crate::score::{FEATURES, features};
use crate::table::{Kind, Packing, Table};
use crate::targets::ASSETS;
use crate::world::World;
use kernel::{Chance, Date};
use std::path::Path;

/// Most households of the province's sample.
const HOUSEHOLDS_MOST: u64 = 11_000;
/// Households of the national sample.
const NATION_HOUSEHOLDS: u64 = 12_000;
const PER_CLUSTER: u64 = 10;
/// Measured consumption differs from the true one by this much (log, standard deviation).
const MEASUREMENT: f64 = 0.08;
/// Families of Indonesia, DTSEN 23 January 2026: the weights add up to them.
const NATION_FAMILIES: f64 = 95_006_179.0;

/// A household of the sample as the calibration needs it.
pub(crate) struct Sampled {
    pub features: [f64; FEATURES],
    pub log_measured: f64,
    pub log_true: f64,
    pub weight: f64,
    pub size: f64,
    pub psu: u64,
}

/// Family features by the names and definitions of the ranking room, in its order.
pub(crate) const COUNTS: [&str; 24] = [
    "size",
    "members_0_4",
    "members_5_14",
    "members_15_64",
    "members_65_up",
    "dependency_percent",
    "women_15_64",
    "workers",
    "workers_percent",
    "employees",
    "civil_servants",
    "farm_workers",
    "students",
    "schooling_years_most",
    "businesses",
    "turnover_most",
    "disabled_members",
    "ill_members",
    "head_age",
    "head_sex",
    "head_marital_status",
    "head_schooling_years",
    "head_work_status",
    "head_work_sector",
];

fn columns(nation: bool) -> Vec<(&'static str, Kind, bool)> {
    use Kind::{F64, U8, U16, U32, U64};
    let place = if nation { "province" } else { "village" };
    let mut out = vec![
        ("household", U64, false),
        ("weight", F64, false),
        ("psu", U64, false),
        ("strata", U32, false),
        (place, U64, false),
        ("consumption_rupiah_month", F64, false),
    ];
    out.extend(COUNTS.map(|name| (name, U16, true)));
    out.push(("floor_area_per_person", U16, true));
    out.push(("families_in_house", U8, true));
    out.push(("tenure", U8, true));
    out.push(("floor_area_m2", U16, true));
    let house = [
        "floor_material",
        "wall_material",
        "roof_material",
        "drinking_water",
        "lighting",
        "electricity_power",
        "cooking_fuel",
        "toilet_facility",
        "toilet_type",
        "sewage_disposal",
    ];
    out.extend(house.map(|name| (name, U8, true)));
    out.extend(ASSETS.map(|item| (item.name, U8, true)));
    for name in [
        "livestock_cattle",
        "livestock_buffalo",
        "livestock_horse",
        "livestock_pig",
        "livestock_goat",
    ] {
        out.push((name, U16, true));
    }
    out
}

/// One sample under construction.
pub(crate) struct Survey {
    table: Table,
    as_of: Date,
}

/// Where a sampled household stands.
struct Stand {
    household: u64,
    weight: f64,
    psu: u64,
    strata: u32,
    place: u64,
}

impl Survey {
    pub(crate) fn create(path: &Path, nation: bool, as_of: Date) -> Result<Self> {
        Ok(Self { table: Table::create(path, &columns(nation), Packing::Zstd)?, as_of })
    }

    pub(crate) fn close(self) -> Result<()> {
        self.table.close().map(|_| ())
    }

    /// Samples the village at position `at`: `before` people live in the villages before it.
    pub(crate) fn village(
        &mut self,
        world: &World,
        at: usize,
        families: &[Family],
        before: u64,
        sample: &mut Vec<Sampled>,
    ) -> Result<()> {
        let all: u64 = world.frame.regencies.iter().map(|r| r.people).sum();
        let clusters = clusters(all);
        let people = world.frame.villages[at].people;
        let mut cluster = (2 * clusters * before / all).saturating_sub(2) / 2;
        while (2 * cluster + 1) * all < 2 * clusters * before {
            cluster += 1;
        }
        while (2 * cluster + 1) * all < 2 * clusters * (before + people) {
            self.cluster(
                world,
                &world.frame.villages[at],
                families,
                [cluster, clusters, all],
                sample,
            )?;
            cluster += 1;
        }
        Ok(())
    }

    fn cluster(
        &mut self,
        world: &World,
        village: &Village,
        families: &[Family],
        [cluster, clusters, all]: [u64; 3],
        sample: &mut Vec<Sampled>,
    ) -> Result<()> {
        let mut chance = Chance::at(world.seed, purpose::SURVEY, cluster);
        let count = families.len() as u64;
        let take = PER_CLUSTER.min(count);
        let step = (count / take).clamp(1, 3);
        let start = chance.below(count);
        let regency = world.frame.regencies[village.regency].region.number() as u32;
        let weight =
            all as f64 * count as f64 / (clusters as f64 * village.people as f64 * take as f64);
        for place in 0..take {
            let family = &families[((start + place * step) % count) as usize];
            let stand = Stand {
                household: family.id,
                weight,
                psu: cluster + 1,
                strata: regency * 10 + if village.urban { 1 } else { 2 },
                place: village.region.number(),
            };
            let measured = family.log_consumption + MEASUREMENT * chance.normal();
            self.row(family, &stand, measured)?;
            sample.push(Sampled {
                features: features(family, self.as_of),
                log_measured: measured,
                log_true: family.log_consumption,
                weight,
                size: family.size() as f64,
                psu: stand.psu,
            });
        }
        Ok(())
    }

    fn row(&mut self, family: &Family, stand: &Stand, measured: f64) -> Result<()> {
        let counts = counts(family, self.as_of);
        let table = &mut self.table;
        table.u64(Some(stand.household)).f64(Some(stand.weight)).u64(Some(stand.psu));
        table.u32(Some(stand.strata)).u64(Some(stand.place)).f64(Some(measured.exp().round()));
        for count in counts {
            table.u16(count);
        }
        let size = counts[0].unwrap_or(1).max(1);
        let per_person = (f64::from(family.house.area) / f64::from(size)).round().min(500.0);
        table.u16(Some(per_person as u16));
        write_house(table, &family.house);
        table.end().map(|_| ())
    }
}

fn write_house(table: &mut Table, h: &House) {
    table.code(h.families).code(h.tenure).u16(Some(h.area)).code(h.floor).code(h.wall);
    table.code(h.roof).code(h.water).code(h.lighting).code(h.power).u8(Some(h.fuel));
    table.code(h.toilet).code(h.closet).code(h.sewage);
    for asset in h.assets {
        table.code(asset);
    }
    for heads in h.livestock {
        table.u16(Some(heads));
    }
}

fn clusters(people: u64) -> u64 {
    let families = people * 100 / 304;
    (HOUSEHOLDS_MOST.min(families / 3) / PER_CLUSTER).max(1)
}

/// Years of schooling of a person by the ranking room's table.
fn schooling(person: &Person, on: Date) -> Option<u16> {
    let school = person.plan.on(person.born, on);
    match (school.participation, school.diploma) {
        (1, _) | (_, 23) => Some(0),
        (_, 1..=5) => Some(6),
        (_, 6..=10) => Some(9),
        (_, 11..=17) => Some(12),
        (_, 18) => Some(14),
        (_, 19) => Some(16),
        (_, 21) => Some(18),
        _ => None,
    }
}

/// The features of [`COUNTS`].
fn counts(family: &Family, on: Date) -> [Option<u16>; 24] {
    let people: Vec<&Person> = family.living().collect();
    let ages: Vec<i32> = people.iter().map(|p| p.born.age_on(on)).collect();
    let band =
        |low: i32, high: i32| ages.iter().filter(|a| (low..=high).contains(*a)).count() as u16;
    let count = |test: &dyn Fn(&Person) -> bool| people.iter().filter(|p| test(p)).count() as u16;
    let size = people.len() as u16;
    let (a0, a5, a15, a65) = (band(0, 4), band(5, 14), band(15, 64), band(65, 200));
    let dependants = a0 + a5 + a65;
    let workers = count(&|p| p.work.worked == 1);
    let adults = people.iter().zip(&ages).filter(|(_, a)| **a >= 15);
    let most = adults.filter_map(|(p, _)| schooling(p, on)).max();
    let head = family.head();
    let work = |code: u8| match head.work.worked {
        1 => Some(u16::from(code)),
        2 => Some(0),
        _ => None,
    };
    [
        Some(size),
        Some(a0),
        Some(a5),
        Some(a15),
        Some(a65),
        Some((100 * dependants).checked_div(a15).unwrap_or(100 * dependants).min(900)),
        Some(count(&|p| p.sex == kernel::Sex::Female && (15..=64).contains(&p.born.age_on(on)))),
        Some(workers),
        Some((100 * workers).checked_div(size).unwrap_or(0)),
        Some(count(&|p| p.work.worked == 1 && matches!(p.work.status, 4 | 5))),
        Some(count(&|p| p.work.worked == 1 && p.work.status == 5)),
        Some(count(&|p| p.work.worked == 1 && (1..=6).contains(&p.work.sector))),
        Some(count(&|p| p.plan.on(p.born, on).participation == 2)),
        most,
        Some(count(&|p| p.business.owned == 1)),
        people.iter().map(|p| u16::from(p.business.turnover)).max(),
        Some(count(&|p| p.difficulty.iter().any(|d| matches!(d, 1 | 2)))),
        Some(count(&|p| p.chronic >= 2)),
        Some(head.born.age_on(on) as u16),
        Some(u16::from(head.sex.code())),
        Some(u16::from(head.marital)),
        schooling(head, on),
        work(head.work.status),
        work(head.work.sector),
    ]
}

/// Writes the national sample.
pub(crate) fn write_nation(world: &World, path: &Path) -> Result<()> {
    let mut survey = Survey::create(path, true, world.as_of)?;
    let weight = NATION_FAMILIES / NATION_HOUSEHOLDS as f64;
    for cluster in 0..NATION_HOUSEHOLDS / PER_CLUSTER {
        let site = nation_site(world, world.seed, cluster);
        // Provinces in turn; the sample has no regional structure beyond its clusters.
        let province = PROVINCES[(cluster % PROVINCES.len() as u64) as usize];
        for place in 0..PER_CLUSTER {
            let id = cluster * PER_CLUSTER + place;
            let mut chance = Chance::at(world.seed, purpose::NATION, id);
            let family = world.family(&mut chance, &site, ANY_SIZE);
            let measured = family.log_consumption + MEASUREMENT * chance.normal();
            let stand = Stand {
                household: id + 1,
                weight,
                psu: cluster + 1,
                strata: province as u32 * 10 + if site.place.urban { 1 } else { 2 },
                place: province,
            };
            survey.row(&family, &stand, measured)?;
        }
    }
    survey.close()
}

/// Province codes; populous ones stand more often.
const PROVINCES: [u64; 30] = [
    32, 35, 33, 32, 35, 33, 12, 36, 31, 73, 18, 16, 32, 35, 33, 14, 34, 51, 13, 53, 52, 61, 64, 11,
    71, 63, 32, 35, 33, 36,
];
