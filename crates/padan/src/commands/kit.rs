//! `padan kit`: one village for a laptop without network, and back.

use super::live::Live;
use super::publish::StoreArgs;
use crate::failure::Failure;
use clap::Subcommand;
use field::{Kit, KitReturn};
use kernel::{Clock, Region, SystemClock};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use visits::{Desk, Options, Visits};

/// Flags of `padan kit`.
#[derive(clap::Args)]
#[command(after_help = "Example, at the office:\n  \
padan kit make 5202012001 --out barabali.kit --passphrase words.txt --store sqlite:padan.db\n\
in the village, on a laptop without network:\n  \
padan kit open barabali.kit --key KEY --passphrase words.txt --out filled\n\
at the office again:\n  \
padan kit return filled --passphrase words.txt --store sqlite:padan.db\n\
The passphrase goes another way than the file. Without it the file is nothing; after its days it stays closed.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Seal and sign the open visits of one village
    Make {
        /// The village (10 digits)
        village: String,
        /// The kit to write
        #[arg(long)]
        out: PathBuf,
        /// File with the passphrase (12 characters or more)
        #[arg(long)]
        passphrase: PathBuf,
        /// Days until it closes, 1 to 60
        #[arg(long, default_value_t = 14)]
        days: i64,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Open a kit on a laptop: the form in its own browser, filled forms sealed into a folder
    Open {
        /// The kit
        kit: PathBuf,
        /// The office's public key (64 hexadecimal digits), as `make` printed it
        #[arg(long)]
        key: String,
        /// File with the passphrase
        #[arg(long)]
        passphrase: PathBuf,
        /// Folder for filled forms
        #[arg(long)]
        out: PathBuf,
        /// Port on this laptop
        #[arg(long, default_value_t = 8090)]
        port: u16,
        /// Only check the kit and say what is in it
        #[arg(long)]
        check: bool,
    },
    /// Take the filled forms back into the store
    Return {
        /// Folder with filled forms
        folder: PathBuf,
        /// File with the passphrase
        #[arg(long)]
        passphrase: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Make { village, out, passphrase, days, store } => {
            make(&village, &out, &words(&passphrase)?, days, &store)
        }
        What::Open { kit, key, passphrase, out, port, check } => {
            open(&kit, &key, &words(&passphrase)?, &out, (!check).then_some(port))
        }
        What::Return { folder, passphrase, store } => {
            take_back(&folder, &words(&passphrase)?, &store)
        }
    }
}

fn words(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|e| Failure::input(format!("{}: {e}", path.display())))?;
    Ok(text.trim().to_owned())
}

fn visits(store: &StoreArgs) -> Result<Visits, Failure> {
    let (store, vault) = store.open()?;
    let work = Live::open(&store, &vault)?.work;
    Visits::new(work, Options::default()).map_err(Failure::work)
}

fn make(
    village: &str,
    out: &Path,
    words: &str,
    days: i64,
    store: &StoreArgs,
) -> Result<(), Failure> {
    let village = Region::parse(village).map_err(Failure::input)?;
    let visits = visits(store)?;
    let kit = visits.field().kit(village, days, visits.version()).map_err(Failure::input)?;
    let key = visits.field().kit_key();
    let sealed = kit.seal(&key, words).map_err(Failure::input)?;
    std::fs::write(out, sealed).map_err(|e| Failure::work(format!("{}: {e}", out.display())))?;
    println!(
        "{}: {} families of {village}, closes on {}\nkey {}",
        out.display(),
        kit.families.len(),
        casework::day_of(kit.expires_at),
        key.public()
    );
    Ok(())
}

fn open(file: &Path, key: &str, words: &str, out: &Path, port: Option<u16>) -> Result<(), Failure> {
    let bytes = std::fs::read(file);
    let bytes = bytes.map_err(|e| Failure::input(format!("{}: {e}", file.display())))?;
    let kit = Kit::open(&bytes, key, words, SystemClock.now_ms())
        .map_err(|e| Failure::finding(format!("{}: {e}", file.display())))?;
    println!("{} families, closes on {}", kit.families.len(), casework::day_of(kit.expires_at));
    let Some(port) = port else { return Ok(()) };
    std::fs::create_dir_all(out).map_err(|e| Failure::work(format!("{}: {e}", out.display())))?;
    let router = visits::desk_router(Desk::new(kit, words.to_owned(), out.to_owned()));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::work)?;
    let served = runtime.block_on(visits::serve_desk(router, address, || {
        println!("http://{address}/  (only this laptop; Ctrl-C stops it)");
    }));
    served.map_err(|e| Failure::work(format!("{address}: {e}; choose another --port")))
}

fn take_back(folder: &Path, words: &str, store: &StoreArgs) -> Result<(), Failure> {
    let wrong = |e: std::io::Error| Failure::input(format!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(wrong)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "padan-form"))
        .collect();
    files.sort();
    let visits = visits(store)?;
    let (mut new, mut again, mut conflicts) = (0, 0, 0);
    for path in &files {
        let bytes = std::fs::read(path).map_err(wrong)?;
        let back = KitReturn::open(&bytes, words)
            .map_err(|e| Failure::finding(format!("{}: {e}", path.display())))?;
        let taken = visits.field().take_back(&back).map_err(Failure::finding)?;
        new += taken.new;
        again += taken.again;
        conflicts += taken.conflicts;
    }
    println!("{new} forms taken, {again} were here already, {conflicts} to be decided");
    Ok(())
}
