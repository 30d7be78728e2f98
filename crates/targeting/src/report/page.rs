//! The frame of a page: one file, light and dark, readable on a phone and on paper.

use super::words::Language;
use std::fmt::Write;

const STYLE: &str = "
:root{--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--paper:#fff;--pane:#f5f7f9;--in:#0b6e69;--miss:#c2410c;
--out:#9aa5b1;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a3adba;--line:#343d49;--paper:#12171e;
--pane:#1a212a;--in:#4fb8b0;--miss:#f08a5d;--out:#6b7683;--warn:#e0b35c}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,'Segoe UI',Roboto,sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:1.7rem;line-height:1.2;margin:.2em 0}h2{font-size:1.15rem;margin:2.2em 0 .6em}
p{max-width:70ch}.lead{font-size:1.15rem}.soft,small,figcaption{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:12px;margin:18px 0}
.card{background:var(--pane);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.card b{display:block;font-size:1.7rem;line-height:1.15;font-variant-numeric:tabular-nums}
.card b.miss{color:var(--miss)}.card small{display:block}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
th,td{padding:6px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:9em}
.words td,.words thead th{text-align:left;white-space:normal}thead th{color:var(--soft);font-weight:600;vertical-align:bottom;white-space:normal}
figure{margin:0}svg{width:100%;height:auto;display:block}svg text{fill:var(--ink);font:13px system-ui,sans-serif}
svg .soft{fill:var(--soft)}.key span{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .35em 0 1em}
.tag{font-size:.8rem;color:var(--warn);border:1px solid currentColor;border-radius:6px;padding:0 .4em;white-space:nowrap}
.split{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:28px}
@media print{body{font-size:12px}.card{break-inside:avoid}}
";

/// Escapes text for HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A whole page.
pub(super) fn page(language: Language, title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n",
        language.code()
    )
}

/// A card with a figure and a line below it.
pub(super) fn card(out: &mut String, figure: &str, label: &str, more: &str, miss: bool) {
    let class = if miss { " class=\"miss\"" } else { "" };
    let _ = writeln!(
        out,
        "<div class=\"card\"><b{class}>{figure}</b>{}<small>{}</small></div>",
        escape(label),
        escape(more)
    );
}

/// A table whose cells are words.
pub(super) fn words_table(out: &mut String, heads: &[&str], rows: &[Vec<String>]) {
    out.push_str("<div class=\"words\">");
    table(out, "", heads, rows);
    out.push_str("</div>");
}

/// A table; the cells of the first column and the heads are text, the rest is taken as it is.
pub(super) fn table(out: &mut String, caption: &str, heads: &[&str], rows: &[Vec<String>]) {
    let _ = write!(
        out,
        "<div class=\"wide\"><table><caption class=\"soft\" style=\"text-align:left\">"
    );
    let _ = write!(out, "{}</caption><thead><tr>", escape(caption));
    for head in heads {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(head));
    }
    let _ = writeln!(out, "</tr></thead><tbody>");
    for row in rows {
        let _ = write!(out, "<tr>");
        for (at, cell) in row.iter().enumerate() {
            if at == 0 {
                let _ = write!(out, "<th scope=\"row\">{}</th>", escape(cell));
            } else {
                let _ = write!(out, "<td>{cell}</td>");
            }
        }
        let _ = writeln!(out, "</tr>");
    }
    let _ = writeln!(out, "</tbody></table></div>");
}
