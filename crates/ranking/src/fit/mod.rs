//! Fitting: from a survey to a `Model`.

mod assemble;
mod linear;
mod money;
mod trees;

use crate::RankError;
use crate::encode::{self, Feature, Richness, Values};
use crate::folds;
use crate::frame::{Column, Frame, select};
use crate::model::{FORMAT, FitReport, Model, RegionPart};
use crate::outlook::{Outlook, cut_points};
use crate::ridge::{Design, PIECES};
use std::collections::BTreeMap;
use std::str::FromStr;

/// How a score is learnt. `Auto` is the average of `Ridge` and `Trees`, weighted by what each
/// explains of held-out households.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Ridge on a rich design, averaged with boosted trees.
    Auto,
    /// Weighted least squares.
    Ols,
    /// Least squares on a rich design (logarithms, hinges, indicators) with penalties chosen by
    /// inner cross-validation.
    Ridge,
    /// Quantile regression at `tau`.
    Quantile,
    /// Least squares with more weight on the poorest `poor_share`.
    Poverty,
    /// Boosted steps in single variables.
    Stumps,
    /// Boosted trees of depth two: single variables and pairs.
    Trees,
}

/// The words of the methods.
const METHODS: [(&str, Method); 9] = [
    ("auto", Method::Auto),
    ("ols", Method::Ols),
    ("wls", Method::Ols),
    ("ridge", Method::Ridge),
    ("quantile", Method::Quantile),
    ("poverty", Method::Poverty),
    ("stumps", Method::Stumps),
    ("trees", Method::Trees),
    ("regional", Method::Ols),
];

impl FromStr for Method {
    type Err = RankError;

    fn from_str(word: &str) -> Result<Self, RankError> {
        METHODS.iter().find(|(w, _)| *w == word).map(|(_, m)| *m).ok_or_else(|| {
            let words: Vec<&str> = METHODS.iter().map(|(w, _)| *w).collect();
            RankError::Setting {
                name: "--method",
                reason: format!(
                    "`{word}` is not one of {}{}",
                    words.join(", "),
                    kernel::suggest::hint(word, words.iter().copied())
                ),
            }
        })
    }
}

/// Settings of a fit. `Settings::new` gives the defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Target column.
    pub target: String,
    /// Feature names or patterns, separated by commas; `!` takes away.
    pub features: String,
    /// Numeric columns that are code lists (names or patterns).
    pub categorical: String,
    /// Weight column.
    pub weight: Option<String>,
    /// Household id: only for an order of rows that does not depend on the file's.
    pub id: Option<String>,
    /// Sampling unit: kept together in folds.
    pub cluster: Option<String>,
    /// Strata of the sampling units.
    pub strata: Option<String>,
    /// Column of regional deviations.
    pub region: Option<String>,
    /// One method, or several joined by `+` for their equal average.
    pub method: String,
    /// Level of the quantile method.
    pub tau: f64,
    /// Share that counts as poor for the poverty-weighted method.
    pub poor_share: f64,
    /// Weight of the poor there.
    pub poor_weight: f64,
    /// Promised directions: `pattern:+` or `pattern:-`, separated by commas.
    pub monotone: String,
    /// Most pairs a model may hold (0: purely additive).
    pub pairs: usize,
    /// Inner folds.
    pub inner_folds: usize,
    /// Seed of folds and draws.
    pub seed: u64,
    /// Refits on resampled clusters kept for stability (0: none).
    pub draws: usize,
}

impl Settings {
    /// Default settings for a target and feature patterns.
    #[must_use]
    pub fn new(target: &str, features: &str) -> Self {
        Self {
            target: target.into(),
            features: features.into(),
            categorical: String::new(),
            weight: None,
            id: None,
            cluster: None,
            strata: None,
            region: None,
            method: "auto".into(),
            tau: 0.4,
            poor_share: 0.4,
            poor_weight: 3.0,
            monotone: String::new(),
            pairs: 40,
            inner_folds: 5,
            seed: 1,
            draws: 0,
        }
    }
}

/// A survey ready for fitting: complete targets, positive weights with mean 1.
pub(crate) struct Sample {
    pub frame: Frame,
    pub y: Vec<f64>,
    pub weights: Vec<f64>,
    pub cluster: Vec<String>,
    /// Inner fold and piece of a fold per row.
    pub fold: Vec<u8>,
    pub piece: Vec<u8>,
    pub folds: usize,
    pub region: Option<(Vec<u32>, Vec<String>)>,
    pub left_out: usize,
}

/// What one method contributes: a linear part, tables, or both.
pub(crate) struct Member {
    /// Intercept and a coefficient per atom on raw scale; `None` without a linear part.
    pub linear: Option<(f64, Vec<Vec<f64>>)>,
    pub tables: Option<crate::boost::Tables>,
    pub deviations: Vec<f64>,
    /// Scores of rows by models that had not seen them.
    pub held_out: Vec<f64>,
}

/// The features with their values and regression columns.
pub(crate) struct Encoded {
    pub features: Vec<Feature>,
    pub values: Vec<Values>,
    pub monotone: Vec<i8>,
}

/// Fits a model.
///
/// # Errors
/// When columns are absent or unusable, settings are out of range, or too few rows remain.
pub fn fit(frame: &Frame, settings: &Settings) -> Result<Model, RankError> {
    let sample = prepare(frame, settings)?;
    let methods = parse_methods(settings)?;
    let mut report = FitReport {
        rows: sample.y.len(),
        rows_left_out: sample.left_out,
        clusters: distinct(&sample.cluster),
        ..FitReport::default()
    };
    report.notes.extend(money::note(&settings.target, &sample.y));
    let names = select(frame.names(), &settings.features)?;
    check_features(&names, settings)?;
    let categorical = encode::categorical(frame.names(), &settings.categorical)?;
    let rich = methods.iter().any(|m| matches!(m, Method::Ridge | Method::Auto));
    let richness = if rich { Richness::Rich } else { Richness::Plain };
    let features = encode::learn(
        &sample.frame,
        &names,
        &categorical,
        &sample.weights,
        richness,
        &mut report.notes,
    )?;
    let values =
        features.iter().map(|f| f.values(&sample.frame)).collect::<Result<Vec<_>, RankError>>()?;
    let monotone = directions(&features, &settings.monotone)?;
    let encoded = Encoded { features, values, monotone };
    let design = linear::design(&encoded, &sample.weights);
    let (members, shares) = members(&methods, &sample, &encoded, &design, settings, &mut report)?;
    let held_out = mix(&members.iter().collect::<Vec<_>>(), &shares);
    report.r2_held_out = r2(&held_out, &sample.y, &sample.weights);
    let mut model = Model {
        format: FORMAT.into(),
        method: settings.method.clone(),
        target: settings.target.clone(),
        cuts: cut_points(&held_out, &sample.weights),
        outlook: Outlook::learn(&held_out, &sample.y, &sample.weights),
        base: 0.0,
        variables: Vec::new(),
        pairs: Vec::new(),
        region: None,
        draws: Vec::new(),
        report,
    };
    assemble::write(&mut model, &members, &shares, &encoded, &sample, settings);
    model.region = region_part(&members, &shares, &sample, settings);
    model.draws = linear::draws(&sample, &encoded, &design, &model, settings);
    model.shortened()
}

/// Runs the methods; returns them with their shares in the average.
fn members(
    methods: &[Method],
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    settings: &Settings,
    report: &mut FitReport,
) -> Result<(Vec<Member>, Vec<f64>), RankError> {
    if methods == [Method::Auto] {
        return Ok(auto(sample, encoded, design, settings, report));
    }
    let mut members = Vec::new();
    for method in methods {
        members.push(match method {
            Method::Ols => linear::ols(sample, encoded, design, report),
            Method::Ridge | Method::Auto => linear::ridge(sample, encoded, design, report),
            Method::Quantile => {
                linear::quantile(sample, encoded, design, settings.tau, false, report)
            }
            Method::Poverty => linear::poverty(sample, encoded, design, settings, report),
            Method::Stumps | Method::Trees => {
                let plain = linear::ridge(sample, encoded, design, report);
                let depth = if *method == Method::Trees { 2 } else { 1 };
                trees::boost(sample, encoded, settings, depth, &plain, report)
            }
        });
    }
    let shares = vec![1.0 / members.len() as f64; members.len()];
    Ok((members, shares))
}

/// Widest plain design for which `auto` runs the quantile regression: its cost grows with the square
/// of the columns, and a wide design needs the penalties of ridge anyway.
const WIDE: usize = 150;

/// The default: half trees, half linear (ridge and a quantile regression at the level where lists
/// are cut, moved to the right mean).
fn auto(
    sample: &Sample,
    encoded: &Encoded,
    design: &Design,
    settings: &Settings,
    report: &mut FitReport,
) -> (Vec<Member>, Vec<f64>) {
    let ridge = linear::ridge(sample, encoded, design, report);
    let trees = trees::boost(sample, encoded, settings, 2, &ridge, report);
    if design.extra.iter().filter(|e| !**e).count() > WIDE {
        let share = stack(&ridge.held_out, &trees.held_out, &sample.y, &sample.weights);
        report.chosen.insert("share_of_trees".into(), share);
        return (vec![ridge, trees], vec![1.0 - share, share]);
    }
    let quantile = linear::quantile(sample, encoded, design, settings.tau, true, report);
    let linear = mix(&[&ridge, &quantile], &[0.3, 0.7]);
    let share = stack(&linear, &trees.held_out, &sample.y, &sample.weights);
    report.chosen.insert("share_of_trees".into(), share);
    let rest = 1.0 - share;
    (vec![ridge, quantile, trees], vec![0.3 * rest, 0.7 * rest, share])
}

/// The share of `b` in the average of `a` and `b`: one half, unless the share with the least
/// held-out squared error improves on one half by more than 0.5 %. Equal shares travel better.
fn stack(a: &[f64], b: &[f64], y: &[f64], weights: &[f64]) -> f64 {
    let (mut top, mut bottom) = (0.0, 0.0);
    for i in 0..y.len() {
        let d = b[i] - a[i];
        top += weights[i] * d * (y[i] - a[i]);
        bottom += weights[i] * d * d;
    }
    let best = (top / bottom.max(1e-300)).clamp(0.0, 1.0);
    let error = |share: f64| -> f64 {
        let miss = |i: usize| y[i] - a[i] - share * (b[i] - a[i]);
        (0..y.len()).map(|i| weights[i] * miss(i).powi(2)).sum()
    };
    if error(best) < 0.995 * error(0.5) { best } else { 0.5 }
}

/// Weighted average of the members' held-out scores.
fn mix(members: &[&Member], shares: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; members.first().map_or(0, |m| m.held_out.len())];
    for (member, share) in members.iter().zip(shares) {
        for (sum, score) in out.iter_mut().zip(&member.held_out) {
            *sum += share * score;
        }
    }
    out
}

fn region_part(
    members: &[Member],
    shares: &[f64],
    sample: &Sample,
    settings: &Settings,
) -> Option<RegionPart> {
    let (_, names) = sample.region.as_ref()?;
    let column = settings.region.clone()?;
    let deviation = |r: usize| -> f64 {
        members.iter().zip(shares).map(|(m, s)| s * m.deviations.get(r).unwrap_or(&0.0)).sum()
    };
    let deviations: BTreeMap<String, f64> =
        names.iter().enumerate().map(|(r, name)| (name.clone(), deviation(r))).collect();
    let n = deviations.len() as f64;
    let sd_between = (deviations.values().map(|d| d * d).sum::<f64>() / n).sqrt();
    Some(RegionPart { column, deviations, sd_between })
}

/// Weighted R².
pub(crate) fn r2(score: &[f64], y: &[f64], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let mean = y.iter().zip(weights).map(|(y, w)| y * w).sum::<f64>() / total;
    let (mut error, mut spread) = (0.0, 0.0);
    for i in 0..y.len() {
        error += weights[i] * (y[i] - score[i]).powi(2);
        spread += weights[i] * (y[i] - mean).powi(2);
    }
    1.0 - error / spread
}

fn distinct(keys: &[String]) -> usize {
    let mut keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len()
}

fn parse_methods(settings: &Settings) -> Result<Vec<Method>, RankError> {
    if settings.method == "regional" && settings.region.is_none() {
        return Err(RankError::Setting {
            name: "--method",
            reason: "`regional` needs --region COLUMN (or --group in `fit`)".into(),
        });
    }
    settings.method.split('+').map(|word| word.trim().parse()).collect()
}

/// Target, weight and keys must not be features.
fn check_features(names: &[String], settings: &Settings) -> Result<(), RankError> {
    let taken = [Some(&settings.target), settings.weight.as_ref(), settings.cluster.as_ref()];
    for name in taken.into_iter().flatten() {
        if names.contains(name) {
            return Err(RankError::Column {
                name: name.clone(),
                reason: format!(
                    "is the target, the weight or the group and cannot be a feature too: add `!{name}` to \
                     --features"
                ),
            });
        }
    }
    Ok(())
}

/// Directions per feature from `pattern:+,pattern:-`.
fn directions(features: &[Feature], rules: &str) -> Result<Vec<i8>, RankError> {
    let mut out = vec![0; features.len()];
    for rule in rules.split(',').map(str::trim).filter(|r| !r.is_empty()) {
        let (pattern, sign) = match rule.rsplit_once(':') {
            Some((pattern, "+")) => (pattern, 1),
            Some((pattern, "-")) => (pattern, -1),
            _ => {
                return Err(RankError::Setting {
                    name: "--monotone",
                    reason: format!("`{rule}` must be `pattern:+` or `pattern:-`"),
                });
            }
        };
        let mut hit = false;
        for (slot, feature) in out.iter_mut().zip(features) {
            if crate::frame::matches(pattern.as_bytes(), feature.name.as_bytes()) {
                *slot = sign;
                hit = true;
            }
        }
        if !hit {
            let reason = format!("`{pattern}` matches no feature");
            return Err(RankError::Setting { name: "--monotone", reason });
        }
    }
    Ok(out)
}

/// Rows with a target and a positive weight; weights scaled to mean 1; inner folds.
fn prepare(frame: &Frame, settings: &Settings) -> Result<Sample, RankError> {
    let y = frame.numbers(&settings.target)?;
    let raw = match &settings.weight {
        Some(name) => frame.numbers(name)?.to_vec(),
        None => vec![1.0; frame.rows()],
    };
    let rows: Vec<usize> =
        (0..frame.rows()).filter(|&r| y[r].is_finite() && raw[r] > 0.0).collect();
    if rows.len() < 50 {
        return Err(RankError::Data(format!(
            "{} of {} rows have a target `{}` and a positive weight; at least 50 are needed",
            rows.len(),
            frame.rows(),
            settings.target
        )));
    }
    let keys = row_keys(frame, settings, &rows)?;
    let (rows, keys) = in_key_order(rows, keys);
    let mean = rows.iter().map(|&r| raw[r]).sum::<f64>() / rows.len() as f64;
    let kept = frame.take(&rows);
    let cluster = match &settings.cluster {
        Some(name) => kept.keys(name)?,
        None => keys,
    };
    let strata = settings.strata.as_ref().map(|name| kept.keys(name)).transpose()?;
    let folds = settings.inner_folds.clamp(2, 20).min(distinct(&cluster));
    if folds < 2 {
        return Err(RankError::Data("all rows are in one cluster: folds need two or more".into()));
    }
    let piece = folds::assign(&cluster, strata.as_deref(), folds * PIECES, settings.seed, 0x1AAE);
    let region = match &settings.region {
        Some(name) => Some(region_codes(&kept.keys(name)?)),
        None => None,
    };
    Ok(Sample {
        y: rows.iter().map(|&r| y[r]).collect(),
        weights: rows.iter().map(|&r| raw[r] / mean).collect(),
        left_out: frame.rows() - rows.len(),
        frame: kept,
        cluster,
        fold: piece.iter().map(|p| p / PIECES as u8).collect(),
        piece,
        folds,
        region,
    })
}

/// A key per row that does not depend on the order of rows: the id, or a hash of its values.
fn row_keys(frame: &Frame, settings: &Settings, rows: &[usize]) -> Result<Vec<String>, RankError> {
    if let Some(id) = &settings.id {
        let keys = frame.keys(id)?;
        return Ok(rows.iter().map(|&r| keys[r].clone()).collect());
    }
    let mut hashes = vec![0u64; frame.rows()];
    for name in frame.names() {
        let column = frame.get(name)?;
        for (row, hash) in hashes.iter_mut().enumerate() {
            let value = match column {
                Column::Number(v) => v[row].to_bits(),
                Column::Text { codes, levels } => levels
                    .get(codes[row] as usize)
                    .map_or(0, |l| l.bytes().fold(7, |h, b| kernel::chance::mix(h ^ u64::from(b)))),
            };
            *hash = kernel::chance::mix(*hash ^ value);
        }
    }
    Ok(rows.iter().map(|&r| format!("{:016x}", hashes[r])).collect())
}

/// Rows and keys sorted by key, so that sums run in the same order for any order of the file.
fn in_key_order(rows: Vec<usize>, keys: Vec<String>) -> (Vec<usize>, Vec<String>) {
    let mut pairs: Vec<(String, usize)> = keys.into_iter().zip(rows).collect();
    pairs.sort();
    pairs.into_iter().map(|(key, row)| (row, key)).unzip()
}

/// Codes of region names in name order; a row without a region gets one past the last.
fn region_codes(keys: &[String]) -> (Vec<u32>, Vec<String>) {
    let mut names: Vec<String> = keys.iter().filter(|k| !k.is_empty()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    let codes =
        keys.iter().map(|key| names.binary_search(key).unwrap_or(names.len()) as u32).collect();
    (codes, names)
}
