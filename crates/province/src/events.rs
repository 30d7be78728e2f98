//! What happens between the first edition and a later one: births, deaths, moves, families that
//! split, values that change. The province of quarter 1 is drawn first, always the same; the events
//! of each later quarter are laid on top of it, so two quarters show the same people.

use crate::names;
use crate::people::{Family, Person, State};
use crate::purpose;
use crate::rates::Rates;
use crate::schooling::Plan;
use crate::serials::Serials;
use crate::spec::Quarter;
use crate::village::{ID_BITS, ID_EVENT, number};
use crate::world::World;
use kernel::kinship::relation;
use kernel::{Chance, Date, Sex};

/// Shares of families or people per quarter.
mod share {
    /// A couple with a wife of 18 to 41 has a child.
    pub(super) const BIRTH: f64 = 0.024;
    /// A family moves within its regency.
    pub(super) const MOVE: f64 = 0.006;
    /// A family loses a grown member to another province.
    pub(super) const LEAVE: f64 = 0.003;
    /// A married child's couple gets a card of its own.
    pub(super) const SPLIT: f64 = 0.06;
    /// House or possessions change for better or worse, and somebody comes to look.
    pub(super) const CHANGE: f64 = 0.05;
}

/// Deaths per person and quarter.
fn death(age: i32) -> f64 {
    match age {
        ..=0 => 0.004,
        1..=49 => 0.000_4,
        50..=64 => 0.002_2,
        65..=74 => 0.008,
        _ => 0.022,
    }
}

/// The families of a village after the events up to quarter `quarter` (1: as drawn).
pub(crate) fn unfold(
    world: &World,
    rates: &Rates,
    quarter: u8,
    mut families: Vec<Family>,
    serials: &mut Serials,
) -> Vec<Family> {
    let mut came = Came { village: world.frame.villages[families[0].village].number, people: 0 };
    for number in 2..=quarter {
        let (from, to) = (Quarter::number(number - 1).as_of, Quarter::number(number).as_of);
        let mut split: Vec<Family> = Vec::new();
        for family in &mut families {
            let salt = purpose::EVENTS + (u64::from(number) << 32);
            let mut chance = Chance::at(world.seed, salt, family.id);
            let day = from.plus_days(1 + chance.below((to.days() - from.days()) as u64) as i32);
            let mut step = Step { world, rates, chance, day, serials, came: &mut came };
            step.family(family);
            if let Some(mut couple) = step.split(family) {
                couple.id = (step.came.village << ID_BITS)
                    | ID_EVENT
                    | (u64::from(number) << 18)
                    | (split.len() as u64 + 1);
                split.push(couple);
            }
        }
        families.append(&mut split);
        for family in &mut families {
            if family.changed.is_some_and(|day| day > from) {
                world.means_test.apply(family, to);
            }
        }
    }
    families
}

/// People who came by events in one village.
struct Came {
    village: u64,
    people: u64,
}

/// The events of one family in one quarter.
struct Step<'a> {
    world: &'a World,
    rates: &'a Rates,
    chance: Chance,
    day: Date,
    serials: &'a mut Serials,
    came: &'a mut Came,
}

impl Step<'_> {
    fn family(&mut self, family: &mut Family) {
        self.birth(family);
        self.deaths(family);
        if self.chance.is(share::LEAVE) && family.size() > 1 {
            let grown = |p: &&mut Person| p.lives() && p.relation == relation::CHILD;
            let on = self.day;
            if let Some(child) = family.people.iter_mut().find(grown)
                && child.born.age_on(on) >= 18
            {
                child.state = State::Gone { on };
                family.changed = Some(on);
            }
        }
        if self.chance.is(share::MOVE) {
            self.moves(family);
        }
        if self.chance.is(share::CHANGE) {
            self.changes(family);
        }
    }

    fn birth(&mut self, family: &mut Family) {
        let fit = |p: &Person| {
            let age = p.born.age_on(self.day);
            p.lives() && p.sex == Sex::Female && p.marital == 2 && (18..42).contains(&age)
        };
        let Some(mother) = family.people.iter().position(fit) else {
            return;
        };
        if !self.chance.is(share::BIRTH) {
            return;
        }
        let of_head = family.people[mother].relation <= relation::SPOUSE;
        let sex = if self.chance.is(0.514) { Sex::Male } else { Sex::Female };
        let line = &family.people[0].name;
        let noble = line.starts_with("LALU ") || line.starts_with("BAIQ ");
        let mut baby = Person {
            name: names::draw(&mut self.chance, family.group, noble, sex, self.day.year()),
            mother: family.people[mother].name.clone(),
            sex,
            born: self.day,
            relation: if of_head { relation::CHILD } else { relation::GRANDCHILD },
            marital: 1,
            plan: Plan::draw(&mut self.chance, self.day.year(), family.wealth),
            work: Default::default(),
            business: Default::default(),
            difficulty: [0; 9],
            sadness: 0,
            chronic: 1,
            nutrition: 3,
            state: State::Living,
            mother_at: Some(mother as u8),
            joined: Some(self.day),
            ..family.people[mother].clone()
        };
        self.came.people += 1;
        baby.id = (self.came.village << ID_BITS) | ID_EVENT | self.came.people;
        baby.second_nik = 0;
        let at = family.village;
        number(self.world, self.rates, &mut self.chance, &mut baby, at, self.serials);
        let living = family.people.iter().take_while(|p| p.lives()).count();
        family.people.insert(living, baby);
        family.changed = Some(self.day);
    }

    fn deaths(&mut self, family: &mut Family) {
        for at in 0..family.people.len() {
            let person = &family.people[at];
            let dies = self.chance.is(death(person.born.age_on(self.day)));
            // The death of the last adult would end the family: not modelled.
            let others = family
                .people
                .iter()
                .enumerate()
                .filter(|(i, p)| *i != at && p.lives() && p.born.age_on(self.day) >= 16);
            if !dies || !person.lives() || others.count() == 0 {
                continue;
            }
            let late = self.rates.life.dead_unreported + 0.25;
            let reported = !self.chance.is(late.min(1.0));
            family.people[at].state = State::Dead { on: self.day, reported };
            family.changed = Some(self.day);
            for widow in family.people.iter_mut().filter(|p| p.lives() && p.marital == 2) {
                if at <= 1 && widow.relation <= relation::SPOUSE {
                    widow.marital = 4;
                }
            }
            if at == 0 {
                self.new_head(family);
            }
            return;
        }
    }

    /// The spouse, or else the oldest adult, becomes head of a new card; the dead head goes last.
    fn new_head(&mut self, family: &mut Family) {
        let dead = family.people.remove(0);
        let adult = |p: &Person| p.lives() && p.born.age_on(self.day) >= 16;
        let spouse = family.people.iter().position(|p| p.lives() && p.relation == relation::SPOUSE);
        let oldest = family
            .people
            .iter()
            .enumerate()
            .filter(|(_, p)| adult(p))
            .min_by_key(|(_, p)| p.born)
            .map(|(at, _)| at);
        let Some(at) = spouse.or(oldest) else {
            family.people.insert(0, dead);
            return;
        };
        let child = family.people[at].relation == relation::CHILD;
        let mut head = family.people.remove(at);
        head.relation = relation::HEAD;
        if child {
            for sibling in family.people.iter_mut().filter(|p| p.relation == relation::CHILD) {
                sibling.relation = relation::OTHER;
            }
        }
        family.people.insert(0, head);
        // Places have moved; the mothers' names are already written down.
        family.people.iter_mut().for_each(|p| p.mother_at = None);
        let reported = matches!(dead.state, State::Dead { reported: true, .. });
        family.people.push(dead);
        family.changed = Some(self.day);
        if reported {
            self.new_card(family);
        }
    }

    fn new_card(&mut self, family: &mut Family) {
        family.kk_before = family.kk;
        family.kk = self.serials.card(self.day);
        family.card_since = self.day;
        family.card_status = 0;
        family.village_before = None;
        family.changed = Some(self.day);
    }

    fn moves(&mut self, family: &mut Family) {
        let frame = &self.world.frame;
        let all = &frame.regencies[frame.villages[family.village].regency].villages;
        let other = all.start + self.chance.below(all.len() as u64) as usize;
        let old = family.village;
        self.new_card(family);
        family.village_before = Some(old);
        family.village = other;
        family.village_card = None;
    }

    /// A better or worse house: some answers are drawn again at a shifted wealth.
    fn changes(&mut self, family: &mut Family) {
        let shock = 0.7 * self.chance.normal();
        family.wealth += shock;
        family.log_consumption += 0.22 * shock + 0.08 * self.chance.normal();
        family.decile_true = self.world.means_test.true_decile(family.log_consumption);
        family.house_before = family.house;
        let village = &self.world.frame.villages[family.village];
        let site = self.world.site(village, family.group);
        let age = family.head().born.age_on(self.day);
        let (size, wealth) = (family.size(), family.wealth);
        let new = self.world.house.draw(&mut self.chance, wealth, site.place, size, age);
        let house = &mut family.house;
        if self.chance.is(0.35) {
            (house.floor, house.wall, house.roof) = (new.floor, new.wall, new.roof);
        }
        if self.chance.is(0.25) && house.lighting == 1 && new.lighting == 1 {
            house.power = new.power;
        }
        for (asset, other) in house.assets.iter_mut().zip(new.assets) {
            if self.chance.is(0.3) {
                *asset = other;
            }
        }
        if house.lighting == 4 {
            house.assets[1..4].fill(2);
        }
        family.changed = Some(self.day);
    }

    /// A child of the head who brought a spouse gets a card of its own, with their children.
    fn split(&mut self, family: &mut Family) -> Option<Family> {
        let people = &family.people;
        let married = |p: &Person, r: u8| p.lives() && p.relation == r && p.marital == 2;
        let child = people.iter().position(|p| married(p, relation::CHILD))?;
        let spouse = people.iter().position(|p| married(p, relation::CHILD_IN_LAW))?;
        if people[child].sex == people[spouse].sex || !self.chance.is(share::SPLIT) {
            return None;
        }
        let mut couple = vec![family.people[child].clone(), family.people[spouse].clone()];
        couple.sort_by_key(|p| p.sex);
        let wife = couple[1].name.clone();
        let goes = |p: &Person| p.lives() && p.relation == relation::GRANDCHILD && p.mother == wife;
        couple.extend(family.people.iter().filter(|p| goes(p)).cloned());
        let gone: Vec<u64> = couple.iter().map(|p| p.id).collect();
        family.people.retain(|p| !gone.contains(&p.id));
        family.people.iter_mut().for_each(|p| p.mother_at = None);
        for (at, person) in couple.iter_mut().enumerate() {
            person.mother_at = (at >= 2).then_some(1);
            person.relation = [relation::HEAD, relation::SPOUSE, relation::CHILD][at.min(2)];
        }
        family.card_status = 1;
        family.changed = Some(self.day);
        let mut new = Family {
            people: couple,
            kk: self.serials.card(self.day),
            kk_before: family.kk,
            card_since: self.day,
            card_status: 2,
            idpel: 0,
            village_before: None,
            wealth: family.wealth - 0.3,
            log_consumption: family.log_consumption + 0.15 * self.chance.normal(),
            ..family.clone()
        };
        new.decile_true = self.world.means_test.true_decile(new.log_consumption);
        Some(new)
    }
}
