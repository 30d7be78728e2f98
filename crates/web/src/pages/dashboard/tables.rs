//! The tables beside the charts: groups, deciles, ages, causes.

use super::{RateRow, hide};
use crate::counts::{self, Count, Deciles, Meter, Summary};
use crate::format::{number, percent, share};
use crate::lang::Lang;

pub(super) fn quads(lang: Lang, sum: &Summary) -> Vec<(&'static str, String, String, String)> {
    let total = sum.within() + sum.leaked.units + sum.rest.units;
    [
        ("q-hit", "quad.hit", sum.hit),
        ("q-miss", "quad.miss", sum.missed),
        ("q-other", "quad.other", sum.other),
        (
            "q-leak",
            "quad.leak",
            Count {
                units: sum.leaked.units + sum.leaked_within.units,
                families: sum.leaked.families + sum.leaked_within.families,
            },
        ),
        ("q-rest", "quad.rest", sum.rest),
    ]
    .into_iter()
    .map(|(class, key, count)| {
        let rate = hide(lang, count, |n| percent(lang, share(n, total), 1));
        (class, lang.t(key), hide(lang, count, |n| number(lang, n)), rate)
    })
    .collect()
}

pub(super) fn decile_rows(
    lang: Lang,
    deciles: &Deciles,
    cut: usize,
    open: &[bool; 11],
) -> Vec<RateRow> {
    let few = lang.t("hidden.few");
    (1..=10)
        .chain([0])
        .map(|decile| {
            let cell = &deciles[decile];
            let listed = cell.units[0] + cell.units[1];
            let total: u64 = cell.units.iter().sum();
            let name = if decile == 0 { lang.t("word.unranked") } else { decile.to_string() };
            let cells = if open[decile] {
                let missed = if decile == 0 || decile > cut { 0 } else { cell.units[2] };
                vec![
                    number(lang, total),
                    number(lang, listed),
                    percent(lang, share(listed, total), 1),
                    number(lang, missed),
                ]
            } else {
                vec![number(lang, total), few.clone(), few.clone(), few.clone()]
            };
            RateRow { name, cells }
        })
        .collect()
}

/// Ages are shown down to the district: in a village their cells are too small to be of use.
pub(super) fn age_rows(lang: Lang, meter: &Meter, region: u64) -> Vec<RateRow> {
    if region > 1_000_000 || meter.ages.is_empty() {
        return Vec::new();
    }
    let bands = ["0–5", "6–17", "18–39", "40–59", "60+"];
    bands
        .iter()
        .enumerate()
        .map(|(band, name)| {
            let rate = |sex: u64| {
                let cell = meter.ages.get(&(band as u64 * 2 + sex)).copied().unwrap_or_default();
                let (hit, missed) = (cell.units[0], cell.units[2]);
                // People are counted, not families: ask for as many people as five families have.
                if hit + missed < counts::FAMILIES_MIN * 3 {
                    lang.t("hidden.few")
                } else {
                    percent(lang, share(missed, hit + missed), 1)
                }
            };
            RateRow { name: (*name).to_owned(), cells: vec![rate(1), rate(0)] }
        })
        .collect()
}

pub(super) fn cause_rows(lang: Lang, meter: &Meter, region: u64) -> Vec<RateRow> {
    if region > 1_000_000 {
        return Vec::new();
    }
    let few = |n: u64| {
        if n > 0 && n < counts::FAMILIES_MIN * 3 { lang.t("hidden.few") } else { number(lang, n) }
    };
    let mut rows: Vec<(u64, RateRow)> = meter
        .causes
        .iter()
        .filter(|(cause, _)| **cause > 0)
        .map(|(cause, cell)| {
            let (missed, leaked) = (cell.units[2], cell.units[1]);
            let name = lang.t(&format!("cause.{cause}"));
            (missed + leaked, RateRow { name, cells: vec![few(missed), few(leaked)] })
        })
        .filter(|(n, _)| *n > 0)
        .collect();
    rows.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    rows.into_iter().map(|(_, row)| row).collect()
}
