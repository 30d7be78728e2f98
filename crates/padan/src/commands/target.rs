//! `padan target run | simulate | errors`: programmes against an edition.

use crate::build::config;
use crate::failure::Failure;
use clap::Subcommand;
use std::path::{Path, PathBuf};
use std::time::Instant;
use targeting::command::{self, Paths};

/// Flags of `padan target`.
#[derive(clap::Args)]
#[command(
    after_help = "Example: padan target simulate editions/2026-4 scenarios.toml --out what-if\n\
Guide: docs/guide/programmes.md"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    /// Configuration folder [default: config/id]
    #[arg(long, global = true, value_name = "FOLDER")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Action {
    /// Lists with a reason for everyone, errors, and a report per programme
    Run {
        /// Folder of an edition
        edition: PathBuf,
        /// Where lists and reports are written
        #[arg(long)]
        out: PathBuf,
        /// Programmes (all that are valid on the edition's day when none is named)
        #[arg(long)]
        programme: Vec<String>,
    },
    /// What a changed cut, quota, weight or hysteresis would do, before anybody signs
    Simulate {
        /// Folder of an edition
        edition: PathBuf,
        /// The scenarios (TOML)
        scenarios: PathBuf,
        /// Where the side-by-side report is written
        #[arg(long)]
        out: PathBuf,
    },
    /// Undercoverage and leakage, with the decile's uncertainty, and against ground checks
    Errors {
        /// Folder of an edition
        edition: PathBuf,
        /// Where the counts are written
        #[arg(long)]
        out: PathBuf,
        /// Programmes (all valid ones when none is named)
        #[arg(long)]
        programme: Vec<String>,
        /// CSV of ground checks: programme,unit_id,weight,entitled
        #[arg(long)]
        audit: Option<PathBuf>,
    },
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let config = config::folder(args.config.as_deref())?;
    let began = Instant::now();
    match args.action {
        Action::Run { edition, out, programme } => {
            lists(&Paths { config, edition, out }, &programme)?;
        }
        Action::Simulate { edition, scenarios, out } => {
            simulate(&Paths { config, edition, out }, &scenarios)?;
        }
        Action::Errors { edition, out, programme, audit } => {
            errors(&Paths { config, edition, out }, &programme, audit.as_deref())?;
        }
    }
    eprintln!("{:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn lists(paths: &Paths, names: &[String]) -> Result<(), Failure> {
    println!(
        "{:<28} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}  rupiah a year",
        "programme", "units", "eligible", "roll", "list", "enter", "leave"
    );
    for r in command::run(paths, names).map_err(Failure::input)? {
        println!(
            "{:<28} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}  {}",
            r.programme,
            r.units,
            r.eligible,
            r.listed,
            r.chosen,
            r.enters,
            r.leaves,
            kernel::Rupiah(r.cost_year)
        );
    }
    println!("reports: {}", paths.out.display());
    Ok(())
}

fn simulate(paths: &Paths, scenarios: &Path) -> Result<(), Failure> {
    for (scenario, effect) in command::simulate(paths, scenarios).map_err(Failure::input)? {
        println!(
            "{}: {:?}; {} a year, under the law {}",
            scenario.name.id,
            effect.total,
            kernel::Rupiah(effect.cost_year),
            kernel::Rupiah(effect.law_cost_year)
        );
    }
    println!("report: {}", paths.out.display());
    Ok(())
}

fn errors(paths: &Paths, names: &[String], audit: Option<&Path>) -> Result<(), Failure> {
    let percent =
        |share: Option<f64>| share.map_or("–".to_owned(), |s| format!("{:.1} %", s * 100.0));
    for e in command::errors(paths, names, audit).map_err(Failure::input)? {
        println!(
            "{}: undercoverage {}, leakage {} (by the rules)",
            e.programme,
            percent(e.rates.undercoverage),
            percent(e.rates.leakage)
        );
        if let Some(rates) = e.by_decile {
            println!(
                "  by the decile alone: undercoverage {}, leakage {}",
                percent(rates.undercoverage),
                percent(rates.leakage)
            );
        }
        if let Some(expected) = e.expected {
            println!(
                "  expected, the decile being an estimate: undercoverage {} ± {}, leakage {} ± {} \
                 (95 %)",
                percent(Some(expected.undercoverage)),
                percent(Some(expected.undercoverage_range)),
                percent(Some(expected.leakage)),
                percent(Some(expected.leakage_range))
            );
        }
        if audit.is_some() {
            println!(
                "  by ground checks: undercoverage {}, leakage {}",
                estimate(e.audit.0),
                estimate(e.audit.1)
            );
        }
    }
    Ok(())
}

/// A share found by ground checks, with its 95 % interval.
fn estimate(found: Option<targeting::meter::Estimate>) -> String {
    found.map_or_else(
        || "– (no visits for this programme)".to_owned(),
        |e| {
            format!(
                "{:.1} % ({:.1} to {:.1} %, {} visits)",
                e.share * 100.0,
                e.low * 100.0,
                e.high * 100.0,
                e.visits
            )
        },
    )
}
