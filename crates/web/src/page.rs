//! What all pages share: the frame, errors as pages, and work off the async threads.

use crate::assets::{FONT_PATH, STYLE_PATH};
use crate::lang::Lang;
use crate::state::App;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use store::StoreError;

/// The frame around a page's content.
pub struct Frame {
    /// Language.
    pub lang: Lang,
    /// Title of the window.
    pub title: String,
    /// The address of this page without the language.
    pub path: String,
    /// Key of the navigation's current entry.
    pub here: &'static str,
    /// True on pages for officers (other width and size of type).
    pub office: bool,
    /// True on pages that only who is signed in can see: it names their other pages.
    pub officer: bool,
    /// True when there is a page to sign in at.
    pub door: bool,
    /// True when all people are invented.
    pub synthetic: bool,
    /// Path of the style sheet.
    pub style: &'static str,
    /// Path of the font.
    pub font: &'static str,
}

impl Frame {
    /// A frame for a public page.
    #[must_use]
    pub fn new(app: &App, lang: Lang, title: String, path: &str, here: &'static str) -> Self {
        Self {
            lang,
            title,
            path: path.to_owned(),
            here,
            office: false,
            officer: false,
            door: app.work().is_some(),
            synthetic: app.synthetic(),
            style: STYLE_PATH.as_str(),
            font: FONT_PATH.as_str(),
        }
    }

    /// The same for an officer's page.
    #[must_use]
    pub fn office(mut self) -> Self {
        self.office = true;
        self
    }

    /// The same for a page of who is signed in.
    #[must_use]
    pub fn signed_in(mut self) -> Self {
        self.officer = true;
        self.office()
    }

    /// An address in this language.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.lang.prefix())
    }

    /// This page in the other language.
    #[must_use]
    pub fn other(&self) -> String {
        format!("{}{}", self.lang.other().prefix(), self.path)
    }

    /// `page` when `key` is where we are: for `aria-current`.
    #[must_use]
    pub fn current(&self, key: &str) -> bool {
        self.here == key
    }
}

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum Trouble {
    /// Nothing at this address (or nothing you may know of).
    Missing,
    /// No edition is published yet.
    Empty,
    /// The store is away.
    Away,
    /// A fault of ours; the details go to the log.
    Fault(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        if error.is_away() { Self::Away } else { Self::Fault(error.to_string()) }
    }
}

impl From<casework::CaseworkError> for Trouble {
    fn from(error: casework::CaseworkError) -> Self {
        match error {
            casework::CaseworkError::Store(error) => error.into(),
            casework::CaseworkError::NotFound => Self::Missing,
            other => Self::Fault(other.to_string()),
        }
    }
}

impl From<askama::Error> for Trouble {
    fn from(error: askama::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage {
    frame: Frame,
    heading: String,
    text: String,
}

/// A page, or the trouble there was, as an answer.
pub fn answer(app: &App, lang: Lang, result: Result<String, Trouble>) -> Response {
    let trouble = match result {
        Ok(html) => return Html(html).into_response(),
        Err(trouble) => trouble,
    };
    let (status, key) = match &trouble {
        Trouble::Missing => (StatusCode::NOT_FOUND, "missing"),
        Trouble::Empty => (StatusCode::SERVICE_UNAVAILABLE, "empty"),
        Trouble::Away => (StatusCode::SERVICE_UNAVAILABLE, "away"),
        Trouble::Fault(why) => {
            eprintln!("web: {why}");
            (StatusCode::INTERNAL_SERVER_ERROR, "fault")
        }
    };
    let heading = lang.t(&format!("trouble.{key}"));
    let page = TroublePage {
        frame: Frame::new(app, lang, heading.clone(), "/", ""),
        heading,
        text: lang.t(&format!("trouble.{key}.text")),
    };
    let mut response = (status, Html(page.render().unwrap_or_default())).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, axum::http::HeaderValue::from_static("10"));
    }
    response
}

/// Runs a handler's work on a thread that may block, and answers with its page.
pub async fn blocking(
    app: App,
    lang: Lang,
    work: impl FnOnce(&App, Lang) -> Result<String, Trouble> + Send + 'static,
) -> Response {
    let for_work = app.clone();
    let result = tokio::task::spawn_blocking(move || work(&for_work, lang)).await;
    let result = result.unwrap_or_else(|e| Err(Trouble::Fault(e.to_string())));
    answer(&app, lang, result)
}
