//! Follow a report by ticket and word, without an account: state, who holds it, by when, receipt.

use crate::page::{Frame, Page, Trouble, blocking, html, html_with, session};
use crate::state::Doors;
use crate::words;
use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::{CaseworkError, PublicView, Tables, day_of, is_end, role_label};
use serde::Deserialize;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    nomor: String,
    #[serde(default)]
    kata: String,
}

#[derive(Template)]
#[template(path = "follow.html")]
struct FollowPage {
    frame: Frame,
    asked: Asked,
    missing: bool,
}

/// `GET /ikuti`
pub(crate) async fn form(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = session(doors, &headers)?;
        let frame = Frame::new(doors, "Ikuti laporan", "ikuti", who.as_ref());
        html(&FollowPage { frame, asked: Asked::default(), missing: false })
    })
    .await
}

/// One line of the history.
pub(crate) struct Line {
    pub when: String,
    pub what: String,
    pub why: String,
    pub who: String,
    pub class: &'static str,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    frame: Frame,
    asked: Asked,
    view: PublicView,
    kind: String,
    state: String,
    tag: &'static str,
    holder: String,
    due: String,
    late: bool,
    open: bool,
    lines: Vec<Line>,
}

/// The history of a case, newest first, with the future step on top.
pub(crate) fn lines(
    tables: &Tables,
    case: &casework::CaseRow,
    events: &[casework::EventLine],
    reasons: bool,
) -> Vec<Line> {
    let mut lines = Vec::new();
    if !is_end(&case.step) {
        lines.push(Line {
            when: format!("Paling lambat {}", words::date(day_of(case.due_at))),
            what: words::state(tables, &case.step),
            why: String::new(),
            who: role_label(case.level()).to_owned(),
            class: "nanti",
        });
    }
    for event in events.iter().rev() {
        let is_speech = event.kind.starts_with("report");
        lines.push(Line {
            when: words::instant(event.at),
            what: words::event(tables, &event.kind, &event.step, event.decision.as_deref()),
            why: event.reason.clone().filter(|_| reasons || !is_speech).unwrap_or_default(),
            who: role_label(&event.role).to_owned(),
            class: if event.kind == "late" { "kini" } else { "" },
        });
    }
    lines
}

/// `POST /ikuti`
pub(crate) async fn show(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response {
    blocking(doors, move |doors| status(doors, &headers, asked)).await
}

fn status(doors: &Doors, headers: &HeaderMap, asked: Asked) -> Page {
    let who = session(doors, headers)?;
    let view = match doors.work().follow(&asked.nomor.trim().to_uppercase(), &asked.kata) {
        Ok(view) => view,
        Err(CaseworkError::NotFound) => {
            let frame = Frame::new(doors, "Ikuti laporan", "ikuti", who.as_ref());
            return html_with(StatusCode::NOT_FOUND, &FollowPage { frame, asked, missing: true });
        }
        Err(other) => return Err(other.into()),
    };
    let tables = doors.work().tables();
    let case = &view.case;
    let now = doors.work().now_ms();
    html(&StatusPage {
        frame: Frame::new(doors, format!("Laporan {}", case.ticket), "ikuti", who.as_ref()),
        kind: tables.kind(&case.kind)?.name.clone(),
        state: words::state(tables, &case.step),
        tag: words::tag(&case.step),
        holder: role_label(case.level()).to_owned(),
        due: format!(
            "{} ({})",
            words::long_date(day_of(case.due_at)),
            words::due(case, now).to_lowercase()
        ),
        late: case.escalations > 0,
        open: !is_end(&case.step),
        lines: lines(tables, case, &view.events, true),
        asked,
        view,
    })
}

/// `POST /ikuti/tanda-terima`: the receipt as a file that verifies offline.
pub(crate) async fn receipt(State(doors): State<Doors>, Form(asked): Form<Asked>) -> Response {
    blocking(doors, move |doors| {
        let view = doors.work().follow(&asked.nomor.trim().to_uppercase(), &asked.kata)?;
        let text = doors.receipt(view.seq, true).ok_or_else(|| {
            Trouble::Refused("Laporan sudah tercatat. Tanda terima dapat diunduh setelah jurnal ditandatangani, kurang dari satu menit.".to_owned())
        })?;
        let name = format!("attachment; filename=\"{}.tlog-proof\"", view.case.ticket);
        Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], text).into_response())
    })
    .await
}

struct Door {
    name: &'static str,
    announced: String,
    last: String,
    waiting: u64,
    class: &'static str,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "doors.html")]
struct DoorsPage {
    frame: Frame,
    doors: Vec<Door>,
    now: String,
}

/// A queue older than this is shown as slow, in milliseconds.
const SLOW_MS: i64 = 10 * 60_000;

/// `GET /saluran`
pub(crate) async fn doors(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = session(doors, &headers)?;
        let now = doors.work().now_ms();
        let line = |health: casework::DoorHealth| {
            let slow = health.oldest_at.is_some_and(|at| now - at > SLOW_MS);
            let down = health.announced.is_some();
            let last = health.last_in_at.max(health.last_out_at);
            Door {
                name: door_name(&health.channel),
                announced: health.announced.unwrap_or_default(),
                last: last.map_or_else(|| "belum ada".to_owned(), words::instant),
                waiting: health.waiting,
                class: if down {
                    "tidak"
                } else if slow {
                    "tunggu"
                } else {
                    "ya"
                },
                state: if down {
                    "Terganggu"
                } else if slow {
                    "Lambat"
                } else {
                    "Berjalan"
                },
            }
        };
        let lines = doors.work().doors()?.into_iter().map(line).collect();
        let frame = Frame::new(doors, "Keadaan saluran", "saluran", who.as_ref());
        html(&DoorsPage { frame, doors: lines, now: words::instant(now) })
    })
    .await
}

fn door_name(channel: &str) -> &'static str {
    match (casework::Channel::from_word(channel), channel) {
        (Some(channel), _) => channel.label(),
        (None, "sms") => "Pesan SMS",
        (None, "email") => "Surat elektronik",
        (None, _) => "Saluran lain",
    }
}
