//! The part of the simulator's page that changes: headline, figures, map, bars, table.

use super::region_link;
use crate::format::{decimal, number, percent, short};
use crate::lang::Lang;
use crate::simulate::{Ask, Effect, Flow, Programme};
use crate::state::App;
use crate::svg::{self, FlowRow, Shade};
use crate::view::{self, View};

/// Units below which a flow is not told: it could point at a family.
const FEW: f64 = 5.0;

/// What a page is drawn for.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub app: &'a App,
    pub lang: Lang,
    pub view: &'a View,
    pub programme: &'a view::Programme,
    pub simulator: &'a Programme,
    pub ask: &'a Ask,
}

/// A figure: number, what it is, and what it was under the law.
pub(super) struct Tile {
    pub number: String,
    pub name: String,
    pub was: String,
    pub class: &'static str,
}

/// A regency in the table.
pub(super) struct Row {
    pub name: String,
    pub link: String,
    pub cells: Vec<String>,
}

/// Everything below the controls.
pub(super) struct Answer {
    pub headline: Vec<(bool, String)>,
    pub note: String,
    pub tiles: Vec<Tile>,
    pub map: Option<String>,
    pub legend: Vec<(usize, String)>,
    pub regions: String,
    pub deciles: String,
    pub groups: String,
    pub rows: Vec<Row>,
    pub moves: bool,
}

impl Answer {
    pub(super) fn new(given: &Given<'_>, effect: &Effect) -> Self {
        let shades = shades(given, effect);
        let rates: Vec<f64> = shades.iter().map(|s| s.0).collect();
        let breaks = svg::shade(&rates);
        let shades: Vec<Shade> = shades
            .into_iter()
            .map(|(rate, shade)| Shade {
                class: Some(breaks.iter().filter(|b| rate >= **b).count()),
                ..shade
            })
            .collect();
        let lang = given.lang;
        Self {
            headline: headline(given, effect),
            note: note(given, effect),
            tiles: tiles(given, effect),
            map: svg::map(&given.app.outlines(), &shades, true, "peta-sim"),
            legend: svg::legend(lang, &breaks, rates.len()),
            regions: svg::flows(&region_rows(given, effect), &lang.t("sim.regions.title")),
            deciles: svg::flows(&decile_rows(lang, effect), &lang.t("sim.deciles.title")),
            groups: svg::flows(&group_rows(given, effect), &lang.t("sim.groups.title")),
            rows: table(given, effect),
            moves: effect.total.enters + effect.total.leaves > 0.0,
        }
    }
}

/// The seats of the law in words.
pub(super) fn seats_words(lang: Lang, simulator: &Programme) -> String {
    match (simulator.law.seats, simulator.law.seats_of_roll) {
        (None, _) => lang.t("sim.seats.free"),
        (Some(seats), true) => lang.fill("sim.seats.roll", &[&number(lang, seats)]),
        (Some(seats), false) => lang.fill("sim.seats.set", &[&number(lang, seats)]),
    }
}

fn headline(given: &Given<'_>, effect: &Effect) -> Vec<(bool, String)> {
    let Given { lang, programme, simulator, ask, .. } = *given;
    let name = programme.short_name(lang);
    let total = &effect.total;
    if total.enters + total.leaves == 0.0 {
        let same = *ask == simulator.as_law();
        let key = if same { "sim.headline.start" } else { "sim.headline.nobody" };
        return vec![(false, lang.fill(key, &[&name]))];
    }
    let unit = lang.t(if programme.by_family { "unit.family" } else { "unit.person" });
    let only = |n: f64, key: &str| {
        vec![(true, format!("{} {unit}", told_short(lang, n))), (false, lang.fill(key, &[&name]))]
    };
    if total.enters == 0.0 {
        return only(total.leaves, "sim.headline.only_leave");
    }
    if total.leaves == 0.0 {
        return only(total.enters, "sim.headline.only_enter");
    }
    vec![
        (true, format!("{} {unit}", told_short(lang, total.leaves))),
        (false, lang.fill("sim.headline.leave", &[&name])),
        (true, told_short(lang, total.enters)),
        (false, lang.t("sim.headline.enter")),
    ]
}

fn note(given: &Given<'_>, effect: &Effect) -> String {
    let Given { lang, view, simulator, ask, .. } = *given;
    let seats = number(lang, effect.seats);
    let cut = ask.cut.to_string();
    let points = decimal(lang, ask.hysteresis, 0);
    let mut note = lang.fill("sim.note", &[&cut, &seats, &points, view.row.name.as_str()]);
    if let Some(asked) = ask.seats.filter(|asked| *asked > effect.seats) {
        let key = if ask.budget.is_some() { "sim.note.budget" } else { "sim.note.empty" };
        note.push(' ');
        note += &lang.fill(key, &[&number(lang, asked - effect.seats)]);
    }
    let left = simulator.law.listed as f64 - effect.total.after.on_roll;
    if simulator.law.listed > 0 {
        note.push(' ');
        let share = percent(lang, left / simulator.law.listed as f64, 1);
        note += &lang.fill("sim.note.roll", &[&share, &number(lang, left.max(0.0) as u64)]);
    }
    note
}

fn tiles(given: &Given<'_>, effect: &Effect) -> Vec<Tile> {
    let lang = given.lang;
    let total = &effect.total;
    let was = |text: String| lang.fill("sim.was", &[&text]);
    let rupiah = |n: f64| format!("Rp{}", short(lang, n.max(0.0) as u64));
    let (before, after) = (&total.before, &total.after);
    let tile = |key: &str, number: String, before: String, class| Tile {
        number,
        name: lang.t(key),
        was: was(before),
        class,
    };
    vec![
        tile(
            "sim.tile.list",
            short(lang, after.units as u64),
            short(lang, before.units as u64),
            "",
        ),
        tile("sim.tile.cost", rupiah(after.cost), rupiah(before.cost), ""),
        tile(
            "sim.tile.miss",
            percent(lang, total.undercoverage(after), 1),
            percent(lang, total.undercoverage(before), 1),
            "t-miss",
        ),
        tile(
            "sim.tile.leak",
            percent(lang, after.leakage(), 1),
            percent(lang, before.leakage(), 1),
            "t-leak",
        ),
    ]
}

/// Regencies with their expected undercoverage in the scenario.
fn shades(given: &Given<'_>, effect: &Effect) -> Vec<(f64, Shade)> {
    let lang = given.lang;
    effect
        .regions
        .iter()
        .filter(|(region, _)| **region > 0)
        .map(|(&region, flow)| {
            let rate = flow.undercoverage(&flow.after);
            let shade = Shade {
                region,
                name: short_name(given.view, region),
                value: percent(lang, rate, 1),
                class: None,
                link: region_link(lang, region, &given.programme.id),
            };
            (rate, shade)
        })
        .collect()
}

fn short_name(view: &View, region: u64) -> String {
    let name = view.places.get(&region).map_or_else(|| region.to_string(), |p| p.name.clone());
    name.strip_prefix("Kabupaten ").unwrap_or(&name).to_owned()
}

fn region_rows(given: &Given<'_>, effect: &Effect) -> Vec<FlowRow> {
    let name = |region: u64| match region {
        0 => given.lang.t("sim.region.none"),
        region => short_name(given.view, region),
    };
    let mut rows: Vec<FlowRow> = effect
        .regions
        .iter()
        .map(|(region, flow)| flow_row(given.lang, name(*region), flow.leaves, flow.enters))
        .collect();
    rows.sort_by(|a, b| {
        (b.leaves + b.enters).total_cmp(&(a.leaves + a.enters)).then(a.name.cmp(&b.name))
    });
    rows
}

fn decile_rows(lang: Lang, effect: &Effect) -> Vec<FlowRow> {
    let row = |(decile, flow): (&u8, &Flow)| {
        flow_row(lang, format!("{} {decile}", lang.t("word.decile")), flow.leaves, flow.enters)
    };
    // Deciles that nobody enters or leaves say nothing.
    let moves = |(_, flow): &(&u8, &Flow)| flow.enters + flow.leaves > 0.0;
    effect.deciles.iter().filter(moves).map(row).collect()
}

fn group_rows(given: &Given<'_>, effect: &Effect) -> Vec<FlowRow> {
    let keys = ["1_2", "3_4", "5_6", "7", if given.programme.by_family { "head" } else { "women" }];
    let lang = given.lang;
    let old = if given.programme.by_family { "old_head" } else { "old" };
    keys.into_iter()
        .chain([old])
        .zip(effect.groups)
        .map(|(key, (enters, leaves))| {
            flow_row(lang, lang.t(&format!("sim.group.{key}")), leaves, enters)
        })
        .collect()
}

fn flow_row(lang: Lang, name: String, leaves: f64, enters: f64) -> FlowRow {
    let words = |sign: &str, n: f64| match n {
        n if n < 0.5 => String::new(),
        n if n < FEW => told(lang, n),
        n => format!("{sign}{}", told(lang, n)),
    };
    FlowRow {
        name,
        leaves_text: words("−", leaves),
        enters_text: words("+", enters),
        leaves,
        enters,
    }
}

/// A count, unless it is so small that it could point at somebody.
fn told(lang: Lang, n: f64) -> String {
    if (0.5..FEW).contains(&n) { "< 5".to_owned() } else { number(lang, n.round() as u64) }
}

fn told_short(lang: Lang, n: f64) -> String {
    if (0.5..FEW).contains(&n) { "< 5".to_owned() } else { short(lang, n.round() as u64) }
}

fn table(given: &Given<'_>, effect: &Effect) -> Vec<Row> {
    let lang = given.lang;
    let change = |flow: &Flow, of: &dyn Fn(&crate::simulate::Side) -> f64| {
        format!("{} → {}", percent(lang, of(&flow.before), 1), percent(lang, of(&flow.after), 1))
    };
    effect
        .regions
        .iter()
        .filter(|(region, _)| **region > 0)
        .map(|(&region, flow)| Row {
            name: short_name(given.view, region),
            link: region_link(lang, region, &given.programme.id),
            cells: vec![
                number(lang, flow.before.units as u64),
                number(lang, flow.after.units as u64),
                told(lang, flow.leaves),
                told(lang, flow.enters),
                change(flow, &|side| flow.undercoverage(side)),
                change(flow, &|side| side.leakage()),
                format!("Rp{}", short(lang, flow.after.cost.max(0.0) as u64)),
            ],
        })
        .collect()
}
