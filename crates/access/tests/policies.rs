//! The golden matrix; an independent second decision function on random requests; the filter.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use access::{
    Action, Actor, Policies, Purpose, Resource, Role, Scope, State, Territory, cells, probe, table,
};
use kernel::{Chance, Region};
use std::sync::atomic::{AtomicU64, Ordering};

mod twin;

fn random_region(chance: &mut Chance) -> Region {
    let village = 5_200_000_000
        + chance.between(1, 3) as u64 * 1_000_000 * 100 / 100
        + chance.between(1, 2) as u64 * 10_000
        + 2_001;
    let village =
        Region::from_number(village).unwrap_or(Region::from_number(5_201_012_001).unwrap());
    let level = *chance.pick(&[
        kernel::Level::Province,
        kernel::Level::Regency,
        kernel::Level::District,
        kernel::Level::Village,
    ]);
    village.at(level).unwrap()
}

fn random_request(seed: u64) -> (Actor, Action, Resource) {
    let mut chance = Chance::at(5, 2, seed);
    let c = &mut chance;
    let territory = match c.below(6) {
        0 => Territory::Nowhere,
        1 => Territory::Country,
        _ => Territory::In(random_region(c)),
    };
    let actor = Actor {
        account: c.below(50),
        role: *c.pick(Role::ALL),
        territory,
        purpose: *c.pick(Purpose::ALL),
        active: c.is(0.9),
        strong: c.is(0.6),
    };
    let region = if c.is(0.1) { None } else { Some(random_region(c)) };
    let resource =
        Resource { region, state: *c.pick(State::ALL), own: c.is(0.3), acted: c.is(0.2) };
    (actor, *c.pick(Action::ALL), resource)
}

fn differ(requests: u64) {
    let policies = Policies::builtin().unwrap();
    let allowed = AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (policies, allowed) = (&policies, &allowed);
            scope.spawn(move || {
                for seed in (worker..requests).step_by(workers as usize) {
                    let (actor, action, resource) = random_request(seed);
                    let answer = policies.explain(&actor, action, &resource);
                    assert_eq!(
                        answer.allowed,
                        twin::decide(&actor, action, &resource),
                        "{action}: {actor:?} {resource:?} {answer:?}"
                    );
                    allowed.fetch_add(u64::from(answer.allowed), Ordering::Relaxed);
                }
            });
        }
    });
    let allowed = allowed.into_inner();
    assert!(allowed * 50 > requests, "too few allowed to mean anything: {allowed} of {requests}");
}

#[test]
fn policies_and_twin_agree_on_50_000_requests() {
    differ(50_000);
}

#[test]
#[ignore = "about a minute on two cores: cargo test --release -p access --test policies -- --ignored"]
fn policies_and_twin_agree_on_a_million_requests() {
    differ(1_000_000);
}

#[test]
fn every_cell_agrees_with_the_twin() {
    let policies = Policies::builtin().unwrap();
    let mut count = 0;
    for cell in cells() {
        for strong in [false, true] {
            let (actor, resource) = probe(cell, strong);
            assert_eq!(
                policies.decide(&actor, cell.action, &resource),
                twin::decide(&actor, cell.action, &resource),
                "{cell:?}"
            );
            count += 1;
        }
    }
    assert_eq!(count, Action::ALL.len() * Role::ALL.len() * 5 * 3 * 2 * 2);
}

#[test]
fn every_action_is_open_to_somebody_and_closed_to_somebody() {
    let policies = Policies::builtin().unwrap();
    for &action in Action::ALL {
        let may: Vec<bool> = cells()
            .filter(|c| c.action == action)
            .map(|c| {
                let (actor, resource) = probe(c, true);
                policies.decide(&actor, action, &resource)
            })
            .collect();
        let public = action == Action::AggregateRead;
        assert!(
            may.contains(&true) && (public || may.contains(&false)),
            "{action} is dead or open to all"
        );
    }
}

#[test]
fn the_matrix_is_the_golden_one() {
    let found = table(&Policies::builtin().unwrap());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/matrix.txt");
    if std::env::var_os("PADAN_BLESS").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    let changed = found.lines().zip(golden.lines()).find(|(a, b)| a != b);
    assert!(
        found == golden,
        "who may do what has changed, first at {changed:?}; if on purpose: PADAN_BLESS=1, and read the difference"
    );
    assert!(!found.contains('!'), "a second factor takes nothing away");
}

#[test]
fn a_list_shows_exactly_what_single_looks_show() {
    let policies = Policies::builtin().unwrap();
    for seed in 0..4_000 {
        let (actor, action, resource) = random_request(seed);
        let resource = resource.acted(false);
        let scope = Scope::of(&policies, &actor, action);
        assert_eq!(
            scope.shows(&resource),
            policies.decide(&actor, action, &resource),
            "{action} {actor:?} {resource:?}"
        );
        if let (Some((from, to)), Some(region), false) =
            (scope.villages(), resource.region, resource.own)
            && region.level() == kernel::Level::Village
            && scope.inside[resource.state as usize]
        {
            let inside = (from..=to).contains(&region.number());
            assert_eq!(inside, actor.territory.covers(Some(region)), "{scope:?} {region}");
        }
    }
}

#[test]
fn a_policy_with_a_mistake_stops_the_program() {
    let schema = include_str!("../../../config/id/policies/access.cedarschema");
    let roles = include_str!("../../../config/id/policies/roles.toml");
    let check = |policy: &str, roles: &str| {
        assert!(Policies::read(schema, &[("x.cedar", policy)], roles).is_err(), "{policy}")
    };
    check("permit (principal, action, resource) when { principal.colour };", roles);
    check("@id(\"x\") permit (principal, action == Action::\"fly\", resource);", roles);
    check("@id(\"x\") permit (principal, action, resource) when { resource.own == 3 };", roles);
    check("@id(\"x\") permit (principal", roles);
    check("@id(\"x\") permit (principal, action, resource);", &roles.replace("auditor", "auditer"));
}
