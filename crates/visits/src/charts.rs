//! Pictures of a campaign as SVG: the curve towards the deadline, and villages as a map or, where
//! their outlines are not known, as tiles. Each has a table beside it.

use field::{Progress, VillageLine};
use kernel::Date;
use std::fmt::Write;
use web::Lang;
use web::svg::{Shade, escape, map};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;

/// The curve of finished visits, the even road to the deadline, and today.
pub(crate) fn curve(progress: &Progress, opened: Date, deadline: Date, today: Date) -> String {
    let days = f64::from((deadline.days() - opened.days()).max(1));
    let all = progress.all.max(1) as f64;
    let x = |day: Date| {
        let share = (f64::from(day.days() - opened.days()) / days).clamp(0.0, 1.0);
        LEFT + share * (WIDTH - LEFT - RIGHT)
    };
    let y = |done: f64| TOP + (1.0 - done / all) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg class=\"kurva\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"kurva-judul\">\
         <title id=\"kurva-judul\">Kunjungan selesai per hari menuju tenggat: {} dari {}</title>",
        progress.done(),
        progress.all
    );
    for share in [0.0, 0.5, 1.0] {
        let at = y(all * share);
        let _ = write!(
            svg,
            "<line class=\"gs\" x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            web::format::number(Lang::Id, (all * share) as u64)
        );
    }
    let _ = write!(
        svg,
        "<line class=\"jalan\" x1=\"{LEFT}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{TOP}\"/>",
        y(0.0),
        WIDTH - RIGHT
    );
    let _ = write!(svg, "<polyline class=\"hasil\" points=\"{LEFT},{:.1}", y(0.0));
    let mut sum = 0;
    let mut last = opened;
    for day in &progress.days {
        let _ = write!(svg, " {:.1},{:.1}", x(day.day), y(sum as f64));
        sum += day.done;
        let _ = write!(svg, " {:.1},{:.1}", x(day.day), y(sum as f64));
        last = day.day;
    }
    let end = if today.days() > last.days() { today } else { last };
    let _ = write!(svg, " {:.1},{:.1}\"/>", x(end), y(sum as f64));
    let _ = write!(
        svg,
        "<line class=\"kini\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{TOP}\" y2=\"{1:.1}\"/>",
        x(today),
        y(0.0)
    );
    let below = HEIGHT - 10.0;
    let _ = write!(
        svg,
        "<text x=\"{LEFT}\" y=\"{below}\">{}</text><text x=\"{:.1}\" y=\"{below}\" text-anchor=\"end\">tenggat {}</text></svg>",
        web::format::date(Lang::Id, opened),
        WIDTH - RIGHT,
        web::format::date(Lang::Id, deadline)
    );
    svg
}

/// Villages shaded by the share that is done: a map when every outline is known, else tiles.
pub(crate) fn villages(
    lines: &[(VillageLine, String)],
    outlines: &web::outlines::Outlines,
) -> String {
    let shades: Vec<Shade> = lines
        .iter()
        .map(|(line, name)| Shade {
            region: line.village.number(),
            name: name.clone(),
            value: format!("{} dari {}", line.done, line.all),
            class: Some(class(line)),
            link: format!("#d{}", line.village.plain()),
        })
        .collect();
    let known = lines.iter().all(|(line, _)| outlines.contains_key(&line.village.number()));
    if known && let Some(drawn) = map(outlines, &shades, false, "peta-desa") {
        return drawn;
    }
    let mut out = String::from("<ul class=\"ubin\">");
    for shade in &shades {
        let _ = write!(
            out,
            "<li class=\"u{}\"><a href=\"{}\"><b>{}</b><span>{}</span></a></li>",
            shade.class.unwrap_or(0),
            shade.link,
            escape(&shade.name),
            escape(&shade.value)
        );
    }
    out.push_str("</ul>");
    out
}

/// 0: nothing, 4: everything.
fn class(line: &VillageLine) -> usize {
    (line.done * 4 / line.all.max(1)) as usize
}

/// One bar of results, widest first as they stand: `class`, `label`, `count`.
pub(crate) fn results(progress: &Progress) -> String {
    let all = progress.all.max(1) as f64;
    let mut at = 0.0;
    let mut svg = String::from(
        "<svg class=\"hasil-bar\" viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"r0\" width=\"1000\" height=\"40\"/>",
    );
    for (index, count) in progress.results.iter().enumerate() {
        let width = *count as f64 / all * 1000.0;
        let _ = write!(
            svg,
            "<rect class=\"r{}\" x=\"{at:.1}\" width=\"{width:.1}\" height=\"40\"/>",
            index + 1
        );
        at += width;
    }
    svg.push_str("</svg>");
    svg
}
