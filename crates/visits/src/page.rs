//! What all pages share: the frame, troubles as pages, who is signed in, headers.

use crate::state::Visits;
use access::Role;
use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use casework::{CaseworkError, Session, role_label};
use field::FieldError;

pub(crate) use web::session::cookie;

/// The cookie of a browser that was signed in as a phone.
pub(crate) const PHONE: &str = "padan_ponsel";

/// Nothing from elsewhere; scripts only as files of this server (the form page).
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; \
                      script-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The frame around a page.
pub(crate) struct Frame {
    pub title: String,
    pub here: &'static str,
    pub synthetic: bool,
    pub who: String,
    pub assistant: bool,
}

impl Frame {
    pub fn new(visits: &Visits, title: &str, here: &'static str, session: &Session) -> Self {
        let account = &session.account;
        Self {
            title: title.to_owned(),
            here,
            synthetic: visits.options().synthetic,
            who: format!("{}, {}", account.name, role_label(account.role.word())),
            assistant: account.role == Role::FieldAssistant,
        }
    }

    pub fn current(&self, key: &str) -> bool {
        self.here == key
    }
}

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum Trouble {
    Missing,
    SignIn,
    Refused(String),
    Away,
    Fault(String),
}

impl From<FieldError> for Trouble {
    fn from(error: FieldError) -> Self {
        match error {
            FieldError::NotFound | FieldError::NotAllowed => Self::Missing,
            FieldError::Refused(why) => Self::Refused(why),
            FieldError::Casework(CaseworkError::Store(e)) if e.is_away() => Self::Away,
            FieldError::Casework(
                e @ (CaseworkError::Refused(_) | CaseworkError::NotAllowed(_)),
            ) => Self::Refused(e.to_string()),
            other => Self::Fault(other.to_string()),
        }
    }
}

impl From<CaseworkError> for Trouble {
    fn from(error: CaseworkError) -> Self {
        FieldError::from(error).into()
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
    heading: &'static str,
    text: String,
}

pub(crate) type Page = Result<Response, Trouble>;

/// A template as an answer.
pub(crate) fn html(page: &impl Template) -> Page {
    Ok(Html(page.render()?).into_response())
}

/// Goes on to another page after a form was taken.
pub(crate) fn go(to: &str) -> Page {
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response())
}

/// Runs a handler's work on a thread that may block.
pub(crate) async fn blocking(
    visits: Visits,
    work: impl FnOnce(&Visits) -> Page + Send + 'static,
) -> Response {
    let result = tokio::task::spawn_blocking(move || work(&visits)).await;
    match result.unwrap_or_else(|e| Err(Trouble::Fault(e.to_string()))) {
        Ok(response) => response,
        Err(trouble) => trouble_page(trouble),
    }
}

fn trouble_page(trouble: Trouble) -> Response {
    let (status, heading, text) = match trouble {
        Trouble::SignIn => {
            return (StatusCode::SEE_OTHER, [(header::LOCATION, "/masuk")]).into_response();
        }
        Trouble::Missing => (
            StatusCode::NOT_FOUND,
            "Halaman tidak ada",
            "Periksa alamatnya, atau mulai dari beranda.".to_owned(),
        ),
        Trouble::Refused(why) => (StatusCode::UNPROCESSABLE_ENTITY, "Belum dapat diproses", why),
        Trouble::Away => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Sedang tidak dapat dihubungi",
            "Coba lagi sebentar. Tidak ada yang hilang.".to_owned(),
        ),
        Trouble::Fault(why) => {
            eprintln!("visits: {why}");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Ada kesalahan pada kami",
                "Kesalahan sudah dicatat. Coba lagi sebentar.".to_owned(),
            )
        }
    };
    let page = TroublePage { heading, text };
    let mut response = (status, Html(page.render().unwrap_or_default())).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    response
}

/// Somebody signed in, or the way to sign in.
pub(crate) fn demand(visits: &Visits, headers: &HeaderMap) -> Result<Session, Trouble> {
    web::session::of(visits.work(), headers)?.ok_or(Trouble::SignIn)
}

/// Security headers on every answer; forms from other sites are refused.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    if request.method() == Method::POST && !web::guard::is_same_site(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    web::guard::set_headers(&mut response, POLICY);
    response
}

/// A new client-made id for the hidden field of a form.
pub(crate) fn new_id() -> String {
    let mut bytes = [0; 12];
    // Without random bytes the id is too short for the check, and the form says so.
    if getrandom::fill(&mut bytes).is_err() {
        return String::new();
    }
    format!("web-{}", hex::encode(bytes))
}
