//! A receipt: C2SP tlog-proof text with the leaf (and, for the reporter, what was said and its
//! salt) in the `extra` line. It verifies offline with nothing but the journal's verifier key.

use crate::digest::{Digest, leaf_hash, seal};
use crate::files::Files;
use crate::tiles::{TILE_WIDTH, TileNodes, bundle_path, entries_of, width_at};
use crate::tree::{inclusion_proof, verify_inclusion};
use crate::{Checkpoint, JournalError, Leaf, VerifierKey};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A receipt longer than this is refused.
const RECEIPT_BYTES_MAX: usize = 1 << 20;

/// What the reporter may hold besides the proof: the payload and its salt, opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The entry's bytes as text.
    pub leaf: String,
    /// Hexadecimal salt, when the payload is disclosed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The payload, when it is disclosed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// A receipt whose every part has been read, but not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The leaf and, if disclosed, the payload.
    pub statement: Statement,
    /// The leaf's place.
    pub index: u64,
    /// The audit path.
    pub path: Vec<Digest>,
    /// The signed checkpoint, as text.
    pub checkpoint: String,
}

impl Receipt {
    /// Makes the receipt of entry `index` from a journal's files, under its newest checkpoint.
    /// `opened` is the salt and payload to disclose to the reporter.
    ///
    /// # Errors
    /// When the index is not yet under a checkpoint, or a file is missing or damaged.
    pub fn issue<F: Files>(
        files: &F,
        key: &VerifierKey,
        index: u64,
        opened: Option<(&[u8; 32], &str)>,
    ) -> Result<Self, JournalError> {
        let note = files.read(crate::writer::CHECKPOINT_FILE)?;
        let note =
            note.ok_or_else(|| JournalError::format("the journal", "it has no checkpoint yet"))?;
        let text = String::from_utf8_lossy(&note).into_owned();
        let (checkpoint, _) = Checkpoint::open(&text, key)?;
        if index >= checkpoint.size {
            return Err(JournalError::format(
                "the receipt",
                format!(
                    "entry {index} is recorded but not yet under a checkpoint ({} entries); ask again in a minute",
                    checkpoint.size
                ),
            ));
        }
        let leaf = read_entry(files, index, checkpoint.size)?;
        let nodes = TileNodes::new(files, checkpoint.size);
        Ok(Self {
            statement: Statement {
                leaf: String::from_utf8_lossy(&leaf).into_owned(),
                salt: opened.map(|(salt, _)| hex::encode(salt)),
                payload: opened.map(|(_, payload)| payload.to_owned()),
            },
            index,
            path: inclusion_proof(&nodes, index, checkpoint.size)?,
            checkpoint: text,
        })
    }

    /// The receipt as the text to hand out (file extension `.tlog-proof`).
    ///
    /// # Errors
    /// Only the serialiser's.
    pub fn text(&self) -> Result<String, JournalError> {
        let extra = serde_json::to_vec(&self.statement)
            .map_err(|e| JournalError::format("the receipt", e.to_string()))?;
        let mut text =
            format!("{HEADER}\nextra {}\nindex {}\n", BASE64_STANDARD.encode(extra), self.index);
        for hash in &self.path {
            text.push_str(&hash.base64());
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        Ok(text)
    }

    /// Reads a receipt's text.
    ///
    /// # Errors
    /// When a part is missing or malformed.
    pub fn parse(text: &str) -> Result<Self, JournalError> {
        let wrong = |why: &str| JournalError::format("the receipt", why);
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(wrong("it is longer than 1 MiB"));
        }
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| wrong("there is no blank line before the checkpoint"))?;
        let mut lines = head.lines();
        if lines.next() != Some(HEADER) {
            return Err(wrong("its first line is not c2sp.org/tlog-proof@v1"));
        }
        let extra = lines
            .next()
            .and_then(|line| line.strip_prefix("extra "))
            .ok_or_else(|| wrong("the extra line is missing"))?;
        let extra =
            BASE64_STANDARD.decode(extra).map_err(|_| wrong("the extra line is not base64"))?;
        let statement =
            serde_json::from_slice(&extra).map_err(|e| wrong(&format!("the extra line: {e}")))?;
        let digits = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .ok_or_else(|| wrong("the index line is missing"))?;
        let index: u64 = digits.parse().map_err(|_| wrong("the index is not a number"))?;
        if index.to_string() != digits {
            return Err(wrong("the index has leading zeros or a sign"));
        }
        let path = lines.map(Digest::from_base64).collect::<Result<Vec<_>, _>>()?;
        if path.len() > 64 {
            return Err(wrong("the path has more than 64 hashes"));
        }
        Ok(Self { statement, index, path, checkpoint: checkpoint.to_owned() })
    }

    /// Believes the receipt, or says why not: signature, path, place, and that the disclosed
    /// payload is the one that was sealed.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self, key: &VerifierKey) -> Result<(Leaf, Checkpoint), JournalError> {
        let (checkpoint, _) = Checkpoint::open(&self.checkpoint, key)?;
        let entry = self.statement.leaf.as_bytes();
        let leaf = Leaf::parse(entry)?;
        if leaf.seq != self.index {
            return Err(JournalError::mismatch(
                "the receipt",
                format!("its leaf says place {}, its index {}", leaf.seq, self.index),
            ));
        }
        if !verify_inclusion(
            &leaf_hash(entry),
            self.index,
            checkpoint.size,
            &self.path,
            &checkpoint.root,
        ) {
            return Err(JournalError::mismatch(
                "the receipt",
                "its path does not lead from the leaf to the signed root",
            ));
        }
        match (&self.statement.salt, &self.statement.payload) {
            (None, None) => {}
            (Some(salt), Some(payload)) => {
                let salt = Digest::from_hex(salt)?;
                if seal(&salt.0, payload.as_bytes()).hex() != leaf.payload {
                    return Err(JournalError::mismatch(
                        "the receipt",
                        "the disclosed payload is not the one that was sealed",
                    ));
                }
            }
            _ => {
                return Err(JournalError::format(
                    "the receipt",
                    "salt and payload come together or not at all",
                ));
            }
        }
        Ok((leaf, checkpoint))
    }
}

/// Entry `index` of a journal of `size` entries.
fn read_entry<F: Files>(files: &F, index: u64, size: u64) -> Result<Vec<u8>, JournalError> {
    let n = index / TILE_WIDTH;
    let path = bundle_path(n, width_at(0, n, size));
    let bytes =
        files.read(&path)?.ok_or_else(|| JournalError::mismatch(&path, "the file is missing"))?;
    let entries = entries_of(&path, &bytes)?;
    let entry = entries.get((index % TILE_WIDTH) as usize);
    entry
        .map(|entry| entry.to_vec())
        .ok_or_else(|| JournalError::mismatch(path, format!("entry {index} is missing")))
}
