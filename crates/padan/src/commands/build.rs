//! `padan build`.

use crate::build::{self, Options};
use crate::failure::Failure;
use engine::progress::Show;
use engine::{KillAt, Progress};
use std::path::PathBuf;

/// Flags of `padan build`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan build province/spec.toml --out editions\n\
A build that was stopped goes on where it was; a finished step is done again only when its inputs, \
the configuration or the program changed.")]
pub struct Args {
    /// The build spec (TOML): which files were delivered, by whom, of which day
    spec: PathBuf,
    /// Folder of editions
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Configuration folder [default: config/id]
    #[arg(long, value_name = "FOLDER")]
    config: Option<PathBuf>,
    /// Threads [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Replace an edition of the same name that differs
    #[arg(long)]
    replace: bool,
    /// Print the result as JSON, and no progress
    #[arg(long)]
    json: bool,
    /// For drills: end the process at STEP:begun, STEP:written or STEP:committed
    #[arg(long, value_name = "STEP:POINT", hide = true)]
    kill_at: Option<KillAt>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(threads) = args.threads {
        engine::set_threads(threads).map_err(Failure::work)?;
    }
    let progress = if args.json { Progress::new(Show::Nothing) } else { Progress::detect() };
    let outcome = build::run(Options {
        spec: args.spec,
        editions: args.out,
        config: build::config::folder(args.config.as_deref())?,
        replace: args.replace,
        kill_at: args.kill_at,
        progress,
    })?;
    if args.json {
        let result = serde_json::json!({
            "edition": outcome.manifest.edition,
            "folder": outcome.folder,
            "counts": outcome.manifest.counts,
            "links": outcome.links,
            "steps": outcome.steps,
            "evaluation": outcome.evaluation,
        });
        println!("{result:#}");
    } else {
        build::print(&outcome);
    }
    Ok(())
}
