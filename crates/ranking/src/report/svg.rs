//! Small inline pictures: a calibration plot and bar charts, drawn as text, with labels on the marks
//! instead of legends.

use std::fmt::Write;

/// Text for markup.
#[must_use]
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A share as a percentage in Indonesian writing: `40,5 %`.
#[must_use]
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", share * 100.0).replace('.', ",")
}

/// A calibration plot: said chance against what came true, one dot per tenth of the households.
pub(crate) fn calibration(bins: &[(f64, f64, f64)]) -> String {
    let (x, y) = (|v: f64| 50.0 + v * 300.0, |v: f64| 320.0 - v * 300.0);
    let mut s = String::from(
        "<svg viewBox=\"0 0 380 370\" role=\"img\" aria-label=\"kalibrasi\"><g class=\"axis\">",
    );
    for i in 0..=5 {
        let v = f64::from(i) / 5.0;
        let _ = write!(
            s,
            "<line x1=\"50\" x2=\"350\" y1=\"{0:.1}\" y2=\"{0:.1}\"/><text x=\"44\" y=\"{1:.1}\" \
             class=\"end\">{2}</text><text x=\"{3:.1}\" y=\"338\" class=\"mid\">{2}</text>",
            y(v),
            y(v) + 4.0,
            i * 20,
            x(v)
        );
    }
    let _ = write!(
        s,
        "</g><line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"ideal\"/>",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    let path: Vec<String> = bins.iter().map(|b| format!("{:.1},{:.1}", x(b.0), y(b.1))).collect();
    let _ = write!(s, "<polyline points=\"{}\" class=\"line\"/>", path.join(" "));
    for b in bins {
        let _ =
            write!(s, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" class=\"dot\"/>", x(b.0), y(b.1));
    }
    s + "<text x=\"200\" y=\"360\" class=\"mid\">peluang yang dikatakan model, %</text>\
         <text x=\"14\" y=\"170\" class=\"mid\" transform=\"rotate(-90 14 170)\">kenyataan, %</text></svg>"
}

/// A bar: label, value, half-width of its 95 % interval (0: none), and whether it is emphasised.
pub(crate) struct Bar {
    pub label: String,
    pub value: f64,
    pub half: f64,
    pub strong: bool,
}

/// Horizontal bars of shares, 0 to the largest.
pub(crate) fn shares(bars: &[Bar]) -> String {
    let most = bars.iter().map(|b| b.value + b.half).fold(0.1, f64::max);
    let width = |v: f64| v / most * 330.0;
    let height = bars.len() * 26 + 8;
    let mut s = format!("<svg viewBox=\"0 0 640 {height}\" role=\"img\">");
    for (i, bar) in bars.iter().enumerate() {
        let y = (i * 26 + 6) as f64;
        let class = if bar.strong { "bar strong" } else { "bar" };
        let _ = write!(
            s,
            "<text x=\"190\" y=\"{:.1}\" class=\"end\">{}</text><rect x=\"200\" y=\"{y}\" \
             width=\"{:.1}\" height=\"18\" class=\"{class}\"/>",
            y + 13.5,
            escape(&bar.label),
            width(bar.value).max(0.5)
        );
        if bar.half > 0.0 {
            let _ = write!(
                s,
                "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{2:.1}\" y2=\"{2:.1}\" class=\"whisker\"/>",
                200.0 + width((bar.value - bar.half).max(0.0)),
                200.0 + width(bar.value + bar.half),
                y + 9.0
            );
        }
        let text = if bar.half > 0.0 {
            format!("{} ± {}", percent(bar.value), percent(bar.half))
        } else {
            percent(bar.value)
        };
        let at = 208.0 + width(bar.value + bar.half);
        let _ = write!(s, "<text x=\"{at:.1}\" y=\"{:.1}\">{text}</text>", y + 13.5);
    }
    s + "</svg>"
}

/// Horizontal bars around zero: effects of answers on consumption, in percent.
pub(crate) fn effects(bars: &[Bar]) -> String {
    let most = bars.iter().map(|b| b.value.abs()).fold(0.01, f64::max);
    let width = |v: f64| v.abs() / most * 135.0;
    let height = bars.len() * 24 + 8;
    let mut s = format!("<svg viewBox=\"0 0 640 {height}\" role=\"img\">");
    let _ = write!(s, "<line x1=\"430\" x2=\"430\" y1=\"0\" y2=\"{height}\" class=\"zero\"/>");
    for (i, bar) in bars.iter().enumerate() {
        let y = (i * 24 + 6) as f64;
        let (class, x) =
            if bar.value < 0.0 { ("bar down", 430.0 - width(bar.value)) } else { ("bar", 430.0) };
        let sign = if bar.value < 0.0 { "−" } else { "+" };
        let text = format!("{sign}{}", percent(bar.value.abs()));
        let (tx, anchor) =
            if bar.value < 0.0 { (x - 6.0, "end") } else { (x + width(bar.value) + 6.0, "") };
        let _ = write!(
            s,
            "<text x=\"226\" y=\"{0:.1}\" class=\"end\">{1}</text><rect x=\"{x:.1}\" y=\"{y}\" \
             width=\"{2:.1}\" height=\"16\" class=\"{class}\"/><text x=\"{tx:.1}\" y=\"{0:.1}\" \
             class=\"{anchor}\">{text}</text>",
            y + 12.5,
            escape(&bar.label),
            width(bar.value).max(0.5)
        );
    }
    s + "</svg>"
}
