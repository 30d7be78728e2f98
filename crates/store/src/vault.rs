//! Keys that live outside the database: blind indexes and sealed fields.
//!
//! A NIK is guessable by trying (about 3·10¹⁰ likely numbers), so nothing unkeyed is ever stored of
//! it. An identity is found by HMAC-SHA-256 under a key of its own purpose, cut to 128 bits. Fields
//! are sealed with AES-256-GCM-SIV; the place they belong to (`table.column|row`) is authenticated
//! with them, so a sealed field moved to another row does not open.
//!
//! The key file is text: a head line, then `key <number> <64 hex digits>`; the last key seals, all
//! of them open (rotation: append a key, re-seal in the background, remove the old one).

use crate::StoreError;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

const HEAD: &str = "padan keys 1";
const NONCE_BYTES: usize = 12;
/// Bytes of a blind index.
pub const INDEX_BYTES: usize = 16;

/// The keys of one store. Cheap to clone. Never prints them.
#[derive(Clone)]
pub struct Vault(Arc<Keys>);

struct Keys {
    index_key: [u8; 32],
    sealing: u8,
    ciphers: BTreeMap<u8, Aes256GcmSiv>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({} keys)", self.0.ciphers.len())
    }
}

impl Vault {
    /// Reads the key file, or makes it with a fresh key, readable by its owner only.
    ///
    /// # Errors
    /// When the file cannot be read or made, others may read it, or a line is not a key.
    pub fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            create(path)?;
        }
        refuse_open_permissions(path)?;
        let text = fs::read_to_string(path)
            .map_err(|e| StoreError::Key(format!("{}: {e}", path.display())))?;
        Self::from_text(&text).map_err(|m| StoreError::Key(format!("{}: {m}", path.display())))
    }

    /// A vault of one key, for tests and tools.
    #[must_use]
    pub fn from_key(key: [u8; 32]) -> Self {
        Self::from_keys(&[(1, key)])
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return Err(format!("the first line is not `{HEAD}`"));
        }
        let mut keys = Vec::new();
        for (at, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = || format!("line {} is not `key <1-255> <64 hex digits>`", at + 2);
            let mut words = line.split_whitespace();
            let (Some("key"), Some(number), Some(digits), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(wrong());
            };
            let mut key = [0; 32];
            hex::decode_to_slice(digits, &mut key).map_err(|_| wrong())?;
            keys.push((number.parse().map_err(|_| wrong())?, key));
        }
        if keys.is_empty() {
            return Err("it holds no key".to_owned());
        }
        Ok(Self::from_keys(&keys))
    }

    fn from_keys(keys: &[(u8, [u8; 32])]) -> Self {
        let ciphers = keys
            .iter()
            .map(|(number, key)| (*number, Aes256GcmSiv::new(&derive(key, "seal").into())))
            .collect();
        let sealing = keys.last().map_or(0, |(number, _)| *number);
        // The index key is that of the first key: indexes outlive the rotation of sealing keys.
        let index_key = keys.first().map_or([0; 32], |(_, key)| derive(key, "index"));
        Self(Arc::new(Keys { index_key, sealing, ciphers }))
    }

    /// The blind index of an identity number for one purpose (for example `nik`, `kk`, `phone`).
    #[must_use]
    pub fn index(&self, purpose: &str, identity: &[u8]) -> [u8; INDEX_BYTES] {
        let mut message = Vec::with_capacity(purpose.len() + 1 + identity.len());
        message.extend_from_slice(purpose.as_bytes());
        message.push(0);
        message.extend_from_slice(identity);
        first_bytes(&mac(&self.0.index_key, &message))
    }

    /// The blind index of a NIK.
    #[must_use]
    pub fn nik_index(&self, nik: kernel::Nik) -> [u8; INDEX_BYTES] {
        self.index("nik", &nik.expose().to_be_bytes())
    }

    /// Seals a field for its place, `table.column|row`.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let keys = &self.0;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)
            .map_err(|e| StoreError::Key(format!("no random bytes from the system: {e}")))?;
        let cipher = keys.ciphers.get(&keys.sealing).ok_or_else(no_key)?;
        let sealed = cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: place.as_bytes() })
            .map_err(|_| StoreError::Key(format!("{place}: too long to seal")))?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(keys.sealing);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens a field that was sealed for this place.
    ///
    /// # Errors
    /// When it was changed, moved from another place, or sealed with a key that is not here.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let cannot = || StoreError::Key(format!("{place} does not open with the keys given"));
        let (number, rest) = sealed.split_first().ok_or_else(cannot)?;
        let (nonce, text) = rest.split_at_checked(NONCE_BYTES).ok_or_else(cannot)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| cannot())?;
        let cipher = self.0.ciphers.get(number).ok_or_else(cannot)?;
        cipher
            .decrypt(&Nonce::from(nonce), Payload { msg: text, aad: place.as_bytes() })
            .map_err(|_| cannot())
    }
}

fn no_key() -> StoreError {
    StoreError::Key("the vault holds no key".to_owned())
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        Err(_) => unreachable!("HMAC takes a key of any length"),
    }
}

/// A key for one use: HMAC of the use under the master key (HKDF-Expand with one block, RFC 5869).
fn derive(master: &[u8; 32], what_for: &str) -> [u8; 32] {
    mac(master, &[b"padan/1/", what_for.as_bytes(), &[1]].concat())
}

fn first_bytes(mac: &[u8; 32]) -> [u8; INDEX_BYTES] {
    let mut out = [0; INDEX_BYTES];
    out.copy_from_slice(&mac[..INDEX_BYTES]);
    out
}

fn create(path: &Path) -> Result<(), StoreError> {
    let wrong = |e: std::io::Error| StoreError::Key(format!("{}: {e}", path.display()));
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|e| StoreError::Key(format!("no random bytes from the system: {e}")))?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(wrong)?;
    writeln!(file, "{HEAD}\nkey 1 {}", hex::encode(key)).map_err(wrong)?;
    file.sync_all().map_err(wrong)
}

#[cfg(unix)]
fn refuse_open_permissions(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|e| StoreError::Key(format!("{}: {e}", path.display())))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(StoreError::Key(format!(
        "{}: others than its owner may read it; run `chmod 600` on it",
        path.display()
    )))
}

#[cfg(not(unix))]
fn refuse_open_permissions(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_fields_open_at_their_place_only() {
        let vault = Vault::from_key([7; 32]);
        let sealed = vault.seal("family.body|1", b"four members").unwrap();
        assert_eq!(vault.open("family.body|1", &sealed).unwrap(), b"four members");
        assert!(vault.open("family.body|2", &sealed).is_err());
        assert!(Vault::from_key([8; 32]).open("family.body|1", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.open("family.body|1", &changed).is_err(), "byte {at}");
        }
        for short in 0..sealed.len() {
            assert!(vault.open("family.body|1", &sealed[..short]).is_err());
        }
    }

    #[test]
    fn index_depends_on_key_purpose_and_number() {
        let (a, b) = (Vault::from_key([1; 32]), Vault::from_key([2; 32]));
        assert_eq!(a.index("nik", b"5"), a.index("nik", b"5"));
        assert_ne!(a.index("nik", b"5"), b.index("nik", b"5"));
        assert_ne!(a.index("nik", b"5"), a.index("kk", b"5"));
        assert_ne!(a.index("nik", b"5"), a.index("nik", b"6"));
    }

    #[test]
    fn rotation_keeps_old_fields_and_indexes() {
        let (one, two) = ("11".repeat(32), "22".repeat(32));
        let before = Vault::from_text(&format!("{HEAD}\nkey 1 {one}\n")).unwrap();
        let after = Vault::from_text(&format!("{HEAD}\nkey 1 {one}\nkey 2 {two}\n")).unwrap();
        let old = before.seal("a", b"x").unwrap();
        assert_eq!(after.open("a", &old).unwrap(), b"x");
        assert_eq!(after.seal("a", b"x").unwrap()[0], 2);
        assert_eq!(before.index("nik", b"1"), after.index("nik", b"1"));
    }

    #[test]
    #[cfg(unix)]
    fn key_file_is_made_private_and_kept_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let made = Vault::open_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Vault::open_or_create(&path).unwrap();
        assert_eq!(made.index("nik", b"1"), again.index("nik", b"1"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Vault::open_or_create(&path).unwrap_err().to_string().contains("chmod 600"));
    }
}
