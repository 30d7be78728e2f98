//! The rule language: what each form means, with unknown values; one family and many agree.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up must stop")]

use std::collections::BTreeMap;
use std::path::Path;
use targeting::programme::Value;
use targeting::rule::{Scope, bind, condition};
use targeting::schema::TableKind;
use targeting::{Frame, Schema, synthetic};

fn schema() -> Schema {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/id");
    Schema::load(&config.join("instrument.toml")).unwrap()
}

fn answers(schema: &Schema, frame: &Frame, unit: TableKind, text: &str) -> Vec<u8> {
    let parameters: BTreeMap<String, Value> = [
        ("limit".to_owned(), Value::Int(4)),
        ("share".to_owned(), Value::Double(0.5)),
        ("list".to_owned(), Value::Numbers(vec![1.0, 3.0])),
        ("where".to_owned(), Value::Texts(vec!["52.01".into(), "5271".into()])),
    ]
    .into();
    let rolls = ["pkh".to_owned(), "pbi_jk".to_owned()];
    let scope = Scope { schema, unit, parameters: &parameters, rolls: &rolls, member: None };
    let node = condition(text, &scope).unwrap_or_else(|e| panic!("{e}"));
    let bound = bind(&node, unit, frame).unwrap();
    let all = bound.truths();
    // One row at a time must say the same as all at once.
    for row in (0..all.len()).step_by(97) {
        assert_eq!(bound.truths_of(&[row as u32]), [all[row]], "row {row}: {text}");
    }
    all
}

/// What a condition says of a row: 0 no, 1 yes, 2 unknown.
type Meaning<'a> = Box<dyn Fn(usize) -> u8 + 'a>;

fn truth(b: bool) -> u8 {
    u8::from(b)
}

fn or_unknown(x: Option<bool>) -> u8 {
    x.map_or(2, truth)
}

/// The decile of a family; none when it is unranked.
fn decile(frame: &Frame, row: usize) -> Option<u8> {
    Some(frame.family.decile[row]).filter(|d| *d > 0)
}

/// Ages of the members; none where they are not known.
fn ages(frame: &Frame, row: usize) -> Vec<Option<u8>> {
    let age = |&m: &u32| Some(frame.person.age[m as usize]).filter(|a| *a != 255);
    frame.members(row).iter().map(age).collect()
}

/// Every condition says of every family what plain code says.
fn check(schema: &Schema, frame: &Frame, table: &[(&str, Meaning<'_>)]) {
    for (text, meaning) in table {
        let got = answers(schema, frame, TableKind::Family, text);
        for (row, got) in got.iter().enumerate() {
            assert_eq!(*got, meaning(row), "row {row}: {text}");
        }
        assert!(got_varies(text, &got), "{text} says the same of everybody: a weak test");
    }
}

#[test]
fn conditions_on_the_family_mean_what_plain_code_says() {
    let schema = schema();
    let frame = synthetic::frame(&schema, 3_000, 77).unwrap();
    let f = &frame.family;
    let decile = |row: usize| decile(&frame, row);
    let table: Vec<(&str, Meaning<'_>)> = vec![
        ("family.decile <= params.limit", Box::new(|r| or_unknown(decile(r).map(|d| d <= 4)))),
        (
            "family.decile in [1, 2, 9]",
            Box::new(|r| or_unknown(decile(r).map(|d| matches!(d, 1 | 2 | 9)))),
        ),
        (
            "family.decile in params.list",
            Box::new(|r| or_unknown(decile(r).map(|d| d == 1 || d == 3))),
        ),
        ("has(family.decile)", Box::new(|r| truth(decile(r).is_some()))),
        ("!(family.decile > 4)", Box::new(|r| or_unknown(decile(r).map(|d| d <= 4)))),
        ("family.decile > 4 || true", Box::new(|_| 1)),
        ("family.decile > 4 && false", Box::new(|_| 0)),
        (
            "family.decile * 2 - 1 >= 7",
            Box::new(|r| or_unknown(decile(r).map(|d| i32::from(d) * 2 > 7))),
        ),
        ("family.decile / 3 == 1", Box::new(|r| or_unknown(decile(r).map(|d| d / 3 == 1)))),
        ("family.decile % 2 == 0", Box::new(|r| or_unknown(decile(r).map(|d| d % 2 == 0)))),
        ("family.decile / 0 == 1", Box::new(|_| 2)),
        (
            "has(family.decile) ? family.decile <= 4 : true",
            Box::new(|r| truth(decile(r).is_none_or(|d| d <= 4))),
        ),
        (
            "family.rank < 100.0 * params.share",
            Box::new(|r| or_unknown(decile(r).map(|_| f.rank[r] * 100.0 < 50.0))),
        ),
        (
            "in_region(params.where)",
            Box::new(|r| truth(matches!(f.village[r] / 1_000_000, 5201 | 5271))),
        ),
        ("in_region(\"52.03.01\")", Box::new(|r| truth(f.village[r] / 10_000 == 520_301))),
    ];
    check(&schema, &frame, &table);
}

#[test]
fn conditions_on_members_and_rolls_mean_what_plain_code_says() {
    let schema = schema();
    let frame = synthetic::frame(&schema, 3_000, 77).unwrap();
    let decile = |row: usize| decile(&frame, row);
    let ages = |row: usize| ages(&frame, row);
    let table: Vec<(&str, Meaning<'_>)> = vec![
        (
            "members.exists(m, m.age <= 6)",
            Box::new(|r| truth(ages(r).iter().any(|a| a.is_some_and(|a| a <= 6)))),
        ),
        (
            "members.all(m, m.age >= 18)",
            Box::new(|r| truth(ages(r).iter().all(|a| a.is_some_and(|a| a >= 18)))),
        ),
        (
            "members.exists_one(m, m.age >= 60)",
            Box::new(|r| truth(ages(r).iter().filter(|a| a.is_some_and(|a| a >= 60)).count() == 1)),
        ),
        (
            "size(members.filter(m, m.age < 18)) >= 2",
            Box::new(|r| truth(ages(r).iter().filter(|a| a.is_some_and(|a| a < 18)).count() >= 2)),
        ),
        ("size(members) == 3", Box::new(|r| truth(frame.members(r).len() == 3))),
        (
            "members.exists(m, m.age < 6 && family.decile == 1)",
            Box::new(|r| {
                let young = ages(r).iter().any(|a| a.is_some_and(|a| a < 6));
                match (young, decile(r)) {
                    (false, _) => 0,
                    (true, d) => or_unknown(d.map(|d| d == 1)),
                }
            }),
        ),
        ("on_roll(\"pkh\")", Box::new(|r| truth(frame.rolls["pkh"].families[r] == 1))),
        (
            "cut_off(\"pkh\") || flagged(\"gambling\")",
            Box::new(|r| truth(frame.rolls["pkh"].families[r] == 2)),
        ),
        (
            "members.exists(m, m.on_roll(\"pbi_jk\"))",
            Box::new(|r| {
                let on = |&m: &u32| frame.rolls["pbi_jk"].persons[m as usize] == 1;
                truth(frame.members(r).iter().any(on))
            }),
        ),
        (
            "family.visited_date >= date(\"2024-01-01\")",
            Box::new(|r| match frame.families.column("visited_date").unwrap().number(r) {
                day if day.is_nan() => 2,
                day => truth(day >= 19_723.0),
            }),
        ),
    ];
    check(&schema, &frame, &table);
}

/// Constant answers are expected of the constant forms only.
fn got_varies(text: &str, got: &[u8]) -> bool {
    let constant = ["|| true", "&& false", "/ 0"].iter().any(|c| text.contains(c));
    constant || got.iter().any(|g| *g != got[0])
}

#[test]
fn a_person_reads_its_own_its_familys_and_its_fellow_members_values() {
    let schema = schema();
    let frame = synthetic::frame(&schema, 2_000, 78).unwrap();
    let of = |text| answers(&schema, &frame, TableKind::Person, text);
    let family = |row: usize| frame.person.family[row] as usize;
    let own = of("person.age >= 60 && family.decile == 2");
    let fellow = of("members.exists(m, m.age <= 6)");
    let many = of("size(members) > 3");
    for row in 0..own.len() {
        let f = family(row);
        let decile = frame.family.decile[f];
        let want = match (frame.person.age[row] >= 60, decile) {
            (false, _) => 0,
            (true, 0) => 2,
            (true, d) => u8::from(d == 2),
        };
        assert_eq!(own[row], want);
        let child = frame.members(f).iter().any(|&m| frame.person.age[m as usize] <= 6);
        assert_eq!(fellow[row], u8::from(child));
        assert_eq!(many[row], u8::from(frame.members(f).len() > 3));
    }
    assert!(fellow.contains(&0) && fellow.contains(&1));
}
