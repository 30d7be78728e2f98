//! `padan rank fit | evaluate | score | card`: the proxy means test on any survey file.

use crate::failure::Failure;
use clap::{Subcommand, ValueEnum};
use ranking::Settings;
use ranking::command::{self, CardOptions, CutOn, EvaluateOptions, FitOptions, ScoreOptions};
use std::path::PathBuf;

/// Flags of `padan rank`.
#[derive(clap::Args)]
#[command(
    after_help = "Example: padan rank evaluate --data survey.csv --target y --features 'x_*' \
--group village --folds 5 --seed 1 --json\nGuide: docs/guide/rank.md"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Fit a model and write it as a reviewable file
    Fit {
        #[command(flatten)]
        survey: Survey,
        /// Where the model is written
        #[arg(long)]
        out: PathBuf,
        /// Refits on resampled clusters, kept for stability (0: none)
        #[arg(long, default_value_t = 10)]
        draws: usize,
    },
    /// Cross-validate: R², Spearman, undercoverage, leakage and targeting error, fairness, calibration
    Evaluate {
        #[command(flatten)]
        survey: Survey,
        /// Folds per repeat
        #[arg(long, default_value_t = 5)]
        folds: usize,
        /// Repeats with other folds
        #[arg(long, default_value_t = 1)]
        repeats: usize,
        /// Published folds: CSV with the id column and one column per repeat
        #[arg(long)]
        folds_file: Option<PathBuf>,
        /// Columns for fairness (names or patterns); found by their names when absent
        #[arg(long, default_value = "")]
        by: String,
        /// Write held-out scores here
        #[arg(long)]
        predictions: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a model card that an official can read: one HTML page with plots, and CSV files
    Card {
        #[command(flatten)]
        survey: Survey,
        /// Folder of the page (made when absent)
        #[arg(long)]
        out: PathBuf,
        /// Title of the page
        #[arg(long, default_value = "Model pemeringkatan kesejahteraan")]
        title: String,
        /// Folds per repeat
        #[arg(long, default_value_t = 5)]
        folds: usize,
        /// Repeats with other folds
        #[arg(long, default_value_t = 1)]
        repeats: usize,
        /// Published folds: CSV with the id column and one column per repeat
        #[arg(long)]
        folds_file: Option<PathBuf>,
        /// Columns for fairness (names or patterns); found by their names when absent
        #[arg(long, default_value = "")]
        by: String,
        /// Pairs of refits that show how much lists move when nothing has changed (0: none)
        #[arg(long, default_value_t = 2)]
        refits: usize,
    },
    /// Score families with a model: id, score, se, decile
    Score {
        /// The model file
        #[arg(long)]
        model: PathBuf,
        /// The families: CSV or Parquet
        #[arg(long)]
        data: PathBuf,
        /// Where the scores are written (CSV)
        #[arg(long)]
        out: PathBuf,
        /// Id column (the row number when absent)
        #[arg(long)]
        id: Option<String>,
        /// Weight column, for deciles cut on the data
        #[arg(long)]
        weight: Option<String>,
        /// Cut deciles at the model's reference survey, or into ten parts of this file
        #[arg(long, value_enum, default_value_t = Cut::Model)]
        cut_on: Cut,
        /// More columns: chance_20, chance_40, stable_40
        #[arg(long)]
        more: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Cut {
    Model,
    Data,
}

/// The survey and how to fit it.
#[derive(clap::Args)]
struct Survey {
    /// The survey: CSV or Parquet
    #[arg(long)]
    data: PathBuf,
    /// Target column, usually log consumption per person
    #[arg(long)]
    target: String,
    /// Feature columns: names or patterns, separated by commas; `!` takes away
    #[arg(long)]
    features: String,
    /// Numeric columns that are code lists (names or patterns)
    #[arg(long, default_value = "")]
    categorical: String,
    /// Weight column
    #[arg(long)]
    weight: Option<String>,
    /// Household id
    #[arg(long)]
    id: Option<String>,
    /// Sampling unit or region: kept together in folds; large groups get their own deviation
    #[arg(long)]
    group: Option<String>,
    /// Strata of the sampling units
    #[arg(long)]
    strata: Option<String>,
    /// Column of regional deviations
    #[arg(long)]
    region: Option<String>,
    /// auto, ols, ridge, regional, quantile, poverty, stumps, trees, or several joined by +
    #[arg(long, default_value = "auto")]
    method: String,
    /// Promised directions: `pattern:+` or `pattern:-`, separated by commas
    #[arg(long, default_value = "")]
    monotone: String,
    /// Level of the quantile method
    #[arg(long)]
    tau: Option<f64>,
    /// Most pairs of variables a model may hold (0: purely additive)
    #[arg(long)]
    pairs: Option<usize>,
    /// Inner folds
    #[arg(long)]
    inner_folds: Option<usize>,
    /// Seed of folds and draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Survey {
    fn settings(&self, draws: usize) -> Settings {
        let base = Settings::new(&self.target, &self.features);
        Settings {
            categorical: self.categorical.clone(),
            weight: self.weight.clone(),
            id: self.id.clone(),
            cluster: self.group.clone(),
            strata: self.strata.clone(),
            region: self.region.clone(),
            method: self.method.clone(),
            monotone: self.monotone.clone(),
            tau: self.tau.unwrap_or(base.tau),
            pairs: self.pairs.unwrap_or(base.pairs),
            inner_folds: self.inner_folds.unwrap_or(base.inner_folds),
            seed: self.seed,
            draws,
            ..base
        }
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::Fit { survey, out, draws } => fit(&survey, out, draws),
        Action::Evaluate { survey, folds, repeats, folds_file, by, predictions, json } => {
            let settings = survey.settings(0);
            let data = survey.data;
            evaluate(
                &EvaluateOptions { data, settings, folds, repeats, folds_file, by, predictions },
                json,
            )
        }
        Action::Card { survey, out, title, folds, repeats, folds_file, by, refits } => {
            let settings = survey.settings(10);
            let data = survey.data;
            let evaluate = EvaluateOptions {
                data,
                settings,
                folds,
                repeats,
                folds_file,
                by,
                predictions: None,
            };
            card(&CardOptions { evaluate, title, out, refits })
        }
        Action::Score { model, data, out, id, weight, cut_on, more } => {
            let cut_on = match cut_on {
                Cut::Model => CutOn::Model,
                Cut::Data => CutOn::Data,
            };
            let options = ScoreOptions { model, data, out, id, weight, cut_on, more };
            let rows = command::score(&options).map_err(Failure::input)?;
            println!("{rows} rows scored: {}", options.out.display());
            Ok(())
        }
    }
}

fn fit(survey: &Survey, out: PathBuf, draws: usize) -> Result<(), Failure> {
    let settings = survey.settings(draws);
    let options = FitOptions { data: survey.data.clone(), settings, out };
    let model = command::fit(&options).map_err(Failure::input)?;
    println!(
        "{}: {} households, held-out R² {:.4}, {} variables, {} pairs",
        options.out.display(),
        model.report.rows,
        model.report.r2_held_out,
        model.variables.len(),
        model.pairs.len()
    );
    for note in &model.report.notes {
        println!("  {note}");
    }
    Ok(())
}

fn card(options: &CardOptions) -> Result<(), Failure> {
    let evaluation = command::card(options).map_err(Failure::input)?;
    println!("{}", options.out.join("index.html").display());
    for name in ["r2", "spearman", "targeting_error_20", "targeting_error_40", "ece_40"] {
        if let Some(figure) = evaluation.figure(name) {
            println!("  {name:20} {:7.4} ± {:.4}", figure.value, figure.se);
        }
    }
    Ok(())
}

fn evaluate(options: &EvaluateOptions, json: bool) -> Result<(), Failure> {
    let evaluation = command::evaluate(options).map_err(Failure::input)?;
    if json {
        println!("{}", evaluation.to_json().map_err(Failure::work)?);
        return Ok(());
    }
    for (name, figure) in &evaluation.figures {
        println!("{name:28} {:8.4} ± {:.4}", figure.value, figure.se);
    }
    for row in &evaluation.fairness {
        println!(
            "{} {}: {} households, poor {:.3}, selected {:.3}, undercoverage {:.3} ± {:.3}",
            row.column,
            row.group,
            row.households,
            row.poor,
            row.selected,
            row.undercoverage,
            row.undercoverage_se
        );
    }
    Ok(())
}
