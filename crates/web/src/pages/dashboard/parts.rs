//! The parts of the dashboard's page: headline and choices, map and ranked table, charts.

use super::tables::{decile_rows, quads};
use super::{
    Asked, Choice, Data, Ranked, RateRow, child_level, crumbs, hide, masked, open_deciles, ranked,
    region_choices, shades, short_place, unit, worst,
};
use crate::counts::{Count, Deciles, Summary};
use crate::format::{instant, number, percent, short};
use crate::lang::Lang;
use crate::state::App;
use crate::svg;
use crate::view::Programme;

/// Headline, place and choices above the pictures.
pub(super) struct Head {
    pub(super) missed: String,
    pub(super) leaked: String,
    pub(super) rest: [String; 2],
    pub(super) position: String,
    pub(super) crumbs: Vec<(String, String)>,
    pub(super) regions: Vec<Choice>,
    pub(super) programmes: Vec<Choice>,
    pub(super) editions: Vec<Choice>,
}

/// The map of the regions below, and the ranked table beside it.
pub(super) struct MapPart {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) drawing: Option<String>,
    pub(super) legend: Vec<(usize, String)>,
    pub(super) ranked: Vec<Ranked>,
    pub(super) worst_title: String,
    pub(super) worst: Vec<(String, String, String, String)>,
}

/// The mosaic and the bars by decile, with their figures.
pub(super) struct Charts {
    pub(super) mosaic: String,
    pub(super) exclusion: String,
    pub(super) inclusion: String,
    pub(super) uncovered: String,
    pub(super) unranked: String,
    pub(super) quads: Vec<(&'static str, String, String, String)>,
    pub(super) bars: String,
    pub(super) bars_unit: String,
    pub(super) decile_rows: Vec<RateRow>,
}

pub(super) fn head(app: &App, lang: Lang, asked: &Asked, sum: &Summary, query: &str) -> Head {
    let (view, programme, place) = (&asked.view, &asked.programme, &asked.place);
    let shown = |count: Count| hide(lang, count, |n| short(lang, n));
    let cut = programme.cut.to_string();
    let (near, name) = (short_place(&place.name), programme.short_name(lang));
    Head {
        missed: format!("{} {}", shown(sum.missed), unit(lang, programme)),
        leaked: shown(sum.leaked),
        rest: [
            lang.fill("dash.headline.1", &[&cut, &near, &name]),
            lang.fill("dash.headline.2", &[&(programme.cut + 1).to_string()]),
        ],
        position: lang.fill(
            "dash.position",
            &[
                &instant(lang, view.row.published_at),
                view.row.name.as_str(),
                &number(lang, place.people),
                &number(lang, place.families),
            ],
        ),
        crumbs: crumbs(lang, view, place, query),
        regions: region_choices(view, place),
        programmes: view
            .programmes
            .iter()
            .map(|p| Choice {
                value: p.id.clone(),
                label: p.short_name(lang),
                chosen: p.id == programme.id,
            })
            .collect(),
        editions: app
            .store()
            .editions()
            .unwrap_or_default()
            .into_iter()
            .map(|row| Choice {
                value: row.name.to_string(),
                label: row.name.to_string(),
                chosen: row.number == view.row.number,
            })
            .collect(),
    }
}

pub(super) fn map_part(
    app: &App,
    lang: Lang,
    asked: &Asked,
    data: &Data,
    sum: &Summary,
    query: &str,
) -> MapPart {
    let (view, programme, place) = (&asked.view, &asked.programme, &asked.place);
    let ranked = ranked(lang, view, programme, data, query);
    let rates: Vec<f64> = ranked.iter().map(|r| r.1.rate).filter(|r| r.is_finite()).collect();
    let breaks = svg::shade(&rates);
    let named = place.region == view.root;
    let below = child_level(if named { place.region * 100 } else { 1_000_000 });
    let cut = programme.cut.to_string();
    let mean = percent(lang, sum.exclusion(), 1);
    MapPart {
        title: lang
            .fill("dash.map.title", &[&unit(lang, programme), &cut, &programme.short_name(lang)]),
        note: lang.fill(
            "dash.map.note",
            &[&lang.t(child_level(place.region)), &short_place(&place.name), &mean],
        ),
        drawing: svg::map(&app.outlines(), &shades(&ranked, &breaks), named, "jp"),
        legend: svg::legend(lang, &breaks, rates.len()),
        ranked: ranked.into_iter().map(|r| r.1).collect(),
        worst_title: lang.fill("dash.worst", &[&lang.t(below)]),
        worst: worst(lang, view, programme, data, query),
    }
}

pub(super) fn charts(
    lang: Lang,
    programme: &Programme,
    deciles: &Deciles,
    sum: &Summary,
) -> Charts {
    let open = open_deciles(deciles);
    let label = |key: &str| lang.fill(key, &[&programme.short_name(lang)]);
    let unit = unit(lang, programme);
    Charts {
        mosaic: svg::mosaic(lang, &masked(*sum), programme.cut, &label("dash.mosaic.label")),
        exclusion: percent(lang, sum.exclusion(), 1),
        inclusion: percent(lang, sum.inclusion(), 1),
        uncovered: percent(lang, sum.uncovered(), 1),
        unranked: hide(lang, sum.unranked_listed, |n| short(lang, n)),
        quads: quads(lang, sum),
        bars: svg::decile_bars(lang, deciles, programme.cut, &open, &label("dash.bars.label")),
        bars_unit: if svg::in_thousands(deciles) {
            lang.fill("unit.thousand", &[&unit])
        } else {
            unit
        },
        decile_rows: decile_rows(lang, deciles, programme.cut, &open),
    }
}
