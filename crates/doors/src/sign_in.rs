//! Sign-in: password, the first-run link, and in the demo one click per role.

use crate::page::{Frame, Page, Trouble, blocking, go, html, html_with, session};
use crate::state::Doors;
use access::{Password, Role, Token};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::{Account, CaseworkError, How};
use serde::Deserialize;
use web::session::{device, set_cookie};

/// Why a new password was refused.
pub(crate) const WEAK: &str = "Kata sandi paling sedikit 15 huruf, dan bukan yang umum dipakai.";

struct Click {
    account: u64,
    name: String,
    role: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    clicks: Vec<Click>,
    error: String,
    login: String,
}

fn page(
    doors: &Doors,
    headers: &HeaderMap,
    error: String,
    login: String,
) -> Result<SignInPage, Trouble> {
    let mut clicks = Vec::new();
    if doors.options().demo {
        for account in doors.work().accounts()? {
            let role = doors.work().policies().role_name(account.role).to_owned();
            clicks.push(Click { account: account.account, name: account.name, role });
        }
    }
    let who = session(doors, headers)?;
    Ok(SignInPage {
        frame: Frame::new(doors, "Masuk", "masuk", who.as_ref()),
        clicks,
        error,
        login,
    })
}

/// `GET /masuk`
pub(crate) async fn form(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| html(&page(doors, &headers, String::new(), String::new())?)).await
}

#[derive(Deserialize)]
pub(crate) struct Login {
    nama: String,
    sandi: String,
}

/// `POST /masuk`
pub(crate) async fn enter(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    blocking(doors, move |doors| {
        match doors.work().sign_in_on(login.nama.trim(), &login.sandi, &device(&headers)) {
            Ok((token, session)) => begin(doors, &token, &session.account),
            Err(CaseworkError::NotAllowed(_)) => {
                let error = "Nama atau kata sandi salah, atau akun terkunci.".to_owned();
                html_with(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    &page(doors, &headers, error, login.nama)?,
                )
            }
            Err(other) => Err(other.into()),
        }
    })
    .await
}

/// Where somebody starts.
pub(crate) fn begin(doors: &Doors, token: &Token, account: &Account) -> Page {
    let to = match account.role {
        Role::Citizen | Role::Visitor => "/lapor",
        Role::CallAgent => "/171",
        Role::FieldAssistant => "/lapangan",
        _ => "/kerja",
    };
    let mut response = go(to)?;
    if let Ok(value) = set_cookie(&token.expose(), doors.options().secure).parse() {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

#[derive(Deserialize)]
pub(crate) struct Clicked {
    akun: u64,
}

/// `POST /masuk/demo`: exists in the demo only.
pub(crate) async fn demo(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(clicked): Form<Clicked>,
) -> Response {
    blocking(doors, move |doors| {
        if !doors.options().demo {
            return Err(Trouble::Missing);
        }
        let (token, session) =
            doors.work().begin_on(clicked.akun, true, How::Demo, &device(&headers))?;
        begin(doors, &token, &session.account)
    })
    .await
}

/// `POST /keluar`
pub(crate) async fn leave(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        if let Some(token) = web::session::token(&headers) {
            doors.work().sign_out(&token)?;
        }
        let mut response = go("/masuk")?;
        if let Ok(value) = set_cookie("", doors.options().secure).parse() {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
        Ok(response)
    })
    .await
}

#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage {
    frame: Frame,
    token: String,
    error: String,
}

/// `GET /masuk/pertama/{token}`: the one-time link of the first run.
pub(crate) async fn first(State(doors): State<Doors>, Path(token): Path<String>) -> Response {
    blocking(doors, move |doors| {
        Token::parse(&token).ok_or(Trouble::Missing)?;
        html(&FirstPage {
            frame: Frame::new(doors, "Administrator pertama", "", None),
            token,
            error: String::new(),
        })
    })
    .await
}

/// `POST /masuk/pertama/{token}`
pub(crate) async fn first_use(
    State(doors): State<Doors>,
    Path(text): Path<String>,
    Form(login): Form<Login>,
) -> Response {
    blocking(doors, move |doors| {
        let token = Token::parse(&text).ok_or(Trouble::Missing)?;
        let again = |error: String| {
            let frame = Frame::new(doors, "Administrator pertama", "", None);
            html_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                &FirstPage { frame, token: text.clone(), error },
            )
        };
        let password = match Password::new_for(&login.sandi, &[login.nama.trim()]) {
            Ok(password) => password,
            Err(_) => {
                return again(WEAK.to_owned());
            }
        };
        match doors.work().use_first_run_link(&token, login.nama.trim(), &password) {
            Ok(_) => go("/masuk").map(IntoResponse::into_response),
            Err(CaseworkError::NotAllowed(_)) => Err(Trouble::Missing),
            Err(other) => again(other.to_string()),
        }
    })
    .await
}
