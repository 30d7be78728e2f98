//! `padan rank fit | evaluate | score` as functions with plain options; the program wires its
//! command line to them.

use crate::evaluate::{Evaluation, Folding, evaluate as cross_validate};
use crate::fit::{Settings, fit as fit_model};
use crate::frame::Frame;
use crate::model::{Model, SCALE};
use crate::outlook::cut_points;
use crate::{RankError, read};
use rustc_hash::FxHashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of `padan rank fit`.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// The survey: CSV or Parquet.
    pub data: PathBuf,
    /// How to fit. A cluster column with 60 or more households per key and no region column is
    /// taken as the region.
    pub settings: Settings,
    /// Where the model is written.
    pub out: PathBuf,
}

/// Options of `padan rank evaluate`.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateOptions {
    /// The survey: CSV or Parquet.
    pub data: PathBuf,
    /// How to fit in every fold.
    pub settings: Settings,
    /// Folds per repeat.
    pub folds: usize,
    /// Repeats.
    pub repeats: usize,
    /// Published folds: CSV with the id column and one column per repeat.
    pub folds_file: Option<PathBuf>,
    /// Columns for fairness (names or patterns); empty: columns whose name says household size,
    /// sex or age of the head, urban or region.
    pub by: String,
    /// Where held-out scores are written, if wanted (`id, score, truth, chance_40`).
    pub predictions: Option<PathBuf>,
}

/// Where the deciles of `padan rank score` come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CutOn {
    /// The cut-offs of the model's reference survey: parts of a file get the same deciles as the
    /// whole.
    #[default]
    Model,
    /// Ten equal parts (by weight) of the scored file.
    Data,
}

/// Options of `padan rank score`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreOptions {
    /// The model file.
    pub model: PathBuf,
    /// The families: CSV or Parquet.
    pub data: PathBuf,
    /// Where `id, score, se, decile` is written.
    pub out: PathBuf,
    /// Id column (the row number when absent).
    pub id: Option<String>,
    /// Weight column, for deciles on the data.
    pub weight: Option<String>,
    /// Where the deciles come from.
    pub cut_on: CutOn,
    /// More columns: `chance_20, chance_40, stable_40` (share of the model's draws that agree
    /// with the model on decile ≤ 4; only for models with draws).
    pub more: bool,
}

/// Reads a file keeping id-like columns as text.
fn load(path: &Path, settings: &Settings) -> Result<Frame, RankError> {
    let as_text: Vec<String> =
        [&settings.id, &settings.cluster, &settings.strata, &settings.region]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
    read::read(path, &as_text)
}

/// Households per key from which a `--group` is a region rather than a sampling unit.
const REGION_SIZE: usize = 60;

/// What the group column is: sampling units are small and are kept together in folds; large groups
/// are regions and get deviations of their own (then folds go by household or id). A region column
/// named apart settles it.
fn roles(settings: &Settings, frame: &Frame) -> Result<(Settings, Option<String>), RankError> {
    let mut settings = settings.clone();
    let Some(group) = settings.cluster.clone().filter(|_| settings.region.is_none()) else {
        return Ok((settings, None));
    };
    let mut keys = frame.keys(&group)?;
    keys.sort_unstable();
    keys.dedup();
    if keys.len() < 2 {
        let note = format!("`{group}` is the same in every row: left out, folds go by household");
        settings.cluster = None;
        return Ok((settings, Some(note)));
    }
    if frame.rows() / keys.len() < REGION_SIZE {
        return Ok((settings, None));
    }
    let note = format!(
        "`{group}` has {} groups of {} households on average: taken as regions with deviations of \
         their own, not as sampling units (name both with --group and --region to settle it)",
        keys.len(),
        frame.rows() / keys.len()
    );
    settings.region = settings.cluster.take();
    Ok((settings, Some(note)))
}

/// Fits a model and writes it.
///
/// # Errors
/// Any [`RankError`] of reading, fitting or writing.
pub fn fit(options: &FitOptions) -> Result<Model, RankError> {
    let frame = load(&options.data, &options.settings)?;
    let (settings, note) = roles(&options.settings, &frame)?;
    let mut model = fit_model(&frame, &settings)?;
    model.report.notes.extend(note);
    write(&options.out, model.to_json()?.as_bytes())?;
    Ok(model)
}

/// Cross-validates on a survey file.
///
/// # Errors
/// Any [`RankError`] of reading or fitting.
pub fn evaluate(options: &EvaluateOptions) -> Result<Evaluation, RankError> {
    let frame = load(&options.data, &options.settings)?;
    let (settings, note) = roles(&options.settings, &frame)?;
    let folding = match &options.folds_file {
        Some(path) => Folding::Given(given_folds(path, &frame, &options.settings)?),
        None => Folding::Drawn {
            folds: options.folds,
            repeats: options.repeats.max(1),
            seed: options.settings.seed,
        },
    };
    let by = if options.by.trim().is_empty() {
        usual_groups(frame.names())
    } else {
        crate::frame::select(frame.names(), &options.by)?
    };
    let mut evaluation = cross_validate(&frame, &settings, &folding, &by)?;
    evaluation.notes.extend(note);
    if let Some(path) = &options.predictions {
        write(path, predictions(&frame, options, &evaluation)?.as_bytes())?;
    }
    Ok(evaluation)
}

fn predictions(
    frame: &Frame,
    options: &EvaluateOptions,
    evaluation: &Evaluation,
) -> Result<String, RankError> {
    let ids = ids(frame, options.settings.id.as_deref())?;
    let y = frame.numbers(&options.settings.target)?;
    let mut text = String::from("id,score,truth,chance_40\n");
    let s = &evaluation.scored;
    for (i, row) in (0..frame.rows()).filter(|&r| y[r].is_finite()).enumerate() {
        let cells = (s.score[i], s.truth[i], s.chance_40[i]);
        text += &format!("{},{:.6},{},{:.4}\n", quoted(&ids[row]), cells.0, cells.1, cells.2);
    }
    Ok(text)
}

/// Options of `padan rank card`.
#[derive(Debug, Clone, PartialEq)]
pub struct CardOptions {
    /// The survey and how to evaluate on it.
    pub evaluate: EvaluateOptions,
    /// Title of the page.
    pub title: String,
    /// Folder of the page and its CSV files (made when absent).
    pub out: PathBuf,
    /// Pairs of refits behind the section on stability (0: none).
    pub refits: usize,
}

/// Fits, evaluates and writes a model card: `index.html`, `figures.csv`, `fairness.csv`,
/// `effects.csv` and `model.json`. Every household is scored by models that had not seen it.
///
/// # Errors
/// Any [`RankError`] of reading, fitting or writing.
pub fn card(options: &CardOptions) -> Result<Evaluation, RankError> {
    let evaluation = evaluate(&options.evaluate)?;
    std::fs::create_dir_all(&options.out).map_err(|e| RankError::file(&options.out, e))?;
    let model = fit(&FitOptions {
        data: options.evaluate.data.clone(),
        settings: options.evaluate.settings.clone(),
        out: options.out.join("model.json"),
    })?;
    let stability = match options.refits {
        0 => None,
        refits => {
            let frame = load(&options.evaluate.data, &options.evaluate.settings)?;
            let (settings, _) = roles(&options.evaluate.settings, &frame)?;
            Some(crate::stability::stability(&frame, &settings, refits)?)
        }
    };
    for file in crate::report::model_card(&options.title, &model, &evaluation, stability.as_ref()) {
        write(&options.out.join(file.name), file.text.as_bytes())?;
    }
    Ok(evaluation)
}

/// Columns by which fairness is looked at when none are named.
fn usual_groups(names: &[String]) -> Vec<String> {
    const WORDS: [&[&str]; 5] = [
        &["hhsize", "household_size", "family_size", "hh_size", "x_hhsize", "size"],
        &["hhmale", "x_hhmale", "head_male", "male_head", "head_sex", "head_female", "sex_head"],
        &["hhage", "x_hhage", "head_age", "age_head"],
        &["urban", "x_urban", "rural", "x_rural", "area"],
        &["region", "province", "prov"],
    ];
    WORDS
        .iter()
        .filter_map(|words| words.iter().find(|w| names.iter().any(|n| n == *w)))
        .map(|w| (*w).to_owned())
        .collect()
}

/// Published folds, brought into the order of the data by id.
fn given_folds(path: &Path, frame: &Frame, settings: &Settings) -> Result<Vec<Vec<u8>>, RankError> {
    let Some(id) = &settings.id else {
        return Err(RankError::Setting {
            name: "--folds-file",
            reason: "needs --id, the column that joins it to the data".into(),
        });
    };
    let folds = read::read(path, std::slice::from_ref(id))?;
    let index: FxHashMap<String, usize> =
        folds.keys(id)?.into_iter().enumerate().map(|(row, key)| (key, row)).collect();
    let ids = frame.keys(id)?;
    folds
        .names()
        .iter()
        .filter(|name| *name != id)
        .map(|name| {
            let values = folds.numbers(name)?;
            ids.iter()
                .map(|key| match index.get(key) {
                    Some(&row) if values[row] >= 0.0 && values[row] < 250.0 => {
                        Ok(values[row] as u8)
                    }
                    _ => Err(RankError::Data(format!(
                        "{}: no fold 0 to 249 for id `{key}` in column `{name}`",
                        path.display()
                    ))),
                })
                .collect()
        })
        .collect()
}

/// Scores a file and writes `id, score, se, decile`; returns the number of rows.
///
/// # Errors
/// Any [`RankError`] of reading, scoring or writing.
pub fn score(options: &ScoreOptions) -> Result<usize, RankError> {
    let text =
        std::fs::read_to_string(&options.model).map_err(|e| RankError::file(&options.model, e))?;
    let model = Model::from_json(&text)?;
    let mut as_text: Vec<String> = options.id.iter().cloned().collect();
    as_text.extend(model.region.iter().map(|r| r.column.clone()));
    let frame = read::read(&options.data, &as_text)?;
    let points = model.score(&frame)?;
    let scores: Vec<f64> = points.iter().map(|&p| f64::from(p) / SCALE).collect();
    let cuts = match options.cut_on {
        CutOn::Model => model.cuts,
        CutOn::Data => {
            let weights = match &options.weight {
                Some(name) => frame.numbers(name)?.to_vec(),
                None => vec![1.0; frame.rows()],
            };
            cut_points(&scores, &weights)
        }
    };
    let ids = ids(&frame, options.id.as_deref())?;
    let draws = if options.more { model.draw_scores(&frame)? } else { Vec::new() };
    let mut out = String::with_capacity(frame.rows() * 40);
    out.push_str("id,score,se,decile");
    out.push_str(if options.more { ",chance_20,chance_40,stable_40\n" } else { "\n" });
    for (row, &score) in scores.iter().enumerate() {
        let decile = 1 + cuts.iter().filter(|&&c| score >= c).count();
        let se = model.outlook.se_at(score);
        out += &format!("{},{score:.6},{se:.4},{decile}", quoted(&ids[row]));
        if options.more {
            let (c20, c40) = (model.outlook.chance_at(score, 2), model.outlook.chance_at(score, 4));
            let same = draws
                .iter()
                .filter(|d| (f64::from(d[row]) / SCALE < cuts[3]) == (score < cuts[3]))
                .count();
            let stable = if draws.is_empty() { 1.0 } else { same as f64 / draws.len() as f64 };
            out += &format!(",{c20:.4},{c40:.4},{stable:.2}");
        }
        out.push('\n');
    }
    write(&options.out, out.as_bytes())?;
    Ok(frame.rows())
}

fn ids(frame: &Frame, id: Option<&str>) -> Result<Vec<String>, RankError> {
    match id {
        Some(name) => frame.keys(name),
        None => match frame.find("id") {
            Some(_) => frame.keys("id"),
            None => Ok((1..=frame.rows()).map(|row| row.to_string()).collect()),
        },
    }
}

/// A CSV cell.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Writes beside the target and moves into place, so that a reader never sees half a file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), RankError> {
    let beside = path.with_extension("part");
    let done = std::fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, path));
    done.map_err(|e| RankError::file(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Column;

    #[test]
    fn a_group_of_everybody_is_left_out_a_large_one_is_a_region_a_small_one_keeps_folds_whole() {
        let check = |size: usize, want: (Option<&str>, Option<&str>)| {
            let mut frame = Frame::new();
            let keys = (0..600).map(|row| (row / size) as f64).collect();
            frame.push("g", Column::Number(keys)).unwrap();
            let mut settings = Settings::new("y", "x");
            settings.cluster = Some("g".into());
            let (settings, note) = roles(&settings, &frame).unwrap();
            assert_eq!((settings.cluster.as_deref(), settings.region.as_deref()), want, "{size}");
            assert_eq!(note.is_some(), want.0.is_none());
        };
        check(600, (None, None));
        check(100, (None, Some("g")));
        check(8, (Some("g"), None));
    }
}
