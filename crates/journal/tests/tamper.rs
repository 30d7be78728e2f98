//! Ten thousand mutations of a journal's files: every one is found. And the three that a folder
//! alone cannot show (rolled back, rewritten and re-signed, two histories) with and without a
//! checkpoint kept outside.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod common;

use common::{checkpoint, entries, entry, journal, key, signer};
use journal::verify::{self, Trust};
use journal::{Files, MemFiles, Writer};
use kernel::Chance;

const MUTATIONS: u64 = 10_000;
const SIZE: u64 = 700;

fn trust() -> Trust {
    Trust::in_key(key())
}

/// Applies one mutation to the bytes of a file (or to the set of files); says what it did.
fn mutate(files: &MemFiles, chance: &mut Chance) -> String {
    let paths = files.list().unwrap();
    let path = chance.pick(&paths).clone();
    let mut map = files.files.borrow_mut();
    let mut bytes = map[&path].clone();
    let at = chance.below(bytes.len() as u64) as usize;
    let what = match chance.below(9) {
        0 | 1 => {
            bytes[at] ^= 1 << chance.below(8);
            "flip a bit"
        }
        2 => {
            bytes.truncate(at);
            "truncate"
        }
        3 => {
            bytes.remove(at);
            "drop a byte"
        }
        4 => {
            bytes.insert(at, b'0' + chance.below(10) as u8);
            "insert a byte"
        }
        5 => {
            let other = chance.below(bytes.len() as u64) as usize;
            bytes.swap(at, other);
            "swap two bytes"
        }
        6 => {
            map.remove(&path);
            return format!("remove {path}");
        }
        7 => {
            map.insert(format!("{path}x"), bytes);
            return format!("add {path}x");
        }
        _ => {
            let other = chance.pick(&paths).clone();
            bytes = map[&other].clone();
            "replace by another file"
        }
    };
    if path == "verifier-key" && bytes == map[&path] {
        return String::new();
    }
    let changed = map.insert(path.clone(), bytes.clone()) != Some(bytes);
    if changed { format!("{what} in {path} at {at}") } else { String::new() }
}

/// Drops, doubles, swaps or replaces whole entries and keeps the bundle well formed.
fn mutate_entries(files: &MemFiles, chance: &mut Chance) -> String {
    let n = chance.below(3);
    let width = if n == 2 { SIZE - 512 } else { 256 };
    let path = journal::bundle_path(n, width);
    let mut map = files.files.borrow_mut();
    let bytes = map[&path].clone();
    let mut list: Vec<Vec<u8>> =
        journal::entries_of(&path, &bytes).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    let (a, b) = (chance.below(width) as usize, chance.below(width) as usize);
    let what = match chance.below(5) {
        0 => {
            list.remove(a);
            "drop an entry"
        }
        1 => {
            let copy = list[a].clone();
            list.insert(b, copy);
            "double an entry"
        }
        2 if a != b => {
            list.swap(a, b);
            "swap two entries"
        }
        3 => {
            list.insert(a, entry(SIZE + 5));
            "insert an entry"
        }
        _ => {
            list[a] = entry(n * 256 + a as u64 + 1_000_000);
            "replace an entry"
        }
    };
    let mut bytes = Vec::new();
    for entry in &list {
        bytes.extend_from_slice(&(entry.len() as u16).to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    map.insert(path.clone(), bytes);
    format!("{what} in {path}")
}

#[test]
fn every_mutation_is_found() {
    let honest = journal(SIZE);
    verify::files(&honest, &trust()).unwrap();
    let (mut tried, mut missed) = (0, Vec::new());
    for seed in 0.. {
        let mut chance = Chance::at(11, 1, seed);
        let files = honest.clone();
        let what = if chance.is(0.3) {
            mutate_entries(&files, &mut chance)
        } else {
            mutate(&files, &mut chance)
        };
        if what.is_empty() {
            continue;
        }
        if verify::files(&files, &trust()).is_ok() {
            missed.push(what);
        }
        tried += 1;
        if tried == MUTATIONS {
            break;
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {tried} not found, first: {:?}",
        missed.len(),
        missed.first()
    );
}

#[test]
fn a_roll_back_needs_a_saved_checkpoint() {
    let (yesterday, today) = (journal(500), journal(SIZE));
    assert!(verify::files(&yesterday, &trust()).is_ok(), "a whole old copy looks honest by itself");
    let kept = Trust { saved: vec![checkpoint(&today)], ..trust() };
    let error = verify::files(&yesterday, &kept).unwrap_err().to_string();
    assert!(error.contains("rolled back"), "{error}");
}

fn rewritten() -> MemFiles {
    let mut writer = Writer::open(MemFiles::default(), signer()).unwrap();
    let mut list = entries(0, SIZE);
    let text = String::from_utf8(list[33].clone()).unwrap();
    list[33] = text.replace("village_operator:41", "village_operator:42").into_bytes();
    writer.append(&list).unwrap();
    writer.files().clone()
}

#[test]
fn a_rewritten_and_resigned_history_needs_a_saved_checkpoint() {
    assert!(verify::files(&rewritten(), &trust()).is_ok(), "the real key signs anything");
    let kept = Trust { saved: vec![checkpoint(&journal(500))], ..trust() };
    let error = verify::files(&rewritten(), &kept).unwrap_err().to_string();
    assert!(error.contains("rewritten"), "{error}");
    assert_eq!(verify::files(&journal(SIZE), &kept).unwrap().saved_honoured, 1);
}

#[test]
fn two_auditors_find_two_histories() {
    let (one, other) = (checkpoint(&journal(SIZE)), checkpoint(&rewritten()));
    assert!(verify::same_history(&one, &one, &key()).is_ok());
    assert!(
        verify::same_history(&one, &other, &key())
            .unwrap_err()
            .to_string()
            .contains("two histories")
    );
}
