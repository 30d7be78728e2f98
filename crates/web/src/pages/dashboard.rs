//! The dashboard: who is left out, who is in wrongly, where, in which decile, and why.

use crate::counts::{self, Count, Deciles, Meter, Summary, hidden};
use crate::format::{number, percent};
use crate::lang::Lang;
use crate::page::{Frame, Trouble, answer, blocking};
use crate::state::App;
use crate::svg::{self, Shade};
use crate::view::{Place, Programme, View};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::Region;
use serde::Deserialize;
use std::collections::BTreeMap;

mod csv;
mod live;
mod parts;
mod tables;

use csv::csv;
use live::{LivePart, live};
use parts::{Charts, Head, MapPart, charts, head, map_part};
use tables::{age_rows, cause_rows};

/// What the page is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Filter {
    /// Programme id.
    #[serde(default)]
    pub program: String,
    /// Name of the edition.
    #[serde(default)]
    pub edisi: String,
    /// Region code, from the form without JavaScript.
    #[serde(default)]
    pub wilayah: String,
}

/// `/`
pub async fn start(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Query(filter): Query<Filter>,
) -> Response {
    let region = filter.wilayah.clone();
    blocking(app, lang, move |app, lang| page(app, lang, &region, &filter)).await
}

/// `/wilayah/{region}`
pub async fn region(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Path(region): Path<String>,
    Query(filter): Query<Filter>,
) -> Response {
    blocking(app, lang, move |app, lang| page(app, lang, &region, &filter)).await
}

/// `/unduh/{region}`: the counts of the regions one level below, as CSV.
pub async fn download(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Path(region): Path<String>,
    Query(filter): Query<Filter>,
) -> Response {
    let for_work = app.clone();
    let work = move || csv(&for_work, lang, &region, &filter);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok((name, text))) => {
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            ];
            (headers, text).into_response()
        }
        Ok(Err(trouble)) => answer(&app, lang, Err(trouble)),
        Err(e) => answer(&app, lang, Err(Trouble::Fault(e.to_string()))),
    }
}

/// The counts one page shows.
struct Data {
    meter: Meter,
    children: BTreeMap<u64, Deciles>,
    grandchildren: BTreeMap<u64, Deciles>,
}

/// What was asked for, looked up.
pub(crate) struct Asked {
    pub(crate) view: std::sync::Arc<View>,
    pub(crate) programme: Programme,
    pub(crate) place: Place,
}

pub(crate) fn asked(app: &App, region: &str, filter: &Filter) -> Result<Asked, Trouble> {
    let name = Some(filter.edisi.as_str()).filter(|name| !name.is_empty());
    let view =
        app.view(name)?.ok_or(if name.is_some() { Trouble::Missing } else { Trouble::Empty })?;
    let programme = match filter.program.as_str() {
        "" => view.main_programme().cloned().ok_or(Trouble::Empty)?,
        id => view.programme(id).cloned().ok_or(Trouble::Missing)?,
    };
    let code = match region {
        "" => view.root,
        text => Region::parse(text).map_err(|_| Trouble::Missing)?.number(),
    };
    let place = view.places.get(&code).cloned().ok_or(Trouble::Missing)?;
    Ok(Asked { view, programme, place })
}

fn data(app: &App, asked: &Asked) -> Result<Data, Trouble> {
    let (region, programme) = (asked.place.region, asked.programme.id.as_str());
    Ok(app.store().read_edition(asked.view.row.number, |reader| {
        Ok::<_, store::StoreError>(Data {
            meter: counts::meter(reader, region, programme)?,
            children: counts::children(reader, region, programme)?,
            grandchildren: counts::grandchildren(reader, region, programme)?,
        })
    })?)
}

/// One entry of a choice.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// One row of the ranked table.
struct Ranked {
    name: String,
    link: String,
    missed: String,
    miss_bar: String,
    miss_rate: String,
    leak_bar: String,
    leak_rate: String,
    rate: f64,
}

/// One row of a small table of rates.
struct RateRow {
    name: String,
    cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage {
    frame: Frame,
    head: Head,
    map: MapPart,
    charts: Charts,
    programme: String,
    place: String,
    child_level: String,
    unit: String,
    ages: Vec<RateRow>,
    causes: Vec<RateRow>,
    live: LivePart,
    csv: String,
    families_link: Option<String>,
}

fn page(app: &App, lang: Lang, region: &str, filter: &Filter) -> Result<String, Trouble> {
    let asked = asked(app, region, filter)?;
    let data = data(app, &asked)?;
    let (view, programme, place) = (&asked.view, &asked.programme, &asked.place);
    let sum = Summary::of(&data.meter.deciles, programme.cut);
    let query = query(filter);
    let at = match place.region == view.root {
        true => "/".to_owned(),
        false => format!("/wilayah/{}", dotted(place.region)),
    };
    let title = lang.fill("dash.title", &[&place.name]);
    let page = DashboardPage {
        frame: Frame::new(app, lang, title, &format!("{at}{query}"), "dashboard").office(),
        head: head(app, lang, &asked, &sum, &query),
        map: map_part(app, lang, &asked, &data, &sum, &query),
        charts: charts(lang, programme, &data.meter.deciles, &sum),
        programme: programme.short_name(lang),
        place: place.name.clone(),
        child_level: lang.t(child_level(place.region)),
        unit: unit(lang, programme),
        ages: age_rows(lang, &data.meter, place.region),
        causes: cause_rows(lang, &data.meter, place.region),
        live: live(app, lang, place.region)?,
        csv: format!("{}/unduh/{}{query}", lang.prefix(), dotted(place.region)),
        families_link: (place.region > 1_000_000)
            .then(|| format!("{}/wilayah/{}/keluarga", lang.prefix(), dotted(place.region))),
    };
    Ok(page.render()?)
}

fn unit(lang: Lang, programme: &Programme) -> String {
    lang.t(if programme.by_family { "unit.family" } else { "unit.person" })
}

/// A region code with full stops.
pub(crate) fn dotted(region: u64) -> String {
    Region::from_number(region).map_or_else(|_| region.to_string(), |r| r.to_string())
}

pub(crate) fn short_place(name: &str) -> String {
    name.strip_prefix("Kabupaten ").unwrap_or(name).replace("Nusa Tenggara Barat", "NTB")
}

fn query(filter: &Filter) -> String {
    // Both values were matched against known names before they get here.
    let pairs = [("program", &filter.program), ("edisi", &filter.edisi)];
    let set: Vec<String> =
        pairs.iter().filter(|p| !p.1.is_empty()).map(|(k, v)| format!("{k}={v}")).collect();
    if set.is_empty() { String::new() } else { format!("?{}", set.join("&")) }
}

fn hide(lang: Lang, count: Count, show: impl Fn(u64) -> String) -> String {
    if count.open() { show(count.units) } else { lang.t("hidden.few") }
}

/// The sum with hidden counts as nothing, for drawing.
fn masked(mut sum: Summary) -> Summary {
    for count in [
        &mut sum.hit,
        &mut sum.missed,
        &mut sum.other,
        &mut sum.leaked,
        &mut sum.leaked_within,
        &mut sum.rest,
    ] {
        if !count.open() {
            *count = Count::default();
        }
    }
    sum
}

const fn child_level(region: u64) -> &'static str {
    match region {
        0..=99 => "level.regency",
        100..=9_999 => "level.district",
        _ => "level.village",
    }
}

fn crumbs(lang: Lang, view: &View, place: &Place, query: &str) -> Vec<(String, String)> {
    let mut crumbs = Vec::new();
    let mut at = place.parent;
    while let Some(above) = view.places.get(&at) {
        let link = if above.region == view.root {
            format!("{}/{query}", lang.prefix())
        } else {
            format!("{}/wilayah/{}{query}", lang.prefix(), dotted(above.region))
        };
        crumbs.insert(0, (above.name.clone(), link));
        at = above.parent;
    }
    crumbs
}

fn region_choices(view: &View, place: &Place) -> Vec<Choice> {
    let near = |p: &&Place| {
        p.region < 10_000
            || p.parent == place.parent
            || p.parent == place.region
            || p.region == place.region
            || p.region == place.parent
    };
    view.places
        .values()
        .filter(near)
        .map(|p| Choice {
            value: dotted(p.region),
            label: p.name.clone(),
            chosen: p.region == place.region,
        })
        .collect()
}

fn ranked(
    lang: Lang,
    view: &View,
    programme: &Programme,
    data: &Data,
    query: &str,
) -> Vec<(u64, Ranked)> {
    let sums: Vec<(u64, Summary)> = data
        .children
        .iter()
        .map(|(region, deciles)| (*region, Summary::of(deciles, programme.cut)))
        .collect();
    let missed: Vec<Count> = sums.iter().map(|(_, s)| s.missed).collect();
    let leaked: Vec<Count> = sums.iter().map(|(_, s)| s.leaked).collect();
    let (no_missed, no_leaked) = (hidden(&missed), hidden(&leaked));
    let most = sums.iter().map(|(_, s)| s.exclusion().max(s.inclusion())).fold(0.0, f64::max);
    let few = lang.t("hidden.few");
    let mut rows: Vec<(u64, Ranked)> = sums
        .iter()
        .enumerate()
        .map(|(at, (region, sum))| {
            let name = view.places.get(region).map_or_else(|| dotted(*region), |p| p.name.clone());
            let (miss, leak) = (sum.exclusion(), sum.inclusion());
            let cell = |gap: bool, text: String| if gap { few.clone() } else { text };
            let bar = |gap: bool, class: &str, rate: f64| {
                if gap { String::new() } else { svg::small_bar(class, rate, most) }
            };
            let row = Ranked {
                link: format!("{}/wilayah/{}{query}", lang.prefix(), dotted(*region)),
                missed: cell(no_missed[at], number(lang, sum.missed.units)),
                miss_bar: bar(no_missed[at], "q-miss", miss),
                miss_rate: cell(no_missed[at], percent(lang, miss, 1)),
                leak_bar: bar(no_leaked[at], "q-leak", leak),
                leak_rate: cell(no_leaked[at], percent(lang, leak, 1)),
                rate: if no_missed[at] { f64::NAN } else { miss },
                name: short_place(&name),
            };
            (*region, row)
        })
        .collect();
    // Hidden rates go last, in the order of codes.
    rows.sort_by(|a, b| {
        let key = |r: &Ranked| if r.rate.is_nan() { -1.0 } else { r.rate };
        key(&b.1).total_cmp(&key(&a.1)).then(a.0.cmp(&b.0))
    });
    rows
}

/// The four regions two levels below with the largest share left out: name, rate, region above,
/// link. Only those with enough families left out to be shown, and enough people for a rate.
fn worst(
    lang: Lang,
    view: &View,
    programme: &Programme,
    data: &Data,
    query: &str,
) -> Vec<(String, String, String, String)> {
    let mut rates: Vec<(f64, u64)> = data
        .grandchildren
        .iter()
        .map(|(region, deciles)| (*region, Summary::of(deciles, programme.cut)))
        .filter(|(_, sum)| sum.missed.families >= counts::FAMILIES_MIN * 2)
        .map(|(region, sum)| (sum.exclusion(), region))
        .collect();
    rates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    rates
        .into_iter()
        .take(4)
        .filter_map(|(rate, region)| {
            let place = view.places.get(&region)?;
            let above = view.places.get(&place.parent)?;
            let link = format!("{}/wilayah/{}{query}", lang.prefix(), dotted(region));
            Some((place.name.clone(), percent(lang, rate, 1), short_place(&above.name), link))
        })
        .collect()
}

fn shades(ranked: &[(u64, Ranked)], breaks: &[f64; 4]) -> Vec<Shade> {
    ranked
        .iter()
        .map(|(region, row)| Shade {
            region: *region,
            name: row.name.clone(),
            value: row.miss_rate.clone(),
            class: row.rate.is_finite().then(|| breaks.iter().filter(|b| row.rate >= **b).count()),
            link: row.link.clone(),
        })
        .collect()
}

fn open_deciles(deciles: &Deciles) -> [bool; 11] {
    let mut open = [true; 11];
    for four in 0..4 {
        let column: Vec<Count> = deciles
            .iter()
            .map(|c| Count { units: c.units[four], families: c.families[four] })
            .collect();
        for (slot, gap) in open.iter_mut().zip(hidden(&column)) {
            *slot &= !gap;
        }
    }
    open
}
