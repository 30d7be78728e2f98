//! Appends entries to a journal's files: one sequencer, tiles first, the checkpoint last, so
//! whatever a crash leaves, the last checkpoint stands over complete tiles.

use crate::digest::{Digest, leaf_hash, node_hash};
use crate::files::Files;
use crate::tiles::{
    TILE_WIDTH, bundle_path, complete_root, push_entry, read_tile, tile_bytes, tile_path,
};
use crate::{Checkpoint, JournalError, Note, Signer};

/// The file that holds the newest signed checkpoint.
pub(crate) const CHECKPOINT_FILE: &str = "checkpoint";
/// The file that holds the verifier key for convenience; trust the published key, not this file.
pub(crate) const KEY_FILE: &str = "verifier-key";

/// The one writer of a journal.
#[derive(Debug)]
pub struct Writer<F> {
    files: F,
    signer: Signer,
    size: u64,
    bundle: Vec<u8>,
    /// Per tile level, the hashes of its open tile (fewer than 256).
    open: Vec<Vec<Digest>>,
}

impl<F: Files> Writer<F> {
    /// Opens the journal in `files`, or starts one when there is no checkpoint.
    ///
    /// # Errors
    /// When the checkpoint is not signed by `signer`, an open tile is missing, or the open tiles
    /// do not give the signed root.
    pub fn open(files: F, signer: Signer) -> Result<Self, JournalError> {
        let mut writer = Self { files, signer, size: 0, bundle: Vec::new(), open: Vec::new() };
        if let Some(note) = writer.files.read(CHECKPOINT_FILE)? {
            writer.load(&String::from_utf8_lossy(&note))?;
            writer.remove_leftovers()?;
        } else {
            let key = format!("{}\n", writer.signer.verifier());
            writer.files.write(KEY_FILE, key.as_bytes())?;
            writer.seal()?;
        }
        Ok(writer)
    }

    fn load(&mut self, note: &str) -> Result<(), JournalError> {
        let (checkpoint, _) = Checkpoint::open(note, &self.signer.verifier())?;
        self.size = checkpoint.size;
        let mut items = self.size;
        for level in 0.. {
            if items == 0 {
                break;
            }
            let width = items % TILE_WIDTH;
            let hashes = if width == 0 {
                Vec::new()
            } else {
                read_tile(&self.files, level, items / TILE_WIDTH, width)?
            };
            self.open.push(hashes);
            items /= TILE_WIDTH;
        }
        let width = self.size % TILE_WIDTH;
        if width > 0 {
            let path = bundle_path(self.size / TILE_WIDTH, width);
            let bytes = self.files.read(&path)?;
            self.bundle =
                bytes.ok_or_else(|| JournalError::mismatch(path, "the file is missing"))?;
        }
        if self.root() != checkpoint.root {
            return Err(JournalError::mismatch(
                "the open tiles",
                "they do not give the root of the checkpoint",
            ));
        }
        Ok(())
    }

    /// What a crash left beside the checkpoint: temporary files, and partial tiles of another
    /// size. Full tiles beyond the checkpoint stay; they will be written again, the same.
    fn remove_leftovers(&self) -> Result<(), JournalError> {
        let mut current = vec![bundle_path(self.size / TILE_WIDTH, self.size % TILE_WIDTH)];
        let mut items = self.size;
        for level in 0..self.open.len() {
            current.push(tile_path(level as u32, items / TILE_WIDTH, items % TILE_WIDTH));
            items /= TILE_WIDTH;
        }
        for path in self.files.list()? {
            if path.ends_with(".part") || (path.contains(".p/") && !current.contains(&path)) {
                self.files.remove(&path)?;
            }
        }
        Ok(())
    }

    /// How many entries the journal has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The files.
    #[must_use]
    pub const fn files(&self) -> &F {
        &self.files
    }

    /// The root over all entries: the open tiles hold every subtree of it.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut joined: Option<Digest> = None;
        for tile in &self.open {
            let mut end = tile.len();
            while end > 0 {
                let run = 1 << end.trailing_zeros();
                let left = complete_root(&tile[end - run..end]);
                joined = Some(joined.map_or(left, |right| node_hash(&left, &right)));
                end -= run;
            }
        }
        joined.unwrap_or_else(crate::digest::empty_root)
    }

    /// Appends entries and signs the new state. Returns the signed checkpoint.
    ///
    /// # Errors
    /// When an entry is too long or a file cannot be written. The journal on disk then still
    /// stands at its last checkpoint; open it again before going on.
    pub fn append<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<Note, JournalError> {
        let before = self.size;
        for entry in entries {
            push_entry(&mut self.bundle, entry.as_ref())?;
            self.size += 1;
            if self.size.is_multiple_of(TILE_WIDTH) {
                let path = bundle_path(self.size / TILE_WIDTH - 1, TILE_WIDTH);
                self.files.write(&path, &std::mem::take(&mut self.bundle))?;
            }
            self.push_hash(0, leaf_hash(entry.as_ref()), self.size)?;
        }
        self.write_open_tiles()?;
        let note = self.seal()?;
        if before != self.size {
            self.remove_old_partials(before)?;
        }
        Ok(note)
    }

    fn push_hash(&mut self, level: usize, hash: Digest, items: u64) -> Result<(), JournalError> {
        if self.open.len() == level {
            self.open.push(Vec::new());
        }
        self.open[level].push(hash);
        if self.open[level].len() as u64 == TILE_WIDTH {
            let full = std::mem::take(&mut self.open[level]);
            let n = items / TILE_WIDTH - 1;
            self.files.write(&tile_path(level as u32, n, TILE_WIDTH), &tile_bytes(&full))?;
            self.push_hash(level + 1, complete_root(&full), items / TILE_WIDTH)?;
        }
        Ok(())
    }

    fn write_open_tiles(&self) -> Result<(), JournalError> {
        let mut items = self.size;
        for (level, tile) in self.open.iter().enumerate() {
            if !tile.is_empty() {
                let path = tile_path(level as u32, items / TILE_WIDTH, tile.len() as u64);
                self.files.write(&path, &tile_bytes(tile))?;
            }
            items /= TILE_WIDTH;
        }
        if self.bundle.is_empty() {
            return Ok(());
        }
        let path = bundle_path(self.size / TILE_WIDTH, self.size % TILE_WIDTH);
        self.files.write(&path, &self.bundle)
    }

    fn seal(&self) -> Result<Note, JournalError> {
        let checkpoint = Checkpoint {
            origin: self.signer.name().to_owned(),
            size: self.size,
            root: self.root(),
        };
        let note = checkpoint.signed(&self.signer);
        self.files.write(CHECKPOINT_FILE, note.to_string().as_bytes())?;
        Ok(note)
    }

    /// Partial tiles of the former size are of no use under the new checkpoint.
    fn remove_old_partials(&self, before: u64) -> Result<(), JournalError> {
        let (mut old, mut new) = (before, self.size);
        if !old.is_multiple_of(TILE_WIDTH) {
            self.files.remove(&bundle_path(old / TILE_WIDTH, old % TILE_WIDTH))?;
        }
        for level in 0.. {
            if old == 0 {
                break;
            }
            if !old.is_multiple_of(TILE_WIDTH) && old != new {
                self.files.remove(&tile_path(level, old / TILE_WIDTH, old % TILE_WIDTH))?;
            }
            old /= TILE_WIDTH;
            new /= TILE_WIDTH;
        }
        Ok(())
    }
}
