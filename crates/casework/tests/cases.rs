//! Cases from report to correction, on both databases: one case by many doors, one effect per id,
//! nobody decides their own, no silent lapse, one appeal, receipts, read log, outbox, replay.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use access::Role;
use casework::{
    Basket, CaseworkError, Channel, Citizen, Contact, FLOOD_PER_DAY, How, ListQuery, MassProposal,
    NewAccount, Subject,
};
use common::{DAY, Room, on_both, other_village, piece, village};
use journal::verify::{self, Trust};
use journal::{DirFiles, Signer, Writer};
use kernel::FamilyId;
use store::{Query, StoreError, params};

macro_rules! both {
    ($from:ident: $($name:ident),+ $(,)?) => { $(#[test] fn $name() { on_both($from::$name); })+ };
}

both![checks:
    the_formal_path_ends_in_the_next_edition,
    one_claim_by_many_doors_is_one_case,
    one_id_has_one_effect,
    nobody_decides_their_own_or_out_of_turn,
    a_missed_deadline_escalates_and_never_lapses,
    one_appeal_to_a_higher_level,
    a_decision_needs_reason_and_evidence,
    a_flood_is_seen_and_not_lost,
    what_you_may_not_see_does_not_exist,
];

both![effects:
    every_effect_has_a_receipt,
    the_family_sees_who_read,
    messages_leave_at_least_once,
    two_people_for_mass_actions,
    replay_shows_what_was_known,
    work_lists_are_due_first,
    accounts_and_sessions,
    sessions_are_listed_and_ended,
    ten_wrong_passwords_lock,
    a_code_opens_once_in_ten_minutes,
    nothing_is_stored_in_the_clear,
    the_pulse_counts_doors_weeks_and_time,
];

#[path = "suite/effects.rs"]
mod effects;

mod checks {
    use super::*;

    pub fn the_formal_path_ends_in_the_next_edition(url: &str) {
        let room = Room::open(url);
        let filed = room
            .work
            .file_report(&room.actor(Role::Citizen), room.report("proposal", 7, Channel::Portal))
            .unwrap();
        assert!(filed.ticket.starts_with("US-5202-2611-"), "{}", filed.ticket);
        assert_eq!(
            (filed.joined, filed.again, filed.step_name.as_str()),
            (false, false, "Diperiksa desa")
        );
        let case = filed.case;
        assert_eq!(
            room.decide(Role::VillageOperator, case, "complete", &[]).step,
            "formal_meeting"
        );
        assert_eq!(
            room.decide(Role::VillageOperator, case, "eligible", &["minutes"]).step,
            "formal_finalise"
        );
        assert_eq!(
            room.decide(Role::DistrictOfficer, case, "finalise", &[]).step,
            "formal_approve"
        );
        assert_eq!(room.decide(Role::RegentsOffice, case, "approve", &[]).step, "formal_confirm");
        let end = room.decide(Role::Ministry, case, "accept", &[]);
        assert_eq!((end.step.as_str(), end.corrections), ("accepted", 1));
        let corrections = room.work.corrections(0).unwrap();
        assert_eq!(
            (corrections[0].family_id, corrections[0].evidence.as_str(), corrections[0].journal),
            (Some(7), "minutes", end.seq)
        );
        let mut lines = Vec::new();
        assert_eq!(room.work.export_corrections(0, &mut lines).unwrap(), 1);
        let line: serde_json::Value = serde_json::from_slice(&lines).unwrap();
        assert_eq!(line["unit"], "family");
        assert_eq!(line["column"], "wall_material");
        assert_eq!(line["value"], 3);
        assert_eq!(line["observed_date"], "2026-11-10");
        assert_eq!(
            room.work.export_corrections(corrections[0].correction, &mut Vec::new()).unwrap(),
            0
        );
    }

    pub fn one_claim_by_many_doors_is_one_case(url: &str) {
        let room = Room::open(url);
        let citizen = room.actor(Role::Citizen);
        let first =
            room.work.file_report(&citizen, room.report("update", 7, Channel::Portal)).unwrap();
        let second = room
            .work
            .file_report(&room.actor(Role::Visitor), room.report("objection", 7, Channel::Whatsapp))
            .unwrap();
        let third = room
            .work
            .file_report(&room.actor(Role::CallAgent), room.report("update", 7, Channel::Call))
            .unwrap();
        assert_eq!(
            (second.case, second.joined, third.case, third.joined),
            (first.case, true, first.case, true)
        );
        let mut other = room.report("update", 7, Channel::Portal);
        other.changes[0].variable = "lighting".to_owned();
        assert_ne!(
            room.work.file_report(&citizen, other).unwrap().case,
            first.case,
            "another value is another claim"
        );
        assert_ne!(
            room.work
                .file_report(&room.actor(Role::Visitor), room.report("update", 8, Channel::Portal))
                .unwrap()
                .case,
            first.case
        );
        let view = room.work.open_case(&room.actor(Role::VillageOperator), first.case).unwrap();
        assert_eq!(view.reports.iter().map(|r| r.weight).collect::<Vec<_>>(), [1, 1, 2]);
        // A closed case is joined no more.
        room.decide(Role::VillageOperator, first.case, "forward", &[]);
        room.decide(Role::DistrictOfficer, first.case, "reject", &[]);
        let later =
            room.work.file_report(&citizen, room.report("update", 7, Channel::Portal)).unwrap();
        assert!(!later.joined && later.case != first.case);
    }

    pub fn one_id_has_one_effect(url: &str) {
        let room = Room::open(url);
        let citizen = room.actor(Role::Citizen);
        let report = room.report("update", 7, Channel::Portal);
        let first = room.work.file_report(&citizen, report.clone()).unwrap();
        let again = room.work.file_report(&citizen, report.clone()).unwrap();
        assert_eq!(
            (again.case, again.seq, again.again, &again.follow),
            (first.case, first.seq, true, &first.follow)
        );
        let mut other = report;
        other.text = "Sesuatu yang lain sama sekali".to_owned();
        assert!(matches!(room.work.file_report(&citizen, other), Err(CaseworkError::IdReused(_))));
        let act = room.act(first.case, "forward", &[]);
        let operator = room.actor(Role::VillageOperator);
        let one = room.work.act(&operator, act.clone()).unwrap();
        assert_eq!(room.work.act(&operator, act).unwrap(), one);
        assert_eq!(room.work.open_case(&operator, first.case).unwrap().events.len(), 2);
        let mut bad = room.report("update", 7, Channel::Portal);
        bad.id = "5201016304870002".to_owned();
        assert!(room.work.file_report(&citizen, bad).is_err(), "a NIK is no id");
    }

    pub fn nobody_decides_their_own_or_out_of_turn(url: &str) {
        let room = Room::open(url);
        let filed = room
            .work
            .file_report(&room.actor(Role::Citizen), room.report("update", 7, Channel::Portal))
            .unwrap();
        let refused = |role: Role, decision: &str| {
            room.work.act(&room.actor(role), room.act(filed.case, decision, &[])).unwrap_err()
        };
        assert!(
            matches!(refused(Role::DistrictOfficer, "forward"), CaseworkError::NotAllowed(_)),
            "not yet theirs"
        );
        assert!(matches!(refused(Role::Citizen, "forward"), CaseworkError::NotAllowed(_)));
        assert!(matches!(refused(Role::Statistician, "forward"), CaseworkError::NotFound));
        assert!(matches!(refused(Role::VillageOperator, "accept"), CaseworkError::Refused(_)));
        // The operator's own family: somebody else has to act.
        let own = room
            .work
            .make_account(
                None,
                casework::NewAccount {
                    login: "operator-own".to_owned(),
                    name: "x".to_owned(),
                    role: Role::VillageOperator,
                    territory: access::Territory::In(village()),
                    password: None,
                    family: Some(FamilyId::new(7)),
                    person: None,
                },
            )
            .unwrap();
        let (_, session) = room.work.begin(own, true).unwrap();
        let error =
            room.work.act(&session.actor, room.act(filed.case, "forward", &[])).unwrap_err();
        assert!(matches!(error, CaseworkError::NotAllowed(_)), "{error}");
        room.decide(Role::VillageOperator, filed.case, "forward", &[]);
    }

    pub fn a_missed_deadline_escalates_and_never_lapses(url: &str) {
        let room = Room::open(url);
        let filed = room
            .work
            .file_report(&room.actor(Role::Citizen), room.report("objection", 7, Channel::Portal))
            .unwrap();
        assert_eq!(casework::day_of(filed.due_at).to_string(), "2026-11-17", "five working days");
        assert_eq!(room.work.escalate_late().unwrap(), 0);
        room.clock.forward(8 * DAY);
        assert_eq!(room.work.escalate_late().unwrap(), 1);
        assert_eq!(room.work.escalate_late().unwrap(), 0, "once");
        let view = room.work.open_case(&room.actor(Role::DistrictOfficer), filed.case).unwrap();
        assert_eq!(
            (view.case.state, view.case.taken_by.as_slice(), view.case.escalations),
            (access::State::Open, &["district_officer".to_owned()][..], 1)
        );
        assert_eq!(view.events.last().unwrap().kind, "late");
        let public = room.work.follow(&filed.ticket, &filed.follow).unwrap();
        assert_eq!(public.events.last().unwrap().kind, "late", "the reporter sees it");
        let told = room.work.messages_due(50).unwrap();
        assert!(told.iter().any(|m| m.template == "late"
            && m.text.contains("tidak gugur")
            && m.text.contains("Dinas Sosial")));
        for _ in 0..4 {
            room.clock.forward(10 * DAY);
            room.work.escalate_late().unwrap();
        }
        let view = room.work.open_case(&room.actor(Role::Ministry), filed.case).unwrap();
        assert_eq!(view.case.taken_by, ["district_officer", "province", "ministry"]);
        assert_eq!(view.case.step, "claim_check", "it is still there to be decided");
        // The higher level may act, and so may the one who is late.
        room.decide(Role::Province, filed.case, "forward", &[]);
        room.decide(Role::DistrictOfficer, filed.case, "accept", &[]);
    }

    pub fn one_appeal_to_a_higher_level(url: &str) {
        let room = Room::open(url);
        let citizen = room.actor(Role::Citizen);
        let filed =
            room.work.file_report(&citizen, room.report("objection", 7, Channel::Portal)).unwrap();
        let reason = "Petugas tidak pernah datang ke rumah";
        assert!(
            room.work.appeal(&citizen, &room.id("appeal"), filed.case, reason).is_err(),
            "nothing decided yet"
        );
        room.decide(Role::VillageOperator, filed.case, "forward", &[]);
        room.decide(Role::DistrictOfficer, filed.case, "reject", &[]);
        let appealed = room.work.appeal(&citizen, &room.id("appeal"), filed.case, reason).unwrap();
        assert_eq!(appealed.step, "appeal_province");
        let by_district =
            room.work.act(&room.actor(Role::DistrictOfficer), room.act(filed.case, "uphold", &[]));
        assert!(by_district.is_err(), "not by the level that decided");
        let end = room.decide(Role::Province, filed.case, "uphold", &[]);
        assert_eq!((end.step.as_str(), end.corrections), ("accepted", 1));
        let second =
            room.work.appeal(&citizen, &room.id("appeal"), filed.case, reason).unwrap_err();
        assert!(second.to_string().contains("used already"), "{second}");
        // Too late: a new report is always possible.
        let other =
            room.work.file_report(&citizen, room.report("objection", 7, Channel::Portal)).unwrap();
        room.decide(Role::VillageOperator, other.case, "forward", &[]);
        room.decide(Role::DistrictOfficer, other.case, "reject", &[]);
        room.clock.forward(31 * DAY);
        assert!(
            room.work
                .appeal(&citizen, &room.id("appeal"), other.case, reason)
                .unwrap_err()
                .to_string()
                .contains("time to appeal")
        );
    }

    pub fn a_decision_needs_reason_and_evidence(url: &str) {
        let room = Room::open(url);
        let filed = room
            .work
            .file_report(&room.actor(Role::Citizen), room.report("proposal", 7, Channel::Portal))
            .unwrap();
        let operator = room.actor(Role::VillageOperator);
        let mut act = room.act(filed.case, "complete", &[]);
        act.reason = "ok".to_owned();
        assert!(room.work.act(&operator, act).unwrap_err().to_string().contains("reason"));
        room.decide(Role::VillageOperator, filed.case, "complete", &[]);
        let error = room.work.act(&operator, room.act(filed.case, "eligible", &[])).unwrap_err();
        assert!(error.to_string().contains("Berita acara"), "{error}");
        room.work.add_evidence(&operator, filed.case, vec![piece("minutes")]).unwrap();
        room.decide(Role::VillageOperator, filed.case, "eligible", &[]);
        for _ in 0..2 {
            room.decide(Role::DistrictOfficer, filed.case, "return", &[]);
            room.decide(Role::VillageOperator, filed.case, "complete", &[]);
            room.decide(Role::VillageOperator, filed.case, "eligible", &[]);
        }
        let error = room
            .work
            .act(&room.actor(Role::DistrictOfficer), room.act(filed.case, "return", &[]))
            .unwrap_err();
        assert!(error.to_string().contains("has to be decided"), "{error}");
    }

    pub fn a_flood_is_seen_and_not_lost(url: &str) {
        let room = Room::open(url);
        for family in 0..u64::from(FLOOD_PER_DAY) + 5 {
            let mut report = room.report("objection", 100 + family, Channel::Portal);
            report.reporter = [9; 16];
            report.about_self = false;
            room.work.file_report(&room.actor(Role::Visitor), report).unwrap();
        }
        let flooded: i64 = room
            .work
            .store()
            .read::<_, StoreError>(|r| {
                r.query_one("SELECT COUNT(*) AS n FROM report WHERE flooded = 1", params![])
            })
            .unwrap()
            .get("n")
            .unwrap();
        assert_eq!(flooded, 5);
    }

    pub fn what_you_may_not_see_does_not_exist(url: &str) {
        let room = Room::open(url);
        let mut report = room.report("objection", 7, Channel::Portal);
        report.village = other_village();
        let filed = room.work.file_report(&room.actor(Role::Visitor), report).unwrap();
        let operator = room.actor(Role::VillageOperator);
        let unseen = room.work.open_case(&operator, filed.case).unwrap_err();
        let missing = room.work.open_case(&operator, kernel::CaseId::new(999)).unwrap_err();
        assert_eq!(unseen, missing);
        assert_eq!(
            room.work.act(&operator, room.act(filed.case, "forward", &[])).unwrap_err(),
            missing
        );
        assert_eq!(
            room.work.follow(&filed.ticket, "AAAAAAAAAA").unwrap_err(),
            room.work.follow("KB-0000-0000-0000", &filed.follow).unwrap_err()
        );
        assert!(room.work.follow(&filed.ticket, &filed.follow.to_lowercase()).is_ok());
    }
}
