//! What came in, kept before anything is done with it: masked, sealed, one row per genuine event.
//!
//! Numbers of people are masked here, before the store sees them; of a valid NIK only its blind
//! index is kept, enough to find a person later and nothing else.

use casework::{Casework, CaseworkError};
use channels::mask;
use channels::whatsapp::webhook::{self, Content, Event, Sender};
use kernel::Nik;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Value, params};

/// A blind index.
pub(crate) type Key = [u8; store::INDEX_BYTES];

/// An event as it lies in the inbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The event, its texts masked.
    pub event: Event,
    /// Blind indexes of the NIKs that were typed, in hexadecimal.
    pub persons: Vec<String>,
    /// True when something was masked.
    pub was_masked: bool,
}

struct NewRow {
    key: Key,
    conversation: Option<Key>,
    kind: &'static str,
    written_s: i64,
    body: Vec<u8>,
}

/// Keeps a delivery. Returns how many of its events were new.
pub(crate) fn take(work: &Casework, raw: &[u8]) -> Result<u64, CaseworkError> {
    let now = work.now_ms();
    let mut rows = Vec::new();
    match webhook::events(raw) {
        Ok(events) => {
            let odd = |e: &Event| matches!(e, Event::Message { content: Content::Unknown(_), .. });
            if events.iter().any(odd) {
                rows.push(unread(work, raw)?);
            }
            for event in events {
                rows.push(row(work, event)?);
            }
        }
        // Signed, but not readable: kept, so that a genuine report can be read later.
        Err(_) => rows.push(unread(work, raw)?),
    }
    work.store().write(move |tx| {
        let mut new = 0;
        for row in &rows {
            let state = if row.kind == "unread" { "failed" } else { "new" };
            let conversation = row.conversation.map_or(Value::Null, Value::from);
            new += tx.execute(
                "INSERT INTO wa_event (event_key, arrival, conversation, kind, state, attempts, written_s, received_at, body)
                 VALUES ($1, (SELECT COALESCE(MAX(arrival), 0) + 1 FROM wa_event), $2, $3, $4, 0, $5, $6, $7)
                 ON CONFLICT (event_key) DO NOTHING",
                &[row.key.into(), conversation, row.kind.into(), state.into(), row.written_s.into(), now.into(),
                  row.body.clone().into()],
            )?;
        }
        Ok(new)
    })
}

/// The conversation of a sender, as the store knows it.
pub(crate) fn conversation(work: &Casework, address: &str) -> Key {
    work.vault().index("wa.conversation", address.as_bytes())
}

/// Where the sealed body of an event belongs.
pub(crate) fn place(key: &Key) -> String {
    format!("wa_event.body|{}", hex::encode(key))
}

fn row(work: &Casework, event: Event) -> Result<NewRow, CaseworkError> {
    let of = |sender: &Sender| sender.key().map(|address| conversation(work, &address));
    let (name, kind, whose, written_s) = match &event {
        Event::Message { key, sender, written_s, .. } => (key, "message", of(sender), *written_s),
        Event::Status { key, .. } => (key, "status", None, work.now_ms() / 1_000),
        Event::IdentityChanged { key, before, .. } => {
            (key, "identity", of(before), work.now_ms() / 1_000)
        }
    };
    let key = work.vault().index("wa.event", name.as_bytes());
    let stored = masked(work, event);
    let plain = serde_json::to_vec(&stored).map_err(|e| CaseworkError::Refused(e.to_string()))?;
    let body = work.vault().seal(&place(&key), &plain)?;
    Ok(NewRow { key, conversation: whose, kind, written_s, body })
}

fn unread(work: &Casework, raw: &[u8]) -> Result<NewRow, CaseworkError> {
    let key = work.vault().index("wa.unread", &Sha256::digest(raw));
    let text = mask::mask(&String::from_utf8_lossy(raw)).text;
    let body = work.vault().seal(&place(&key), text.as_bytes())?;
    let written_s = work.now_ms() / 1_000;
    Ok(NewRow { key, conversation: None, kind: "unread", written_s, body })
}

fn masked(work: &Casework, event: Event) -> Stored {
    let (mut persons, mut was_masked) = (Vec::new(), false);
    let mut clean = |text: &str| {
        let masked = mask::mask(text);
        was_masked |= !masked.numbers.is_empty();
        let niks = masked.numbers.iter().filter_map(|digits| Nik::parse(digits.expose()).ok());
        persons.extend(niks.map(|nik| hex::encode(work.vault().nik_index(nik))));
        masked.text
    };
    let event = match event {
        Event::Message { key, sender, written_s, content } => {
            let content = match content {
                Content::Text(text) => Content::Text(clean(&text)),
                Content::Choice { id, title } => Content::Choice { id, title: clean(&title) },
                Content::Media { kind, media_id, sha256, mime, caption } => {
                    let caption = caption.map(|text| clean(&text));
                    Content::Media { kind, media_id, sha256, mime, caption }
                }
                Content::Form(fields) => Content::Form(
                    fields.into_iter().map(|(name, value)| (name, clean(&value))).collect(),
                ),
                other => other,
            };
            Event::Message { key, sender, written_s, content }
        }
        other => other,
    };
    Stored { event, persons, was_masked }
}

/// One line of a conversation, for the agent.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// When it was written, seconds since 1970.
    pub written_s: i64,
    /// True for what the person wrote.
    pub theirs: bool,
    /// The words.
    pub text: String,
}

/// The whole thread of a conversation, oldest first.
pub(crate) fn thread(work: &Casework, conversation: &Key) -> Result<Vec<Line>, CaseworkError> {
    use store::Query;
    let sql = "SELECT event_key, kind, written_s, body FROM wa_event WHERE conversation = $1
               ORDER BY written_s, arrival LIMIT 1000";
    let key = *conversation;
    let rows =
        work.store().read::<_, store::StoreError>(|reader| reader.query(sql, params![key]))?;
    let mut lines = Vec::new();
    for row in rows {
        let Ok(key) = Key::try_from(row.get::<Vec<u8>>("event_key")?) else { continue };
        let plain = work.vault().open(&place(&key), &row.get::<Vec<u8>>("body")?)?;
        let theirs = row.get::<String>("kind")? != "sent";
        let text = if theirs {
            serde_json::from_slice::<Stored>(&plain).map(|s| words(&s.event)).unwrap_or_default()
        } else {
            String::from_utf8_lossy(&plain).into_owned()
        };
        if !text.is_empty() {
            lines.push(Line { written_s: row.get("written_s")?, theirs, text });
        }
    }
    Ok(lines)
}

/// An event in words.
fn words(event: &Event) -> String {
    let Event::Message { content, .. } = event else {
        return match event {
            Event::IdentityChanged { .. } => "(nomor atau akun berganti)".to_owned(),
            _ => String::new(),
        };
    };
    match content {
        Content::Text(text) => text.clone(),
        Content::Choice { title, id } => if title.is_empty() { id } else { title }.clone(),
        Content::Media { kind, caption, .. } => {
            let kind = if kind == "image" { "foto" } else { kind };
            format!("[{kind}] {}", caption.as_deref().unwrap_or_default())
        }
        Content::Location { latitude, longitude } => {
            format!("[lokasi] {latitude:.5}, {longitude:.5}")
        }
        Content::Form(fields) => {
            let line = |(name, value): &(String, String)| format!("{name}: {value}");
            fields.iter().map(line).collect::<Vec<_>>().join("; ")
        }
        Content::Contact => "[kontak]".to_owned(),
        Content::Unknown(kind) => format!("[{kind}]"),
    }
}
