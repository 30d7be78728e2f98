//! A whole as a bar, and its small part opened below into what it is made of.

use super::escape;
use crate::format::{number, percent, share};
use crate::lang::Lang;
use std::fmt::Write;

/// Width of the picture in its own units.
const WIDTH: f64 = 640.0;
/// A part narrower than this carries no number.
const NUMBER_WIDTH_MIN: f64 = 64.0;

/// The bar of `all`, of which `part` is opened into `pieces` (class and count). `rest` and `name` are
/// the words for what is left and for the part.
#[must_use]
pub fn opened(
    lang: Lang,
    (all, part): (u64, u64),
    pieces: &[(&str, u64)],
    (rest, name, label): (&str, &str, &str),
) -> String {
    let wide = |n: u64, whole: u64| share(n, whole) * WIDTH;
    let first = wide(part, all).max(if part > 0 { 3.0 } else { 0.0 });
    let mut svg = format!(
        "<svg class=\"buka\" viewBox=\"0 0 {WIDTH} 178\" role=\"img\" aria-label=\"{}\">\
         <rect class=\"p-sisa\" x=\"0\" y=\"0\" width=\"{WIDTH}\" height=\"52\" rx=\"5\"/>\
         <rect class=\"p1\" x=\"0\" y=\"0\" width=\"{first:.1}\" height=\"52\" rx=\"4\"/>\
         <text class=\"besar\" x=\"{:.1}\" y=\"33\">{} <tspan class=\"kecil\">{}</tspan></text>\
         <path class=\"sinar\" d=\"M0 54 L{first:.1} 54 L{WIDTH} 122 L0 122 Z\"/>\
         <text class=\"besar tengah\" x=\"{:.1}\" y=\"104\">{} {} <tspan class=\"kecil\">({})</tspan></text>",
        escape(label),
        first + 14.0,
        number(lang, all.saturating_sub(part)),
        escape(rest),
        WIDTH / 2.0,
        number(lang, part),
        escape(name),
        percent(lang, share(part, all), 1),
    );
    let mut x = 0.0;
    for (class, count) in pieces {
        let width = wide(*count, part);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"124\" width=\"{:.1}\" height=\"52\"/>",
            (width - 2.0).max(0.0)
        );
        if width > NUMBER_WIDTH_MIN {
            let (at, shown) = (x + 10.0, number(lang, *count));
            let _ = write!(svg, "<text class=\"dalam\" x=\"{at:.1}\" y=\"156\">{shown}</text>");
        }
        x += width;
    }
    svg + "</svg>"
}
