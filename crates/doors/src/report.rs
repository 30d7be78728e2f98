//! Cek Bansos: choose what to report, fill in one page, get a ticket and a word to follow it with.

use crate::form::{Form, new_id};
use crate::mentions::topics;
use crate::page::{Frame, Page, Trouble, blocking, html, html_with, session};
use crate::registry::{self, Family};
use crate::state::Doors;
use crate::{photo, words};
use access::{Actor, Role};
use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::{Change, Channel, Contact, Filed, NewEvidence, NewReport, Subject, day_of};
use instrument::{Kind, Unit};
use kernel::{Date, Level, Nik, PersonId, Region};

/// Kinds a citizen can choose, in the order of the page.
const KINDS: [&str; 9] = [
    "objection",
    "update",
    "proposal",
    "reactivation",
    "not_in_registry",
    "nik_trouble",
    "complaint",
    "gambling_flag",
    "resignation",
];
/// Family columns that the forms ask for, at most; the rest of the 39 are for a visit.
const ASKED_KINDS: [Kind; 2] = [Kind::Code, Kind::Count];

struct Choice {
    id: String,
    name: String,
    about: String,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct ChoosePage {
    frame: Frame,
    choices: Vec<Choice>,
}

/// `GET /lapor`
pub(crate) async fn choose(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = session(doors, &headers)?;
        let choice = |id: &&str| {
            let kind = doors.work().tables().kind(id)?;
            Ok(Choice { id: kind.id.clone(), name: kind.name.clone(), about: kind.about.clone() })
        };
        let choices = KINDS.iter().map(choice).collect::<Result<_, Trouble>>()?;
        html(&ChoosePage { frame: Frame::new(doors, "Lapor", "lapor", who.as_ref()), choices })
    })
    .await
}

/// One value that may be corrected.
struct Field {
    column: String,
    label: String,
    options: Vec<(String, String)>,
    chosen: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    id: String,
    kind: String,
    heading: String,
    about: String,
    asks_values: bool,
    asks_village: bool,
    asks_photos: bool,
    asks_letter: bool,
    clock: String,
    fields: Vec<Field>,
    errors: Vec<(&'static str, String)>,
    form: Form,
}

impl ReportPage {
    fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }
}

fn page(
    doors: &Doors,
    kind: &str,
    headers: &HeaderMap,
    form: Form,
    errors: Vec<(&'static str, String)>,
) -> Result<ReportPage, Trouble> {
    let rule = doors.work().tables().kind(kind).map_err(|_| Trouble::Missing)?;
    let asks_values = matches!(kind, "objection" | "update" | "proposal");
    let fields = if asks_values { fields(doors, &form) } else { Vec::new() };
    let who = session(doors, headers)?;
    let id = if form.get("id").is_empty() { new_id() } else { form.get("id").to_owned() };
    Ok(ReportPage {
        frame: Frame::new(doors, rule.name.clone(), "lapor", who.as_ref()),
        id,
        kind: kind.to_owned(),
        heading: rule.name.clone(),
        about: rule.about.clone(),
        asks_values,
        asks_village: matches!(kind, "not_in_registry" | "proposal"),
        asks_photos: matches!(kind, "objection" | "update" | "proposal" | "not_in_registry"),
        asks_letter: kind == "reactivation",
        clock: doors.work().tables().clock(&rule.law)?.name.clone(),
        fields,
        errors,
        form,
    })
}

fn fields(doors: &Doors, form: &Form) -> Vec<Field> {
    let columns = doors
        .instrument()
        .columns(Unit::Family)
        .filter(|column| ASKED_KINDS.contains(&column.kind));
    columns
        .map(|column| Field {
            column: column.name.clone(),
            label: column.label.id.clone(),
            options: column
                .codes
                .iter()
                .map(|code| (code.code.to_string(), code.label.id.clone()))
                .collect(),
            chosen: form.get(&format!("v.{}", column.name)).to_owned(),
        })
        .collect()
}

/// `GET /lapor/{kind}`
pub(crate) async fn form(
    State(doors): State<Doors>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Response {
    blocking(doors, move |doors| html(&page(doors, &kind, &headers, Form::default(), Vec::new())?))
        .await
}

#[derive(Template)]
#[template(path = "filed.html")]
struct FiledPage {
    frame: Frame,
    filed: Filed,
    due: String,
    kind: String,
}

/// `POST /lapor/{kind}`
pub(crate) async fn send(
    State(doors): State<Doors>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Multipart,
) -> Response {
    let form = Form::read(body).await;
    blocking(doors, move |doors| take(doors, &kind, &headers, form)).await
}

fn take(doors: &Doors, kind: &str, headers: &HeaderMap, form: Option<Form>) -> Page {
    let Some(form) = form else {
        return Err(Trouble::Refused(
            "Formulir tidak dapat dibaca, atau fotonya terlalu besar.".to_owned(),
        ));
    };
    let who = session(doors, headers)?;
    let actor = who.as_ref().map_or_else(Actor::visitor, |s| s.actor);
    let mut errors = Vec::new();
    let report = read(doors, kind, &form, &mut errors)?;
    if let (Some(report), true) = (report, errors.is_empty()) {
        match doors.work().file_report(&citizen(actor), report) {
            Ok(filed) => {
                let name = doors.work().tables().kind(kind)?.name.clone();
                let due = words::long_date(day_of(filed.due_at));
                let frame = Frame::new(doors, "Laporan diterima", "lapor", who.as_ref());
                return html(&FiledPage { frame, due, kind: name, filed });
            }
            Err(error) => match Trouble::from(error) {
                Trouble::Refused(why) => errors.push(("text", why)),
                other => return Err(other),
            },
        }
    }
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page(doors, kind, headers, form, errors)?)
}

/// On the public pages an official reports like anybody else.
fn citizen(actor: Actor) -> Actor {
    if actor.role == Role::Citizen { actor } else { Actor::visitor() }
}

/// Who reports, checked against the edition; errors are pushed by field.
struct Who {
    nik: Nik,
    found: Option<(Family, PersonId)>,
}

fn who(
    doors: &Doors,
    form: &Form,
    errors: &mut Vec<(&'static str, String)>,
) -> Result<Option<Who>, Trouble> {
    let nik = Nik::parse(form.get("nik"));
    if let Err(why) = &nik {
        errors.push(("nik", nik_help(why)));
    }
    let born: Option<Date> = form.get("lahir").parse().ok();
    if born.is_none() {
        errors.push(("lahir", "Tulis tanggal lahir, misalnya 1987-04-23.".to_owned()));
    }
    let (Ok(nik), Some(born)) = (nik, born) else { return Ok(None) };
    Ok(Some(Who { nik, found: registry::identify(doors, nik, born)? }))
}

fn nik_help(why: &kernel::NikError) -> String {
    match why {
        kernel::NikError::Empty => "Tulis NIK, 16 angka di KTP atau Kartu Keluarga.".to_owned(),
        kernel::NikError::Length(n) => format!("NIK harus 16 angka; yang ditulis {n}."),
        _ => "NIK ini tidak mungkin benar. Periksa lagi angka di KTP.".to_owned(),
    }
}

fn read(
    doors: &Doors,
    kind: &str,
    form: &Form,
    errors: &mut Vec<(&'static str, String)>,
) -> Result<Option<NewReport>, Trouble> {
    let who = who(doors, form, errors)?;
    let text = form.get("text").to_owned();
    let changes = changes(doors, form, errors);
    if text.chars().count() < 10 && changes.is_empty() {
        errors.push(("text", "Ceritakan singkat apa yang tidak sesuai.".to_owned()));
    }
    let evidence = evidence(form, errors);
    if form.get("setuju") != "ya" {
        errors.push(("setuju", "Centang pernyataan ini untuk mengirim.".to_owned()));
    }
    let Some(who) = who else { return Ok(None) };
    let typed: Option<Region> =
        Region::parse(form.get("desa")).ok().filter(|region| region.level() == Level::Village);
    let (subject, village, person) = match (&who.found, kind) {
        // A neighbour is proposed by village and description; the proposer's own village is theirs.
        (Some((family, _)), "proposal") if form.get("untuk") == "tetangga" => {
            let about = format!("{}|{}", family.village, form.get("tetangga").to_uppercase());
            (
                Subject::Unknown(doors.work().vault().index("neighbour", about.as_bytes())),
                Some(family.village),
                None,
            )
        }
        (Some((family, person)), _) => {
            (Subject::Family(family.id), Some(family.village), Some(*person))
        }
        (None, "not_in_registry" | "nik_trouble" | "complaint") => {
            (Subject::Unknown(doors.work().vault().nik_index(who.nik)), typed, None)
        }
        (None, _) => {
            errors.push(("nik", "NIK dan tanggal lahir ini tidak ada bersama dalam data. Periksa lagi, atau pilih Belum terdata.".to_owned()));
            return Ok(None);
        }
    };
    let Some(village) = village else {
        errors.push(("desa", "Tulis kode desa atau kelurahan, misalnya 52.02.01.2001.".to_owned()));
        return Ok(None);
    };
    let about_self = form.get("untuk") != "tetangga";
    let text = if about_self { text } else { format!("Tentang {}. {text}", form.get("tetangga")) };
    let topics = if changes.is_empty() { topics(kind, &text) } else { topics(kind, "") };
    Ok(Some(NewReport {
        id: form.get("id").to_owned(),
        kind: kind.to_owned(),
        channel: Channel::Portal,
        village,
        subject,
        person: person.filter(|_| kind == "reactivation"),
        text,
        changes,
        topics,
        contact: contact(form),
        reporter: doors.work().vault().nik_index(who.nik),
        about_self,
        urgent: form.get("berobat") == "ya",
        evidence,
    }))
}

fn changes(doors: &Doors, form: &Form, errors: &mut Vec<(&'static str, String)>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (column, value) in form.starting("v.") {
        let known = doors.instrument().column(Unit::Family, column);
        let fits =
            known.is_some_and(|known| value.parse().is_ok_and(|number| known.allows(number)));
        if fits {
            changes.push(Change {
                variable: column.to_owned(),
                person: None,
                value: value.to_owned(),
            });
        } else {
            errors.push((
                "nilai",
                format!(
                    "Nilai untuk {} tidak ada dalam pilihan.",
                    known.map_or(column, |k| k.label.id.as_str())
                ),
            ));
        }
    }
    changes
}

fn evidence(form: &Form, errors: &mut Vec<(&'static str, String)>) -> Vec<NewEvidence> {
    let mut evidence = Vec::new();
    for (field, _, bytes) in &form.files {
        let kind = if field == "surat" { "facility_letter" } else { "house_photo" };
        match photo::clean(bytes) {
            Ok(bytes) => evidence.push(NewEvidence {
                kind: kind.to_owned(),
                media: "image/jpeg".to_owned(),
                bytes,
                note: String::new(),
            }),
            Err(why) => errors.push(("foto", why)),
        }
    }
    if !form.get("titik").is_empty() {
        let bytes = form.get("titik").as_bytes().to_vec();
        evidence.push(NewEvidence {
            kind: "place".to_owned(),
            media: "text/plain".to_owned(),
            bytes,
            note: form.get("titik").to_owned(),
        });
    }
    evidence
}

fn contact(form: &Form) -> Option<Contact> {
    let address: String =
        form.get("telepon").chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let by = if form.get("lewat") == "whatsapp" { "whatsapp" } else { "sms" };
    (8..=16).contains(&address.len()).then(|| Contact { by: by.to_owned(), address })
}
