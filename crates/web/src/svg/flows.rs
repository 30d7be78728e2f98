//! Bars both ways from a middle line: who leaves to the left, who enters to the right.

use super::escape;
use std::fmt::Write;

/// One row: name, how many leave and enter, and both in words.
pub struct FlowRow {
    /// What it is.
    pub name: String,
    /// How many leave.
    pub leaves: f64,
    /// How many enter.
    pub enters: f64,
    /// `−1.204`, or nothing.
    pub leaves_text: String,
    /// `+980`, or nothing.
    pub enters_text: String,
}

const ROW: f64 = 28.0;
const MIDDLE: f64 = 246.0;
const REACH: f64 = 60.0;

/// The chart; all rows share one scale.
#[must_use]
pub fn flows(rows: &[FlowRow], label: &str) -> String {
    let most = rows.iter().map(|r| r.leaves.max(r.enters)).fold(1.0, f64::max);
    let height = rows.len() as f64 * ROW + 8.0;
    let mut svg = format!(
        "<svg class=\"ringkas\" viewBox=\"0 0 372 {height:.0}\" role=\"img\" aria-label=\"{}\">",
        escape(label)
    );
    for (at, row) in rows.iter().enumerate() {
        let y = at as f64 * ROW + 6.0;
        let text = y + 15.5;
        let (left, right) = (row.leaves / most * REACH, row.enters / most * REACH);
        let _ = write!(
            svg,
            "<text x=\"124\" y=\"{text:.1}\" class=\"lab\">{}</text><rect x=\"{:.1}\" y=\"{y:.1}\" \
             width=\"{left:.1}\" height=\"20\" rx=\"2\" class=\"q-miss\"/><text x=\"{:.1}\" \
             y=\"{text:.1}\" class=\"val\">{}</text><rect x=\"{MIDDLE}\" y=\"{y:.1}\" \
             width=\"{right:.1}\" height=\"20\" rx=\"2\" class=\"q-hit\"/><text x=\"{:.1}\" \
             y=\"{text:.1}\" class=\"val kn\">{}</text>",
            escape(&row.name),
            MIDDLE - left,
            MIDDLE - left - 7.0,
            escape(&row.leaves_text),
            MIDDLE + right + 7.0,
            escape(&row.enters_text)
        );
    }
    let _ = write!(svg, "<path d=\"M{MIDDLE} 0V{height:.0}\" class=\"axis\"/></svg>");
    svg
}
