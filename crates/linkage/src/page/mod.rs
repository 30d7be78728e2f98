//! One self-contained HTML page per run: pictures first, figures beside them. No script, no outside
//! file, no value of a record (only ids), so that it can be shown in a meeting.

mod charts;
mod waterfall;

use crate::command::Outcome;
use crate::model::probability;
use crate::report::{Report, ReviewReport};
use crate::spec::Spec;
use crate::truth::Against;
use charts::Bar;
pub(crate) use charts::escaped;
use charts::grouped;
use std::fmt::Write;

/// Minutes a clerk needs for one doubtful pair, two clerks per pair. (The Office for National
/// Statistics used 50 clerks for 4 weeks on its 2021 census linkage; minutes per pair are ours.)
const CLERK_MINUTES_PER_PAIR: f64 = 2.0;
/// The grey zone: neither clearly one person nor clearly two.
const GREY: std::ops::Range<f64> = 0.05..0.95;
/// Doubtful pairs shown one by one.
const PAIRS_SHOWN: usize = 6;

const STYLE: &str = "body{font:15px/1.5 'Plus Jakarta Sans',system-ui,sans-serif;color:#10223d;\
background:#eef1f6;margin:0}main{max-width:1080px;margin:0 auto;padding:24px 16px}h1{font-size:26px;\
line-height:1.25;margin:.2em 0}h2{font-size:17px;margin:0 0 4px}section{background:#fff;border:1px solid \
#d5dce8;border-radius:8px;padding:16px 18px;margin:14px 0}p{margin:.3em 0;max-width:70ch}.sub{color:#4a5b78}\
.row{display:flex;flex-wrap:wrap;gap:14px}.row>section{flex:1 1 320px;margin:0}table{border-collapse:collapse;\
font-variant-numeric:tabular-nums;width:100%}td,th{padding:4px 8px;border-bottom:1px solid #e4e9f2;text-align:right;\
font-weight:500;white-space:nowrap}td:first-child,th:first-child{text-align:left;white-space:normal;min-width:8.5em;\
overflow-wrap:break-word}th{color:#4a5b78}.row>div{flex:1 1 400px;min-width:0}td svg{min-width:72px}svg{max-width:100%;height:auto}\
svg text{font:12px 'Plus Jakarta Sans',system-ui,sans-serif;fill:#10223d}.scroll{overflow-x:auto}@media(max-width:600px){body{font-size:14px}main{padding:16px 10px}\
h1{font-size:21px}section{padding:12px}td,th{padding:3px 5px}.row>div,.row>section{flex-basis:100%}}";

/// The page of a run.
#[must_use]
pub fn page(spec: &Spec, outcome: &Outcome, report: &Report) -> String {
    let mut out = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Linkage report</title><style>",
    );
    out.push_str(STYLE);
    out.push_str("</style></head><body><main>");
    headline(&mut out, outcome, report);
    out.push_str("<div class=\"row\">");
    section(&mut out, "Match weights of the kept pairs", &weights(spec, outcome));
    section(
        &mut out,
        "Precision and recall by threshold, expected without labels",
        &sweep(outcome, report),
    );
    out.push_str("</div>");
    if let Some(truth) = &report.truth {
        section(&mut out, "Against the truth", &against(truth));
    }
    if let Some(review) = &report.review {
        section(&mut out, "What people decided", &reviewed(review));
    }
    section(&mut out, "What each agreement is worth", &waterfall::levels(&outcome.model));
    section(&mut out, "Doubtful pairs, one by one", &doubtful(spec, outcome));
    section(&mut out, "Where the candidate pairs came from", &blocking(report));
    out.push_str("<div class=\"row\">");
    section(&mut out, "Records per person", &sizes(report));
    section(&mut out, "Time", &times(report));
    out.push_str("</div></main></body></html>\n");
    out
}

fn section(out: &mut String, title: &str, body: &str) {
    let _ = write!(out, "<section><h2>{}</h2>{body}</section>", escaped(title));
}

fn headline(out: &mut String, outcome: &Outcome, report: &Report) {
    let q = &report.quality;
    let doubled = report.records - report.clusters.count.min(report.records);
    let grey = grey_pairs(outcome);
    let hours = grey as f64 * CLERK_MINUTES_PER_PAIR / 60.0;
    let _ = write!(
        out,
        "<h1>{} records are {} persons: {} records are repeats</h1>\
         <p class=\"sub\">Expected of every 1,000 decided pairs: {:.1} false. Expected of every 1,000 true \
         pairs: {:.1} missed, blocking included. Estimated from the data, without labels; check it on a \
         sample.</p><p class=\"sub\">{} pairs are doubtful (5–95 %): about {hours:.1} clerk-hours for a \
         double review at {CLERK_MINUTES_PER_PAIR:.0} minutes a pair.</p>",
        grouped(report.records as u64),
        grouped(report.clusters.count as u64),
        grouped(doubled as u64),
        (1.0 - q.expected_precision) * 1000.0,
        (1.0 - q.expected_recall) * 1000.0,
        grouped(grey as u64)
    );
}

fn grey_pairs(outcome: &Outcome) -> usize {
    outcome.scored.edges.iter().filter(|e| GREY.contains(&probability(e.weight))).count()
}

/// Histogram of the weights, cut to ±40 bits, with the threshold.
fn weights(spec: &Spec, outcome: &Outcome) -> String {
    const LOW: f64 = -20.0;
    const HIGH: f64 = 40.0;
    let mut counts = vec![0_u64; 60];
    for edge in &outcome.scored.edges {
        let at = (edge.weight.clamp(LOW, HIGH - 0.5) - LOW) as usize;
        counts[at.min(59)] += 1;
    }
    let threshold = log_odds(spec.decide.match_probability);
    let bars: Vec<Bar> = counts
        .iter()
        .enumerate()
        .map(|(i, &count)| {
            let from = LOW + i as f64;
            Bar {
                label: if i % 10 == 0 { format!("{from:.0}") } else { String::new() },
                value: count as f64,
                good: from >= threshold,
                title: format!("{from:.0} to {:.0} bits: {count} pairs", from + 1.0),
            }
        })
        .collect();
    let note = format!(
        "<p class=\"sub\">Bits (log2 of the odds). A pair is a match from {threshold:.1} bits, probability {}. \
         Heights are on a square-root scale.</p>",
        spec.decide.match_probability
    );
    charts::columns(&bars, true) + &note
}

fn log_odds(p: f64) -> f64 {
    (p / (1.0 - p)).log2()
}

/// Expected precision and recall when the threshold moves, from the probabilities themselves.
fn sweep(outcome: &Outcome, report: &Report) -> String {
    let mut chances: Vec<f64> =
        outcome.scored.edges.iter().map(|e| probability(e.weight)).collect();
    chances.sort_unstable_by(|a, b| b.total_cmp(a));
    let all = report.quality.expected_matches.max(1e-9);
    let found = report.quality.candidate_recall;
    let step = (chances.len() / 200).max(1);
    let (mut points, mut sum) = (Vec::new(), 0.0);
    for (i, p) in chances.iter().enumerate() {
        sum += p;
        if (i + 1) % step == 0 || i + 1 == chances.len() {
            points.push(((sum / all).min(1.0) * found, sum / (i + 1) as f64));
        }
    }
    let chosen = (report.quality.expected_recall, report.quality.expected_precision);
    charts::curve(&points, chosen)
        + "<p class=\"sub\">Right: more true pairs found. Up: fewer false ones. The dot is this run.</p>"
}

/// Precision and recall by the truth, and what probabilities are worth.
fn against(truth: &Against) -> String {
    let mut out = String::from(
        "<div class=\"scroll\"><table><tr><th></th><th>Precision</th><th>Recall</th><th>F1</th></tr>",
    );
    for (name, r) in [
        ("pairs", truth.pairs),
        ("clusters", truth.clusters),
        ("pairs, best threshold", truth.best),
    ] {
        let _ = write!(
            out,
            "<tr><td>{name}</td><td>{:.4}</td><td>{:.4}</td><td>{:.4}</td></tr>",
            r.precision, r.recall, r.f1
        );
    }
    out.push_str("</table></div>");
    out += &charts::curve(&truth.curve, (truth.pairs.recall, truth.pairs.precision));
    out.push_str(
        "<p class=\"sub\">Reliability: what share of the pairs of each probability are true.</p>\
         <div class=\"scroll\"><table><tr><th>Said</th><th>True</th><th>Pairs</th></tr>",
    );
    for bin in truth.reliability.iter().filter(|b| b.pairs > 0) {
        let _ = write!(
            out,
            "<tr><td>{:.1} %{}</td><td>{:.1} %</td><td>{}</td></tr>",
            bin.said * 100.0,
            charts::inline_bar(bin.held),
            bin.held * 100.0,
            bin.pairs
        );
    }
    let _ = write!(
        out,
        "</table></div><p class=\"sub\">Mean distance of the two: {:.2} points.</p>",
        truth.calibration_error * 100.0
    );
    out
}

fn reviewed(review: &ReviewReport) -> String {
    let kappa = review.kappa.map_or("not known".to_owned(), |k| format!("{k:.2}"));
    let mut out = format!(
        "<p>{} pairs decided and binding, {} disputed. Judged twice: {}; same answer {:.1} %, kappa {kappa}.</p>",
        review.decided_pairs,
        review.disputed_pairs,
        review.judged_twice,
        review.observed_agreement * 100.0
    );
    if let Some(check) = &review.sample {
        let _ = write!(
            out,
            "<p>By {} judged pairs of the sample: precision {:.4}, recall among the candidates {:.4}.</p>",
            check.pairs, check.precision, check.recall
        );
    }
    out
}

fn doubtful(spec: &Spec, outcome: &Outcome) -> String {
    let threshold = log_odds(spec.decide.match_probability);
    let mut edges: Vec<_> = outcome.scored.edges.iter().collect();
    edges.sort_by(|a, b| {
        let near = |w: f64| (w - threshold).abs();
        near(a.weight).total_cmp(&near(b.weight)).then((a.a, a.b).cmp(&(b.a, b.b)))
    });
    let mut out = String::from(
        "<p class=\"sub\">The pairs nearest to the threshold. Each bar is what one comparison adds or takes, in \
         bits; they start from the prior.</p><div class=\"row\">",
    );
    for edge in edges.into_iter().take(PAIRS_SHOWN) {
        let (a, b) = (outcome.records.id(edge.a), outcome.records.id(edge.b));
        let _ = write!(
            out,
            "<div><p><b>{}</b> and <b>{}</b>: {:.1} bits, {:.1} %</p>{}</div>",
            escaped(a),
            escaped(b),
            edge.weight,
            probability(edge.weight) * 100.0,
            waterfall::pair(&outcome.model, edge.pattern, edge.weight)
        );
    }
    out + "</div>"
}

fn blocking(report: &Report) -> String {
    let mut out = format!(
        "<p class=\"sub\">{} pairs compared. Estimated share of the true pairs that some rule proposes: {:.2} % \
         (capture and recapture over the rules).</p><div class=\"scroll\"><table><tr><th>Rule</th><th>Pairs first found</th>\
         <th>Kept</th><th>Largest block</th><th>Blocks split</th></tr>",
        grouped(report.comparisons_made),
        report.quality.candidate_recall * 100.0
    );
    let most = report.blocking.iter().map(|r| r.pairs).max().unwrap_or(1);
    for rule in &report.blocking {
        let _ = write!(
            out,
            "<tr><td>{}{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&rule.name),
            charts::inline_bar(rule.pairs as f64 / most.max(1) as f64),
            grouped(rule.pairs),
            grouped(rule.kept),
            grouped(rule.largest_block as u64),
            rule.oversize_blocks
        );
    }
    out + "</table></div>"
}

fn sizes(report: &Report) -> String {
    let bars: Vec<Bar> = report
        .clusters
        .sizes
        .iter()
        .take(24)
        .map(|(size, count)| Bar {
            label: size.to_string(),
            value: f64::from(*count),
            good: true,
            title: format!("{count} persons with {size} records"),
        })
        .collect();
    charts::columns(&bars, true)
        + &format!(
            "<p class=\"sub\">Largest: {}. {} chains of look-alikes were split.</p>",
            report.clusters.largest, report.clusters.split_components
        )
}

fn times(report: &Report) -> String {
    let mut out = String::from("<table><tr><th>Step</th><th>Seconds</th></tr>");
    for step in &report.steps {
        let share = step.seconds / report.wall_seconds.max(1e-9);
        let bar = charts::inline_bar(share);
        let _ = write!(
            out,
            "<tr><td>{}{bar}</td><td>{:.2}</td></tr>",
            escaped(&step.name),
            step.seconds
        );
    }
    let _ = write!(
        out,
        "<tr><td>all</td><td>{:.2}</td></tr></table><p class=\"sub\">Peak memory {:.0} MiB, {} threads.</p>",
        report.wall_seconds,
        report.peak_memory_bytes as f64 / 1_048_576.0,
        report.threads
    );
    out
}
