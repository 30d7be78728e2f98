//! The same by API, for the systems of a village, a district or the ministry: the work list, and
//! proposals in. The token of a session goes into `Authorization: Bearer`; a browser's cookie also
//! does. The document is at `/api/kerja/openapi.json`.

use crate::files::{self, Line};
use crate::page::{Trouble, demand};
use crate::state::Doors;
use crate::words;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::{Basket, CaseRow, Channel, ListQuery, Session, day_of};
use serde::Deserialize;
use serde_json::{Value, json};

/// Most proposals of one request.
const PROPOSALS_MAX: usize = 1_000;
/// The document, for a server that joins the documents of its rooms.
pub const DOCUMENT: &str = include_str!("../messages/openapi.json");

type Answer = Result<Value, Trouble>;

/// Runs a handler where it may block; troubles become `application/problem+json`.
async fn answer(doors: Doors, work: impl FnOnce(&Doors) -> Answer + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(move || work(&doors)).await;
    let (status, title, detail) = match done.unwrap_or_else(|e| Err(Trouble::Fault(e.to_string())))
    {
        Ok(value) => return Json(value).into_response(),
        Err(Trouble::SignIn) => (StatusCode::UNAUTHORIZED, "sign in", String::new()),
        Err(Trouble::Missing) => (StatusCode::NOT_FOUND, "not found", String::new()),
        Err(Trouble::Refused(why)) => (StatusCode::UNPROCESSABLE_ENTITY, "refused", why),
        Err(Trouble::Away) => (StatusCode::SERVICE_UNAVAILABLE, "away, try again", String::new()),
        Err(Trouble::Fault(why)) => {
            eprintln!("doors: {why}");
            (StatusCode::INTERNAL_SERVER_ERROR, "fault", String::new())
        }
    };
    problem(status, title, &detail)
}

fn problem(status: StatusCode, title: &str, detail: &str) -> Response {
    let body = json!({"status": status.as_u16(), "title": title, "detail": detail}).to_string();
    let mut response = (status, body).into_response();
    let heads = response.headers_mut();
    heads.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        heads.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        heads.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    response
}

/// `GET /api/kerja/openapi.json`
pub(crate) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    keranjang: String,
    #[serde(default)]
    mulai: u32,
}

/// `GET /api/kasus?keranjang=saya|lain|selesai&mulai=0`
pub(crate) async fn cases(
    State(doors): State<Doors>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(asked)) = asked else {
        return problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "refused",
            "keranjang: saya, lain or selesai; mulai: a number",
        );
    };
    answer(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let basket = match asked.keranjang.as_str() {
            "" | "saya" => Basket::Mine,
            "lain" => Basket::Others,
            "selesai" => Basket::Closed,
            // What was sent is not repeated: people paste numbers into the wrong place.
            _ => return Err(Trouble::Refused("keranjang: saya, lain or selesai".to_owned())),
        };
        let query = ListQuery {
            basket,
            rows: casework::PAGE_MAX,
            skip: asked.mulai,
            ..ListQuery::default()
        };
        let rows = doors.work().work_list(&who.actor, &query)?;
        let cases: Vec<Value> = rows.iter().map(|case| line(doors, case)).collect();
        Ok(json!({"kasus": cases}))
    })
    .await
}

fn line(doors: &Doors, case: &CaseRow) -> Value {
    json!({
        "nomor": case.ticket, "jenis": case.kind, "desa": case.village.to_string(), "langkah": case.step,
        "tahap": words::state(doors.work().tables(), &case.step), "pemegang": case.level(),
        "tenggat": day_of(case.due_at).to_string(), "mendesak": case.urgent, "hasil": case.outcome,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proposals {
    usulan: Vec<Line>,
}

/// `POST /api/usulan`: each proposal gets its own code; the same `id_usulan` twice has one effect.
pub(crate) async fn propose(
    State(doors): State<Doors>,
    headers: HeaderMap,
    body: Result<Json<Proposals>, axum::extract::rejection::JsonRejection>,
) -> Response {
    answer(doors, move |doors| {
        let who = demand(doors, &headers)?;
        // The reason may quote what was sent: it is not repeated.
        let Ok(Json(body)) = body else {
            return Err(Trouble::Refused("the body must be {\"usulan\": [{\"id_usulan\", \"nik\", \"tanggal_lahir\", …}]} as application/json".to_owned()));
        };
        if body.usulan.len() > PROPOSALS_MAX {
            return Err(Trouble::Refused(format!("at most {PROPOSALS_MAX} proposals in one request")));
        }
        Ok(json!({"hasil": results(doors, &who, &body.usulan)?}))
    })
    .await
}

fn results(doors: &Doors, who: &Session, lines: &[Line]) -> Result<Vec<Value>, Trouble> {
    let one = |line: &Line| {
        let (code, text) = files::take(doors, who, line, Channel::File)?;
        Ok(json!({"kode": code, "keterangan": text, "diterima": files::is_taken(code)}))
    };
    lines.iter().map(one).collect()
}
