//! `report.json`: what was done, how long it took, how sure it is.

use crate::command::Outcome;
use crate::spec::Spec;
use crate::truth::Against;
use serde::Serialize;

/// Version of the shape of `report.json`.
pub const VERSION: u32 = 1;

/// Wall time of a step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Name of the step.
    pub name: String,
    /// Seconds.
    pub seconds: f64,
    /// Seconds of all processors together.
    pub cpu_seconds: f64,
}

/// A blocking rule's counts.
#[derive(Debug, Clone, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub name: String,
    /// Made to split oversized blocks of another rule.
    pub derived: bool,
    /// Pairs it was the first to find.
    pub pairs: u64,
    /// Pairs of them that were kept.
    pub kept: u64,
    /// Blocks above the limit, split by further columns.
    pub oversize_blocks: usize,
    /// Records in its largest block.
    pub largest_block: usize,
    /// Pairs of oversized splits that were not compared.
    pub pairs_not_compared: u64,
}

/// Sizes of the clusters.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ClusterReport {
    /// Clusters, single records included.
    pub count: usize,
    /// How many clusters have each size.
    pub sizes: std::collections::BTreeMap<u32, u32>,
    /// Records in the largest.
    pub largest: u32,
    /// Components that were split.
    pub split_components: usize,
}

/// Error rates estimated without labels.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// Pairs decided to match.
    pub decided_pairs: u64,
    /// Expected share of false ones among them.
    pub false_discovery_rate: f64,
    /// Expected share of true pairs not decided (candidates only).
    pub false_negative_rate: f64,
    /// Expected true pairs among the candidates.
    pub expected_matches: f64,
    /// Share of the true pairs that some rule proposes, by capture and recapture over the rules.
    pub candidate_recall: f64,
    /// Expected precision, recall and F1 of the decided pairs, blocking included.
    pub expected_precision: f64,
    /// See `expected_precision`.
    pub expected_recall: f64,
    /// See `expected_precision`.
    pub expected_f1: f64,
}

/// The file.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Shape.
    pub version: u32,
    /// Records read.
    pub records: usize,
    /// Hash of the settings.
    pub settings: String,
    /// Wall seconds in all.
    pub wall_seconds: f64,
    /// Wall seconds per step.
    pub steps: Vec<Step>,
    /// Pairs per rule.
    pub blocking: Vec<RuleReport>,
    /// Candidate pairs compared.
    pub comparisons_made: u64,
    /// Pairs found in their blocks, compared and weighed, per wall second of that work.
    pub pairs_per_second: f64,
    /// What looks wrong in the files or the settings.
    pub warnings: Vec<String>,
    /// Peak memory of the process.
    pub peak_memory_bytes: u64,
    /// Threads used.
    pub threads: usize,
    /// Training, when there was one.
    pub training: Option<TrainingReport>,
    /// Clusters.
    pub clusters: ClusterReport,
    /// Quality without labels.
    pub quality: Quality,
    /// What people decided, when a log is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewReport>,
    /// Quality by the truth, when a column tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<Against>,
}

/// What people decided.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewReport {
    /// Pairs on which all reviewers agree; they bind and train the run.
    pub decided_pairs: usize,
    /// Pairs on which reviewers differ; they bind nothing.
    pub disputed_pairs: usize,
    /// Lines of the log that name records that are not here.
    pub unknown_lines: usize,
    /// Pairs judged by two reviewers.
    pub judged_twice: u64,
    /// Share of them with the same answer.
    pub observed_agreement: f64,
    /// Agreement beyond chance (Cohen).
    pub kappa: Option<f64>,
    /// What the judged part of the random sample says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleReport>,
}

/// Precision and recall by the judged part of the random sample.
#[derive(Debug, Clone, Serialize)]
pub struct SampleReport {
    /// Judged pairs of the sample.
    pub pairs: usize,
    /// Of the pairs that the engine takes for one person.
    pub precision: f64,
    /// Among the kept candidates.
    pub recall: f64,
}

/// What training saw.
#[derive(Debug, Clone, Serialize)]
pub struct TrainingReport {
    /// Random pairs for u.
    pub random_pairs: u64,
    /// Candidate pairs for m.
    pub candidate_pairs: u64,
    /// One in this many candidate pairs was used.
    pub thinning: u64,
    /// Distinct patterns.
    pub patterns: usize,
    /// Iterations of EM.
    pub iterations: usize,
    /// Estimated matching pairs.
    pub matches: f64,
    /// Estimated pairs of relatives.
    pub relatives: f64,
}

impl Report {
    /// Gathers the report of a run.
    #[must_use]
    pub fn new(spec: &Spec, outcome: &Outcome, wall_seconds: f64) -> Self {
        let blocking: Vec<RuleReport> = outcome
            .blocks
            .rules
            .iter()
            .zip(&outcome.scored.rules)
            .map(|(rule, note)| RuleReport {
                name: rule.name.clone(),
                derived: rule.derived,
                pairs: note.pairs,
                kept: note.kept,
                oversize_blocks: rule.oversize,
                largest_block: rule.largest,
                pairs_not_compared: rule.dropped_pairs,
            })
            .collect();
        let comparisons_made: u64 = blocking.iter().map(|r: &RuleReport| r.pairs).sum();
        let rates = &outcome.rates;
        let candidate_recall = crate::recall::candidate_recall(outcome);
        let precision = 1.0 - rates.false_discovery;
        let recall = (1.0 - rates.false_negative) * candidate_recall;
        let f1 = if precision + recall > 0.0 {
            2.0 * precision * recall / (precision + recall)
        } else {
            0.0
        };
        Self {
            version: VERSION,
            records: outcome.records.len(),
            settings: format!("{:016x}", spec.fingerprint),
            wall_seconds,
            steps: outcome.steps.clone(),
            comparisons_made,
            pairs_per_second: comparisons_made as f64 / outcome.compare_seconds.max(1e-9),
            warnings: outcome.warnings.clone(),
            blocking,
            peak_memory_bytes: peak_memory(),
            threads: rayon::current_num_threads(),
            training: outcome.training.as_ref().map(|t| TrainingReport {
                random_pairs: t.random_pairs,
                candidate_pairs: t.candidate_pairs,
                thinning: t.thinning,
                patterns: t.patterns,
                iterations: t.iterations,
                matches: t.matches,
                relatives: t.relatives,
            }),
            clusters: cluster_report(outcome),
            quality: Quality {
                decided_pairs: rates.decided,
                false_discovery_rate: rates.false_discovery,
                false_negative_rate: rates.false_negative,
                expected_matches: rates.expected_matches,
                candidate_recall,
                expected_precision: precision,
                expected_recall: recall,
                expected_f1: f1,
            },
            review: review_report(spec, outcome),
            truth: crate::truth::against(outcome, threshold(spec)),
        }
    }

    /// The text of `report.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn threshold(spec: &Spec) -> f64 {
    let p = spec.decide.match_probability;
    (p / (1.0 - p)).log2()
}

fn review_report(spec: &Spec, outcome: &Outcome) -> Option<ReviewReport> {
    let decisions = &outcome.decisions;
    if spec.review.decisions.is_empty() {
        return None;
    }
    let sample = crate::review::sample(outcome, spec.review.sample, spec.training.seed);
    let checked = crate::review::checked(outcome, &sample);
    Some(ReviewReport {
        decided_pairs: decisions.agreed.len(),
        disputed_pairs: decisions.disputed.len(),
        unknown_lines: decisions.unknown,
        judged_twice: decisions.agreement.pairs,
        observed_agreement: decisions.agreement.observed,
        kappa: decisions.agreement.kappa,
        sample: checked.map(|(precision, recall, pairs)| SampleReport { pairs, precision, recall }),
    })
}

fn cluster_report(outcome: &Outcome) -> ClusterReport {
    let leaders = &outcome.clusters.leader;
    let mut size = vec![0u32; leaders.len()];
    for &leader in leaders {
        size[leader as usize] += 1;
    }
    let mut report = ClusterReport {
        split_components: outcome.clusters.split_components,
        ..ClusterReport::default()
    };
    for &n in size.iter().filter(|n| **n > 0) {
        report.count += 1;
        *report.sizes.entry(n).or_default() += 1;
        report.largest = report.largest.max(n);
    }
    report
}

/// Peak resident memory of this process (Linux; 0 elsewhere).
#[must_use]
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    let kib = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Seconds that all threads of this process have computed so far (0 where the system does not tell).
#[must_use]
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the command's name in brackets: state is field 3, user and system ticks 14 and 15.
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}
