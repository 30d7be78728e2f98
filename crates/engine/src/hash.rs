//! SHA-256 of files and texts, and fingerprints that decide whether a finished step still holds.

use crate::EngineError;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The SHA-256 of a file, in lower-case hex.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_file(path: &Path) -> Result<String, EngineError> {
    let mut file = File::open(path).map_err(|e| EngineError::io("open", path, e))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(|e| EngineError::io("read", path, e))?;
        if n == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}

/// SHA-256 (lower-case hex) and size of many files, read in parallel, in their order.
///
/// # Errors
/// When one cannot be read.
pub fn sha256_files(paths: &[&Path]) -> Result<Vec<(String, u64)>, EngineError> {
    paths
        .par_iter()
        .map(|path| {
            let size = std::fs::metadata(path).map_err(|e| EngineError::io("read", path, e))?.len();
            Ok((sha256_file(path)?, size))
        })
        .collect()
}

/// The SHA-256 of a text, in lower-case hex.
#[must_use]
pub fn sha256_text(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Everything a step's output depends on, folded into one hash.
///
/// Parts are written with their length, so `("ab", "c")` and `("a", "bc")` differ.
#[derive(Debug, Clone, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one named part: a file hash, a parameter, the fingerprint of an earlier step.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        for part in [name, value] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part.as_bytes());
        }
        self
    }

    /// The fingerprint, in lower-case hex.
    #[must_use]
    pub fn finish(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hash_of_a_text() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_text("abc"), abc);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let a = Fingerprint::new().with("ab", "c").finish();
        let b = Fingerprint::new().with("a", "bc").finish();
        assert_ne!(a, b);
        assert_eq!(a, Fingerprint::new().with("ab", "c").finish());
    }
}
