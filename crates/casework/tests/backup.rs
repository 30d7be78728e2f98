//! Back up while it is used, destroy everything, restore, verify; damaged files are refused by name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use access::Role;
use casework::{Backed, BackupKey, Channel, restore};
use common::Room;
use kernel::Chance;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says that the work is over when it goes, also when an assertion fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A backup taken while reports come in.
fn backed_under_load(room: &Room, target: &Path, key: &BackupKey) -> Backed {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _over = Over(&stop);
        scope.spawn(|| {
            let mut family = 1_000;
            while !stop.load(Ordering::Relaxed) {
                family += 1;
                let report = room.report("objection", family, Channel::Portal);
                room.work.file_report(&room.actor(Role::Visitor), report).unwrap();
            }
        });
        room.work.backup(target, key).unwrap()
    })
}

#[test]
fn a_backup_under_load_restores_to_a_verified_store() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("live.db");
    let room = Room::open(&format!("sqlite:{}", database.display()));
    for family in 0..40 {
        room.work
            .file_report(
                &room.actor(Role::Visitor),
                room.report("objection", 10 + family, Channel::Portal),
            )
            .unwrap();
    }
    let key = BackupKey::new().unwrap();
    let target = dir.path().join("monday.padan");
    let backed = backed_under_load(&room, &target, &key);
    assert!(backed.journal_size >= 40);
    drop(room);
    std::fs::remove_file(&database).unwrap();
    let fresh = dir.path().join("fresh.db");
    let key = BackupKey::parse(&key.expose()).unwrap();
    assert_eq!(restore(&target, &fresh, &key).unwrap().backed, backed);
    let room = Room::open_existing(&format!("sqlite:{}", fresh.display()));
    assert_eq!(room.journal_root().unwrap().1.hex(), backed.journal_root);
    assert!(restore(&target, &fresh, &key).unwrap_err().to_string().contains("never overwrites"));
    assert!(
        restore(&target, &dir.path().join("x.db"), &BackupKey::new().unwrap())
            .unwrap_err()
            .to_string()
            .contains("piece 0")
    );
    // No word of a person in the file.
    let bytes = std::fs::read(&target).unwrap();
    for word in ["081234567890", "gedek", "journal_leaf", "SQLite"] {
        assert!(
            !bytes.windows(word.len()).any(|window| window == word.as_bytes()),
            "{word} in the clear"
        );
    }
    // Every kind of damage is refused and leaves no half store behind.
    let mut chance = Chance::new(3);
    for round in 0..30 {
        let mut bytes = std::fs::read(&target).unwrap();
        let at = chance.below(bytes.len() as u64) as usize;
        match round % 3 {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes.truncate(at),
            _ => bytes.push(7),
        }
        let damaged = dir.path().join("damaged.padan");
        std::fs::write(&damaged, bytes).unwrap();
        let to = dir.path().join("damaged.db");
        assert!(restore(&damaged, &to, &key).is_err(), "round {round} at {at}");
        assert!(!to.exists());
    }
}
