//! How well an edition knows its people, as a map, a ranked table and bars: staleness,
//! contradictions between registers, wrong identities. Drawn from `quality.json`.

use super::super::dashboard::{dotted, short_place};
use crate::format::{number, percent, share};
use crate::lang::Lang;
use crate::outlines::Outlines;
use crate::svg::{self, Shade};
use crate::view::View;
use serde_json::Value;
use std::collections::BTreeMap;

/// Families a village needs to stand among the worst: a rate of a handful says nothing.
const FAMILIES_MIN: u64 = 50;
/// Villages and variables shown.
const SHOWN: usize = 10;

/// A share of something: the part and the whole, as keys of `quality.json`.
struct Measure {
    key: &'static str,
    part: fn(&Value) -> u64,
    whole: &'static str,
}

/// What the map can show, in the order of the choice.
const MEASURES: [Measure; 3] = [
    Measure { key: "kontradiksi", part: |f| field(f, "contradicted"), whole: "compared" },
    Measure {
        key: "lama",
        part: |f| field(f, "families").saturating_sub(field(f, "visited_last_year")),
        whole: "families",
    },
    Measure {
        key: "identitas",
        part: |f| field(f, "typo") + field(f, "not_padan"),
        whole: "persons",
    },
];

fn field(figures: &Value, name: &str) -> u64 {
    figures.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// One row of a table with a bar.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) link: Option<String>,
    pub(super) note: String,
    pub(super) bar: String,
    pub(super) rate: String,
}

/// The quality part of an edition's page.
pub(super) struct Quality {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) choices: Vec<(String, String, bool)>,
    pub(super) map: Option<String>,
    pub(super) legend: Vec<(usize, String)>,
    pub(super) regencies: Vec<Row>,
    pub(super) villages: Vec<Row>,
    pub(super) variables: Vec<Row>,
}

/// Draws the quality of an edition; nothing when it was built without counting it. `chosen` is the
/// measure on the map (the first when it is none of them).
pub(super) fn quality(
    lang: Lang,
    view: &View,
    outlines: &Outlines,
    chosen: &str,
) -> Option<Quality> {
    let document = view.documents.get("quality")?;
    let villages = document.get("villages")?.as_object()?;
    let measure = MEASURES.iter().find(|m| m.key == chosen).unwrap_or(&MEASURES[0]);
    let count = |figures: &Value| ((measure.part)(figures), field(figures, measure.whole));
    let mut of_villages = Vec::new();
    let mut of_regencies: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (code, figures) in villages {
        let Ok(code) = code.parse::<u64>() else { continue };
        let (part, whole) = count(figures);
        let sum = of_regencies.entry(code / 1_000_000).or_default();
        *sum = (sum.0 + part, sum.1 + whole);
        if field(figures, "families") >= FAMILIES_MIN && whole > 0 {
            of_villages.push((code, (part, whole)));
        }
    }
    let mut of_regencies: Vec<_> =
        of_regencies.into_iter().filter(|r| view.places.contains_key(&r.0) && r.1.1 > 0).collect();
    let rates: Vec<f64> = of_regencies.iter().map(|r| share(r.1.0, r.1.1)).collect();
    let breaks = svg::shade(&rates);
    by_rate(&mut of_regencies);
    by_rate(&mut of_villages);
    of_villages.truncate(SHOWN);
    let name = &view.row.name;
    let (part, whole) = count(document.get("all")?);
    let shades = shades(lang, view, &of_regencies, &breaks);
    Some(Quality {
        title: lang.t(&format!("quality.{}", measure.key)),
        note: lang.fill(
            &format!("quality.{}.note", measure.key),
            &[&percent(lang, share(part, whole), 1), &number(lang, part), &number(lang, whole)],
        ),
        choices: MEASURES
            .iter()
            .map(|m| {
                let link = format!("{}/edisi/{name}?mutu={}", lang.prefix(), m.key);
                (link, lang.t(&format!("quality.{}", m.key)), m.key == measure.key)
            })
            .collect(),
        map: svg::map(outlines, &shades, true, "jq"),
        legend: svg::legend(lang, &breaks, rates.len()),
        regencies: rows(lang, view, &of_regencies),
        villages: rows(lang, view, &of_villages),
        variables: variables(lang, view, document),
    })
}

type Rated = (u64, (u64, u64));

fn by_rate(rows: &mut [Rated]) {
    rows.sort_by(|a, b| share(b.1.0, b.1.1).total_cmp(&share(a.1.0, a.1.1)).then(a.0.cmp(&b.0)));
}

fn name_of(view: &View, region: u64) -> String {
    view.places.get(&region).map_or_else(|| dotted(region), |p| short_place(&p.name))
}

fn region_link(lang: Lang, region: u64) -> String {
    format!("{}/wilayah/{}", lang.prefix(), dotted(region))
}

fn shades(lang: Lang, view: &View, regencies: &[Rated], breaks: &[f64; 4]) -> Vec<Shade> {
    let shade = |(region, (part, whole)): &Rated| {
        let rate = share(*part, *whole);
        Shade {
            region: *region,
            name: name_of(view, *region),
            value: percent(lang, rate, 1),
            class: Some(breaks.iter().filter(|b| rate >= **b).count()),
            link: region_link(lang, *region),
        }
    };
    regencies.iter().map(shade).collect()
}

fn rows(lang: Lang, view: &View, rated: &[Rated]) -> Vec<Row> {
    let most = rated.iter().map(|r| share(r.1.0, r.1.1)).fold(0.0, f64::max);
    let row = |(region, (part, whole)): &Rated| Row {
        name: name_of(view, *region),
        link: Some(region_link(lang, *region)),
        note: view.places.get(region).map_or_else(String::new, |p| view.address(p.parent)),
        bar: svg::small_bar("q-miss", share(*part, *whole), most),
        rate: percent(lang, share(*part, *whole), 1),
    };
    rated.iter().map(row).collect()
}

/// The variables about which registers contradict each other most.
fn variables(lang: Lang, view: &View, document: &Value) -> Vec<Row> {
    let all = document.get("variables").and_then(Value::as_object);
    let mut rated: Vec<(&String, u64, u64)> = all
        .into_iter()
        .flatten()
        .map(|(key, c)| (key, field(c, "contradicted"), field(c, "compared")))
        .filter(|v| v.2 > 0)
        .collect();
    rated.sort_by(|a, b| share(b.1, b.2).total_cmp(&share(a.1, a.2)).then(a.0.cmp(b.0)));
    rated.truncate(SHOWN);
    let most = rated.iter().map(|v| share(v.1, v.2)).fold(0.0, f64::max);
    let label = |key: &str| {
        let known = view.variables.iter().find(|v| v.key == key);
        known.map_or_else(|| view.part_label(lang, key), |v| v.label(lang))
    };
    let row = |(key, part, whole): (&String, u64, u64)| Row {
        name: label(key),
        link: None,
        note: lang.fill("quality.of", &[&number(lang, part), &number(lang, whole)]),
        bar: svg::small_bar("q-miss", share(part, whole), most),
        rate: percent(lang, share(part, whole), 1),
    };
    rated.into_iter().map(row).collect()
}
