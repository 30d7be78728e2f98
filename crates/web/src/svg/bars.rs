//! People (or families) by decile: who is on the roll and who is not.

use super::escape;
use crate::counts::{Cell, Deciles};
use crate::format::{decimal, number, percent, share};
use crate::lang::Lang;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 46.0;
const BASE: f64 = 300.0;
const TOP: f64 = 30.0;

/// Ten stacked bars. Within the deciles: on the roll below, left out above; over them: on the roll
/// wrongly below. A cell with too few families is drawn as one grey bar without numbers.
#[must_use]
pub fn decile_bars(
    lang: Lang,
    deciles: &Deciles,
    cut: usize,
    open: &[bool; 11],
    label: &str,
) -> String {
    let totals: Vec<u64> = deciles.iter().map(|c| c.units.iter().sum()).collect();
    let most = totals[1..].iter().copied().max().unwrap_or(0).max(1);
    let y = |n: u64| BASE - (BASE - TOP) * n as f64 / most as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 720 330\" role=\"img\" aria-label=\"{}\"><defs><pattern id=\"gr\" \
         width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"7\" height=\"7\" class=\"q-rest\"/><rect width=\"2.4\" height=\"7\" \
         class=\"q-line\"/></pattern></defs>",
        escape(label)
    );
    grid(lang, most, &y, &mut svg);
    for (decile, (cell, total)) in deciles.iter().zip(&totals).enumerate().skip(1) {
        let x = LEFT + 68.8 * (decile - 1) as f64;
        let place = Place { x, decile, within: decile <= cut, open: open[decile], most };
        bar(lang, cell, *total, &place, &y, &mut svg);
    }
    let _ = write!(svg, "<path d=\"M{LEFT} {BASE}H{WIDTH}\" class=\"axis\"/></svg>");
    svg
}

fn grid(lang: Lang, most: u64, y: &impl Fn(u64) -> f64, svg: &mut String) {
    let step = nice_step(most);
    let mut n = step;
    while n <= most {
        let at = y(n);
        let _ = write!(
            svg,
            "<path d=\"M{LEFT} {at:.1}H{WIDTH}\" class=\"gl\"/><text x=\"38\" y=\"{:.1}\" \
             class=\"tick\">{}</text>",
            at + 4.5,
            escape(&scaled(lang, n, most))
        );
        n += step;
    }
}

/// 1, 2 or 5 times a power of ten, giving three to six lines.
fn nice_step(most: u64) -> u64 {
    let mut step = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            if most / (step * factor) <= 5 {
                return step * factor;
            }
        }
        step *= 10;
    }
}

/// Where a bar stands and how it is read.
struct Place {
    x: f64,
    decile: usize,
    within: bool,
    open: bool,
    most: u64,
}

/// True when the chart counts in thousands.
#[must_use]
pub fn in_thousands(deciles: &Deciles) -> bool {
    deciles[1..].iter().any(|c| c.units.iter().sum::<u64>() >= 10_000)
}

/// A count in the unit of the chart: thousands when its largest bar has more than 10,000.
fn scaled(lang: Lang, n: u64, most: u64) -> String {
    if most < 10_000 {
        return number(lang, n);
    }
    decimal(lang, n as f64 / 1_000.0, usize::from(n < 10_000 && n > 0))
}

fn bar(
    lang: Lang,
    cell: &Cell,
    total: u64,
    place: &Place,
    y: &impl Fn(u64) -> f64,
    svg: &mut String,
) {
    let listed = cell.units[0] + cell.units[1];
    let Place { x, decile, within, open, most } = *place;
    let mut from = 0;
    let mut block = |count: u64, class: &str| {
        let (bottom, top) = (y(from), y(from + count));
        if count > 0 {
            let _ = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"54.8\" height=\"{:.1}\" \
                 class=\"{class}\"/>",
                bottom - top
            );
        }
        from += count;
    };
    if open {
        block(listed, if within { "q-hit" } else { "q-leak" });
        block(if within { cell.units[2] } else { 0 }, "q-miss");
        block(
            if within { cell.units[3] } else { total - listed },
            if within { "q-other" } else { "q-rest" },
        );
    } else {
        block(total, "q-rest");
    }
    let centre = x + 27.4;
    let _ = write!(
        svg,
        "<text x=\"{centre:.1}\" y=\"{:.1}\" class=\"top\">{}</text><text x=\"{centre:.1}\" \
         y=\"321\" class=\"name\">{decile}</text>",
        y(total) - 8.0,
        escape(&scaled(lang, total, most))
    );
    // A bar lower than its own text would have it drawn over.
    if open && y(0) - y(total) > 18.0 {
        let dark = within && listed * 12 > total;
        let _ = write!(
            svg,
            "<text x=\"{centre:.1}\" y=\"291\" class=\"in{}\">{}</text>",
            if dark { " w" } else { "" },
            percent(lang, share(listed, total), 0)
        );
    }
}
