//! Evaluation as the field does it: grouped cross-validation, every figure with a standard error.

use crate::RankError;
use crate::fair::{RepairRow, compare, size_group};
use crate::fit::{Settings, fit};
use crate::folds;
use crate::frame::Frame;
use crate::metrics::{Figures, Scored, bins, lowest, measure};
use crate::model::SCALE;
use crate::queue::{VisitGain, visit_gain};
use kernel::chance::mix;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How the folds are made.
#[derive(Debug, Clone, PartialEq)]
pub enum Folding {
    /// `folds` folds from a seed, `repeats` times.
    Drawn {
        /// Folds.
        folds: usize,
        /// Repeats.
        repeats: usize,
        /// Seed.
        seed: u64,
    },
    /// Folds given per row, one list per repeat (for published folds).
    Given(Vec<Vec<u8>>),
}

/// A figure with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// Mean over repeats.
    pub value: f64,
    /// Standard error from leaving out groups of sampling units in turn (jackknife).
    pub se: f64,
    /// Standard deviation over repeats (0 with one repeat).
    pub sd_repeats: f64,
}

/// Errors of one group at a 40 % quota over all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupRow {
    /// The column.
    pub column: String,
    /// The group.
    pub group: String,
    /// Households.
    pub households: usize,
    /// Share of the group that is truly poor.
    pub poor: f64,
    /// Share of the group that is selected.
    pub selected: f64,
    /// Undercoverage within the group.
    pub undercoverage: f64,
    /// Its standard error (binomial with the effective number of poor households).
    pub undercoverage_se: f64,
    /// Leakage within the group.
    pub leakage: f64,
}

/// Everything an evaluation found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Method as asked for.
    pub method: String,
    /// Households.
    pub rows: usize,
    /// Folds per repeat.
    pub folds: usize,
    /// Repeats.
    pub repeats: usize,
    /// The figures by name.
    #[serde(skip)]
    pub figures: Vec<(String, Figure)>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Fairness by group.
    pub fairness: Vec<GroupRow>,
    /// Calibration of the chance of decile ≤ 4: mean chance, share truly poor, weight.
    pub calibration_40: Vec<(f64, f64, f64)>,
    /// Undercoverage at 40 % by true decile (share of the decile not selected).
    pub not_selected_by_decile: Vec<f64>,
    /// Fairness repair by household size at a 40 % quota, with its cost; empty without a size.
    pub repair: Vec<RepairRow>,
    /// Targeting error after home visits at random and by the queue.
    pub visits: Vec<VisitGain>,
    /// Held-out scores of the first repeat, in the order of the data (not written out).
    #[serde(skip)]
    pub scored: Scored,
}

impl Evaluation {
    /// A figure by name.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<Figure> {
        self.figures.iter().find(|f| f.0 == name).map(|f| f.1)
    }

    /// One JSON object: every figure by name at the top level, `standard_errors` and
    /// `sd_repeats` with the same names, and the tables.
    ///
    /// # Errors
    /// [`RankError::Model`] when a figure is not a number.
    pub fn to_json(&self) -> Result<String, RankError> {
        let bad = |e: serde_json::Error| RankError::Model(format!("cannot be written: {e}"));
        let mut object = serde_json::Map::new();
        for (name, figure) in &self.figures {
            object.insert(name.clone(), round(figure.value));
        }
        for (key, of) in [
            ("standard_errors", (|f: &Figure| f.se) as fn(&Figure) -> f64),
            ("sd_repeats", |f: &Figure| f.sd_repeats),
        ] {
            let map: serde_json::Map<String, serde_json::Value> =
                self.figures.iter().map(|(n, f)| (n.clone(), round(of(f)))).collect();
            object.insert(key.into(), map.into());
        }
        if let serde_json::Value::Object(rest) = serde_json::to_value(self).map_err(bad)? {
            object.extend(rest);
        }
        serde_json::to_string_pretty(&object).map_err(bad)
    }
}

fn round(value: f64) -> serde_json::Value {
    serde_json::json!((value * 1e6).round() / 1e6)
}

/// Groups of sampling units left out in turn for standard errors.
const JACKKNIFE: u64 = 25;

/// Cross-validates a method.
///
/// # Errors
/// As [`fit()`]; also when given folds do not fit the data.
pub fn evaluate(
    frame: &Frame,
    settings: &Settings,
    folding: &Folding,
    by: &[String],
) -> Result<Evaluation, RankError> {
    let y = frame.numbers(&settings.target)?;
    let rows: Vec<usize> = (0..frame.rows()).filter(|&r| y[r].is_finite()).collect();
    let whole = frame.take(&rows);
    let y = whole.numbers(&settings.target)?;
    let weight = match &settings.weight {
        Some(name) => whole.numbers(name)?.iter().map(|w| w.max(0.0)).collect(),
        None => vec![1.0; whole.rows()],
    };
    let cluster = clusters(&whole, settings)?;
    let repeats = fold_lists(&whole, settings, folding, &cluster, &rows)?;
    let scored: Vec<Scored> = repeats
        .iter()
        .map(|fold| cross_validate(&whole, settings, fold, y, &weight))
        .collect::<Result<_, _>>()?;
    let keys: Vec<u64> = cluster.iter().map(|key| hash(key) % JACKKNIFE).collect();
    let figures = summarise(&scored, &keys);
    let first = scored.into_iter().next().unwrap_or_default();
    let poor = lowest(&first.truth, &first.weight, 0.4);
    let mut fairness = Vec::new();
    for column in by {
        fairness.extend(by_group(&whole, column, &first)?);
    }
    Ok(Evaluation {
        method: settings.method.clone(),
        rows: whole.rows(),
        folds: repeats.first().map_or(0, |f| folds_in(f)),
        repeats: repeats.len(),
        figures,
        notes: Vec::new(),
        fairness,
        calibration_40: bins(&first.chance_40, &poor, &first.weight),
        not_selected_by_decile: not_selected(&first),
        repair: repair(&whole, by, &first),
        visits: [0.1, 0.2]
            .iter()
            .map(|&share| {
                let s = &first;
                visit_gain(&s.score, &s.chance_40, &s.truth, &s.weight, share, settings.seed)
            })
            .collect(),
        scored: first,
    })
}

fn folds_in(fold: &[u8]) -> usize {
    fold.iter().max().map_or(0, |&m| usize::from(m) + 1)
}

fn hash(key: &str) -> u64 {
    mix(key.bytes().fold(0x9AD4, |h, b| mix(h ^ u64::from(b))))
}

/// Sampling unit of every row; the id, or the row itself, when none is named.
fn clusters(frame: &Frame, settings: &Settings) -> Result<Vec<String>, RankError> {
    match settings.cluster.as_ref().or(settings.id.as_ref()) {
        Some(name) => frame.keys(name),
        None => Ok((0..frame.rows()).map(|row| row.to_string()).collect()),
    }
}

fn fold_lists(
    frame: &Frame,
    settings: &Settings,
    folding: &Folding,
    cluster: &[String],
    rows: &[usize],
) -> Result<Vec<Vec<u8>>, RankError> {
    match folding {
        Folding::Given(lists) => Ok(lists
            .iter()
            .map(|list| rows.iter().map(|&r| list.get(r).copied().unwrap_or(0)).collect())
            .collect()),
        Folding::Drawn { folds, repeats, seed } => {
            if *folds < 2 || *folds > 60 {
                let reason = format!("{folds} folds: choose 2 to 60");
                return Err(RankError::Setting { name: "--folds", reason });
            }
            let groups = cluster.iter().collect::<BTreeSet<_>>().len();
            if groups < *folds {
                let reason = format!(
                    "{folds} folds need as many groups, and the data have {groups}: choose fewer folds, \
                     or a --group of smaller units"
                );
                return Err(RankError::Setting { name: "--folds", reason });
            }
            let strata = settings.strata.as_ref().map(|s| frame.keys(s)).transpose()?;
            Ok((0..*repeats as u64)
                .map(|repeat| folds::assign(cluster, strata.as_deref(), *folds, *seed, repeat))
                .collect())
        }
    }
}

/// Scores every fold by a model fitted to the other folds.
fn cross_validate(
    frame: &Frame,
    settings: &Settings,
    fold: &[u8],
    y: &[f64],
    weight: &[f64],
) -> Result<Scored, RankError> {
    let n = fold.len();
    let parts: Vec<(Vec<usize>, Scored)> = (0..folds_in(fold))
        .into_par_iter()
        .map(|f| {
            let (test, train): (Vec<usize>, Vec<usize>) =
                (0..n).partition(|&row| usize::from(fold[row]) == f);
            let model = fit(&frame.take(&train), settings)?;
            let points = model.score(&frame.take(&test))?;
            let mut s = Scored::default();
            for (&row, p) in test.iter().zip(points) {
                let score = f64::from(p) / SCALE;
                let se = model.outlook.se_at(score);
                let miss = (y[row] - score - model.outlook.bias).abs() / se;
                s.score.push(score);
                s.se.push(se);
                s.chance_20.push(model.outlook.chance_at(score, 2));
                s.chance_40.push(model.outlook.chance_at(score, 4));
                s.within_80.push(f64::from(u8::from(miss <= model.outlook.widths[0])));
                s.within_90.push(f64::from(u8::from(miss <= model.outlook.widths[1])));
            }
            Ok((test, s))
        })
        .collect::<Result<_, RankError>>()?;
    let zero = vec![0.0; n];
    let mut all = Scored {
        score: zero.clone(),
        truth: y.to_vec(),
        weight: weight.to_vec(),
        chance_40: zero.clone(),
        chance_20: zero.clone(),
        se: zero.clone(),
        within_80: zero.clone(),
        within_90: zero,
    };
    for (test, s) in parts {
        for (i, row) in test.into_iter().enumerate() {
            all.score[row] = s.score[i];
            all.se[row] = s.se[i];
            all.chance_20[row] = s.chance_20[i];
            all.chance_40[row] = s.chance_40[i];
            all.within_80[row] = s.within_80[i];
            all.within_90[row] = s.within_90[i];
        }
    }
    Ok(all)
}

/// Means, jackknife errors and spread over repeats.
fn summarise(scored: &[Scored], keys: &[u64]) -> Vec<(String, Figure)> {
    let per_repeat: Vec<Figures> = scored.par_iter().map(measure).collect();
    let left_out: Vec<Figures> = scored.first().map_or_else(Vec::new, |first| {
        (0..JACKKNIFE)
            .into_par_iter()
            .filter(|g| keys.contains(g))
            .map(|g| measure(&first.filter(|i| keys[i] != g)))
            .collect()
    });
    let spread = |values: &[f64]| -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>())
    };
    let Some(names) = per_repeat.first() else { return Vec::new() };
    (0..names.len())
        .map(|i| {
            let values: Vec<f64> = per_repeat.iter().map(|f| f[i].1).collect();
            let (value, squares) = spread(&values);
            let jack: Vec<f64> = left_out.iter().map(|f| f[i].1).collect();
            let n = jack.len().max(1) as f64;
            let se = ((n - 1.0) / n * spread(&jack).1).sqrt();
            let sd_repeats = (squares / (values.len().max(2) - 1) as f64).sqrt();
            (names[i].0.clone(), Figure { value, se, sd_repeats })
        })
        .collect()
}

/// Fairness repair by the first column of `by` whose name speaks of size.
fn repair(frame: &Frame, by: &[String], s: &Scored) -> Vec<RepairRow> {
    let sizes = by
        .iter()
        .find(|name| name.to_lowercase().contains("size"))
        .and_then(|name| frame.numbers(name).ok());
    let Some(sizes) = sizes else { return Vec::new() };
    let group: Vec<u8> = sizes.iter().map(|&size| size_group(size)).collect();
    compare(&s.score, &s.truth, &s.weight, &group, 4, 0.4)
}

/// Share of each true decile that a 40 % quota does not select.
fn not_selected(s: &Scored) -> Vec<f64> {
    let chosen = lowest(&s.score, &s.weight, 0.4);
    let rank = crate::metrics::ranks(&s.truth, &s.weight);
    (0..10)
        .map(|d| {
            let inside = |i: usize| ((rank[i] * 10.0) as usize).min(9) == d;
            let (mut out, mut all) = (0.0, 0.0);
            for i in (0..rank.len()).filter(|&i| inside(i)) {
                out += s.weight[i] * (1.0 - chosen[i]);
                all += s.weight[i];
            }
            if all > 0.0 { out / all } else { 0.0 }
        })
        .collect()
}

/// Errors by the groups of one column.
fn by_group(frame: &Frame, column: &str, s: &Scored) -> Result<Vec<GroupRow>, RankError> {
    let poor = lowest(&s.truth, &s.weight, 0.4);
    let chosen = lowest(&s.score, &s.weight, 0.4);
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, key) in group_keys(frame, column)?.into_iter().enumerate() {
        groups.entry(key).or_default().push(row);
    }
    let sum = |rows: &[usize], f: &dyn Fn(usize) -> f64| -> f64 {
        rows.iter().map(|&r| s.weight[r] * f(r)).sum()
    };
    Ok(groups
        .into_iter()
        .filter(|(_, rows)| rows.len() >= 30)
        .map(|(group, rows)| {
            let all = sum(&rows, &|_| 1.0);
            let (p, c) = (sum(&rows, &|r| poor[r]), sum(&rows, &|r| chosen[r]));
            let both = sum(&rows, &|r| poor[r] * chosen[r]);
            let undercoverage = if p > 0.0 { 1.0 - both / p } else { 0.0 };
            let squares: f64 = rows.iter().map(|&r| (s.weight[r] * poor[r]).powi(2)).sum();
            let effective = if squares > 0.0 { p * p / squares } else { 1.0 };
            GroupRow {
                column: column.to_owned(),
                group,
                households: rows.len(),
                poor: p / all,
                selected: c / all,
                undercoverage,
                undercoverage_se: (undercoverage * (1.0 - undercoverage) / effective).sqrt(),
                leakage: if c > 0.0 { 1.0 - both / c } else { 0.0 },
            }
        })
        .collect())
}

/// Groups of a column: texts and short code lists as they are, sizes 1-2, 3-4, 5-6, 7+, other
/// numbers in quarters.
fn group_keys(frame: &Frame, column: &str) -> Result<Vec<String>, RankError> {
    let Ok(values) = frame.numbers(column) else { return frame.keys(column) };
    let mut seen: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    seen.sort_unstable_by(f64::total_cmp);
    let mut distinct = seen.clone();
    distinct.dedup();
    if column.to_lowercase().contains("size") {
        let band = |v: &f64| match *v {
            v if v.is_nan() => "missing",
            v if v <= 2.0 => "1-2",
            v if v <= 4.0 => "3-4",
            v if v <= 6.0 => "5-6",
            _ => "7+",
        };
        return Ok(values.iter().map(|v| band(v).to_owned()).collect());
    }
    if distinct.len() <= 8 {
        return frame.keys(column);
    }
    let edge = |q: f64| seen[((seen.len() - 1) as f64 * q) as usize];
    let edges = [edge(0.25), edge(0.5), edge(0.75)];
    let name = |v: &f64| {
        if v.is_nan() {
            return "missing".to_owned();
        }
        match edges.partition_point(|e| e < v) {
            0 => format!("q1 (<= {})", edges[0]),
            1 => format!("q2 (<= {})", edges[1]),
            2 => format!("q3 (<= {})", edges[2]),
            _ => format!("q4 (> {})", edges[2]),
        }
    };
    Ok(values.iter().map(name).collect())
}
