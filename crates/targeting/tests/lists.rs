//! Lists on made-up populations: the needs-first proof, replay, threads, the meter, the simulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up must stop")]

use kernel::Chance;
use proptest::prelude::*;
use std::path::Path;
use targeting::meter::{Cause, totals};
use targeting::programme::code;
use targeting::run::needs_first;
use targeting::simulate::{Scenario, Simulator};
use targeting::{
    Changes, Frame, Options, Outcome, Programmes, Schema, Value, run, run_with, synthetic,
};

fn shipped() -> (Schema, Programmes) {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/id");
    let schema = Schema::load(&config.join("instrument.toml")).unwrap();
    let programmes = Programmes::load(&config.join("programmes"), &schema).unwrap();
    (schema, programmes)
}

fn province(schema: &Schema, families: usize, seed: u64) -> Frame {
    targeting::synthetic::frame(schema, families, seed).unwrap()
}

/// Changes that the programme has, out of a random draw.
fn random_changes(programme: &targeting::Programme, c: &mut Chance) -> Changes {
    let mut changes = Changes::new();
    let mut set = |key: &str, value| {
        if programme.parameters.contains_key(key) {
            changes.insert(key.to_owned(), value);
        }
    };
    set("decile_max", Value::Int(c.between(1, 10)));
    set("hysteresis_points", Value::Double(c.unit() * 10.0));
    set("stay_months", Value::Int(c.between(0, 24)));
    set("reserve_share", Value::Double(c.unit()));
    set("seats", Value::Int(c.between(0, 400)));
    changes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn nobody_on_a_list_is_less_in_need_than_somebody_left_out(seed: u64, families in 20usize..1_500) {
        let (schema, programmes) = shipped();
        let frame = province(&schema, families, seed);
        let mut chance = Chance::new(seed);
        for programme in &programmes.0 {
            let changes = random_changes(programme, &mut chance);
            let options = Options { changes: changes.clone(), ignore_quota: false };
            let outcome = run_with(&frame, programme, &schema, &options).unwrap();
            let proof = needs_first(&frame, programme, &schema, &changes, &outcome).unwrap();
            prop_assert!(proof.is_ok(), "{}: {}", programme.id, proof.unwrap_err());
            check_shape(&outcome, programme);
        }
    }
}

/// What every outcome must be, whatever the rules.
fn check_shape(outcome: &Outcome, programme: &targeting::Programme) {
    let known: Vec<u16> = programme.reasons().iter().map(|r| r.code).collect();
    for row in 0..outcome.chosen.len() {
        assert!(known.contains(&outcome.reason[row]), "row {row} without a known reason");
        assert_eq!(outcome.eligible[row], outcome.reason[row] < code::UNRANKED);
        assert_eq!(outcome.chosen[row], outcome.reason[row] < code::RESERVE);
        assert_eq!(outcome.reserve[row] > 0, outcome.reason[row] == code::RESERVE);
        assert_eq!(outcome.need_rank[row] > 0, outcome.eligible[row]);
    }
    for stratum in &outcome.strata {
        assert!(stratum.chosen <= stratum.eligible && stratum.chosen == stratum.seats);
    }
    let seats: u64 = outcome.strata.iter().map(|s| u64::from(s.seats)).sum();
    assert_eq!(seats as usize, outcome.chosen_count());
}

#[test]
fn the_proof_sees_a_swapped_pair() {
    let (schema, programmes) = shipped();
    let frame = province(&schema, 800, 5);
    let programme = programmes.get("sembako").unwrap();
    let mut outcome = run(&frame, programme, &schema).unwrap();
    let prove = |o: &Outcome| needs_first(&frame, programme, &schema, &Changes::new(), o).unwrap();
    assert!(prove(&outcome).unwrap() > 0, "nothing was compared");
    let region = |row: usize| frame.family.village[row] / 1_000_000;
    let rows = || 0..outcome.chosen.len();
    let (a, b) = rows()
        .filter(|&r| outcome.chosen[r] && outcome.need_rank[r] == 1)
        .find_map(|a| {
            let other = rows()
                .find(|&b| outcome.eligible[b] && !outcome.chosen[b] && region(a) == region(b));
            other.map(|b| (a, b))
        })
        .unwrap();
    outcome.chosen.swap(a, b);
    let violation = prove(&outcome).unwrap_err();
    assert_eq!(violation.region, region(a));
}

#[test]
fn one_thread_or_two_give_the_same_list() {
    let (schema, programmes) = shipped();
    let frame = province(&schema, 30_000, 11);
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    for id in ["pbi_jk", "pkh"] {
        let programme = programmes.get(id).unwrap();
        let one = pool(1).install(|| run(&frame, programme, &schema).unwrap());
        let two = pool(2).install(|| run(&frame, programme, &schema).unwrap());
        assert_eq!(one, two);
        let folder = tempfile::tempdir().unwrap();
        let bytes = |o: &Outcome, name: &str| {
            let path = folder.path().join(name);
            targeting::list::write(&path, &frame, o).unwrap();
            std::fs::read(path).unwrap()
        };
        assert_eq!(bytes(&one, "one"), bytes(&two, "two"));
    }
}

#[test]
fn the_meter_counts_everybody_once_and_names_causes() {
    let (schema, programmes) = shipped();
    let frame = province(&schema, 5_000, 3);
    for programme in &programmes.0 {
        let outcome = run(&frame, programme, &schema).unwrap();
        let cells = targeting::meter::count(&frame, programme, &Changes::new(), &outcome).unwrap();
        assert!(cells.is_sorted(), "{}", programme.id);
        let all = totals(&cells, |_| ())[&()];
        let dead = (0..outcome.chosen.len())
            .filter(|&r| !outcome.listed[r] && outcome.reason[r] == code::NOT_LIVING)
            .count();
        let counted = (all.listed() + all.unlisted()) as usize;
        assert_eq!(counted, outcome.chosen.len() - dead + outcome.unlinked.len());
        let on_roll = outcome.listed.iter().filter(|l| **l).count() + outcome.unlinked.len();
        assert_eq!(all.listed() as usize, on_roll);
        let causes = totals(&cells, |c| c.cause);
        let none = causes.get(&(Cause::None as u8)).copied().unwrap_or_default();
        assert_eq!((none.listed_ineligible, none.unlisted_eligible), (0, 0), "{}", programme.id);
    }
}

#[test]
fn expected_errors_agree_with_drawn_truth() {
    // Truth drawn from each family's own score and error: the expectation must be near it.
    let (schema, programmes) = shipped();
    let frame = province(&schema, 20_000, 9);
    let programme = programmes.get("pbi_jk").unwrap();
    let outcome = run(&frame, programme, &schema).unwrap();
    let expected =
        targeting::meter::expected(&frame, programme, &Changes::new(), &outcome).unwrap().unwrap();
    let edge = (0..frame.family.id.len())
        .filter(|&f| (1..=5).contains(&frame.family.decile[f]))
        .map(|f| frame.family.score[f])
        .fold(f64::MIN, f64::max);
    let mut chance = Chance::new(4);
    let truth: Vec<bool> = (0..frame.family.id.len())
        .map(|f| frame.family.score[f] + chance.normal() * frame.family.se[f] <= edge)
        .collect();
    let (mut within, mut missed, mut listed, mut leaked) = (0.0, 0.0, 0.0, 0.0);
    for row in 0..outcome.listed.len() {
        let family = frame.person.family[row] as usize;
        if !frame.person.alive[row] || frame.family.decile[family] == 0 {
            continue;
        }
        let (poor, on) = (truth[family], outcome.listed[row]);
        within += f64::from(u8::from(poor));
        missed += f64::from(u8::from(poor && !on));
        listed += f64::from(u8::from(on));
        leaked += f64::from(u8::from(on && !poor));
    }
    let near = |a: f64, b: f64, range: f64| (a - b).abs() < 2.5 * range.max(0.002);
    assert!(near(expected.undercoverage, missed / within, expected.undercoverage_range));
    assert!(near(expected.leakage, leaked / listed, expected.leakage_range));
    assert!(expected.undercoverage_range > 0.0 && expected.undercoverage_range < 0.02);
}

fn scenario(programme: &str, changes: &[(&str, Value)], weights: &[(&str, f64)]) -> Scenario {
    let label = targeting::programme::Label { id: "uji".into(), en: "test".into() };
    Scenario {
        name: label,
        programme: programme.into(),
        changes: changes.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        weights: weights.iter().map(|(k, w)| ((*k).to_owned(), *w)).collect(),
        scores: None,
        quota: None,
    }
}

#[test]
fn seats_by_region_follow_the_poverty_map_and_stay_as_many() {
    let (schema, programmes) = shipped();
    let frame = province(&schema, 4_000, 23);
    let programme = programmes.get("pbi_jk").unwrap();
    let simulator = Simulator::new(&frame, programme, &schema).unwrap();
    let mut by_map = scenario("pbi_jk", &[], &[]);
    let quota = |level: &str| targeting::simulate::QuotaChange {
        level: Some(level.into()),
        map: Some("poor-2024".into()),
        seats: Some(1_000),
    };
    by_map.quota = Some(quota("regency"));
    let effect = simulator.run(&by_map).unwrap();
    assert_eq!(effect.total.after, 1_000);
    // Lombok Tengah has 122 of the map's 722 thousand poor.
    let share = effect.regions[&5202].after as f64 / 1_000.0;
    assert!((share - 0.1694).abs() < 0.02, "{share}");
    by_map.quota = Some(quota("regencies"));
    let error = simulator.run(&by_map).unwrap_err().to_string();
    assert!(error.contains("did you mean `regency`"), "{error}");
}

#[test]
fn a_scenario_without_changes_moves_nobody_and_a_tighter_cut_only_removes() {
    let (schema, programmes) = shipped();
    let frame = province(&schema, 4_000, 21);
    let programme = programmes.get("desa_berdaya_transformatif").unwrap();
    let simulator = Simulator::new(&frame, programme, &schema).unwrap();
    let same = simulator.run(&scenario("x", &[], &[])).unwrap();
    assert_eq!((same.total.enters, same.total.leaves), (0, 0));
    assert_eq!(same.cost_year, same.law_cost_year);
    let tight = simulator.run(&scenario("x", &[("decile_max", Value::Int(1))], &[])).unwrap();
    assert_eq!(tight.total.enters, 0);
    assert!(tight.total.leaves > 0 && tight.deciles[&1].leaves == 0);
    assert_eq!(tight.cost_year, tight.total.after as i64 * 7_000_000);
    let regions: u64 = tight.regions.values().map(|f| f.leaves).sum();
    assert_eq!(regions, tight.total.leaves);
    assert!(tight.edge.windows(2).all(|w| w[0].points.abs() <= w[1].points.abs()));
    let error = simulator.run(&scenario("x", &[("decile_mx", Value::Int(1))], &[])).unwrap_err();
    assert!(error.to_string().contains("did you mean `decile_max`"), "{error}");
}

#[test]
fn weights_change_ranks_on_the_published_line() {
    let (schema, programmes) = shipped();
    let frame = province(&schema, 4_000, 22);
    let programme = programmes.get("sembako").unwrap();
    let simulator = Simulator::new(&frame, programme, &schema).unwrap();
    let same = simulator.run(&scenario("x", &[], &[("assets", 1.0)])).unwrap();
    // Ranks are read off the line again: rounding may turn a tie, no more.
    assert!(same.total.enters + same.total.leaves <= 4, "{:?}", same.total);
    let other = simulator.run(&scenario("x", &[], &[("assets", 0.0)])).unwrap();
    assert!(other.total.enters > 50 && other.total.leaves > 50, "{:?}", other.total);
    assert_eq!(other.total.before, other.total.after, "seats stay");
}

#[test]
fn another_models_scores_take_the_place_of_the_editions() {
    let (schema, programmes) = shipped();
    let folder = tempfile::tempdir().unwrap();
    synthetic::write(&folder.path().join("a"), 1_000, 1).unwrap();
    synthetic::write(&folder.path().join("b"), 1_000, 2).unwrap();
    let frame = targeting::frame::load(&folder.path().join("a"), &schema, false).unwrap();
    let programme = programmes.get("desa_berdaya_transformatif").unwrap();
    let simulator = Simulator::new(&frame, programme, &schema).unwrap();
    let with = |name: &str| {
        let mut s = scenario("x", &[], &[]);
        s.scores = Some(folder.path().join(name).join("scores.parquet"));
        simulator.run(&s)
    };
    let same = with("a").unwrap();
    assert_eq!((same.total.enters, same.total.leaves), (0, 0));
    let other = with("b").unwrap();
    assert!(other.total.enters > 0 && other.total.leaves > 0);
    assert!(with("none").is_err());
}

#[test]
fn hysteresis_saves_churn_when_only_noise_moved() {
    let (schema, programmes) = shipped();
    let programme = programmes.get("sembako").unwrap();
    let mut frame = province(&schema, 20_000, 23);
    // The roll is last quarter's list; then ranks wobble by 2 points without a change in the world.
    let before = run(&frame, programme, &schema).unwrap();
    let roll = std::sync::Arc::make_mut(frame.rolls.get_mut("sembako").unwrap());
    for (slot, chosen) in roll.families.iter_mut().zip(&before.chosen) {
        *slot = u8::from(*chosen);
    }
    let mut chance = Chance::new(8);
    let family = std::sync::Arc::make_mut(&mut frame.family);
    for row in 0..family.id.len() {
        family.rank[row] = (family.rank[row] + 0.02 * chance.normal()).clamp(0.0, 0.999_999);
        if family.decile[row] > 0 {
            family.decile[row] = (family.rank[row] * 10.0) as u8 + 1;
        }
    }
    let leaves = |points: f64| {
        let changes = [("hysteresis_points".to_owned(), Value::Double(points))].into();
        let options = Options { changes, ignore_quota: false };
        let outcome = run_with(&frame, programme, &schema, &options).unwrap();
        outcome.against_roll().1.len() as f64 / before.chosen_count() as f64
    };
    let (without, with) = (leaves(0.0), leaves(5.0));
    assert!(with < without / 2.0, "without {without:.4}, with {with:.4}");
}

#[test]
fn overlap_adds_up_and_finds_the_gaps() {
    use targeting::overlap::{Standing, overlap};
    let (schema, programmes) = shipped();
    let frame = province(&schema, 3_000, 31);
    let outcomes: Vec<Outcome> =
        programmes.0.iter().map(|p| run(&frame, p, &schema).unwrap()).collect();
    let pairs: Vec<_> = programmes.0.iter().zip(&outcomes).collect();
    let found = overlap(&frame, &pairs, Standing::Roll);
    let families: u64 = found.combinations.values().map(|s| s.families).sum();
    let living = (0..3_000).filter(|&f| !frame.members(f).is_empty()).count() as u64;
    assert_eq!(families, living);
    assert!(!found.programmes.contains(&"desa_berdaya_tematik".to_owned()));
    let (gap, all) = found.gap();
    assert_eq!(found.gap_families.len() as u64, gap);
    assert!(gap > 0 && gap < all);
    let poor = (0..3_000)
        .filter(|&f| matches!(frame.family.decile[f], 1 | 2) && !frame.members(f).is_empty());
    assert_eq!(all, poor.count() as u64);
    let money: i64 = found.deciles.values().map(|s| s.rupiah_year).sum();
    let lives = |o: &Outcome, row: usize| {
        frame.family_of(o.unit, row).is_some_and(|f| !frame.members(f).is_empty())
    };
    let paid = |o: &Outcome| -> i64 {
        let on = (0..o.listed.len()).filter(|&r| o.listed[r] && lives(o, r));
        on.map(|r| o.amounts.of(r)).sum()
    };
    let direct: i64 = outcomes.iter().map(paid).sum();
    assert_eq!(money, direct);
}

#[test]
fn an_unranked_family_has_no_rank_even_when_the_model_gave_it_one() {
    use engine::TableBuilder;
    let (schema, programmes) = shipped();
    let folder = tempfile::tempdir().unwrap();
    synthetic::write(folder.path(), 3, 1).unwrap();
    let scores = TableBuilder::new()
        .u64("family_id", vec![1, 2, 3])
        .u8("decile", vec![2, 0, 4])
        .u8("unranked_reason", vec![0, 2, 0])
        .f64("score", vec![13.0, 12.0, 13.5])
        .f64("se", vec![0.4; 3])
        .f64("national_rank", vec![0.15, 0.01, 0.35])
        .f64("p_decile_1_4", vec![0.8, 0.99, 0.5])
        .f64("p_decile_1_5", vec![0.9, 0.99, 0.6]);
    scores.write(&folder.path().join("scores.parquet")).unwrap();
    let frame = targeting::frame::load(folder.path(), &schema, false).unwrap();
    assert!(frame.family.rank[1].is_nan() && frame.family.p_1_4[1].is_nan());
    let within = targeting::meter::probabilities(&frame, 5.0);
    assert!(within[0] == 0.9 && within[1].is_nan() && within[2] == 0.6);
    let outcome = run(&frame, programmes.get("sembako").unwrap(), &schema).unwrap();
    assert_eq!(outcome.reason[1], code::UNRANKED + 2);
}
