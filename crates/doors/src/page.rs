//! What all pages share: the frame, troubles as pages, sessions, headers, work off the async threads.

use crate::state::Doors;
use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use casework::{CaseworkError, Session, role_label};

const STYLE: &str = include_str!("../assets/pintu.css");
const FONT: &[u8] = include_bytes!("../../web/assets/jakarta.woff2");

/// Nothing from elsewhere, no script, no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The frame around a page.
pub(crate) struct Frame {
    pub title: String,
    pub here: &'static str,
    pub synthetic: bool,
    pub who: Option<String>,
    pub office: bool,
    pub call: bool,
    pub search: bool,
    pub simulate: bool,
}

impl Frame {
    pub fn new(
        doors: &Doors,
        title: impl Into<String>,
        here: &'static str,
        session: Option<&Session>,
    ) -> Self {
        Self {
            title: title.into(),
            here,
            synthetic: doors.options().synthetic,
            who: session
                .map(|s| format!("{}, {}", s.account.name, role_label(s.account.role.word()))),
            office: session.is_some_and(|s| s.account.role != access::Role::Citizen),
            search: may(doors, session, access::Action::FamilySearch),
            simulate: may(doors, session, access::Action::ListSimulate),
            call: session.is_some_and(|s| s.account.role == access::Role::CallAgent),
        }
    }

    pub fn current(&self, key: &str) -> bool {
        self.here == key
    }
}

/// True when this session may do it somewhere: then its page is named in the frame.
fn may(doors: &Doors, session: Option<&Session>, action: access::Action) -> bool {
    session.is_some_and(|session| {
        let region = match session.actor.territory {
            access::Territory::Nowhere => return false,
            access::Territory::Country => None,
            access::Territory::In(region) => Some(region),
        };
        let resource = access::Resource { region, ..access::Resource::of_the_country() };
        doors.work().policies().decide(&session.actor, action, &resource)
    })
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

impl From<CaseworkError> for Trouble {
    fn from(error: CaseworkError) -> Self {
        match error {
            CaseworkError::NotFound => Self::Missing,
            CaseworkError::Store(error) if error.is_away() => Self::Away,
            CaseworkError::NotAllowed(_)
            | CaseworkError::Refused(_)
            | CaseworkError::IdReused(_) => Self::Refused(error.to_string()),
            other => Self::Fault(other.to_string()),
        }
    }
}

impl From<store::StoreError> for Trouble {
    fn from(error: store::StoreError) -> Self {
        CaseworkError::Store(error).into()
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
    heading: &'static str,
    text: String,
}

pub(crate) type Page = Result<Response, Trouble>;

/// A template as an answer.
pub(crate) fn html(page: &impl Template) -> Page {
    Ok(Html(page.render()?).into_response())
}

/// The same with another status.
pub(crate) fn html_with(status: StatusCode, page: &impl Template) -> Page {
    Ok((status, Html(page.render()?)).into_response())
}

/// Goes on to another page after a form was taken.
pub(crate) fn go(to: &str) -> Page {
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response())
}

/// Runs a handler's work on a thread that may block.
pub(crate) async fn blocking(
    doors: Doors,
    work: impl FnOnce(&Doors) -> Page + Send + 'static,
) -> Response {
    let for_work = doors.clone();
    let result = tokio::task::spawn_blocking(move || work(&for_work)).await;
    match result.unwrap_or_else(|e| Err(Trouble::Fault(e.to_string()))) {
        Ok(response) => response,
        Err(trouble) => trouble_page(&doors, trouble),
    }
}

fn trouble_page(doors: &Doors, trouble: Trouble) -> Response {
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
            eprintln!("doors: {why}");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Ada kesalahan pada kami",
                "Kesalahan sudah dicatat. Coba lagi sebentar.".to_owned(),
            )
        }
    };
    let page = TroublePage { frame: Frame::new(doors, heading, "", None), heading, text };
    let mut response = (status, Html(page.render().unwrap_or_default())).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    response
}

/// Who is signed in.
pub(crate) fn session(doors: &Doors, headers: &HeaderMap) -> Result<Option<Session>, Trouble> {
    Ok(web::session::of(doors.work(), headers)?)
}

/// Somebody signed in, or the way to sign in.
pub(crate) fn demand(doors: &Doors, headers: &HeaderMap) -> Result<Session, Trouble> {
    session(doors, headers)?.ok_or(Trouble::SignIn)
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

/// The style sheet.
pub(crate) async fn style() -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=3600"),
        ],
        STYLE,
    )
        .into_response()
}

/// The style sheet of conversations and of the way back.
pub(crate) async fn channel_style() -> Response {
    const STYLE: &str = include_str!("../assets/saluran.css");
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=3600"),
        ],
        STYLE,
    )
        .into_response()
}

/// The font.
pub(crate) async fn font() -> Response {
    (
        [
            (header::CONTENT_TYPE, "font/woff2"),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ],
        FONT,
    )
        .into_response()
}
