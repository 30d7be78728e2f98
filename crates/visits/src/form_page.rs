//! The form in the browser: a shell that works without network, the assistant's visits and the 39
//! questions as data, and the way back. The browser is a phone like any other: it has a token of
//! its own, in a cookie that no script can read, and can be taken back.

use crate::openrosa::{read_parts, title};
use crate::page::{PHONE, Page, Trouble, blocking, cookie, demand, html};
use crate::state::Visits;
use access::Role;
use askama::Template;
use axum::Json;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use field::{Device, FieldError, RESULTS};
use serde_json::json;

/// How long a browser stays signed in as a phone: a campaign of months, in seconds.
const PHONE_SECONDS: u64 = 180 * 86_400;

/// Whether a member is there, as the ODK form asks it (Regsosek 2022, question 404).
pub(crate) const PRESENCE: [(u8, &str); 6] = [
    (1, "Tinggal bersama keluarga"),
    (2, "Meninggal"),
    (3, "Pindah di dalam negeri"),
    (4, "Pindah ke luar negeri"),
    (5, "Anggota baru"),
    (6, "Tidak ditemukan"),
];

fn phone(visits: &Visits, headers: &HeaderMap) -> Result<Option<Device>, FieldError> {
    match cookie(headers, PHONE) {
        Some(token) => visits.field().device(&token),
        None => Ok(None),
    }
}

/// `GET /lapangan/formulir`: signs this browser in as a phone, once, and goes to the form.
pub(crate) async fn enter(State(visits): State<Visits>, headers: HeaderMap) -> Response {
    blocking(visits, move |visits| {
        let to = [(header::LOCATION, "/lapangan/formulir/")];
        let mut response = (StatusCode::SEE_OTHER, to).into_response();
        let session = demand(visits, &headers);
        let known = phone(visits, &headers)?;
        // Somebody else at the same browser gets a sign-in of their own.
        let same = match (&session, &known) {
            (Ok(session), Some(known)) => known.actor.account == session.account.account,
            (Err(_), Some(_)) => true,
            (_, None) => false,
        };
        if !same {
            let session = session?;
            if session.account.role != Role::FieldAssistant {
                return Err(Trouble::Missing);
            }
            let bearer = visits.field().enrol(&session.actor, "Peramban")?;
            let secure = if visits.options().secure { "; Secure" } else { "" };
            let value = format!(
                "{PHONE}={}; Path=/lapangan/formulir; HttpOnly; SameSite=Strict; Max-Age={PHONE_SECONDS}{secure}",
                bearer.token.expose()
            );
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(header::SET_COOKIE, value);
            }
        }
        Ok(response)
    })
    .await
}

#[derive(Template)]
#[template(path = "shell.html")]
struct Shell;

/// `GET /lapangan/formulir/`: the shell. Nothing in it is about anybody.
pub(crate) async fn shell(State(visits): State<Visits>) -> Response {
    blocking(visits, |_| html(&Shell) as Page).await
}

/// `GET /lapangan/formulir/data`: questions and this assistant's open visits.
pub(crate) async fn data(State(visits): State<Visits>, headers: HeaderMap) -> Response {
    let work = move || -> Result<Response, FieldError> {
        let Some(device) = phone(&visits, &headers)? else {
            return Ok(StatusCode::UNAUTHORIZED.into_response());
        };
        let field = visits.field();
        let mut open = Vec::new();
        for visit in field.visits(device.actor.account, false)? {
            let people: Vec<_> = visit
                .known
                .people
                .iter()
                .map(|p| json!({"person": p.person.to_string(), "name": title(&p.name)}))
                .collect();
            open.push(json!({
                "entity": visit.entity,
                "head": title(&visit.known.head),
                "address": visit.known.address,
                "village": field.region_name(visit.village)?,
                "place": open.len() + 1,
                "people": people,
            }));
        }
        let codes = |list: &[(u8, &str)]| json!(list);
        Ok(Json(json!({
            "version": visits.version(),
            "account": device.actor.account,
            "questions": field::questions(field.instrument()),
            "results": codes(&RESULTS),
            "presence": codes(&PRESENCE),
            "visits": open,
        }))
        .into_response())
    };
    finish(tokio::task::spawn_blocking(work).await)
}

/// `POST /lapangan/formulir/kirim`: the same parts as OpenRosa; answers with a receipt that lists
/// what is on the disk, so the browser deletes that and nothing else.
pub(crate) async fn send(
    State(visits): State<Visits>,
    headers: HeaderMap,
    body: Multipart,
) -> Response {
    let arrival = match read_parts(body).await {
        Ok(arrival) => arrival,
        Err(why) => return (StatusCode::BAD_REQUEST, why).into_response(),
    };
    let work = move || -> Result<Response, FieldError> {
        let Some(device) = phone(&visits, &headers)? else {
            return Ok(StatusCode::UNAUTHORIZED.into_response());
        };
        let receipt = visits.field().receive(&device, arrival)?;
        Ok(Json(json!({
            "instance": receipt.instance,
            "number": receipt.number,
            "xml_sha256": receipt.xml_sha256,
            "files": receipt.files,
            "conflict": receipt.conflict,
        }))
        .into_response())
    };
    finish(tokio::task::spawn_blocking(work).await)
}

fn finish(result: Result<Result<Response, FieldError>, tokio::task::JoinError>) -> Response {
    match result {
        Ok(Ok(response)) => response,
        Ok(Err(FieldError::Refused(why))) => (StatusCode::BAD_REQUEST, why).into_response(),
        Ok(Err(error)) => {
            eprintln!("visits: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
