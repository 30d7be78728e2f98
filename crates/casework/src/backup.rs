//! Encrypted online backup of a SQLite store, and a restore that believes nothing: the file is
//! sealed piece by piece, and the journal's root must be the one written at the time of backup.
//!
//! File: `padan backup 1\n`, 8 random bytes, then pieces of up to 1 MiB, each with 4 bytes of
//! length before it and sealed by AES-256-GCM-SIV; nonce = random bytes and the piece's number,
//! associated data = number and whether it is the last. The first piece is a line of JSON.

use crate::error::{CaseworkError, Result};
use crate::room::Casework;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use store::{Store, Vault};

const HEAD: &[u8] = b"padan backup 1\n";
const PIECE_BYTES: usize = 1 << 20;
const KEY_HEAD: &str = "padan backup key 1";

fn wrong(why: impl std::fmt::Display) -> CaseworkError {
    CaseworkError::Backup(why.to_string())
}

/// The key of backups. It is kept apart from the backups and from the store's own keys.
#[derive(Clone)]
pub struct BackupKey([u8; 32]);

impl std::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BackupKey(…)")
    }
}

impl BackupKey {
    /// A new key.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new() -> Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(wrong)?;
        Ok(Self(key))
    }

    /// The text for the key file or the printed sheet.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{KEY_HEAD}\n{}\n", hex::encode(self.0))
    }

    /// Reads a key file's text.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self> {
        let mut key = [0; 32];
        let digits = text.strip_prefix(KEY_HEAD).map(str::trim).unwrap_or_default();
        hex::decode_to_slice(digits, &mut key).map_err(|_| {
            wrong(format!("the key file must be `{KEY_HEAD}` and a line of 64 hexadecimal digits"))
        })?;
        Ok(Self(key))
    }
}

/// What was backed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backed {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Bytes of the database.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
    /// Entries of the journal.
    pub journal_size: u64,
    /// Root over them, hexadecimal.
    pub journal_root: String,
}

/// A restored store, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup said.
    pub backed: Backed,
}

impl Casework {
    /// Backs the store up while it is used. The journal's root is computed from the copy itself, so
    /// it belongs to exactly that state.
    ///
    /// # Errors
    /// For PostgreSQL (use its own tools), or when a file cannot be written.
    pub fn backup(&self, target: &Path, key: &BackupKey) -> Result<Backed> {
        let copy = target.with_extension("copying");
        let _ = std::fs::remove_file(&copy);
        let made = self.backup_by_copy(&copy, target, key);
        remove_copy(&copy);
        made
    }

    fn backup_by_copy(&self, copy: &Path, target: &Path, key: &BackupKey) -> Result<Backed> {
        self.store.copy_to(copy)?;
        let store = Store::open(&url(copy))?;
        let room = Self { store, core: std::sync::Arc::clone(&self.core) };
        let (journal_size, root) = room.journal_root()?;
        drop(room);
        let (bytes, sha256) = measure(copy)?;
        let backed =
            Backed { at: self.now_ms(), bytes, sha256, journal_size, journal_root: root.hex() };
        let unfinished = target.with_extension("unfinished");
        write_sealed(copy, &unfinished, key, &backed)?;
        std::fs::rename(&unfinished, target).map_err(wrong)?;
        if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrong)?;
        }
        Ok(backed)
    }
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn remove_copy(copy: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", copy.display()));
    }
}

fn measure(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).map_err(wrong)?;
    let (mut hasher, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece).map_err(wrong)?;
        if read == 0 {
            return Ok((bytes, hex::encode(hasher.finalize())));
        }
        hasher.update(&piece[..read]);
        bytes += read as u64;
    }
}

struct Sealer {
    cipher: Aes256GcmSiv,
    random: [u8; 8],
    number: u32,
}

impl Sealer {
    fn new(key: &BackupKey, random: [u8; 8]) -> Self {
        Self { cipher: Aes256GcmSiv::new(&key.0.into()), random, number: 0 }
    }

    fn nonce(&mut self, is_last: bool) -> (Nonce, [u8; 5]) {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.random);
        nonce[8..].copy_from_slice(&self.number.to_be_bytes());
        let mut place = [0; 5];
        place[..4].copy_from_slice(&self.number.to_be_bytes());
        place[4] = u8::from(is_last);
        self.number += 1;
        (Nonce::from(nonce), place)
    }
}

fn write_sealed(source: &Path, target: &Path, key: &BackupKey, backed: &Backed) -> Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(wrong)?;
    let mut sealer = Sealer::new(key, random);
    let mut out = File::create(target).map_err(wrong)?;
    out.write_all(HEAD).and_then(|()| out.write_all(&random)).map_err(wrong)?;
    let mut put = |plain: &[u8], is_last: bool| -> Result<()> {
        let (nonce, place) = sealer.nonce(is_last);
        let sealed = sealer
            .cipher
            .encrypt(&nonce, Payload { msg: plain, aad: &place })
            .map_err(|_| wrong("a piece cannot be sealed"))?;
        let length = (sealed.len() as u32).to_be_bytes();
        out.write_all(&length).and_then(|()| out.write_all(&sealed)).map_err(wrong)
    };
    put(&serde_json::to_vec(backed).map_err(wrong)?, false)?;
    let mut file = File::open(source).map_err(wrong)?;
    let mut left = backed.bytes;
    while left > 0 {
        let mut piece = vec![0; PIECE_BYTES.min(left as usize)];
        file.read_exact(&mut piece).map_err(wrong)?;
        left -= piece.len() as u64;
        put(&piece, left == 0)?;
    }
    out.sync_all().map_err(wrong)
}

/// Restores a backup into a new SQLite store and verifies it: every piece, the hash of the whole,
/// the database's own integrity, and the journal's root.
///
/// # Errors
/// When the target exists, the key is wrong, or anything does not fit; says which piece. The target
/// is removed then.
pub fn restore(backup: &Path, target: &Path, key: &BackupKey) -> Result<Restored> {
    if target.exists() {
        return Err(wrong(format!("{} exists; a restore never overwrites", target.display())));
    }
    let restored = restore_into(backup, target, key);
    if restored.is_err() {
        remove_copy(target);
    }
    restored
}

fn restore_into(backup: &Path, target: &Path, key: &BackupKey) -> Result<Restored> {
    let backed = read_sealed(backup, target, key)?;
    let (bytes, sha256) = measure(target)?;
    if (bytes, &sha256) != (backed.bytes, &backed.sha256) {
        return Err(wrong("the restored database is not the one that was backed up"));
    }
    let store = Store::open(&url(target))?;
    let policies = access::Policies::builtin().map_err(wrong)?;
    let clock = std::sync::Arc::new(kernel::SystemClock);
    let room =
        Casework::new(store, Vault::from_key([0; 32]), std::sync::Arc::new(policies), clock)?;
    let (size, root) = room.journal_root()?;
    if (size, root.hex()) != (backed.journal_size, backed.journal_root.clone()) {
        return Err(wrong(format!(
            "the journal of the restored store has {size} entries and root {root:?}, not those that were backed up"
        )));
    }
    Ok(Restored { backed })
}

fn read_sealed(backup: &Path, target: &Path, key: &BackupKey) -> Result<Backed> {
    let mut file = File::open(backup).map_err(|e| wrong(format!("{}: {e}", backup.display())))?;
    let mut head = [0; HEAD.len() + 8];
    file.read_exact(&mut head).map_err(|_| wrong("the file is shorter than its head"))?;
    if &head[..HEAD.len()] != HEAD {
        return Err(wrong("this is no Padan backup"));
    }
    let mut random = [0; 8];
    random.copy_from_slice(&head[HEAD.len()..]);
    let mut sealer = Sealer::new(key, random);
    let first = next_piece(&mut file, &mut sealer, false)?
        .ok_or_else(|| wrong("the file ends after its head"))?;
    let backed: Backed = serde_json::from_slice(&first).map_err(wrong)?;
    let mut out = File::create(target).map_err(wrong)?;
    let mut left = backed.bytes;
    while left > 0 {
        let is_last = left <= PIECE_BYTES as u64;
        let piece = next_piece(&mut file, &mut sealer, is_last)?
            .ok_or_else(|| wrong("the file is cut off"))?;
        left = left
            .checked_sub(piece.len() as u64)
            .ok_or_else(|| wrong("the file holds more than it says"))?;
        out.write_all(&piece).map_err(wrong)?;
    }
    if file.read(&mut [0]).map_err(wrong)? != 0 {
        return Err(wrong("there is something behind the last piece"));
    }
    out.sync_all().map_err(wrong)?;
    Ok(backed)
}

fn next_piece(file: &mut File, sealer: &mut Sealer, is_last: bool) -> Result<Option<Vec<u8>>> {
    let number = sealer.number;
    let mut length = [0; 4];
    if file.read_exact(&mut length).is_err() {
        return Ok(None);
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > PIECE_BYTES + 16 {
        return Err(wrong(format!("piece {number} is damaged: its length is impossible")));
    }
    let mut sealed = vec![0; length];
    file.read_exact(&mut sealed).map_err(|_| wrong(format!("piece {number} is cut off")))?;
    let (nonce, place) = sealer.nonce(is_last);
    let plain = sealer.cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &place });
    plain.map(Some).map_err(|_| {
        wrong(format!("piece {number} does not open: the key is wrong or the piece was changed"))
    })
}
