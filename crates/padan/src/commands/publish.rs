//! `padan publish`: lay an edition into the store, in one switch.

use crate::failure::Failure;
use kernel::{Clock, SystemClock};
use std::path::{Path, PathBuf};
use store::{Store, Vault};

/// Flags of `padan publish`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan publish editions/2026-4 --store sqlite:padan.db\n\
Readers see the old edition whole until the new one is whole.")]
pub struct Args {
    /// Folder of the edition
    edition: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

/// Which store, and where its keys are.
#[derive(clap::Args)]
pub struct StoreArgs {
    /// `sqlite:FILE` or `postgres://USER@HOST/NAME`
    #[arg(long, default_value = "sqlite:padan.db")]
    pub store: String,
    /// File of the keys, outside the database [default: beside it]
    #[arg(long)]
    pub keys: Option<PathBuf>,
}

impl StoreArgs {
    /// Opens the store and its keys; both are made on the first run.
    pub fn open(&self) -> Result<(Store, Vault), Failure> {
        let store = Store::open(&self.store).map_err(Failure::work)?;
        let keys = self.keys.clone().unwrap_or_else(|| store.place().default_keys());
        let vault = Vault::open_or_create(&keys).map_err(Failure::work)?;
        Ok((store, vault))
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let (store, vault) = args.store.open()?;
    publish(&args.edition, &store, &vault)
}

/// Publishes, telling of every step.
pub fn publish(edition: &Path, store: &Store, vault: &Vault) -> Result<(), Failure> {
    let mut say = |step: &str| eprintln!("publish: {step}");
    let report = publish::publish(edition, store, vault, SystemClock.now_ms(), &mut say)
        .map_err(Failure::input)?;
    let seconds: f64 = report.steps.iter().map(|step| step.1).sum();
    println!(
        "edition {} is published: {} people, {} families, {} counts in {seconds:.1} s",
        report.edition.name, report.people, report.families, report.counts
    );
    Ok(())
}
