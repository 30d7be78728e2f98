//! The index: any batches make the same persons; nothing is lost on disk; look-ups change nothing.

#![expect(clippy::unwrap_used, reason = "a test that fails may stop")]

mod people;

use kernel::Chance;
use linkage::index::{Added, Happened};
use linkage::model::Model;
use linkage::spec::Spec;
use linkage::table::{Records, Table};
use linkage::values::Values;
use linkage::{Index, command};
use people::{Row, SETTINGS, csv, people};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const NAMES: [&str; 5] = ["name", "born", "number", "village", "family"];

/// Rows as records of an index; the ids are their places in the whole.
fn records(rows: &[Row], order: &[usize]) -> Records {
    let mut table = Table::default();
    for (c, name) in NAMES.iter().enumerate() {
        table.push(name, order.iter().map(|at| Some(rows[*at].cells[c].as_str()))).unwrap();
    }
    let mut ids = Values::default();
    for at in order {
        ids.push(at.to_string().as_bytes());
    }
    Records { starts: vec![0, table.rows as u32], ids, table }
}

fn trained(rows: &[Row], settings: &str) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let order: Vec<usize> = (0..rows.len()).collect();
    std::fs::write(folder.path().join("people.csv"), csv(rows, &order)).unwrap();
    let spec = Spec::parse(settings, "test", folder.path()).unwrap();
    command::compute(&spec, &mut |_| {}).unwrap().model
}

fn empty(settings: &str, model: &Model, ground: &Records) -> Index {
    let spec = Spec::parse(settings, "test", Path::new("")).unwrap();
    Index::new(spec, model, ground.table.clone()).unwrap()
}

/// The ids of each person's records.
fn persons(index: &Index) -> BTreeSet<Vec<String>> {
    let mut out: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for record in 0..index.len() as u32 {
        out.entry(index.person(record)).or_default().push(index.name(record).1.to_owned());
    }
    out.into_values()
        .map(|mut ids| {
            ids.sort();
            ids
        })
        .collect()
}

#[test]
fn any_batches_in_any_order_make_the_same_persons() {
    let rows = people(250, 21);
    let all: Vec<usize> = (0..rows.len()).collect();
    // With a small limit, keys become too common while batches arrive.
    for limit in [2_000, 5] {
        let settings = format!("{SETTINGS}\n[output]\nmax_block = {limit}\n");
        let model = trained(&rows, &settings);
        let ground = records(&rows, &all);
        let mut whole = empty(&settings, &model, &ground);
        whole.add(records(&rows, &all), "people").unwrap();
        let expected = persons(&whole);
        assert!(expected.len() < rows.len() * 9 / 10 && expected.len() > rows.len() / 2);
        for seed in 0..3 {
            let mut order = all.clone();
            let mut chance = Chance::new(seed);
            (1..order.len()).for_each(|at| order.swap(at, chance.below(at as u64 + 1) as usize));
            let mut index = empty(&settings, &model, &ground);
            for part in order.chunks([1, 37, 400][seed as usize]) {
                index.add(records(&rows, part), "people").unwrap();
            }
            assert_eq!(persons(&index), expected, "seed {seed} limit {limit}");
        }
    }
}

#[test]
fn a_whole_at_once_is_as_the_sum_of_its_parts() {
    let rows = people(2_000, 4);
    let all: Vec<usize> = (0..rows.len()).collect();
    let settings = format!("{SETTINGS}\n[output]\nmax_block = 30\n");
    let model = trained(&rows, &settings);
    let ground = records(&rows, &all);
    let mut mixed = all.clone();
    let mut chance = Chance::new(6);
    (1..mixed.len()).for_each(|at| mixed.swap(at, chance.below(at as u64 + 1) as usize));
    assert!(mixed.len() > 8_192, "enough to be clustered as a whole");
    let grouped = |sizes: &[usize]| {
        let mut index = empty(&settings, &model, &ground);
        let mut rest = mixed.as_slice();
        for size in sizes {
            let (part, others) = rest.split_at((*size).min(rest.len()));
            index.add(records(&rows, part), "people").unwrap();
            rest = others;
        }
        assert!(rest.is_empty());
        persons(&index)
    };
    let parts = grouped(&[3_000; 5]);
    assert_eq!(grouped(&[usize::MAX]), parts, "all at once");
    assert_eq!(grouped(&[900, usize::MAX]), parts, "few, then the whole with persons known before");
    assert_eq!(grouped(&[8_500, 1_000, usize::MAX]), parts, "the whole, then parts");
}

#[test]
fn an_index_opens_as_it_was_closed() {
    let rows = people(120, 8);
    let model = trained(&rows, SETTINGS);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let order: Vec<usize> = (0..rows.len()).collect();
    let ground = records(&rows, &order);
    let mut index = Index::create(&path, SETTINGS, &model, ground.table.clone()).unwrap();
    for part in order.chunks(50) {
        index.add(records(&rows, part), "people").unwrap();
    }
    let numbers =
        |index: &Index| -> Vec<u32> { (0..index.len() as u32).map(|r| index.person(r)).collect() };
    // An event of a batch that never got its file is forgotten.
    let log = path.join("events.jsonl");
    let mut text = std::fs::read_to_string(&log).unwrap();
    text.push_str(
        "{\"batch\":99,\"event\":\"merged\",\"person\":1,\"into\":[2],\"moved\":[[0,2]]}\n{\"ba",
    );
    std::fs::write(&log, text).unwrap();
    // So is a small batch whose line was cut off.
    let small = path.join("small.jsonl");
    let mut text = std::fs::read_to_string(&small).unwrap();
    assert_eq!(text.lines().count(), rows.len().div_ceil(50));
    text.push_str("{\"batch\":99,\"source\":\"peo");
    std::fs::write(&small, text).unwrap();
    let mut again = Index::open(&path).unwrap();
    assert!(std::fs::read_to_string(&small).unwrap().ends_with("}\n"));
    assert_eq!(numbers(&again), numbers(&index));
    assert!(!std::fs::read_to_string(&log).unwrap().contains("99"));
    // Both go on alike.
    let copy = |index: &mut Index| -> Added {
        let mut more = records(&rows, &order[..20]);
        more.ids = Values::default();
        (0..20).for_each(|n| {
            more.ids.push(format!("new{n}").as_bytes());
        });
        index.add(more, "survey").unwrap()
    };
    let added = copy(&mut again);
    assert_eq!(added, copy(&mut index));
    assert_eq!((added.records, added.new_persons), (20, 0));
    assert_eq!(numbers(&again), numbers(&index));
    assert!(again.add(records(&rows, &order[..1]), "people").is_err(), "an id twice");
    assert!(Index::create(&path, SETTINGS, &model, ground.table).is_err(), "there is one already");
}

#[test]
fn looking_up_finds_and_leaves_no_trace() {
    let rows = people(200, 5);
    let model = trained(&rows, SETTINGS);
    let order: Vec<usize> = (0..rows.len()).collect();
    let ground = records(&rows, &order);
    let mut index = empty(SETTINGS, &model, &ground);
    index.add(records(&rows, &order), "people").unwrap();
    let probe = |cells: [&str; 5]| {
        let mut table = Table::default();
        for (name, cell) in NAMES.iter().zip(cells) {
            table.push(name, [Some(cell)]).unwrap();
        }
        table
    };
    let wanted = &rows[17];
    let cells = wanted.cells.each_ref().map(String::as_str);
    let slip = format!("{}x", cells[0]);
    for _ in 0..3 {
        let found = index.find(probe(cells), "desk").unwrap();
        assert_eq!(rows[found[0].record as usize].person, wanted.person);
        assert!(found[0].probability > 0.99);
        let slipped = index.find(probe([&slip, cells[1], cells[2], cells[3], ""]), "desk").unwrap();
        assert_eq!(slipped[0].person, found[0].person);
        assert!(
            index.find(probe(["zzz qqq", "1901-01-01", "999", "", ""]), "d").unwrap().is_empty()
        );
    }
    assert_eq!(index.len(), rows.len());
}

#[test]
fn a_record_between_two_persons_may_merge_them() {
    let rows = people(200, 5);
    let model = trained(&rows, SETTINGS);
    let order: Vec<usize> = (0..rows.len()).collect();
    let mut index = empty(SETTINGS, &model, &records(&rows, &order));
    let texts = [
        ["sari mina", "", "", "v1", ""],
        ["", "1980-02-03", "00011980", "", ""],
        ["sari mina", "1980-02-03", "00011980", "v1", "f1"],
    ];
    let one = |row: usize| {
        let mut part = Table::default();
        for (c, name) in NAMES.iter().enumerate() {
            part.push(name, [Some(texts[row][c])]).unwrap();
        }
        let mut ids = Values::default();
        ids.push(row.to_string().as_bytes());
        Records { starts: vec![0, 1], ids, table: part }
    };
    let first = index.add(one(0), "a").unwrap();
    let second = index.add(one(1), "a").unwrap();
    assert_eq!((first.new_persons, second.new_persons), (1, 1));
    let third = index.add(one(2), "a").unwrap();
    assert_eq!(third.new_persons, 0);
    assert_eq!((third.events[0].event, third.events[0].person), (Happened::Merged, 2));
    assert_eq!((0..3).map(|r| index.person(r)).collect::<Vec<_>>(), [1, 1, 1]);
}
