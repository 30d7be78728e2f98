//! What a build says at its end.

use crate::build::Outcome;
use edition::evaluate::{Evaluation, Score};
use engine::progress::grouped;
use std::collections::BTreeMap;

/// Prints counts, match quality and cost to standard output.
pub fn print(outcome: &Outcome) {
    let (m, l) = (&outcome.manifest, &outcome.links);
    println!("edition {} in {}", m.edition.as_str(), outcome.folder.display());
    let rows_in: u64 = m.inputs.iter().map(|i| i.rows_in).sum();
    let quarantined: u64 = m.inputs.iter().map(|i| i.quarantined).sum();
    println!(
        "  {} rows in {} files; {} quarantined",
        grouped(rows_in),
        m.inputs.len(),
        grouped(quarantined)
    );
    println!(
        "  {} persons ({} living, {} not in the register), {} families ({} visited)",
        grouped(m.counts.persons),
        grouped(m.counts.living),
        grouped(m.counts.not_padan),
        grouped(m.counts.families),
        grouped(m.counts.visited_families)
    );
    println!(
        "  links: {} records, {} to score, {} linked by score, {} without a person, {} to review",
        grouped(l.records),
        grouped(l.to_score),
        grouped(l.scored),
        grouped(l.unlinked),
        grouped(l.reviews)
    );
    if let Some(evaluation) = &outcome.evaluation {
        against_truth(evaluation);
    }
    let seconds: f64 = outcome.steps.iter().map(|s| s.seconds).sum();
    let peak = outcome.steps.iter().map(|s| s.peak_bytes).max().unwrap_or(0);
    println!("  {seconds:.1} s in {} steps, at most {} MiB", outcome.steps.len(), peak >> 20);
}

fn against_truth(e: &Evaluation) {
    println!("  against the truth            precision   recall    of records");
    let line = |name: &str, s: &Score| {
        println!(
            "    {name:<26} {:>9.5} {:>8.4} {:>13}",
            s.precision(),
            s.recall(),
            grouped(s.linkable)
        );
    };
    line("all records of people", &e.all);
    line("NIK damaged or missing", &e.damaged_nik);
    for (source, score) in &e.by_source {
        line(&format!("  {source}"), score);
    }
    for (table, score) in &e.families {
        line(&format!("  {table} (family)"), score);
    }
    println!(
        "    wrongly merged {:.0}, wrongly split {:.0} per million people",
        e.wrongly_merged_per_million, e.wrongly_split_per_million
    );
    let rates = |counts: &BTreeMap<String, f64>| most(counts, |n| format!("{n:.0}"));
    println!("      merged by cause: {}", rates(&e.merged_by_cause_per_million));
    println!("      split by cause: {}", rates(&e.split_by_cause_per_million));
    let counts = |counts: &BTreeMap<String, u64>| most(counts, |n| grouped(*n));
    println!("    wrong links by cause: {}", counts(&e.wrong_by_cause));
    println!("    missed by cause: {}", counts(&e.missed_by_cause));
}

/// The six greatest, greatest first.
fn most<N: PartialOrd>(counts: &BTreeMap<String, N>, say: impl Fn(&N) -> String) -> String {
    let mut list: Vec<_> = counts.iter().collect();
    list.sort_by(|a, b| {
        b.1.partial_cmp(a.1).unwrap_or(std::cmp::Ordering::Equal).then(a.0.cmp(b.0))
    });
    let named = list.into_iter().take(6).map(|(cause, n)| format!("{cause} {}", say(n)));
    named.collect::<Vec<_>>().join(", ")
}
