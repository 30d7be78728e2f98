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
/// Pieces of passwords that everybody tries first, one a line.
const COMMON: &str = include_str!("../../../config/id/policies/common_passwords.txt");
/// What must be left of a password without those pieces, digits and repetitions.
const REST_MIN: usize = 8;

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
    /// As for [`Password::new_for`].
    pub fn new(text: &str) -> Result<Self, AccessError> {
        Self::new_for(text, &[])
    }

    /// Takes a new password of somebody who is known by these names (login, name).
    ///
    /// # Errors
    /// When it is shorter than 15 characters, longer than 256 bytes, or little is left of it without
    /// the pieces of the most common passwords, the names, digits and repeated characters. There are
    /// no rules about kinds of characters.
    pub fn new_for(text: &str, names: &[&str]) -> Result<Self, AccessError> {
        let refuse = |why: &str| Err(AccessError::Password(why.to_owned()));
        if text.chars().count() < LENGTH_MIN {
            return refuse("it needs at least 15 characters; four words are easy to remember");
        }
        if text.len() > LENGTH_MAX {
            return refuse("it is longer than 256 bytes");
        }
        if rest(text, names) < REST_MIN {
            return refuse("it is made of pieces that everybody tries first");
        }
        Ok(Self(text.to_owned()))
    }
}

/// How many characters a guesser still has to find: without common pieces, names, digits, signs and
/// characters that repeat the one before.
fn rest(text: &str, names: &[&str]) -> usize {
    // The usual disguises of letters.
    let plain = |c: char| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    };
    let own = names.iter().flat_map(|name| name.split_whitespace()).map(str::to_lowercase);
    let listed = COMMON.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut pieces: Vec<String> = listed.map(str::to_owned).chain(own).collect();
    pieces.retain(|piece| piece.chars().count() >= 3);
    // The longest first: `password` before `pass`.
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    let left = |mut text: String| {
        for piece in &pieces {
            text = text.replace(piece.as_str(), "\u{0}");
        }
        let mut before = '\u{0}';
        let mut count = 0;
        for c in text.chars() {
            count += usize::from(c.is_alphabetic() && c != before);
            before = c;
        }
        count
    };
    let lower = text.to_lowercase();
    left(lower.clone()).min(left(lower.chars().map(plain).collect()))
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
        for text in [
            "pendek",
            "aaaaaaaaaaaaaaaa",
            "Password12345678",
            "P@ssw0rdP@ssw0rd1",
            "indonesia1945merdeka",
            "bismillah bismillah",
            "qwertyuiop123456789",
            "123456789012345678",
            "akucintakamu2024!!",
        ] {
            assert!(Password::new(text).is_err(), "{text}");
        }
        assert!(Password::new_for("yusuf hadi yusuf hadi 99", &["Yusuf Hadi"]).is_err());
        let long = "kuda laut makan nasi di pulau seberang setiap pagi sebelum matahari";
        assert!(long.len() >= 64 && Password::new(long).is_ok());
        for text in ["kuda laut makan nasi", "empat kata mudah diingat", "tenun sumba ombak tujuh"]
        {
            assert!(Password::new(text).is_ok(), "{text}");
        }
    }
}
