//! Signed notes (C2SP signed-note) with Ed25519, and witnesses' cosignatures (C2SP
//! tlog-cosignature): `cosignature/v1`.

use crate::JournalError;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;

const LOG_KEY: u8 = 0x01;
const WITNESS_KEY: u8 = 0x04;
/// A note longer than this is refused before it is parsed.
const NOTE_BYTES_MAX: usize = 1 << 20;
/// More signature lines than this are refused.
const SIGNATURES_MAX: usize = 100;

fn key_id(name: &str, kind: u8, public: &[u8; 32]) -> [u8; 4] {
    let hasher = Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(public);
    let hash: [u8; 32] = hasher.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn name_fits(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && !name.contains('+')
        && !name.contains(char::is_whitespace)
}

/// The public half of a log's or a witness's key: `name+hash+base64` (C2SP "vkey").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: u8,
    public: VerifyingKey,
}

impl VerifierKey {
    /// Reads `name+hash+base64`.
    ///
    /// # Errors
    /// When a part is missing or the parts do not belong together.
    pub fn parse(text: &str) -> Result<Self, JournalError> {
        let wrong = |why: &str| JournalError::format("the verifier key", why);
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("write it as name+hash+base64"));
        };
        let bytes =
            BASE64_STANDARD.decode(key).map_err(|_| wrong("its last part is not base64"))?;
        let (Some(kind), Ok(public)) =
            (bytes.first(), <[u8; 32]>::try_from(&bytes[1.min(bytes.len())..]))
        else {
            return Err(wrong("it is not an Ed25519 key of 33 bytes"));
        };
        if !name_fits(name) || !matches!(*kind, LOG_KEY | WITNESS_KEY) {
            return Err(wrong("its name or its algorithm is unknown"));
        }
        if hex::encode(key_id(name, *kind, &public)) != id {
            return Err(wrong("its hash does not belong to its name and key"));
        }
        let public =
            VerifyingKey::from_bytes(&public).map_err(|_| wrong("it is no point of the curve"))?;
        Ok(Self { name: name.to_owned(), kind: *kind, public })
    }

    /// The name that stands in signature lines.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, self.public.as_bytes())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind];
        bytes.extend_from_slice(self.public.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), BASE64_STANDARD.encode(bytes))
    }
}

/// The secret half. It lives in a key file outside the database and never prints itself.
#[derive(Clone)]
pub struct Signer {
    name: String,
    kind: u8,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.name)
    }
}

impl Signer {
    /// The key of a journal. The name is its origin, for example `ntb.registri.example/journal`.
    ///
    /// # Errors
    /// When the name is empty, too long, or holds a blank or a plus sign.
    pub fn log(name: &str, seed: &[u8; 32]) -> Result<Self, JournalError> {
        Self::new(name, LOG_KEY, seed)
    }

    /// The key of a witness.
    ///
    /// # Errors
    /// As for [`Signer::log`].
    pub fn witness(name: &str, seed: &[u8; 32]) -> Result<Self, JournalError> {
        Self::new(name, WITNESS_KEY, seed)
    }

    fn new(name: &str, kind: u8, seed: &[u8; 32]) -> Result<Self, JournalError> {
        if !name_fits(name) {
            return Err(JournalError::format(
                "the key name",
                "use up to 128 characters without blanks or `+`",
            ));
        }
        Ok(Self { name: name.to_owned(), kind, key: SigningKey::from_bytes(seed) })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), kind: self.kind, public: self.key.verifying_key() }
    }

    /// Signs a note's text as the log.
    #[must_use]
    pub fn sign(&self, text: &str) -> NoteSignature {
        self.line(self.key.sign(text.as_bytes()).to_bytes().to_vec())
    }

    /// Cosigns a checkpoint's text as a witness that saw it at `time` (seconds since 1970) and
    /// found it consistent with everything it cosigned before.
    #[must_use]
    pub fn cosign(&self, text: &str, time: u64) -> NoteSignature {
        let signature = self.key.sign(cosigned(text, time).as_bytes());
        let mut bytes = time.to_be_bytes().to_vec();
        bytes.extend_from_slice(&signature.to_bytes());
        self.line(bytes)
    }

    fn line(&self, signature: Vec<u8>) -> NoteSignature {
        let id = key_id(&self.name, self.kind, self.key.verifying_key().as_bytes());
        NoteSignature { name: self.name.clone(), id, signature }
    }
}

fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A text with signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text; ends with a line feed.
    pub text: String,
    /// The signature lines, in order.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note: text, blank line, signature lines. Checks no signature yet.
    ///
    /// # Errors
    /// When the shape is wrong or a limit is passed.
    pub fn parse(note: &str) -> Result<Self, JournalError> {
        let wrong = |why: &str| JournalError::format("the signed note", why);
        if note.len() > NOTE_BYTES_MAX || note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(wrong("it is longer than 1 MiB or holds a control character"));
        }
        let at = note
            .rfind("\n\n")
            .ok_or_else(|| wrong("there is no blank line before the signatures"))?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        if !lines.ends_with('\n') {
            return Err(wrong("it does not end with a line feed"));
        }
        let signatures: Vec<_> = lines
            .lines()
            .map(parse_signature)
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("a signature line is not `— name base64`"))?;
        if signatures.is_empty() || signatures.len() > SIGNATURES_MAX {
            return Err(wrong("it needs 1 to 100 signature lines"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// Checks the signature of a log's or witness's key. For a witness, returns when it cosigned.
    ///
    /// # Errors
    /// When that key has not signed, or a line in its name does not verify.
    pub fn verify(&self, key: &VerifierKey) -> Result<Option<u64>, JournalError> {
        let wrong =
            |why: &str| JournalError::Signature { key: key.name.clone(), why: why.to_owned() };
        let line = self.signatures.iter().find(|line| line.name == key.name && line.id == key.id());
        let line = line.ok_or_else(|| wrong("it has not signed this text"))?;
        let check = |text: &str, signature: &[u8]| {
            let signature = Signature::from_slice(signature)
                .map_err(|_| wrong("its signature has the wrong length"))?;
            let verdict = key.public.verify_strict(text.as_bytes(), &signature);
            verdict.map_err(|_| wrong("its signature is not of this text"))
        };
        if key.kind == LOG_KEY {
            return check(&self.text, &line.signature).map(|()| None);
        }
        let (time, signature) = line
            .signature
            .split_first_chunk::<8>()
            .ok_or_else(|| wrong("its cosignature is too short"))?;
        let time = u64::from_be_bytes(*time);
        check(&cosigned(&self.text, time), signature).map(|()| Some(time))
    }
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = BASE64_STANDARD.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    let fits = name_fits(name) && !signature.is_empty();
    fits.then(|| NoteSignature { name: name.to_owned(), id: *id, signature: signature.to_vec() })
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            let mut bytes = line.id.to_vec();
            bytes.extend_from_slice(&line.signature);
            writeln!(f, "— {} {}", line.name, BASE64_STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}
