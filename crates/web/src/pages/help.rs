//! Plain pages: what a decile is, what to do, how data are protected, accessibility.

use crate::lang::Lang;
use crate::page::{Frame, Trouble, blocking};
use crate::state::App;
use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;

#[derive(Template)]
#[template(path = "text.html")]
struct TextPage {
    frame: Frame,
    heading: String,
    parts: Vec<(String, String, String)>,
}

fn text(app: &App, lang: Lang, name: &'static str, parts: u8) -> Result<String, Trouble> {
    let heading = lang.t(&format!("{name}.title"));
    let parts = (1..=parts)
        .map(|n| {
            (
                format!("b{n}"),
                lang.t(&format!("{name}.{n}.title")),
                lang.t(&format!("{name}.{n}.text")),
            )
        })
        .collect();
    let path = match name {
        "help" => "/bantuan",
        "privacy" => "/privasi",
        _ => "/aksesibilitas",
    };
    let frame = Frame::new(app, lang, heading.clone(), path, name);
    Ok(TextPage { frame, heading, parts }.render()?)
}

/// GET `/bantuan`
pub async fn help(State(app): State<App>, Extension(lang): Extension<Lang>) -> Response {
    blocking(app, lang, |app, lang| text(app, lang, "help", 4)).await
}

/// GET `/privasi`
pub async fn privacy(State(app): State<App>, Extension(lang): Extension<Lang>) -> Response {
    blocking(app, lang, |app, lang| text(app, lang, "privacy", 3)).await
}

/// GET `/aksesibilitas`
pub async fn accessibility(State(app): State<App>, Extension(lang): Extension<Lang>) -> Response {
    blocking(app, lang, |app, lang| text(app, lang, "access", 2)).await
}
