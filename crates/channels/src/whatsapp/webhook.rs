//! What a webhook body says. Unknown kinds are kept as such: a new kind of message must never make
//! a genuine report disappear.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Who wrote. The platform keys people by a business-scoped user id; the phone number is left out
/// for people who chose a user name, and neither proves who somebody is.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sender {
    /// Business-scoped user id, for example `ID.1349…`.
    pub user_id: Option<String>,
    /// Phone number in international digits.
    pub phone: Option<String>,
}

impl Sender {
    /// The key of the conversation: the user id, or the phone number of older deliveries.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        let user = self.user_id.as_ref().map(|id| format!("user:{id}"));
        user.or_else(|| self.phone.as_ref().map(|phone| format!("phone:{phone}")))
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |is: bool| if is { "known" } else { "unknown" };
        write!(
            f,
            "Sender(user id {}, phone {})",
            known(self.user_id.is_some()),
            known(self.phone.is_some())
        )
    }
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Content {
    /// Free text. Mask it before it goes anywhere.
    Text(String),
    /// A press on one of our buttons or list rows: its id and its title.
    Choice {
        /// The id we gave the button or row.
        id: String,
        /// What the person saw.
        title: String,
    },
    /// A photo, document, voice message or film, to be fetched within minutes.
    Media {
        /// `image`, `document`, `audio` or `video`.
        kind: String,
        /// The platform's media id.
        media_id: String,
        /// SHA-256 as the platform gives it.
        sha256: Option<String>,
        /// MIME type as the platform gives it.
        mime: Option<String>,
        /// Text under the picture.
        caption: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
    },
    /// A form that the person filled in inside the chat (a flow): names and values.
    Form(Vec<(String, String)>),
    /// The person shared a contact, or a phone number we asked for.
    Contact,
    /// A kind this version does not know; answered with the menu, kept whole in the inbox.
    Unknown(String),
}

/// One thing a webhook body reports. `key` is unique per genuine event: deliver twice, act once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A message from a person.
    Message {
        /// The platform's message id.
        key: String,
        /// Who wrote.
        sender: Sender,
        /// Seconds since 1970 when it was written; deliveries come late and out of order.
        written_s: i64,
        /// What was sent.
        content: Content,
    },
    /// What became of a message of ours.
    Status {
        /// Message id and status: both together are delivered at least once.
        key: String,
        /// The platform's id of our message.
        message_id: String,
        /// `sent`, `delivered`, `read`, `failed` …
        status: String,
        /// The platform's error code, when it failed.
        error_code: Option<i64>,
        /// The category the platform bills it under, when it does.
        billed: Option<String>,
    },
    /// A person changed number or user id; the conversation is *not* carried over by itself.
    IdentityChanged {
        /// The platform's message id.
        key: String,
        /// Who it was.
        before: Sender,
        /// Who it is now.
        after: Sender,
    },
}

/// The body is not what the platform documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyError(String);

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "webhook body: {}; it stays in the inbox and can be read again", self.0)
    }
}

impl std::error::Error for BodyError {}

/// All events of a body, in the order it names them. A body may hold several entries and changes.
///
/// # Errors
/// When it is not JSON or not of a WhatsApp Business account.
pub fn events(raw_body: &[u8]) -> Result<Vec<Event>, BodyError> {
    let body: Value =
        serde_json::from_slice(raw_body).map_err(|e| BodyError(format!("not JSON ({e})")))?;
    if text(&body, "object").as_deref() != Some("whatsapp_business_account") {
        return Err(BodyError("`object` is not whatsapp_business_account".to_owned()));
    }
    let values = items(&body, "entry")
        .flat_map(|entry| items(entry, "changes"))
        .filter(|change| text(change, "field").as_deref() == Some("messages"))
        .filter_map(|change| change.get("value"));
    let mut found = Vec::new();
    for value in values {
        found.extend(items(value, "messages").filter_map(|m| message(m, value)));
        found.extend(items(value, "statuses").filter_map(status));
    }
    Ok(found)
}

fn message(message: &Value, value: &Value) -> Option<Event> {
    let key = text(message, "id")?;
    let sender = sender(message, value);
    let kind = text(message, "type").unwrap_or_default();
    if kind == "system" {
        let system = message.get("system")?;
        let after = Sender { user_id: text(system, "user_id"), phone: text(system, "wa_id") };
        return Some(Event::IdentityChanged { key, before: sender, after });
    }
    let written_s = text(message, "timestamp").and_then(|t| t.parse().ok()).unwrap_or(0);
    let content = content(message, &kind);
    Some(Event::Message { key, sender, written_s, content })
}

/// The sender stands in the message; deliveries before the user ids name only `contacts`.
fn sender(message: &Value, value: &Value) -> Sender {
    let contact = items(value, "contacts").next();
    let from_contact = |key: &str| contact.and_then(|c| text(c, key));
    Sender {
        user_id: text(message, "from_user_id").or_else(|| from_contact("user_id")),
        phone: text(message, "from").or_else(|| from_contact("wa_id")),
    }
}

fn content(message: &Value, kind: &str) -> Content {
    let unknown = || Content::Unknown(kind.to_owned());
    let Some(part) = message.get(kind) else { return unknown() };
    match kind {
        "text" => text(part, "body").map_or_else(unknown, Content::Text),
        "interactive" => choice(part).unwrap_or_else(unknown),
        "button" => {
            let title = text(part, "text").unwrap_or_default();
            let id = text(part, "payload").unwrap_or_else(|| title.clone());
            Content::Choice { id, title }
        }
        "image" | "document" | "audio" | "video" => media(part, kind).unwrap_or_else(unknown),
        "location" => {
            let degrees = |key: &str| part.get(key).and_then(Value::as_f64);
            match (degrees("latitude"), degrees("longitude")) {
                (Some(latitude), Some(longitude)) => Content::Location { latitude, longitude },
                _ => unknown(),
            }
        }
        "contacts" => Content::Contact,
        _ => unknown(),
    }
}

fn choice(part: &Value) -> Option<Content> {
    if let Some(form) = part.get("nfm_reply") {
        return filled_form(form);
    }
    let reply = part.get("button_reply").or_else(|| part.get("list_reply"))?;
    Some(Content::Choice {
        id: text(reply, "id")?,
        title: text(reply, "title").unwrap_or_default(),
    })
}

/// A flow's answers come as JSON within a string.
fn filled_form(reply: &Value) -> Option<Content> {
    let answers: Value = serde_json::from_str(&text(reply, "response_json")?).ok()?;
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let fields = answers.as_object()?.iter().map(|(name, value)| (name.clone(), plain(value)));
    Some(Content::Form(fields.collect()))
}

fn media(part: &Value, kind: &str) -> Option<Content> {
    Some(Content::Media {
        kind: kind.to_owned(),
        media_id: text(part, "id")?,
        sha256: text(part, "sha256"),
        mime: text(part, "mime_type"),
        caption: text(part, "caption"),
    })
}

fn status(status: &Value) -> Option<Event> {
    let message_id = text(status, "id")?;
    let state = text(status, "status")?;
    let error_code = items(status, "errors").next().and_then(|e| e.get("code")?.as_i64());
    Some(Event::Status {
        key: format!("{message_id}#{state}"),
        message_id,
        status: state,
        error_code,
        billed: billed(status),
    })
}

fn billed(status: &Value) -> Option<String> {
    let pricing = status.get("pricing")?;
    let is_billed = pricing.get("billable").and_then(Value::as_bool).unwrap_or(true);
    is_billed.then(|| text(pricing, "category"))?
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(value: Value) -> Vec<u8> {
        json!({"object": "whatsapp_business_account",
               "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})
        .to_string()
        .into_bytes()
    }

    fn check(message: Value, expected: &Content) {
        let value =
            json!({"contacts": [{"user_id": "ID.1", "wa_id": "62812"}], "messages": [message]});
        match events(&body(value)).unwrap().as_slice() {
            [Event::Message { content, .. }] => assert_eq!(content, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn kinds_of_messages() {
        check(
            json!({"id": "a", "type": "text", "text": {"body": "halo"}}),
            &Content::Text("halo".into()),
        );
        check(
            json!({"id": "a", "type": "interactive", "interactive":
                {"type": "list_reply", "list_reply": {"id": "X", "title": "Y"}}}),
            &Content::Choice { id: "X".into(), title: "Y".into() },
        );
        check(
            json!({"id": "a", "type": "location", "location": {"latitude": -8.5, "longitude": 116.1}}),
            &Content::Location { latitude: -8.5, longitude: 116.1 },
        );
        check(
            json!({"id": "a", "type": "interactive", "interactive": {"type": "nfm_reply",
                "nfm_reply": {"name": "flow", "body": "Sent",
                              "response_json": "{\"kind\":\"complaint\",\"n\":2}"}}}),
            &Content::Form(vec![("kind".into(), "complaint".into()), ("n".into(), "2".into())]),
        );
        check(json!({"id": "a", "type": "hologram"}), &Content::Unknown("hologram".into()));
    }

    #[test]
    fn a_person_without_a_phone_number_has_a_key() {
        let value = json!({"messages": [{"id": "a", "from_user_id": "ID.7", "type": "text",
                                         "text": {"body": "x"}}]});
        let events = events(&body(value)).unwrap();
        let [Event::Message { sender, .. }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(sender.key().as_deref(), Some("user:ID.7"));
        assert!(!format!("{sender:?}").contains("ID.7"));
    }

    #[test]
    fn bodies_that_are_not_the_platforms_are_refused() {
        assert!(events(b"").is_err());
        assert!(events(b"{\"object\":\"page\"}").is_err());
        assert_eq!(events(b"{\"object\":\"whatsapp_business_account\"}"), Ok(vec![]));
    }

    /// Every fixture of the published shapes gives at least one event.
    #[test]
    fn published_shapes_are_understood() {
        let shared = std::env::var("PADAN_SHARED").unwrap_or_else(|_| "../../../shared".into());
        let Ok(folder) = std::fs::read_dir(format!("{shared}/data/whatsapp")) else {
            println!("skipped: the folder of fixtures is not here");
            return;
        };
        let mut seen = 0;
        for file in folder.flatten() {
            if file.file_name().to_string_lossy().starts_with("webhook_") {
                let raw = std::fs::read(file.path()).unwrap();
                let found = events(&raw).unwrap();
                let known =
                    |e: &Event| !matches!(e, Event::Message { content: Content::Unknown(_), .. });
                assert!(!found.is_empty() && found.iter().all(known), "{:?}", file.file_name());
                seen += 1;
            }
        }
        assert!(seen >= 10, "{seen} fixtures");
    }
}
