//! Do scores pile up just below a cut? A picture at one cut, all cuts in a table, and the villages
//! that stand out. For officers only: it speaks of single villages. Drawn from `density.json`.

use super::super::dashboard::{dotted, short_place};
use crate::format::{decimal, number, percent};
use crate::lang::Lang;
use crate::page::{Frame, Trouble, blocking};
use crate::state::App;
use crate::svg::{self, Pile};
use crate::view::View;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

/// Standard errors from which a jump is worth a look.
const SUSPECT: f64 = -2.5;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// The decile whose upper cut is shown.
    #[serde(default)]
    batas: String,
}

/// One cut in the table.
struct CutRow {
    name: String,
    link: Option<String>,
    near: String,
    jump: String,
    z: String,
    villages: String,
    suspect: bool,
}

/// One village at the chosen cut.
struct VillageRow {
    name: String,
    link: String,
    note: String,
    below: String,
    above: String,
    share: String,
    expected: String,
    flagged: bool,
}

#[derive(Template)]
#[template(path = "density.html")]
struct DensityPage {
    frame: Frame,
    heading: String,
    note: String,
    title: String,
    reading: String,
    picture: String,
    cuts: Vec<CutRow>,
    villages: Vec<VillageRow>,
    looked: String,
    back: String,
}

/// GET `/edisi/{edition}/kepadatan`
pub async fn density(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Path(edition): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    blocking(app, lang, move |app, lang| page(app, lang, &edition, &asked)).await
}

fn page(app: &App, lang: Lang, edition: &str, asked: &Asked) -> Result<String, Trouble> {
    let view = app.view(Some(edition))?.ok_or(Trouble::Missing)?;
    let cuts = view.documents.get("density").and_then(|d| d.get("cuts")).and_then(Value::as_array);
    let cuts = cuts.filter(|c| !c.is_empty()).ok_or(Trouble::Missing)?;
    let wanted = asked.batas.parse::<u64>().ok();
    let chosen = cuts
        .iter()
        .find(|c| wanted.is_some() && whole(c, "decile") == wanted.unwrap_or(0))
        .or_else(|| cuts.iter().min_by(|a, b| z_of(a).total_cmp(&z_of(b))))
        .ok_or(Trouble::Missing)?;
    let decile = whole(chosen, "decile");
    let name = &view.row.name;
    let path = format!("/edisi/{name}/kepadatan");
    let shown = decile.to_string();
    let bars = |side: &str| counts(chosen, side);
    Ok(DensityPage {
        frame: Frame::new(app, lang, lang.t("density.title"), &path, "editions").office(),
        heading: heading(lang, cuts),
        note: lang.t("density.note"),
        title: lang.fill("density.cut", &[&shown]),
        reading: reading(lang, chosen),
        picture: svg::pile(&Pile {
            below: &bars("below"),
            above: &bars("above"),
            inside: &lang.t("density.inside"),
            outside: &lang.t("density.outside"),
            label: &lang.fill("density.cut", &[&shown]),
        }),
        cuts: cuts.iter().map(|c| cut_row(lang, &path, c, decile)).collect(),
        villages: villages(lang, &view, chosen),
        looked: lang.fill(
            "density.looked",
            &[
                &number(lang, whole(chosen, "looked")),
                &number(lang, view.documents.get("density").map_or(0, |d| whole(d, "least"))),
            ],
        ),
        back: format!("{}/edisi/{name}", lang.prefix()),
    }
    .render()?)
}

fn whole(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

fn real(value: Option<&Value>, key: &str) -> f64 {
    value.and_then(|v| v.get(key)).and_then(Value::as_f64).unwrap_or(0.0)
}

fn z_of(cut: &Value) -> f64 {
    real(cut.get("jump"), "z")
}

fn counts(cut: &Value, side: &str) -> Vec<u64> {
    let list = cut.get(side).and_then(Value::as_array);
    list.into_iter().flatten().map(|n| n.as_u64().unwrap_or(0)).collect()
}

/// A cut is worth a look when families pile up over all, or a village stands out.
fn suspect(cut: &Value) -> bool {
    z_of(cut) <= SUSPECT || whole(cut, "flagged") > 0
}

fn heading(lang: Lang, cuts: &[Value]) -> String {
    match cuts.iter().filter(|c| suspect(c)).count() {
        0 => lang.t("density.none"),
        n => lang.fill("density.some", &[&n.to_string(), &cuts.len().to_string()]),
    }
}

/// How many more (or fewer) families stand just below than just above, in per cent.
fn excess(cut: &Value) -> f64 {
    (-real(cut.get("jump"), "theta")).exp() - 1.0
}

fn reading(lang: Lang, cut: &Value) -> String {
    let excess = excess(cut);
    let key = if excess >= 0.0 { "density.more" } else { "density.fewer" };
    let judged = if z_of(cut) <= SUSPECT { "density.beyond" } else { "density.chance" };
    lang.fill(key, &[&percent(lang, excess.abs(), 1), &lang.t(judged)])
}

fn cut_row(lang: Lang, path: &str, cut: &Value, chosen: u64) -> CutRow {
    let decile = whole(cut, "decile");
    let excess = excess(cut);
    let sign = if excess >= 0.0 { "+" } else { "−" };
    CutRow {
        name: lang.fill("density.between", &[&decile.to_string(), &(decile + 1).to_string()]),
        link: (decile != chosen).then(|| format!("{}{path}?batas={decile}", lang.prefix())),
        near: number(lang, whole(cut.get("jump").unwrap_or(cut), "families")),
        jump: format!("{sign}{}", percent(lang, excess.abs(), 1)),
        z: decimal(lang, -z_of(cut), 1),
        villages: number(lang, whole(cut, "flagged")),
        suspect: suspect(cut),
    }
}

fn villages(lang: Lang, view: &View, cut: &Value) -> Vec<VillageRow> {
    let list = cut.get("units").and_then(Value::as_array);
    let row = |unit: &Value| {
        let (region, below, above) =
            (whole(unit, "unit"), whole(unit, "below"), whole(unit, "above"));
        let place = view.places.get(&region);
        VillageRow {
            name: place.map_or_else(|| dotted(region), |p| short_place(&p.name)),
            link: format!("{}/wilayah/{}", lang.prefix(), dotted(region)),
            note: place.map_or_else(String::new, |p| view.address(p.parent)),
            below: number(lang, below),
            above: number(lang, above),
            share: percent(lang, below as f64 / (below + above).max(1) as f64, 0),
            expected: percent(lang, real(Some(unit), "expected"), 0),
            flagged: unit.get("flagged").and_then(Value::as_bool).unwrap_or(false),
        }
    };
    list.into_iter().flatten().take(SHOWN).map(row).collect()
}

/// Villages shown at most.
const SHOWN: usize = 20;
