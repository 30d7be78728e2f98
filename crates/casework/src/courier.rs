//! The file adapter of the outbox, for the demo and for tests: every message becomes a file of its
//! own, named by its idempotency key, so handing it over twice leaves one.

use crate::error::{CaseworkError, Result};
use crate::messages::Message;
use crate::room::Casework;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Messages handed over in one round.
const ROUND: u32 = 100;

impl Casework {
    /// Hands every message that is due over to a folder. Returns how many.
    ///
    /// # Errors
    /// When the store fails. A message that cannot be written is tried again later.
    pub fn deliver_to_folder(&self, folder: &Path) -> Result<u64> {
        let due = self.messages_due(ROUND)?;
        self.deliver(folder, due)
    }

    /// The same without WhatsApp, whose adapter takes its own messages.
    ///
    /// # Errors
    /// As for [`Casework::deliver_to_folder`].
    pub fn deliver_letters_to_folder(&self, folder: &Path) -> Result<u64> {
        let due = self.messages_due_but("whatsapp", ROUND)?;
        self.deliver(folder, due)
    }

    fn deliver(&self, folder: &Path, due: Vec<Message>) -> Result<u64> {
        std::fs::create_dir_all(folder)
            .map_err(|e| CaseworkError::Refused(format!("{}: {e}", folder.display())))?;
        let mut delivered = 0;
        for message in due {
            let name = hex::encode(&Sha256::digest(message.key.as_bytes())[..12]);
            let text = serde_json::json!({"by": message.by, "to": message.to, "template": message.template, "text": message.text});
            match std::fs::write(folder.join(format!("{name}.json")), text.to_string()) {
                Ok(()) => {
                    self.sent(message.id)?;
                    delivered += 1;
                }
                Err(error) => self.not_sent(message.id, &error.to_string())?,
            }
        }
        Ok(delivered)
    }
}
