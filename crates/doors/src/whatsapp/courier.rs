//! The outbox's adapter: our words in the platform's shape, within its limits of time and speed.

use super::WhatsApp;
use super::http;
use super::inbox::{conversation, place};
use crate::state::Doors;
use casework::{CaseworkError, Message};
use channels::whatsapp::outgoing::{self, Outgoing, Recipient, WINDOW_S};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use store::{Query, StoreError, params};

/// The platform takes 80 messages a second of one number; half of it leaves room for retries.
const ROUND: u32 = 20;
const ROUND_PAUSE: Duration = Duration::from_millis(500);
/// The template of messages that a door made itself.
pub(crate) const OWN: &str = "wa.own";
/// The platform's error code for free text after the window; a template goes out instead.
const WINDOW_CLOSED: &[u8] = b"131047";

/// A message of ours as it lies in the outbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Say {
    /// Plain text.
    Text(String),
    /// A question with options.
    Menu(String, Vec<(String, String)>),
    /// The person's message of this id was read.
    Read(String),
}

impl From<Outgoing> for Say {
    fn from(out: Outgoing) -> Self {
        match out {
            Outgoing::Text(text) => Self::Text(text),
            Outgoing::Menu { text, options } => Self::Menu(text, options),
            Outgoing::Template { parameters, .. } => Self::Text(parameters.join(" ")),
        }
    }
}

/// Hands over what is due. Returns how many were handed over.
pub(crate) fn round(doors: &Doors, config: &WhatsApp) -> Result<u64, CaseworkError> {
    let work = doors.work();
    let mut sent = 0;
    let due = work.messages_due_by("whatsapp", ROUND)?;
    let full = due.len() as u32 == ROUND;
    for message in due {
        match hand_over(doors, config, &message) {
            Ok(()) => sent += 1,
            Err(Trouble::Store(error)) => return Err(error),
            Err(Trouble::Platform(why)) => {
                work.not_sent(message.id, &why)?;
                // The platform is away: the others wait too.
                break;
            }
            Err(Trouble::Refused(why)) => work.not_sent(message.id, &why)?,
        }
    }
    if full {
        std::thread::sleep(ROUND_PAUSE);
    }
    Ok(sent)
}

enum Trouble {
    Store(CaseworkError),
    Platform(String),
    Refused(String),
}

impl From<CaseworkError> for Trouble {
    fn from(error: CaseworkError) -> Self {
        Self::Store(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

fn hand_over(doors: &Doors, config: &WhatsApp, message: &Message) -> Result<(), Trouble> {
    let work = doors.work();
    let say = if message.template == OWN {
        serde_json::from_str(&message.text).unwrap_or_else(|_| Say::Text(message.text.clone()))
    } else {
        Say::Text(message.text.clone())
    };
    let whose = conversation(work, &message.to);
    let sql = "SELECT newest_s FROM wa_conversation WHERE conversation = $1";
    let newest = work.store().read::<_, StoreError>(|r| r.query_opt(sql, params![whose]))?;
    let newest: i64 = newest.map_or(Ok(0), |row| row.get("newest_s"))?;
    let is_open = work.now_ms() / 1_000 - newest <= WINDOW_S;
    let answer = post(config, &body(message, &say, is_open))?;
    let is_closed = answer.status == 400
        && answer.body.windows(WINDOW_CLOSED.len()).any(|part| part == WINDOW_CLOSED);
    let answer = if is_closed { post(config, &body(message, &say, false))? } else { answer };
    match answer.status {
        200..=299 => {}
        429 | 500..=599 => return Err(Trouble::Platform(format!("status {}", answer.status))),
        status => return Err(Trouble::Refused(format!("status {status}"))),
    }
    let id = serde_json::from_slice::<Value>(&answer.body)
        .ok()
        .and_then(|v| Some(v.get("messages")?.get(0)?.get("id")?.as_str()?.to_owned()));
    if let (Some(id), Some(text)) = (id, text_of(&say)) {
        note_sent(doors, message, whose, &id, &text)?;
    }
    work.sent(message.id)?;
    Ok(())
}

fn post(config: &WhatsApp, body: &Value) -> Result<http::Answer, Trouble> {
    let bearer = format!("Bearer {}", config.token.0);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let url = format!("{}/messages", config.base);
    http::call("POST", &url, &headers, body.to_string().as_bytes()).map_err(Trouble::Platform)
}

/// Free words within the window; an approved template with the same words after it.
fn body(message: &Message, say: &Say, is_open: bool) -> Value {
    let to = match message.to.split_once(':') {
        Some(("user", id)) => Recipient::User(id.to_owned()),
        Some(("phone", number)) => Recipient::Phone(number.to_owned()),
        _ => Recipient::Phone(message.to.clone()),
    };
    let out = match say {
        Say::Read(id) => return outgoing::read_mark(id),
        Say::Text(text) if is_open => Outgoing::Text(text.clone()),
        Say::Menu(text, options) if is_open => {
            Outgoing::Menu { text: text.clone(), options: options.clone() }
        }
        Say::Text(text) | Say::Menu(text, _) => Outgoing::Template {
            name: format!("lapor_bansos_{}", message.template.replace('.', "_")),
            parameters: vec![text.clone()],
        },
    };
    outgoing::body(&to, &out)
}

fn text_of(say: &Say) -> Option<String> {
    match say {
        Say::Text(text) => Some(text.clone()),
        Say::Menu(text, options) => {
            let titles: Vec<&str> = options.iter().map(|(_, title)| title.as_str()).collect();
            Some(format!("{text}\n[{}]", titles.join("] [")))
        }
        Say::Read(_) => None,
    }
}

/// Our message becomes a line of the thread, and its platform id waits for statuses.
fn note_sent(
    doors: &Doors,
    message: &Message,
    whose: super::inbox::Key,
    id: &str,
    text: &str,
) -> Result<(), Trouble> {
    let work = doors.work();
    let line = work.vault().index("wa.sent", message.key.as_bytes());
    let body = work.vault().seal(&place(&line), text.as_bytes())?;
    let sent = work.vault().index("wa.event", id.as_bytes());
    let (key, now) = (message.key.clone(), work.now_ms());
    work.store().write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "INSERT INTO wa_event (event_key, arrival, conversation, kind, state, attempts, written_s, received_at, body)
             VALUES ($1, (SELECT COALESCE(MAX(arrival), 0) + 1 FROM wa_event), $2, 'sent', 'done', 0, $3, $4, $5)
             ON CONFLICT (event_key) DO NOTHING",
            params![line, whose, now / 1_000, now, body],
        )?;
        tx.execute(
            "INSERT INTO wa_sent (message_key, conversation, outbox_key, status, at) VALUES ($1, $2, $3, 'accepted', $4)
             ON CONFLICT (message_key) DO NOTHING",
            params![sent, whose, key, now],
        )?;
        Ok(())
    })?;
    Ok(())
}
