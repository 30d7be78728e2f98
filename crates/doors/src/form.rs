//! Forms with files, read whole within limits.

use axum::extract::Multipart;
use std::collections::BTreeMap;

/// Longest text field, in bytes.
const FIELD_BYTES_MAX: usize = 20_000;
/// Largest file as sent, in bytes.
const FILE_BYTES_MAX: usize = 12 << 20;
/// Most fields.
const FIELDS_MAX: usize = 600;

/// What was typed and attached.
#[derive(Debug, Default, Clone)]
pub(crate) struct Form {
    fields: BTreeMap<String, String>,
    /// Field name, file name's ending, bytes. Empty files are left out.
    pub files: Vec<(String, String, Vec<u8>)>,
}

impl Form {
    /// Reads a multipart body; none when it is malformed or passes a limit.
    pub async fn read(mut body: Multipart) -> Option<Self> {
        let mut form = Self::default();
        while let Some(field) = body.next_field().await.ok()? {
            if form.fields.len() + form.files.len() >= FIELDS_MAX {
                return None;
            }
            let name = field.name()?.to_owned();
            let file = field.file_name().map(str::to_owned);
            let bytes = field.bytes().await.ok()?;
            match file {
                Some(_) if bytes.is_empty() => {}
                Some(file) if bytes.len() <= FILE_BYTES_MAX => {
                    let ending = file
                        .rsplit_once('.')
                        .map_or(String::new(), |(_, ending)| ending.to_lowercase());
                    form.files.push((name, ending, bytes.to_vec()));
                }
                None if bytes.len() <= FIELD_BYTES_MAX => {
                    form.fields.insert(name, String::from_utf8(bytes.to_vec()).ok()?);
                }
                _ => return None,
            }
        }
        Some(form)
    }

    /// A field without the blanks around it; empty when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.trim())
    }

    /// Fields whose name starts so: the rest of the name and the value, filled in ones only.
    pub fn starting<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.fields
            .iter()
            .filter_map(move |(name, value)| {
                name.strip_prefix(prefix).map(|rest| (rest, value.trim()))
            })
            .filter(|(_, value)| !value.is_empty())
    }
}

/// A new client-made id, for the hidden field of a form: sending the form twice has one effect.
pub(crate) fn new_id() -> String {
    let mut bytes = [0; 12];
    // Without random bytes the id is refused by casework's check, and the form says so.
    if getrandom::fill(&mut bytes).is_err() {
        return String::new();
    }
    format!("web-{}", hex::encode(bytes))
}
