//! The verifier: reads a journal's folder or a receipt, needs no server, believes nothing but the
//! keys it is given. It rebuilds the whole tree and names the first bad place.

use crate::digest::{Digest, leaf_hash};
use crate::files::{DirFiles, Files};
use crate::tiles::{
    TILE_WIDTH, bundle_path, complete_root, entries_of, tile_bytes, tile_path, width_at,
};
use crate::tree::Frontier;
use crate::writer::{CHECKPOINT_FILE, KEY_FILE};
use crate::{Checkpoint, JournalError, Leaf, Note, Receipt, VerifierKey};
use std::collections::BTreeSet;
use std::path::Path;

/// Whom to believe, and what is known from before.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The journal's published key.
    pub key: VerifierKey,
    /// Witnesses whose cosignature is demanded on the newest checkpoint.
    pub witnesses: Vec<VerifierKey>,
    /// Signed checkpoints kept outside: without one, a rewritten or rolled-back journal that is
    /// signed with the real key cannot be told from an honest one.
    pub saved: Vec<String>,
}

impl Trust {
    /// Believes this key only.
    #[must_use]
    pub const fn in_key(key: VerifierKey) -> Self {
        Self { key, witnesses: Vec::new(), saved: Vec::new() }
    }
}

/// What a full verification found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The newest checkpoint.
    pub checkpoint: Checkpoint,
    /// How many saved checkpoints the journal still honours.
    pub saved_honoured: usize,
    /// Witnesses that cosigned, with the time in seconds since 1970.
    pub witnesses: Vec<(String, u64)>,
}

/// Verifies the journal in a folder.
///
/// # Errors
/// The first bad place.
pub fn folder(path: &Path, trust: &Trust) -> Result<Verified, JournalError> {
    files(&DirFiles::new(path), trust)
}

/// Verifies a receipt's text.
///
/// # Errors
/// What does not hold.
pub fn receipt(text: &str, trust: &Trust) -> Result<(Leaf, Checkpoint), JournalError> {
    let receipt = Receipt::parse(text)?;
    let verified = receipt.verify(&trust.key)?;
    let note = Note::parse(&receipt.checkpoint)?;
    for witness in &trust.witnesses {
        note.verify(witness)?;
    }
    Ok(verified)
}

/// Two signed checkpoints of one journal at the same size must have the same root. Two that have
/// not are proof of two histories, signed by the journal itself.
///
/// # Errors
/// The proof of the split, or a malformed checkpoint.
pub fn same_history(one: &str, other: &str, key: &VerifierKey) -> Result<(), JournalError> {
    let (one, _) = Checkpoint::open(one, key)?;
    let (other, _) = Checkpoint::open(other, key)?;
    if one.size == other.size && one.root != other.root {
        let why = format!(
            "two roots were signed for the same {} entries: two histories were shown",
            one.size
        );
        return Err(JournalError::mismatch("the journal", why));
    }
    Ok(())
}

/// Verifies the journal in `files`: signatures, every entry, every tile, the root, every saved
/// checkpoint, and that no file is there that does not belong.
///
/// # Errors
/// The first bad place.
pub fn files<F: Files>(files: &F, trust: &Trust) -> Result<Verified, JournalError> {
    let note = files.read(CHECKPOINT_FILE)?;
    let note =
        note.ok_or_else(|| JournalError::mismatch(CHECKPOINT_FILE, "the file is missing"))?;
    let note = String::from_utf8(note)
        .map_err(|_| JournalError::format(CHECKPOINT_FILE, "it is not UTF-8"))?;
    let (checkpoint, note) = Checkpoint::open(&note, &trust.key)?;
    if files.read(KEY_FILE)? != Some(format!("{}\n", trust.key).into_bytes()) {
        return Err(JournalError::mismatch(
            KEY_FILE,
            "it is missing or not the published verifier key",
        ));
    }
    let mut witnesses = Vec::new();
    for witness in &trust.witnesses {
        let time = note.verify(witness)?.unwrap_or_default();
        witnesses.push((witness.name().to_owned(), time));
    }
    let saved = open_saved(trust, checkpoint.size)?;
    let mut pass = Pass {
        files,
        size: checkpoint.size,
        open: Vec::new(),
        edge: Frontier::default(),
        seen: BTreeSet::new(),
    };
    pass.run(&saved)?;
    if pass.edge.root() != checkpoint.root {
        return Err(JournalError::mismatch(
            CHECKPOINT_FILE,
            "its root is not the root of the entries",
        ));
    }
    pass.check_strays()?;
    Ok(Verified { checkpoint, saved_honoured: saved.len(), witnesses })
}

fn open_saved(trust: &Trust, size: u64) -> Result<Vec<Checkpoint>, JournalError> {
    let mut saved = Vec::new();
    for note in &trust.saved {
        let (checkpoint, _) = Checkpoint::open(note, &trust.key)?;
        if checkpoint.size > size {
            let why = format!(
                "it has {size} entries, but {} were signed before: it was rolled back",
                checkpoint.size
            );
            return Err(JournalError::mismatch("the journal", why));
        }
        saved.push(checkpoint);
    }
    saved.sort_by_key(|checkpoint| checkpoint.size);
    Ok(saved)
}

/// One pass over all entries, building every tile on the way.
struct Pass<'a, F> {
    files: &'a F,
    size: u64,
    /// Hashes of the open tile per level.
    open: Vec<Vec<Digest>>,
    edge: Frontier,
    /// Small files that belong; full tiles are told by their name.
    seen: BTreeSet<String>,
}

impl<F: Files> Pass<'_, F> {
    fn run(&mut self, saved: &[Checkpoint]) -> Result<(), JournalError> {
        let mut saved = saved.iter().peekable();
        while let Some(checkpoint) = saved.next_if(|c| c.size == 0) {
            self.honour(checkpoint)?;
        }
        for n in 0..self.size.div_ceil(TILE_WIDTH) {
            let path = bundle_path(n, width_at(0, n, self.size));
            let bytes = self.read(&path)?;
            let entries = entries_of(&path, &bytes)?;
            if entries.len() as u64 != width_at(0, n, self.size) {
                return Err(JournalError::mismatch(
                    path,
                    format!("it has {} entries", entries.len()),
                ));
            }
            for entry in entries {
                self.entry(&path, entry)?;
                while let Some(checkpoint) = saved.next_if(|c| c.size == self.edge.size()) {
                    self.honour(checkpoint)?;
                }
            }
        }
        let mut items = self.size;
        for level in 0..self.open.len() {
            let tile = std::mem::take(&mut self.open[level]);
            if !tile.is_empty() {
                self.compare(level as u32, items / TILE_WIDTH, &tile)?;
            }
            items /= TILE_WIDTH;
        }
        Ok(())
    }

    fn honour(&self, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        if self.edge.root() == checkpoint.root {
            return Ok(());
        }
        let why = format!(
            "its first {} entries are not those that were signed before: history was rewritten",
            checkpoint.size
        );
        Err(JournalError::mismatch("the journal", why))
    }

    fn entry(&mut self, path: &str, entry: &[u8]) -> Result<(), JournalError> {
        let seq = self.edge.size();
        let leaf = Leaf::parse(entry).map_err(|why| {
            JournalError::mismatch(format!("{path}, entry {seq}"), why.to_string())
        })?;
        if leaf.seq != seq {
            return Err(JournalError::mismatch(
                format!("{path}, entry {seq}"),
                format!("it says it is entry {}", leaf.seq),
            ));
        }
        let hash = leaf_hash(entry);
        self.edge.push(hash);
        self.push(0, hash, seq + 1)
    }

    fn push(&mut self, level: usize, hash: Digest, items: u64) -> Result<(), JournalError> {
        if self.open.len() == level {
            self.open.push(Vec::new());
        }
        self.open[level].push(hash);
        if self.open[level].len() as u64 == TILE_WIDTH {
            let full = std::mem::take(&mut self.open[level]);
            self.compare(level as u32, items / TILE_WIDTH - 1, &full)?;
            self.push(level + 1, complete_root(&full), items / TILE_WIDTH)?;
        }
        Ok(())
    }

    fn compare(&mut self, level: u32, n: u64, hashes: &[Digest]) -> Result<(), JournalError> {
        let path = tile_path(level, n, hashes.len() as u64);
        if self.read(&path)? == tile_bytes(hashes) {
            return Ok(());
        }
        Err(JournalError::mismatch(path, "its hashes are not those of the entries"))
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, JournalError> {
        self.seen.insert(path.to_owned());
        self.files.read(path)?.ok_or_else(|| JournalError::mismatch(path, "the file is missing"))
    }

    fn check_strays(&self) -> Result<(), JournalError> {
        for path in self.files.list()? {
            if path != CHECKPOINT_FILE && path != KEY_FILE && !self.seen.contains(&path) {
                return Err(JournalError::mismatch(path, "no such file belongs to this journal"));
            }
        }
        Ok(())
    }
}
