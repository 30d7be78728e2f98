//! Who stands on which roll and how each person is insured.
//!
//! The rolls follow the deciles that the administration saw (`crate::score`), with the published
//! errors: seats outside deciles 1–5, people of deciles 1–5 without a seat, single members listed,
//! and the decree of 1 February 2026. The shares are solved once, from the pilot.

use crate::people::{Family, Person, State};
use crate::purpose;
use crate::rates::Rates;
use crate::targets::{CUT, PEOPLE_ALL, PKH, REGENCIES, RESTORED, SEMBAKO};
use crate::village::known_since;
use kernel::{Chance, Date};

/// The day the decree took effect: 2026-02-01.
pub(crate) const CUT_DAY: Date = Date::from_days(20_485);
/// First and last day of restorations counted so far.
const BACK_FROM: Date = Date::from_days(20_486);
const BACK_DAYS: u64 = 36;
/// Grants of the family programmes that were ended this year: still on the roll, not active.
const ENDED: f64 = 0.03;

/// A seat on the PBI-JK roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub since: Date,
    pub cut: bool,
    /// Active again as PBI from this day.
    pub back: Option<Date>,
}

/// Segment of health cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segment {
    Pbi,
    Regional,
    Employee,
    Own,
    NotWorking,
}

impl Segment {
    /// As BPJS writes it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pbi => "PBI",
            Self::Regional => "PBPU PEMDA",
            Self::Employee => "PPU",
            Self::Own => "PBPU",
            Self::NotWorking => "BP",
        }
    }
}

/// Health cover of a person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cover {
    pub segment: Segment,
    pub active: bool,
    pub since: Date,
}

/// A family's place on a family programme's roll.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub since: Date,
    pub ended: Option<Date>,
    /// PKH: pregnant, early childhood, primary, lower, upper secondary, elderly, disabled.
    pub components: [u8; 7],
}

/// What a family's members are listed in, in the order of its people.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    pub pbi: Vec<Option<Seat>>,
    pub cover: Vec<Option<Cover>>,
    pub pkh: Option<Grant>,
    pub sembako: Option<Grant>,
}

/// Solved shares.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// Share of people with an active seat, by decile seen.
    active: [f64; 10],
    /// Share of those without one who were cut, by regency and decile.
    cut: [[f64; 10]; 10],
    sembako: [f64; 10],
    /// Among families with a component.
    pkh: [f64; 10],
    alone: f64,
    member: f64,
}

/// Relative weight of the cut among deciles 6 to 10, and of the two family programmes by decile.
const CUT_WEIGHT: [f64; 5] = [1.0, 1.0, 0.9, 0.6, 0.3];
const SEMBAKO_WEIGHT: [f64; 10] = [0.72, 0.62, 0.47, 0.33, 0.17, 0.10, 0.06, 0.035, 0.018, 0.006];
const PKH_WEIGHT: [f64; 10] = [0.62, 0.50, 0.34, 0.20, 0.10, 0.055, 0.03, 0.017, 0.008, 0.003];

impl Listing {
    /// Solves the shares from the pilot's families: (decile seen, regency, people, has a PKH
    /// component).
    pub(crate) fn solve(pilot: &[(u8, usize, usize, bool)], rates: &Rates) -> Self {
        let mut people = [[0.0; 10]; 10];
        let (mut families, mut components) = ([0.0; 10], [0.0; 10]);
        for (decile, regency, size, component) in pilot {
            let at = usize::from(*decile) - 1;
            people[*regency][at] += *size as f64;
            families[at] += 1.0 / pilot.len() as f64;
            components[at] += f64::from(u8::from(*component)) / pilot.len() as f64;
        }
        let all: f64 = people.iter().flatten().sum();
        let by_decile: [f64; 10] =
            core::array::from_fn(|d| people.iter().map(|r| r[d]).sum::<f64>() / all);
        let active = active_shares(&by_decile, rates);
        let family_size = all / pilot.len() as f64;
        let all_families = PEOPLE_ALL as f64 / family_size;
        Self {
            active,
            cut: cut_shares(&people, &by_decile, &active, rates),
            sembako: scaled(&SEMBAKO_WEIGHT, &families, SEMBAKO / all_families / (1.0 - ENDED)),
            pkh: scaled(&PKH_WEIGHT, &components, PKH / all_families / (1.0 - ENDED)),
            alone: rates.rolls.pbi_member_alone,
            member: rates.coverage.bpjs_member,
        }
    }

    /// What the members of a family stand on.
    pub(crate) fn lists(&self, seed: u64, family: &Family, regency: usize, today: Date) -> Lists {
        let mut chance = Chance::at(seed, purpose::LISTED, family.id);
        let decile = usize::from(family.decile_seen) - 1;
        let kept = 1.0 - self.alone;
        let on_pbi = chance.is(self.active[decile] / kept);
        let was_cut = chance.is(self.cut[regency][decile] / 0.62);
        let sembako = chance.is(self.sembako[decile]).then(|| grant(&mut chance, [0; 7]));
        let count = components(family, today);
        let pkh = chance.is(self.pkh[decile]) && count.iter().any(|c| *c > 0);
        let pkh = pkh.then(|| grant(&mut chance, count));
        let employed =
            family.living().any(|p| matches!(p.work.status, 4 | 5) && p.work.sector != 25);
        let employed = employed && chance.is(0.55);
        let rest = chance.weighted(&[0.50, 0.44, 0.06]);
        let mut lists = Lists { pbi: Vec::new(), cover: Vec::new(), pkh, sembako };
        for person in &family.people {
            let mut own = Chance::at(seed, purpose::LISTED, person.id | 1 << 61);
            let seat = self.seat(&mut own, person, on_pbi, was_cut, today);
            let cover = self.cover(&mut own, person, seat, employed, rest, today);
            lists.pbi.push(seat);
            lists.cover.push(cover);
        }
        lists
    }

    fn seat(
        &self,
        chance: &mut Chance,
        person: &Person,
        on_pbi: bool,
        was_cut: bool,
        today: Date,
    ) -> Option<Seat> {
        let listed = on_pbi && !chance.is(self.alone);
        let cut = !listed && was_cut && chance.is(0.62);
        let restored = chance.is(RESTORED * 0.35);
        let back = BACK_FROM.plus_days(chance.below(BACK_DAYS) as i32);
        let since = Date::from_days(16_071 + chance.below(4_300) as i32); // from 2014-01-01
        let since = since.max(person.born.plus_days(60));
        // The roll forgets the dead and the moved only slowly.
        let still = match person.state {
            State::Living => true,
            State::Dead { reported: false, .. } => true,
            State::Dead { on, .. } => {
                chance.is(if on > today.plus_days(-365) { 0.55 } else { 0.2 })
            }
            State::Gone { .. } => chance.is(0.5),
        };
        let age = today.days() - known_since(person).days();
        if !still || !(listed || cut) || age < 240 {
            return None;
        }
        let cut = cut && since < CUT_DAY;
        (cut || listed).then_some(Seat { since, cut, back: (cut && restored).then_some(back) })
    }

    fn cover(
        &self,
        chance: &mut Chance,
        person: &Person,
        seat: Option<Seat>,
        employed: bool,
        rest: usize,
        today: Date,
    ) -> Option<Cover> {
        let listed = chance.is(self.member);
        let paid = chance.is(0.80);
        let elsewhere = chance.is(RESTORED * 0.65 / (1.0 - RESTORED * 0.35));
        let since = Date::from_days(16_071 + chance.below(4_400) as i32);
        let since = since.max(person.born.plus_days(20)).min(today.plus_days(-1));
        let other = if employed {
            Segment::Employee
        } else {
            [Segment::Regional, Segment::Own, Segment::NotWorking][rest]
        };
        let cover = |segment, active, since| Some(Cover { segment, active, since });
        match seat {
            Some(seat) if !seat.cut => cover(Segment::Pbi, true, seat.since),
            Some(Seat { back: Some(day), .. }) => cover(Segment::Pbi, true, day),
            // Active again by another way: the region, an employer, the own purse.
            Some(_) if elsewhere => {
                let day = BACK_FROM.plus_days(chance.below(BACK_DAYS) as i32);
                cover(other, true, day)
            }
            Some(seat) => cover(Segment::Pbi, false, seat.since),
            None if !person.lives() && !matches!(person.state, State::Gone { .. }) => None,
            None if !listed || person.born >= today.plus_days(-30) => None,
            None => {
                let active = paid || matches!(other, Segment::Employee | Segment::Regional);
                cover(other, active, since)
            }
        }
    }
}

/// Active seats: what the uncovered share leaves within deciles 1–5 (falling with the decile), and
/// as many outside as the leaked share says.
fn active_shares(people: &[f64; 10], rates: &Rates) -> [f64; 10] {
    const WITHIN: [f64; 5] = [1.12, 1.06, 1.0, 0.94, 0.88];
    const OUTSIDE: [f64; 5] = [1.0, 0.72, 0.45, 0.22, 0.02];
    let within: f64 = people[..5].iter().sum();
    let covered = (1.0 - rates.rolls.pbi_uncovered) * within;
    let leaked = covered / (1.0 - rates.rolls.pbi_outside) * rates.rolls.pbi_outside;
    let weight = |share: &[f64], weights: &[f64; 5]| -> f64 {
        share.iter().zip(weights).map(|(a, b)| a * b).sum()
    };
    let (a, b) = (weight(&people[..5], &WITHIN), weight(&people[5..], &OUTSIDE));
    core::array::from_fn(|d| {
        let share = if d < 5 { covered * WITHIN[d] / a } else { leaked * OUTSIDE[d - 5] / b };
        share.min(1.0 - rates.rolls.pbi_member_alone)
    })
}

/// Seats cut: each regency's published number, and the stated share of them within deciles 1–5.
fn cut_shares(
    people: &[[f64; 10]; 10],
    by_decile: &[f64; 10],
    active: &[f64; 10],
    rates: &Rates,
) -> [[f64; 10]; 10] {
    let free = |d: usize| 1.0 - active[d];
    let within: f64 = (0..5).map(|d| by_decile[d] * free(d)).sum();
    let outside: f64 = (5..10).map(|d| by_decile[d] * free(d) * CUT_WEIGHT[d - 5]).sum();
    let inside_share = rates.rolls.cut_within_deciles_1_5;
    let weights: [f64; 10] = core::array::from_fn(|d| {
        if d < 5 {
            inside_share / within
        } else {
            (1.0 - inside_share) * CUT_WEIGHT[d - 5] / outside
        }
    });
    let known: u64 = REGENCIES.iter().map(|r| r.cut).sum();
    let unknown_people: u64 = REGENCIES.iter().filter(|r| r.cut == 0).map(|r| r.people).sum();
    let rest = (CUT * PEOPLE_ALL as f64 - known as f64) / unknown_people as f64;
    core::array::from_fn(|r| {
        let total: f64 = people[r].iter().sum();
        let target = &REGENCIES[r];
        let goal = if target.cut == 0 { rest } else { target.cut as f64 / target.people as f64 };
        let mass: f64 = (0..10).map(|d| people[r][d] / total.max(1.0) * free(d) * weights[d]).sum();
        core::array::from_fn(|d| (goal * weights[d] / mass.max(1e-9)).min(0.6))
    })
}

/// Weights scaled so that the shares reach `goal` of all families.
fn scaled(weights: &[f64; 10], shares: &[f64; 10], goal: f64) -> [f64; 10] {
    let mass: f64 = weights.iter().zip(shares).map(|(a, b)| a * b).sum();
    weights.map(|w| (w * goal / mass.max(1e-9)).min(0.97))
}

fn grant(chance: &mut Chance, components: [u8; 7]) -> Grant {
    let since = Date::from_days(17_167 + chance.below(3_300) as i32); // from 2017-01-01
    let ended = chance.is(ENDED).then(|| Date::from_days(20_454 + chance.below(240) as i32));
    Grant { since, ended, components }
}

/// PKH components of a family. Pregnancy is not in the instrument; it is drawn here by age only.
pub(crate) fn components(family: &Family, today: Date) -> [u8; 7] {
    let mut out = [0u8; 7];
    for person in family.living() {
        let age = person.born.age_on(today);
        let school = person.plan.on(person.born, today);
        let in_school = school.participation == 2;
        let disabled = person.difficulty.iter().any(|d| matches!(d, 1 | 2));
        let woman = person.sex == kernel::Sex::Female && person.marital == 2;
        out[0] += u8::from(woman && (18..40).contains(&age) && person.born.days() % 29 == 0);
        out[1] += u8::from((0..=6).contains(&age) && !in_school);
        out[2] += u8::from(in_school && matches!(school.level, 3 | 4));
        out[3] += u8::from(in_school && matches!(school.level, 8 | 9));
        out[4] += u8::from(in_school && matches!(school.level, 13..=15));
        out[5] += u8::from(age >= 60);
        out[6] += u8::from(disabled);
    }
    out
}
