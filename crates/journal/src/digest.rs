//! SHA-256 with the domain separation of RFC 6962 §2.1.

use crate::JournalError;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256 digest: a leaf hash, a node hash, a root or a sealed payload.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Standard base64 with padding, as in checkpoints and proofs.
    #[must_use]
    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// Reads standard base64.
    ///
    /// # Errors
    /// When the text is not the base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, JournalError> {
        BASE64_STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| JournalError::format("a hash", "it is not the base64 of 32 bytes"))
    }

    /// Lower-case hexadecimal, as in leaves.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn from_hex(text: &str) -> Result<Self, JournalError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| JournalError::format("a hash", "it is not 64 hexadecimal digits"))?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex()[..12])
    }
}

/// The hash of a leaf: SHA-256(0x00 ‖ entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut block = [0u8; 65];
    block[0] = 1;
    block[1..33].copy_from_slice(&left.0);
    block[33..].copy_from_slice(&right.0);
    Digest(Sha256::digest(block).into())
}

/// The root of the empty tree: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    Digest(Sha256::digest([]).into())
}

/// Seals a payload so that a leaf can hold its hash: SHA-256 of a domain line, the salt and the
/// payload. With 32 random bytes of salt nobody can guess the payload from the hash, and erasing
/// salt and payload leaves every proof standing.
#[must_use]
pub fn seal(salt: &[u8; 32], payload: &[u8]) -> Digest {
    let hasher = Sha256::new().chain_update(b"padan journal payload v1\n");
    Digest(hasher.chain_update(salt).chain_update(payload).finalize().into())
}
