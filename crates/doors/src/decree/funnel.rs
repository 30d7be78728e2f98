//! `/pbi`: cut off → aware → applied → in review → active again, by scheme, region, decile and days
//! waited, from kept figures. Cells of fewer than five people are hidden below the district.

use super::{names, newest, pictures, whole};
use crate::page::{Frame, Page, Trouble, blocking, html, session};
use crate::state::Doors;
use crate::words;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{DecreeRules, Funnel, FunnelCell, FunnelQuery, day_of, stage};
use kernel::{Level, Region};
use serde::Deserialize;
use std::collections::BTreeMap;
use web::Lang;
use web::format::{number, percent, share};
use web::svg::{Shade, legend, map, opened, shade, small_bar};

/// Fewer people than this are not shown for a village.
const SHOWN_MIN: u64 = 5;
/// Days waited, in bands: label, first, last.
const BANDS: [(&str, i64, i64); 6] = [
    ("0–1 hari", 0, 1),
    ("2–3", 2, 3),
    ("4–7", 4, 7),
    ("8–14", 8, 14),
    ("15–30", 15, 30),
    ("31+", 31, i64::MAX),
];

/// Colours of the payers, in the order of the rules.
const SCHEME_CLASSES: [&str; 4] = ["p1", "p2", "p3", "p4"];

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    wilayah: String,
    #[serde(default)]
    desil: String,
}

struct Line {
    name: String,
    link: String,
    cut: String,
    aware: String,
    applied: String,
    back: String,
    rate: String,
    silent: String,
    bar: String,
}

struct Scheme {
    class: String,
    name: String,
    people: String,
    share: String,
}

#[derive(Template)]
#[template(path = "funnel.html")]
struct FunnelPage {
    frame: Frame,
    place: String,
    up: Option<(String, String)>,
    cut: String,
    back: String,
    silent: String,
    since: String,
    title: String,
    wilayah: String,
    desil: String,
    regions: Vec<(String, String)>,
    opened: String,
    schemes: Vec<Scheme>,
    steps: String,
    left: [String; 3],
    map: Option<String>,
    legend: Vec<(usize, String)>,
    lines: Vec<Line>,
    waiting: String,
    median: String,
    deciles: Vec<(String, String, String, String)>,
    is_village: bool,
    officer: bool,
}

/// `GET /pbi`
pub(crate) async fn page(
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    blocking(doors, move |doors| show(doors, &asked, &headers)).await
}

fn show(doors: &Doors, asked: &Asked, headers: &HeaderMap) -> Page {
    let who = session(doors, headers)?;
    let Some(decree) = newest(doors)? else { return Err(Trouble::Missing) };
    let rules = DecreeRules::builtin()?;
    let all = whole(doors)?;
    let region = Region::parse(&asked.wilayah).unwrap_or(all);
    let decile = asked.desil.parse().ok().filter(|d| (1..=10).contains(d));
    let today = day_of(doors.work().now_ms());
    let query = FunnelQuery { region: Some(region), decile };
    let funnel = doors.work().funnel(&decree.id, query, today)?;
    let names = names(doors, region)?;
    let name = |code: u64| names.get(&code).cloned().unwrap_or_else(|| code.to_string());
    let (cut, back) = (reached(&funnel, stage::CUT_OFF), reached(&funnel, stage::ACTIVE));
    let by_scheme = by_scheme(&rules, &funnel);
    let parts: Vec<(&str, u64)> =
        SCHEME_CLASSES.iter().copied().zip(by_scheme.iter().map(|(_, people)| *people)).collect();
    let lines = lines(&funnel, region, decile, &name);
    let (shades, breaks) = shades(&funnel, &lines);
    let outlines = web::outlines::load(doors.work().store())?;
    html(&FunnelPage {
        frame: Frame::new(doors, "Jalan kembali PBI-JK", "pbi", who.as_ref()),
        place: names.get(&region.number()).cloned().unwrap_or_else(|| region.to_string()),
        up: up(region, all),
        cut: number(Lang::Id, cut),
        back: number(Lang::Id, back),
        silent: number(Lang::Id, funnel.sum(is_silent)),
        since: words::date(decree.dates.effective),
        title: decree.title.clone(),
        wilayah: region.to_string(),
        desil: asked.desil.clone(),
        regions: choices(&names, region),
        opened: opened(
            Lang::Id,
            (cut, back),
            &parts,
            ("belum aktif kembali", "aktif kembali", &words_of(cut, back)),
        ),
        schemes: schemes(&by_scheme, back),
        steps: steps(&funnel),
        left: [
            number(Lang::Id, funnel.sum(|c| matches!(c.stage, stage::CUT_OFF | stage::AWARE))),
            number(Lang::Id, funnel.sum(|c| matches!(c.stage, stage::APPLIED | stage::IN_REVIEW))),
            number(Lang::Id, funnel.sum(|c| c.stage == stage::REFUSED)),
        ],
        map: map(&outlines, &shades, region.number() == all.number(), "jp"),
        legend: legend(Lang::Id, &breaks, shades.len()),
        lines: lines.into_iter().map(|(_, _, line)| line).collect(),
        waiting: waiting(&funnel),
        median: median(&funnel),
        deciles: deciles(&funnel),
        is_village: region.level() == Level::Village,
        officer: who.is_some(),
    })
}

/// The first picture in words.
fn words_of(cut: u64, back: u64) -> String {
    let shown = |n| number(Lang::Id, n);
    format!("{} orang dihentikan, {} aktif kembali", shown(cut), shown(back))
}

/// People who got as far as a stage; the refused got as far as the review.
fn reached(funnel: &Funnel, from: i64) -> u64 {
    funnel.sum(|c| match c.stage {
        stage::REFUSED => (stage::CUT_OFF..=stage::IN_REVIEW).contains(&from),
        at => at >= from,
    })
}

fn steps(funnel: &Funnel) -> String {
    pictures::steps(&[
        ("Dihentikan", reached(funnel, stage::CUT_OFF)),
        ("Tahu", reached(funnel, stage::AWARE)),
        ("Mengajukan", reached(funnel, stage::APPLIED)),
        ("Diproses sampai akhir", reached(funnel, stage::IN_REVIEW)),
        ("Aktif kembali", reached(funnel, stage::ACTIVE)),
    ])
}

fn by_scheme(rules: &DecreeRules, funnel: &Funnel) -> Vec<(String, u64)> {
    let people = |segment: i64| funnel.sum(|c| c.stage == stage::ACTIVE && c.scheme == segment);
    rules.scheme.iter().map(|s| (s.name.clone(), people(s.segment))).collect()
}

fn schemes(by_scheme: &[(String, u64)], back: u64) -> Vec<Scheme> {
    let one = |((name, people), class): (&(String, u64), &str)| Scheme {
        class: class.to_owned(),
        name: name.clone(),
        people: number(Lang::Id, *people),
        share: percent(Lang::Id, share(*people, back), 1),
    };
    by_scheme.iter().zip(SCHEME_CLASSES).map(one).collect()
}

/// The way up: link and name.
fn up(region: Region, all: Region) -> Option<(String, String)> {
    let parent = region.parent().filter(|_| region.number() != all.number())?;
    let is_whole = parent.number() == all.number();
    let name = if is_whole { "Seluruh wilayah".to_owned() } else { parent.to_string() };
    Some((format!("/pbi?wilayah={parent}"), name))
}

fn choices(names: &BTreeMap<u64, String>, region: Region) -> Vec<(String, String)> {
    let below = names.iter().filter(|(code, _)| **code != region.number());
    below
        .filter_map(|(code, name)| {
            Some((Region::from_number(*code).ok()?.to_string(), name.clone()))
        })
        .collect()
}

/// Deciles 1 to 5, cut off, and nothing heard of them.
fn is_silent(cell: &FunnelCell) -> bool {
    cell.stage == stage::CUT_OFF && (1..=5).contains(&cell.decile)
}

type Counted = (u64, f64, Line);

/// One line per region below, those with the most silent first; with its share of silent ones.
fn lines(
    funnel: &Funnel,
    region: Region,
    decile: Option<i64>,
    name: &impl Fn(u64) -> String,
) -> Vec<Counted> {
    let mut sums: BTreeMap<u64, [u64; 5]> = BTreeMap::new();
    for cell in &funnel.cells {
        let sum = sums.entry(cell.region).or_default();
        let is = [
            cell.stage >= stage::CUT_OFF,
            cell.stage >= stage::AWARE,
            cell.stage >= stage::APPLIED,
            cell.stage == stage::ACTIVE,
            is_silent(cell),
        ];
        for (n, is) in sum.iter_mut().zip(is) {
            *n += u64::from(is) * cell.people;
        }
    }
    let hides = matches!(region.level(), Level::District | Level::Village);
    let shown = |n: u64| {
        if hides && n > 0 && n < SHOWN_MIN { "<5".to_owned() } else { number(Lang::Id, n) }
    };
    let most = sums.values().map(|sum| sum[4]).max().unwrap_or(0);
    let mut out: Vec<(u64, Counted)> = sums
        .into_iter()
        .map(|(code, sum)| {
            let is_village = code > 999_999;
            let code_words =
                Region::from_number(code).map_or_else(|_| code.to_string(), |r| r.to_string());
            let link = if is_village {
                format!("/pbi/desa/{code_words}")
            } else {
                format!(
                    "/pbi?wilayah={code_words}&desil={}",
                    decile.map_or_else(String::new, |d| d.to_string())
                )
            };
            let line = Line {
                name: name(code),
                link,
                cut: shown(sum[0]),
                aware: shown(sum[1]),
                applied: shown(sum[2]),
                back: shown(sum[3]),
                rate: if hides && sum[3] < SHOWN_MIN {
                    "–".to_owned()
                } else {
                    percent(Lang::Id, share(sum[3], sum[0]), 1)
                },
                silent: shown(sum[4]),
                bar: small_bar("p-merah", sum[4] as f64, most as f64),
            };
            (sum[4], (code, share(sum[4], sum[0]), line))
        })
        .collect();
    out.sort_by_key(|(silent, (code, _, _))| (std::cmp::Reverse(*silent), *code));
    out.into_iter().map(|(_, counted)| counted).collect()
}

fn shades(_funnel: &Funnel, lines: &[Counted]) -> (Vec<Shade>, [f64; 4]) {
    let values: Vec<f64> = lines.iter().map(|(_, value, _)| *value).collect();
    let breaks = shade(&values);
    let shades = lines
        .iter()
        .map(|(code, value, line)| Shade {
            region: *code,
            name: line.name.trim_start_matches("Kabupaten ").to_owned(),
            value: percent(Lang::Id, *value, 1),
            class: Some(breaks.iter().filter(|cut| value >= cut).count()),
            link: line.link.clone(),
        })
        .collect();
    (shades, breaks)
}

fn waiting(funnel: &Funnel) -> String {
    let bands: Vec<(&str, u64, u64)> = BANDS
        .iter()
        .map(|(name, first, last)| {
            let within = |c: &FunnelCell| c.waited >= *first && c.waited <= *last;
            let done =
                funnel.sum(|c| within(c) && matches!(c.stage, stage::ACTIVE | stage::REFUSED));
            let open =
                funnel.sum(|c| within(c) && matches!(c.stage, stage::APPLIED | stage::IN_REVIEW));
            (*name, done, open)
        })
        .collect();
    pictures::waiting(&bands)
}

/// Median days from application to the end.
fn median(funnel: &Funnel) -> String {
    let mut days: BTreeMap<i64, u64> = BTreeMap::new();
    for cell in funnel.cells.iter().filter(|c| c.waited >= 0 && c.stage == stage::ACTIVE) {
        *days.entry(cell.waited).or_default() += cell.people;
    }
    let half = days.values().sum::<u64>().div_ceil(2);
    let mut seen = 0;
    for (day, people) in days {
        seen += people;
        if seen >= half && half > 0 {
            return day.to_string();
        }
    }
    "–".to_owned()
}

fn deciles(funnel: &Funnel) -> Vec<(String, String, String, String)> {
    let row = |decile: i64| {
        let cut = funnel.sum(|c| c.decile == decile && c.stage >= stage::CUT_OFF);
        let back = funnel.sum(|c| c.decile == decile && c.stage == stage::ACTIVE);
        let silent = funnel.sum(|c| c.decile == decile && c.stage == stage::CUT_OFF);
        let name = if decile == 0 { "tanpa desil".to_owned() } else { decile.to_string() };
        (
            cut,
            (
                name,
                number(Lang::Id, cut),
                percent(Lang::Id, share(back, cut), 1),
                number(Lang::Id, silent),
            ),
        )
    };
    (0..=10).map(row).filter(|(cut, _)| *cut > 0).map(|(_, row)| row).collect()
}
