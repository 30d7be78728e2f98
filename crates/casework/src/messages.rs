//! The outbox: messages leave at least once, each with an idempotency key, from templates that are
//! data. None can carry a NIK: the words that may be filled in are listed and masked.

use crate::error::{CaseworkError, Result};
use crate::room::{Casework, Core, next_number};
use crate::text::mask_numbers;
use crate::words::Contact;
use serde::Deserialize;
use store::{Query, StoreError, Tx, params};

const FILE: &str = "messages.toml";
/// A message is given up after this many tries and shown as failed.
const ATTEMPTS_MAX: u32 = 12;
/// First pause between tries, doubled each time, in milliseconds.
const RETRY_MS: i64 = 30_000;

/// The templates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    words: Vec<String>,
    message: Vec<Template>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    id: String,
    text: String,
}

impl Messages {
    /// The templates this program was built with.
    ///
    /// # Errors
    /// When the file does not parse or a template names an unknown word.
    pub fn builtin() -> Result<Self> {
        Self::read(include_str!("../../../config/id/casework/messages.toml"))
    }

    /// Reads templates.
    ///
    /// # Errors
    /// As for [`Messages::builtin`].
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |why: String| CaseworkError::Rules { file: FILE, why };
        let messages: Self = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        for template in &messages.message {
            for part in template.text.split('{').skip(1) {
                let word = part.split('}').next().unwrap_or_default();
                if !messages.words.iter().any(|known| known == word) {
                    return Err(wrong(format!(
                        "message {}: `{{{word}}}` is not one of `words`",
                        template.id
                    )));
                }
            }
        }
        Ok(messages)
    }

    /// Fills a template. Numbers of people are masked in whatever is filled in.
    ///
    /// # Errors
    /// When there is no such template, or a word it needs is not given.
    pub fn fill(&self, id: &str, words: &[(&str, &str)]) -> Result<String> {
        let wrong = |why: String| CaseworkError::Rules { file: FILE, why };
        let template = self.message.iter().find(|template| template.id == id);
        let mut text = template.ok_or_else(|| wrong(format!("no message `{id}`")))?.text.clone();
        for (word, value) in words {
            text = text.replace(&format!("{{{word}}}"), &mask_numbers(value));
        }
        match text.find('{') {
            Some(at) => Err(wrong(format!("message {id}: nothing given for `{}`", &text[at..]))),
            None => Ok(text),
        }
    }
}

/// A message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: u64,
    /// The same for every try: adapters pass it on.
    pub key: String,
    /// `sms`, `whatsapp` or `email`.
    pub by: String,
    /// The number or address. Do not log it.
    pub to: String,
    /// Which template it was made from.
    pub template: String,
    /// The text.
    pub text: String,
    /// Tries so far.
    pub attempts: u32,
}

impl Core {
    /// Puts a message into the outbox within the transaction of its effect. The same key twice is
    /// one message.
    pub fn post(
        &self,
        tx: &mut Tx<'_>,
        key: &str,
        contact: &Contact,
        template: &str,
        words: &[(&str, &str)],
        now: i64,
    ) -> Result<()> {
        let text = self.messages.fill(template, words)?;
        self.post_text(tx, key, contact, template, &text, now)
    }

    fn post_text(
        &self,
        tx: &mut Tx<'_>,
        key: &str,
        contact: &Contact,
        template: &str,
        text: &str,
        now: i64,
    ) -> Result<()> {
        let id = next_number(tx, "outbox")?;
        let recipient = self.seal_text(&format!("outbox.recipient|{id}"), &contact.address)?;
        let body = self.seal_text(&format!("outbox.body|{id}"), text)?;
        tx.execute(
            "INSERT INTO outbox (message_id, idempotency_key, channel, recipient, template, body, state, attempts, next_at, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7) ON CONFLICT (idempotency_key) DO NOTHING",
            params![id, key, &contact.by, recipient, template, body, now],
        )?;
        Ok(())
    }
}

impl Casework {
    /// Puts a text that a door has made itself (an answer in a conversation) into the outbox, within
    /// the transaction of its effect. The door masks it before.
    ///
    /// # Errors
    /// When the store fails.
    pub fn post_text(
        &self,
        tx: &mut Tx<'_>,
        key: &str,
        contact: &Contact,
        template: &str,
        text: &str,
    ) -> Result<()> {
        self.core.post_text(tx, key, contact, template, text, self.core.clock.now_ms())
    }

    /// Puts a message of its own into the outbox, for example a one-time code.
    ///
    /// # Errors
    /// When there is no such template, or the store fails.
    pub fn post(
        &self,
        key: &str,
        contact: &Contact,
        template: &str,
        words: &[(&str, &str)],
    ) -> Result<()> {
        let (key, contact, template) = (key.to_owned(), contact.clone(), template.to_owned());
        let words: Vec<(String, String)> =
            words.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        self.write(move |tx, core| {
            let words: Vec<(&str, &str)> =
                words.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            core.post(tx, &key, &contact, &template, &words, core.clock.now_ms())
        })
    }

    /// Messages that are due, oldest first. Deliver each, then call [`Casework::sent`] or
    /// [`Casework::not_sent`]; a crash in between sends it again with the same key.
    ///
    /// # Errors
    /// When the store fails or a message does not open with the keys at hand.
    pub fn messages_due(&self, most: u32) -> Result<Vec<Message>> {
        self.due_where("", most)
    }

    /// The same for one channel only: each adapter takes its own.
    ///
    /// # Errors
    /// As for [`Casework::messages_due`].
    pub fn messages_due_by(&self, channel: &str, most: u32) -> Result<Vec<Message>> {
        self.due_where(&format!("AND channel = '{}'", channel.replace('\'', "")), most)
    }

    /// The same for all channels but one, whose adapter runs elsewhere.
    ///
    /// # Errors
    /// As for [`Casework::messages_due`].
    pub fn messages_due_but(&self, channel: &str, most: u32) -> Result<Vec<Message>> {
        self.due_where(&format!("AND channel <> '{}'", channel.replace('\'', "")), most)
    }

    fn due_where(&self, channel: &str, most: u32) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT message_id, idempotency_key, channel, recipient, template, body, attempts FROM outbox
             WHERE state = 'waiting' AND next_at <= $1 {channel} ORDER BY next_at, message_id LIMIT $2"
        );
        let rows = self
            .store
            .read::<_, StoreError>(|reader| reader.query(&sql, params![self.now_ms(), most]))?;
        rows.iter()
            .map(|row| {
                let id: u64 = row.get("message_id")?;
                Ok(Message {
                    id,
                    key: row.get("idempotency_key")?,
                    by: row.get("channel")?,
                    to: self.core.open_text(
                        &format!("outbox.recipient|{id}"),
                        &row.get::<Vec<u8>>("recipient")?,
                    )?,
                    template: row.get("template")?,
                    text: self
                        .core
                        .open_text(&format!("outbox.body|{id}"), &row.get::<Vec<u8>>("body")?)?,
                    attempts: row.get("attempts")?,
                })
            })
            .collect()
    }

    /// The message was handed over.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sent(&self, id: u64) -> Result<()> {
        self.write(move |tx, core| {
            let now = core.clock.now_ms();
            let row = tx.query_opt("SELECT channel FROM outbox WHERE message_id = $1 AND state = 'waiting'", params![id])?;
            let Some(row) = row else { return Ok(()) };
            tx.execute(
                "UPDATE outbox SET state = 'sent', sent_at = $2, attempts = attempts + 1, error = NULL WHERE message_id = $1",
                params![id, now],
            )?;
            door(tx, &row.get::<String>("channel")?, "last_out_at", now)
        })
    }

    /// The message could not be handed over; it is tried again later, up to a limit.
    ///
    /// # Errors
    /// When the store fails.
    pub fn not_sent(&self, id: u64, why: &str) -> Result<()> {
        let why: String = mask_numbers(why).chars().take(200).collect();
        self.write(move |tx, core| {
            let now = core.clock.now_ms();
            let sql = "SELECT channel, attempts FROM outbox WHERE message_id = $1 AND state = 'waiting'";
            let Some(row) = tx.query_opt(sql, params![id])? else { return Ok(()) };
            let attempts = row.get::<u32>("attempts")? + 1;
            let state = if attempts >= ATTEMPTS_MAX { "failed" } else { "waiting" };
            let next = now + (RETRY_MS << attempts.min(ATTEMPTS_MAX));
            tx.execute(
                "UPDATE outbox SET state = $2, attempts = $3, next_at = $4, error = $5 WHERE message_id = $1",
                params![id, state, attempts, next, why],
            )?;
            door(tx, &row.get::<String>("channel")?, "failed_at", now)?;
            tx.execute(
                "UPDATE door SET failures = failures + 1 WHERE channel = $1",
                params![row.get::<String>("channel")?],
            )?;
            Ok(())
        })
    }
}

/// Notes the last sign of life of a door.
pub(crate) fn door(tx: &mut Tx<'_>, channel: &str, what: &'static str, at: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO door (channel, failures) VALUES ($1, 0) ON CONFLICT (channel) DO NOTHING",
        params![channel],
    )?;
    tx.execute(&format!("UPDATE door SET {what} = $2 WHERE channel = $1"), params![channel, at])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_a_person_leaves() {
        let messages = Messages::builtin().unwrap();
        let words = [("ticket", "KB-5202-2611-0147"), ("outcome", "NIK 5201016304870002 benar")];
        let text = messages.fill("accepted", &words).unwrap();
        assert!(
            text.contains("KB-5202-2611-0147")
                && text.contains("••••0002")
                && !text.contains("5201016")
        );
        assert!(messages.fill("accepted", &words[..1]).is_err());
        assert!(Messages::read("words = []\n[[message]]\nid = \"x\"\ntext = \"{nik}\"").is_err());
    }
}
