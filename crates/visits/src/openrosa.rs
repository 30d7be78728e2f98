//! OpenRosa over HTTP, as Collect wants it: every answer carries `X-OpenRosa-Version: 1.0` and
//! `text/xml; charset=utf-8`; HEAD of the submission address is 204 with the largest size; a form
//! that is on the disk is 201, and 202 while parts of it are still to come; never 200.

use crate::REQUEST_BYTES_MAX;
use crate::caller::{Caller, Who, nonce};
use crate::state::Visits;
use axum::body::Body;
use axum::extract::{Multipart, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use channels::openrosa::digest;
use channels::openrosa::listing::{self, Answer, FormOffer, MediaFile};
use field::{Arrival, Device, FieldError};
use serde::Deserialize;

const FORM: &str = "/forms/groundcheck";
/// Most ids asked about at once.
const IDS_MAX: usize = 2_000;

/// Where this phone's addresses begin, as it reached us.
fn base(visits: &Visits, uri: &Uri, headers: &HeaderMap) -> String {
    let scheme = if visits.options().secure { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("localhost");
    let path = uri.path();
    let root = match path.strip_prefix("/or/key/").and_then(|rest| rest.split('/').next()) {
        Some(token) => format!("/or/key/{token}"),
        None => "/or".to_owned(),
    };
    format!("{scheme}://{host}{root}")
}

fn with_headers(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body.into()).into_response();
    let headers = response.headers_mut();
    headers.insert("X-OpenRosa-Version", HeaderValue::from_static(listing::VERSION_HEADER.1));
    headers.insert("X-OpenRosa-Accept-Content-Length", HeaderValue::from(REQUEST_BYTES_MAX));
    response
}

/// 401 with both ways to sign in: Digest first, which Collect takes on plain http, then Basic.
fn sign_in(visits: &Visits, stale: bool) -> Response {
    let mut response = refused(401, "Ponsel ini belum masuk, atau sudah dicabut. Hubungi kantor.");
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&digest::challenge(&nonce(visits), stale)) {
        headers.append(header::WWW_AUTHENTICATE, value);
    }
    let basic = HeaderValue::from_static("Basic realm=\"Padan\", charset=\"UTF-8\"");
    headers.append(header::WWW_AUTHENTICATE, basic);
    response
}

fn xml(body: String) -> Response {
    with_headers(StatusCode::OK, listing::CONTENT_TYPE, body)
}

fn answer(answer: &Answer) -> Response {
    let (status, body) = answer.parts();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    with_headers(status, listing::CONTENT_TYPE, body)
}

fn refused(status: u16, message: &str) -> Response {
    answer(&Answer::Refused { status, message: message.to_owned() })
}

fn failed(error: &FieldError) -> Response {
    match error {
        FieldError::Refused(why) => refused(400, why),
        FieldError::NotAllowed => refused(403, "Ponsel ini tidak boleh mengirim ke sini."),
        FieldError::NotFound => refused(404, "Alamat ini tidak ada."),
        other => {
            eprintln!("visits: {other}");
            refused(503, "Server sedang sibuk. Formulir tetap di ponsel; coba lagi sebentar.")
        }
    }
}

/// Runs blocking work for a phone that is signed in and speaks the protocol's version.
async fn for_phone(
    visits: Visits,
    caller: Caller,
    work: impl FnOnce(&Visits, &Device, &str) -> Result<Response, FieldError> + Send + 'static,
) -> Response {
    let speaks = caller.headers.get("X-OpenRosa-Version").is_some_and(|v| v.as_bytes() == b"1.0");
    if !speaks {
        return refused(400, "Aplikasi ini tidak berbicara OpenRosa 1.0.");
    }
    let done = tokio::task::spawn_blocking(move || match caller.who(&visits)? {
        Who::Phone(device) => work(&visits, &device, &base(&visits, &caller.uri, &caller.headers)),
        Who::Nobody => Ok(sign_in(&visits, false)),
        Who::Stale => Ok(sign_in(&visits, true)),
    });
    match done.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => failed(&error),
        Err(_) => refused(500, "Ada kesalahan pada server. Formulir tetap di ponsel."),
    }
}

/// `GET …/formList`
pub(crate) async fn form_list(State(visits): State<Visits>, caller: Caller) -> Response {
    for_phone(visits, caller, |visits, _, base| {
        let offer = FormOffer {
            id: channels::openrosa::form::FORM_ID.to_owned(),
            name: "Kunjungan keluarga".to_owned(),
            version: visits.version().to_owned(),
            hash: visits.form_hash().to_owned(),
            download_url: format!("{base}{FORM}"),
            manifest_url: format!("{base}{FORM}/manifest"),
        };
        Ok(xml(listing::form_list(&[offer])))
    })
    .await
}

/// `GET …/forms/groundcheck`
pub(crate) async fn form(State(visits): State<Visits>, caller: Caller) -> Response {
    for_phone(visits, caller, |visits, _, _| Ok(xml(visits.form().to_owned()))).await
}

/// The families of a phone's holder, as an entity list.
fn family_list(visits: &Visits, device: &Device) -> Result<String, FieldError> {
    let mut out = String::from("name,label,__version,village,address,place\n");
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let open = visits.field().visits(device.actor.account, false)?;
    for (at, visit) in (1_u32..).zip(&open) {
        let label = format!("{} · {}", title(&visit.known.head), visit.known.address);
        out.push_str(&format!(
            "{},{},1,{},{},{}\n",
            visit.entity,
            cell(&label),
            visit.village.plain(),
            cell(&visit.known.address),
            at
        ));
    }
    Ok(out)
}

pub(crate) fn title(name: &str) -> String {
    let word = |w: &str| {
        let mut letters = w.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
        })
    };
    name.split_whitespace().map(word).collect::<Vec<String>>().join(" ")
}

/// `GET …/forms/groundcheck/manifest`
pub(crate) async fn manifest(State(visits): State<Visits>, caller: Caller) -> Response {
    for_phone(visits, caller, |visits, device, base| {
        let list = family_list(visits, device)?;
        Ok(xml(listing::manifest(&[MediaFile {
            filename: "families.csv".to_owned(),
            hash: listing::hash(list.as_bytes()),
            download_url: format!("{base}{FORM}/families.csv"),
            integrity_url: Some(format!("{base}/entities")),
        }])))
    })
    .await
}

/// `GET …/forms/groundcheck/families.csv`
pub(crate) async fn families(State(visits): State<Visits>, caller: Caller) -> Response {
    for_phone(visits, caller, |visits, device, _| {
        let list = family_list(visits, device)?;
        Ok(with_headers(StatusCode::OK, "text/csv; charset=utf-8", list))
    })
    .await
}

#[derive(Deserialize)]
pub(crate) struct Ids {
    #[serde(default)]
    id: String,
}

/// `GET …/entities?id=a,b`
pub(crate) async fn integrity(
    State(visits): State<Visits>,
    Query(ids): Query<Ids>,
    caller: Caller,
) -> Response {
    for_phone(visits, caller, move |visits, device, _| {
        let ids: Vec<String> = ids
            .id
            .split(',')
            .filter(|id| !id.is_empty())
            .take(IDS_MAX)
            .map(str::to_owned)
            .collect();
        let gone = visits.field().gone(device.actor.account, &ids)?;
        Ok(xml(listing::integrity(&gone)))
    })
    .await
}

/// `HEAD …/submission`
pub(crate) async fn probe(State(visits): State<Visits>, caller: Caller) -> Response {
    let response = for_phone(visits, caller, |_, _, _| {
        Ok(with_headers(StatusCode::NO_CONTENT, listing::CONTENT_TYPE, Body::empty()))
    });
    response.await
}

/// Reads the parts of a submission. `Err` says what is wrong, for the one who holds the phone.
pub(crate) async fn read_parts(mut body: Multipart) -> Result<Arrival, String> {
    let broken = || "Kiriman terputus. Kirim lagi.".to_owned();
    let mut arrival = Arrival::default();
    let mut forms = 0;
    while let Some(part) = body.next_field().await.map_err(|_| broken())? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|_| broken())?.to_vec();
        match name.as_str() {
            "xml_submission_file" => {
                forms += 1;
                arrival.xml = bytes;
            }
            "*isIncomplete*" => arrival.incomplete = bytes == b"yes",
            _ => arrival.files.push((file.unwrap_or(name), bytes)),
        }
    }
    if forms == 1 {
        Ok(arrival)
    } else {
        Err("Kiriman harus berisi satu formulir. Perbarui aplikasi, lalu kirim lagi.".to_owned())
    }
}

/// `POST …/submission`
pub(crate) async fn submit(
    State(visits): State<Visits>,
    caller: Caller,
    body: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    // Who it is comes before what is sent: a phone that was taken back sends nothing.
    let arrival = match body {
        Ok(body) => read_parts(body).await,
        Err(_) => Err("Kiriman bukan multipart/form-data. Perbarui aplikasi.".to_owned()),
    };
    for_phone(visits, caller, move |visits, device, _| {
        let arrival = match arrival {
            Ok(arrival) => arrival,
            Err(why) => return Ok(refused(400, &why)),
        };
        let incomplete = arrival.incomplete;
        let receipt = visits.field().receive(device, arrival)?;
        if receipt.conflict {
            return Ok(refused(
                409,
                "Formulir ini sudah dikirim dengan isi lain. Isinya disimpan dan akan diputuskan \
                 kantor; jangan dihapus dahulu.",
            ));
        }
        let mut response = answer(&Answer::Accepted { ticket: receipt.number });
        if incomplete {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        Ok(response)
    })
    .await
}
