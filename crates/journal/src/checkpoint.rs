//! Checkpoints (C2SP tlog-checkpoint): origin, size, root, signed as a note.

use crate::{Digest, JournalError, Note, Signer, VerifierKey};

/// The state of a journal at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The journal's name, unique in the world.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.base64())
    }

    /// The signed note.
    #[must_use]
    pub fn signed(&self, signer: &Signer) -> Note {
        let text = self.text();
        let signatures = vec![signer.sign(&text)];
        Note { text, signatures }
    }

    /// Reads the text of a checkpoint; extension lines after the third are allowed and ignored.
    ///
    /// # Errors
    /// When a line is missing or malformed.
    pub fn parse(text: &str) -> Result<Self, JournalError> {
        let wrong = |why: &str| JournalError::format("the checkpoint", why);
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(wrong("it needs three lines: origin, size, root"));
        };
        let number: u64 = size.parse().map_err(|_| wrong("its second line is not a number"))?;
        if origin.is_empty() || number.to_string() != size || lines.any(str::is_empty) {
            return Err(wrong(
                "its origin is empty, its size has leading zeros, or a line is empty",
            ));
        }
        Ok(Self { origin: origin.to_owned(), size: number, root: Digest::from_base64(root)? })
    }

    /// Reads a signed checkpoint and checks the log's signature and origin.
    ///
    /// # Errors
    /// When it is malformed, not signed by `key`, or of another journal.
    pub fn open(note: &str, key: &VerifierKey) -> Result<(Self, Note), JournalError> {
        let note = Note::parse(note)?;
        note.verify(key)?;
        let checkpoint = Self::parse(&note.text)?;
        if checkpoint.origin != key.name() {
            return Err(JournalError::format(
                "the checkpoint",
                format!("it is of `{}`, the key of `{}`", checkpoint.origin, key.name()),
            ));
        }
        Ok((checkpoint, note))
    }
}
