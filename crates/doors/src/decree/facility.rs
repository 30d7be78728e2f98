//! `/faskes`: the facility's question. Is this person covered now? If not, the shortest lawful way,
//! and the application as one step with the facility's own letter.

use crate::form::{Form, new_id};
use crate::page::{Frame, Page, Trouble, blocking, demand, html};
use crate::registry;
use crate::state::Doors;
use crate::words;
use access::Role;
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{Channel, CoverNow, DecreeRules, NewEvidence, NewReport, Session, Subject, segment};
use kernel::{Date, Nik};

struct Found {
    name: String,
    covered: bool,
    payer: String,
    until: String,
    why: String,
    window: String,
    ways: Vec<(String, String)>,
    can_apply: bool,
    applied: bool,
    can_switch: bool,
}

#[derive(Template)]
#[template(path = "facility.html")]
struct FacilityPage {
    frame: Frame,
    id: String,
    nik: String,
    born: String,
    error: String,
    done: Option<(String, String)>,
    found: Option<Found>,
}

fn may(doors: &Doors, headers: &HeaderMap) -> Result<Session, Trouble> {
    let who = demand(doors, headers)?;
    let roles = [Role::Partner, Role::CallAgent, Role::DistrictOfficer, Role::VillageOperator];
    if roles.contains(&who.account.role) { Ok(who) } else { Err(Trouble::Missing) }
}

/// `GET /faskes`
pub(crate) async fn form(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = may(doors, &headers)?;
        show(doors, &who, Asked::default(), None, String::new(), None)
    })
    .await
}

#[derive(Default)]
struct Asked {
    nik: String,
    born: String,
}

/// `POST /faskes`: a look, or with a letter the application itself.
pub(crate) async fn ask(
    State(doors): State<Doors>,
    headers: HeaderMap,
    body: Multipart,
) -> Response {
    let form = Form::read(body).await;
    blocking(doors, move |doors| {
        let who = may(doors, &headers)?;
        let form = form.ok_or_else(|| Trouble::Refused("Formulir terlalu besar.".to_owned()))?;
        let asked = Asked { nik: form.get("nik").to_owned(), born: form.get("lahir").to_owned() };
        let (Ok(nik), Ok(born)) = (Nik::parse(&asked.nik), asked.born.parse::<Date>()) else {
            let error = "NIK 16 angka dan tanggal lahir (1987-04-23) diperlukan.".to_owned();
            return show(doors, &who, asked, None, error, None);
        };
        let Some((family, person)) = registry::identify(doors, nik, born)? else {
            let error = "NIK dan tanggal lahir tidak cocok. Pasien tetap dilayani; periksa kartu keluarganya.".to_owned();
            return show(doors, &who, asked, None, error, None);
        };
        let work = doors.work();
        let mut done = None;
        if !form.get("ajukan").is_empty() {
            let report = NewReport {
                id: form.get("id").to_owned(),
                kind: "reactivation".to_owned(),
                channel: Channel::Api,
                village: family.village,
                subject: Subject::Family(family.id),
                person: Some(person),
                text: match form.get("keadaan") {
                    "" => "Membutuhkan layanan kesehatan".to_owned(),
                    text => text.to_owned(),
                },
                changes: Vec::new(),
                topics: vec!["cover".to_owned()],
                contact: None,
                reporter: work.vault().index("facility", &who.actor.account.to_le_bytes()),
                about_self: false,
                urgent: true,
                evidence: vec![letter(&who, form.get("keadaan"))],
            };
            let applied = work.apply_back(&access::Actor::visitor(), report)?;
            let until = applied.covered_until.map(words::date).unwrap_or_default();
            done = Some((applied.filed.ticket, until));
        } else {
            work.note_aware(person.get())?;
        }
        work.note_reading(&who.actor, "cover", family.id)?;
        let cover = work.cover_now(person.get())?;
        show(doors, &who, asked, Some((family.person_name(person.get()), cover)), String::new(), done)
    })
    .await
}

/// The facility's letter, as the facility writes it here.
fn letter(who: &Session, state: &str) -> NewEvidence {
    let text = format!(
        "Surat keterangan membutuhkan layanan kesehatan.\nFasilitas: {}\nKeadaan: {state}\n",
        who.account.name
    );
    NewEvidence {
        kind: "facility_letter".to_owned(),
        media: "text/plain".to_owned(),
        bytes: text.into_bytes(),
        note: "Dibuat fasilitas kesehatan di Padan".to_owned(),
    }
}

fn show(
    doors: &Doors,
    who: &Session,
    asked: Asked,
    found: Option<(String, CoverNow)>,
    error: String,
    done: Option<(String, String)>,
) -> Page {
    let rules = DecreeRules::builtin()?;
    let can_switch = super::payer::ROLES.contains(&who.account.role);
    let found = found.map(|(name, cover)| answer(&rules, name, &cover, can_switch));
    html(&FacilityPage {
        frame: Frame::new(doors, "Kepesertaan pasien", "faskes", Some(who)),
        id: new_id(),
        nik: asked.nik,
        born: asked.born,
        error,
        done,
        found,
    })
}

fn answer(rules: &DecreeRules, name: String, cover: &CoverNow, can_switch: bool) -> Found {
    let payer = match cover.segment {
        segment::PBI_JK => "PBI-JK".to_owned(),
        other => rules.scheme(other).map_or_else(|| "belum ada".to_owned(), |s| s.name.clone()),
    };
    let way = |scheme: &i64| {
        rules.scheme(*scheme).map(|s| (s.name.clone(), s.how.clone())).unwrap_or_default()
    };
    Found {
        name,
        covered: cover.covered,
        payer,
        until: cover.until.map(words::date).unwrap_or_default(),
        why: cover
            .ground
            .and_then(|g| rules.ground(g))
            .map(|g| g.reason.clone())
            .unwrap_or_default(),
        window: cover.window_until.map(words::date).unwrap_or_default(),
        ways: cover.ways.iter().map(way).collect(),
        can_apply: cover.ways.contains(&segment::PBI_JK) && cover.case.is_none(),
        applied: cover.case.is_some(),
        can_switch,
    }
}
