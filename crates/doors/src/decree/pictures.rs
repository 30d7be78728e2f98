//! Pictures of the way back as SVG: the steps, the waiting.
//! Colours are classes of the style sheet; every picture has its figures in words beside it.

use std::fmt::Write;
use web::Lang;
use web::format;

/// Width of the pictures in their own units.
const WIDTH: f64 = 640.0;

/// Steps of the funnel: each a bar of the share that got there.
pub(super) fn steps(rows: &[(&str, u64)]) -> String {
    let most = rows.first().map_or(0, |(_, people)| *people);
    let height = rows.len() as f64 * 58.0;
    let mut svg = format!(
        "<svg class=\"langkah\" viewBox=\"0 0 400 {height}\" role=\"img\" aria-label=\"Dari dihentikan sampai aktif kembali\">"
    );
    for (at, (name, people)) in rows.iter().enumerate() {
        let y = at as f64 * 58.0;
        let width = (format::share(*people, most) * 400.0).max(2.0);
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{:.0}\">{}</text><text class=\"angka\" x=\"400\" y=\"{:.0}\">{}</text>\
             <rect class=\"p-sisa\" x=\"0\" y=\"{:.0}\" width=\"400\" height=\"22\" rx=\"3\"/>\
             <rect class=\"p{}\" x=\"0\" y=\"{:.0}\" width=\"{width:.1}\" height=\"22\" rx=\"3\"/>",
            y + 17.0,
            web::svg::escape(name),
            y + 17.0,
            format::number(Lang::Id, *people),
            y + 25.0,
            if at + 1 == rows.len() { 1 } else { 2 },
            y + 25.0,
        );
    }
    svg + "</svg>"
}

/// Columns of people by days waited.
pub(super) fn waiting(bands: &[(&str, u64, u64)]) -> String {
    let most = bands.iter().map(|(_, done, open)| done + open).max().unwrap_or(0).max(1) as f64;
    let step = WIDTH / bands.len().max(1) as f64;
    let mut svg = format!(
        "<svg class=\"tunggu\" viewBox=\"0 0 {WIDTH} 210\" role=\"img\" aria-label=\"Hari menunggu sejak mengajukan\">"
    );
    for (at, (name, done, open)) in bands.iter().enumerate() {
        let (x, low) = (at as f64 * step + 6.0, 176.0);
        let tall = |n: u64| n as f64 / most * 140.0;
        let (a, b) = (tall(*done), tall(*open));
        let middle = x + (step - 12.0) / 2.0;
        let _ = write!(
            svg,
            "<rect class=\"p2\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{a:.1}\"/>\
             <rect class=\"p-tunggu\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{b:.1}\"/>\
             <text class=\"tengah angka2\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>\
             <text class=\"tengah\" x=\"{middle:.1}\" y=\"200\">{}</text>",
            low - a,
            step - 12.0,
            low - a - b,
            step - 12.0,
            low - a - b - 7.0,
            format::number(Lang::Id, done + open),
            web::svg::escape(name),
        );
    }
    let _ = write!(svg, "<path class=\"dasar\" d=\"M0 176.5 H{WIDTH}\"/>");
    svg + "</svg>"
}
