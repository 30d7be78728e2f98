//! `padan demo`: a synthetic province from deliveries to a served page, in one command.
//!
//! What is there already is used again: the deliveries when people and seed are the same, the
//! edition's steps by their fingerprints, the store when it holds the same edition.

use super::live::Live;
use super::people::{self, Somebody};
use super::publish::{StoreArgs, publish};
use super::serve::Kind;
use super::{serve, synth};
use crate::build::{self, config};
use crate::failure::Failure;
use engine::Progress;
use province::Options;
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Flags of `padan demo`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan demo --people 100000\nAll people of the demo are invented.")]
pub struct Args {
    /// People of the province (1000 to 5751295)
    #[arg(long, default_value_t = 100_000)]
    people: u64,
    /// The same seed gives the same province
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for everything the demo makes
    #[arg(long, default_value = "demo")]
    dir: PathBuf,
    /// Port of the pages
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Configuration folder [default: config/id]
    #[arg(long, value_name = "FOLDER")]
    config: Option<PathBuf>,
    /// Make everything but serve nothing
    #[arg(long)]
    no_serve: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let config = config::folder(args.config.as_deref())?;
    let mut times = Times { began: Instant::now(), last: Instant::now(), lines: Vec::new() };
    deliveries(&args)?;
    times.step("deliveries");
    let outcome = build::run(build::Options {
        spec: args.dir.join("province/spec.toml"),
        editions: args.dir.join("editions"),
        config,
        replace: true,
        kill_at: None,
        progress: Progress::detect(),
    })?;
    build::print(&outcome);
    times.step("edition");
    let store = StoreArgs { store: store_url(&args.dir), keys: None };
    let (store, vault) = store.open()?;
    if is_published(&store, &outcome.folder)? {
        println!("the store holds this edition already");
    } else {
        publish(&outcome.folder, &store, &vault)?;
    }
    times.step("publish");
    let people = people_to_try(&args.dir, &outcome.folder, &store, &vault)?;
    times.print();
    if args.no_serve {
        return Ok(());
    }
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    serve::serve(
        store,
        vault,
        listen,
        Kind { synthetic: true, demo: true, secure: false, whatsapp: None },
        |address| {
            println!("\nAll people here are invented. Open  http://{address}/  (Ctrl-C stops it.)");
            println!(
                "Officials: http://{address}/masuk, one click each. To check or report as a citizen:"
            );
            people.iter().take(3).for_each(|one| println!("  {}", one.line()));
        },
    )
}

/// Seeds the officials and cases, and names some people of their village.
fn people_to_try(
    dir: &Path,
    edition: &Path,
    store: &store::Store,
    vault: &store::Vault,
) -> Result<Vec<Somebody>, Failure> {
    let work = Live::open(store, vault)?.work;
    let village = doors::seed_demo(&work).map_err(Failure::work)?;
    match village {
        Some(village) => people::write(edition, village.number(), &dir.join("people.csv")),
        None => Ok(Vec::new()),
    }
}

/// Generates the province, unless the folder holds the same one.
fn deliveries(args: &Args) -> Result<(), Failure> {
    let out = args.dir.join("province");
    let mark = out.join("demo.txt");
    let wanted =
        format!("people {} seed {} of {}\n", args.people, args.seed, env!("CARGO_PKG_VERSION"));
    if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        println!("{}: {} people are there already", out.display(), args.people);
        return Ok(());
    }
    if out.exists() {
        // A province of other people: its files must not mix with the new one's.
        std::fs::remove_dir_all(&out).map_err(|e| at(&out, e))?;
    }
    let summary = synth::generate(&Options::new(args.people, args.seed, &out))?;
    print!("{summary}");
    std::fs::write(&mark, wanted).map_err(|e| at(&mark, e))
}

fn store_url(dir: &Path) -> String {
    format!("sqlite:{}", dir.join("padan.db").display())
}

/// True when readers of the store see the edition in `folder`, byte for byte.
fn is_published(store: &store::Store, folder: &Path) -> Result<bool, Failure> {
    let manifest = folder.join("manifest.json");
    let hash = engine::sha256_file(&manifest).map_err(Failure::work)?;
    let current = store.current_edition().map_err(Failure::work)?;
    Ok(current.is_some_and(|edition| edition.manifest_sha256 == hash))
}

fn at(path: &Path, problem: impl Display) -> Failure {
    Failure::work(format!("{}: {problem}", path.display()))
}

/// Seconds per part, printed at the end.
struct Times {
    began: Instant,
    last: Instant,
    lines: Vec<(&'static str, f64)>,
}

impl Times {
    fn step(&mut self, name: &'static str) {
        self.lines.push((name, self.last.elapsed().as_secs_f64()));
        self.last = Instant::now();
    }

    fn print(&self) {
        let parts: Vec<String> =
            self.lines.iter().map(|(name, seconds)| format!("{name} {seconds:.1} s")).collect();
        println!("\n{}; all {:.1} s", parts.join(", "), self.began.elapsed().as_secs_f64());
    }
}
