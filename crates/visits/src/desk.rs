//! A village kit at work: the same form, served to this laptop's own browser, with the families of
//! the kit. Each filled form is sealed into a file of its own before the browser gets its receipt.

use crate::openrosa::{read_parts, title};
use crate::{REQUEST_BYTES_MAX, app, page};
use axum::Json;
use axum::Router;
use axum::extract::{Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use channels::openrosa::listing;
use channels::openrosa::submission::Submission;
use field::{Arrival, Kit, KitForm, KitReturn, RESULTS};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// An opened kit with the folder for what is filled.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    kit: Kit,
    passphrase: String,
    folder: PathBuf,
    /// Parts of forms by instance id: name → bytes.
    parts: Mutex<BTreeMap<String, BTreeMap<String, Vec<u8>>>>,
}

impl Desk {
    /// A desk over an opened kit.
    #[must_use]
    pub fn new(kit: Kit, passphrase: String, folder: PathBuf) -> Self {
        Self(Arc::new(Inner { kit, passphrase, folder, parts: Mutex::default() }))
    }
}

/// The desk's routes: the form, its data, the way to the folder.
pub fn desk_router(desk: Desk) -> Router {
    Router::new()
        .route(
            "/",
            get(|| async { (StatusCode::SEE_OTHER, [(header::LOCATION, "/lapangan/formulir/")]) }),
        )
        .route(
            "/lapangan/formulir/",
            get(|| async { Html(include_str!("../templates/shell.html")) }),
        )
        .route("/lapangan/formulir/data", get(data))
        .route("/lapangan/formulir/kirim", post(send))
        .route("/lapangan/formulir/{asset}", get(app::asset))
        .layer(axum::extract::DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(axum::middleware::from_fn(page::headers))
        .with_state(desk)
}

async fn data(State(desk): State<Desk>) -> Response {
    let kit = &desk.0.kit;
    let visit = |(at, family): (usize, &field::KitFamily)| {
        let people: Vec<_> = family
            .people
            .iter()
            .map(|(id, name)| json!({"person": id.to_string(), "name": title(name)}))
            .collect();
        json!({
            "entity": family.entity, "head": title(&family.head), "address": family.address,
            "village": "", "place": at + 1, "people": people,
        })
    };
    let visits: Vec<_> = kit.families.iter().enumerate().map(visit).collect();
    Json(json!({
        "version": kit.version, "account": 0, "questions": kit.questions, "results": RESULTS,
        "presence": crate::form_page::PRESENCE, "visits": visits,
    }))
    .into_response()
}

async fn send(State(desk): State<Desk>, body: Multipart) -> Response {
    let arrival = match read_parts(body).await {
        Ok(arrival) => arrival,
        Err(why) => return (StatusCode::BAD_REQUEST, why).into_response(),
    };
    match tokio::task::spawn_blocking(move || keep(&desk, arrival)).await {
        Ok(Ok(receipt)) => Json(receipt).into_response(),
        Ok(Err(why)) => (StatusCode::BAD_REQUEST, why).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Seals what is there of a form into its file; the receipt names it once the disk has it.
fn keep(desk: &Desk, arrival: Arrival) -> Result<serde_json::Value, String> {
    let desk = &desk.0;
    let form = Submission::read(&arrival.xml).map_err(|e| e.to_string())?;
    let entity = form.value("visit/family").unwrap_or_default();
    let family = desk.kit.families.iter().find(|f| f.entity == entity);
    let account = family.ok_or("Keluarga ini tidak ada dalam paket desa.")?.account;
    let photos = {
        let mut parts = desk.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let own = parts.entry(form.instance_id.clone()).or_default();
        own.extend(arrival.files);
        let photos = own.clone();
        if !arrival.incomplete {
            parts.remove(&form.instance_id);
        }
        photos
    };
    let xml = String::from_utf8(arrival.xml).map_err(|e| e.to_string())?;
    let encoded = photos.iter().map(|(name, b)| (name.clone(), BASE64_STANDARD.encode(b)));
    let back = KitReturn {
        village: desk.kit.village,
        made_at: desk.kit.made_at,
        expires_at: desk.kit.expires_at,
        secret: desk.kit.secret.clone(),
        forms: vec![KitForm { account, xml: xml.clone(), photos: encoded.collect() }],
    };
    let sealed = back.seal(&desk.kit, &desk.passphrase).map_err(|e| e.to_string())?;
    let hash = listing::hash(form.instance_id.as_bytes());
    let name = format!("{}.padan-form", hash.trim_start_matches("md5:"));
    write(&desk.folder.join(name), &sealed).map_err(|e| e.to_string())?;
    let held: Vec<(String, String)> =
        photos.iter().map(|(name, bytes)| (name.clone(), field::sha256(bytes))).collect();
    Ok(json!({
        "instance": form.instance_id, "number": "", "xml_sha256": field::sha256(xml.as_bytes()),
        "files": held, "conflict": false,
    }))
}

/// Whole or not at all: beside it, synced, then renamed.
fn write(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("unfinished");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

/// Serves a desk to this machine until the process is ended; `ready` is called once it listens.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve_desk(
    router: Router,
    address: std::net::SocketAddr,
    ready: impl FnOnce(),
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    ready();
    axum::serve(listener, router).await
}
