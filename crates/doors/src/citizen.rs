//! The citizen's own page: what is known, what was reported, who read it and why. In by a one-time
//! code to the telephone that the village has seen papers for; nothing here needs a script.

use crate::page::{Frame, Page, Trouble, blocking, demand, html, html_with, session};
use crate::state::Doors;
use crate::{registry, words};
use access::{Action, Role, Scope, Token};
use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::{CaseworkError, Citizen, ReadLine, Session, day_of, is_end, role_label};
use kernel::{Date, FamilyId, Nik};
use serde::Deserialize;
use web::session::device;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    nik: String,
    #[serde(default)]
    lahir: String,
    #[serde(default)]
    telepon: String,
}

impl Asked {
    fn read(&self) -> Option<(Nik, Date)> {
        let digits: String = self.nik.chars().filter(char::is_ascii_digit).collect();
        Some((Nik::parse(&digits).ok()?, self.lahir.trim().parse().ok()?))
    }
}

#[derive(Template)]
#[template(path = "citizen_enter.html")]
struct EnterPage {
    frame: Frame,
    born: String,
    error: &'static str,
    /// An official enters a telephone here; a citizen asks for a code.
    official: bool,
    done: bool,
}

#[derive(Template)]
#[template(path = "citizen_code.html")]
struct CodePage {
    frame: Frame,
    handle: String,
    demo: bool,
    wrong: bool,
}

struct Report {
    ticket: String,
    kind: String,
    state: String,
    tag: &'static str,
    next: String,
}

struct Reading {
    when: String,
    who: &'static str,
    why: &'static str,
    what: &'static str,
}

#[derive(Template)]
#[template(path = "citizen.html")]
struct CitizenPage {
    frame: Frame,
    head: String,
    place: String,
    members: usize,
    decile: u8,
    family: u64,
    reports: Vec<Report>,
    readings: Vec<Reading>,
}

const WRONG: &str = "NIK 16 angka dan tanggal lahir (1987-04-23) diperlukan.";

/// `GET /warga`: the own page, or the way in.
pub(crate) async fn page(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = session(doors, &headers)?;
        match who.as_ref().and_then(|who| Some((who, who.account.family?))) {
            Some((who, family)) if who.account.role == Role::Citizen => own(doors, who, family),
            _ => html(&enter(doors, who.as_ref(), String::new(), "", false, false)),
        }
    })
    .await
}

fn enter(
    doors: &Doors,
    who: Option<&Session>,
    born: String,
    error: &'static str,
    official: bool,
    done: bool,
) -> EnterPage {
    let title = if official { "Telepon warga" } else { "Keluarga saya" };
    EnterPage { frame: Frame::new(doors, title, "warga", who), born, error, official, done }
}

fn own(doors: &Doors, who: &Session, family: FamilyId) -> Page {
    let found = registry::family(doors, family)?.ok_or(Trouble::Missing)?;
    let tables = doors.work().tables();
    let mut reports = Vec::new();
    for case in doors.work().cases_of(&who.actor, family)? {
        let next = match is_end(&case.step) {
            true => "Selesai".to_owned(),
            false => format!(
                "{}, paling lambat {}",
                role_label(case.level()),
                words::date(day_of(case.due_at))
            ),
        };
        reports.push(Report {
            kind: tables.kind(&case.kind)?.name.clone(),
            state: words::state(tables, &case.step),
            tag: words::tag(&case.step),
            ticket: case.ticket,
            next,
        });
    }
    html(&CitizenPage {
        frame: Frame::new(doors, "Keluarga saya", "warga", Some(who)),
        head: found.head,
        place: format!("{}, {}", found.place, found.village_name),
        members: found.members,
        decile: found.decile,
        family: family.get(),
        reports,
        readings: doors.work().readers_of(family)?.iter().map(reading).collect(),
    })
}

fn reading(line: &ReadLine) -> Reading {
    Reading {
        when: words::instant(line.at),
        who: role_label(&line.role),
        why: match line.purpose.as_str() {
            "casework" => "mengerjakan laporan",
            "visit" => "kunjungan rumah",
            "programme" => "menjalankan program",
            "service" => "melayani penelepon",
            "statistics" => "statistik resmi",
            "audit" => "pemeriksaan",
            _ => "keperluan sendiri",
        },
        what: match line.what.as_str() {
            "case" => "berkas laporan",
            "family" => "data keluarga",
            "phone" => "mencatat nomor telepon",
            "replay" => "riwayat keputusan",
            _ => "data keluarga",
        },
    }
}

fn known(doors: &Doors, nik: Nik, born: Date) -> Result<Option<Citizen>, Trouble> {
    let found = registry::identify(doors, nik, born)?;
    if found.is_none() {
        // Somebody unknown costs the same: another family is read and opened instead.
        registry::any(doors)?;
    }
    Ok(found.map(|(family, person)| Citizen { person, family: family.id, village: family.village }))
}

/// `POST /warga`: sends a code, and answers the same to everybody.
pub(crate) async fn ask(State(doors): State<Doors>, Form(asked): Form<Asked>) -> Response {
    blocking(doors, move |doors| {
        let again = |status: StatusCode, error: &'static str| {
            html_with(status, &enter(doors, None, asked.lahir.clone(), error, false, false))
        };
        let Some((nik, born)) = asked.read() else {
            return again(StatusCode::UNPROCESSABLE_ENTITY, WRONG);
        };
        let index = doors.work().vault().nik_index(nik);
        match doors.work().send_code(index, known(doors, nik, born)?) {
            Ok(handle) => html(&code_page(doors, handle.expose(), false)),
            Err(CaseworkError::NotAllowed(_)) => again(
                StatusCode::TOO_MANY_REQUESTS,
                "Sudah tiga kode diminta untuk NIK ini. Coba lagi satu jam lagi.",
            ),
            Err(other) => Err(other.into()),
        }
    })
    .await
}

fn code_page(doors: &Doors, handle: String, wrong: bool) -> CodePage {
    let frame = Frame::new(doors, "Masukkan kode", "warga", None);
    CodePage { frame, handle, demo: doors.options().demo, wrong }
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    tanya: String,
    #[serde(default)]
    kode: String,
}

/// `POST /warga/kode`
pub(crate) async fn code(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    blocking(doors, move |doors| {
        let handle = Token::parse(&typed.tanya).ok_or(Trouble::Missing)?;
        match doors.work().use_code(&handle, &typed.kode, &device(&headers)) {
            Ok((token, session)) => {
                let mut response = crate::sign_in::begin(doors, &token, &session.account)?;
                let to = axum::http::HeaderValue::from_static("/warga");
                response.headers_mut().insert(axum::http::header::LOCATION, to);
                Ok(response)
            }
            Err(CaseworkError::NotAllowed(_)) => html_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                &code_page(doors, typed.tanya.clone(), true),
            ),
            Err(other) => Err(other.into()),
        }
    })
    .await
}

/// Somebody who checks papers.
fn official(doors: &Doors, headers: &HeaderMap) -> Result<Session, Trouble> {
    let who = demand(doors, headers)?;
    match Scope::of(doors.work().policies(), &who.actor, Action::CaseCheck).is_empty() {
        true => Err(Trouble::Missing),
        false => Ok(who),
    }
}

/// `GET /warga/telepon`: the village enters a telephone after it has seen the papers.
pub(crate) async fn phone(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = official(doors, &headers)?;
        html(&enter(doors, Some(&who), String::new(), "", true, false))
    })
    .await
}

/// `POST /warga/telepon`
pub(crate) async fn set_phone(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response {
    blocking(doors, move |doors| {
        let who = official(doors, &headers)?;
        let again = |error: &'static str| {
            let page = enter(doors, Some(&who), asked.lahir.clone(), error, true, false);
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        };
        let Some((nik, born)) = asked.read() else { return again(WRONG) };
        // Nobody of this name, and somebody of another village, are the same answer.
        const NONE: &str = "Tidak ada warga dengan NIK dan tanggal lahir ini di wilayah Anda.";
        let Some(citizen) = known(doors, nik, born)? else { return again(NONE) };
        match doors.work().set_phone(&who.actor, citizen, &asked.telepon) {
            Ok(()) => html(&enter(doors, Some(&who), String::new(), "", true, true)),
            Err(CaseworkError::NotFound | CaseworkError::NotAllowed(_)) => again(NONE),
            Err(CaseworkError::Refused(_)) => {
                again("Nomor telepon terdiri dari 9 sampai 15 angka.")
            }
            Err(other) => Err(other.into()),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    frame: Frame,
    lines: Vec<(String, String, String)>,
}

/// `GET /simulasi/pesan`: what the demo sent to telephones. Exists in the demo only.
pub(crate) async fn messages(State(doors): State<Doors>) -> Response {
    blocking(doors, move |doors| {
        if !doors.options().demo {
            return Err(Trouble::Missing);
        }
        let lines = doors.work().last_messages("sms", 20)?;
        let lines = lines.into_iter().map(|(at, to, text)| (words::instant(at), to, text));
        let frame = Frame::new(doors, "Pesan peragaan", "", None);
        html(&MessagesPage { frame, lines: lines.collect() })
    })
    .await
}
