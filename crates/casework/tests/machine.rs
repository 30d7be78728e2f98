//! Random actors do random things over simulated months; a plain model says what must hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use access::{Role, State};
use casework::{CaseView, Channel, Tables, is_end};
use common::{DAY, Room};
use kernel::{CaseId, Chance};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const ROLES: [Role; 8] = [
    Role::VillageOperator,
    Role::FieldAssistant,
    Role::DistrictOfficer,
    Role::RegentsOffice,
    Role::Province,
    Role::Ministry,
    Role::CallAgent,
    Role::Auditor,
];

/// What the model keeps: which claim is open where, and how often each case moved.
#[derive(Default)]
struct Model {
    open: BTreeMap<(u64, &'static str), CaseId>,
    cases: BTreeSet<CaseId>,
    reports: u64,
    acted: u64,
    accepted: u64,
}

fn invariants(tables: &Tables, view: &CaseView, now: i64) {
    let case = &view.case;
    assert_eq!(case.state == State::Closed, is_end(&case.step), "{case:?}");
    assert_eq!(view.events.len() as u32, case.events);
    assert!(
        view.events.windows(2).all(|pair| pair[0].seq < pair[1].seq && pair[0].at <= pair[1].at)
    );
    assert_eq!(view.events.iter().filter(|e| e.kind == "late").count() as u32, case.escalations);
    // The state is the fold of the history, and no step was skipped.
    let mut step = tables.kind(&case.kind).unwrap().start.clone();
    for event in &view.events {
        assert_eq!(event.step, step, "history of {} is broken", case.ticket);
        if event.kind == "decision" {
            let rule = tables
                .step(&step)
                .unwrap()
                .decision
                .iter()
                .find(|d| Some(&d.id) == event.decision.as_ref());
            assert_eq!(rule.unwrap().to, event.next_step);
            assert!(
                event.reason.as_ref().is_some_and(|r| r.len() >= 10),
                "a decision without a reason"
            );
        }
        step.clone_from(&event.next_step);
    }
    assert_eq!(case.step, step);
    if case.state == State::Open {
        assert!(case.due_at > now - DAY, "{} is late and nobody was told", case.ticket);
    }
    assert!(view.events.iter().filter(|e| e.kind == "appeal").count() <= 1);
}

fn run(seed: u64, steps: u64) {
    let dir = tempfile::tempdir().unwrap();
    let room = Room::open(&format!("sqlite:{}", dir.path().join("store.db").display()));
    let tables = Tables::builtin().unwrap();
    let kinds: Vec<String> = tables.kinds().iter().map(|kind| kind.id.clone()).collect();
    let mut chance = Chance::new(seed);
    let mut model = Model::default();
    for _ in 0..steps {
        match chance.below(10) {
            0..3 => {
                let family = 10 + chance.below(4);
                let topic = *chance.pick(&["wall_material", "lighting", "cover"]);
                let kind = chance.pick(&kinds).clone();
                let mut report = room.report(&kind, family, Channel::Portal);
                report.changes[0].variable = topic.to_owned();
                let filed =
                    room.work.file_report(&room.actor(Role::Visitor), report.clone()).unwrap();
                let known = model.open.get(&(family, topic)).copied();
                assert_eq!(
                    (filed.joined, known.unwrap_or(filed.case)),
                    (known.is_some(), filed.case)
                );
                model.open.insert((family, topic), filed.case);
                model.cases.insert(filed.case);
                model.reports += 1;
                if chance.is(0.3) {
                    assert!(
                        room.work.file_report(&room.actor(Role::Visitor), report).unwrap().again
                    );
                }
            }
            3..8 => {
                let cases: Vec<CaseId> = model.cases.iter().copied().collect();
                let Some(&case) = (!cases.is_empty()).then(|| chance.pick(&cases)) else {
                    continue;
                };
                let view = room.work.open_case(&room.actor(Role::Auditor), case).unwrap();
                // Half the time somebody who may, half the time anybody.
                let held: Vec<Role> =
                    ROLES.into_iter().filter(|role| view.case.is_held_by(*role)).collect();
                let role = if chance.is(0.5) && !held.is_empty() {
                    *chance.pick(&held)
                } else {
                    *chance.pick(&ROLES)
                };
                let decision = match tables.step(&view.case.step) {
                    Ok(step) => chance.pick(&step.decision).clone(),
                    Err(_) => continue,
                };
                let evidence: Vec<&str> = if chance.is(0.7) {
                    decision.needs.iter().map(String::as_str).collect()
                } else {
                    vec![]
                };
                let result =
                    room.work.act(&room.actor(role), room.act(case, &decision.id, &evidence));
                if let Ok(acted) = result {
                    assert!(
                        view.case.is_held_by(role) && view.case.state == State::Open,
                        "{role} was not holding it"
                    );
                    assert_eq!(acted.step, decision.to);
                    model.acted += 1;
                    model.accepted += acted.corrections;
                    if is_end(&acted.step) {
                        model.open.retain(|_, open| *open != case);
                    }
                }
            }
            8 => {
                room.clock.forward(chance.between(1, 6) * DAY);
                room.work.escalate_late().unwrap();
                assert_eq!(room.work.escalate_late().unwrap(), 0);
            }
            _ => {
                let cases: Vec<CaseId> = model.cases.iter().copied().collect();
                let Some(&case) = (!cases.is_empty()).then(|| chance.pick(&cases)) else {
                    continue;
                };
                let before = room.work.open_case(&room.actor(Role::Auditor), case).unwrap();
                let reason = "Keputusan ini tidak sesuai keadaan";
                let role =
                    *chance.pick(&[Role::CallAgent, Role::VillageOperator, Role::FieldAssistant]);
                let appealed =
                    room.work.appeal(&room.actor(role), &room.id("appeal"), case, reason);
                let allowed = role != Role::FieldAssistant
                    && before.case.state == State::Closed
                    && !before.case.appealed;
                assert!(appealed.is_err() || allowed, "{appealed:?}");
                if appealed.is_ok() {
                    // Open again: its topics are its own unless another open case took them.
                    let view = room.work.open_case(&room.actor(Role::Auditor), case).unwrap();
                    let family = view.case.family.unwrap().get();
                    for change in view.reports.iter().flat_map(|r| &r.changes) {
                        let topic = ["wall_material", "lighting", "cover"]
                            .into_iter()
                            .find(|t| *t == change.variable)
                            .unwrap();
                        model.open.entry((family, topic)).or_insert(case);
                    }
                }
            }
        }
    }
    let now = room.work.now_ms();
    for &case in &model.cases {
        invariants(&tables, &room.work.open_case(&room.actor(Role::Auditor), case).unwrap(), now);
    }
    assert_eq!(room.work.corrections(0).unwrap().len() as u64, model.accepted);
    room.work.journal_root().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_months_hold_every_invariant(seed in any::<u64>()) {
        run(seed, 120);
    }
}

#[test]
#[ignore = "minutes; run with --ignored"]
fn random_years_hold_every_invariant() {
    for seed in 0..200 {
        run(seed, 400);
    }
}
