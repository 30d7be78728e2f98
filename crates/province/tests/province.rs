//! The promises of the room, measured on generated provinces.
#![expect(clippy::unwrap_used, reason = "a test may fail on what it did not expect")]

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, UInt8Type, UInt32Type, UInt64Type};
use kernel::{Date, Nik, Sex};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use province::{Options, Summary, synth};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

fn make(people: u64, change: impl Fn(&mut Options)) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(people, 7, folder.path());
    change(&mut options);
    let summary = synth(&options, &mut ()).unwrap();
    (folder, summary)
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        for entry in std::fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

#[test]
fn same_seed_same_bytes_at_any_number_of_threads() {
    let one = make(4_000, |o| o.threads = 1);
    let two = make(4_000, |o| o.threads = 2);
    let other = make(4_000, |o| o.seed = 8);
    let (a, b, c) = (files(one.0.path()), files(two.0.path()), files(other.0.path()));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(b[name] == *bytes, "{} differs", name.display());
    }
    let people = Path::new("truth/persons.parquet");
    assert!(a[people] != c[people], "another seed must give other people");
}

/// Calls `row` with each batch of a Parquet file.
fn batches(path: &Path, mut each: impl FnMut(&arrow_array::RecordBatch)) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    for batch in reader.build().unwrap() {
        each(&batch.unwrap());
    }
}

#[test]
fn numbers_are_unique_and_agree_with_birth_and_sex() {
    let (folder, summary) = make(30_000, |_| {});
    let mut niks = BTreeSet::new();
    let (mut rows, mut alive) = (0, 0);
    batches(&folder.path().join("truth/persons.parquet"), |batch| {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let nik = column("nik").as_primitive::<UInt64Type>();
        let born = column("birth_date").as_primitive::<Date32Type>();
        let sex = column("sex").as_primitive::<UInt8Type>();
        let village = column("village").as_primitive::<UInt64Type>();
        for at in 0..batch.num_rows() {
            let number = Nik::from_number(nik.value(at)).unwrap();
            let sex = Sex::from_code(sex.value(at)).unwrap();
            assert!(number.agrees(Date::from_days(born.value(at)), sex), "row {at}");
            niks.insert(nik.value(at));
            rows += 1;
            let here = arrow_array::Array::is_valid(village, at);
            alive += u64::from(here && column("alive").as_boolean().value(at));
        }
    });
    assert_eq!(niks.len(), rows, "every NIK belongs to one person");
    assert_eq!(alive, 30_000);
    assert_eq!(summary.people, 30_000);
}

#[test]
fn a_registered_card_has_one_living_head() {
    let (folder, _) = make(20_000, |_| {});
    let mut heads: BTreeMap<String, u32> = BTreeMap::new();
    let mut cards = BTreeSet::new();
    for entry in std::fs::read_dir(folder.path().join("deliveries/dukcapil")).unwrap() {
        batches(&entry.unwrap().path(), |batch| {
            let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>();
            for at in 0..batch.num_rows() {
                let card = text("nomor_kartu_keluarga").value(at).to_owned();
                if text("status").value(at) != "HIDUP" {
                    continue;
                }
                cards.insert(card.clone());
                if text("status_hubungan_keluarga").value(at) == "KEPALA KELUARGA" {
                    *heads.entry(card).or_default() += 1;
                }
            }
        });
    }
    let one = cards.iter().filter(|c| heads.get(*c) == Some(&1)).count();
    // The exceptions are the register's own: people who stand in it twice.
    assert!(one as f64 > 0.985 * cards.len() as f64, "{one} of {} cards", cards.len());
}

#[test]
fn published_figures_come_out() {
    let (_folder, summary) = make(50_000, |_| {});
    let check = |figure: &str, tolerance: f64| {
        let row = summary.calibration.iter().find(|f| f.figure == figure).unwrap();
        let off = (row.got - row.target).abs();
        assert!(off <= tolerance, "{figure}: target {}, got {}", row.target, row.got);
    };
    check("poverty, own lines of town and village", 0.012);
    check("Gini", 0.02);
    check("consumption share of the lowest 40 %", 0.01);
    check("people per family", 0.12);
    check("aged 0-14", 0.025);
    check("aged 65 and over", 0.012);
    check("own house", 0.02);
    check("450 VA", 0.03);
    check("asset_fridge", 0.02);
    check("asset_motorcycle", 0.02);
    check("own toilet, KABUPATEN LOMBOK TIMUR", 0.025);
    check("PBI-JK seats outside deciles 1-5", 0.025);
    check("deciles 1-5 without PBI-JK", 0.03);
    check("cut from PBI-JK on 2026-02-01", 0.008);
    check("active again of those cut", 0.02);
    check("means test R-squared (survey, held out)", 0.06);
    check("means test rank correlation (survey, held out)", 0.05);
    check("means test error at 40 % (survey, held out)", 0.04);
    let d1 = summary.calibration.iter().find(|f| f.figure.contains("decile 1 (must")).unwrap();
    assert!(d1.got > 0.10, "the province is poorer than the nation: {}", d1.got);
}

#[test]
fn errors_come_at_the_rates_of_the_file() {
    let (folder, _) = make(40_000, |_| {});
    let mut counts: BTreeMap<(String, u32), (u32, u32)> = BTreeMap::new();
    batches(&folder.path().join("truth/records.parquet"), |batch| {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let file = column("file").as_string::<i32>();
        let damage = column("damage").as_primitive::<UInt32Type>();
        for at in 0..batch.num_rows() {
            let kind = file.value(at).rsplit('/').next().unwrap().split('_').next().unwrap();
            for bit in [1, 2, 4, 16, 128, 256] {
                let slot = counts.entry((kind.to_owned(), bit)).or_default();
                slot.0 += 1;
                slot.1 += u32::from(damage.value(at) & bit != 0);
            }
        }
    });
    let rates: toml::Table = province::EMBEDDED_RATES.parse().unwrap();
    let check = |kind: &str, source: &str, bit: u32, rate: &str, least: f64| {
        let stated = rates["identity"][source][rate].as_float().unwrap();
        let (all, hit) = counts[&(kind.to_owned(), bit)];
        let got = f64::from(hit) / f64::from(all);
        // Some damage leaves the value as it was (a name that cannot be shortened).
        let fits = got <= stated * 1.25 + 0.002 && got >= stated * least - 0.002;
        assert!(fits, "{source} {rate}: stated {stated}, got {got} of {all}");
    };
    check("anggota", "regsosek", 1, "nik_missing", 0.8);
    check("anggota", "regsosek", 2, "nik_mistyped", 0.7);
    check("anggota", "regsosek", 16, "name_short", 0.6);
    check("anggota", "regsosek", 128, "name_mistyped", 0.8);
    check("anggota", "regsosek", 256, "day_month_swapped", 0.2);
    check("dtks", "dtks", 1, "nik_missing", 0.8);
    check("peserta", "bpjs", 1, "nik_missing", 0.7);
    check("siswa", "school", 1, "nik_missing", 0.75);
}

#[test]
fn outside_checks_name_few_and_only_whom_they_can_know() {
    let (folder, summary) = make(40_000, |_| {});
    let rows = |name: &str| {
        let found = summary.records.iter().find(|(glob, _)| glob.contains(name));
        found.map(|(_, n)| *n).unwrap()
    };
    let rates: toml::Table = province::EMBEDDED_RATES.parse().unwrap();
    let rate = |key: &str| rates["flags"][key].as_float().unwrap();
    // Two of three people are 15 to 69.
    let gamblers = rows("/ppatk/") as f64 / 40_000.0;
    assert!((gamblers - 0.66 * rate("gambling")).abs() < 0.003, "{gamblers}");
    for name in ["/bpjs_tk/", "/ahu/", "/kia/"] {
        assert!((20..4_000).contains(&rows(name)), "{name} {}", rows(name));
    }
    for file in std::fs::read_dir(folder.path().join("deliveries/kia")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split('|').collect();
            assert_eq!((cells.len(), cells[3]), (7, "P"), "{line}");
        }
    }
}

#[test]
fn a_later_quarter_is_the_same_province_with_events() {
    let people = |quarter| {
        let (folder, _) = make(20_000, |o| o.quarter = quarter);
        let mut out = BTreeMap::new();
        batches(&folder.path().join("truth/persons.parquet"), |batch| {
            let column = |name: &str| batch.column_by_name(name).unwrap();
            let id = column("truth_person").as_primitive::<UInt64Type>();
            let kk = column("kk").as_primitive::<UInt64Type>();
            let nik = column("nik").as_primitive::<UInt64Type>();
            let alive = column("alive").as_boolean();
            for at in 0..batch.num_rows() {
                out.insert(id.value(at), (nik.value(at), kk.value(at), alive.value(at)));
            }
        });
        let spec = std::fs::read_to_string(folder.path().join("spec.toml")).unwrap();
        (out, spec)
    };
    let ((first, spec1), (second, spec2)) = (people(1), people(2));
    assert!(!spec1.contains("parent") && spec2.contains("parent = \"2026-4\""));
    assert!(first.iter().all(|(id, p)| second[id].0 == p.0), "a NIK stays its holder's");
    let births = second.len() - first.len();
    let deaths = first.iter().filter(|(id, p)| p.2 && !second[id].2).count();
    let new_cards = first.iter().filter(|(id, p)| p.1 != second[id].1).count();
    assert!((20..400).contains(&births), "{births} births");
    assert!((5..200).contains(&deaths), "{deaths} deaths");
    assert!((50..1_500).contains(&new_cards), "{new_cards} people with another card");
    let mut niks: Vec<u64> = second.values().map(|p| p.0).collect();
    niks.sort_unstable();
    niks.dedup();
    assert_eq!(niks.len(), second.len());
}

#[test]
fn bad_options_are_told_plainly() {
    let check = |change: &dyn Fn(&mut Options), word: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(2_000, 1, folder.path());
        change(&mut options);
        let error = synth(&options, &mut ()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    check(&|o| o.people = 10, "1000");
    check(&|o| o.quarter = 0, "quarter 0");
    check(&|o| o.rates = Some("[life]\nmoved = 2.0".into()), "life.moved");
    check(&|o| o.out = "/dev/null/x".into(), "/dev/null");
}
