//! The public check: NIK and date of birth, sent by POST, never in an address.
//!
//! "No such person" and "wrong date of birth" are the same answer to the byte and take the same
//! work: a family is read, opened and unpacked in both cases.

use super::values::{self, Shown, Standing};
use crate::format::{date, masked_name, month};
use crate::guard::{self, CHECKS_PER_NIK};
use crate::lang::Lang;
use crate::page::{Frame, Trouble, blocking};
use crate::state::App;
use crate::svg;
use crate::view::View;
use askama::Template;
use axum::Form;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{Date, Nik};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use store::blob::Body;
use store::{Query, StoreError, params};

/// What the form sends. Kept as text, so that a wrong field comes back as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Answers {
    #[serde(default)]
    nik: String,
    #[serde(default)]
    hari: String,
    #[serde(default)]
    bulan: String,
    #[serde(default)]
    tahun: String,
}

#[derive(Template)]
#[template(path = "check.html")]
struct FormPage {
    frame: Frame,
    answers: Answers,
    nik_error: Option<String>,
    date_error: Option<String>,
    notice: Option<(String, String)>,
    limit: String,
}

#[derive(Template)]
#[template(path = "result.html")]
struct ResultPage {
    frame: Frame,
    heading: String,
    who: String,
    ranked: bool,
    houses: String,
    meaning: String,
    reason: String,
    counted: String,
    oldest: Option<String>,
    next: String,
    standings: Vec<Standing>,
    values: Vec<Shown>,
    pulls: Vec<(String, bool)>,
    object: String,
}

/// GET `/cek`
pub async fn form(State(app): State<App>, Extension(lang): Extension<Lang>) -> Response {
    blocking(app, lang, |app, lang| empty_form(app, lang, &Answers::default(), None, None, None))
        .await
}

fn empty_form(
    app: &App,
    lang: Lang,
    answers: &Answers,
    nik_error: Option<String>,
    date_error: Option<String>,
    notice: Option<(String, String)>,
) -> Result<String, Trouble> {
    let mut answers = answers.clone();
    if notice.is_some() {
        // What was typed is not sent back: the next person at this screen need not see it.
        answers = Answers::default();
    }
    Ok(FormPage {
        frame: Frame::new(app, lang, lang.t("check.title"), "/cek", "check"),
        answers,
        nik_error,
        date_error,
        notice,
        limit: lang.fill("check.limit", &[&CHECKS_PER_NIK.to_string()]),
    }
    .render()?)
}

/// POST `/cek`
pub async fn result(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    info: Option<Extension<ConnectInfo<SocketAddr>>>,
    Form(answers): Form<Answers>,
) -> Response {
    let peer = guard::peer(info.as_deref());
    let for_status = app.clone();
    let outcome = tokio::task::spawn_blocking(move || look_up(&app, lang, peer, &answers)).await;
    match outcome {
        Ok(Ok((status, page))) => (status, axum::response::Html(page)).into_response(),
        Ok(Err(trouble)) => crate::page::answer(&for_status, lang, Err(trouble)),
        Err(e) => crate::page::answer(&for_status, lang, Err(Trouble::Fault(e.to_string()))),
    }
}

fn look_up(
    app: &App,
    lang: Lang,
    peer: IpAddr,
    answers: &Answers,
) -> Result<(StatusCode, String), Trouble> {
    let nik: String = answers.nik.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    let parsed = Nik::parse(&nik);
    let born = birth_date(answers);
    let (Ok(nik), Some(born)) = (parsed, born) else {
        let nik_error = parsed.err().map(|_| lang.t("check.nik.error"));
        let date_error = born.is_none().then(|| lang.t("check.date.error"));
        let page = empty_form(app, lang, answers, nik_error, date_error, None)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page));
    };
    let view = app.view(None)?.ok_or(Trouble::Empty)?;
    let index = app.vault().nik_index(nik);
    if !app.limiter().allow(app.now_ms(), index, peer) {
        let notice = Some((lang.t("check.stopped"), lang.t("check.stopped.text")));
        let page = empty_form(app, lang, answers, None, None, notice)?;
        return Ok((StatusCode::TOO_MANY_REQUESTS, page));
    }
    match find(app, &view, index, born)? {
        Some((body, person)) => Ok((StatusCode::OK, result_page(app, lang, &view, &body, person)?)),
        None => {
            let notice = Some((lang.t("check.none"), lang.t("check.none.text")));
            Ok((StatusCode::OK, empty_form(app, lang, answers, None, None, notice)?))
        }
    }
}

fn birth_date(answers: &Answers) -> Option<Date> {
    let number = |text: &str| text.trim().parse::<i32>().ok();
    let (year, month, day) =
        (number(&answers.tahun)?, number(&answers.bulan)?, number(&answers.hari)?);
    if !(1900..=2100).contains(&year) {
        return None;
    }
    Date::from_ymd(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// The family of the person with this index and birth date. A missing person costs the same: the
/// family that happens to stand next is read, opened and compared instead.
fn find(
    app: &App,
    view: &View,
    index: [u8; 16],
    born: Date,
) -> Result<Option<(Body, u64)>, Trouble> {
    let keys: Vec<(u64, u64, bool)> = app.store().read_edition(view.row.number, |reader| {
        let rows = reader.query(
            "SELECT nik_index, person_id, family_id FROM person_key WHERE nik_index >= $1
             ORDER BY nik_index, person_id LIMIT 1",
            params![index],
        )?;
        let rows = if rows.is_empty() {
            reader.query(
                "SELECT nik_index, person_id, family_id FROM person_key LIMIT 1",
                params![],
            )?
        } else {
            rows
        };
        rows.iter()
            .map(|row| {
                let same = row.get::<Vec<u8>>("nik_index")? == index;
                Ok::<_, StoreError>((row.get("person_id")?, row.get("family_id")?, same))
            })
            .collect()
    })?;
    let Some((person, family, same)) = keys.first().copied() else { return Ok(None) };
    let Some(body) = values::family(app, view, family)? else { return Ok(None) };
    let matches = values::rows(&body, "person").iter().any(|row| {
        row.int("person_id") == Some(person as i64)
            && row.int("birth_date") == Some(i64::from(born.days()))
    });
    Ok((same && matches).then_some((body, person)))
}

fn result_page(
    app: &App,
    lang: Lang,
    view: &View,
    body: &Body,
    person: u64,
) -> Result<String, Trouble> {
    let _ = person;
    let family = values::first(body, "family").ok_or(Trouble::Missing)?;
    let score = values::first(body, "score");
    let decile = score.and_then(|s| s.int("decile")).unwrap_or(0).clamp(0, 10) as usize;
    let head = values::head(body);
    let village = family.int("village").unwrap_or(0) as u64;
    let who = lang.fill(
        "result.who",
        &[
            &masked_name(head.and_then(|h| h.text("name")).unwrap_or("")),
            &family.int("member_count").unwrap_or(0).to_string(),
            &view.address(village),
        ],
    );
    let ranges: Vec<(String, usize)> =
        view.programmes.iter().map(|p| (p.short_name(lang), p.cut)).collect();
    let (heading, meaning, reason) = if decile > 0 {
        let place = [(decile * 10 - 9).to_string(), (decile * 10).to_string()];
        (
            lang.fill("result.heading", &[&decile.to_string()]),
            lang.fill("result.meaning", &[&place[0], &place[1]]),
            String::new(),
        )
    } else {
        let code = score.and_then(|s| s.int("unranked_reason")).unwrap_or(2);
        let reason = lang.find(&format!("unranked.{code}")).unwrap_or_default();
        (lang.t("result.unranked"), String::new(), reason)
    };
    let shown = important(lang, view, body);
    let oldest = oldest(view, family).map(|day| month(lang, day));
    Ok(ResultPage {
        frame: Frame::new(app, lang, heading.clone(), "/cek", "check"),
        heading,
        who,
        ranked: decile > 0,
        houses: svg::houses(lang, decile, &merged(ranges)),
        meaning,
        reason,
        counted: date(lang, view.row.as_of),
        oldest,
        // The register is ranked anew every quarter.
        next: month(lang, view.row.as_of.plus_months(3)),
        standings: values::standings(lang, view, body),
        values: shown,
        pulls: if decile > 0 { pulls(lang, view, body) } else { Vec::new() },
        object: app
            .objections()
            .map_or_else(|| format!("{}/bantuan#b4", lang.prefix()), str::to_owned),
    }
    .render()?)
}

/// Programmes with the same highest decile share one bracket; at most three brackets.
fn merged(ranges: Vec<(String, usize)>) -> Vec<(String, usize)> {
    let mut out: Vec<(String, usize)> = Vec::new();
    for (name, cut) in ranges {
        match out.iter_mut().find(|(_, other)| *other == cut) {
            Some((names, _)) if names.len() < 40 => *names = format!("{names}, {name}"),
            Some(_) => {}
            None => out.push((name, cut)),
        }
    }
    out.sort_by_key(|(_, cut)| *cut);
    out.truncate(3);
    out
}

/// The values that were used: of the house and assets, and the head's work and schooling.
fn important(lang: Lang, view: &View, body: &Body) -> Vec<Shown> {
    const FAMILY: [&str; 15] = [
        "member_count",
        "tenure",
        "floor_area_m2",
        "floor_material",
        "wall_material",
        "roof_material",
        "drinking_water",
        "lighting",
        "electricity_power",
        "cooking_fuel",
        "toilet_facility",
        "toilet_type",
        "sewage_disposal",
        "families_in_house",
        "assets",
    ];
    let mut out = Vec::new();
    if let Some(head) = values::head(body) {
        out.extend(
            values::shown(lang, view, "person", head)
                .into_iter()
                .filter(|s| matches!(s.key.as_str(), "education" | "work" | "business"))
                .map(|s| Shown { label: lang.fill("result.of_head", &[&s.label]), ..s }),
        );
    }
    if let Some(family) = values::first(body, "family") {
        out.extend(
            values::shown(lang, view, "family", family)
                .into_iter()
                .filter(|s| FAMILY.contains(&s.key.as_str())),
        );
    }
    out
}

/// What pulls the decile most: label and whether it pulls up. No numbers: those are the officer's.
fn pulls(lang: Lang, view: &View, body: &Body) -> Vec<(String, bool)> {
    let (_, parts) = values::parts(body);
    parts.iter().take(6).map(|(part, n)| (view.part_label(lang, part), *n > 0)).collect()
}

fn oldest(view: &View, family: &store::blob::Record) -> Option<Date> {
    family
        .cells()
        .filter(|(name, _)| name.ends_with("_from"))
        .filter_map(|(name, _)| view.provenance(family.int(name)?)?.1)
        .min()
}
