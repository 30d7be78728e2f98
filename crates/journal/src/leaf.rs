//! What one leaf of the journal says: what happened, when, by whom, about which case or edition,
//! and the sealed hash of the payload. Never a name, never a NIK.

use crate::{Digest, JournalError};
use serde::{Deserialize, Serialize};

/// Longest kind, actor or subject-matter text of a leaf, in bytes.
pub const PLAIN_TEXT_BYTES_MAX: usize = 96;
/// A run of this many digits could be a NIK or a family card number.
const DIGITS_IN_A_ROW_MAX: usize = 12;

/// A leaf before it has its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafDraft {
    /// What happened: `report`, `decision`, `read`, … (lower case, digits, `_`).
    pub kind: String,
    /// When, in milliseconds since 1970-01-01 00:00 UTC.
    pub time: i64,
    /// Who: a role and an account number, never a name.
    pub actor: String,
    /// Whom it is about: 32 hexadecimal digits of a keyed hash, or empty.
    pub subject: String,
    /// Which case, edition, list or file.
    pub about: String,
    /// `seal(salt, payload)`.
    pub payload: Digest,
}

/// A leaf: one line of JSON with its fields in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Its place in the journal, from 0.
    pub seq: u64,
    /// What happened.
    pub kind: String,
    /// When, in milliseconds since 1970-01-01 00:00 UTC.
    pub time: i64,
    /// Who.
    pub actor: String,
    /// Whom it is about, as a keyed token.
    pub subject: String,
    /// Which case, edition, list or file.
    pub about: String,
    /// Hexadecimal SHA-256 of salt and payload.
    pub payload: String,
}

impl LeafDraft {
    /// Gives the draft its place.
    ///
    /// # Errors
    /// When a text is too long, has a character outside `a-z A-Z 0-9 _ . : / -`, or a run of
    /// digits that could be a NIK.
    pub fn at(self, seq: u64) -> Result<Leaf, JournalError> {
        let leaf = Leaf {
            seq,
            kind: self.kind,
            time: self.time,
            actor: self.actor,
            subject: self.subject,
            about: self.about,
            payload: self.payload.hex(),
        };
        leaf.check()?;
        Ok(leaf)
    }
}

fn check_plain(field: &'static str, text: &str) -> Result<(), JournalError> {
    let refuse = |why: &str| Err(JournalError::Leaf { field, why: why.to_owned() });
    if text.len() > PLAIN_TEXT_BYTES_MAX {
        return refuse("it is longer than 96 bytes");
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:/-".contains(&b)) {
        return refuse("only letters, digits and _ . : / - may stand here, so no name can");
    }
    let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    if longest > Some(DIGITS_IN_A_ROW_MAX) {
        return refuse("more than 12 digits in a row could be a NIK");
    }
    Ok(())
}

impl Leaf {
    fn check(&self) -> Result<(), JournalError> {
        check_plain("kind", &self.kind)?;
        check_plain("actor", &self.actor)?;
        check_plain("about", &self.about)?;
        if self.kind.is_empty() {
            return Err(JournalError::Leaf { field: "kind", why: "it is empty".to_owned() });
        }
        let is_token = self.subject.is_empty()
            || (self.subject.len() == 32
                && self.subject.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
        if !is_token {
            let why = "it is not 32 lower-case hexadecimal digits of a keyed token".to_owned();
            return Err(JournalError::Leaf { field: "subject", why });
        }
        Digest::from_hex(&self.payload).map(|_| ())
    }

    /// The entry's bytes as they are hashed into the tree.
    ///
    /// # Errors
    /// Never for a leaf that was checked; the serialiser's word otherwise.
    pub fn entry(&self) -> Result<Vec<u8>, JournalError> {
        serde_json::to_vec(self).map_err(|error| JournalError::format("a leaf", error.to_string()))
    }

    /// Reads an entry; it must be exactly what [`Leaf::entry`] writes.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(entry: &[u8]) -> Result<Self, JournalError> {
        let leaf: Self = serde_json::from_slice(entry)
            .map_err(|error| JournalError::format("a leaf", error.to_string()))?;
        leaf.check()?;
        if leaf.entry()? != entry {
            return Err(JournalError::format("a leaf", "it is not in its canonical form"));
        }
        Ok(leaf)
    }
}
