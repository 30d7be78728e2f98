//! What the doors and the way back show on the dashboard: live counts, not those of the edition.
//! From the regency upwards only: below it the counts are too few to be public.

use crate::format::{date, number, percent, share};
use crate::lang::Lang;
use crate::page::Trouble;
use crate::state::App;
use crate::svg;
use casework::{BackPulse, DoorPulse, PULSE_WEEKS, day_of};
use kernel::{Date, Region};

/// Colours of the payers, in the order of the rules.
const PAYER_CLASSES: [&str; 4] = ["p1", "p2", "p3", "p4"];
/// A door below this share of cases in time is marked.
const LATE_BELOW: f64 = 0.8;
/// Fewer decided cases than this give no share and no median.
const DECIDED_MIN: u64 = 5;
/// Regency numbers have four digits.
const REGENCY_MAX: u64 = 9_999;

/// The live part of the page.
#[derive(Default)]
pub(super) struct LivePart {
    pub(super) note: String,
    pub(super) span: String,
    pub(super) doors: Vec<DoorRow>,
    pub(super) back: Option<BackPart>,
}

/// A door's row.
pub(super) struct DoorRow {
    pub(super) name: String,
    pub(super) who: String,
    pub(super) weeks: String,
    pub(super) week: String,
    pub(super) in_time: String,
    pub(super) late: bool,
    pub(super) median: String,
}

/// The way back.
pub(super) struct BackPart {
    pub(super) note: String,
    pub(super) since: String,
    pub(super) drawing: String,
    pub(super) payers: Vec<(&'static str, String, String, String)>,
    pub(super) waiting: String,
    pub(super) in_process: String,
    pub(super) refused: String,
    pub(super) link: String,
}

/// Reads and words the live part of a region.
pub(super) fn live(app: &App, lang: Lang, region: u64) -> Result<LivePart, Trouble> {
    let Some(at) = Region::from_number(region).ok().filter(|_| region <= REGENCY_MAX) else {
        return Ok(LivePart::default());
    };
    let pulse = app.pulse(at).map_err(|e| Trouble::Fault(e.to_string()))?;
    let most = pulse.doors.iter().flat_map(|d| d.weeks).max().unwrap_or(0);
    let this_week: u64 = pulse.doors.iter().map(|d| d.weeks[PULSE_WEEKS - 1]).sum();
    let today = day_of(app.now_ms());
    let first = Date::from_days(today.days() - 7 * PULSE_WEEKS as i32 + 1);
    Ok(LivePart {
        note: lang.fill("dash.live.reports.note", &[&number(lang, this_week)]),
        span: lang.fill("dash.live.weeks", &[&date(lang, first), &date(lang, today)]),
        doors: pulse.doors.iter().map(|d| door(lang, d, most)).collect(),
        back: pulse.back.as_ref().map(|b| back(lang, b, at)),
    })
}

fn door(lang: Lang, door: &DoorPulse, most: u64) -> DoorRow {
    let rate = (door.decided >= DECIDED_MIN).then(|| share(door.in_time, door.decided));
    let median = door.median_days.filter(|_| door.decided >= DECIDED_MIN);
    DoorRow {
        name: lang.t(&format!("door.{}", door.channel)),
        who: lang.t(&format!("door.{}.who", door.channel)),
        weeks: svg::weeks(&door.weeks, most),
        week: number(lang, door.weeks[PULSE_WEEKS - 1]),
        in_time: rate.map_or_else(|| "–".to_owned(), |rate| percent(lang, rate, 0)),
        late: rate.is_some_and(|rate| rate < LATE_BELOW),
        median: median.map_or_else(
            || "–".to_owned(),
            |days| lang.fill("dash.live.days", &[&number(lang, days)]),
        ),
    }
}

fn back(lang: Lang, pulse: &BackPulse, region: Region) -> BackPart {
    let all: u64 = pulse.back.iter().map(|(.., n)| n).sum();
    let pieces: Vec<(&str, u64)> =
        PAYER_CLASSES.into_iter().zip(pulse.back.iter().map(|(.., n)| *n)).collect();
    let shown = |n: u64| number(lang, n);
    let rate = percent(lang, share(all, pulse.cut), 1);
    let note = lang.fill("dash.live.back.note", &[&shown(pulse.cut), &shown(all), &rate]);
    let words = (lang.t("dash.live.back.rest"), lang.t("dash.live.back.part"));
    BackPart {
        since: lang.fill("dash.live.back.since", &[&shown(pulse.cut), &date(lang, pulse.since)]),
        drawing: svg::opened(lang, (pulse.cut, all), &pieces, (&words.0, &words.1, &note)),
        payers: PAYER_CLASSES
            .into_iter()
            .zip(&pulse.back)
            .map(|(class, (id, en, n))| {
                let name = if lang == Lang::Id { id } else { en };
                (class, name.clone(), shown(*n), percent(lang, share(*n, all), 1))
            })
            .collect(),
        waiting: shown(pulse.waiting),
        in_process: shown(pulse.in_process),
        refused: shown(pulse.refused),
        link: format!("{}/pbi?wilayah={region}", lang.prefix()),
        note,
    }
}
