//! The decile as a hundred houses in line, with the ranges of the programmes on the same axis.

use super::escape;
use crate::lang::Lang;
use std::fmt::Write;

const STEP: f64 = 70.0;

/// Ten groups of ten houses; the family's own group is marked. `ranges` are programme names and
/// their highest decile.
#[must_use]
pub fn houses(lang: Lang, decile: usize, ranges: &[(String, usize)]) -> String {
    let covered = ranges.iter().map(|r| r.1).max().unwrap_or(0);
    let height = 220 + 40 * ranges.len();
    let mut svg = format!(
        "<svg class=\"rumah\" viewBox=\"0 -34 700 {height}\" role=\"img\" aria-label=\"{}\"><defs>\
         <path id=\"h\" d=\"M12 1 24 12H20.5V25H3.5V12H0Z\"/></defs>",
        escape(&lang.fill("houses.label", &[&decile.to_string()]))
    );
    for group in 1..=10_usize {
        let x = STEP * (group - 1) as f64;
        let class = match group {
            _ if group == decile => "on",
            _ if group <= covered => "l",
            _ => "t",
        };
        let _ = write!(svg, "<g class=\"{class}\" transform=\"translate({x:.0} 0)\">");
        if group == decile {
            svg += "<rect x=\"1.5\" y=\"-4\" width=\"67\" height=\"184\" rx=\"9\" class=\"mark\"/>";
        }
        for house in 0..10 {
            let (column, row) = (house % 2, house / 2);
            let _ =
                write!(svg, "<use href=\"#h\" x=\"{}\" y=\"{}\"/>", 8 + 30 * column, 6 + 29 * row);
        }
        let _ = write!(svg, "<text x=\"35\" y=\"172\" class=\"name\">{group}</text></g>");
    }
    if (1..=10).contains(&decile) {
        let x = STEP * (decile as f64 - 0.5);
        let _ = write!(
            svg,
            "<g transform=\"translate({x:.0} 0)\"><rect x=\"-34\" y=\"-33\" width=\"68\" \
             height=\"24\" rx=\"5\" class=\"flag\"/><path d=\"M-6-10H6L0-4Z\" class=\"flag\"/><text \
             y=\"-16\" class=\"you\">{}</text></g>",
            escape(&lang.t("houses.you"))
        );
    }
    for (at, (name, cut)) in ranges.iter().enumerate() {
        let (y, width) = (190 + 40 * at, STEP * *cut as f64 - 6.0);
        let _ = write!(
            svg,
            "<path d=\"M3 {y}v8H{width:.0}v-8\" class=\"range\"/><text x=\"5\" y=\"{}\" \
             class=\"rname\">{}: {} 1–{cut}</text>",
            y + 25,
            escape(name),
            escape(&lang.t("word.decile").to_lowercase())
        );
    }
    svg + "</svg>"
}
