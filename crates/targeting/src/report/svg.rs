//! Small charts as inline SVG: colours from the page, numbers beside the bars, a text for readers
//! of the screen.

use super::page::escape;
use std::fmt::Write;

/// One bar: a label, its parts with their colour variable, and the text at its end.
pub(super) struct Bar {
    pub label: String,
    pub parts: Vec<(f64, &'static str)>,
    pub text: String,
}

const WIDTH: f64 = 560.0;
const LABEL: f64 = 190.0;
const TEXT: f64 = 115.0;
const ROW: f64 = 26.0;

/// Horizontal stacked bars on one scale.
pub(super) fn bars(title: &str, bars: &[Bar]) -> String {
    let most = bars.iter().map(|b| b.parts.iter().map(|p| p.0).sum::<f64>()).fold(0.0, f64::max);
    let scale = if most > 0.0 { (WIDTH - LABEL - TEXT) / most } else { 0.0 };
    let mut out = start(title, bars.len());
    for (at, bar) in bars.iter().enumerate() {
        let y = at as f64 * ROW;
        label(&mut out, &bar.label, y);
        let mut x = LABEL;
        for (value, colour) in &bar.parts {
            let width = value * scale;
            if width > 0.0 {
                rect(&mut out, x, y, width, colour);
            }
            x += width;
        }
        end_text(&mut out, x + 6.0, y, &bar.text, "start");
    }
    out.push_str("</svg>");
    out
}

/// Bars to both sides of a middle line: what leaves to the left, what enters to the right.
pub(super) fn both_ways(title: &str, rows: &[(String, f64, f64, String)]) -> String {
    let most = rows.iter().map(|r| r.1.max(r.2)).fold(0.0, f64::max);
    let half = (WIDTH - LABEL - TEXT) / 2.0;
    let scale = if most > 0.0 { half / most } else { 0.0 };
    let middle = LABEL + half;
    let mut out = start(title, rows.len());
    for (at, (name, leaves, enters, text)) in rows.iter().enumerate() {
        let y = at as f64 * ROW;
        label(&mut out, name, y);
        rect(&mut out, middle - leaves * scale, y, leaves * scale, "--miss");
        rect(&mut out, middle, y, enters * scale, "--in");
        end_text(&mut out, WIDTH, y, text, "end");
    }
    let height = rows.len() as f64 * ROW;
    let _ = write!(
        out,
        "<line x1=\"{middle}\" x2=\"{middle}\" y1=\"0\" y2=\"{height}\" stroke=\"var(--soft)\"/></svg>"
    );
    out
}

fn start(title: &str, rows: usize) -> String {
    let height = rows as f64 * ROW;
    let title = escape(title);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>"
    )
}

fn label(out: &mut String, text: &str, y: f64) {
    let short: String = text.chars().take(30).collect();
    let _ = write!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        LABEL - 8.0,
        y + 17.5,
        escape(&short)
    );
}

fn rect(out: &mut String, x: f64, y: f64, width: f64, colour: &str) {
    let _ = write!(
        out,
        "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"18\" fill=\"var({colour})\"/>",
        y + 4.0
    );
}

fn end_text(out: &mut String, x: f64, y: f64, text: &str, anchor: &str) {
    let _ = write!(
        out,
        "<text class=\"soft\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
        y + 17.5,
        escape(text)
    );
}
