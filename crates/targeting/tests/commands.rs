//! The commands over folders, on a made-up edition.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up must stop")]

use std::path::{Path, PathBuf};
use targeting::command::{self, Paths};
use targeting::synthetic;

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/id")
}

/// A folder with the edition `2026-3` of 2,000 families, and the paths to run on it.
fn edition(families: usize) -> (tempfile::TempDir, Paths) {
    let folder = tempfile::tempdir().unwrap();
    let edition = folder.path().join("editions/2026-3");
    synthetic::write(&edition, families, 5).unwrap();
    let out = folder.path().join("out");
    (folder, Paths { config: config(), edition, out })
}

#[test]
fn run_writes_lists_errors_and_reports_that_stand_alone() {
    let (_keep, paths) = edition(2_000);
    let ran = command::run(&paths, &[]).unwrap();
    assert_eq!(ran.len(), 7);
    for line in &ran {
        let list = paths.out.join(format!("lists/{}.parquet", line.programme));
        assert!(list.exists(), "{}", list.display());
        for end in ["html", "en.html"] {
            let path = paths.out.join(format!("{}.{end}", line.programme));
            let page = std::fs::read_to_string(path).unwrap();
            assert!(page.starts_with("<!doctype html>") && page.contains("<svg"));
            for outside in ["<script", "http://", "https://", "url(", "@import", "NaN", "inf"] {
                assert!(!page.contains(outside), "{} holds {outside}", line.programme);
            }
        }
    }
    let again = paths.out.join("lists/pkh.parquet");
    let bytes = std::fs::read(&again).unwrap();
    command::run(&paths, &["pkh".to_owned()]).unwrap();
    assert_eq!(bytes, std::fs::read(&again).unwrap(), "same input, same bytes");
    let wrong = command::run(&paths, &["pkj".to_owned()]).unwrap_err().to_string();
    assert!(wrong.contains("did you mean `pkh`"), "{wrong}");
}

#[test]
fn the_next_edition_says_what_changed_since_the_last_list() {
    let (keep, paths) = edition(1_000);
    let last = Paths { out: paths.edition.clone(), ..paths.clone() };
    command::run(&last, &["sembako".to_owned()]).unwrap();
    let next = keep.path().join("editions/2026-4");
    synthetic::write(&next, 900, 5).unwrap();
    std::fs::write(next.join("manifest.json"), r#"{"as_of":"2026-10-01","parent":"2026-3"}"#)
        .unwrap();
    let paths = Paths { edition: next, ..paths };
    let ran = command::run(&paths, &["sembako".to_owned()]).unwrap();
    let (enters, leaves, gone) = ran[0].since_last.unwrap();
    assert!(gone > 0, "100 families are no longer there");
    assert!(paths.out.join("changes/sembako.parquet").exists());
    // The same families with fewer seats: changes on the list are small.
    assert!(enters + leaves < ran[0].chosen / 2, "{enters} {leaves}");
}

#[test]
fn errors_count_every_region_and_take_ground_checks() {
    let (_keep, paths) = edition(2_000);
    let audit = paths.edition.join("checks.csv");
    let mut text = String::from("programme,unit_id,weight,entitled\n");
    for id in 1..=200 {
        text.push_str(&format!("sembako,{id},{},{}\n", 1 + id % 3, id % 2));
    }
    std::fs::write(&audit, text).unwrap();
    let found = command::errors(&paths, &["sembako".to_owned()], Some(&audit)).unwrap();
    let (undercoverage, leakage) = &found[0].audit;
    for estimate in [undercoverage, leakage] {
        let e = estimate.as_ref().unwrap();
        assert!(e.low < e.share && e.share < e.high && e.effective_visits < e.visits as f64);
    }
    let csv = std::fs::read_to_string(paths.out.join("errors.csv")).unwrap();
    let units = |digits: usize| -> u64 {
        let of = |line: &str| -> Option<u64> {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[1].len() == digits).then(|| fields[3].parse().unwrap())
        };
        csv.lines().skip(1).filter_map(of).sum()
    };
    assert!(units(10) > 1_900);
    assert_eq!((units(2), units(4), units(6)), (units(10), units(10), units(10)));
    std::fs::write(&audit, "programme,unit_id,weight,entitled\nsembako,1,0,1\n").unwrap();
    let error = command::errors(&paths, &[], Some(&audit)).unwrap_err().to_string();
    assert!(error.contains("checks.csv:2"), "{error}");
}

#[test]
fn the_shipped_scenarios_run() {
    let (_keep, paths) = edition(2_000);
    let effects = command::simulate(&paths, &config().join("scenarios.toml")).unwrap();
    assert!(effects.len() >= 5);
    let page = std::fs::read_to_string(paths.out.join("simulation.html")).unwrap();
    assert!(page.contains("lang=\"id\"") && !page.contains("NaN"));
    assert!(paths.out.join("simulation.csv").exists());
}

#[test]
fn damaged_editions_get_a_clear_error() {
    let (_keep, paths) = edition(50);
    let check = |file: &str, bytes: &[u8], want: &str| {
        let path = paths.edition.join(file);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let error = command::run(&paths, &[]).unwrap_err().to_string();
        assert!(error.contains(file) && error.contains(want), "{error}");
        std::fs::write(&path, good).unwrap();
    };
    check("manifest.json", b"{}", "as_of");
    check("manifest.json", b"\xff\xfe", "check that the path");
    check("persons.parquet", b"", "check that the path");
    check("scores.parquet", b"PAR1 not a table PAR1", "check that the path");
    std::fs::remove_file(paths.edition.join("families.parquet")).unwrap();
    let error = command::run(&paths, &[]).unwrap_err().to_string();
    assert!(error.contains("families.parquet"), "{error}");
}
