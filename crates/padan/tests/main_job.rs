//! The main job through the real program: deliveries, two editions, a store that is published into
//! and killed, and what the commands leave behind.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use store::{Query, Store, StoreError, params};

/// People of the province: enough for a model, few enough for seconds.
const PEOPLE: &str = "5000";

fn padan(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_padan")).args(args).current_dir(dir).output().unwrap()
}

/// Runs a command that must succeed; gives what it printed.
fn done(dir: &Path, args: &[&str]) -> String {
    let output = padan(dir, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "padan {}: {said}", args.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that must be refused; gives what it said.
fn refused(dir: &Path, args: &[&str]) -> String {
    let output = padan(dir, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code().map(|code| code > 0), Some(true), "{}: {said}", args.join(" "));
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A province in two quarters, with an edition of each.
fn two_editions(dir: &Path) {
    for quarter in ["1", "2"] {
        let out = format!("q{quarter}");
        let synth =
            ["synth", "--people", PEOPLE, "--seed", "5", "--quarter", quarter, "--out", &out];
        done(dir, &synth);
        done(dir, &["build", &format!("{out}/spec.toml"), "--out", "editions"]);
    }
}

/// Families of an edition, by its own file.
fn families(dir: &Path, edition: &str) -> i64 {
    let sql = "SELECT count(*) AS n FROM families";
    let said = done(dir, &["edition", "sql", &format!("editions/{edition}"), sql]);
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// The edition that readers of a store see, and the families they find in it.
fn seen(url: &str) -> Option<(String, i64)> {
    let store = Store::open(url).unwrap();
    let current = store.current_edition().unwrap()?;
    let count = store.read_edition::<i64, StoreError>(current.number, |reader| {
        reader.query_one("SELECT COUNT(*) AS n FROM family", params![])?.get("n")
    });
    Some((current.name.to_string(), count.unwrap()))
}

#[test]
fn two_quarters_become_editions_and_a_killed_publish_shows_one_of_them_whole() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    two_editions(dir);
    let listed = done(dir, &["edition", "list", "editions"]);
    assert!(listed.contains("2026-4") && listed.contains("2027-1"), "{listed}");
    done(dir, &["edition", "verify", "editions/2026-4"]);
    let counted = done(dir, &["edition", "residue", "editions/2026-4", "--out", "residue.csv"]);
    let residue = std::fs::read_to_string(dir.join("residue.csv")).unwrap();
    assert!(counted.contains("tidak padan") && residue.lines().count() > 10, "{counted}");
    assert!(residue.contains("typo") && residue.contains("Nama berbeda dari data kependudukan"));
    let drift = done(dir, &["edition", "diff", "editions/2026-4", "editions/2027-1"]);
    assert!(!drift.trim().is_empty());

    let (store, url) = ("sqlite:live.db", format!("sqlite:{}", dir.join("live.db").display()));
    let began = Instant::now();
    done(dir, &["publish", "editions/2026-4", "--store", store]);
    let whole = began.elapsed();
    let old = ("2026-4".to_owned(), families(dir, "2026-4"));
    let new = ("2027-1".to_owned(), families(dir, "2027-1"));
    assert_eq!(seen(&url), Some(old.clone()));

    let mut killed = 0;
    for part in 1..=12 {
        let mut running = Command::new(env!("CARGO_BIN_EXE_padan"))
            .args(["publish", "editions/2027-1", "--store", store])
            .current_dir(dir)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * f64::from(part) / 12.0));
        killed += i32::from(running.try_wait().unwrap().is_none());
        drop(running.kill());
        running.wait().unwrap();
        let now = seen(&url).unwrap();
        assert!(now == old || now == new, "after {part}/12: {now:?}, not {old:?} or {new:?}");
    }
    assert!(killed > 0, "no publish was still running when it was killed");
    done(dir, &["publish", "editions/2027-1", "--store", store]);
    assert_eq!(seen(&url), Some(new));
}

#[test]
fn what_is_asked_wrongly_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("noise"), [0, 159, 146, 150].repeat(1_000)).unwrap();
    std::fs::write(dir.join("spec.toml"), "edition = \"2026-4\"\nas_off = \"2026-10-01\"\n")
        .unwrap();
    for (args, names) in [
        (&["build", "absent.toml", "--out", "editions"][..], "absent.toml"),
        (&["build", "noise", "--out", "editions"], "noise"),
        (&["build", "spec.toml", "--out", "editions"], "as_of"),
        (&["publish", "editions/2026-4"], "2026-4"),
        (&["edition", "verify", "noise"], "noise"),
        (&["link", "noise", "--out", "links"], "noise"),
        (&["synth", "--people", "12", "--out", "few"], "1000"),
        (&["serve", "--store", "mysql://here"], "mysql"),
    ] {
        let said = refused(dir, args);
        assert!(said.contains(names), "padan {}: {said}", args.join(" "));
    }
    assert!(!dir.join("editions").join("2026-4").exists());
}
