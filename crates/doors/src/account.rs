//! The page of one's own account: where one is signed in, the password, how to end it all.

use crate::page::{Frame, Page, Trouble, blocking, demand, go, html, html_with};
use crate::state::Doors;
use crate::words;
use access::Password;
use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use casework::{CaseworkError, How, Session};
use serde::Deserialize;
use web::session::{set_cookie, token};

/// One session of the list.
struct Line {
    mark: String,
    how: &'static str,
    device: String,
    began: String,
    used: String,
    this: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    name: String,
    login: String,
    role: String,
    place: String,
    strong: bool,
    demo: bool,
    sessions: Vec<Line>,
    error: String,
}

const fn how(how: How) -> &'static str {
    match how {
        How::Demo => "satu klik (peragaan)",
        How::Password => "kata sandi",
        How::Passkey => "kunci sandi",
        How::Code => "kode sekali pakai",
        How::Provider => "akun pemerintah",
        How::Other => "cara lain",
    }
}

fn filled(
    doors: &Doors,
    headers: &HeaderMap,
    who: &Session,
    error: String,
) -> Result<AccountPage, Trouble> {
    let own = token(headers).ok_or(Trouble::SignIn)?;
    let sessions = doors.work().sessions_of(&own)?.into_iter().map(|line| Line {
        mark: line.mark,
        how: how(line.how),
        device: if line.device.is_empty() { "perangkat lain".to_owned() } else { line.device },
        began: words::instant(line.began),
        used: words::instant(line.used),
        this: line.this,
    });
    Ok(AccountPage {
        frame: Frame::new(doors, "Akun saya", "akun", Some(who)),
        name: who.account.name.clone(),
        login: who.account.login.clone(),
        role: doors.work().policies().role_name(who.account.role).to_owned(),
        place: match who.account.territory {
            access::Territory::Nowhere => "tanpa wilayah".to_owned(),
            access::Territory::Country => "seluruh Indonesia".to_owned(),
            access::Territory::In(region) => region.to_string(),
        },
        strong: who.actor.strong,
        demo: doors.options().demo,
        sessions: sessions.collect(),
        error,
    })
}

/// `GET /akun`
pub(crate) async fn page(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        html(&filled(doors, &headers, &who, String::new())?)
    })
    .await
}

#[derive(Deserialize)]
pub(crate) struct Ended {
    /// The mark of one session; empty: all.
    #[serde(default)]
    sesi: String,
}

/// `POST /akun/sesi`: ends one session, or all.
pub(crate) async fn end(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(ended): Form<Ended>,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        if ended.sesi.is_empty() {
            doors.work().sign_out_everywhere(who.account.account)?;
            return signed_out(doors);
        }
        doors.work().end_session(who.account.account, &ended.sesi)?;
        go("/akun")
    })
    .await
}

fn signed_out(doors: &Doors) -> Page {
    let mut response = go("/masuk")?;
    if let Ok(value) = set_cookie("", doors.options().secure).parse() {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

#[derive(Deserialize)]
pub(crate) struct Changed {
    lama: String,
    baru: String,
}

/// `POST /akun/sandi`: a new password; every session ends.
pub(crate) async fn password(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(changed): Form<Changed>,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let again = |error: &str| {
            let page = filled(doors, &headers, &who, error.to_owned())?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        };
        let Ok(new) = Password::new_for(&changed.baru, &[&who.account.login, &who.account.name])
        else {
            return again(crate::sign_in::WEAK);
        };
        match doors.work().change_password(who.account.account, &changed.lama, &new) {
            Ok(()) => signed_out(doors),
            Err(CaseworkError::NotAllowed(_)) => {
                again("Kata sandi lama salah, atau akun terkunci.")
            }
            Err(other) => Err(other.into()),
        }
    })
    .await
}
