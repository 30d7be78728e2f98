//! Boosted members: one run per inner fold, each stopped by the fold it had not seen, averaged.

use super::{Encoded, Member, Sample, Settings};
use crate::boost::bins::{Binned, bin};
use crate::boost::{self, Tables};
use crate::model::FitReport;
use rayon::prelude::*;

/// Rows a tree looks at, at most (a larger survey is sampled anew for every tree).
const MOST_ROWS: f64 = 20_000.0;

/// Bins of all features.
pub(super) fn binned(encoded: &Encoded) -> Vec<Binned> {
    encoded
        .features
        .par_iter()
        .zip(&encoded.values)
        .zip(&encoded.monotone)
        .map(|((feature, values), &monotone)| bin(feature, values, monotone))
        .collect()
}

/// Boosts on what the regional deviations of `plain` leave.
pub(super) fn boost(
    sample: &Sample,
    encoded: &Encoded,
    settings: &Settings,
    depth: u8,
    plain: &Member,
    report: &mut FitReport,
) -> Member {
    let features = binned(encoded);
    let deviation: Vec<f64> = match &sample.region {
        Some((codes, _)) => codes
            .iter()
            .map(|&c| plain.deviations.get(c as usize).copied().unwrap_or(0.0))
            .collect(),
        None => vec![0.0; sample.y.len()],
    };
    let y: Vec<f64> = sample.y.iter().zip(&deviation).map(|(y, d)| y - d).collect();
    let n = sample.y.len() as f64;
    let large = n > 30_000.0;
    let base = boost::Settings {
        rate: if large { 0.15 } else { 0.06 },
        most_trees: if large { 250 } else { 800 },
        patience: if large { 15 } else { 40 },
        leaf_penalty: 5.0,
        min_leaf: 12,
        depth: if settings.pairs == 0 { 1 } else { depth },
        features: 0.5,
        rows: (MOST_ROWS / n).min(0.7),
        seed: settings.seed,
    };
    let runs: Vec<(Vec<usize>, boost::Run)> = (0..sample.folds)
        .into_par_iter()
        .map(|f| {
            let (held, train): (Vec<usize>, Vec<usize>) =
                (0..y.len()).partition(|&r| usize::from(sample.fold[r]) == f);
            let settings = boost::Settings { seed: base.seed ^ (f as u64 + 1), ..base };
            let run = boost::run(&features, &y, &sample.weights, &train, &held, &settings);
            (held, run)
        })
        .collect();
    let mut tables = Tables::zero(&features);
    let mut held_out = vec![0.0; y.len()];
    let mut trees = 0;
    for (held, run) in &runs {
        tables.add(&features, &run.tables, 1.0 / sample.folds as f64);
        trees += run.trees;
        for (&row, &score) in held.iter().zip(&run.held_out) {
            held_out[row] = score + deviation[row];
        }
    }
    report.chosen.insert("trees_per_run".into(), trees as f64 / sample.folds as f64);
    report.chosen.insert("pairs_seen".into(), tables.pairs.len() as f64);
    tables.purify(&features, &sample.weights, settings.pairs);
    Member { linear: None, tables: Some(tables), deviations: plain.deviations.clone(), held_out }
}
