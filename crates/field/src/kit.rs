//! A village kit: the visits of one village for a laptop without network, and the filled forms back.
//!
//! File: `padan kit 1\n`, a line of JSON that anybody may read (village, who made it, when it
//! expires, salt), a line with the Ed25519 signature over everything else, then the body sealed with
//! AES-256-GCM-SIV under a key made of the passphrase (Argon2id). The head is authenticated with the
//! body, so neither can be changed or put to another one. Who has the file without the passphrase
//! has nothing; who has both has one village until the day it expires; who returns something must
//! have opened the kit.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;

const HEAD: &str = "padan kit 1";
const RETURN_HEAD: &str = "padan kit return 1";
/// Largest kit or return, in bytes.
const BYTES_MAX: usize = 512 << 20;
/// Shortest passphrase, in characters.
const PASSPHRASE_MIN: usize = 12;

/// A kit or return cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KitError {
    /// Not a kit of this version.
    NotAKit,
    /// The signature is not of the key that was given.
    NotSigned,
    /// The passphrase is wrong, or the file was changed.
    Closed,
    /// It expired; the day is in the text.
    Expired(String),
    /// Anything else.
    Other(String),
}

impl fmt::Display for KitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKit => f.write_str("this is no village kit of this version"),
            Self::NotSigned => f.write_str(
                "the signature is not of the key given; take the kit and the key from the office again",
            ),
            Self::Closed => f.write_str("the passphrase is wrong, or the file was changed"),
            Self::Expired(day) => write!(f, "the kit expired on {day}; ask for a new one"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for KitError {}

/// The key that signs kits.
#[derive(Clone)]
pub struct KitKey(SigningKey);

impl fmt::Debug for KitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KitKey(…)")
    }
}

impl KitKey {
    /// From 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// What laptops keep to check kits: 64 hexadecimal digits.
    #[must_use]
    pub fn public(&self) -> String {
        hex::encode(self.0.verifying_key().to_bytes())
    }
}

/// A family of the kit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KitFamily {
    /// The key of the visit in forms.
    pub entity: String,
    /// Head's name.
    pub head: String,
    /// Hamlet, RW, RT.
    pub address: String,
    /// Who visits.
    pub account: u64,
    /// Person id, name.
    pub people: Vec<(u64, String)>,
}

/// What a kit says of itself to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    village: u64,
    made_at: i64,
    expires_at: i64,
    salt: String,
    nonce: String,
}

/// A kit, opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kit {
    /// The village.
    pub village: u64,
    /// When it was made, in milliseconds since 1970.
    pub made_at: i64,
    /// When it closes.
    pub expires_at: i64,
    /// A secret of this kit: who returns something proves to have opened it.
    pub secret: String,
    /// The families.
    pub families: Vec<KitFamily>,
    /// The 39 questions, as the form reads them.
    pub questions: serde_json::Value,
    /// Version of the form.
    pub version: String,
}

/// Filled forms on their way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KitReturn {
    /// The kit's village.
    pub village: u64,
    /// When the kit was made.
    pub made_at: i64,
    /// When it closed.
    pub expires_at: i64,
    /// The kit's secret.
    pub secret: String,
    /// What was filled.
    pub forms: Vec<KitForm>,
}

/// One filled form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KitForm {
    /// Who visited.
    pub account: u64,
    /// The form.
    pub xml: String,
    /// Names and base64 of photos.
    pub photos: Vec<(String, String)>,
}

impl Kit {
    /// Seals and signs.
    ///
    /// # Errors
    /// When the passphrase is short or the machine gives no random bytes.
    pub fn seal(&self, key: &KitKey, passphrase: &str) -> Result<Vec<u8>, KitError> {
        write(HEAD, self, (self.village, self.made_at, self.expires_at), Some(key), passphrase)
    }

    /// Opens a kit: signature, passphrase, day.
    ///
    /// # Errors
    /// When one of the three is wrong.
    pub fn open(file: &[u8], public: &str, passphrase: &str, now: i64) -> Result<Self, KitError> {
        let (head, kit): (Head, Self) = read(HEAD, file, Some(public), passphrase)?;
        if now >= head.expires_at {
            return Err(KitError::Expired(casework::day_of(head.expires_at).to_string()));
        }
        let same = (kit.village, kit.made_at, kit.expires_at);
        if same != (head.village, head.made_at, head.expires_at) {
            return Err(KitError::Closed);
        }
        Ok(kit)
    }
}

impl KitReturn {
    /// Seals what was filled, for the kit it came from.
    ///
    /// # Errors
    /// As [`Kit::seal`].
    pub fn seal(&self, kit: &Kit, passphrase: &str) -> Result<Vec<u8>, KitError> {
        let times = (kit.village, kit.made_at, kit.expires_at);
        write(RETURN_HEAD, self, times, None, passphrase)
    }

    /// Opens a return at the office. It may come after the kit expired: what was filled is not lost.
    ///
    /// # Errors
    /// When the passphrase is wrong or the file was changed.
    pub fn open(file: &[u8], passphrase: &str) -> Result<Self, KitError> {
        read(RETURN_HEAD, file, None, passphrase).map(|(_, back)| back)
    }
}

fn write<T: Serialize>(
    first: &str,
    body: &T,
    (village, made_at, expires_at): (u64, i64, i64),
    key: Option<&KitKey>,
    passphrase: &str,
) -> Result<Vec<u8>, KitError> {
    if passphrase.chars().count() < PASSPHRASE_MIN {
        return Err(KitError::Other(format!(
            "the passphrase needs at least {PASSPHRASE_MIN} characters"
        )));
    }
    let (mut salt, mut nonce) = ([0; 16], [0; 12]);
    getrandom::fill(&mut salt).map_err(|e| KitError::Other(e.to_string()))?;
    getrandom::fill(&mut nonce).map_err(|e| KitError::Other(e.to_string()))?;
    let (salt_text, nonce_text) = (hex::encode(salt), hex::encode(nonce));
    let head = Head { village, made_at, expires_at, salt: salt_text, nonce: nonce_text };
    let head = serde_json::to_string(&head).map_err(|e| KitError::Other(e.to_string()))?;
    let plain = serde_json::to_vec(body).map_err(|e| KitError::Other(e.to_string()))?;
    let cipher = cipher(passphrase, &salt)?;
    let aad = format!("{first}\n{head}");
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), Payload { msg: &plain, aad: aad.as_bytes() })
        .map_err(|_| KitError::Other("too large".to_owned()))?;
    let signature = key.map_or(String::new(), |key| {
        BASE64_STANDARD.encode(key.0.sign(&signed(&aad, &sealed)).to_bytes())
    });
    let mut out = format!("{aad}\n{signature}\n").into_bytes();
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn read<T: for<'de> Deserialize<'de>>(
    first: &str,
    file: &[u8],
    public: Option<&str>,
    passphrase: &str,
) -> Result<(Head, T), KitError> {
    if file.len() > BYTES_MAX {
        return Err(KitError::NotAKit);
    }
    let mut parts = file.splitn(4, |b| *b == b'\n');
    let mut line =
        || parts.next().and_then(|l| std::str::from_utf8(l).ok()).ok_or(KitError::NotAKit);
    if line()? != first {
        return Err(KitError::NotAKit);
    }
    let (head_text, signature) = (line()?.to_owned(), line()?.to_owned());
    let sealed = parts.next().ok_or(KitError::NotAKit)?;
    let aad = format!("{first}\n{head_text}");
    if let Some(public) = public {
        check_signature(public, &signature, &signed(&aad, sealed))?;
    }
    let head: Head = serde_json::from_str(&head_text).map_err(|_| KitError::NotAKit)?;
    let (mut salt, mut nonce) = ([0; 16], [0; 12]);
    hex::decode_to_slice(&head.salt, &mut salt).map_err(|_| KitError::NotAKit)?;
    hex::decode_to_slice(&head.nonce, &mut nonce).map_err(|_| KitError::NotAKit)?;
    let plain = cipher(passphrase, &salt)?
        .decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: aad.as_bytes() })
        .map_err(|_| KitError::Closed)?;
    let body = serde_json::from_slice(&plain).map_err(|_| KitError::NotAKit)?;
    Ok((head, body))
}

fn signed(aad: &str, sealed: &[u8]) -> Vec<u8> {
    [aad.as_bytes(), b"\n", sealed].concat()
}

fn check_signature(public: &str, signature: &str, message: &[u8]) -> Result<(), KitError> {
    let mut key = [0; 32];
    hex::decode_to_slice(public.trim(), &mut key).map_err(|_| KitError::NotSigned)?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| KitError::NotSigned)?;
    let bytes = BASE64_STANDARD.decode(signature).map_err(|_| KitError::NotSigned)?;
    let signature = Signature::from_slice(&bytes).map_err(|_| KitError::NotSigned)?;
    key.verify(message, &signature).map_err(|_| KitError::NotSigned)
}

/// Argon2id with 19 MiB and two passes (OWASP's least): a village laptop opens it in a second.
fn cipher(passphrase: &str, salt: &[u8; 16]) -> Result<Aes256GcmSiv, KitError> {
    let wrong = |e: argon2::Error| KitError::Other(e.to_string());
    let params = argon2::Params::new(19_456, 2, 1, Some(32)).map_err(wrong)?;
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut key = [0; 32];
    argon.hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(wrong)?;
    Ok(Aes256GcmSiv::new(&key.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "kuda laut di pantai";

    fn kit() -> Kit {
        Kit {
            village: 5_202_012_001,
            made_at: 1_000,
            expires_at: 90_000_000,
            secret: "s".repeat(32),
            families: vec![KitFamily {
                entity: "e".to_owned(),
                head: "Inaq Sahnim".to_owned(),
                address: "Dusun Tibu".to_owned(),
                account: 3,
                people: vec![(10, "Inaq Sahnim".to_owned())],
            }],
            questions: serde_json::json!([]),
            version: "1".to_owned(),
        }
    }

    #[test]
    fn a_kit_opens_with_key_words_and_day() {
        let key = KitKey::from_seed(&[1; 32]);
        let file = kit().seal(&key, WORDS).unwrap();
        let open = |public: &str, words: &str, now| Kit::open(&file, public, words, now);
        assert_eq!(open(&key.public(), WORDS, 5_000).unwrap(), kit());
        let other = KitKey::from_seed(&[2; 32]).public();
        assert_eq!(open(&other, WORDS, 5_000), Err(KitError::NotSigned));
        assert_eq!(open(&key.public(), "kuda laut di kota", 5_000), Err(KitError::Closed));
        assert!(matches!(open(&key.public(), WORDS, 90_000_000), Err(KitError::Expired(_))));
        assert!(kit().seal(&key, "short").is_err());
        let readable = String::from_utf8_lossy(&file);
        assert!(!readable.contains("Sahnim") && !readable.contains("Tibu"));
    }

    #[test]
    fn a_changed_kit_is_refused_wherever_it_is_changed() {
        let key = KitKey::from_seed(&[1; 32]);
        let file = kit().seal(&key, WORDS).unwrap();
        for at in (0..file.len()).step_by(7) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(Kit::open(&changed, &key.public(), WORDS, 5_000).is_err(), "byte {at}");
        }
        assert!(Kit::open(&file[..file.len() - 1], &key.public(), WORDS, 5_000).is_err());
    }

    #[test]
    fn a_return_comes_back_even_late_but_not_changed() {
        let back = KitReturn {
            village: 5_202_012_001,
            made_at: 1_000,
            expires_at: 90_000_000,
            secret: kit().secret,
            forms: vec![KitForm {
                account: 3,
                xml: "<data/>".to_owned(),
                photos: vec![("a.jpg".to_owned(), "AA==".to_owned())],
            }],
        };
        let file = back.seal(&kit(), WORDS).unwrap();
        assert_eq!(KitReturn::open(&file, WORDS).unwrap(), back);
        assert_eq!(KitReturn::open(&file, "kuda laut di kota"), Err(KitError::Closed));
        let mut changed = file.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(KitReturn::open(&changed, WORDS), Err(KitError::Closed));
        assert_eq!(Kit::open(&file, "", WORDS, 0), Err(KitError::NotAKit));
    }
}
