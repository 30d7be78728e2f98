//! Ending cover by decree with due process, and the way back, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use access::Role;
use casework::{
    CaseworkError, Channel, CoverRow, CutRule, DecreeDates, FunnelQuery, NewDecree, NewSwitch,
    day_of, hold, mark, segment, stage,
};
use common::{Room, on_both, piece, village};
use kernel::{PersonId, Region};

const EDITION: u32 = 4;

/// Twenty people of ten families: persons 0 to 19, two per decile.
fn roll() -> Vec<CoverRow> {
    let row = |person: u64| CoverRow {
        person: person + 100,
        family: person / 2 + 1,
        village: village().number(),
        decile: (person / 2 + 1) as u8,
        segment: segment::PBI_JK,
        marks: match person {
            0 => mark::DEAD,
            1 => mark::NOT_FOUND,
            2 => mark::WAGE_EARNER,
            _ => 0,
        },
        hold: match person {
            0 | 12 => hold::CATASTROPHIC,
            13 => hold::BABY,
            14 => hold::PREGNANT,
            _ => 0,
        },
    };
    (0..20).map(row).collect()
}

fn decree(room: &Room, id: &str) -> NewDecree {
    let today = day_of(room.work.now_ms());
    NewDecree {
        id: id.to_owned(),
        title: "Keputusan".to_owned(),
        edition: EDITION,
        rule: CutRule::pbi_jk(Region::from_number(52).ok()).unwrap(),
        dates: DecreeDates { notice: today, effective: today.plus_days(14) },
        reason: "Kursi dialihkan ke desil 1 sampai 5".to_owned(),
    }
}

/// Proposes, approves, notices and, fifteen days later, takes effect.
fn cut(room: &Room) -> u64 {
    room.work.load_cover(EDITION, roll()).unwrap();
    let made =
        room.work.propose_decree(&room.actor(Role::Ministry), decree(room, "decree-0001")).unwrap();
    let second = room.actor(Role::Province);
    room.work.settle(&second, &made.id, &made.list_sha256, true, "Daftar sudah diperiksa").unwrap();
    assert_eq!(room.work.notice_decree(&made.id).unwrap(), made.people);
    room.clock.forward(15 * 86_400_000);
    room.work.take_effect(&made.id).unwrap()
}

#[test]
fn the_rule_lists_whom_it_says_and_holds_the_ill() {
    on_both(|url| {
        let room = Room::open(url);
        room.work.load_cover(EDITION, roll()).unwrap();
        let rule = CutRule::pbi_jk(None).unwrap();
        let simulated = room.work.simulate_decree(EDITION, &rule).unwrap();
        // Deciles 6 to 10 are ten people, three are held; and three marks below.
        assert_eq!(simulated.listed(), 10);
        assert_eq!(simulated.sum(|_| true), 20);
        assert_eq!(simulated.sum(|c| c.ground == 0 && c.hold != 0), 1, "death is not held back");
        assert_eq!(simulated.sum(|c| c.ground < 0 && c.hold != 0), 3);
        let unknown = CutRule { grounds: vec!["decil".to_owned()], ..rule };
        let error = room.work.simulate_decree(EDITION, &unknown).unwrap_err().to_string();
        assert!(error.contains("decil") && error.contains("decile"), "{error}");
    });
}

#[test]
fn two_people_a_notice_and_its_days_stand_before_the_effect() {
    on_both(|url| {
        let room = Room::open(url);
        room.work.load_cover(EDITION, roll()).unwrap();
        let first = room.actor(Role::Ministry);
        let mut hasty = decree(&room, "decree-hasty");
        hasty.dates.effective = hasty.dates.notice.plus_days(3);
        assert!(room.work.propose_decree(&first, hasty).is_err(), "a notice of three days");
        assert!(
            room.work
                .propose_decree(&room.actor(Role::VillageOperator), decree(&room, "decree-0001"))
                .is_err()
        );
        let made = room.work.propose_decree(&first, decree(&room, "decree-0001")).unwrap();
        assert_eq!(
            room.work.propose_decree(&first, decree(&room, "decree-0001")).unwrap(),
            made,
            "again: the same"
        );
        assert!(room.work.notice_decree(&made.id).is_err(), "nobody approved it");
        assert!(
            room.work.settle(&first, &made.id, &made.list_sha256, true, "Sudah diperiksa").is_err(),
            "the same person"
        );
        let second = room.actor(Role::Province);
        room.work.settle(&second, &made.id, &made.list_sha256, true, "Sudah diperiksa").unwrap();
        assert!(room.work.take_effect(&made.id).is_err(), "nobody was told");
        assert_eq!(room.work.notice_decree(&made.id).unwrap(), 10);
        assert_eq!(room.work.notice_decree(&made.id).unwrap(), 0);
        let letters = room.work.messages_due_by("letter", 100).unwrap();
        assert_eq!(letters.len(), 10);
        assert!(
            letters.iter().any(|l| l.text.contains("pekerja penerima upah")),
            "a reason per person"
        );
        assert!(room.work.take_effect(&made.id).is_err(), "too early");
        room.clock.forward(15 * 86_400_000);
        assert_eq!(room.work.take_effect(&made.id).unwrap(), 10);
        assert_eq!(room.work.take_effect(&made.id).unwrap(), 0);
        assert!(room.work.replay_decree(&made.id).unwrap(), "the list can be made again");
        // Another edition's roll does not change what was decided.
        let mut other = roll();
        other.truncate(3);
        room.work.load_cover(EDITION + 1, other).unwrap();
        assert!(room.work.replay_decree(&made.id).unwrap());
    });
}

#[test]
fn the_way_back_is_one_step_and_every_figure_follows() {
    on_both(|url| {
        let room = Room::open(url);
        assert_eq!(cut(&room), 10);
        let sum = |at: i64| {
            let funnel = room
                .work
                .funnel("decree-0001", FunnelQuery::default(), day_of(room.work.now_ms()))
                .unwrap();
            funnel.sum(|c| c.stage == at)
        };
        assert_eq!(sum(stage::CUT_OFF), 10);
        assert!(!room.work.cover_now(110).unwrap().covered);
        assert!(room.work.cover_now(112).unwrap().covered, "held: never cut off");
        room.work.note_aware(110).unwrap();
        room.work.note_aware(110).unwrap();
        assert_eq!((sum(stage::CUT_OFF), sum(stage::AWARE)), (9, 1));
        let mut report = room.report("reactivation", 6, Channel::Whatsapp);
        report.person = Some(PersonId::new(110));
        report.changes.clear();
        report.topics = vec!["cover".to_owned()];
        report.evidence = vec![piece("facility_letter")];
        let applied = room.work.apply_back(&access::Actor::visitor(), report.clone()).unwrap();
        assert!(
            applied.covered_until.is_some() && room.work.cover_now(110).unwrap().covered,
            "at once"
        );
        assert!(room.work.apply_back(&access::Actor::visitor(), report).unwrap().filed.again);
        assert_eq!(sum(stage::APPLIED), 1);
        room.decide(Role::DistrictOfficer, applied.filed.case, "letter", &[]);
        assert_eq!(room.work.follow_decisions().unwrap(), 1);
        assert_eq!((sum(stage::APPLIED), sum(stage::IN_REVIEW)), (0, 1));
        room.decide(Role::Ministry, applied.filed.case, "activate", &[]);
        room.work.follow_decisions().unwrap();
        assert_eq!(room.work.follow_decisions().unwrap(), 0, "once");
        let cover = room.work.cover_now(110).unwrap();
        assert_eq!((cover.covered, cover.segment, sum(stage::ACTIVE)), (true, segment::PBI_JK, 1));
        assert_eq!(room.work.open_data_duties(10).unwrap(), 1, "the village puts the data right");
        assert_eq!(room.work.open_data_duties(10).unwrap(), 0);
        let silent = room
            .work
            .silent(&room.actor(Role::VillageOperator), "decree-0001", village(), 10)
            .unwrap();
        assert_eq!(silent.len(), 2, "deciles 1 to 5 only");
        assert!(room.work.silent(&access::Actor::visitor(), "decree-0001", village(), 10).is_err());
    });
}

#[test]
fn another_payer_needs_its_own_paper() {
    on_both(|url| {
        let room = Room::open(url);
        cut(&room);
        let officer = room.actor(Role::DistrictOfficer);
        let switch = |id: &str, scheme: i64, evidence: &str| NewSwitch {
            id: id.to_owned(),
            person: 111,
            scheme,
            evidence: evidence.to_owned(),
            evidence_sha256: "ab".repeat(32),
        };
        let refused = |new: NewSwitch| {
            matches!(room.work.switch_payer(&officer, new), Err(CaseworkError::Refused(_)))
        };
        assert!(
            refused(switch("switch-01", segment::PBPU_PEMDA, "payment")),
            "a receipt is no letter of the regent"
        );
        assert!(
            refused(switch("switch-02", segment::PBI_JK, "facility_letter")),
            "that is an application"
        );
        let first = room
            .work
            .switch_payer(&officer, switch("switch-03", segment::PBPU_PEMDA, "regents_letter"))
            .unwrap();
        let again = room
            .work
            .switch_payer(&officer, switch("switch-03", segment::PBPU_PEMDA, "regents_letter"))
            .unwrap();
        assert_eq!(first, again);
        assert_eq!(room.work.cover_now(111).unwrap().segment, segment::PBPU_PEMDA);
        assert!(refused(switch("switch-04", segment::SELF_PAID, "payment")), "covered already");
        // Six months later the state's own way is over, the others stay open.
        room.clock.forward(190 * 86_400_000);
        let ways = room.work.cover_now(115).unwrap().ways;
        assert_eq!(ways, [segment::PBPU_PEMDA, segment::SELF_PAID]);
        let mut late = room.report("reactivation", 8, Channel::Portal);
        late.person = Some(PersonId::new(115));
        assert!(room.work.apply_back(&access::Actor::visitor(), late).is_err());
    });
}
