//! Whole runs on planted truth: determinism, twins, constraints, recovered shares, bad settings.

#![expect(clippy::unwrap_used, reason = "a test that fails may stop")]

mod people;

use linkage::command::{self, Outcome};
use linkage::spec::Spec;
use linkage::table::Table;
use linkage::{LinkError, Matcher};
use people::{Row, SETTINGS, csv, people};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

fn run_in(folder: &Path, settings: &str) -> Outcome {
    let spec = Spec::parse(settings, "test", folder).unwrap();
    command::compute(&spec, &mut |_| {}).unwrap()
}

/// Precision and recall of the clusters' pairs.
fn quality(outcome: &Outcome, rows: &[Row]) -> (f64, f64) {
    let pairs = |groups: BTreeMap<(u32, usize), u64>| {
        groups.values().map(|n| n * (n - 1) / 2).sum::<u64>() as f64
    };
    let mut both: BTreeMap<(u32, usize), u64> = BTreeMap::new();
    let mut found: BTreeMap<(u32, usize), u64> = BTreeMap::new();
    let mut truth: BTreeMap<(u32, usize), u64> = BTreeMap::new();
    for record in 0..outcome.records.len() {
        let person = rows[outcome.records.id(record as u32).parse::<usize>().unwrap()].person;
        let leader = outcome.clusters.leader[record];
        *both.entry((leader, person)).or_default() += 1;
        *found.entry((leader, 0)).or_default() += 1;
        *truth.entry((0, person)).or_default() += 1;
    }
    let right = pairs(both);
    (right / pairs(found), right / pairs(truth))
}

#[test]
fn planted_persons_are_found_and_twins_stay_apart() {
    let rows = people(1_500, 3);
    let folder = tempfile::tempdir().unwrap();
    let order: Vec<usize> = (0..rows.len()).collect();
    std::fs::write(folder.path().join("people.csv"), csv(&rows, &order)).unwrap();
    let outcome = run_in(folder.path(), SETTINGS);
    let (precision, recall) = quality(&outcome, &rows);
    assert!(precision > 0.995 && recall > 0.97, "precision {precision} recall {recall}");
    assert!(
        (1.0 - outcome.rates.false_discovery - precision).abs() < 0.01,
        "estimated {}",
        1.0 - outcome.rates.false_discovery
    );
    // The shares of matches are those planted: 80 % of copies keep the number, 10 % get another date.
    let m = |comparison: usize, level: usize| outcome.model.comparisons[comparison].levels[level].m;
    assert!((m(1, 5) - 0.9).abs() < 0.03, "date {}", m(1, 5));
    assert!(m(2, 3) > 0.95, "number {}", m(2, 3));
}

#[test]
fn rules_are_chosen_when_none_are_given() {
    let rows = people(600, 4);
    let folder = tempfile::tempdir().unwrap();
    let order: Vec<usize> = (0..rows.len()).collect();
    std::fs::write(folder.path().join("people.csv"), csv(&rows, &order)).unwrap();
    let from = SETTINGS.find("[[block]]").unwrap();
    let to = SETTINGS.find("[[compare]]").unwrap();
    let settings = format!("{}{}", &SETTINGS[..from], &SETTINGS[to..]);
    let outcome = run_in(folder.path(), &settings);
    let (precision, recall) = quality(&outcome, &rows);
    assert!(precision > 0.995 && recall > 0.97, "precision {precision} recall {recall}");
    assert!(outcome.blocks.rules.len() >= 4);
}

#[test]
fn same_bytes_for_any_threads_and_row_order() {
    let rows = people(400, 9);
    let mut written: Vec<BTreeMap<String, Vec<u8>>> = Vec::new();
    for (threads, turn) in [(1, 0), (2, 0), (16, 0), (2, 1), (3, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        match turn {
            1 => order.reverse(),
            2 => order.rotate_left(777),
            _ => {}
        }
        std::fs::write(folder.path().join("people.csv"), csv(&rows, &order)).unwrap();
        let spec = folder.path().join("spec.toml");
        std::fs::write(&spec, SETTINGS).unwrap();
        let out = folder.path().join("out");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| linkage::run(&spec, &out, &mut |_| {})).unwrap();
        let files = ["pairs.parquet", "clusters.parquet", "model.json"];
        written.push(
            files.iter().map(|f| ((*f).to_owned(), std::fs::read(out.join(f)).unwrap())).collect(),
        );
    }
    for (at, other) in written.iter().enumerate().skip(1) {
        for (file, bytes) in other {
            assert_eq!(written[0][file], *bytes, "{file} of run {at}");
        }
    }
}

#[test]
fn decisions_bind_and_truth_is_told() {
    let mut rows = people(300, 5);
    rows.iter_mut().for_each(|r| r.cells[4] = format!("{}|{}", r.cells[4], r.person));
    let folder = tempfile::tempdir().unwrap();
    let order: Vec<usize> = (0..rows.len()).collect();
    let text = csv(&rows, &order).replace(",family", ",family,truth").replace('|', ",");
    std::fs::write(folder.path().join("people.csv"), text).unwrap();
    let settings = format!("{SETTINGS}\n[truth]\ncolumn = \"truth\"\n");
    let before = run_in(folder.path(), &settings);
    let cluster = |o: &Outcome, r: u32| o.clusters.leader[r as usize];
    let sure: Vec<_> = before.scored.edges.iter().filter(|e| e.weight > 5.0).take(3).collect();
    let apart = (sure[0].a, sure[0].b);
    let joined = (sure[1].a, sure[2].a);
    assert_eq!(cluster(&before, apart.0), cluster(&before, apart.1));
    assert_ne!(cluster(&before, joined.0), cluster(&before, joined.1));
    let mut log = "left_source,left_id,right_source,right_id,decision,reviewer,at\n".to_owned();
    let mut say = |(a, b): (u32, u32), decision: &str, reviewer: &str| {
        let (a, b) = (before.records.id(a), before.records.id(b));
        writeln!(log, "people,{a},people,{b},{decision},{reviewer},2026-11-22").unwrap();
    };
    say(apart, "same", "ani");
    say(apart, "different", "ani");
    say((apart.1, apart.0), "different", "budi");
    say(joined, "same", "ani");
    say((sure[2].a, sure[2].b), "same", "ani");
    say((sure[2].a, sure[2].b), "different", "budi");
    std::fs::write(folder.path().join("log.csv"), &log).unwrap();
    let bound = format!("{settings}[review]\ndecisions = [\"log.csv\"]\npairs = 40\nsample = 70\n");
    let spec = folder.path().join("spec.toml");
    std::fs::write(&spec, &bound).unwrap();
    let after = run_in(folder.path(), &bound);
    assert_ne!(cluster(&after, apart.0), cluster(&after, apart.1));
    assert_eq!(cluster(&after, joined.0), cluster(&after, joined.1));
    assert_eq!((after.decisions.agreed.len(), after.decisions.disputed.len()), (2, 1));
    let out = folder.path().join("out");
    linkage::run(&spec, &out, &mut |_| {}).unwrap();
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read("report.json")).unwrap();
    let rate = |of: &str, what: &str| report["truth"][of][what].as_f64().unwrap();
    assert!(rate("clusters", "precision") > 0.98 && rate("pairs", "recall") > 0.95, "{report}");
    assert!(report["truth"]["calibration_error"].as_f64().unwrap() < 0.05);
    assert_eq!(report["review"]["judged_twice"], 2);
    let (review, page) = (read("review.csv"), read("review.html"));
    let mut values = review.lines().skip(1).map(|l| l.split(',').nth(6).unwrap().parse().unwrap());
    let mut last: f64 = values.next().unwrap();
    assert!(values.all(|v| std::mem::replace(&mut last, v) >= v), "worth most first");
    assert!(page.matches("<fieldset").count() > 1 && !page.contains("http"));
    assert!(read("sample.csv").lines().count() > 20 && read("report.html").contains("kappa"));
}

#[test]
fn a_unique_input_never_has_two_records_in_one_cluster() {
    let rows = people(300, 5);
    let folder = tempfile::tempdir().unwrap();
    let order: Vec<usize> = (0..rows.len()).collect();
    std::fs::write(folder.path().join("people.csv"), csv(&rows, &order)).unwrap();
    let settings = SETTINGS.replace("id = \"id\"", "id = \"id\"\nunique = true");
    let outcome = run_in(folder.path(), &settings);
    assert!(outcome.clusters.leader.iter().enumerate().all(|(at, leader)| at as u32 == *leader));
    let settings = format!("{SETTINGS}\n[cluster]\ndifferent = \"number\"\n");
    let outcome = run_in(folder.path(), &settings);
    let number = |record: u32| &rows[outcome.records.id(record).parse::<usize>().unwrap()].cells[2];
    let mut held: BTreeMap<u32, &String> = BTreeMap::new();
    for (at, leader) in outcome.clusters.leader.iter().enumerate() {
        let mine = number(at as u32);
        if !mine.is_empty() {
            assert_eq!(held.entry(*leader).or_insert(mine), &mine);
        }
    }
}

#[test]
fn a_delivery_finds_its_rows_of_the_register() {
    let rows = people(800, 11);
    let names = ["name", "born", "number", "village", "family"];
    let table = |pick: &dyn Fn(&Row) -> bool| {
        let mut table = Table::default();
        for (c, name) in names.iter().enumerate() {
            let cells = rows.iter().filter(|r| pick(r)).map(|r| Some(r.cells[c].as_str()));
            table.push(name, cells).unwrap();
        }
        table
    };
    // The register holds the last record of every person, the delivery the first of those with two.
    let last: BTreeMap<usize, usize> =
        rows.iter().enumerate().map(|(at, r)| (r.person, at)).collect();
    let at =
        |row: &Row| (std::ptr::from_ref(row) as usize - rows.as_ptr() as usize) / size_of::<Row>();
    let spine_rows: Vec<&Row> = rows.iter().filter(|r| last[&r.person] == at(r)).collect();
    let spine = table(&|r| last[&r.person] == at(r));
    let delivery = table(&|r| last[&r.person] != at(r));
    let wanted: Vec<usize> =
        rows.iter().filter(|r| last[&r.person] != at(r)).map(|r| r.person).collect();
    let settings = SETTINGS.replace("mode = \"dedupe\"", "mode = \"link\"");
    let matcher = Matcher::new(&settings, spine).unwrap();
    let matches = matcher.match_delivery(&delivery, None).unwrap();
    let right = matches.rows.iter().zip(&wanted).filter(|(m, person)| {
        m.spine_row.is_some_and(|row| spine_rows[row as usize].person == **person)
    });
    let (right, made) =
        (right.count(), matches.rows.iter().filter(|m| m.spine_row.is_some()).count());
    assert!(right as f64 > 0.97 * wanted.len() as f64, "{right} of {}", wanted.len());
    assert!(right as f64 > 0.995 * made as f64, "{right} right of {made}");
    let again = matcher.match_delivery(&delivery, Some(&matches.model)).unwrap();
    assert_eq!(again.rows, matches.rows);
}

#[test]
fn bad_settings_are_refused_with_line_and_advice() {
    let check = |from: &str, to: &str, line: usize, part: &str| {
        let text = SETTINGS.replacen(from, to, 1);
        let error = Spec::parse(&text, "persons.toml", Path::new("")).unwrap_err();
        let LinkError::Spec { line: found, message, .. } = &error else { panic!("{error}") };
        assert!(message.contains(part), "{message}");
        assert_eq!(*found, line, "{error}");
    };
    check("mode = \"dedupe\"", "mode = \"dedup\"", 2, "did you mean `dedupe`?");
    check("mode = \"dedupe\"", "mode = \"link\"", 2, "two [[input]]");
    check("id = \"id\"", "idd = \"id\"", 6, "did you mean `id`?");
    check("\"number\"]", "\"prefx(number, 3)\"]", 10, "did you mean `prefix`?");
    check("method = \"name\"", "method = \"names\"", 17, "did you mean `name`?");
    check(
        "method = \"date\"",
        "method = \"jaro_winkler\"\nthresholds = [2.0]",
        21,
        "between 0 and 1",
    );
    check("keys = [\"number\"]", "keys = []", 10, "needs a key");
}

#[test]
fn missing_columns_and_double_ids_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |settings: &str| Spec::parse(settings, "test", folder.path()).unwrap();
    let fails = |settings: &str| {
        command::compute(&spec(settings), &mut |_| {})
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    };
    std::fs::write(
        folder.path().join("people.csv"),
        "id,name,born,number,vilage,family\n1,a,,,,\n",
    )
    .unwrap();
    let message = fails(SETTINGS);
    assert!(message.contains("no column `village` (did you mean `vilage`?)"), "{message}");
    std::fs::write(
        folder.path().join("people.csv"),
        "id,name,born,number,village,family\n1,a,,,,\n1,b,,,,\n",
    )
    .unwrap();
    assert!(fails(SETTINGS).contains("records 1 and 2 have the same id"));
    std::fs::write(
        folder.path().join("people.csv"),
        "id,name,born,number,village,family\n1,a,,,,\n2,a,,,,\n",
    )
    .unwrap();
    assert_eq!(fails(SETTINGS), "");
}
