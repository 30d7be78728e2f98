//! Families by score around a cut: equal bars on both sides, the cut as a line.

use super::escape;
use std::fmt::Write;

/// What is drawn.
pub struct Pile<'a> {
    /// Families per bar below the cut, farthest first.
    pub below: &'a [u64],
    /// Families per bar above it, nearest first.
    pub above: &'a [u64],
    /// Word for the side below (within the cut).
    pub inside: &'a str,
    /// Word for the side above.
    pub outside: &'a str,
    /// What the picture says, for those who hear it.
    pub label: &'a str,
}

const WIDTH: f64 = 720.0;
const BASE: f64 = 236.0;
const TOP: f64 = 34.0;

/// Draws the bars.
#[must_use]
pub fn pile(p: &Pile<'_>) -> String {
    let most = p.below.iter().chain(p.above).copied().max().unwrap_or(0).max(1) as f64;
    let bars = (p.below.len() + p.above.len()).max(1) as f64;
    let width = WIDTH / bars;
    let mut svg =
        format!("<svg viewBox=\"0 0 720 264\" role=\"img\" aria-label=\"{}\">", escape(p.label));
    for (at, &n) in p.below.iter().chain(p.above).enumerate() {
        let height = (BASE - TOP) * n as f64 / most;
        let class = if at < p.below.len() { "q-hit" } else { "q-rest" };
        let _ = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" class=\"{class}\"/>",
            at as f64 * width + 1.0,
            BASE - height,
            width - 2.0
        );
    }
    let cut = p.below.len() as f64 * width;
    let _ = write!(
        svg,
        "<path d=\"M0 {BASE}H{WIDTH}\" class=\"axis\"/><path d=\"M{cut:.1} 8V{BASE}\" class=\"axis\"/>\
         <text x=\"{:.1}\" y=\"20\" class=\"tick\">{}</text><text x=\"{:.1}\" y=\"20\" \
         class=\"tick l\">{}</text></svg>",
        cut - 8.0,
        escape(p.inside),
        cut + 8.0,
        escape(p.outside)
    );
    svg
}
