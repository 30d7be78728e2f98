//! What the recorder wrote down, and a disk that can be rebuilt as a power loss would leave it.
//! The rebuilt files lie in memory (`/dev/shm`) and only what differs between two states is
//! written: opening and checking the store is what takes the time.

use kernel::Chance;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One recorded operation.
pub enum Op {
    Write(String, usize, Vec<u8>),
    Truncate(String, usize),
    Sync(String),
    Remove(String),
    Ack(String),
}

/// Reads the recorder's log.
pub fn parse(mut log: &[u8]) -> Vec<Op> {
    let mut ops = Vec::new();
    while log.len() >= 2 {
        let (op, n) = (log[0], usize::from(log[1]));
        let name = String::from_utf8_lossy(&log[2..2 + n]).into_owned();
        let offset = u64::from_le_bytes(log[2 + n..10 + n].try_into().unwrap()) as usize;
        let length = u32::from_le_bytes(log[10 + n..14 + n].try_into().unwrap()) as usize;
        let data = &log[14 + n..14 + n + if op == b'w' { length } else { 0 }];
        match op {
            b'w' if name == "acks" => {
                ops.push(Op::Ack(String::from_utf8_lossy(data).trim().to_owned()))
            }
            b'w' => ops.push(Op::Write(name, offset, data.to_vec())),
            b't' => ops.push(Op::Truncate(name, offset)),
            b's' => ops.push(Op::Sync(name)),
            _ => ops.push(Op::Remove(name)),
        }
        log = &log[14 + n + data.len()..];
    }
    ops
}

/// A change of one file that is not synced yet, one sector or less, or a new length.
enum Piece {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

/// Pieces of one write: kept or lost one by one.
fn pieces(at: usize, data: &[u8]) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < data.len() {
        let to = data.len().min((at + from) / SECTOR * SECTOR + SECTOR - at);
        found.push(Piece::Bytes(at + from, data[from..to].to_vec()));
        from = to;
    }
    found
}

fn put(file: &mut Vec<u8>, piece: &Piece) {
    match piece {
        Piece::Bytes(at, data) => {
            if file.len() < at + data.len() {
                file.resize(at + data.len(), 0);
            }
            file[*at..at + data.len()].copy_from_slice(data);
        }
        Piece::Length(size) => file.resize(*size, 0),
    }
}

/// The disk: what is durable, what is pending, and the files that show one possible state.
pub struct Disk<'a> {
    dir: &'a Path,
    durable: BTreeMap<String, Vec<u8>>,
    pending: BTreeMap<String, Vec<Piece>>,
    files: BTreeMap<String, File>,
    pub acked: BTreeSet<String>,
}

/// One possible state: which pending pieces reached the disk, as one bit each.
pub type Kept = Vec<bool>;

impl<'a> Disk<'a> {
    pub fn new(dir: &'a Path) -> Self {
        let (durable, pending, files) = Default::default();
        Self { dir, durable, pending, files, acked: BTreeSet::new() }
    }

    /// The recorded operation happens.
    pub fn step(&mut self, op: &Op) {
        match op {
            Op::Write(name, at, data) => {
                self.pending.entry(name.clone()).or_default().extend(pieces(*at, data));
            }
            Op::Truncate(name, size) => {
                self.pending.entry(name.clone()).or_default().push(Piece::Length(*size));
            }
            Op::Sync(name) => {
                let changes = self.pending.remove(name).unwrap_or_default();
                let durable = self.durable.entry(name.clone()).or_default();
                changes.iter().for_each(|piece| put(durable, piece));
                if shown(name) {
                    let file = open(&mut self.files, self.dir, name);
                    changes.iter().for_each(|piece| write(file, piece));
                }
            }
            Op::Remove(name) => {
                self.durable.remove(name);
                self.pending.remove(name);
                self.files.remove(name);
                drop(std::fs::remove_file(self.dir.join(name)));
            }
            Op::Ack(id) => {
                self.acked.insert(id.clone());
            }
        }
    }

    /// How many pieces are pending.
    pub fn loose(&self) -> usize {
        self.pending.values().map(Vec::len).sum()
    }

    /// A state in which every pending piece was kept or lost by chance.
    pub fn torn(&self, chance: &mut Chance) -> Kept {
        // Not always half: a disk that kept nearly all, or nearly nothing, is as likely.
        let share = [0.1, 0.5, 0.5, 0.9][chance.below(4) as usize];
        (0..self.loose()).map(|_| chance.is(share)).collect()
    }

    /// Writes the state into the files, lets `look` at it, and takes it back.
    pub fn with<T>(&mut self, kept: &Kept, look: impl FnOnce() -> T) -> T {
        let (files, dir) = (&mut self.files, self.dir);
        let mut bits = kept.iter();
        let mut touched = Vec::new();
        for (name, changes) in &self.pending {
            let chosen: Vec<&Piece> =
                changes.iter().filter(|_| bits.next().is_some_and(|bit| *bit)).collect();
            if shown(name) && !chosen.is_empty() {
                let file = open(files, dir, name);
                chosen.iter().for_each(|piece| write(file, piece));
                touched.push((name, chosen));
            }
        }
        let seen = look();
        let none = Vec::new();
        for (name, chosen) in touched {
            let durable = self.durable.get(name).unwrap_or(&none);
            if !self.durable.contains_key(name) {
                // The file did not exist durably: it is not there in the next state.
                self.files.remove(name);
                drop(std::fs::remove_file(self.dir.join(name)));
                continue;
            }
            let file = open(&mut self.files, self.dir, name);
            for piece in chosen {
                if let Piece::Bytes(at, data) = piece {
                    let to = durable.len().min(at + data.len());
                    if *at < to {
                        file.write_all_at(&durable[*at..to], *at as u64).unwrap();
                    }
                }
            }
            file.set_len(durable.len() as u64).unwrap();
            if chosen_shrank(changes_of(&self.pending, name)) {
                file.write_all_at(durable, 0).unwrap();
            }
        }
        seen
    }

    /// The files as they are, put back if the look at them changed them (a rollback journal does).
    pub fn repair(&mut self) {
        for name in ["store.db", "store.db-wal", "store.db-journal"] {
            let on_disk = std::fs::read(self.dir.join(name)).ok();
            if on_disk.as_ref() != self.durable.get(name) {
                self.files.remove(name);
                drop(std::fs::remove_file(self.dir.join(name)));
                if let Some(bytes) = self.durable.get(name) {
                    open(&mut self.files, self.dir, name).write_all_at(bytes, 0).unwrap();
                }
            }
        }
    }

    /// True when opening the store may write: before the write-ahead log is in use.
    pub fn has_rollback_journal(&self) -> bool {
        let name = "store.db-journal";
        self.durable.contains_key(name) || self.pending.contains_key(name)
    }

    /// True when the files hold exactly what is durable.
    pub fn is_clean(&self) -> bool {
        ["store.db", "store.db-wal"]
            .iter()
            .all(|name| std::fs::read(self.dir.join(name)).ok().as_ref() == self.durable.get(*name))
    }
}

fn changes_of<'b>(pending: &'b BTreeMap<String, Vec<Piece>>, name: &str) -> &'b [Piece] {
    pending.get(name).map_or(&[], Vec::as_slice)
}

/// A shorter length throws durable bytes away, which then have to be written again.
fn chosen_shrank(changes: &[Piece]) -> bool {
    changes.iter().any(|piece| matches!(piece, Piece::Length(_)))
}

/// The shared memory of the write-ahead log never survives a power loss.
fn shown(name: &str) -> bool {
    !name.ends_with("-shm")
}

fn open<'f>(files: &'f mut BTreeMap<String, File>, dir: &Path, name: &str) -> &'f File {
    files.entry(name.to_owned()).or_insert_with(|| {
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        options.open(dir.join(name)).unwrap()
    })
}

fn write(file: &File, piece: &Piece) {
    match piece {
        Piece::Bytes(at, data) => file.write_all_at(data, *at as u64).unwrap(),
        Piece::Length(size) => file.set_len(*size as u64).unwrap(),
    }
}
