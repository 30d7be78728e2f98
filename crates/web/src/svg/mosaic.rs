//! The square of targeting errors: area is people (or families), width the deciles, the roll on top.

use super::escape;
use crate::counts::Summary;
use crate::format::short;
use crate::lang::Lang;
use std::fmt::Write;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const GAP: f64 = 4.0;

/// The mosaic. Blocks too small for words are drawn without them; the table beside has all numbers.
#[must_use]
pub fn mosaic(lang: Lang, sum: &Summary, cut: usize, label: &str) -> String {
    let within = sum.within();
    let above = sum.leaked.units + sum.rest.units;
    let mut svg = format!(
        "<svg viewBox=\"0 -30 560 330\" role=\"img\" aria-label=\"{}\"><defs><pattern id=\"ar\" \
         width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"7\" height=\"7\" class=\"q-rest\"/><rect width=\"2.4\" height=\"7\" \
         class=\"q-line\"/></pattern></defs>",
        escape(label)
    );
    let total = (within + above).max(1) as f64;
    let left = ((WIDTH - GAP) * within as f64 / total).clamp(60.0, WIDTH - 64.0);
    let head = |x: f64, text: &str| {
        format!("<text x=\"{x:.1}\" y=\"-11\" class=\"head\">{}</text>", escape(text))
    };
    svg += &head(0.0, &format!("{} 1–{cut} · {}", lang.t("word.decile"), short(lang, within)));
    if WIDTH - left > 130.0 {
        let next = cut + 1;
        let text = format!("{} {next}–10 · {}", lang.t("word.decile"), short(lang, above));
        svg += &head(left + GAP, &text);
    }
    column(
        lang,
        0.0,
        left,
        within,
        &[
            (sum.hit.units, "q-hit", true, "quad.hit"),
            (sum.leaked_within.units, "q-leak", false, "quad.leak_within"),
            (sum.missed.units, "q-miss", true, "quad.miss"),
            (sum.other.units, "q-hatch", false, "quad.other"),
        ],
        &mut svg,
    );
    column(
        lang,
        left + GAP,
        WIDTH - left - GAP,
        above,
        &[
            (sum.leaked.units, "q-leak", false, "quad.leak"),
            (sum.rest.units, "q-rest", false, "quad.rest"),
        ],
        &mut svg,
    );
    svg + "</svg>"
}

fn column(
    lang: Lang,
    x: f64,
    width: f64,
    total: u64,
    blocks: &[(u64, &str, bool, &str)],
    svg: &mut String,
) {
    let shown = blocks.iter().filter(|b| b.0 > 0).count().max(1);
    let room = HEIGHT - GAP * (shown - 1) as f64;
    let mut y = 0.0;
    for (count, class, light, key) in blocks.iter().filter(|b| b.0 > 0) {
        let height = (room * *count as f64 / total.max(1) as f64).max(1.0);
        let _ = write!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\" \
             class=\"{class}\"/>"
        );
        let ink = if *light { " w" } else { "" };
        let words = lang.t(key);
        // About 7.4 units a letter at 13.5 units of type.
        let room_for = |letters: usize| width >= 28.0 + 7.4 * letters as f64;
        let number = short(lang, *count);
        if height >= 54.0 && room_for(words.chars().count()) {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"big{ink}\">{}<tspan x=\"{:.1}\" dy=\"20\" \
                 class=\"sub\">{}</tspan></text>",
                x + 14.0,
                y + 31.0,
                escape(&number),
                x + 14.0,
                escape(&words)
            );
        } else if height >= 20.0 && room_for(words.chars().count() + number.chars().count() + 1) {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"sub{ink}\">{} {}</text>",
                x + 14.0,
                y + height / 2.0 + 4.5,
                escape(&number),
                escape(&words)
            );
        } else if height >= 34.0 && width >= 70.0 {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"sub{ink}\">{}</text>",
                x + 10.0,
                y + 24.0,
                escape(&number)
            );
        }
        y += height + GAP;
    }
}
