//! The simulator: what a change of a programme's cut, quota, budget or hysteresis does, before
//! anybody signs. For officers. Works without script; with it, the picture follows the controls.

mod answer;

use super::dashboard::dotted;
use crate::assets::SIMULATE_PATH;
use crate::lang::Lang;
use crate::page::{Frame, Trouble, blocking};
use crate::simulate::{Ask, Effect, Law, Programme, Split};
use crate::state::App;
use crate::view::{self, View};
use access::{Action, Scope};
use answer::{Answer, Given};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use casework::Session;
use serde::Deserialize;
use std::sync::Arc;

/// As everywhere, and one script of our own that asks this server again.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Rupiah of one step of the budget's field.
const MILLION: i64 = 1_000_000;
/// Most rank points of hysteresis.
const HYSTERESIS_MAX: f64 = 10.0;

/// What the form sends; empty fields mean the law.
#[derive(Deserialize, Default)]
pub struct Wanted {
    #[serde(default)]
    program: String,
    #[serde(default)]
    edisi: String,
    #[serde(default)]
    batas: String,
    #[serde(default)]
    kursi: String,
    #[serde(default)]
    anggaran: String,
    #[serde(default)]
    histeresis: String,
    #[serde(default)]
    pembagian: String,
}

/// One entry of a choice.
pub(super) struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "simulate.html")]
struct SimulatePage {
    frame: Frame,
    script: &'static str,
    programme: String,
    programmes: Vec<Choice>,
    hidden: Vec<(&'static str, String)>,
    cuts: Vec<Choice>,
    law_cut: String,
    seats: String,
    seats_law: String,
    budget: String,
    hysteresis: String,
    hysteresis_law: String,
    splits: Vec<Choice>,
    reset: String,
    unit: String,
    answer: Answer,
}

#[derive(Template)]
#[template(path = "text.html")]
struct NothingPage {
    frame: Frame,
    heading: String,
    parts: Vec<(&'static str, String, String)>,
}

/// GET `/simulasi`
pub async fn page(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Extension(who): Extension<Session>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let mut response = blocking(app, lang, move |app, lang| {
        // It shows counts of the whole edition: for everybody who may simulate anywhere.
        let work = app.work().ok_or(Trouble::Missing)?;
        if Scope::of(work.policies(), &who.actor, Action::ListSimulate).is_empty() {
            return Err(Trouble::Missing);
        }
        render(app, lang, &wanted)
    })
    .await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn render(app: &App, lang: Lang, wanted: &Wanted) -> Result<String, Trouble> {
    let edition = Some(wanted.edisi.as_str()).filter(|e| !e.is_empty());
    let view = app.view(edition)?.ok_or(if edition.is_some() {
        Trouble::Missing
    } else {
        Trouble::Empty
    })?;
    let laid: Vec<&view::Programme> =
        view.programmes.iter().filter(|p| law(&view, &p.id).is_some()).collect();
    let main = view.main_programme().filter(|p| laid.iter().any(|l| l.id == p.id));
    let programme = match wanted.program.as_str() {
        "" => main.or(laid.first().copied()),
        id => Some(laid.iter().find(|p| p.id == id).copied().ok_or(Trouble::Missing)?),
    };
    let Some(programme) = programme else { return nothing(app, lang) };
    let simulator = simulator(app, &view, &programme.id)?;
    let ask = ask(wanted, &simulator.as_law());
    let effect = simulator.play(&ask);
    let given = Given { app, lang, view: &view, programme, simulator: &simulator, ask: &ask };
    Ok(filled(&given, &laid, wanted, &effect).render()?)
}

fn nothing(app: &App, lang: Lang) -> Result<String, Trouble> {
    let heading = lang.t("sim.none");
    let frame = Frame::new(app, lang, heading.clone(), "/simulasi", "simulate").signed_in();
    let parts = vec![("cara", lang.t("sim.none.how"), lang.t("sim.none.text"))];
    Ok(NothingPage { frame, heading, parts }.render()?)
}

/// What the law says of a programme, if the edition laid its cells ready.
fn law(view: &View, programme: &str) -> Option<Law> {
    let law = view.documents.get("simulation")?.get(programme)?;
    serde_json::from_value(law.clone()).ok()
}

fn simulator(app: &App, view: &View, id: &str) -> Result<Arc<Programme>, Trouble> {
    let law = law(view, id).ok_or(Trouble::Missing)?;
    app.simulator(view.row.number, id, || {
        app.store().read_edition(view.row.number, |reader| Programme::load(reader, id, law))
    })
    .map_err(Trouble::from)
}

/// The scenario that was asked for; what is empty or out of range stays as the law has it.
fn ask(wanted: &Wanted, law: &Ask) -> Ask {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let whole = |text: &str| number(text).filter(|n| (0.0..1e15).contains(n)).map(|n| n as u64);
    Ask {
        cut: whole(&wanted.batas).filter(|c| (1..=10).contains(c)).map_or(law.cut, |c| c as u8),
        seats: whole(&wanted.kursi).or(law.seats),
        budget: whole(&wanted.anggaran)
            .filter(|n| *n > 0)
            .map(|n| (n as i64).saturating_mul(MILLION)),
        hysteresis: number(&wanted.histeresis)
            .map_or(law.hysteresis, |h| h.clamp(0.0, HYSTERESIS_MAX)),
        split: match wanted.pembagian.as_str() {
            "satu" => Split::All,
            "peta" => Split::Map,
            "desil" => Split::Eligible,
            _ => law.split,
        },
    }
}

fn filled(
    given: &Given<'_>,
    laid: &[&view::Programme],
    wanted: &Wanted,
    effect: &Effect,
) -> SimulatePage {
    let Given { app, lang, view, programme, simulator, ask } = *given;
    let law = simulator.as_law();
    let path = format!("/simulasi?program={}", programme.id);
    let seats = |seats: Option<u64>| seats.map_or(String::new(), |n| n.to_string());
    let mut hidden = vec![("program", programme.id.clone())];
    if !wanted.edisi.is_empty() {
        hidden.push(("edisi", view.row.name.to_string()));
    }
    SimulatePage {
        frame: Frame::new(app, lang, lang.t("sim.title"), &path, "simulate").signed_in(),
        script: SIMULATE_PATH.as_str(),
        programme: programme.short_name(lang),
        programmes: laid
            .iter()
            .map(|p| Choice {
                value: p.id.clone(),
                label: p.short_name(lang),
                chosen: p.id == programme.id,
            })
            .collect(),
        hidden,
        cuts: (1..=10)
            .map(|cut: u8| Choice {
                value: cut.to_string(),
                label: cut.to_string(),
                chosen: cut == ask.cut,
            })
            .collect(),
        law_cut: law.cut.to_string(),
        seats: seats(ask.seats),
        seats_law: answer::seats_words(lang, simulator),
        budget: ask.budget.map_or(String::new(), |b| (b / MILLION).to_string()),
        hysteresis: format!("{}", ask.hysteresis),
        hysteresis_law: crate::format::decimal(lang, law.hysteresis, 0),
        splits: splits(lang, simulator, ask),
        reset: format!("{}{path}", lang.prefix()),
        unit: lang.t(if programme.by_family { "unit.family" } else { "unit.person" }),
        answer: Answer::new(given, effect),
    }
}

fn splits(lang: Lang, simulator: &Programme, ask: &Ask) -> Vec<Choice> {
    let all = [("satu", Split::All), ("peta", Split::Map), ("desil", Split::Eligible)];
    let has_map = !simulator.law.weights.is_empty();
    all.into_iter()
        .filter(|(_, split)| *split != Split::Map || has_map)
        .map(|(value, split)| Choice {
            value: value.to_owned(),
            label: lang.t(&format!("sim.split.{value}")),
            chosen: split == ask.split,
        })
        .collect()
}

/// A regency's page on the dashboard.
pub(super) fn region_link(lang: Lang, region: u64, programme: &str) -> String {
    format!("{}/wilayah/{}?program={programme}", lang.prefix(), dotted(region))
}
