//! Charts and maps as SVG text. Colours are classes (`style.css`), so the same four colours of
//! targeting mean the same everywhere; no inline style, so the content policy stays strict.

mod bars;
mod flows;
mod houses;
mod map;
mod mosaic;
mod opened;
mod pile;
mod waterfall;
mod weeks;

pub use bars::{decile_bars, in_thousands};
pub use flows::{FlowRow, flows};
pub use houses::houses;
pub use map::{Shade, legend, map, shade};
pub use mosaic::mosaic;
pub use opened::opened;
pub use pile::{Pile, pile};
pub use waterfall::{Part, waterfall};
pub use weeks::weeks;

/// Text safe inside SVG and HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A small horizontal bar for a table cell, `width` of `most` wide (at most 36 px).
#[must_use]
pub fn small_bar(class: &str, value: f64, most: f64) -> String {
    let width = if most > 0.0 { (value / most * 36.0).clamp(0.0, 36.0) } else { 0.0 };
    format!(
        "<svg class=\"kb\" width=\"{width:.0}\" height=\"10\" aria-hidden=\"true\"><rect \
         width=\"{width:.0}\" height=\"10\" rx=\"2\" class=\"{class}\"/></svg>"
    )
}
