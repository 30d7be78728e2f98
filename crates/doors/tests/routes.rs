//! Every door of the three page rooms × role × territory relation × state, driven through the real
//! router and written down as tables that a person can read (`golden/doors.txt`). The routes are
//! read out of the router itself: a door that no table names fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[path = "../../access/tests/twin/mod.rs"]
mod twin;
mod world;

use access::{Action, Relation, Resource, Role, State};
use kernel::Chance;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Instant;
use world::{Answer, World, routes};

/// What a door with a thing behind it asks of the policies (any of them opens it).
enum Asks {
    Any(&'static [Action]),
    /// The step's own action, of the role that holds the step.
    Step,
    /// Joining; for the holder of the step, seeing.
    Join,
}

/// What stands behind a door.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    Case,
    Family,
    Village,
}

/// Doors with something behind them that not everybody may know of: method, address, what.
const THINGS: [(&str, &str, Behind, Asks); 8] = [
    ("GET", "/kerja/{ticket}", Behind::Case, Asks::Any(&[Action::CaseRead])),
    ("GET", "/kerja/{ticket}/bukti/{id}", Behind::Case, Asks::Any(&[Action::CaseRead])),
    ("POST", "/kerja/{ticket}", Behind::Case, Asks::Join),
    ("POST", "/kerja/{ticket}#putusan", Behind::Case, Asks::Step),
    ("GET", "/keluarga/{family}", Behind::Family, Asks::Any(&[Action::FamilyRead])),
    ("POST", "/keluarga", Behind::Family, Asks::Any(&[Action::FamilySearch])),
    ("GET", "/wilayah/{region}/keluarga", Behind::Village, Asks::Any(&[Action::FamilySearch])),
    (
        "GET",
        "/pbi/desa/{village}",
        Behind::Village,
        Asks::Any(&[Action::ListRead, Action::CaseCheck]),
    ),
];

impl Asks {
    /// What the second decision function says of it.
    fn allows(&self, actor: &access::Actor, resource: &Resource) -> bool {
        let says = |action| twin::decide(actor, action, resource);
        let holds = actor.role == Role::VillageOperator;
        match self {
            Self::Any(actions) => actions.iter().any(|&action| says(action)),
            Self::Step => holds && says(Action::CaseCheck),
            Self::Join if holds && resource.state == State::Open => says(Action::CaseRead),
            Self::Join => says(Action::CaseJoin) && resource.state == State::Open,
        }
    }
}

const STATES: [State; 3] = [State::Open, State::Closed, State::Sealed];

/// One table: role × relation × state of what stands behind one door.
fn table(world: &World, method: &str, path: &str, behind: Behind, asks: &Asks) -> String {
    let mut text = format!("\n{method} {path}\n{:18}", "");
    for relation in Relation::ALL {
        let _ = write!(text, "{:6}", relation.word());
    }
    text = text.trim_end().to_owned() + "\n";
    for &role in Role::ALL {
        let _ = write!(text, "{:18}", role.word());
        for &relation in Relation::ALL {
            for state in STATES {
                if state != State::Open && behind != Behind::Case {
                    continue;
                }
                let mark = cell(world, (method, path), behind, asks, (role, relation, state));
                text.push(mark);
            }
            let width = if behind == Behind::Case { 3 } else { 5 };
            text.push_str(&" ".repeat(width));
        }
        text = text.trim_end().to_owned() + "\n";
    }
    text
}

/// One cell, driven; the outcome must be what the second decision function says.
fn cell(
    world: &World,
    (method, path): (&str, &str),
    behind: Behind,
    asks: &Asks,
    (role, relation, state): (Role, Relation, State),
) -> char {
    // A village contains no territory: below it nothing lies.
    if relation == Relation::Below && behind != Behind::Village {
        return '-';
    }
    let (actor, cookie) = world.actor(role, relation);
    let region = if relation == Relation::Below { world.regency } else { world.village };
    let resource = Resource::open_in(region).in_state(state);
    let answer = match behind {
        Behind::Case => world.at_case(method, path, state, &cookie),
        Behind::Family => world.at_family(method, path, &cookie),
        Behind::Village => world.ask(
            method,
            &path.replace("{region}", &region.plain()).replace("{village}", &region.plain()),
            &cookie,
            "",
        ),
    };
    let mark = if role == Role::Visitor { answer.mark() } else { answer.found() };
    let expected = role != Role::Visitor && asks.allows(&actor, &resource);
    assert_eq!(
        mark == '✔',
        expected,
        "{method} {path}: {role}, {}, {}: {answer:?}",
        relation.word(),
        state.word()
    );
    mark
}

/// Three letters for the head of a column.
fn short(role: Role) -> &'static str {
    match role {
        Role::ProgrammeOwner => "own",
        role => &role.word()[..3],
    }
}

/// The path without the hash of an asset's bytes: a new style sheet opens no other door.
fn unhashed(path: &str) -> String {
    let Some((front, back)) = path.rsplit_once('-') else { return path.to_owned() };
    match back.split_once('.') {
        Some((hash, end)) if hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("{front}-HASH.{end}")
        }
        _ => path.to_owned(),
    }
}

/// Doors without such a thing: one line each, a column per role.
fn plain(world: &World, method: &str, path: &str, out: &mut String) {
    let _ = write!(out, "{method:5}{:52}", unhashed(path));
    for &role in Role::ALL {
        let (_, cookie) = match path {
            "/keluar" => world.begin(role, Relation::Above),
            _ => world.actor(role, Relation::Above),
        };
        let answer = world.ask(method, &world.filled(path), &cookie, world::FORM);
        assert!(answer.status < 500, "{method} {path}: {role}: {answer:?}");
        let _ = write!(out, "{}   ", answer.mark());
    }
    *out = out.trim_end().to_owned() + "\n";
}

#[test]
fn every_door_is_decided_on_purpose() {
    let world = World::new();
    let all = routes(&world.router);
    assert!(all.len() > 60, "the router could not be read: {all:?}");
    // The English doors are the Indonesian ones.
    let (english, own): (BTreeSet<_>, BTreeSet<_>) =
        all.into_iter().partition(|(_, path)| path == "/en" || path.starts_with("/en/"));
    for (method, path) in &english {
        let path = path.strip_prefix("/en").unwrap();
        let path = if path.is_empty() { "/" } else { path };
        assert!(own.contains(&(method.clone(), path.to_owned())), "only in English: {path}");
    }
    let mut text = String::from(world::HEAD);
    let mut named = BTreeSet::new();
    for (method, path, behind, asks) in &THINGS {
        named.insert(((*method).to_owned(), path.split('#').next().unwrap().to_owned()));
        text += &table(&world, method, path, *behind, asks);
    }
    let stale: Vec<_> = named.difference(&own).collect();
    assert!(stale.is_empty(), "tables of doors that are not there: {stale:?}");
    text += "\n\nDoors without a case, family or village behind them\n";
    let _ = write!(text, "{:57}", "");
    for role in Role::ALL {
        let _ = write!(text, "{:4}", short(*role));
    }
    text = text.trim_end().to_owned() + "\n";
    for (method, path) in own.difference(&named) {
        plain(&world, method, path, &mut text);
    }
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/doors.txt");
    if std::env::var_os("PADAN_BLESS").is_some() {
        std::fs::write(golden, &text).unwrap();
    }
    let known = std::fs::read_to_string(golden).unwrap_or_default();
    let mut pairs = text.lines().zip(known.lines());
    let changed = pairs.find(|(a, b)| a != b);
    assert!(
        text == known,
        "who may enter where has changed, first at {changed:?}; if on purpose: PADAN_BLESS=1, and read the difference"
    );
}

/// Random officials at random doors: handler, policies and the second decision function agree.
fn agree(requests: u64) {
    let world = World::new();
    let mut seen = BTreeMap::new();
    for seed in 0..requests {
        let mut chance = Chance::at(5, 3, seed);
        let role = *chance.pick(&Role::ALL[1..]);
        let relation =
            *chance.pick(&[Relation::Own, Relation::Above, Relation::Beside, Relation::Nowhere]);
        let state = *chance.pick(&STATES);
        let (actor, cookie) = world.actor(role, relation);
        let at_case = chance.is(0.5);
        let (action, answer, state) = if at_case {
            (Action::CaseRead, world.at_case("GET", "/kerja/{ticket}", state, &cookie), state)
        } else {
            let answer = world.at_family("GET", "/keluarga/{family}", &cookie);
            (Action::FamilyRead, answer, State::Open)
        };
        let resource = Resource::open_in(world.village).in_state(state);
        let (policy, second) = (
            world.work.policies().decide(&actor, action, &resource),
            twin::decide(&actor, action, &resource),
        );
        let handler = answer.found() == '✔';
        assert!(
            policy == second && second == handler,
            "{action} {actor:?} {resource:?}: policies {policy}, second {second}, handler {answer:?}"
        );
        *seen.entry((at_case, handler)).or_insert(0_u64) += 1;
    }
    assert_eq!(seen.len(), 4, "both doors open and closed: {seen:?}");
}

#[test]
fn handlers_policies_and_the_second_function_agree() {
    agree(1_500);
}

#[test]
#[ignore = "minutes: cargo test --release -p doors --test routes agree_often -- --ignored"]
fn handlers_policies_and_the_second_function_agree_often() {
    agree(50_000);
}

/// A case and a family of elsewhere, and ones that are not there: the same bytes and headers.
fn pairs(world: &World) -> [(String, String); 2] {
    let case = |ticket: &str| format!("/kerja/{ticket}");
    [
        (case(&world.tickets[&State::Open]), case("KB-5202-2611-9999")),
        (format!("/keluarga/{}", world.family), "/keluarga/99999999".to_owned()),
    ]
}

#[test]
fn what_may_not_be_known_of_looks_like_what_is_not_there() {
    let world = World::new();
    let (_, cookie) = world.actor(Role::VillageOperator, Relation::Beside);
    for (hidden, missing) in pairs(&world) {
        let hidden = world.ask("GET", &hidden, &cookie, "");
        assert_eq!(hidden.status, 404);
        assert_eq!(hidden, world.ask("GET", &missing, &cookie, ""), "status, headers and body");
    }
}

#[test]
#[ignore = "needs a quiet machine: cargo test --release -p doors --test routes same_time -- --ignored --nocapture"]
fn what_may_not_be_known_of_takes_the_same_time() {
    let world = World::new();
    let (_, cookie) = world.actor(Role::VillageOperator, Relation::Beside);
    for (hidden, missing) in pairs(&world) {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..2_000 {
            // One after the other, so that whatever else the machine does falls on both.
            for (at, path) in [&hidden, &missing].into_iter().enumerate() {
                let began = Instant::now();
                let answer: Answer = world.ask("GET", path, &cookie, "");
                times[at].push(began.elapsed());
                assert_eq!(answer.status, 404);
            }
        }
        let [hidden, missing] = times.map(|mut all| {
            all.sort();
            all[all.len() / 2].as_secs_f64() * 1e6
        });
        println!("hidden {hidden:.1} µs, missing {missing:.1} µs");
        assert!((hidden / missing - 1.0).abs() <= 0.05, "hidden {hidden}, missing {missing} µs");
    }
}
