//! `/pbi/keputusan`: a decree is simulated, proposed by one and approved by another, noticed, and
//! takes effect. The page shows who would be listed and who is held before anybody is.

use super::{names, whole};
use crate::form::new_id;
use crate::page::{Frame, Page, Trouble, blocking, demand, go, html};
use crate::state::Doors;
use crate::words;
use access::{Action, Resource};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{CutRule, DecreeDates, DecreeRules, NewDecree, Session, Simulated, day_of};
use serde::Deserialize;
use web::Lang;
use web::format::number;

/// Days to the notice after the proposal, so that the second person has time to look.
const NOTICE_AFTER_DAYS: i32 = 3;

struct Line {
    id: String,
    title: String,
    people: String,
    state: &'static str,
    dates: String,
    hash: String,
    acts: Vec<(&'static str, &'static str)>,
    /// Whether the list made again is the same; none until somebody asks for it.
    replays: Option<bool>,
}

#[derive(Template)]
#[template(path = "decree.html")]
struct DecreePage {
    frame: Frame,
    id: String,
    edition: String,
    listed: String,
    kept: String,
    held: Vec<(String, String)>,
    grounds: Vec<(String, String)>,
    regencies: Vec<(String, String, String)>,
    decrees: Vec<Line>,
    may_propose: bool,
    limit: i64,
}

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// The decree whose list is made again and compared.
    #[serde(default)]
    uji: String,
}

#[derive(Deserialize, Default)]
pub(crate) struct Typed {
    #[serde(default)]
    id: String,
    #[serde(default)]
    langkah: String,
    #[serde(default)]
    keputusan: String,
    #[serde(default)]
    daftar: String,
    #[serde(default)]
    alasan: String,
}

fn may(doors: &Doors, who: &Session, action: Action) -> Result<bool, Trouble> {
    let resource = Resource { region: Some(whole(doors)?), ..Resource::of_the_country() };
    Ok(doors.work().policies().decide(&who.actor, action, &resource))
}

fn officer(doors: &Doors, headers: &HeaderMap) -> Result<Session, Trouble> {
    let who = demand(doors, headers)?;
    let allowed = may(doors, &who, Action::MassPropose)? || may(doors, &who, Action::MassApprove)?;
    if allowed { Ok(who) } else { Err(Trouble::Missing) }
}

/// `GET /pbi/keputusan`
pub(crate) async fn page(
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    blocking(doors, move |doors| {
        let who = officer(doors, &headers)?;
        show(doors, &who, &asked.uji)
    })
    .await
}

fn show(doors: &Doors, who: &Session, tested: &str) -> Page {
    let work = doors.work();
    let edition = work.store().current_edition()?.ok_or(Trouble::Missing)?;
    let rules = DecreeRules::builtin()?;
    let region = whole(doors)?;
    let rule = CutRule::pbi_jk(Some(region))?;
    let simulated = work.simulate_decree(edition.number, &rule)?;
    let names = names(doors, region)?;
    let count = |n: u64| number(Lang::Id, n);
    // Held: a ground fits but for the illness, the age or the pregnancy.
    let limit = rule.decile_limit;
    let held = rules
        .hold
        .iter()
        .map(|h| {
            let fits = |c: &casework::SimulatedCell| {
                c.ground < 0 && c.hold & h.bit != 0 && c.decile > limit
            };
            (h.name.clone(), count(simulated.sum(fits)))
        })
        .collect();
    let grounds = rules
        .ground
        .iter()
        .enumerate()
        .map(|(at, g)| (g.reason.clone(), count(simulated.sum(|c| c.ground == at as i64))))
        .collect();
    html(&DecreePage {
        frame: Frame::new(doors, "Keputusan penghentian", "keputusan", Some(who)),
        id: new_id(),
        edition: edition.name.to_string(),
        listed: count(simulated.listed()),
        kept: count(simulated.sum(|c| c.ground < 0)),
        held,
        grounds,
        regencies: regencies(&simulated, &names),
        decrees: lines(doors, who, tested)?,
        may_propose: may(doors, who, Action::MassPropose)?,
        limit,
    })
}

fn regencies(
    simulated: &Simulated,
    names: &std::collections::BTreeMap<u64, String>,
) -> Vec<(String, String, String)> {
    let codes: std::collections::BTreeSet<u64> =
        simulated.cells.iter().map(|c| c.regency).collect();
    codes
        .into_iter()
        .map(|code| {
            let listed = simulated.sum(|c| c.regency == code && c.ground >= 0);
            let all = simulated.sum(|c| c.regency == code);
            let name = names.get(&code).cloned().unwrap_or_else(|| code.to_string());
            (name, number(Lang::Id, listed), number(Lang::Id, all))
        })
        .collect()
}

fn lines(doors: &Doors, who: &Session, tested: &str) -> Result<Vec<Line>, Trouble> {
    let work = doors.work();
    let today = day_of(work.now_ms());
    let approves = may(doors, who, Action::MassApprove)?;
    let mut lines = Vec::new();
    for decree in work.decrees()? {
        let Ok(action) = work.mass_action(&decree.id) else { continue };
        let own = action.proposed_by == who.actor.account;
        let mut acts = Vec::new();
        match (action.state.as_str(), decree.state.as_str()) {
            ("proposed", _) if approves && !own => {
                acts.extend([("setuju", "Setujui daftar ini"), ("tolak", "Tolak")])
            }
            ("approved", "proposed") => acts.push(("beritahu", "Kirim pemberitahuan")),
            ("approved", "noticed") if today >= decree.dates.effective => {
                acts.push(("berlaku", "Berlakukan"))
            }
            _ => {}
        }
        let state = match (action.state.as_str(), decree.state.as_str()) {
            ("proposed", _) => "Menunggu orang kedua",
            ("refused", _) => "Ditolak",
            (_, "proposed") => "Disetujui, belum diberitahukan",
            (_, "noticed") => "Diberitahukan, belum berlaku",
            _ => "Berlaku",
        };
        lines.push(Line {
            title: decree.title.clone(),
            people: number(Lang::Id, decree.people),
            state,
            dates: format!(
                "pemberitahuan {}, berlaku {}",
                words::date(decree.dates.notice),
                words::date(decree.dates.effective)
            ),
            hash: decree.list_sha256.clone(),
            acts,
            replays: match decree.id == tested {
                true => Some(work.replay_decree(&decree.id)?),
                false => None,
            },
            id: decree.id,
        });
    }
    Ok(lines)
}

/// `POST /pbi/keputusan`
pub(crate) async fn act(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    blocking(doors, move |doors| {
        let who = officer(doors, &headers)?;
        let work = doors.work();
        match typed.langkah.as_str() {
            "usul" => {
                let edition = work.store().current_edition()?.ok_or(Trouble::Missing)?;
                let notice = day_of(work.now_ms()).plus_days(NOTICE_AFTER_DAYS);
                let effective = notice.plus_days(DecreeRules::builtin()?.notice_days);
                let new = NewDecree {
                    id: typed.id.clone(),
                    title: format!("Penghentian PBI-JK, edisi {}", edition.name),
                    edition: edition.number,
                    rule: CutRule::pbi_jk(Some(whole(doors)?))?,
                    dates: DecreeDates { notice, effective },
                    reason: typed.alasan.clone(),
                };
                work.propose_decree(&who.actor, new)?;
            }
            step @ ("setuju" | "tolak") => {
                work.settle(
                    &who.actor,
                    &typed.keputusan,
                    &typed.daftar,
                    step == "setuju",
                    &typed.alasan,
                )?;
            }
            "beritahu" => {
                work.notice_decree(&typed.keputusan)?;
            }
            "berlaku" => {
                work.take_effect(&typed.keputusan)?;
            }
            _ => return Err(Trouble::Missing),
        }
        go("/pbi/keputusan")
    })
    .await
}
