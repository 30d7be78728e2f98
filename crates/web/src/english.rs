//! Pages that are written in Indonesian a second time, in English, at `/en/…`: for rooms whose pages
//! are forms and lists (doors, visits).
//!
//! On the way out of `/en` each text between two tags is looked up in the room's `messages/en.toml`;
//! `{}` in a key stands for anything, which is looked up by itself. Labels and codes of the
//! instrument and of rule files bring their own English. What people wrote stays as they wrote it.
//! Links, forms and redirects stay within the language. See docs/decisions/0220.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the language link of the frame points before it is filled in.
const SWITCH: &str = "href=\"#bahasa\"";
/// How deep holes may lie in holes.
const DEPTH: u8 = 4;
/// Largest page, in bytes.
const PAGE_BYTES_MAX: usize = 8 << 20;
/// Attributes that people hear or see.
const SPOKEN: [&str; 4] = ["aria-label", "placeholder", "alt", "content"];
/// Addresses that are the same in both languages.
const SHARED: [&str; 7] = [
    "/aset/",
    "/api/",
    "/jurnal/",
    "/en/",
    "/simulasi/",
    "/percakapan",
    // The form in the browser is an app of its own, in the language of the field.
    "/lapangan/formulir",
];

/// Indonesian texts and their English.
#[derive(Debug)]
pub struct Dictionary {
    whole: BTreeMap<String, String>,
    /// Keys with holes: literal pieces and the translation, most literal letters first.
    holes: Vec<(Vec<String>, String)>,
}

impl Dictionary {
    /// A dictionary: a TOML table of texts, and words that bring their own English.
    ///
    /// # Errors
    /// When the file is not a table of texts.
    pub fn new(
        file: &str,
        own: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, String> {
        let table: BTreeMap<String, String> =
            toml::from_str(file).map_err(|e| format!("messages/en.toml: {e}"))?;
        let (mut whole, mut holes): (BTreeMap<_, _>, _) = (own.into_iter().collect(), Vec::new());
        for (key, text) in table {
            if key.contains("{}") {
                holes.push((key.split("{}").map(str::to_owned).collect(), text));
            } else {
                whole.insert(key, text);
            }
        }
        let letters = |pieces: &[String]| pieces.iter().map(String::len).sum::<usize>();
        holes.sort_by(|a: &(Vec<String>, String), b| {
            letters(&b.0).cmp(&letters(&a.0)).then_with(|| a.0.cmp(&b.0))
        });
        Ok(Self { whole, holes })
    }

    /// True when a text has its English.
    #[must_use]
    pub fn knows(&self, text: &str) -> bool {
        self.find(text, DEPTH).is_some()
    }

    /// A text in English; none when nothing of it is known.
    fn find(&self, text: &str, depth: u8) -> Option<String> {
        if let Some(found) = self.whole.get(text) {
            return Some(found.clone());
        }
        if depth == 0 || !text.bytes().any(|b| b.is_ascii_alphabetic()) {
            return None;
        }
        self.holes.iter().find_map(|(pieces, english)| {
            let parts = held(pieces, text)?;
            let mut filled = english.clone();
            for part in parts {
                let part = part.trim();
                let part = self.find(part, depth - 1).unwrap_or_else(|| part.to_owned());
                filled = filled.replacen("{}", &part.replace("{}", ""), 1);
            }
            Some(filled)
        })
    }

    /// A text with the blanks around it.
    fn text(&self, text: &str, out: &mut String) {
        let inner = text.trim();
        match (!inner.is_empty()).then(|| self.find(inner, DEPTH)).flatten() {
            Some(found) => {
                let start = text.len() - text.trim_start().len();
                out.push_str(&text[..start]);
                out.push_str(&found);
                out.push_str(&text[text.trim_end().len()..]);
            }
            None => out.push_str(text),
        }
    }

    /// A whole page.
    #[must_use]
    pub fn page(&self, html: &str) -> String {
        let mut out = String::with_capacity(html.len() + html.len() / 8);
        let mut rest = html;
        // Inside these nothing is translated: what people typed or said.
        let mut quiet: Option<&'static str> = None;
        while let Some(open) = rest.find('<') {
            let (text, from) = rest.split_at(open);
            let (tag, after) = from.split_at(from.find('>').map_or(from.len(), |at| at + 1));
            if quiet.is_some() {
                out.push_str(text)
            } else {
                self.text(text, &mut out)
            }
            match quiet {
                Some(end) if tag.starts_with(end) => quiet = None,
                Some(_) => {}
                None if tag.starts_with("<textarea") => quiet = Some("</textarea"),
                None if tag.starts_with("<style") => quiet = Some("</style"),
                None if tag.contains("class=\"kutip\"") => quiet = Some("</p"),
                None => {}
            }
            self.tag(tag, &mut out);
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// A tag with its attributes.
    fn tag(&self, tag: &str, out: &mut String) {
        let mut rest = tag;
        while let Some(at) = rest.find("=\"") {
            let (before, from) = rest.split_at(at);
            let name = before.rsplit([' ', '\n']).next().unwrap_or_default();
            let value = &from[2..];
            let Some(end) = value.find('"') else { break };
            let (value, after) = (&value[..end], &value[end..]);
            out.push_str(before);
            out.push_str("=\"");
            match name {
                "href" | "action" => out.push_str(&place(value)),
                "lang" => out.push_str("en"),
                name if SPOKEN.contains(&name) => self.text(value, out),
                _ => out.push_str(value),
            }
            rest = after;
        }
        out.push_str(rest);
    }
}

/// What stands in the holes, when the literal pieces all fit.
fn held<'a>(pieces: &[String], text: &'a str) -> Option<Vec<&'a str>> {
    let (first, others) = pieces.split_first()?;
    let mut rest = text.strip_prefix(first.as_str())?;
    let mut parts = Vec::with_capacity(others.len());
    for (at, piece) in others.iter().enumerate() {
        let is_last = at + 1 == others.len();
        let end = match (is_last, piece.is_empty()) {
            (true, true) => rest.len(),
            (true, false) => {
                rest.len() - if rest.ends_with(piece.as_str()) { piece.len() } else { return None }
            }
            (false, _) => rest.find(piece.as_str())?,
        };
        if end == 0 {
            return None;
        }
        parts.push(&rest[..end]);
        rest = &rest[end + piece.len()..];
    }
    rest.is_empty().then_some(parts)
}

/// An address within the English pages.
fn place(address: &str) -> String {
    let stays = !address.starts_with('/') || SHARED.iter().any(|s| address.starts_with(s));
    if stays { address.to_owned() } else { format!("/en{address}") }
}

/// Turns pages under `/en` into English, and fills in the link to the other language everywhere.
pub async fn speak(
    State(dictionary): State<Arc<Dictionary>>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    // What a form gave has no address of its own: the link leads to the empty form.
    let asked =
        if request.method() == Method::GET { asked } else { request.uri().path().to_owned() };
    let english = asked.strip_prefix("/en/").map(|rest| format!("/{rest}"));
    let mut response = next.run(request).await;
    // A trouble looks the same for every address: its link leads to the other home page.
    let (asked, english) = match response.status().is_success() {
        true => (asked, english),
        false => ("/".to_owned(), english.map(|_| "/".to_owned())),
    };
    if english.is_some()
        && let Some(to) = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok())
        && let Ok(to) = HeaderValue::from_str(&place(to))
    {
        response.headers_mut().insert(header::LOCATION, to);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/html")) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let Ok(bytes) = to_bytes(body, PAGE_BYTES_MAX).await else {
        return Response::from_parts(head, Body::empty());
    };
    let html = String::from_utf8_lossy(&bytes);
    let safe =
        |address: &str| address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let page = match &english {
        Some(indonesian) => dictionary
            .page(&html)
            .replace(SWITCH, &format!("lang=\"id\" hreflang=\"id\" href=\"{}\"", safe(indonesian)))
            .replace(">English<", ">Bahasa Indonesia<"),
        None => html
            .replace(SWITCH, &format!("lang=\"en\" hreflang=\"en\" href=\"/en{}\"", safe(&asked))),
    };
    Response::from_parts(head, Body::from(page))
}
