//! `/pbi/pembayar`: somebody else pays. One person, looked up by NIK and date of birth; one card per
//! payer that the law leaves open, the shortest way first, each with its own paper. The state's own
//! way back is an application and stands there too.

use super::{newest, whole};
use crate::form::{Form, new_id};
use crate::page::{Frame, Page, Trouble, blocking, demand, html};
use crate::registry::{self, Family};
use crate::state::Doors;
use crate::words;
use access::{Action, Actor, Resource, Role, Territory};
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{
    CaseworkError, Channel, CoverNow, DecreeRules, FunnelQuery, NewEvidence, NewReport, NewSwitch,
    Paper, SchemeRule, Session, Subject, day_of, segment, stage,
};
use kernel::{Date, Nik, PersonId};
use std::collections::BTreeMap;
use web::Lang;
use web::format::number;

/// Who works here: those who may check a case where the person lives.
pub(crate) const ROLES: [Role; 2] = [Role::DistrictOfficer, Role::VillageOperator];
/// The form field of the photo.
const PHOTO: &str = "surat";

struct Ask {
    id: String,
    name: String,
    value: String,
}

/// One payer's card.
struct Way {
    number: i64,
    name: String,
    how: String,
    paper: String,
    asks: Vec<Ask>,
    id: String,
    /// What is wrong with what was sent for it.
    error: String,
    is_application: bool,
}

struct Found {
    name: String,
    covered: bool,
    payer: String,
    until: String,
    why: String,
    window: String,
    ways: Vec<Way>,
}

struct Done {
    heading: String,
    text: String,
}

#[derive(Template)]
#[template(path = "payer.html")]
struct PayerPage {
    frame: Frame,
    nik: String,
    born: String,
    error: String,
    done: Option<Done>,
    found: Option<Found>,
    place: String,
    payers: Vec<(String, String)>,
}

fn may(doors: &Doors, headers: &HeaderMap) -> Result<Session, Trouble> {
    let who = demand(doors, headers)?;
    if ROLES.contains(&who.account.role) { Ok(who) } else { Err(Trouble::Missing) }
}

/// `GET /pbi/pembayar`
pub(crate) async fn form(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = may(doors, &headers)?;
        show(doors, &who, Shown::default())
    })
    .await
}

/// What a page shows beside its frame.
#[derive(Default)]
struct Shown {
    nik: String,
    born: String,
    error: String,
    done: Option<Done>,
    found: Option<Found>,
}

/// `POST /pbi/pembayar`: a look, or with `cara` the change itself.
pub(crate) async fn act(
    State(doors): State<Doors>,
    headers: HeaderMap,
    body: Multipart,
) -> Response {
    let form = Form::read(body).await;
    blocking(doors, move |doors| {
        let who = may(doors, &headers)?;
        let form = form.ok_or_else(|| Trouble::Refused("Formulir terlalu besar.".to_owned()))?;
        let mut shown = Shown {
            nik: form.get("nik").to_owned(),
            born: form.get("lahir").to_owned(),
            ..Shown::default()
        };
        let (Ok(nik), Ok(born)) = (Nik::parse(&shown.nik), shown.born.parse::<Date>()) else {
            shown.error = "NIK 16 angka dan tanggal lahir (1987-04-23) diperlukan.".to_owned();
            return show(doors, &who, shown);
        };
        let found = registry::identify(doors, nik, born)?.filter(|(family, _)| {
            let resource = Resource::open_in(family.village);
            let policies = doors.work().policies();
            policies.decide(&who.actor, Action::CaseCheck, &resource)
        });
        let Some((family, person)) = found else {
            shown.error =
                "NIK dan tanggal lahir tidak cocok, atau keluarga ini di luar wilayah Anda."
                    .to_owned();
            return show(doors, &who, shown);
        };
        if who.account.family == Some(family.id) {
            shown.error = "Keluarga sendiri diurus petugas lain.".to_owned();
            return show(doors, &who, shown);
        }
        doors.work().note_reading(&who.actor, "cover", family.id)?;
        let rules = DecreeRules::builtin()?;
        let chosen = form.get("cara").parse().ok().and_then(|number| rules.scheme(number));
        let error = match chosen.map(|scheme| change(doors, &who, scheme, &form, (&family, person)))
        {
            None => String::new(),
            Some(Ok(done)) => {
                shown.done = Some(done);
                String::new()
            }
            Some(Err(Trouble::Refused(why))) => why,
            Some(Err(trouble)) => return Err(trouble),
        };
        let cover = doors.work().cover_now(person.get())?;
        let name = family.person_name(person.get());
        shown.found = Some(answer(&rules, name, &cover, chosen.map(|s| s.segment), &error, &form));
        show(doors, &who, shown)
    })
    .await
}

/// What was typed from the paper, and its photo made anew.
fn paper(scheme: &SchemeRule, form: &Form) -> Result<Paper, Trouble> {
    let refuse = |why: String| Err(Trouble::Refused(why));
    let mut typed = BTreeMap::new();
    for ask in &scheme.asks {
        match form.get(&format!("a.{}", ask.id)) {
            "" => return refuse(format!("Isi: {}.", ask.name)),
            text => typed.insert(ask.id.clone(), text.to_owned()),
        };
    }
    let Some((_, _, bytes)) = form.files.iter().find(|(name, _, _)| name == PHOTO) else {
        return refuse(format!("Lampirkan: {}.", scheme.paper));
    };
    let bytes = crate::photo::clean(bytes).map_err(Trouble::Refused)?;
    Ok(Paper { words: typed, media: "image/jpeg".to_owned(), bytes })
}

fn change(
    doors: &Doors,
    who: &Session,
    scheme: &SchemeRule,
    form: &Form,
    (family, person): (&Family, PersonId),
) -> Result<Done, Trouble> {
    let paper = paper(scheme, form)?;
    let work = doors.work();
    if scheme.segment == segment::PBI_JK {
        let typed = paper.words.values().cloned().collect::<Vec<_>>().join(", ");
        let report = NewReport {
            id: form.get("id").to_owned(),
            kind: "reactivation".to_owned(),
            channel: Channel::Village,
            village: family.village,
            subject: Subject::Family(family.id),
            person: Some(person),
            text: format!("Diajukan di kantor; surat dari {typed}"),
            changes: Vec::new(),
            topics: vec!["cover".to_owned()],
            contact: None,
            reporter: work.vault().index("official", &who.actor.account.to_le_bytes()),
            about_self: false,
            urgent: true,
            evidence: vec![NewEvidence {
                kind: scheme.evidence.clone(),
                media: paper.media,
                bytes: paper.bytes,
                note: typed,
            }],
        };
        let applied = work.apply_back(&Actor::visitor(), report)?;
        let until = applied.covered_until.map(words::date).unwrap_or_default();
        return Ok(Done {
            heading: format!("Diajukan: {}", applied.filed.ticket),
            text: format!("Berlaku sementara sampai {until}."),
        });
    }
    let new = NewSwitch {
        id: form.get("id").to_owned(),
        person: person.get(),
        scheme: scheme.segment,
        evidence: scheme.evidence.clone(),
        paper,
    };
    let switched = work.switch_payer(&who.actor, new).map_err(|error| match error {
        CaseworkError::Refused(why) if why.contains("is covered") => {
            Trouble::Refused("Orang ini sudah ditanggung; tidak perlu pindah.".to_owned())
        }
        other => other.into(),
    })?;
    Ok(Done {
        heading: format!("Ditanggung sejak hari ini: {}", scheme.name),
        text: format!("Bukti tersimpan. Nomor jurnal {}.", switched.seq),
    })
}

fn answer(
    rules: &DecreeRules,
    name: String,
    cover: &CoverNow,
    chosen: Option<i64>,
    error: &str,
    form: &Form,
) -> Found {
    let way = |scheme: &SchemeRule| {
        let is_chosen = chosen == Some(scheme.segment);
        let value = |id: &str| {
            if is_chosen { form.get(&format!("a.{id}")).to_owned() } else { String::new() }
        };
        Way {
            number: scheme.segment,
            name: scheme.name.clone(),
            how: scheme.how.clone(),
            paper: scheme.paper.clone(),
            asks: scheme
                .asks
                .iter()
                .map(|ask| Ask {
                    id: ask.id.clone(),
                    name: ask.name.clone(),
                    value: value(&ask.id),
                })
                .collect(),
            id: new_id(),
            error: if is_chosen { error.to_owned() } else { String::new() },
            is_application: scheme.segment == segment::PBI_JK,
        }
    };
    // An application that is under way is not made a second time.
    let open = |number: &&i64| **number != segment::PBI_JK || cover.case.is_none();
    let ways = cover.ways.iter().filter(open).filter_map(|n| rules.scheme(*n)).map(way).collect();
    Found {
        name,
        covered: cover.covered,
        payer: rules.scheme(cover.segment).map_or_else(String::new, |s| s.name.clone()),
        until: cover.until.map(words::date).unwrap_or_default(),
        why: cover
            .ground
            .and_then(|g| rules.ground(g))
            .map(|g| g.reason.clone())
            .unwrap_or_default(),
        window: cover.window_until.map(words::date).unwrap_or_default(),
        ways,
    }
}

fn show(doors: &Doors, who: &Session, shown: Shown) -> Page {
    let region = match who.account.territory {
        Territory::In(region) => region,
        _ => whole(doors)?,
    };
    let mut payers = Vec::new();
    if let Some(decree) = newest(doors)? {
        let query = FunnelQuery { region: Some(region), decile: None };
        let today = day_of(doors.work().now_ms());
        let funnel = doors.work().funnel(&decree.id, query, today)?;
        for scheme in DecreeRules::builtin()?.scheme {
            let people = funnel.sum(|c| c.stage == stage::ACTIVE && c.scheme == scheme.segment);
            payers.push((scheme.name, number(Lang::Id, people)));
        }
    }
    let names = super::names(doors, region)?;
    html(&PayerPage {
        frame: Frame::new(doors, "Pindah pembayar iuran", "pbi", Some(who)),
        nik: shown.nik,
        born: shown.born,
        error: shown.error,
        done: shown.done,
        found: shown.found,
        place: names.get(&region.number()).cloned().unwrap_or_else(|| region.to_string()),
        payers,
    })
}
