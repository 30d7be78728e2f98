//! Review by people: which doubtful pairs are worth a look, in which order, and a sample that checks
//! the run.

pub mod log;
mod page;

use crate::command::Outcome;
use crate::compare::level_of;
use crate::error::LinkError;
use crate::load;
use crate::model::probability;
use crate::score::Edge;
use crate::spec::Spec;
use crate::table::Records;
use crate::values::hash_bytes;
use crate::write;
use std::fmt::Write;
use std::path::Path;

/// Upper bounds of the strata of the sample, by probability.
const STRATA: [f64; 7] = [0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.01];

/// A pair to be judged.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// The pair.
    pub edge: Edge,
    /// Expected number of pairs set right by a decision.
    pub value: f64,
    /// Pairs of the run that it stands for (1 in the list of doubts).
    pub stands_for: f64,
}

/// The pairs whose decision is worth most, best first; those decided already are left out.
///
/// The value of a decision is the chance that the engine is wrong, times the pairs that change with
/// it: joining or parting the clusters of the two records moves all pairs between them.
#[must_use]
pub fn doubts(outcome: &Outcome, most: usize) -> Vec<Doubt> {
    let leader = &outcome.clusters.leader;
    let mut size = vec![0u32; leader.len()];
    leader.iter().for_each(|l| size[*l as usize] += 1);
    let inside = |e: &&Edge| leader[e.a as usize] == leader[e.b as usize];
    let mut best = vec![f64::NEG_INFINITY; leader.len()];
    for edge in outcome.scored.edges.iter().filter(inside) {
        for record in [edge.a, edge.b] {
            best[record as usize] = best[record as usize].max(edge.weight);
        }
    }
    let value = |e: &Edge| {
        let (a, b) = (leader[e.a as usize], leader[e.b as usize]);
        // Inside a cluster a pair is as sure as the weaker of the records' best ties to it.
        let through = best[e.a as usize].min(best[e.b as usize]);
        let p = probability(if a == b { e.weight.max(through) } else { e.weight });
        let (sa, sb) = (f64::from(size[a as usize]), f64::from(size[b as usize]));
        if a == b { (1.0 - p) * (sa - 1.0) } else { p * sa * sb }
    };
    let open = outcome.scored.edges.iter().filter(|e| !outcome.decided(e.a, e.b));
    let mut doubts: Vec<Doubt> =
        open.map(|e| Doubt { edge: *e, value: value(e), stands_for: 1.0 }).collect();
    doubts.sort_by(|x, y| {
        y.value.total_cmp(&x.value).then((x.edge.a, x.edge.b).cmp(&(y.edge.a, y.edge.b)))
    });
    doubts.truncate(most);
    doubts
}

/// A random sample of the kept pairs, the same number of each stratum of probability; with
/// `stands_for` as weights, shares in the sample estimate shares in the run.
#[must_use]
pub fn sample(outcome: &Outcome, size: usize, seed: u64) -> Vec<Doubt> {
    let mut strata: Vec<Vec<(u64, &Edge)>> = vec![Vec::new(); STRATA.len()];
    for edge in &outcome.scored.edges {
        let p = probability(edge.weight);
        let at = STRATA.iter().position(|top| p < *top).unwrap_or(STRATA.len() - 1);
        // By ids: a pair keeps its place in the draw when other records come and go.
        let (a, b) = (outcome.records.id(edge.a), outcome.records.id(edge.b));
        let draw = hash_bytes(a.as_bytes()).rotate_left(9) ^ hash_bytes(b.as_bytes());
        strata[at].push((kernel::chance::mix(draw ^ seed), edge));
    }
    let each = size.div_ceil(STRATA.len()).max(1);
    let mut out = Vec::new();
    for mut stratum in strata {
        let all = stratum.len();
        stratum.sort_by_key(|(draw, e)| (*draw, e.a, e.b));
        stratum.truncate(each);
        let stands_for = all as f64 / stratum.len().max(1) as f64;
        out.extend(stratum.iter().map(|(_, e)| Doubt { edge: **e, value: 0.0, stands_for }));
    }
    out
}

/// Precision and recall of the decided pairs by the reviewed part of the sample, as far as
/// candidates go: Σ weights of right pairs. `None` while nothing of the sample is decided.
#[must_use]
pub fn checked(outcome: &Outcome, sample: &[Doubt]) -> Option<(f64, f64, usize)> {
    let (mut right, mut made, mut truth, mut n) = (0.0, 0.0, 0.0, 0);
    for doubt in sample {
        let Some(same) = outcome.decisions.agreed.get(&(doubt.edge.a, doubt.edge.b)) else {
            continue;
        };
        // What the engine thinks by itself: decided pairs are bound by the decision.
        let ours = doubt.edge.weight >= 0.0;
        n += 1;
        made += if ours { doubt.stands_for } else { 0.0 };
        truth += if *same { doubt.stands_for } else { 0.0 };
        right += if ours && *same { doubt.stands_for } else { 0.0 };
    }
    (n > 0).then(|| (right / f64::max(made, 1e-9), right / f64::max(truth, 1e-9), n))
}

/// Writes `review.csv`, `review.html` and `sample.csv` when the settings ask for them.
///
/// # Errors
/// Inputs that cannot be read again, files that cannot be written.
pub fn write(spec: &Spec, outcome: &Outcome, out: &Path) -> Result<(), LinkError> {
    let review = &spec.review;
    if review.pairs == 0 && review.sample == 0 {
        return Ok(());
    }
    // The texts as they came: the run itself keeps only their standard form.
    let texts = load::load(spec)?;
    if review.pairs > 0 {
        let doubts = doubts(outcome, review.pairs);
        write::text(&out.join("review.csv"), &table(spec, outcome, &texts, &doubts))?;
        write::text(&out.join("review.html"), &page::page(spec, outcome, &texts, &doubts))?;
    }
    if review.sample > 0 {
        let sample = sample(outcome, review.sample, spec.training.seed);
        write::text(&out.join("sample.csv"), &table(spec, outcome, &texts, &sample))?;
        write::text(&out.join("sample.html"), &page::page(spec, outcome, &texts, &sample))?;
    }
    Ok(())
}

/// The columns shown side by side: those that are compared.
fn shown(spec: &Spec) -> Vec<String> {
    let mut names = Vec::new();
    for compare in &spec.compares {
        compare.columns(&mut names);
    }
    let mut out: Vec<String> = Vec::new();
    for name in names {
        let parts = spec.joins.iter().find(|(joined, _)| joined == name);
        for part in parts.map_or(&[name.to_owned()][..], |(_, parts)| parts) {
            if !out.contains(part) {
                out.push(part.clone());
            }
        }
    }
    out
}

fn value<'a>(texts: &'a Records, column: &str, record: u32) -> &'a str {
    texts.table.column(column).map_or("", |c| c.text(record as usize))
}

fn table(spec: &Spec, outcome: &Outcome, texts: &Records, doubts: &[Doubt]) -> String {
    let columns = shown(spec);
    let mut out = String::from(
        "left_source,left_id,right_source,right_id,decision,reviewer,value,stands_for,match_weight,match_probability,same_cluster",
    );
    for compare in &spec.compares {
        let _ = write!(out, ",{}", quoted(&format!("level_{}", compare.name)));
    }
    for column in &columns {
        let _ = write!(
            out,
            ",{},{}",
            quoted(&format!("left_{column}")),
            quoted(&format!("right_{column}"))
        );
    }
    out.push('\n');
    for doubt in doubts {
        let Edge { a, b, weight, pattern } = doubt.edge;
        for record in [a, b] {
            let source = &spec.inputs[outcome.records.source(record)].name;
            let _ = write!(out, "{},{},", quoted(source), quoted(outcome.records.id(record)));
        }
        let leader = &outcome.clusters.leader;
        let _ = write!(
            out,
            ",,{:.6},{:.3},{weight:.4},{:.6},{}",
            doubt.value,
            doubt.stands_for,
            probability(weight),
            leader[a as usize] == leader[b as usize]
        );
        for (c, compare) in spec.compares.iter().enumerate() {
            let _ = write!(out, ",{}", quoted(label(compare, level_of(pattern, c))));
        }
        for column in &columns {
            let (x, y) = (value(texts, column, a), value(texts, column, b));
            let _ = write!(out, ",{},{}", quoted(x), quoted(y));
        }
        out.push('\n');
    }
    out
}

fn label(compare: &crate::spec::Compare, level: i8) -> &str {
    usize::try_from(level)
        .ok()
        .and_then(|l| compare.labels.get(l))
        .map_or("missing", String::as_str)
}

/// A field of a CSV file; one that a spreadsheet would take for a formula gets a quote before it.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
