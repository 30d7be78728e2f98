//! SIKS-NG: the work list (due first), a case, its decision, the village meeting's sheet.

use crate::follow::{Line, lines};
use crate::form::{Form, new_id};
use crate::page::{Frame, Page, Trouble, blocking, demand, go, html};
use crate::registry;
use crate::state::Doors;
use crate::{photo, values, words};
use access::Action;
use askama::Template;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use casework::{
    Act, Basket, CaseRow, CaseView, Change, EvidenceLine, ListQuery, NewEvidence, Session, day_of,
    role_label,
};
use serde::Deserialize;
use std::collections::BTreeMap;

const PAGE: u32 = 50;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    keranjang: String,
    #[serde(default)]
    cari: String,
    #[serde(default)]
    jenis: String,
    #[serde(default)]
    mulai: u32,
}

impl Asked {
    fn query(&self, basket: Basket) -> ListQuery {
        let text = |value: &str| (!value.trim().is_empty()).then(|| value.trim().to_owned());
        ListQuery {
            basket,
            kind: text(&self.jenis),
            region: None,
            ticket: text(&self.cari),
            rows: PAGE,
            skip: self.mulai,
        }
    }

    fn basket(&self) -> Basket {
        match self.keranjang.as_str() {
            "lain" => Basket::Others,
            "selesai" => Basket::Closed,
            _ => Basket::Mine,
        }
    }
}

/// One row of the list.
pub(crate) struct Row {
    pub ticket: String,
    pub head: String,
    pub place: String,
    pub kind: String,
    pub task: String,
    pub due: String,
    pub date: String,
    pub class: &'static str,
    pub urgent: bool,
    pub late_by: String,
}

/// A row with the name of the family, when the edition knows it.
pub(crate) fn row(doors: &Doors, case: &CaseRow, now: i64) -> Result<Row, Trouble> {
    let tables = doors.work().tables();
    let family = match case.family {
        Some(family) => registry::family(doors, family)?,
        None => None,
    };
    let closed = case.state != access::State::Open;
    let (head, place) = match family {
        Some(family) => (family.head, family.place),
        None => ("Belum terdata".to_owned(), format!("Desa {}", case.village)),
    };
    Ok(Row {
        ticket: case.ticket.clone(),
        head,
        place,
        kind: tables.kind(&case.kind)?.name.clone(),
        task: if closed {
            words::state(tables, &case.step)
        } else {
            tables.step(&case.step)?.task.clone()
        },
        due: if closed { "Selesai".to_owned() } else { words::due(case, now) },
        date: words::date(day_of(case.closed_at.unwrap_or(case.due_at))),
        class: if closed { "" } else { words::urgency(case, now) },
        urgent: case.urgent,
        late_by: case
            .taken_by
            .first()
            .map(|_| format!("dinaikkan dari {}", role_label(&case.holder)))
            .unwrap_or_default(),
    })
}

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    frame: Frame,
    heading: String,
    today: String,
    asked: Asked,
    counts: [u64; 3],
    rows: Vec<Row>,
    kinds: Vec<(String, String)>,
    shown: String,
    annex: bool,
    next: Option<u32>,
}

/// `GET /kerja`
pub(crate) async fn list(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        work_page(doors, &who, asked)
    })
    .await
}

fn work_page(doors: &Doors, who: &Session, asked: Asked) -> Page {
    let (work, now) = (doors.work(), doors.work().now_ms());
    let count = |basket| work.work_count(&who.actor, &ListQuery { skip: 0, ..asked.query(basket) });
    let counts = [count(Basket::Mine)?, count(Basket::Others)?, count(Basket::Closed)?];
    let cases = work.work_list(&who.actor, &asked.query(asked.basket()))?;
    let rows = cases.iter().map(|case| row(doors, case, now)).collect::<Result<Vec<_>, _>>()?;
    let late = cases.iter().filter(|case| case.days_late(now) > 0 || case.escalations > 0).count();
    let total = counts[match asked.basket() {
        Basket::Mine => 0,
        Basket::Others => 1,
        Basket::Closed => 2,
    }];
    let end = asked.mulai + rows.len() as u32;
    let late = if late > 0 && asked.basket() == Basket::Mine {
        format!(" {late} sudah lewat tenggat.")
    } else {
        String::new()
    };
    html(&WorkPage {
        frame: Frame::new(doors, "Pekerjaan", "kerja", Some(who)),
        heading: if counts[0] == 0 {
            "Tidak ada yang menunggu Anda".to_owned()
        } else {
            format!("{} kasus menunggu Anda", counts[0])
        },
        today: format!("{}.{late}", words::long_date(day_of(now))),
        kinds: work
            .tables()
            .kinds()
            .iter()
            .map(|kind| (kind.id.clone(), kind.name.clone()))
            .collect(),
        shown: format!(
            "Menampilkan {} dari {total}. Yang sedang berobat dan lewat tenggat didahulukan.",
            rows.len()
        ),
        annex: who.actor.role == access::Role::RegentsOffice,
        next: (u64::from(end) < total).then_some(end),
        asked,
        counts,
        rows,
    })
}

/// One value in question.
struct Compared {
    label: String,
    recorded: String,
    said: String,
    found: String,
    changed: bool,
}

struct Ladder {
    decile: u8,
    is_now: bool,
    is_then: bool,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    frame: Frame,
    id: String,
    heading: String,
    place: String,
    ticket: String,
    state: String,
    tag: &'static str,
    due: String,
    class: &'static str,
    urgent: bool,
    quotes: Vec<(String, String)>,
    compared: Vec<Compared>,
    evidence: Vec<Evidence>,
    ladder: Vec<Ladder>,
    estimate: Option<casework::Estimated>,
    task: String,
    decisions: Vec<(String, String, String)>,
    all_evidence: Vec<(String, String)>,
    values: Vec<String>,
    lines: Vec<Line>,
    flooded: bool,
}

struct Evidence {
    id: u64,
    name: String,
    note: String,
    picture: bool,
    when: String,
    who: &'static str,
}

/// `GET /kerja/{ticket}`
pub(crate) async fn one(
    State(doors): State<Doors>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let case = doors.work().find_for(&who.actor, &[Action::CaseRead], &ticket)?;
        let view = doors.work().open_case(&who.actor, case)?;
        case_page(doors, &who, &view)
    })
    .await
}

fn case_page(doors: &Doors, who: &Session, view: &CaseView) -> Page {
    let (work, case, now) = (doors.work(), &view.case, doors.work().now_ms());
    let tables = work.tables();
    let family = case.family.map(|family| registry::family(doors, family)).transpose()?.flatten();
    let head = family.as_ref().map_or("belum terdata".to_owned(), |f| f.head.clone());
    let place = family.as_ref().map_or_else(
        || format!("Desa {}", case.village),
        |f| {
            format!(
                "{} anggota · {} · {} · {}",
                f.members,
                f.place,
                f.village_name,
                standing(f.decile)
            )
        },
    );
    let step = tables.step(&case.step).ok().filter(|_| case.is_held_by(who.actor.role));
    let need = |ids: &[String]| {
        ids.iter()
            .filter_map(|id| tables.evidence(id))
            .map(|e| e.name.clone())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let decisions = step.map(|step| {
        step.decision.iter().map(|d| (d.id.clone(), d.name.clone(), need(&d.needs))).collect()
    });
    let kind = tables.kind(&case.kind)?;
    html(&CasePage {
        frame: Frame::new(doors, case.ticket.clone(), "kerja", Some(who)),
        id: new_id(),
        heading: format!("{}: keluarga {head}", kind.name),
        place,
        ticket: case.ticket.clone(),
        state: words::state(tables, &case.step),
        tag: words::tag(&case.step),
        due: if case.state == access::State::Open { words::due(case, now) } else { String::new() },
        class: if words::urgency(case, now) == "telat" { "tidak" } else { "" },
        urgent: case.urgent,
        quotes: quotes(view, kind.confidential),
        compared: compared(doors, family.as_ref(), view),
        evidence: view.evidence.iter().map(|e| evidence_line(tables, e)).collect(),
        ladder: ladder(view.estimate.as_ref()),
        estimate: view.estimate.clone(),
        task: step.map(|step| step.task.clone()).unwrap_or_default(),
        decisions: decisions.unwrap_or_default(),
        all_evidence: tables
            .all_evidence()
            .iter()
            .map(|e| (e.id.clone(), e.name.clone()))
            .collect(),
        values: if kind.effect == "value" { values::all(doors) } else { Vec::new() },
        lines: lines(tables, case, &view.events, false),
        flooded: view.reports.iter().any(|r| r.flooded),
    })
}

fn quotes(view: &CaseView, confidential: bool) -> Vec<(String, String)> {
    let line = |r: &casework::ReportLine| {
        let hidden = if r.confidential || confidential { ", pelapor dirahasiakan" } else { "" };
        (r.text.clone(), format!("{}, {}{hidden}", r.channel.label(), words::instant(r.at)))
    };
    view.reports.iter().filter(|r| !r.text.is_empty()).map(line).collect()
}

fn evidence_line(tables: &casework::Tables, e: &EvidenceLine) -> Evidence {
    Evidence {
        id: e.id,
        name: tables.evidence(&e.kind).map_or_else(|| e.kind.clone(), |rule| rule.name.clone()),
        note: e.note.clone(),
        picture: e.media == "image/jpeg",
        when: words::instant(e.at),
        who: role_label(&e.role),
    }
}

fn ladder(estimate: Option<&casework::Estimated>) -> Vec<Ladder> {
    let Some(estimate) = estimate else { return Vec::new() };
    (1..=10)
        .map(|decile| Ladder {
            decile,
            is_now: decile == estimate.decile_now,
            is_then: decile == estimate.decile_then,
        })
        .collect()
}

/// Recorded, said and found side by side, one row per value in question.
fn compared(doors: &Doors, family: Option<&registry::Family>, view: &CaseView) -> Vec<Compared> {
    let mut rows: BTreeMap<String, (String, String)> = BTreeMap::new();
    for report in &view.reports {
        for change in &report.changes {
            let row = rows.entry(change.variable.clone()).or_default();
            let side =
                if report.channel == casework::Channel::Ground { &mut row.1 } else { &mut row.0 };
            *side = value_word(doors, &change.variable, &change.value);
        }
    }
    let label = |column: &str| {
        doors
            .instrument()
            .find(column)
            .map_or_else(|| column.to_owned(), |(_, c)| c.label.id.clone())
    };
    let compare = |(column, (said, found)): (String, (String, String))| {
        let recorded = family
            .and_then(|f| f.value(doors, &column))
            .unwrap_or_else(|| "tidak tercatat".to_owned());
        let newest = if found.is_empty() { &said } else { &found };
        Compared { label: label(&column), changed: *newest != recorded, recorded, said, found }
    };
    rows.into_iter().map(compare).collect()
}

fn value_word(doors: &Doors, column: &str, value: &str) -> String {
    let found = doors
        .instrument()
        .find(column)
        .and_then(|(_, known)| known.code_label(value.parse().ok()?, "id"));
    found.unwrap_or(value).to_owned()
}

/// `POST /kerja/{ticket}`
pub(crate) async fn decide(
    State(doors): State<Doors>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    body: Multipart,
) -> Response {
    let form = Form::read(body).await;
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let form = form.ok_or_else(|| {
            Trouble::Refused(
                "Formulir tidak dapat dibaca, atau berkasnya terlalu besar.".to_owned(),
            )
        })?;
        let may = [Action::CaseRead, Action::CaseJoin];
        let case = doors.work().find_for(&who.actor, &may, &ticket)?;
        let mut evidence = Vec::new();
        for (_, ending, bytes) in &form.files {
            evidence.push(attached(form.get("bukti"), ending, bytes)?);
        }
        if form.get("putusan").is_empty() {
            doors.work().add_evidence(&who.actor, case, evidence)?;
            return go(&format!("/kerja/{ticket}"));
        }
        let act = Act {
            command: form.get("id").to_owned(),
            case,
            decision: form.get("putusan").to_owned(),
            reason: form.get("alasan").to_owned(),
            changes: found(doors, &who, case, &form)?,
            evidence,
        };
        doors.work().act(&who.actor, act)?;
        go("/kerja")
    })
    .await
}

/// Values that the official found, if any were typed. A decision that accepts takes exactly the
/// values it is given, so what people said and nobody found otherwise goes with them.
fn found(
    doors: &Doors,
    who: &Session,
    case: kernel::CaseId,
    form: &Form,
) -> Result<Option<Vec<Change>>, Trouble> {
    let found = values::read(doors, form).map_err(Trouble::Refused)?;
    if found.is_empty() {
        return Ok(None);
    }
    let view = doors.work().open_case(&who.actor, case)?;
    let step = doors.work().tables().step(&view.case.step)?;
    let accepts = step.decision.iter().any(|d| d.id == form.get("putusan") && d.to == "accepted");
    if !accepts {
        return Ok(Some(found));
    }
    let said = view.reports.into_iter().flat_map(|report| report.changes);
    Ok(Some(values::laid_over(said, found)))
}

/// An attached file: pictures are written anew, minutes may also be PDF or text.
fn attached(kind: &str, ending: &str, bytes: &[u8]) -> Result<NewEvidence, Trouble> {
    let plain = |media: &str| NewEvidence {
        kind: kind.to_owned(),
        media: media.to_owned(),
        bytes: bytes.to_vec(),
        note: String::new(),
    };
    match ending {
        "pdf" if bytes.starts_with(b"%PDF-") => Ok(plain("application/pdf")),
        "txt" | "csv" if std::str::from_utf8(bytes).is_ok() => Ok(plain("text/plain")),
        _ => {
            let bytes = photo::clean(bytes).map_err(Trouble::Refused)?;
            Ok(NewEvidence {
                kind: kind.to_owned(),
                media: "image/jpeg".to_owned(),
                bytes,
                note: String::new(),
            })
        }
    }
}

/// `GET /kerja/{ticket}/bukti/{id}`
pub(crate) async fn evidence(
    State(doors): State<Doors>,
    Path((ticket, id)): Path<(String, u64)>,
    headers: HeaderMap,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let case = doors.work().find_for(&who.actor, &[Action::CaseRead], &ticket)?;
        let (media, bytes) = doors.work().evidence(&who.actor, case, id)?;
        // Only re-encoded pictures are shown; everything else is handed out as a file.
        let shown = if media == "image/jpeg" { "inline" } else { "attachment" };
        Ok((
            [(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, shown.to_owned())],
            bytes,
        )
            .into_response())
    })
    .await
}

#[derive(Template)]
#[template(path = "minutes.html")]
struct MinutesPage {
    frame: Frame,
    today: String,
    rows: Vec<Row>,
}

/// `GET /kerja/berita-acara`: the sheet of the village meeting, to print and sign.
pub(crate) async fn minutes(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let now = doors.work().now_ms();
        let query = ListQuery { rows: casework::PAGE_MAX, ..ListQuery::default() };
        let cases = doors.work().work_list(&who.actor, &query)?;
        let waiting = cases.iter().filter(|case| case.step == "formal_meeting");
        let rows = waiting.map(|case| row(doors, case, now)).collect::<Result<_, _>>()?;
        let frame = Frame::new(doors, "Berita acara musyawarah desa", "berita", Some(&who));
        html(&MinutesPage { frame, today: words::long_date(day_of(now)), rows })
    })
    .await
}

/// A decile in words; 0 is no decile, never "desil 0".
fn standing(decile: u8) -> String {
    if decile == 0 { "belum berdesil".to_owned() } else { format!("desil {decile}") }
}
