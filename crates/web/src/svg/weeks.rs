//! Twelve small columns for a table cell: how many came in, week by week; this week is darker.

use std::fmt::Write;

const STEP: f64 = 11.0;
const TALL: f64 = 28.0;

/// The columns, `most` being the tallest of the whole table so that rows compare.
#[must_use]
pub fn weeks(counts: &[u64], most: u64) -> String {
    let width = counts.len() as f64 * STEP;
    let mut svg = format!(
        "<svg class=\"minggu\" width=\"{width:.0}\" height=\"{TALL}\" viewBox=\"0 0 {width:.0} {TALL}\" aria-hidden=\"true\">"
    );
    for (at, count) in counts.iter().enumerate() {
        // Something is never drawn as nothing.
        let low = if *count > 0 { 2.0 } else { 1.0 };
        let tall = (*count as f64 / most.max(1) as f64 * TALL).max(low);
        let class = if at + 1 == counts.len() { "w1" } else { "w0" };
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{:.0}\" y=\"{:.1}\" width=\"9\" height=\"{tall:.1}\"/>",
            at as f64 * STEP,
            TALL - tall
        );
    }
    svg + "</svg>"
}
