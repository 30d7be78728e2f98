//! How a family comes about: composition, then consumption, then wealth, then what can be seen.
//!
//! The order is the point. Consumption gets its published distribution exactly (a quantile
//! function on a normal score); what an interviewer can see is drawn from *permanent wealth*, which
//! agrees with consumption only in part. That, and not added noise alone, bounds how well any proxy
//! means test can do here.

use crate::compose;
use crate::frame::{Frame, Village};
use crate::house::{HouseModel, Place};
use crate::math::{Curve, cdf, inverse};
use crate::names::Group;
use crate::people::{Family, House, Person, State};
use crate::schooling::Plan;
use crate::shape::Shape;
use crate::targets::{NATION, RURAL, URBAN};
use crate::work;
use kernel::kinship::relation;
use kernel::{Chance, Date};

/// Correlation of permanent wealth with log consumption. With the noise of each item it gives the
/// proxy means test of the province R-squared of about 0.50.
pub(crate) const RHO: f64 = 0.73;
/// Share of a family's latent standing explained by size, children and the head's schooling.
const COMPOSITION: f64 = 0.30;
/// Variance share of the village, within regency and area.
const VILLAGE_SHARE: f64 = 0.085;
/// The same for villages of the national sample (between regencies too).
const NATION_VILLAGE_SHARE: f64 = 0.11;
/// How much of a family's wealth of some years ago is that of today (correlation).
const WEALTH_KEPT: f64 = 0.90;

/// Everything that families are drawn from, besides chance.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub seed: u64,
    pub as_of: Date,
    pub frame: Frame,
    pub house: HouseModel,
    /// Urban and rural.
    shapes: [Shape; 2],
    pub nation: Shape,
    /// Latent mean per area (urban, rural) and regency, and the share of the area's people.
    means: [[f64; 10]; 2],
    shares: [[f64; 10]; 2],
    /// Person-weighted mean and deviation of the composition index (pilot).
    pub index: (f64, f64),
    /// Standing to normal score over people: urban, rural, nation (pilot).
    pub standings: [Curve; 3],
    /// Family-weighted mean and deviation of log consumption (pilot).
    pub log_consumption: (f64, f64),
    /// Standing of each village in the frame's order.
    effects: Vec<f64>,
    pub means_test: crate::score::MeansTest,
}

/// Where a family is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// Village's standing, standard normal.
    pub effect: f64,
    pub place: Place,
    /// Drawn for the national reference sample.
    pub nation: bool,
}

impl Site {
    /// 0 urban, 1 rural, 2 the national sample.
    pub(crate) fn area(&self) -> usize {
        if self.nation { 2 } else { usize::from(!self.place.urban) }
    }
}

impl World {
    /// The world of a seed; the pilot (`crate::pilot`) completes it.
    pub(crate) fn new(seed: u64, as_of: Date, frame: Frame) -> Self {
        let (mut means, mut shares) = ([[0.0; 10]; 2], [[0.0; 10]; 2]);
        for (area, poor) in [(0, URBAN.poor), (1, RURAL.poor)] {
            let weight = |t: &crate::targets::RegencyTarget| {
                t.people as f64 * if area == 0 { t.urban } else { 1.0 - t.urban }
            };
            let targets = frame.regencies.iter().map(|r| r.target);
            let total: f64 = targets.clone().map(|t| weight(&t)).sum();
            let mean: f64 =
                targets.clone().map(|t| weight(&t) * t.poor_2024 / 100.0).sum::<f64>() / total;
            for (at, t) in targets.enumerate() {
                shares[area][at] = weight(&t) / total;
                means[area][at] = -inverse(t.poor_2024 / 100.0 * poor / mean);
            }
        }
        Self {
            seed,
            as_of,
            frame,
            house: HouseModel::new(RHO),
            shapes: [Shape::fit(URBAN), Shape::fit(RURAL)],
            nation: Shape::fit(NATION),
            means,
            shares,
            index: (0.0, 1.0),
            standings: core::array::from_fn(|_| Curve::same()),
            log_consumption: (0.0, 1.0),
            effects: Vec::new(),
            means_test: crate::score::MeansTest::default(),
        }
    }

    /// The site of a village.
    pub(crate) fn site(&self, village: &Village, group: Group) -> Site {
        let effect = self.effects.get(village.number as usize - 1).copied().unwrap_or(0.0);
        Site { effect, place: Place::of(village, group), nation: false }
    }

    /// Settles the world in the province of this seed and frame: draws the villages' standing, with
    /// mean 0 over the people of each regency's towns and of its countryside, so that the published
    /// poverty of regencies does not hang on the luck of a few large villages.
    pub(crate) fn settle(&mut self, seed: u64, frame: Frame) {
        const VILLAGES_LEAST: usize = 4;
        (self.seed, self.frame) = (seed, frame);
        let villages = &self.frame.villages;
        let draw = |v: &Village| Chance::at(seed, crate::purpose::VILLAGE, v.number).normal();
        self.effects = villages.iter().map(draw).collect();
        for regency in &self.frame.regencies {
            for urban in [true, false] {
                let cell: Vec<usize> =
                    regency.villages.clone().filter(|v| villages[*v].urban == urban).collect();
                let people: f64 = cell.iter().map(|v| villages[*v].people as f64).sum();
                if cell.len() < VILLAGES_LEAST || people == 0.0 {
                    continue;
                }
                let weighed = cell.iter().map(|v| villages[*v].people as f64 * self.effects[*v]);
                let mean = weighed.sum::<f64>() / people;
                cell.iter().for_each(|v| self.effects[*v] -= mean);
            }
        }
    }

    /// Standing of a family before regency and scale: village, composition and its own luck.
    fn standing(&self, chance: &mut Chance, site: &Site, index: f64) -> f64 {
        let fixed = (index - self.index.0) / self.index.1;
        let own = COMPOSITION.sqrt() * fixed + (1.0 - COMPOSITION).sqrt() * chance.normal();
        let s = if site.nation { NATION_VILLAGE_SHARE } else { VILLAGE_SHARE };
        s.sqrt() * site.effect + (1.0 - s).sqrt() * own
    }

    /// Log consumption per person at this standing. Schooling carries village and town into the
    /// composition, so the standing is first turned into the normal score of its rank in its area.
    fn consumption(&self, site: &Site, standing: f64) -> f64 {
        let x = self.standings[site.area()].at(standing);
        if site.nation {
            return self.nation.log_at(x);
        }
        let area = site.area();
        let z = self.means[area][site.place.regency] + x;
        let below: f64 = (0..10).map(|r| self.shares[area][r] * cdf(z - self.means[area][r])).sum();
        self.shapes[area].log_at(inverse(below))
    }

    /// Draws one family without names and numbers, of at most `most` members.
    pub(crate) fn family(&self, chance: &mut Chance, site: &Site, most: usize) -> Family {
        let ability = chance.normal();
        let mut members = compose::draw(chance, self.as_of);
        if members.len() > most {
            members.truncate(most.max(1));
            if members.len() == 1 && members[0].marital == 2 {
                members[0].marital = 1;
            }
        }
        let urban = if site.place.urban { 0.28 } else { -0.30 };
        let standing = 0.62 * ability + 0.35 * site.effect + urban;
        let mut people: Vec<Person> = Vec::with_capacity(members.len());
        for member in &members {
            let (year, _, _) = member.born.ymd();
            let plan = Plan::draw(chance, year, standing);
            people.push(bare(member, plan));
        }
        let index = self.composition_index(&people);
        let standing = self.standing(chance, site, index);
        let log_consumption = self.consumption(site, standing);
        let wealth = self.wealth(chance, log_consumption);
        let mut family = self.fill(chance, site, people, log_consumption, wealth);
        family.standing = standing;
        family
    }

    /// Permanent wealth of a family with this log consumption.
    fn wealth(&self, chance: &mut Chance, log_consumption: f64) -> f64 {
        let standard = (log_consumption - self.log_consumption.0) / self.log_consumption.1;
        RHO * standard + (1.0 - RHO * RHO).sqrt() * chance.normal()
    }

    pub(crate) fn composition_index(&self, people: &[Person]) -> f64 {
        let children = people.iter().filter(|p| p.born.age_on(self.as_of) < 15).count();
        let schooling = people[0].plan.years_on(people[0].born, self.as_of);
        -(people.len() as f64).ln() - 0.20 * children as f64 + 0.105 * f64::from(schooling)
    }

    fn fill(
        &self,
        chance: &mut Chance,
        site: &Site,
        mut people: Vec<Person>,
        log_consumption: f64,
        wealth: f64,
    ) -> Family {
        for (at, person) in people.iter_mut().enumerate() {
            self.live(chance, site, person, wealth, at == 0);
        }
        let head_age = people[0].born.age_on(self.as_of);
        let size = people.len();
        let house = self.house.draw(chance, wealth, site.place, size, head_age);
        let before =
            WEALTH_KEPT * wealth + (1.0 - WEALTH_KEPT * WEALTH_KEPT).sqrt() * chance.normal();
        let house_before = self.aged(chance, &house, before - 0.15, site, size, head_age);
        let mut family = Family {
            id: 0,
            kk: 0,
            kk_before: 0,
            card_since: Date::from_days(0),
            card_status: 0,
            village: 0,
            village_before: None,
            village_card: None,
            street: 0,
            house_number: 0,
            hamlet: 0,
            rt: 0,
            rw: 0,
            people,
            log_consumption,
            standing: 0.0,
            wealth,
            house,
            house_before,
            idpel: 0,
            score: 0.0,
            decile_seen: 0,
            decile_true: self.means_test.true_decile(log_consumption),
            urban: site.place.urban,
            group: site.place.group,
            changed: None,
        };
        self.means_test.apply(&mut family, self.as_of);
        family
    }

    /// Fills what a person does and suffers.
    pub(crate) fn live(
        &self,
        chance: &mut Chance,
        site: &Site,
        person: &mut Person,
        wealth: f64,
        head: bool,
    ) {
        let age = person.born.age_on(self.as_of);
        let school = person.plan.on(person.born, self.as_of);
        let worker = work::Worker {
            age,
            sex: person.sex,
            in_school: school.participation == 2,
            years: person.plan.years_on(person.born, self.as_of),
            urban: site.place.urban,
            wealth,
            head,
        };
        person.work = work::work(chance, worker);
        person.business = work::business(chance, person.work, age, wealth);
        (person.difficulty, person.sadness) = work::difficulties(chance, age);
        person.chronic = work::chronic(chance, age);
        person.nutrition = work::nutrition(chance, age, wealth);
    }

    /// The house of some years ago: most of it is today's.
    fn aged(
        &self,
        chance: &mut Chance,
        now: &House,
        wealth: f64,
        site: &Site,
        size: usize,
        head_age: i32,
    ) -> House {
        let mut before = self.house.draw(chance, wealth, site.place, size, head_age);
        // A house does not change its type of place; toilets and cards move slowest.
        if chance.is(0.6) {
            (before.toilet, before.closet, before.sewage) = (now.toilet, now.closet, now.sewage);
        }
        before
    }
}

fn bare(member: &compose::Member, plan: Plan) -> Person {
    Person {
        id: 0,
        name: String::new(),
        mother: String::new(),
        sex: member.sex,
        born: member.born,
        nik: 0,
        second_nik: 0,
        relation: if member.relation == 0 { relation::OTHER } else { member.relation },
        marital: member.marital,
        birth_place: 0,
        plan,
        work: Default::default(),
        business: Default::default(),
        difficulty: [0; 9],
        sadness: 0,
        chronic: 1,
        nutrition: 0,
        state: State::Living,
        mother_at: member.mother.map(|at| at as u8),
        joined: None,
    }
}
