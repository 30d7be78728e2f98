//! Whole runs on planted truth: determinism, twins, constraints, recovered shares, bad settings.

#![expect(clippy::unwrap_used, reason = "a test that fails may stop")]

use kernel::Chance;
use linkage::command::{self, Outcome};
use linkage::spec::Spec;
use linkage::table::Table;
use linkage::{LinkError, Matcher};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const SETTINGS: &str = r#"
mode = "dedupe"
[[input]]
name = "people"
path = "people.csv"
id = "id"
[[block]]
keys = ["name", "born"]
[[block]]
keys = ["number"]
[[block]]
keys = ["name", "village"]
[[block]]
keys = ["born", "family"]
[[compare]]
column = "name"
method = "name"
term_frequency = true
[[compare]]
column = "born"
method = "date"
[[compare]]
column = "number"
method = "damerau_levenshtein"
[[compare]]
column = "village"
method = "exact"
household = true
[[compare]]
column = "family"
method = "exact"
household = true
"#;

/// A record: id, person, and the texts of its columns.
struct Row {
    person: usize,
    cells: [String; 5],
}

fn word(chance: &mut Chance) -> String {
    (0..2 + chance.below(2))
        .map(|_| {
            *chance.pick(&["ba", "ri", "to", "su", "ma", "ni", "ka", "le", "du", "wi", "sa", "po"])
        })
        .collect()
}

/// Families of four, one in ten with twins; about every third person twice, the copy damaged.
fn people(families: usize, seed: u64) -> Vec<Row> {
    let mut chance = Chance::new(seed);
    let mut rows = Vec::new();
    let mut person = 0;
    for family in 0..families {
        let village = format!("v{}", chance.below(40));
        let mut born = format!(
            "{}-{:02}-{:02}",
            chance.between(1950, 2010),
            chance.between(1, 12),
            chance.between(1, 28)
        );
        for member in 0..4 {
            person += 1;
            let twin = member == 1 && family % 10 == 0;
            if !twin {
                born = format!(
                    "{}-{:02}-{:02}",
                    chance.between(1950, 2010),
                    chance.between(1, 12),
                    chance.between(1, 28)
                );
            }
            let number =
                format!("{:04}{}{:03}", chance.below(40), born.replace('-', ""), person % 1000);
            let cells = [
                format!("{} {}", word(&mut chance), word(&mut chance)),
                born.clone(),
                number,
                village.clone(),
                format!("f{family}"),
            ];
            if chance.is(0.33) {
                let mut copy = cells.clone();
                if chance.is(0.3) {
                    copy[0] = copy[0].replace('a', "e");
                }
                if chance.is(0.2) {
                    copy[2].clear();
                }
                if chance.is(0.1) {
                    copy[1] = format!("{}-07-01", &copy[1][..4]);
                }
                rows.push(Row { person, cells: copy });
            }
            rows.push(Row { person, cells });
        }
    }
    rows
}

fn csv(rows: &[Row], order: &[usize]) -> String {
    let mut text = "id,name,born,number,village,family\n".to_owned();
    for &at in order {
        writeln!(text, "{at},{}", rows[at].cells.join(",")).unwrap();
    }
    text
}

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
    assert!(fails(SETTINGS).contains("id twice"));
    std::fs::write(
        folder.path().join("people.csv"),
        "id,name,born,number,village,family\n1,a,,,,\n2,a,,,,\n",
    )
    .unwrap();
    assert_eq!(fails(SETTINGS), "");
}
