//! A simulator of the platform, for the demo only: phones on a page. It speaks the published protocol
//! in both directions: signed deliveries to the real webhook, and the send and media calls that our
//! courier makes. Where the demo does not run, every path here answers 404.

use super::{WhatsApp, http};
use crate::form::Form;
use crate::page::{Frame, Page, Trouble, blocking, go, html};
use crate::state::Doors;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use channels::mask::mask;
use channels::whatsapp::signature;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The phones: user id, number (none for people with a user name only), name, what they are for.
const PHONES: [(&str, Option<&str>, &str, &str); 3] = [
    ("ID.9000000000000001", Some("6281200000001"), "Papuq Minah", "67 tahun, mengetik pelan"),
    ("ID.9000000000000002", None, "Amaq Sahdan", "akun tanpa nomor telepon"),
    ("ID.9000000000000003", Some("6281200000003"), "Inaq Rohani", "sedang cuci darah"),
];
/// Longest wait for an answer after a message was sent, and how long it must be quiet.
const WAIT: Duration = Duration::from_secs(6);
const QUIET: Duration = Duration::from_millis(700);
/// Most lines kept per phone, most photos kept in all.
const LINES_MAX: usize = 200;
const MEDIA_MAX: usize = 50;

/// The platform's memory.
#[derive(Default)]
pub(crate) struct Simulator(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    lines: BTreeMap<String, Vec<Line>>,
    media: BTreeMap<String, Vec<u8>>,
    next: u64,
    delivered: String,
    sent: String,
}

/// One bubble.
#[derive(Clone, Default)]
struct Line {
    id: String,
    theirs: bool,
    text: String,
    options: Vec<(String, String)>,
    photo: bool,
    read: bool,
    template: bool,
    at_ms: i64,
}

impl Simulator {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn add(&mut self, user: &str, mut line: Line) -> String {
        self.next += 1;
        let id = if line.theirs { "MASUK" } else { "KELUAR" };
        line.id = format!("wamid.SIM{id}{:012}{:010}", line.at_ms, self.next);
        let id = line.id.clone();
        let lines = self.lines.entry(user.to_owned()).or_default();
        lines.push(line);
        if lines.len() > LINES_MAX {
            lines.remove(0);
        }
        id
    }
}

struct Bubble {
    theirs: bool,
    paragraphs: Vec<String>,
    when: String,
    photo: bool,
    read: bool,
    template: bool,
}

#[derive(Template)]
#[template(path = "simulator.html")]
struct PhonePage {
    frame: Frame,
    phones: Vec<(usize, &'static str, &'static str)>,
    here: usize,
    name: &'static str,
    bubbles: Vec<Bubble>,
    options: Vec<(String, String)>,
    delivered: String,
    sent: String,
}

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    hp: usize,
}

/// `GET /simulasi/whatsapp`
pub(crate) async fn page(State(doors): State<Doors>, Query(asked): Query<Asked>) -> Response {
    blocking(doors, move |doors| show(doors, asked.hp)).await
}

fn show(doors: &Doors, hp: usize) -> Page {
    let (_, simulator) = doors.simulator().ok_or(Trouble::Missing)?;
    let here = hp.min(PHONES.len() - 1);
    let (user, _, name, _) = PHONES[here];
    let memory = simulator.memory();
    let lines = memory.lines.get(user).map_or(&[][..], Vec::as_slice);
    let bubble = |line: &Line| Bubble {
        theirs: line.theirs,
        paragraphs: line.text.split('\n').map(str::to_owned).collect(),
        when: clock(line.at_ms),
        photo: line.photo,
        read: line.read,
        template: line.template,
    };
    let options = lines.iter().rev().find(|line| !line.theirs).map(|line| line.options.clone());
    html(&PhonePage {
        frame: Frame::new(doors, "Simulasi WhatsApp", "simulasi", None),
        phones: PHONES.iter().enumerate().map(|(at, p)| (at, p.2, p.3)).collect(),
        here,
        name,
        bubbles: lines.iter().map(bubble).collect(),
        options: options.unwrap_or_default(),
        delivered: memory.delivered.clone(),
        sent: memory.sent.clone(),
    })
}

fn clock(ms: i64) -> String {
    let minute = (ms + 8 * 3_600_000).div_euclid(60_000).rem_euclid(1_440);
    format!("{:02}.{:02}", minute / 60, minute % 60)
}

/// `POST /simulasi/whatsapp`: what the person typed, pressed or attached becomes a delivery.
pub(crate) async fn send(State(doors): State<Doors>, body: Multipart) -> Response {
    let form = Form::read(body).await;
    blocking(doors, move |doors| {
        let (config, simulator) = doors.simulator().ok_or(Trouble::Missing)?;
        let form = form.ok_or_else(|| Trouble::Refused("Pesan terlalu besar.".to_owned()))?;
        let here = form.get("hp").parse::<usize>().unwrap_or(0).min(PHONES.len() - 1);
        let back = format!("/simulasi/whatsapp?hp={here}#akhir");
        let now = doors.work().now_ms();
        let Some((line, content)) = content(&form, simulator, now) else { return go(&back) };
        let before = Instant::now();
        let delivery = {
            let mut memory = simulator.memory();
            let id = memory.add(PHONES[here].0, line);
            let delivery = delivery(here, &id, now / 1_000, &content);
            memory.delivered = mask(&pretty(&delivery)).text;
            delivery
        };
        deliver(config, &delivery).map_err(Trouble::Fault)?;
        wait_for_answer(simulator, PHONES[here].0, before);
        go(&back)
    })
    .await
}

/// The bubble and the message of a form.
fn content(form: &Form, simulator: &Simulator, now: i64) -> Option<(Line, Value)> {
    let line =
        |text: &str| Line { theirs: true, text: text.to_owned(), at_ms: now, ..Line::default() };
    if let Some((_, _, bytes)) = form.files.first() {
        let mut memory = simulator.memory();
        memory.next += 1;
        let id = format!("{:016}", memory.next + 4_490_057_437_690_000);
        let digest = hex::encode(Sha256::digest(bytes));
        if memory.media.len() >= MEDIA_MAX {
            memory.media.pop_first();
        }
        memory.media.insert(id.clone(), bytes.clone());
        let caption = form.get("pesan");
        let shown = Line { photo: true, ..line(if caption.is_empty() { "Foto" } else { caption }) };
        let image =
            json!({"id": id, "mime_type": "image/jpeg", "sha256": digest, "caption": caption});
        return Some((shown, json!({"type": "image", "image": image})));
    }
    if let Some((id, title)) = form.get("tekan").split_once('|') {
        let reply = json!({"type": "list_reply", "list_reply": {"id": id, "title": title}});
        return Some((line(title), json!({"type": "interactive", "interactive": reply})));
    }
    if !form.get("lokasi").is_empty() {
        let place = json!({"latitude": -8.5833, "longitude": 116.3167, "name": "Rumah"});
        return Some((line("Lokasi saya"), json!({"type": "location", "location": place})));
    }
    let text = form.get("pesan");
    // The bubble is masked too: nobody reads a NIK over a shoulder.
    let shown = line(&mask(text).text);
    (!text.is_empty()).then(|| (shown, json!({"type": "text", "text": {"body": text}})))
}

fn delivery(here: usize, id: &str, written_s: i64, content: &Value) -> Value {
    let (user, phone, name, _) = PHONES[here];
    let mut contact = json!({"profile": {"name": name}, "user_id": user});
    let mut message = content.clone();
    message["id"] = json!(id);
    message["from_user_id"] = json!(user);
    message["timestamp"] = json!(written_s.to_string());
    if let Some(number) = phone {
        contact["wa_id"] = json!(number);
        message["from"] = json!(number);
    }
    envelope(&json!({"contacts": [contact], "messages": [message]}))
}

fn envelope(value: &Value) -> Value {
    let mut value = value.clone();
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] =
        json!({"display_phone_number": "628877171171", "phone_number_id": "106540352242922"});
    json!({"object": "whatsapp_business_account",
           "entry": [{"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}]})
}

/// Signs a delivery and hands it to the real webhook.
fn deliver(config: &WhatsApp, delivery: &Value) -> Result<(), String> {
    let raw = delivery.to_string();
    let secret = config.secrets.first().ok_or("no secret")?;
    let signed = signature::sign(raw.as_bytes(), secret);
    let headers = [("X-Hub-Signature-256", signed.as_str()), ("Content-Type", "application/json")];
    let answer = http::call("POST", &config.webhook, &headers, raw.as_bytes())?;
    if answer.status == 200 { Ok(()) } else { Err(format!("webhook: {}", answer.status)) }
}

fn wait_for_answer(simulator: &Simulator, user: &str, began: Instant) {
    let ours = || {
        let memory = simulator.memory();
        memory.lines.get(user).map_or(0, |lines| lines.iter().filter(|l| !l.theirs).count())
    };
    let (first, mut last, mut changed) = (ours(), ours(), Instant::now());
    while began.elapsed() < WAIT {
        std::thread::sleep(Duration::from_millis(80));
        let now = ours();
        if now != last {
            (last, changed) = (now, Instant::now());
        }
        if last > first && changed.elapsed() > QUIET {
            return;
        }
    }
}

/// `POST /simulasi/whatsapp/graph/{version}/{number}/messages`: our courier sends.
pub(crate) async fn graph_send(
    State(doors): State<Doors>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((config, simulator)) = doors.simulator() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !is_ours(config, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let at_ms = doors.work().now_ms();
    if asked["status"] == "read" {
        mark_read(simulator, asked["message_id"].as_str().unwrap_or_default());
        return axum::Json(json!({"success": true})).into_response();
    }
    let number = asked["to"].as_str();
    let found = PHONES.iter().find(|(user, phone, _, _)| {
        asked["recipient"] == *user || (number.is_some() && *phone == number)
    });
    let Some((user, _, _, _)) = found else {
        let error = json!({"error": {"code": 131_026, "message": "Message undeliverable"}});
        return (StatusCode::BAD_REQUEST, axum::Json(error)).into_response();
    };
    let line = Line { at_ms, ..bubble_of(&asked) };
    let is_template = line.template;
    let id = {
        let mut memory = simulator.memory();
        let id = memory.add(user, line);
        memory.sent = pretty(&asked);
        id
    };
    let (config, told) = (config.clone(), id.clone());
    tokio::task::spawn_blocking(move || {
        for status in ["sent", "delivered"] {
            let mut value =
                json!({"id": told, "status": status, "timestamp": (at_ms / 1_000).to_string()});
            value["pricing"] =
                json!({"billable": is_template && status == "sent", "category": "utility"});
            if let Err(error) = deliver(&config, &envelope(&json!({"statuses": [value]}))) {
                eprintln!("simulator: {error}");
            }
        }
    });
    axum::Json(json!({"messaging_product": "whatsapp", "messages": [{"id": id}]})).into_response()
}

fn mark_read(simulator: &Simulator, id: &str) {
    for line in simulator.memory().lines.values_mut().flatten() {
        line.read |= line.id == id;
    }
}

fn bubble_of(asked: &Value) -> Line {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pair = |v: &Value| (text(&v["id"]), text(&v["title"]));
    match asked["type"].as_str() {
        Some("interactive") => {
            let part = &asked["interactive"];
            let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
            let buttons =
                list(&part["action"]["buttons"]).iter().map(|b| pair(&b["reply"])).collect();
            let sections = list(&part["action"]["sections"]);
            let rows = sections.iter().flat_map(|s| list(&s["rows"])).map(|r| pair(&r)).collect();
            let options = if part["type"] == "button" { buttons } else { rows };
            Line { text: text(&part["body"]["text"]), options, ..Line::default() }
        }
        Some("template") => {
            let words = &asked["template"]["components"][0]["parameters"][0]["text"];
            Line { text: text(words), template: true, ..Line::default() }
        }
        _ => Line { text: text(&asked["text"]["body"]), ..Line::default() },
    }
}

/// `GET /simulasi/whatsapp/graph/{version}/{media}`: where a photo lies.
pub(crate) async fn graph_media(
    State(doors): State<Doors>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((config, simulator)) = doors.simulator() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let memory = simulator.memory();
    let (true, Some(bytes)) = (is_ours(config, &headers), memory.media.get(&id)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let root = config.base.split("/graph/").next().unwrap_or_default();
    let url = format!("{root}/graph/{version}/{id}/isi");
    let sha256 = hex::encode(Sha256::digest(bytes));
    axum::Json(json!({"id": id, "url": url, "mime_type": "image/jpeg", "sha256": sha256}))
        .into_response()
}

/// `GET /simulasi/whatsapp/graph/{version}/{media}/isi`: the photo.
pub(crate) async fn graph_bytes(
    State(doors): State<Doors>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((config, simulator)) = doors.simulator() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let memory = simulator.memory();
    match memory.media.get(&id).filter(|_| is_ours(config, &headers)) {
        Some(bytes) => ([(header::CONTENT_TYPE, "image/jpeg")], bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn is_ours(config: &WhatsApp, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|text| text.strip_prefix("Bearer ")) == Some(config.token.0.as_str())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
