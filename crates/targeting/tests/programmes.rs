//! The shipped programmes: they load, their worked examples hold, and wrong files teach.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up must stop")]

use std::path::{Path, PathBuf};
use targeting::{Programmes, Schema, check_examples};

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/id")
}

fn schema() -> Schema {
    Schema::load(&config().join("instrument.toml")).unwrap()
}

#[test]
fn every_worked_example_of_every_programme_holds() {
    let schema = schema();
    let programmes = Programmes::load(&config().join("programmes"), &schema).unwrap();
    let ids: Vec<&str> = programmes.0.iter().map(|p| p.id.as_str()).collect();
    let shipped = [
        "desa_berdaya_tematik",
        "desa_berdaya_transformatif",
        "pbi_jk",
        "pbpu_pemda",
        "pkh",
        "sekolah_rakyat",
        "sembako",
    ];
    assert_eq!(ids, shipped);
    for programme in &programmes.0 {
        let ran = check_examples(programme, &schema).unwrap_or_else(|e| panic!("{e}"));
        assert!(ran >= 2, "{} has {ran} examples", programme.id);
        assert!(!programme.references.is_empty(), "{} has no legal reference", programme.id);
    }
}

/// `pbi_jk.toml` with one text replaced, in a folder of its own.
fn broken(from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let source = config().join("programmes");
    let text = std::fs::read_to_string(source.join("pbi_jk.toml")).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(folder.path().join("pbi_jk.toml"), text.replacen(from, to, 1)).unwrap();
    let error = Programmes::load(folder.path(), &schema()).unwrap_err().to_string();
    error.replace(&*folder.path().to_string_lossy(), "")
}

#[test]
fn errors_point_into_the_file_and_suggest() {
    let check = |from: &str, to: &str, wants: &[&str]| {
        let error = broken(from, to);
        for want in wants {
            assert!(error.contains(want), "{error}\n… does not say: {want}");
        }
    };
    check(
        "person.in_spine",
        "person.in_spyne",
        &[
            "pbi_jk.toml:",
            "condition.citizen.cel",
            "no field `in_spyne` of the person (did you mean `in_spine`?)",
            "line 1, column 8",
        ],
    );
    check(
        "person.cover_segment == 3",
        "person.cover_segment == 9",
        &["`cover_segment` has no code 9", "3 PPU", "column 25"],
    );
    check("person.in_spine\"", "person.age\"", &["a condition must be true or false"]);
    check("person.in_spine\"", "person.in_spine &&\"", &["not a CEL expression"]);
    check(
        "person.in_spine\"",
        "family.decile <= params.decil_max\"",
        &["did you mean `decile_max`"],
    );
    check(
        "person.in_spine\"",
        "on_rol('pkh')\"",
        &["no function `on_rol` (did you mean `on_roll`?)"],
    );
    check("person.in_spine\"", "on_roll('pkhh')\"", &["no programme `pkhh`"]);
    check("person.in_spine\"", "decile <= 4\"", &["write `family.decile`"]);
    check(
        "person.in_spine\"",
        "members.exists(m, person.age > 3)\"",
        &["inside a loop over members"],
    );
    check("person.in_spine\"", "family.visited_date > date('2026-13-01')\"", &["is not a date"]);
    check("unit = \"person\"", "unit = \"persons\"", &["`persons` is not one of person, family"]);
    check(
        "valid_from =",
        "valid_fron =",
        &["unknown field `valid_fron`", "did you mean `valid_from`"],
    );
    check("cut = \"decile_max\"", "cut = \"decile_min\"", &["names no parameter"]);
    check("id = \"pbi_jk\"", "id = \"pbi\"", &["make them agree"]);
    check("value = 5, reference", "value = \"5\", reference", &["must be a number"]);
}

#[test]
fn hostile_expressions_are_refused_without_a_panic() {
    let deep = format!("{}person.in_spine{}", "(".repeat(200), ")".repeat(200));
    let long = format!("person.age in [{}]", "1, ".repeat(3_000));
    let texts = [
        "",
        " ",
        "((",
        "a.b.c.d",
        "1 + ",
        "'",
        "🦀",
        "person..age",
        "null",
        "[1]",
        "{}",
        "has(person)",
        "members.map(m, m.age)",
        "members.exists(m.age, true)",
        "size(1)",
        "person.age ? 1 : 2",
        "true + 1",
        "-true",
        "b'x' == b'y'",
        "in_region(5)",
    ];
    for text in texts.iter().copied().chain([deep.as_str(), long.as_str()]) {
        let quoted = format!("'''{text}'''");
        let error = broken("\"person.in_spine\"", &quoted);
        assert!(error.contains("condition.citizen.cel"), "{text}: {error}");
    }
}

#[test]
fn the_guide_names_every_field_function_and_reason() {
    use targeting::schema::TableKind;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/programmes.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let schema = schema();
    for table in [TableKind::Person, TableKind::Family] {
        for name in schema.names(table) {
            assert!(guide.contains(&format!("| `{name}` |")), "the guide lacks `{name}`");
        }
    }
    for function in ["on_roll(", "cut_off(", "flagged(", "in_region(", "date(", "size(", "has("] {
        assert!(guide.contains(function), "the guide lacks {function}");
    }
    let programmes = Programmes::load(&config().join("programmes"), &schema).unwrap();
    let own = |key: &str| {
        programmes.0.iter().any(|p| {
            let mut keys = p.conditions.iter().chain(&p.exclusions).map(|c| c.key.as_str());
            keys.any(|k| key == k || key == format!("unknown_{k}"))
        })
    };
    for reason in programmes.0.iter().flat_map(|p| p.reasons()) {
        let known = own(&reason.key) || guide.contains(&format!("`{}`", reason.key));
        assert!(known, "the guide lacks the reason `{}`", reason.key);
    }
}
