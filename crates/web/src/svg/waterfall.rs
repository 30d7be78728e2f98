//! The score as a waterfall: the base, what each variable adds or takes, the sum, its uncertainty.

use super::escape;
use crate::format::decimal;
use crate::lang::Lang;
use std::fmt::Write;

/// One bar of the waterfall, in whole points (1/10,000 of log consumption).
pub struct Part {
    /// What it is.
    pub label: String,
    /// Points added (or taken).
    pub points: i64,
}

const LABEL: f64 = 250.0;
const WIDTH: f64 = 760.0;
const ROW: f64 = 26.0;

/// The chart. `cuts` are the score's cut-offs between deciles 1|2 … 9|10, in points.
#[must_use]
pub fn waterfall(lang: Lang, base: i64, parts: &[Part], se: f64, cuts: &[(usize, i64)]) -> String {
    let score = base + parts.iter().map(|p| p.points).sum::<i64>();
    let (mut low, mut high, mut at) = (base.min(score), base.max(score), base);
    for part in parts {
        at += part.points;
        (low, high) = (low.min(at), high.max(at));
    }
    let spread = (se * 10_000.0) as i64;
    (low, high) = (low.min(score - spread), high.max(score + spread));
    let span = ((high - low) as f64).max(1.0);
    let x = |n: i64| LABEL + 8.0 + (n - low) as f64 / span * (WIDTH - LABEL - 90.0);
    let height = ROW * (parts.len() as f64 + 2.0) + 34.0;
    let mut svg = format!(
        "<svg class=\"air\" viewBox=\"0 0 760 {height:.0}\" role=\"img\" aria-label=\"{}\">",
        escape(&lang.t("family.waterfall"))
    );
    for (decile, cut) in cuts.iter().filter(|(_, cut)| (low..=high).contains(cut)) {
        let _ = write!(
            svg,
            "<path d=\"M{:.1} 0V{:.0}\" class=\"cut\"/><text x=\"{:.1}\" y=\"{:.0}\" \
             class=\"tick m\">{decile}|{}</text>",
            x(*cut),
            height - 18.0,
            x(*cut),
            height - 5.0,
            decile + 1
        );
    }
    row(
        &mut svg,
        0,
        &lang.t("family.base"),
        x(base) - 3.0,
        6.0,
        "q-base",
        &points(lang, base, false),
    );
    let mut from = base;
    for (at, part) in parts.iter().enumerate() {
        let to = from + part.points;
        let class = if part.points < 0 { "q-down" } else { "q-up" };
        let (left, right) = (x(from.min(to)), x(from.max(to)));
        row(
            &mut svg,
            at + 1,
            &part.label,
            left,
            (right - left).max(1.5),
            class,
            &points(lang, part.points, true),
        );
        from = to;
    }
    let last = parts.len() + 1;
    let (left, right) = (x(score - spread), x(score + spread));
    row(
        &mut svg,
        last,
        &lang.t("family.score"),
        x(score) - 3.0,
        6.0,
        "q-base",
        &points(lang, score, false),
    );
    let y = ROW * last as f64 + 13.0;
    let _ = write!(svg, "<path d=\"M{left:.1} {y}H{right:.1}\" class=\"se\"/></svg>");
    svg
}

fn points(lang: Lang, n: i64, signed: bool) -> String {
    let text = decimal(lang, n as f64 / 10_000.0, 3);
    if signed && n > 0 { format!("+{text}") } else { text }
}

fn row(svg: &mut String, at: usize, label: &str, x: f64, width: f64, class: &str, value: &str) {
    let y = ROW * at as f64;
    let _ = write!(
        svg,
        "<text x=\"{LABEL}\" y=\"{:.0}\" class=\"lab\">{}</text><rect x=\"{x:.1}\" y=\"{:.0}\" \
         width=\"{width:.1}\" height=\"16\" rx=\"2\" class=\"{class}\"/><text x=\"{WIDTH}\" \
         y=\"{:.0}\" class=\"val\">{value}</text>",
        y + 18.0,
        escape(label),
        y + 5.0,
        y + 18.0
    );
}
