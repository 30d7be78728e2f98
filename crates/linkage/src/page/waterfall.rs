//! What agreements are worth: of the whole model, and of one pair.

use super::charts::{BAD, GOOD, escaped};
use crate::compare::Pattern;
use crate::model::{Model, ModelComparison, ModelLevel};
use std::fmt::Write;

/// Bits shown to either side of nothing.
const BITS: f64 = 24.0;
const WIDTH: f64 = 260.0;

fn bits(level: &ModelLevel) -> f64 {
    (level.m.max(1e-12) / level.u.max(1e-12)).log2()
}

/// A bar from the middle: to the right what speaks for one person, to the left against.
fn bar(value: f64) -> String {
    let middle = WIDTH / 2.0;
    let length = value.abs().min(BITS) / BITS * middle;
    let (x, colour) = if value >= 0.0 { (middle, GOOD) } else { (middle - length, BAD) };
    format!(
        "<svg viewBox=\"0 0 {WIDTH} 12\" width=\"{WIDTH}\" height=\"12\" aria-hidden=\"true\">\
         <rect x=\"{x:.1}\" width=\"{length:.1}\" height=\"12\" fill=\"{colour}\"/>\
         <path d=\"M{middle} 0V12\" stroke=\"#10223d\"/></svg>"
    )
}

/// All comparisons with m, u and bits per level.
pub(super) fn levels(model: &Model) -> String {
    let mut out = String::from(
        "<p class=\"sub\">m: share of pairs of one person at this level. u: share of pairs of strangers. Bits: \
         log2(m/u), before rarity and before what related fields already said.</p><div class=\"scroll\"><table>\
         <tr><th>Comparison and level</th><th>m</th><th>u</th><th>bits</th><th></th></tr>",
    );
    for comparison in &model.comparisons {
        let _ = write!(
            out,
            "<tr><td colspan=\"5\"><b>{}</b>{}</td></tr>",
            escaped(&comparison.name),
            if comparison.household { " · shared by families" } else { "" }
        );
        for level in comparison.levels.iter().rev() {
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{:.4}</td><td>{:.2e}</td><td>{:+.1}</td><td>{}</td></tr>",
                escaped(&level.label),
                level.m,
                level.u,
                bits(level),
                bar(bits(level))
            );
        }
    }
    out + "</table></div>"
}

/// One pair: the prior, then each comparison; what is left to the weight is rarity and dependence.
pub(super) fn pair(model: &Model, pattern: Pattern, weight: f64) -> String {
    let prior = (model.prior / (1.0 - model.prior).max(1e-12)).max(1e-300).log2();
    let mut sum = prior;
    let mut out = String::from("<table>");
    row(&mut out, "prior", prior);
    for (at, comparison) in model.comparisons.iter().enumerate() {
        let level = i32::from((pattern >> (4 * at) & 15) as u8) - 1;
        let (label, value) = of_level(comparison, level);
        sum += value;
        row(&mut out, &format!("{}: {label}", comparison.name), value);
    }
    row(&mut out, "rarity and related fields", weight - sum);
    out + "</table>"
}

fn of_level(comparison: &ModelComparison, level: i32) -> (&str, f64) {
    match usize::try_from(level).ok().and_then(|at| comparison.levels.get(at)) {
        Some(found) => (found.label.as_str(), bits(found)),
        None => ("missing", 0.0),
    }
}

fn row(out: &mut String, label: &str, value: f64) {
    let _ = write!(
        out,
        "<tr><td>{}</td><td>{value:+.1}</td><td>{}</td></tr>",
        escaped(label),
        bar(value)
    );
}
