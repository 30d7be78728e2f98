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
    CaseworkError, Channel, CoverRow, CutRule, DecreeDates, DecreeRules, FunnelQuery, NewDecree,
    NewSwitch, Paper, day_of, hold, mark, segment, stage,
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
    room.work.load_cover(EDITION, &roll()).unwrap();
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
        room.work.load_cover(EDITION, &roll()).unwrap();
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
        room.work.load_cover(EDITION, &roll()).unwrap();
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
        room.work.load_cover(EDITION + 1, &other).unwrap();
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
        // The village goes there: told once, off the list, and the funnel knows it.
        let operator = room.actor(Role::VillageOperator);
        let family = kernel::FamilyId::new(silent[0].family);
        let (people, aware) = (silent[0].people, sum(stage::AWARE));
        let reach =
            |who: access::Actor| room.work.note_reached(&who, "decree-0001", village(), family);
        assert!(reach(access::Actor::visitor()).is_err());
        assert_eq!(reach(operator).unwrap(), people);
        assert_eq!(reach(operator).unwrap(), 0, "once");
        assert_eq!(sum(stage::AWARE), aware + people);
        let left = room.work.silent(&operator, "decree-0001", village(), 10).unwrap();
        assert_eq!(left.len(), 1);
    });
}

/// A paper with everything on it that the payer asks for.
fn paper(scheme: i64) -> Paper {
    let rules = DecreeRules::builtin().unwrap();
    let asks = rules.scheme(scheme).map(|s| s.asks.clone()).unwrap_or_default();
    Paper {
        words: asks.into_iter().map(|ask| (ask.id, "900/12/2026".to_owned())).collect(),
        media: "image/jpeg".to_owned(),
        bytes: b"foto".to_vec(),
    }
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
            paper: paper(scheme),
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
        let mut bare = switch("switch-00", segment::PBPU_PEMDA, "regents_letter");
        bare.paper.words.remove("nomor");
        assert!(refused(bare), "a letter without a number");
        let mut blank = switch("switch-00", segment::PBPU_PEMDA, "regents_letter");
        blank.paper.bytes.clear();
        assert!(refused(blank), "no photo");
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

#[test]
fn a_roll_that_was_cut_off_is_not_read_and_is_laid_anew() {
    on_both(|url| {
        let room = Room::open(url);
        let rows = roll();
        let mut half = room.work.begin_cover(EDITION).unwrap().unwrap();
        half.add(&rows[..7]).unwrap();
        drop(half);
        assert!(!room.work.has_cover(EDITION).unwrap());
        let error = room
            .work
            .propose_decree(&room.actor(Role::Ministry), decree(&room, "decree-0009"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("padan publish"), "{error}");
        // More than one piece, and what lay there of the load that died.
        let many: Vec<CoverRow> =
            (0..20_000).map(|n| CoverRow { person: n + 1, family: n / 3, ..rows[19] }).collect();
        let mut dead = room.work.begin_cover(EDITION).unwrap().unwrap();
        dead.add(&many).unwrap();
        drop(dead);
        assert_eq!(room.work.load_cover(EDITION, &rows).unwrap(), 20);
        assert!(room.work.begin_cover(EDITION).unwrap().is_none(), "once");
        let rule = CutRule::pbi_jk(None).unwrap();
        assert_eq!(room.work.simulate_decree(EDITION, &rule).unwrap().sum(|_| true), 20);
        assert!(!room.work.cover_now(5).unwrap().covered, "nothing of the dead load is left");
        // Two editions later it goes, because no decree was made from it.
        assert_eq!(room.work.load_cover(EDITION + 1, &rows).unwrap(), 20);
        assert!(room.work.has_cover(EDITION).unwrap());
        assert_eq!(room.work.load_cover(EDITION + 2, &rows).unwrap(), 20);
        assert!(!room.work.has_cover(EDITION).unwrap());
    });
}
