//! `padan publish`: lay an edition into the store, in one switch, and its roll of health cover
//! beside it, so that a decree starts from the edition.

use super::live::Live;
use crate::failure::Failure;
use casework::{CoverRow, DecreeRules};
use kernel::{Clock, SystemClock};
use publish::{CoverPerson, CoverTest, PublishError};
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::{Store, StoreError, Vault};

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
    let number = publish(&args.edition, &store, &vault)?;
    lay_cover(&args.edition, number, &store, &vault)
}

/// Publishes, telling of every step. Gives the edition's number in the store.
pub fn publish(edition: &Path, store: &Store, vault: &Vault) -> Result<u32, Failure> {
    let mut say = |step: &str| eprintln!("publish: {step}");
    let report = publish::publish(edition, store, vault, SystemClock.now_ms(), &mut say)
        .map_err(Failure::input)?;
    let seconds: f64 = report.steps.iter().map(|step| step.1).sum();
    println!(
        "edition {} is published: {} people, {} families, {} counts in {seconds:.1} s",
        report.edition.name, report.people, report.families, report.counts
    );
    Ok(report.edition.number)
}

/// Lays the edition's roll of health cover, once: who pays for whom, what speaks against it, what
/// holds them. Readers of pages do not wait for it; decrees do.
fn lay_cover(edition: &Path, number: u32, store: &Store, vault: &Vault) -> Result<(), Failure> {
    eprintln!("publish: roll of health cover");
    let (began, work) = (Instant::now(), Live::open(store, vault)?.work);
    let rules = DecreeRules::builtin().map_err(Failure::work)?;
    let Some(mut load) = work.begin_cover(number).map_err(Failure::work)? else { return Ok(()) };
    let refused =
        |e: casework::CaseworkError| PublishError::Store(StoreError::Caller(e.to_string()));
    publish::cover(edition, &tests(&rules), &mut |people| {
        let rows: Vec<CoverRow> = people.iter().map(row).collect();
        load.add(&rows).map_err(refused)
    })
    .map_err(Failure::input)?;
    let people = load.finish().map_err(Failure::work)?;
    println!("roll of health cover: {people} people in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// The rules' marks and holds as questions to an edition.
fn tests(rules: &DecreeRules) -> Vec<CoverTest> {
    let test = |seen: &casework::Seen, mark: i64, hold: i64| CoverTest {
        column: seen.column.clone(),
        is: seen.is.clone(),
        mark,
        hold,
    };
    let marks = rules.ground.iter().filter_map(|g| Some(test(g.seen.as_ref()?, g.mark?, 0)));
    marks.chain(rules.hold.iter().map(|h| test(&h.seen, 0, h.bit))).collect()
}

fn row(person: &CoverPerson) -> CoverRow {
    CoverRow {
        person: person.person,
        family: person.family,
        village: person.village,
        decile: person.decile,
        segment: person.segment,
        marks: person.marks,
        hold: person.hold,
    }
}
