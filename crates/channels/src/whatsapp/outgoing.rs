//! Messages to people, in the platform's shape, within its limits.

use serde_json::{Value, json};

/// Longest text the platform takes.
pub const TEXT_CHARS_MAX: usize = 4096;
/// Most reply buttons under one text.
pub const BUTTONS_MAX: usize = 3;
/// Most rows of one list.
pub const ROWS_MAX: usize = 10;
/// Longest title of a button.
pub const BUTTON_CHARS_MAX: usize = 20;
/// Longest title of a list row.
pub const ROW_CHARS_MAX: usize = 24;

/// Free text is allowed only this long after the person's last message; later, a template is.
pub const WINDOW_S: i64 = 24 * 3600;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Plain text.
    Text(String),
    /// Text with up to ten things to choose from: id and title. Up to three become buttons.
    Menu {
        /// The question.
        text: String,
        /// Ids and titles.
        options: Vec<(String, String)>,
    },
    /// An approved template with its parameters: the only thing allowed outside the window.
    Template {
        /// Name of the template as approved.
        name: String,
        /// Values of its placeholders.
        parameters: Vec<String>,
    },
}

/// Whom to send to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// By business-scoped user id.
    User(String),
    /// By phone number.
    Phone(String),
}

/// The body of the send call.
#[must_use]
pub fn body(recipient: &Recipient, message: &Outgoing) -> Value {
    let mut body = json!({"messaging_product": "whatsapp", "recipient_type": "individual"});
    match recipient {
        Recipient::User(id) => body["recipient"] = json!(id),
        Recipient::Phone(number) => body["to"] = json!(number),
    }
    let (kind, part) = match message {
        Outgoing::Text(text) => {
            ("text", json!({"preview_url": false, "body": cut(text, TEXT_CHARS_MAX)}))
        }
        Outgoing::Menu { text, options } if options.len() <= BUTTONS_MAX => {
            ("interactive", buttons(text, options))
        }
        Outgoing::Menu { text, options } => ("interactive", list(text, options)),
        Outgoing::Template { name, parameters } => ("template", template(name, parameters)),
    };
    body["type"] = json!(kind);
    body[kind] = part;
    body
}

/// The call that marks a message of a person as read.
#[must_use]
pub fn read_mark(message_id: &str) -> Value {
    json!({"messaging_product": "whatsapp", "status": "read", "message_id": message_id})
}

fn buttons(text: &str, options: &[(String, String)]) -> Value {
    let buttons: Vec<Value> = options
        .iter()
        .map(|(id, title)| {
            json!({"type": "reply", "reply": {"id": id, "title": cut(title, BUTTON_CHARS_MAX)}})
        })
        .collect();
    json!({"type": "button", "body": {"text": text}, "action": {"buttons": buttons}})
}

fn list(text: &str, options: &[(String, String)]) -> Value {
    let rows: Vec<Value> = options
        .iter()
        .take(ROWS_MAX)
        .map(|(id, title)| json!({"id": id, "title": cut(title, ROW_CHARS_MAX)}))
        .collect();
    json!({"type": "list", "body": {"text": text},
           "action": {"button": "Pilih", "sections": [{"title": "Layanan", "rows": rows}]}})
}

fn template(name: &str, parameters: &[String]) -> Value {
    let values: Vec<Value> =
        parameters.iter().map(|p| json!({"type": "text", "text": p})).collect();
    let components =
        if values.is_empty() { json!([]) } else { json!([{"type": "body", "parameters": values}]) };
    json!({"name": name, "language": {"code": "id"}, "components": components})
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['\u{2026}']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_options_are_buttons_and_many_are_a_list() {
        let options =
            |n: usize| (0..n).map(|i| (format!("O{i}"), format!("Pilihan {i}"))).collect();
        let kind = |n| {
            let menu = Outgoing::Menu { text: "Pilih".into(), options: options(n) };
            body(&Recipient::Phone("62812".into()), &menu)["interactive"]["type"].clone()
        };
        assert_eq!((kind(3), kind(4)), (json!("button"), json!("list")));
    }

    #[test]
    fn a_user_id_is_no_phone_number() {
        let text = Outgoing::Text("Halo".into());
        let to_user = body(&Recipient::User("ID.1".into()), &text);
        assert_eq!((to_user["recipient"].as_str(), to_user.get("to")), (Some("ID.1"), None));
        let to_phone = body(&Recipient::Phone("62812".into()), &text);
        assert_eq!((to_phone["to"].as_str(), to_phone.get("recipient")), (Some("62812"), None));
    }

    #[test]
    fn titles_are_cut_to_the_platforms_limit() {
        let menu = Outgoing::Menu {
            text: "Pilih".into(),
            options: vec![("A".into(), "Laporkan data keluarga yang salah".into())],
        };
        let sent = body(&Recipient::Phone("62812".into()), &menu);
        let title = sent["interactive"]["action"]["buttons"][0]["reply"]["title"].clone();
        assert_eq!(title.as_str().unwrap().chars().count(), BUTTON_CHARS_MAX);
    }
}
