//! Passwords: argon2id, 64 MiB, 3 passes, one lane (above OWASP's minimum of 19 MiB and 2).

use crate::AccessError;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};
use subtle::ConstantTimeEq as _;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Shortest password when it is the only factor (NIST 800-63B).
const LENGTH_MIN: usize = 15;
/// Longest password, in bytes.
const LENGTH_MAX: usize = 256;
/// Beginnings of passwords that everybody tries first.
const COMMON: [&str; 8] =
    ["password", "123456", "qwerty", "bismillah", "indonesia", "sayang", "admin", "rahasia"];

/// A password that is long enough and not everybody's. Never prints itself.
#[derive(Clone)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Password {
    /// Takes a new password.
    ///
    /// # Errors
    /// When it is shorter than 15 characters, longer than 256 bytes, one character repeated, or
    /// begins like the most common ones. There are no rules about kinds of characters.
    pub fn new(text: &str) -> Result<Self, AccessError> {
        let refuse = |why: &str| Err(AccessError::Password(why.to_owned()));
        if text.chars().count() < LENGTH_MIN {
            return refuse("it needs at least 15 characters; four words are easy to remember");
        }
        if text.len() > LENGTH_MAX {
            return refuse("it is longer than 256 bytes");
        }
        let first = text.chars().next();
        if text.chars().all(|c| Some(c) == first) {
            return refuse("it is one character over and over");
        }
        let lower = text.to_lowercase();
        if COMMON.iter().any(|common| lower.starts_with(common)) {
            return refuse("it begins like a password that everybody tries first");
        }
        Ok(Self(text.to_owned()))
    }
}

/// A stored password: `argon2id$m=…,t=…,p=…$salt$hash`, so that parameters can grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// As read from the store.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn digest(
    text: &str,
    salt: &[u8],
    memory: u32,
    passes: u32,
    lanes: u32,
) -> Result<[u8; HASH_BYTES], AccessError> {
    let wrong = |e: &dyn std::fmt::Display| AccessError::Password(e.to_string());
    let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).map_err(|e| wrong(&e))?;
    let mut out = [0; HASH_BYTES];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(text.as_bytes(), salt, &mut out).map_err(|e| wrong(&e))?;
    Ok(out)
}

/// Hashes a new password (about 160 ms here; run at most four at once).
///
/// # Errors
/// When the machine gives no random bytes or no memory.
pub fn hash_password(password: &Password) -> Result<PasswordHash, AccessError> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|e| AccessError::Random(e.to_string()))?;
    let hash = digest(&password.0, &salt, MEMORY_KIB, PASSES, LANES)?;
    let encode = |bytes: &[u8]| BASE64_STANDARD_NO_PAD.encode(bytes);
    Ok(PasswordHash(format!(
        "argon2id$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}",
        encode(&salt),
        encode(&hash)
    )))
}

/// True when `text` is the password of `stored`. A stored form that cannot be read is no password.
#[must_use]
pub fn check_password(text: &str, stored: &PasswordHash) -> bool {
    check(text, &stored.0).unwrap_or(false)
}

fn check(text: &str, stored: &str) -> Option<bool> {
    if text.len() > LENGTH_MAX {
        return None;
    }
    let mut parts = stored.strip_prefix("argon2id$")?.split('$');
    let (params, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let mut numbers =
        params.split(',').map(|p| p.split_once('=').and_then(|(_, n)| n.parse::<u32>().ok()));
    let (memory, passes, lanes) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let salt = BASE64_STANDARD_NO_PAD.decode(salt).ok()?;
    let hash = BASE64_STANDARD_NO_PAD.decode(hash).ok()?;
    let found =
        digest(text, &salt, memory.min(4 * MEMORY_KIB), passes.min(10), lanes.min(4)).ok()?;
    Some(found.ct_eq(&hash[..]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_checked_against_its_hash() {
        let password = Password::new("kuda laut makan nasi").unwrap();
        let stored = hash_password(&password).unwrap();
        assert!(stored.as_str().starts_with("argon2id$m=65536,t=3,p=1$"));
        assert!(check_password("kuda laut makan nasi", &stored));
        assert!(!check_password("kuda laut makan Nasi", &stored));
        assert_ne!(hash_password(&password).unwrap(), stored, "salted");
        assert!(!check_password("x", &PasswordHash::from_stored("plain".to_owned())));
        assert_eq!(format!("{password:?}"), "Password(…)");
    }

    #[test]
    fn weak_ones_are_refused() {
        for text in ["pendek", "aaaaaaaaaaaaaaaa", "Password12345678", "bismillah lancar jaya"] {
            assert!(Password::new(text).is_err(), "{text}");
        }
    }
}
