//! A family for officers: members, the 39 values with provenance, the score and why, the links.

use super::dashboard::dotted;
use super::values::{self, Shown, Standing};
use crate::format::{date, decimal, name, number, percent};
use crate::lang::Lang;
use crate::page::{Frame, Trouble, blocking};
use crate::state::{App, WouldChange};
use crate::svg::{self, Part};
use crate::view::View;
use access::{Action, Resource, Scope};
use askama::Template;
use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::Session;
use kernel::{Date, FamilyId, Nik, Region};
use serde::Deserialize;
use serde_json::Value;
use store::blob::{Body, Record};
use store::{Query, StoreError, params};

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    error: Option<String>,
}

/// GET `/keluarga`
pub async fn search(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Extension(who): Extension<Session>,
) -> Response {
    blocking(app, lang, move |app, lang| {
        may_search(app, &who)?;
        search_page(app, lang, None)
    })
    .await
}

/// The page is there for those who may search somewhere; where, is asked of every family.
fn may_search(app: &App, who: &Session) -> Result<(), Trouble> {
    let work = app.work().ok_or(Trouble::Missing)?;
    match Scope::of(work.policies(), &who.actor, Action::FamilySearch).is_empty() {
        true => Err(Trouble::Missing),
        false => Ok(()),
    }
}

/// A family as the policies see it.
fn resource(who: &Session, family: u64, village: Option<Region>) -> Resource {
    let own = who.account.family == Some(FamilyId::new(family));
    Resource { region: village, ..Resource::of_the_country() }.own(own)
}

fn village_of(family: &Body) -> Option<Region> {
    let village = values::first(family, "family")?.int("village")?;
    u64::try_from(village).ok().and_then(|village| Region::from_number(village).ok())
}

fn search_page(app: &App, lang: Lang, error: Option<String>) -> Result<String, Trouble> {
    let frame = Frame::new(app, lang, lang.t("search.title"), "/keluarga", "family").signed_in();
    Ok(SearchPage { frame, error }.render()?)
}

/// What the search form sends.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    nik: String,
}

/// POST `/keluarga`: to the family of a NIK, or of a family number.
pub async fn find(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Extension(who): Extension<Session>,
    Form(wanted): Form<Wanted>,
) -> Response {
    let for_work = app.clone();
    let found = tokio::task::spawn_blocking(move || found(&for_work, &who, &wanted.nik)).await;
    match found {
        Ok(Ok(Some(family))) => {
            Redirect::to(&format!("{}/keluarga/{family}", lang.prefix())).into_response()
        }
        Ok(Ok(None)) => {
            blocking(app, lang, |app, lang| search_page(app, lang, Some(lang.t("search.none"))))
                .await
        }
        Ok(Err(trouble)) => crate::page::answer(&app, lang, Err(trouble)),
        Err(e) => crate::page::answer(&app, lang, Err(Trouble::Fault(e.to_string()))),
    }
}

/// A family that the officer may search for; another one is as good as none.
fn found(app: &App, who: &Session, wanted: &str) -> Result<Option<u64>, Trouble> {
    may_search(app, who)?;
    let view = app.view(None)?.ok_or(Trouble::Empty)?;
    let Some(family) = known(app, &view, wanted)? else { return Ok(None) };
    let Some(body) = values::family(app, &view, family)? else { return Ok(None) };
    let resource = resource(who, family, village_of(&body));
    Ok(app.may(who, Action::FamilySearch, &resource).then_some(family))
}

/// The number of a family by a NIK or by itself.
fn known(app: &App, view: &View, wanted: &str) -> Result<Option<u64>, Trouble> {
    let digits: String = wanted.chars().filter(char::is_ascii_digit).collect();
    if let Ok(nik) = Nik::parse(&digits) {
        let index = app.vault().nik_index(nik);
        return Ok(app.store().read_edition(view.row.number, |reader| {
            let sql = "SELECT family_id FROM person_key WHERE nik_index = $1 ORDER BY person_id";
            let rows = reader.query(sql, params![index])?;
            rows.first().map(|row| row.get("family_id")).transpose().map_err(|e: StoreError| e)
        })?);
    }
    Ok(digits.parse().ok())
}

/// One member.
struct Member {
    name: String,
    nik: String,
    relation: String,
    age: String,
    sex: String,
    status: (&'static str, String),
    values: Vec<Shown>,
}

/// One link with its evidence.
struct Link {
    source: String,
    person: String,
    method: String,
    status: (&'static str, String),
    weight: String,
    probability: String,
    evidence: String,
}

/// The standing of the family in one edition.
struct Past {
    edition: String,
    decile: String,
    score: String,
}

#[derive(Template)]
#[template(path = "family.html")]
struct FamilyPage {
    frame: Frame,
    heading: String,
    place: String,
    village_link: String,
    decile: i64,
    ladder: Vec<(usize, bool)>,
    facts: Vec<(String, String)>,
    members: Vec<Member>,
    values: Vec<Shown>,
    waterfall: String,
    parts: Vec<(String, String)>,
    standings: Vec<Standing>,
    reviews: Vec<String>,
    changes: Vec<Changed>,
    links: Vec<Link>,
    history: Vec<Past>,
}

/// An answer that would move the decile.
struct Changed {
    label: String,
    now: String,
    source: String,
    then: String,
    decile: u8,
}

/// GET `/keluarga/{family}`
pub async fn one(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Extension(who): Extension<Session>,
    Path(family): Path<String>,
) -> Response {
    blocking(app, lang, move |app, lang| page(app, lang, &who, &family)).await
}

/// The family, if the officer may see it; the reading is written down where the family can see it.
/// What may not be seen costs the same as what is not there: then the next family is read instead.
fn opened(app: &App, view: &View, who: &Session, id: u64) -> Result<Body, Trouble> {
    let nearest: Option<u64> = app.store().read_edition(view.row.number, |reader| {
        let sql = "SELECT family_id FROM family WHERE family_id >= $1 ORDER BY family_id LIMIT 1";
        let found = match reader.query_opt(sql, params![id])? {
            Some(row) => Some(row),
            None => reader.query_opt("SELECT family_id FROM family LIMIT 1", params![])?,
        };
        found.map(|row| row.get("family_id")).transpose().map_err(|e: StoreError| e)
    })?;
    let nearest = nearest.ok_or(Trouble::Missing)?;
    let body = values::family(app, view, nearest)?.ok_or(Trouble::Missing)?;
    let resource = resource(who, nearest, village_of(&body));
    if !app.may(who, Action::FamilyRead, &resource) || nearest != id {
        return Err(Trouble::Missing);
    }
    if let (Some(work), false) = (app.work(), resource.own) {
        work.note_reading(&who.actor, "family", FamilyId::new(id))?;
    }
    Ok(body)
}

fn page(app: &App, lang: Lang, who: &Session, family: &str) -> Result<String, Trouble> {
    // An address that cannot be a family takes the way of one that is not there.
    let id: u64 = family.trim_start_matches('F').parse().unwrap_or(0);
    let view = app.view(None)?.ok_or(Trouble::Empty)?;
    let body = opened(app, &view, who, id)?;
    let record = values::first(&body, "family").ok_or(Trouble::Missing)?;
    let score = values::first(&body, "score");
    let decile = score.and_then(|s| s.int("decile")).unwrap_or(0);
    let village = record.int("village").unwrap_or(0) as u64;
    let head = values::head(&body).and_then(|h| h.text("name")).map(name).unwrap_or_default();
    let heading = lang.fill("family.heading", &[&head]);
    let (waterfall, parts) = explanation(lang, &view, &body, score);
    let hamlet = record.text("hamlet").map(|h| format!("{}, ", name(h))).unwrap_or_default();
    Ok(FamilyPage {
        frame: Frame::new(app, lang, heading.clone(), &format!("/keluarga/{id}"), "family")
            .signed_in(),
        heading,
        place: format!("F{id} · {hamlet}{}", view.address(village)),
        village_link: format!("{}/wilayah/{}/keluarga", lang.prefix(), dotted(village)),
        decile,
        ladder: (1..=10).map(|d| (d, d as i64 == decile)).collect(),
        facts: facts(lang, &view, score),
        members: values::rows(&body, "person").iter().map(|p| member(lang, &view, p)).collect(),
        values: values::shown(lang, &view, "family", record),
        waterfall,
        parts,
        standings: values::standings(lang, &view, &body),
        reviews: values::reviews(lang, &view, &body),
        changes: changes(app, lang, &view, id, record),
        links: values::rows(&body, "link").iter().map(|l| link(lang, &body, l)).collect(),
        history: history(app, lang, id)?,
    }
    .render()?)
}

/// The answers that would move the decile, in words, with where today's answer comes from.
fn changes(app: &App, lang: Lang, view: &View, id: u64, family: &Record) -> Vec<Changed> {
    let changed = |change: WouldChange| {
        let (variable, column) = view.variables.iter().find_map(|v| {
            let column =
                v.columns.iter().find(|c| v.unit == "family" && c.name == change.column)?;
            Some((v, column))
        })?;
        let then = column.code(lang, change.to);
        Some(Changed {
            label: column.label(lang),
            now: values::cell(lang, column, family).unwrap_or_else(|| lang.t("value.unknown")),
            source: family
                .int(&format!("{}_from", variable.key))
                .and_then(|n| values::source(lang, view, n))
                .unwrap_or_default(),
            then: then.unwrap_or_else(|| number(lang, change.to.unsigned_abs())),
            decile: change.decile,
        })
    };
    app.would_change(id).into_iter().filter_map(changed).collect()
}

fn member(lang: Lang, view: &View, person: &Record) -> Member {
    let of = |key: &str| {
        view.variables
            .iter()
            .find(|v| v.unit == "person" && v.key == key)
            .map(|v| values::value(lang, view, v, person))
            .unwrap_or_default()
    };
    let age = person
        .int("birth_date")
        .and_then(|d| i32::try_from(d).ok())
        .map(|d| Date::from_days(d).age_on(view.row.as_of));
    let mut name_shown = person.text("name").map(name).unwrap_or_default();
    if person.int("alive") == Some(0) {
        name_shown = lang.fill("family.dead", &[&name_shown]);
    }
    Member {
        name: name_shown,
        nik: of("nik"),
        relation: of("relation"),
        age: age.map_or_else(
            || lang.t("value.unknown"),
            |a| lang.fill("family.years", &[&a.to_string()]),
        ),
        sex: of("sex"),
        status: match_status(lang, person.int("match_status")),
        values: values::shown(lang, view, "person", person)
            .into_iter()
            .filter(|s| {
                s.number >= 3 && s.key != "sex" && s.key != "relation" && s.key != "family_card"
            })
            .collect(),
    }
}

fn match_status(lang: Lang, status: Option<i64>) -> (&'static str, String) {
    match status {
        Some(1) => ("ya", lang.t("match.1")),
        Some(2) => ("tunggu", lang.t("match.2")),
        _ => ("tidak", lang.t("match.3")),
    }
}

fn facts(lang: Lang, view: &View, score: Option<&Record>) -> Vec<(String, String)> {
    let Some(score) = score else { return Vec::new() };
    if score.int("decile") == Some(0) {
        let code = score.int("unranked_reason").unwrap_or(0);
        let reason = lang.find(&format!("unranked.{code}")).unwrap_or_default();
        return vec![(lang.t("word.unranked"), reason)];
    }
    let mut out = Vec::new();
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            out.push((lang.t(key), value));
        }
    };
    let log = score.real("score").filter(|s| *s > 0.0);
    add(
        "family.estimate",
        log.map(|s| {
            let rupiah = (s.exp() / 1_000.0).round() as i64 * 1_000;
            lang.fill("family.per_month", &[&kernel::Rupiah(rupiah).to_string()])
        }),
    );
    add(
        "family.range",
        log.zip(score.real("se")).map(|(s, se)| {
            let low = kernel::Rupiah(((s - se).exp() / 1_000.0).round() as i64 * 1_000);
            let high = kernel::Rupiah(((s + se).exp() / 1_000.0).round() as i64 * 1_000);
            format!("{low}–{high}")
        }),
    );
    add("family.distance", log.and_then(|s| nearest_cut(lang, view, s, score.int("decile")?)));
    add("family.p14", score.real("p_decile_1_4").map(|p| percent(lang, p, 0)));
    add("family.p15", score.real("p_decile_1_5").map(|p| percent(lang, p, 0)));
    add(
        "family.stays",
        score.int("stays_of_10").map(|n| lang.fill("family.stays.of", &[&n.to_string()])),
    );
    add("family.province", score.int("decile_province").filter(|d| *d > 0).map(|d| d.to_string()));
    out
}

/// The cut-offs between deciles, in points.
fn cuts(view: &View) -> Vec<i64> {
    let list = view.documents.get("cutoffs").and_then(|c| c.get("cuts")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_i64).collect()
}

fn nearest_cut(lang: Lang, view: &View, score: f64, decile: i64) -> Option<String> {
    let points = (score * 10_000.0).round() as i64;
    let cuts = cuts(view);
    let (at, cut) = cuts.iter().enumerate().min_by_key(|(_, cut)| (points - **cut).abs())?;
    // Points are ten-thousandths of a logarithm: the distance is a ratio of consumption.
    let ratio = ((*cut - points) as f64 / 10_000.0).exp() - 1.0;
    let other = if at as i64 + 1 >= decile { at + 2 } else { at + 1 };
    let sign = if ratio > 0.0 { "+" } else { "" };
    Some(lang.fill(
        "family.distance.to",
        &[&format!("{sign}{}%", decimal(lang, ratio * 100.0, 1)), &other.to_string()],
    ))
}

fn explanation(
    lang: Lang,
    view: &View,
    body: &Body,
    score: Option<&Record>,
) -> (String, Vec<(String, String)>) {
    let (base, all) = values::parts(body);
    // Without a decile there is nothing to explain: the score rests on too few answers.
    if all.is_empty() || score.and_then(|s| s.int("decile")) == Some(0) {
        return (String::new(), Vec::new());
    }
    let label = |part: &str| view.part_label(lang, part);
    let mut parts: Vec<Part> =
        all.iter().take(12).map(|(p, n)| Part { label: label(p), points: *n }).collect();
    let rest: i64 = all.iter().skip(12).map(|(_, n)| n).sum();
    if all.len() > 12 {
        parts.push(Part {
            label: lang.fill("family.rest", &[&(all.len() - 12).to_string()]),
            points: rest,
        });
    }
    let se = score.and_then(|s| s.real("se")).unwrap_or(0.0);
    let cuts: Vec<(usize, i64)> =
        cuts(view).into_iter().enumerate().map(|(at, cut)| (at + 1, cut)).collect();
    let table = all
        .iter()
        .map(|(p, n)| {
            let sign = if *n > 0 { "+" } else { "" };
            (label(p), format!("{sign}{}", decimal(lang, *n as f64 / 10_000.0, 4)))
        })
        .collect();
    (svg::waterfall(lang, base, &parts, se, &cuts), table)
}

fn link(lang: Lang, body: &Body, link: &Record) -> Link {
    let person = link.int("person_id").unwrap_or(0);
    let found = values::rows(body, "person").iter().find(|p| p.int("person_id") == Some(person));
    let method = link.int("method").unwrap_or(0);
    let source = link.int("source").unwrap_or(0);
    Link {
        source: lang.find(&format!("source.n{source}")).unwrap_or_else(|| source.to_string()),
        person: found.and_then(|p| p.text("name")).map(name).unwrap_or_default(),
        method: lang.find(&format!("method.{method}")).unwrap_or_default(),
        status: match_status(lang, link.int("status")),
        weight: link.real("match_weight").map(|w| decimal(lang, w, 1)).unwrap_or_default(),
        probability: link
            .real("match_probability")
            .map(|p| percent(lang, p, 2))
            .unwrap_or_default(),
        evidence: link.text("evidence").unwrap_or("").to_owned(),
    }
}

fn history(app: &App, lang: Lang, id: u64) -> Result<Vec<Past>, Trouble> {
    let mut out = Vec::new();
    for row in app.store().editions()? {
        let view = app.view_of(row)?;
        let body = values::family(app, &view, id)?;
        let score = body.as_ref().and_then(|b| values::first(b, "score"));
        let decile = score.and_then(|s| s.int("decile"));
        out.push(Past {
            edition: format!("{} ({})", view.row.name, date(lang, view.row.as_of)),
            decile: match decile {
                Some(0) => lang.t("word.unranked"),
                Some(d) => format!("{} {d}", lang.t("word.decile")),
                None => lang.t("value.unknown"),
            },
            score: score
                .and_then(|s| s.real("score"))
                .map(|s| decimal(lang, s, 4))
                .unwrap_or_default(),
        });
    }
    Ok(out)
}

#[derive(Template)]
#[template(path = "village.html")]
struct VillagePage {
    frame: Frame,
    heading: String,
    deciles: Vec<(String, Vec<(String, String)>)>,
}

/// GET `/wilayah/{region}/keluarga`: the families of a village by decile, at most 60 of each.
pub async fn village(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Extension(who): Extension<Session>,
    Path(region): Path<String>,
) -> Response {
    blocking(app, lang, move |app, lang| village_page(app, lang, &who, &region)).await
}

fn village_page(app: &App, lang: Lang, who: &Session, region: &str) -> Result<String, Trouble> {
    let view = app.view(None)?.ok_or(Trouble::Empty)?;
    let region = Region::parse(region).map_err(|_| Trouble::Missing)?;
    if !app.may(who, Action::FamilySearch, &Resource::open_in(region)) {
        return Err(Trouble::Missing);
    }
    let region = region.number();
    let place = view.places.get(&region).ok_or(Trouble::Missing)?;
    let mut deciles = Vec::new();
    for decile in (1..=10_i64).chain([0]) {
        let families: Vec<u64> = app.store().read_edition(view.row.number, |reader| {
            let sql = "SELECT family_id FROM village_family WHERE village = $1 AND decile = $2
                       ORDER BY family_id LIMIT 60";
            let rows = reader.query(sql, params![region, decile])?;
            rows.iter().map(|row| row.get("family_id")).collect::<Result<_, StoreError>>()
        })?;
        let label = if decile == 0 {
            lang.t("word.unranked")
        } else {
            format!("{} {decile}", lang.t("word.decile"))
        };
        let link = |f: u64| (format!("F{f}"), format!("{}/keluarga/{f}", lang.prefix()));
        deciles.push((label, families.into_iter().map(link).collect()));
    }
    let heading = lang.fill("village.heading", &[&place.name]);
    let path = format!("/wilayah/{}/keluarga", dotted(region));
    let frame = Frame::new(app, lang, heading.clone(), &path, "family").signed_in();
    Ok(VillagePage { frame, heading, deciles }.render()?)
}
