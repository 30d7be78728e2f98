//! A small published edition: two districts with a village of the same name each, three families.

use kernel::{Date, EditionId, Nik};
use store::blob::{CellKind, Layout, put_count, put_int, put_text};
use store::{Store, StoreError, Value, Vault};

/// 2026-11-10 09:00 WITA.
pub const NOW: i64 = 1_794_272_400_000;
pub const VILLAGE: u64 = 5_202_012_001;
/// Of the head of the first family.
pub const NIK: &str = "5202016304870002";

fn born() -> Date {
    "1987-04-23".parse().unwrap()
}

pub fn publish(store: &Store, vault: &Vault) {
    let int = |name: &str| (name.to_owned(), CellKind::Int);
    let text = |name: &str| (name.to_owned(), CellKind::Text);
    let family = vec![int("family_id"), int("village"), int("head_person_id"), text("hamlet")];
    let person = vec![int("person_id"), text("name"), int("birth_date")];
    let sections = vec![("family".to_owned(), family), ("person".to_owned(), person)];
    let layout = serde_json::to_string(&Layout { sections }).unwrap();
    let index = vault.nik_index(Nik::parse(NIK).unwrap());
    let edition = EditionId::new("2026-4").unwrap();
    store
        .publish_edition::<StoreError>(&edition, born(), &"ab".repeat(32), NOW, |loader| {
            loader.append(
                "fact",
                &["name", "body"],
                [Ok(vec!["layout".into(), layout.clone().into()])],
            )?;
            let columns = ["region", "parent", "level", "name", "people", "families"];
            let region = |code: u64, parent: u64, level: u64, name: &str| {
                Ok(vec![code.into(), parent.into(), level.into(), name.into(), 9.into(), 3.into()])
            };
            let regions = [
                region(520_201, 5202, 3, "Batukliang"),
                region(520_202, 5202, 3, "Praya"),
                region(VILLAGE, 520_201, 4, "Barabali"),
                region(5_202_022_001, 520_202, 4, "Barabali"),
                region(5_202_022_002, 520_202, 4, "Bunut Baok"),
            ];
            loader.append("region", &columns, regions)?;
            for family in 1..=3_u64 {
                let mut body = Vec::new();
                put_count(&mut body, 1);
                put_int(&mut body, family as i64);
                put_int(&mut body, VILLAGE as i64);
                put_int(&mut body, family as i64 * 10);
                put_text(&mut body, "Dusun Tibu Lempanas");
                put_count(&mut body, 1);
                put_int(&mut body, family as i64 * 10);
                put_text(&mut body, "AMAQ RIPIN");
                put_int(&mut body, i64::from(born().days()));
                let sealed = vault.seal(&format!("family.body|{family}"), &body)?;
                loader.append(
                    "family",
                    &["family_id", "body"],
                    [Ok(vec![family.into(), Value::Bytes(sealed)])],
                )?;
                loader.append(
                    "village_family",
                    &["village", "decile", "family_id"],
                    [Ok(vec![VILLAGE.into(), 6.into(), family.into()])],
                )?;
            }
            let key = vec![index.into(), 10.into(), 1.into()];
            loader.append("person_key", &["nik_index", "person_id", "family_id"], [Ok(key)])?;
            Ok(())
        })
        .unwrap();
}
