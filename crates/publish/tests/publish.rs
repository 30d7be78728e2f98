//! A fixture goes in; what is read back is what was written.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kernel::Nik;
use publish::{CoverTest, cover, fixture, publish};
use std::collections::BTreeMap;
use store::blob::{Layout, unpack};
use store::{Query, Store, StoreError, Vault, params};

struct Published {
    _dir: tempfile::TempDir,
    store: Store,
    vault: Vault,
    number: u32,
}

fn published(families: usize) -> Published {
    let dir = tempfile::tempdir().unwrap();
    fixture::write(dir.path(), "2026-4", 1, families).unwrap();
    let url = format!("sqlite:{}", dir.path().join("store.db").display());
    let (store, vault) = (Store::open(&url).unwrap(), Vault::from_key([3; 32]));
    let report = publish(dir.path(), &store, &vault, 1, &mut |_| ()).unwrap();
    assert_eq!(report.families, families as u64);
    let number = report.edition.number;
    Published { _dir: dir, store, vault, number }
}

#[test]
fn a_family_is_found_by_the_nik_of_a_member_and_opens() {
    let p = published(300);
    let (nik, born) = fixture::somebody();
    let index = p.vault.nik_index(Nik::from_number(nik).unwrap());
    p.store
        .read_edition::<_, StoreError>(p.number, |reader| {
            let key = reader.query_one(
                "SELECT family_id, person_id FROM person_key WHERE nik_index = $1",
                params![index],
            )?;
            let family: u64 = key.get("family_id")?;
            let row = reader
                .query_one("SELECT body FROM family WHERE family_id = $1", params![family])?;
            let layout: String = reader
                .query_one("SELECT body FROM fact WHERE name = 'layout'", &[])?
                .get("body")?;
            let layout: Layout = serde_json::from_str(&layout).unwrap();
            let sealed: Vec<u8> = row.get("body")?;
            let body = unpack(&layout, &p.vault.open(&format!("family.body|{family}"), &sealed)?)?;
            let person = &body["person"][0];
            assert_eq!(person.int("birth_date"), Some(i64::from(born.days())));
            assert_eq!(person.int("nik_tail"), Some((nik % 10_000) as i64));
            assert_eq!(body["family"][0].int("member_count"), Some(body["person"].len() as i64));
            let part = |r: &store::blob::Record| {
                r.cells().map(|(name, _)| r.int(name).unwrap()).sum::<i64>()
            };
            let score = body["score"][0].real("score").unwrap();
            assert_eq!(part(&body["contribution"][0]), (score * 10_000.0).round() as i64);
            assert!(body["list"].iter().any(|r| r.int("programme") == Some(0)));
            assert!(body["person"].iter().all(|r| r.int("nik").is_none()));
            Ok(())
        })
        .unwrap();
}

#[test]
fn counts_add_up_at_every_level() {
    let p = published(2_000);
    p.store
        .read_edition::<_, StoreError>(p.number, |reader| {
            let rows = reader.query(
                "SELECT m.programme, m.dimension, r.level, CAST(SUM(listed_eligible
                     + listed_ineligible + unlisted_eligible + unlisted_ineligible) AS INTEGER) AS n
                 FROM meter m JOIN region r ON r.region = m.region
                 WHERE m.dimension = 'decile' GROUP BY 1, 2, 3",
                params![],
            )?;
            let mut sums: BTreeMap<String, Vec<i64>> = BTreeMap::new();
            for row in rows {
                sums.entry(row.get("programme")?).or_default().push(row.get("n")?);
            }
            assert_eq!(sums.len(), 3);
            for (programme, levels) in sums {
                assert_eq!(levels.len(), 4, "{programme}");
                assert!(levels.iter().all(|n| *n == levels[0]), "{programme}: {levels:?}");
            }
            let families: i64 = reader
                .query_one("SELECT families FROM region WHERE region = 52", &[])?
                .get("families")?;
            assert_eq!(families, 2_000);
            let deciles: i64 = reader
                .query_one(
                    "SELECT CAST(SUM(families) AS INTEGER) AS n FROM decile_count WHERE region = 52",
                    &[],
                )?
                .get("n")?;
            assert_eq!(deciles, 2_000);
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_identity_number_is_in_any_file_of_the_store() {
    let p = published(200);
    let (nik, _) = fixture::somebody();
    let digits = nik.to_string();
    let forms =
        [digits.clone().into_bytes(), nik.to_be_bytes().to_vec(), nik.to_le_bytes().to_vec()];
    let mut files: Vec<_> = std::fs::read_dir(p._dir.path().join("store.db.editions"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.push(p._dir.path().join("store.db"));
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for form in &forms {
            let found = bytes.windows(form.len()).any(|window| window == &form[..]);
            assert!(!found, "a NIK stands in {}", file.display());
        }
    }
}

#[test]
fn a_folder_that_is_no_edition_says_so_and_changes_nothing() {
    let p = published(50);
    let empty = tempfile::tempdir().unwrap();
    let error = publish(empty.path(), &p.store, &p.vault, 2, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("is this the folder of a sealed edition"), "{error}");
    fixture::write(empty.path(), "2027-1", 2, 10).unwrap();
    std::fs::remove_file(empty.path().join("scores.parquet")).unwrap();
    assert!(publish(empty.path(), &p.store, &p.vault, 2, &mut |_| ()).is_err());
    assert_eq!(p.store.current_edition().unwrap().unwrap().number, p.number);
}

#[test]
fn the_roll_of_cover_is_everybody_who_is_paid_for_with_what_the_rules_ask() {
    let dir = tempfile::tempdir().unwrap();
    fixture::write(dir.path(), "2026-4", 1, 400).unwrap();
    let test = |column: &str, is: &[u64], mark: i64, hold: i64| CoverTest {
        column: column.to_owned(),
        is: is.to_vec(),
        mark,
        hold,
    };
    let tests = [
        test("presence", &[4], 32, 0),
        test("chronic_illness", &[5, 8], 0, 2),
        test("age", &[0], 0, 4),
        test("flag.pregnant", &[1], 0, 8),
    ];
    let mut people = Vec::new();
    let count = cover(dir.path(), &tests, &mut |rows| {
        people.extend_from_slice(rows);
        Ok(())
    })
    .unwrap();
    assert!(count > 400 && count == people.len() as u64);
    assert!(people.windows(2).all(|two| two[0].person < two[1].person), "in the order of ids");
    for p in &people {
        // As the fixture writes them: a person's codes follow from the id.
        assert_eq!(p.segment, 1);
        assert_eq!(p.marks & 32 != 0, 1 + p.person % 7 == 4, "person {}", p.person);
        assert_eq!(p.hold & 2 != 0, [5, 8].contains(&(1 + p.person % 18)), "person {}", p.person);
        assert!(p.village > 5_200_000_000 && p.decile <= 10 && p.hold & 8 == 0);
    }
    assert!(people.iter().any(|p| p.decile > 5) && people.iter().any(|p| p.hold & 4 != 0));
    let error = cover(dir.path(), &[test("presense", &[4], 1, 0)], &mut |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("presense") && error.to_string().contains("`presence`"));
}
