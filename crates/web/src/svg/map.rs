//! A map of shaded regions, drawn from outlines; every region is a link.

use super::escape;
use crate::lang::Lang;
use crate::outlines::{Outlines, Ring};
use std::fmt::Write;

/// A region on the map.
pub struct Shade {
    /// Its code.
    pub region: u64,
    /// Its name.
    pub name: String,
    /// What is shown for it, in words (`38,4%`).
    pub value: String,
    /// Class of the colour scale, 0 (light) to 4; none when there is nothing to show.
    pub class: Option<usize>,
    /// Where it leads.
    pub link: String,
}

const WIDTH: f64 = 1_000.0;

/// Region, place of its text, anchor, and where the leader line goes.
type Label = (u64, (f64, f64), &'static str, Option<(f64, f64)>);

/// Where the names of NTB's regencies stand beside the land: region, text (lon, lat), anchor and,
/// with a leader line, the point it leads to.
const LABELS: [Label; 10] = [
    (5271, (115.52, -8.42), "start", Some((116.09, -8.58))),
    (5201, (115.52, -8.95), "start", Some((116.09, -8.68))),
    (5202, (116.20, -9.09), "middle", Some((116.29, -8.72))),
    (5208, (115.62, -8.11), "start", Some((116.28, -8.34))),
    (5203, (116.55, -8.12), "middle", Some((116.53, -8.52))),
    (5207, (116.92, -8.80), "middle", None),
    (5204, (117.55, -8.73), "middle", None),
    (5205, (118.21, -8.53), "middle", None),
    (5206, (118.62, -9.06), "middle", Some((118.68, -8.62))),
    (5272, (119.22, -8.42), "start", Some((118.82, -8.47))),
];

/// Cut points of the colour scale in whole percent, five classes between the least and the most.
#[must_use]
pub fn shade(values: &[f64]) -> [f64; 4] {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !least.is_finite() || most <= least {
        return [0.2, 0.4, 0.6, 0.8];
    }
    // Half a percent a class at least: differences of nothing must not look like a contrast.
    let step = ((most - least) / 5.0).max(0.005);
    let unit = if step < 0.01 { 0.001 } else { 0.01 };
    [1.0, 2.0, 3.0, 4.0].map(|n| ((least + step * n) / unit).round() * unit)
}

/// The classes of the colour scale in words; nothing when there is nothing to tell apart.
#[must_use]
pub fn legend(lang: Lang, breaks: &[f64; 4], values: usize) -> Vec<(usize, String)> {
    if values < 2 {
        return Vec::new();
    }
    let places = usize::from(breaks.iter().any(|b| (b * 100.0).fract().abs() > 1e-6));
    let word = |at: usize| crate::format::decimal(lang, breaks[at] * 100.0, places);
    let mut out = vec![(0, format!("< {}%", word(0)))];
    for at in 0..3 {
        out.push((at + 1, format!("{}–{}", word(at), word(at + 1))));
    }
    out.push((4, format!("≥ {}%", word(3))));
    out
}

/// The map, or nothing when no outline of these regions is known. `named` adds the names of
/// regencies beside the land.
#[must_use]
pub fn map(outlines: &Outlines, shades: &[Shade], named: bool, label_id: &str) -> Option<String> {
    let known: Vec<(&Shade, &Vec<Ring>)> =
        shades.iter().filter_map(|s| Some((s, outlines.get(&s.region)?))).collect();
    let points = || known.iter().flat_map(|(_, rings)| rings.iter().flatten());
    points().next()?;
    let bound = |of: fn(&(f64, f64)) -> f64| {
        let low = points().map(of).fold(f64::INFINITY, f64::min);
        (low, points().map(of).fold(f64::NEG_INFINITY, f64::max))
    };
    let ((west, east), (south, north)) = (bound(|p| p.0), bound(|p| p.1));
    // Longitude is narrower than latitude away from the equator.
    let squeeze = north.midpoint(south).to_radians().cos();
    let (width, height) = (((east - west) * squeeze).max(1e-6), (north - south).max(1e-6));
    let scale = WIDTH / width.max(height * 1.9);
    let x = |lon: f64| (lon - west) * squeeze * scale;
    let y = |lat: f64| (north - lat) * scale;
    let (left, right, pad) = if named { (96.0, 118.0, 22.0) } else { (4.0, 4.0, 4.0) };
    let bottom = y(south) + if named { 34.0 } else { 4.0 };
    let mut svg = format!(
        "<svg class=\"peta\" viewBox=\"{:.0} {:.0} {:.0} {:.0}\" role=\"group\" \
         aria-labelledby=\"{label_id}\"><g class=\"tanah\">",
        -left,
        -pad,
        x(east) + left + right,
        bottom + pad
    );
    for (shade, rings) in &known {
        region(shade, rings, &x, &y, &mut svg);
    }
    svg += "</g>";
    if named {
        labels(&known, &x, &y, &mut svg);
    }
    Some(svg + "</svg>")
}

fn region(
    shade: &Shade,
    rings: &[Ring],
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
    svg: &mut String,
) {
    let class = shade.class.map_or("m-none".to_owned(), |class| format!("m{class}"));
    let words = escape(&format!("{}: {}", shade.name, shade.value));
    let _ = write!(
        svg,
        "<a href=\"{}\" aria-label=\"{words}\"><title>{words}</title><path class=\"{class}\" d=\"",
        escape(&shade.link)
    );
    for ring in rings {
        for (at, (lon, lat)) in ring.iter().enumerate() {
            let _ = write!(svg, "{}{:.1} {:.1}", if at == 0 { 'M' } else { ' ' }, x(*lon), y(*lat));
        }
        svg.push('Z');
    }
    *svg += "\"/></a>";
}

fn labels(
    known: &[(&Shade, &Vec<Ring>)],
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
    svg: &mut String,
) {
    *svg += "<g class=\"nama\" aria-hidden=\"true\">";
    for (code, text, anchor, leader) in LABELS {
        let Some((shade, _)) = known.iter().find(|(s, _)| s.region == code) else { continue };
        let (tx, ty) = (x(text.0), y(text.1));
        if let Some(to) = leader {
            let (lx, ly) = (x(to.0), y(to.1));
            let from_x =
                if anchor == "middle" { tx } else { tx + if lx > tx { 92.0 } else { -6.0 } };
            let from_y = if ly < ty { ty - 17.0 } else { ty + 24.0 };
            let _ = write!(
                svg,
                "<path d=\"M{from_x:.0} {from_y:.0}L{lx:.0} {ly:.0}\" class=\"lead\"/><circle \
                 cx=\"{lx:.0}\" cy=\"{ly:.0}\" r=\"2.6\"/>"
            );
        }
        let _ = write!(
            svg,
            "<text x=\"{tx:.0}\" y=\"{ty:.0}\" class=\"a-{anchor}\">{}<tspan x=\"{tx:.0}\" \
             dy=\"19\" class=\"nilai\">{}</tspan></text>",
            escape(&shade.name),
            escape(&shade.value)
        );
    }
    *svg += "</g>";
}
