//! A village of a dozen people through links, edition, seal: planted truth, small enough to read.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed test says where")]

use edition::link::rest::Thresholds;
use edition::link::{Matcher, NONE, Proposal};
use edition::seal::{Manifest, hash_files, seal, verify};
use edition::{Identity, RecordTable, Survivorship, link, stage};
use engine::{Progress, Table, TableBuilder, Texts, read_table};
use instrument::{Instrument, Unit};
use kernel::{Date, EditionId, Region};
use std::path::{Path, PathBuf};

const VILLAGE: u64 = 5_201_012_001;

/// One record: NIK, card, name, sex, born, and whatever the table adds.
type Person = (u64, u64, &'static str, u8, &'static str);

fn day(text: &str) -> i32 {
    text.parse::<Date>().unwrap().days()
}

fn texts(items: impl Iterator<Item = &'static str>) -> Texts {
    let mut out = Texts::new();
    items.for_each(|t| out.push(t));
    out
}

/// The columns every record table has.
fn base(source: u64, from: u64, people: &[Person], observed: &str) -> TableBuilder {
    let n = people.len();
    let ids = (0..n as u64).map(|i| (source << 40) + from + i).collect();
    let nik: Vec<u64> = people.iter().map(|p| p.0).collect();
    let missing: Vec<u8> = nik.iter().map(|n| u8::from(*n == 0)).collect();
    let born: Vec<i32> =
        people.iter().map(|p| if p.4.is_empty() { i32::MIN } else { day(p.4) }).collect();
    TableBuilder::new()
        .u64("record", ids)
        .u16("delivery", vec![source as u16; n])
        .u64("line", (1..=n as u64).collect())
        .u64_or("nik", &nik, 0)
        .u8("nik_problem", missing)
        .u64_or("kk", &people.iter().map(|p| p.1).collect::<Vec<_>>(), 0)
        .texts("name", &texts(people.iter().map(|p| p.2)))
        .u8_or("sex", &people.iter().map(|p| p.3).collect::<Vec<_>>(), 0)
        .date_or("birth_date", &born, i32::MIN)
        .texts("mother_name", &texts(people.iter().map(|_| "")))
        .u64_or("village", &vec![VILLAGE; n], 0)
        .date("observed_date", vec![day(observed); n])
}

const AHMAD: u64 = 5_201_010_101_800_001;
const SITI: u64 = 5_201_014_202_850_002;
const BUDI: u64 = 5_201_010_503_100_003;
const KARTINI: u64 = 5_201_016_104_600_004;

/// Writes the record tables of the village.
fn deliveries(dir: &Path) {
    let spine: &[Person] = &[
        (AHMAD, 11, "AHMAD FAUZI", 1, "1980-01-01"),
        (SITI, 11, "SITI AMINAH", 2, "1985-02-02"),
        (BUDI, 11, "BUDI FAUZI", 1, "2010-03-05"),
        (KARTINI, 12, "KARTINI", 2, "1960-04-21"),
        // Ahmad again, under a second identity.
        (5_201_010_101_800_009, 11, "AHMAD FAUZI", 1, "1980-01-01"),
    ];
    base(1, 1, spine, "2026-09-30")
        .u8("relation", vec![1, 2, 3, 1, 1])
        .u8("civil_status", vec![1, 1, 1, 2, 1])
        .texts("rt", &texts(["001", "001", "001", "001", "001"].into_iter()))
        .texts("rw", &texts(["01", "01", "01", "01", "01"].into_iter()))
        .write(&dir.join("dukcapil.parquet"))
        .unwrap();
    let visited: &[Person] = &[
        (AHMAD, 11, "A FAUZI", 1, "1980-01-01"),
        // Siti's number on somebody else.
        (SITI, 99, "ROHANI", 2, "1999-09-09"),
        // No number: to be scored.
        (0, 11, "SITI AMINAH", 2, "1985-02-02"),
        // A baby the register does not know yet, on the family's card.
        (0, 11, "AISYAH", 2, "2026-01-02"),
    ];
    base(2, 1, visited, "2025-05-01")
        .u8("marital_status", vec![2, 1, 2, 1])
        .u8("presence", vec![1, 1, 1, 5])
        .write(&dir.join("regsosek.parquet"))
        .unwrap();
    let houses: &[Person] = &[(AHMAD, 11, "AHMAD FAUZI", 1, "")];
    base(2, 100, houses, "2025-05-01")
        .u8("roof_material", vec![3])
        .u8("floor_material", vec![6])
        .u8("lighting", vec![4])
        .texts("pln_customer", &texts(["520000000001"].into_iter()))
        .write(&dir.join("regsosek-families.parquet"))
        .unwrap();
    let customers: &[Person] = &[(0, 0, "TUAN TANAH", 0, "")];
    base(5, 1, customers, "2026-08-01")
        .u8("lighting", vec![1])
        .u8("electricity_power", vec![2])
        .u8("customer_status", vec![1])
        .texts("pln_customer", &texts(["520000000001"].into_iter()))
        .texts("rt", &texts(["1"].into_iter()))
        .texts("rw", &texts(["1"].into_iter()))
        .write(&dir.join("pln.parquet"))
        .unwrap();
    let roll: &[Person] = &[(SITI, 11, "SITI AMINAH", 2, "1985-02-02"), (0, 0, "HANTU", 1, "")];
    base(7, 1, roll, "2026-09-30")
        .u8("roll_status", vec![1, 1])
        .date_or("roll_since", &[day("2020-01-01"), i32::MIN], i32::MIN)
        .date_or("roll_changed", &[i32::MIN, i32::MIN], i32::MIN)
        .write(&dir.join("roll_pbi.parquet"))
        .unwrap();
    // Ahmad plays, Siti tried once, the third is nobody.
    let named: &[Person] = &[
        (AHMAD, 0, "AHMAD FAUZI", 1, "1980-01-01"),
        (SITI, 0, "SITI AMINAH", 2, "1985-02-02"),
        (0, 0, "HANTU", 1, ""),
    ];
    base(11, 1, named, "2026-08-02")
        .u8("gambling_class", vec![3, 1, 4])
        .u16("gambling_count", vec![40, 1, 90])
        .write(&dir.join("ppatk.parquet"))
        .unwrap();
}

/// Proposes the person of the same name and birth date, and is sure of it.
struct SameName;

impl Matcher for SameName {
    fn propose(&self, left: &Identity, right: &Identity) -> Result<Vec<Proposal>, String> {
        let find = |l: usize| {
            (0..right.len()).find(|r| {
                left.name.get(l) == right.name.get(*r) && left.birth[l] == right.birth[*r]
            })
        };
        let sure = |r: usize| Proposal {
            best: r as u32,
            runner_up: NONE,
            weight: 20.0,
            probability: 0.999_999,
            gap: f64::INFINITY,
        };
        Ok((0..left.len()).map(|l| find(l).map_or(Proposal::NOBODY, sure)).collect())
    }
}

struct Village {
    _dir: tempfile::TempDir,
    root: PathBuf,
    tables: Vec<RecordTable>,
}

impl Village {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_owned();
        for part in ["records", "links", "stage"] {
            std::fs::create_dir(root.join(part)).unwrap();
        }
        deliveries(&root.join("records"));
        let unit = |name: &str| match name {
            "regsosek-families" | "pln" => Some(Unit::Family),
            _ => Some(Unit::Person),
        };
        let tables = RecordTable::open_all(&root.join("records"), unit).unwrap();
        Self { _dir: dir, root, tables }
    }

    /// Links and builds; gives the folder of the tables.
    fn build(&self, corrections: Option<&Path>, parent: Option<&Path>) -> PathBuf {
        let instrument = Instrument::embedded().unwrap();
        let rules = Survivorship::load(None, &instrument).unwrap();
        let progress = Progress::silent();
        let links = self.root.join("links");
        link::run::run(
            &link::run::Inputs {
                tables: &self.tables,
                rules: &rules,
                matcher: &SameName,
                thresholds: Thresholds::default(),
                progress: &progress,
            },
            &links,
        )
        .unwrap();
        let inputs = stage::Inputs {
            tables: &self.tables,
            links: &links,
            findings: None,
            rules: &rules,
            instrument: &instrument,
            parent,
            corrections,
            as_of: "2026-10-01".parse().unwrap(),
            province: Region::parse("52").unwrap(),
            progress: &progress,
        };
        let out = self.root.join("stage");
        stage::run(&inputs, &out).unwrap();
        out
    }
}

fn table(dir: &Path, name: &str) -> Table {
    read_table(&dir.join(format!("{name}.parquet")), &[]).unwrap()
}

/// The row of a person by name.
fn row(persons: &Table, name: &str) -> usize {
    let names = persons.texts("name").unwrap();
    (0..names.len()).find(|i| names.get(*i) == name).expect(name)
}

#[test]
fn everyone_is_found_once_and_nobody_is_invented() {
    let dir = Village::new().build_kept();
    let persons = table(&dir.1, "persons");
    // Four of the register, Rohani with a stolen number, the baby; never a second Ahmad.
    assert_eq!(persons.rows(), 6);
    let status = persons.u8s("match_status", 0).unwrap();
    let in_spine = persons.bools("in_spine", false).unwrap();
    let family = persons.u64s("family_id", 0).unwrap();
    let (ahmad, aisyah, rohani) =
        (row(&persons, "AHMAD FAUZI"), row(&persons, "AISYAH"), row(&persons, "ROHANI"));
    assert_eq!(status[ahmad], 2, "two identities are a remark");
    assert!(!in_spine[aisyah] && status[aisyah] == 3);
    assert_eq!(family[aisyah], family[ahmad], "the baby lives with the card's family");
    assert_ne!(family[rohani], family[ahmad]);
    assert_eq!(persons.u64s("nik", 0).unwrap()[rohani], 0, "a number of another is not hers");
    let alive = persons.bools("alive", true).unwrap();
    assert!(!alive[row(&persons, "KARTINI")], "the register knows death");
}

#[test]
fn each_value_comes_from_the_source_that_knows() {
    let dir = Village::new().build_kept();
    let (families, provenance) = (table(&dir.1, "families"), table(&dir.1, "provenance"));
    let ahmads = families
        .whole("kk", 0)
        .unwrap()
        .iter()
        .position(|kk| *kk == 11)
        .expect("the family of card 11");
    let value = |column: &str| families.whole(column, 99).unwrap()[ahmads];
    let sources = provenance.texts("source").unwrap();
    let source = |column: &str| sources.get(value(column) as usize - 1).to_owned();
    assert_eq!((value("roof_material"), source("roof_material_from").as_str()), (3, "regsosek"));
    // The visit saw no electricity; the meter of the same customer number says otherwise.
    assert_eq!((value("lighting"), source("lighting_from").as_str()), (1, "pln"));
    assert_eq!(value("electricity_power"), 2);
    assert_eq!(value("member_count"), 4);
    let persons = table(&dir.1, "persons");
    let siti = row(&persons, "SITI AMINAH");
    assert_eq!(persons.u8s("marital_status", 0).unwrap()[siti], 2, "from the scored link");
}

#[test]
fn registers_that_contradict_each_other_are_counted() {
    let dir = Village::new().build_kept();
    let text = std::fs::read_to_string(dir.1.join("quality.json")).unwrap();
    let quality: stage::quality::Quality = serde_json::from_str(&text).unwrap();
    let of = |key: &str| quality.variables.get(key).map(|c| (c.compared, c.contradicted));
    // The meter says lamps of PLN, the visit said none; nobody else knows the roof, and a
    // name is no value to contradict.
    assert_eq!(of("lighting"), Some((1, 1)));
    assert_eq!((of("roof_material"), of("name")), (None, None));
    // Ahmad and Siti: register and visit agree on when they were born.
    assert_eq!(of("birth_date"), Some((2, 0)), "{:?}", quality.variables);
    assert!(quality.all.contradicted >= 1 && quality.all.contradicted <= quality.all.compared);
    assert_eq!(quality.villages[&VILLAGE].contradicted, quality.all.contradicted);
}

#[test]
fn a_roll_keeps_those_who_are_nobody() {
    let dir = Village::new().build_kept();
    let (rolls, links) = (table(&dir.1, "rolls"), table(&dir.1, "links"));
    let person = rolls.u64s("person_id", 0).unwrap();
    assert!(person[0] > 0 && person[1] == 0, "{person:?}");
    let records = links.u64s("record", 0).unwrap();
    assert!(records.is_sorted(), "links are ordered by record");
    assert_eq!(records.len(), 5 + 4 + 1 + 1 + 2 + 3);
}

#[test]
fn a_flag_is_raised_by_the_rows_that_the_rule_names_and_only_of_people_found() {
    let dir = Village::new().build_kept();
    let (flags, persons) = (table(&dir.1, "flags"), table(&dir.1, "persons"));
    let nik = persons.u64s("nik", 0).unwrap();
    let ids = persons.u64s("person_id", 0).unwrap();
    let ahmad = ids[nik.iter().position(|n| *n == AHMAD).unwrap()];
    assert_eq!(flags.u64s("person_id", 0).unwrap(), [ahmad]);
    assert_eq!(flags.texts("flag").unwrap().get(0), "gambling");
    assert_eq!(flags.dates("observed", 0).unwrap(), [day("2026-08-02")]);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (a, b) = (Village::new().build_kept(), Village::new().build_kept());
    assert_eq!(hash_files(&a.1).unwrap(), hash_files(&b.1).unwrap());
}

#[test]
fn a_correction_stands_above_all_sources_and_a_wrong_one_stops() {
    let village = Village::new();
    let path = village.root.join("corrections.jsonl");
    let line = |column: &str, value: u8| {
        format!(
            "{{\"unit\":\"family\",\"kk\":11,\"column\":\"{column}\",\"value\":{value},\
             \"observed_date\":\"2026-10-02\",\"evidence\":\"K1\"}}\n"
        )
    };
    std::fs::write(&path, line("roof_material", 1)).unwrap();
    let dir = village.build(Some(&path), None);
    let families = table(&dir, "families");
    let at = families.whole("kk", 0).unwrap().iter().position(|kk| *kk == 11).unwrap();
    assert_eq!(families.u8s("roof_material", 0).unwrap()[at], 1);
    let from = families.u16s("roof_material_from", 0).unwrap()[at];
    let sources = table(&dir, "provenance").texts("source").unwrap();
    assert_eq!(sources.get(usize::from(from) - 1), "correction");
    for (wrong, says) in [("roof_materal", "did you mean"), ("roof_material", "not a value")] {
        std::fs::write(&path, line(wrong, 77)).unwrap();
        let error = stage_error(&village, &path);
        assert!(error.contains("line 1") && error.contains(says), "{error}");
    }
}

fn stage_error(village: &Village, corrections: &Path) -> String {
    let instrument = Instrument::embedded().unwrap();
    let rules = Survivorship::load(None, &instrument).unwrap();
    let inputs = stage::Inputs {
        tables: &village.tables,
        links: &village.root.join("links"),
        findings: None,
        rules: &rules,
        instrument: &instrument,
        parent: None,
        corrections: Some(corrections),
        as_of: "2026-10-01".parse().unwrap(),
        province: Region::parse("52").unwrap(),
        progress: &Progress::silent(),
    };
    stage::run(&inputs, &village.root.join("stage")).unwrap_err().to_string()
}

#[test]
fn a_changed_file_is_named_and_ids_are_carried_over() {
    let village = Village::new();
    let stage = village.build(None, None);
    let manifest = manifest(&stage);
    let home = village.root.join("2026-4");
    seal(&stage, &home, &manifest, false).unwrap();
    assert_eq!(verify(&home).unwrap().1, Vec::<String>::new());
    std::fs::create_dir(&stage).unwrap();
    let again = village.build(None, Some(&home));
    let ids = |dir: &Path| table(dir, "persons").u64s("person_id", 0).unwrap();
    let niks = |dir: &Path| table(dir, "persons").u64s("nik", 0).unwrap();
    for (id, nik) in ids(&again).iter().zip(niks(&again)).filter(|x| x.1 != 0) {
        let at = niks(&home).iter().position(|n| *n == nik).unwrap();
        assert_eq!(*id, ids(&home)[at]);
    }
    std::fs::write(home.join("quality.json"), "{}").unwrap();
    std::fs::write(home.join("extra.txt"), "x").unwrap();
    let findings = verify(&home).unwrap().1;
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].starts_with("quality.json: differs"), "{findings:?}");
    assert!(findings[1].starts_with("extra.txt: is not in the manifest"), "{findings:?}");
}

fn manifest(stage: &Path) -> Manifest {
    Manifest {
        edition: EditionId::new("2026-4").unwrap(),
        as_of: "2026-10-01".parse().unwrap(),
        province: "52".into(),
        parent: None,
        parent_manifest: None,
        software: "test".into(),
        inputs: Vec::new(),
        parameters: std::collections::BTreeMap::new(),
        steps: Vec::new(),
        counts: stage::Counts::default(),
        programmes: serde_json::json!({}),
        files: hash_files(stage).unwrap(),
    }
}

impl Village {
    /// Builds and keeps the village alive beside its folder.
    fn build_kept(self) -> (Self, PathBuf) {
        let out = self.build(None, None);
        (self, out)
    }
}
