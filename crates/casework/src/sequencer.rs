//! From rows to the journal's files: one sequencer appends what is committed and signs it.
//! Receipts are issued from the files and opened with the salt kept in the store.

use crate::error::{CaseworkError, Result};
use crate::room::Casework;
use journal::{Digest, Files, Frontier, Receipt, VerifierKey, Writer, leaf_hash};
use store::{Query, StoreError, params};

/// Leaves moved at once.
const BATCH: u32 = 8_192;

impl Casework {
    /// Appends all committed leaves to the journal's files and signs each batch. Run it every
    /// second; returns how many were appended.
    ///
    /// # Errors
    /// When the files hold more than the store (they belong to another store, or the store was
    /// rolled back), or one of them fails.
    pub fn sequence<F: Files>(&self, writer: &mut Writer<F>) -> Result<u64> {
        let mut appended = 0;
        loop {
            let from = writer.size();
            let entries = self.leaves(from, BATCH)?;
            if entries.is_empty() {
                let count = self.journal_size()?;
                if count < from {
                    return Err(CaseworkError::Journal(format!(
                        "the files hold {from} entries, the store only {count}: the store was rolled back or is another one"
                    )));
                }
                return Ok(appended);
            }
            appended += entries.len() as u64;
            writer.append(&entries)?;
        }
    }

    /// How many leaves are committed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn journal_size(&self) -> Result<u64> {
        let sql = "SELECT COALESCE(MAX(seq) + 1, 0) AS n FROM journal_leaf";
        Ok(self.store.read::<_, StoreError>(|reader| reader.query_one(sql, params![]))?.get("n")?)
    }

    fn leaves(&self, from: u64, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT seq, entry FROM journal_leaf WHERE seq >= $1 ORDER BY seq LIMIT $2";
        let rows =
            self.store.read::<_, StoreError>(|reader| reader.query(sql, params![from, most]))?;
        let mut entries = Vec::with_capacity(rows.len());
        for (expected, row) in (from..).zip(&rows) {
            if row.get::<u64>("seq")? != expected {
                return Err(CaseworkError::Journal(format!(
                    "entry {expected} is missing in the store"
                )));
            }
            entries.push(row.get("entry")?);
        }
        Ok(entries)
    }

    /// The root over all committed leaves, from the store alone.
    ///
    /// # Errors
    /// When the store fails or a leaf is missing.
    pub fn journal_root(&self) -> Result<(u64, Digest)> {
        let mut frontier = Frontier::default();
        loop {
            let entries = self.leaves(frontier.size(), BATCH)?;
            if entries.is_empty() {
                return Ok((frontier.size(), frontier.root()));
            }
            entries.iter().for_each(|entry| frontier.push(leaf_hash(entry.as_bytes())));
        }
    }

    /// A receipt as text. With `opened`, it discloses salt and payload: only for those whose words
    /// they are.
    ///
    /// # Errors
    /// When the entry is not yet under a checkpoint, or its payload was erased.
    pub fn receipt<F: Files>(
        &self,
        files: &F,
        key: &VerifierKey,
        seq: u64,
        opened: bool,
    ) -> Result<String> {
        if !opened {
            return Ok(Receipt::issue(files, key, seq, None)?.text()?);
        }
        let sql = "SELECT salt, payload FROM journal_payload WHERE seq = $1";
        let row = self.store.read::<_, StoreError>(|reader| reader.query_opt(sql, params![seq]))?;
        let row = row.ok_or(CaseworkError::NotFound)?;
        let (salt, payload): (Option<Vec<u8>>, Option<Vec<u8>>) =
            (row.get("salt")?, row.get("payload")?);
        let (Some(salt), Some(payload)) = (salt, payload) else {
            return Ok(Receipt::issue(files, key, seq, None)?.text()?);
        };
        let salt = self.core.vault.open(&format!("journal_payload.salt|{seq}"), &salt)?;
        let salt: [u8; 32] = salt
            .try_into()
            .map_err(|_| CaseworkError::Journal(format!("the salt of entry {seq} is damaged")))?;
        let payload = self.core.open_text(&format!("journal_payload.payload|{seq}"), &payload)?;
        Ok(Receipt::issue(files, key, seq, Some((&salt, &payload)))?.text()?)
    }

    /// Erases the payload of an entry to honour a deletion order. The leaf stays, every proof holds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn erase_payload(&self, seq: u64) -> Result<()> {
        self.write(move |tx, core| {
            tx.execute(
                "UPDATE journal_payload SET salt = NULL, payload = NULL, erased_at = $2 WHERE seq = $1",
                params![seq, core.clock.now_ms()],
            )?;
            Ok(())
        })
    }
}
