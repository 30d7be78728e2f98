//! `padan link`: settings in, results out.

use crate::block::{self, Blocks};
use crate::cluster::{Clustering, Clusters, Constraints};
use crate::compare::{Store, build};
use crate::error::LinkError;
use crate::family;
use crate::features::Features;
use crate::load;
use crate::model::Model;
use crate::report::{self, Report, Step};
use crate::review;
use crate::review::log::{self, Decisions};
use crate::score::{self, Edge, ErrorRates, Scored};
use crate::spec::expr::Expr;
use crate::spec::{Mode, Spec};
use crate::table::Records;
use crate::train::{self, SeenPatterns, TrainingNote};
use crate::write;
use std::path::Path;
use std::time::Instant;

/// What a run did, for the last line on the terminal.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Records read.
    pub records: usize,
    /// Candidate pairs compared.
    pub pairs: u64,
    /// Pairs decided to be one person.
    pub matches: u64,
    /// Clusters, single records included.
    pub clusters: usize,
    /// Expected share of false pairs among the decided ones.
    pub false_discovery: f64,
    /// Pairs compared and weighed per second of that work.
    pub pairs_per_second: f64,
    /// Wall seconds.
    pub seconds: f64,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The rate of a small run is that of starting threads.
        let rate = match self.pairs {
            500_000.. => format!(" ({:.1} million a second)", self.pairs_per_second / 1e6),
            _ => String::new(),
        };
        write!(
            f,
            "{} records, {} pairs compared{rate}, {} matching pairs ({:.2} % expected false), {} persons, {:.2} s",
            self.records,
            self.pairs,
            self.matches,
            self.false_discovery * 100.0,
            self.clusters,
            self.seconds
        )
    }
}

/// Everything a run computed before it is written.
pub struct Outcome {
    /// The records.
    pub records: Records,
    /// The model used.
    pub model: Model,
    /// Kept pairs and notes per rule.
    pub scored: Scored,
    /// Persons.
    pub clusters: Clusters,
    /// Error rates without labels.
    pub rates: ErrorRates,
    /// The blocks, for their counts.
    pub blocks: Blocks,
    /// What people decided.
    pub decisions: Decisions,
    /// A code of the true person per record, when the settings name its column (0 unknown).
    pub truth: Option<Vec<u32>>,
    /// What training saw; `None` when a model was given.
    pub training: Option<TrainingNote>,
    /// Seconds per step.
    pub steps: Vec<Step>,
    /// Wall seconds in which the candidate pairs were found in their blocks, compared and weighed.
    pub compare_seconds: f64,
    /// What looks wrong in the files or the settings.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// True when people have decided on a pair.
    #[must_use]
    pub fn decided(&self, a: u32, b: u32) -> bool {
        self.decisions.agreed.contains_key(&(a.min(b), a.max(b)))
    }
}

/// Times the steps and tells of them.
struct Stopwatch<'a> {
    steps: Vec<Step>,
    last: Instant,
    cpu: f64,
    progress: &'a mut dyn FnMut(&str),
}

impl Stopwatch<'_> {
    fn done(&mut self, name: &str, detail: &str) {
        let seconds = self.last.elapsed().as_secs_f64();
        self.last = Instant::now();
        let cpu = report::cpu_seconds();
        let cpu_seconds = cpu - self.cpu;
        self.cpu = cpu;
        self.steps.push(Step { name: name.to_owned(), seconds, cpu_seconds });
        (self.progress)(&format!("{name}: {detail} ({seconds:.2} s, {cpu_seconds:.2} s CPU)"));
    }
}

/// Runs the settings file and writes `pairs.parquet`, `clusters.parquet`, `model.json`,
/// `report.json` and `report.html` into `out` (made when it is not there).
///
/// # Errors
/// Wrong settings, unreadable inputs, an output that cannot be written.
pub fn run(
    spec_path: &Path,
    out: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Summary, LinkError> {
    let began = Instant::now();
    let spec = Spec::read(spec_path)?;
    std::fs::create_dir_all(out).map_err(|e| LinkError::output(out.display(), e))?;
    let mut outcome = compute(&spec, progress)?;
    let (writing, cpu) = (Instant::now(), report::cpu_seconds());
    let (pairs, clusters) = rayon::join(
        || write::pairs(&spec, &outcome, &out.join("pairs.parquet")),
        || write::clusters(&spec, &outcome, &out.join("clusters.parquet")),
    );
    pairs?;
    clusters?;
    write::text(&out.join("model.json"), &outcome.model.to_json())?;
    review::write(&spec, &outcome, out)?;
    outcome.steps.push(Step {
        name: "write".to_owned(),
        seconds: writing.elapsed().as_secs_f64(),
        cpu_seconds: report::cpu_seconds() - cpu,
    });
    let report = Report::new(&spec, &outcome, began.elapsed().as_secs_f64());
    write::text(&out.join("report.json"), &report.to_json())?;
    write::text(&out.join("report.html"), &crate::page::page(&spec, &outcome, &report))?;
    Ok(Summary {
        records: outcome.records.len(),
        pairs: report.comparisons_made,
        matches: outcome.rates.decided,
        clusters: report.clusters.count,
        false_discovery: outcome.rates.false_discovery,
        pairs_per_second: report.pairs_per_second,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Runs checked settings in memory.
///
/// # Errors
/// As [`run`].
pub fn compute(spec: &Spec, progress: &mut dyn FnMut(&str)) -> Result<Outcome, LinkError> {
    let mut watch =
        Stopwatch { steps: Vec::new(), last: Instant::now(), cpu: report::cpu_seconds(), progress };
    let mut records = load::load_small(spec)?;
    watch.done("read", &format!("{} records", records.len()));
    let table = std::mem::take(&mut records.table);
    let rows = table.rows;
    let features = Features::new(spec, table)?;
    records.table.rows = rows;
    let warnings = features.warnings.clone();
    warnings.iter().for_each(|warning| (watch.progress)(&format!("warning: {warning}")));
    let store = build::build(spec, &features, rows)?;
    watch.done("standardise", &format!("{} comparisons", spec.compares.len()));
    let blocks = block::build(spec, &features, &store, &records.starts)?;
    let sources: Vec<String> = spec.inputs.iter().map(|i| i.name.clone()).collect();
    let decisions = log::read(&spec.review.decisions, &records, &sources)?;
    let mut constraints = constraints(spec, &features, &records)?;
    constraints.decided.clone_from(&decisions.agreed);
    let truth = match &spec.truth {
        Some(column) => Some(features.eval(&Expr::Column(column.clone()))?.codes.clone()),
        None => None,
    };
    let families = family_keys(spec, &features)?;
    drop(features);
    watch.done("block", &format!("{} rules", blocks.rules.len()));
    let (model, training, seen) = model(spec, &store, &blocks, &records, &decisions)?;
    watch.done(
        "train",
        &training.as_ref().map_or("a given model".to_owned(), |t| {
            format!("{} patterns, {} iterations", t.patterns, t.iterations)
        }),
    );
    let scorer = model.scorer();
    let least = spec.decide.min_probability;
    let mut scored = score::score(&store, &blocks, &scorer, least, &seen);
    watch.done("score", &format!("{} pairs kept", scored.edges.len()));
    // Pairs that training compared are not compared again: then its time counts too.
    let reused = usize::from(!seen.of_tasks.is_empty());
    let compare_seconds = watch.steps.iter().rev().take(1 + reused).map(|s| s.seconds).sum();
    drop(seen);
    if let Some((comparison, keys)) = families {
        constraints.lifted = family::lift(&mut scored.edges, &keys, comparison, &store, &scorer);
        watch.done("families", &format!("{} pairs lifted", constraints.lifted.len()));
    }
    let clusters = Clustering {
        store: &store,
        scorer: &scorer,
        constraints: &constraints,
        decide: &spec.decide,
    }
    .run(&scored.edges, None);
    let together = |e: &Edge| clusters.leader[e.a as usize] == clusters.leader[e.b as usize];
    let rates = score::error_rates(&scored.edges, records.len(), together);
    watch.done("cluster", &format!("{} pairs together", rates.decided));
    let steps = watch.steps;
    Ok(Outcome {
        records,
        model,
        scored,
        clusters,
        rates,
        blocks,
        decisions,
        truth,
        training,
        steps,
        compare_seconds,
        warnings,
    })
}

/// The comparison of the family's key, and the key's codes, when the settings name one.
pub(crate) fn family_keys(
    spec: &Spec,
    features: &Features<'_>,
) -> Result<Option<(usize, Vec<u32>)>, LinkError> {
    let (Some(comparison), Some(key)) = (family::comparison(spec), &spec.decide.family) else {
        return Ok(None);
    };
    Ok(Some((comparison, features.eval(&Expr::Column(key.clone()))?.codes.clone())))
}

/// Reads the inputs and trains (or reads) the model, and stops there: what an index starts from.
///
/// # Errors
/// As [`run`].
pub(crate) fn ground(spec: &Spec) -> Result<(Model, Records), LinkError> {
    let records = load::load(spec)?;
    let features = Features::new(spec, records.table.clone())?;
    let store = build::build(spec, &features, records.len())?;
    let blocks = block::build(spec, &features, &store, &records.starts)?;
    let sources: Vec<String> = spec.inputs.iter().map(|i| i.name.clone()).collect();
    let decisions = log::read(&spec.review.decisions, &records, &sources)?;
    drop(features);
    let (model, ..) = model(spec, &store, &blocks, &records, &decisions)?;
    Ok((model, records))
}

/// The given model, or a trained one.
fn model(
    spec: &Spec,
    store: &Store,
    blocks: &Blocks,
    records: &Records,
    decisions: &Decisions,
) -> Result<(Model, Option<TrainingNote>, SeenPatterns), LinkError> {
    let Some(path) = &spec.training.model else {
        let closed = spec.mode == Mode::Link;
        let job = train::Job {
            compares: &spec.compares,
            settings: &spec.training,
            store,
            blocks,
            starts: &records.starts,
            closed,
            labels: &decisions.agreed,
        };
        let trained = train::train(&job);
        return Ok((trained.model, Some(trained.note), trained.seen));
    };
    let model = Model::read(path)?;
    model.check(&spec.compares)?;
    Ok((model, None, SeenPatterns::default()))
}

/// Constraints of the clusters: inputs that hold a person once, columns that tell persons apart.
fn constraints(
    spec: &Spec,
    features: &Features<'_>,
    records: &Records,
) -> Result<Constraints, LinkError> {
    let mut out = Constraints::default();
    let once: Vec<bool> = spec.inputs.iter().map(|i| i.unique || spec.decide.one_to_one).collect();
    if once.iter().any(|o| *o) {
        for (input, bounds) in records.starts.windows(2).enumerate() {
            let mark = if once[input] { input as u16 } else { u16::MAX };
            out.once.extend(std::iter::repeat_n(mark, (bounds[1] - bounds[0]) as usize));
        }
    }
    if let Some(column) = &spec.decide.different {
        out.different = features.eval(&Expr::Column(column.clone()))?.codes.clone();
    }
    Ok(out)
}
