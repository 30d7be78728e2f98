//! Small SVG charts. Colours: indigo for matches, grey for the rest, red for what takes away.

use std::fmt::Write;

pub(super) const GOOD: &str = "#1c5a8c";
pub(super) const GREY: &str = "#c3cddd";
pub(super) const BAD: &str = "#a8302a";

/// One column of a chart.
pub(super) struct Bar {
    pub label: String,
    pub value: f64,
    pub good: bool,
    pub title: String,
}

/// Text inside HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A column chart; `root` scales heights by the square root, so that small counts stay visible.
pub(super) fn columns(bars: &[Bar], root: bool) -> String {
    const WIDTH: f64 = 480.0;
    const HEIGHT: f64 = 150.0;
    let scaled = |v: f64| if root { v.sqrt() } else { v };
    let most = bars.iter().map(|b| scaled(b.value)).fold(1e-9, f64::max);
    let step = WIDTH / bars.len().max(1) as f64;
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" width=\"{WIDTH}\" role=\"img\" aria-label=\"column chart\">",
        HEIGHT + 20.0
    );
    for (i, bar) in bars.iter().enumerate() {
        let height = scaled(bar.value) / most * HEIGHT;
        let x = i as f64 * step;
        let _ = write!(
            out,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{}\"><title>{}</title></rect>",
            HEIGHT - height,
            (step - 1.0).clamp(1.0, 40.0),
            if bar.good { GOOD } else { GREY },
            escaped(&bar.title)
        );
        if !bar.label.is_empty() {
            let _ = write!(
                out,
                "<text x=\"{x:.1}\" y=\"{}\">{}</text>",
                HEIGHT + 15.0,
                escaped(&bar.label)
            );
        }
    }
    let _ = write!(out, "<path d=\"M0 {HEIGHT}H{WIDTH}\" stroke=\"#10223d\"/></svg>");
    out
}

/// A curve in the unit square's upper right part, with one chosen point.
pub(super) fn curve(points: &[(f64, f64)], chosen: (f64, f64)) -> String {
    let (low_x, low_y) = points
        .iter()
        .chain([&chosen])
        .fold((1.0_f64, 1.0_f64), |(x, y), p| (x.min(p.0), y.min(p.1)));
    let (low_x, low_y) = (low_x.min(0.99), low_y.min(0.99));
    let place = |p: (f64, f64)| {
        (40.0 + (p.0 - low_x) / (1.0 - low_x) * 420.0, 10.0 + (1.0 - p.1) / (1.0 - low_y) * 130.0)
    };
    let mut path = String::new();
    for (i, point) in points.iter().enumerate() {
        let (x, y) = place(*point);
        let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
    }
    let (x, y) = place(chosen);
    format!(
        "<svg viewBox=\"0 0 480 170\" width=\"480\" role=\"img\" aria-label=\"precision and recall\">\
         <path d=\"M40 10V140H460\" fill=\"none\" stroke=\"{GREY}\"/>\
         <path d=\"{path}\" fill=\"none\" stroke=\"{GOOD}\" stroke-width=\"2\"/>\
         <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"#e5a52b\" stroke=\"#10223d\"/>\
         <text x=\"0\" y=\"16\">100 %</text><text x=\"0\" y=\"140\">{:.1} %</text>\
         <text x=\"40\" y=\"158\">recall {:.1} %</text><text x=\"420\" y=\"158\">100 %</text></svg>",
        low_y * 100.0,
        low_x * 100.0
    )
}

/// A thin bar under a table's first cell.
pub(super) fn inline_bar(share: f64) -> String {
    format!(
        "<svg viewBox=\"0 0 200 5\" width=\"200\" height=\"5\" style=\"display:block\" aria-hidden=\"true\">\
         <rect width=\"{:.1}\" height=\"5\" fill=\"{GOOD}\"/></svg>",
        share.clamp(0.0, 1.0) * 200.0
    )
}

/// A count with its thousands apart.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
