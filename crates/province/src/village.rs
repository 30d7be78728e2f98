//! One village at a time: families with names, numbers, addresses, and what happened to them.

use crate::frame::PROVINCE;
use crate::names::{self, Group};
use crate::people::{Family, Person, State};
use crate::purpose;
use crate::rates::Rates;
use crate::serials::Serials;
use crate::words::{FAR_DISTRICTS, FAR_PLACES, HAMLETS, STREETS};
use crate::world::World;
use kernel::kinship::relation;
use kernel::{Chance, Date, Sex};

/// Bits of a truth id that count within a village.
pub(crate) const ID_BITS: u32 = 24;
/// Added to the count of people and families that came by an event of a later quarter.
pub(crate) const ID_EVENT: u64 = 1 << 23;
/// How far back the older sources reach: deaths, moves and splits lie within this many days.
const YEARS_BACK: u64 = 1_460;

/// Draws the families of a village, complete to the person.
pub(crate) fn draw(world: &World, rates: &Rates, at: usize, serials: &mut Serials) -> Vec<Family> {
    let village = &world.frame.villages[at];
    let mut families: Vec<Family> = Vec::with_capacity((village.people / 3 + 1) as usize);
    let mut left = village.people as usize;
    let mut next_person = 1;
    while left > 0 {
        let count = families.len() as u64 + 1;
        let id = (village.number << ID_BITS) | count;
        let mut chance = Chance::at(world.seed, purpose::FAMILY, id);
        let group = names::group(&mut chance, village.region.number() / 1_000_000);
        let site = world.site(village, group);
        let mut family = world.family(&mut chance, &site, left);
        left -= family.people.len();
        family.id = id;
        family.village = at;
        settle(world, rates, &mut chance, &mut family, serials, families.last_mut());
        add_the_absent(world, rates, &mut chance, &mut family, serials);
        let mut chance = Chance::at(world.seed, purpose::NAMES, id);
        name_all(&mut chance, &mut family, group);
        for person in &mut family.people {
            person.id = (village.number << ID_BITS) | next_person;
            next_person += 1;
        }
        for place in 0..family.people.len() {
            number(world, rates, &mut chance, &mut family.people[place], at, serials);
        }
        families.push(family);
    }
    families
}

/// Gives the family its card, its address and its recent past.
fn settle(
    world: &World,
    rates: &Rates,
    chance: &mut Chance,
    family: &mut Family,
    serials: &mut Serials,
    neighbour: Option<&mut Family>,
) {
    let village = &world.frame.villages[family.village];
    let recent = world.as_of.plus_days(-(chance.below(YEARS_BACK) as i32));
    let old = world.as_of.plus_days(-(1_461 + chance.below(5_500) as i32));
    family.street = chance.below(STREETS.len() as u64) as u8;
    family.house_number = 1 + chance.below(180) as u16;
    family.hamlet = ((village.number * 7 + chance.below(5)) % HAMLETS.len() as u64) as u8;
    family.rt = 1 + chance.below(9) as u8;
    family.rw = 1 + chance.below(5) as u8;
    family.card_since = old;
    let head_age = family.head().born.age_on(world.as_of);
    let couple = family.people.len() > 1 && family.people[1].relation == relation::SPOUSE;
    let parents = neighbour.filter(|n| n.head().born.age_on(world.as_of) >= head_age + 17);
    match parents {
        Some(parents) if couple && head_age < 36 && chance.is(rates.life.split_off) => {
            family.card_since = recent;
            family.kk_before = parents.kk;
            family.card_status = 2;
            parents.card_status = 1;
            (family.hamlet, family.rt, family.rw) = (parents.hamlet, parents.rt, parents.rw);
            (family.street, family.house_number) = (parents.street, parents.house_number);
        }
        _ if chance.is(rates.life.moved) => {
            family.card_since = recent;
            family.kk_before = serials.card(old);
            family.village_before = other_village(world, chance, family.village);
        }
        _ if chance.is(rates.life.new_card) => {
            family.card_since = recent;
            family.kk_before = serials.card(old);
        }
        _ => {}
    }
    if chance.is(rates.life.lives_elsewhere) {
        family.village_card = other_village(world, chance, family.village);
    }
    family.kk = serials.card(family.card_since);
    if family.house.lighting == 1 && chance.is(rates.coverage.pln_own_meter) {
        family.idpel = 440_000_000_000 + village.number * 1_000_000 + (family.id & 0xF_FFFF);
    }
}

/// Another village of the same regency.
fn other_village(world: &World, chance: &mut Chance, at: usize) -> Option<usize> {
    let all = &world.frame.regencies[world.frame.villages[at].regency].villages;
    let other = all.start + chance.below(all.len() as u64) as usize;
    (other != at).then_some(other)
}

/// Adds members who died or moved out of the province in recent years: older sources list them.
fn add_the_absent(
    world: &World,
    rates: &Rates,
    chance: &mut Chance,
    family: &mut Family,
    serials: &mut Serials,
) {
    let day = |chance: &mut Chance| world.as_of.plus_days(-1 - (chance.below(YEARS_BACK) as i32));
    let widowed = family.head().marital == 4;
    if chance.is(rates.life.dead_member * if widowed { 3.0 } else { 0.8 }) {
        let on = day(chance);
        let state = State::Dead { on, reported: !chance.is(rates.life.dead_unreported) };
        let head = family.head().clone();
        let mut dead = absent(&head, state);
        if widowed {
            // The former head or spouse: the card was re-issued when the death was reported.
            dead.sex = if head.sex == Sex::Male { Sex::Female } else { Sex::Male };
            let years = if dead.sex == Sex::Male { 3.0 } else { -3.0 } + 3.0 * chance.normal();
            dead.born = head.born.plus_days(-((years * 365.25) as i32));
            dead.relation = if dead.sex == Sex::Male { relation::HEAD } else { relation::SPOUSE };
            dead.marital = 2;
            let reported = matches!(state, State::Dead { reported: true, .. });
            if family.kk_before == 0 && reported {
                family.kk_before = serials.card(on.plus_days(-3_000));
                family.card_since = on;
                family.kk = serials.card(on);
            }
        } else {
            dead.sex = if chance.is(0.5) { Sex::Male } else { Sex::Female };
            let age = 58.0 + 30.0 * chance.unit();
            dead.born = on.plus_days(-((age * 365.25) as i32));
            dead.relation = relation::PARENT;
            dead.marital = 4;
        }
        family.people.push(dead);
    }
    if family.people.len() > 1 && chance.is(rates.life.gone_member) {
        let state = State::Gone { on: day(chance) };
        let mut gone = absent(&family.head().clone(), state);
        gone.sex = if chance.is(0.5) { Sex::Male } else { Sex::Female };
        let age = 18.0 + 14.0 * chance.unit();
        gone.born = world.as_of.plus_days(-((age * 365.25) as i32));
        gone.relation = relation::CHILD;
        gone.marital = 1;
        family.people.push(gone);
    }
}

/// A former member, modelled on the head's schooling and work.
fn absent(head: &Person, state: State) -> Person {
    let (difficulty, sadness) = ([4; 9], 4);
    Person { state, mother_at: None, difficulty, sadness, chronic: 1, nutrition: 0, ..head.clone() }
}

/// Names people and their mothers from the member numbered `from` on. Titles of birth (Lalu, Baiq)
/// go from father to children; children without a mother in the family have the same absent one.
fn name_all(chance: &mut Chance, family: &mut Family, group: Group) {
    let noble = names::noble(chance, group);
    for person in &mut family.people {
        let came_in = matches!(person.relation, relation::SPOUSE | relation::CHILD_IN_LAW);
        let noble = if came_in { names::noble(chance, group) } else { noble };
        person.name = names::draw(chance, group, noble, person.sex, person.born.year());
    }
    let wife = |p: &&Person| p.sex == Sex::Female && p.relation == relation::SPOUSE;
    let absent_mother = match family.people.iter().find(wife) {
        Some(wife) => wife.name.clone(),
        None => {
            let noble = names::noble(chance, group);
            names::draw(chance, group, noble, Sex::Female, family.head().born.year())
        }
    };
    for at in 0..family.people.len() {
        let person = &family.people[at];
        family.people[at].mother = match person.mother_at {
            Some(mother) => family.people[usize::from(mother)].name.clone(),
            None if person.relation == relation::CHILD => absent_mother.clone(),
            None => {
                let year = person.born.year() - 26;
                let noble = names::noble(chance, group);
                names::draw(chance, group, noble, Sex::Female, year)
            }
        };
    }
}

/// Gives a person the numbers of the civil register.
pub(crate) fn number(
    world: &World,
    rates: &Rates,
    chance: &mut Chance,
    person: &mut Person,
    at: usize,
    serials: &mut Serials,
) {
    let here = world.frame.villages[at].region.number() / 1_000_000;
    let (born, sex) = (person.born, person.sex);
    let draw = chance.unit();
    if draw < 0.885 {
        person.birth_place = here as u16;
        person.nik = serials.nik(born, sex);
    } else if draw < 0.97 {
        let district = any_district(world, chance);
        person.birth_place = (district / 100) as u16;
        person.nik = serials.nik_from(district, born, sex);
    } else {
        let far = chance.below(FAR_PLACES.len() as u64) as usize;
        person.birth_place = far as u16;
        person.nik = serials.nik_from(FAR_DISTRICTS[far], born, sex);
    }
    let adult = born.age_on(world.as_of) >= 17;
    if adult && chance.is(rates.life.two_identities) {
        let district = any_district(world, chance);
        person.second_nik = serials.nik_from(district, born, sex);
    }
}

fn any_district(world: &World, chance: &mut Chance) -> u64 {
    let districts = &world.frame.districts;
    districts[chance.below(districts.len() as u64) as usize].region.number()
}

/// The name of a place of birth.
pub(crate) fn birth_place<'a>(world: &'a World, person: &Person) -> &'a str {
    let place = u64::from(person.birth_place);
    if place < FAR_PLACES.len() as u64 {
        return FAR_PLACES[place as usize];
    }
    let regency = world.frame.regencies.iter().find(|r| r.region.number() == place);
    let name = regency.map_or("", |r| r.name.as_str());
    name.trim_start_matches("KABUPATEN ").trim_start_matches("KOTA ")
}

/// The day a person's record could first exist in a source that looks at families.
pub(crate) fn known_since(person: &Person) -> Date {
    person.joined.unwrap_or(person.born).max(person.born)
}

const _: () = assert!(PROVINCE == 52);
