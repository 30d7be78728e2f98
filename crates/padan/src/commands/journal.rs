//! `padan journal verify | receipt`: checks that need no server.

use crate::failure::Failure;
use clap::Subcommand;
use journal::verify::{self, Trust};
use journal::{Receipt, VerifierKey};
use std::path::{Path, PathBuf};

/// Flags of `padan journal`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan journal receipt tanda-terima.txt --key @journal.vkey")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Rebuild the whole tree of a journal's folder and name the first bad place
    Verify {
        /// Folder of the journal
        folder: PathBuf,
        #[command(flatten)]
        trust: TrustArgs,
        /// Checkpoint files kept outside: the journal must still contain them
        #[arg(long)]
        saved: Vec<PathBuf>,
    },
    /// Verify one receipt, offline (also called `prove`)
    #[command(alias = "prove")]
    Receipt {
        /// The receipt's file
        file: PathBuf,
        #[command(flatten)]
        trust: TrustArgs,
    },
}

#[derive(clap::Args)]
struct TrustArgs {
    /// The journal's published key, or @FILE that holds it
    #[arg(long)]
    key: String,
    /// Key of a witness whose cosignature is demanded, or @FILE (may be repeated)
    #[arg(long)]
    witness: Vec<String>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::Verify { folder, trust, saved } => verify_folder(&folder, &trust, &saved),
        Action::Receipt { file, trust } => verify_receipt(&file, &trust),
    }
}

fn verify_folder(folder: &Path, trust: &TrustArgs, saved: &[PathBuf]) -> Result<(), Failure> {
    let mut trust = believed(trust)?;
    trust.saved = saved.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let found = verify::folder(folder, &trust).map_err(Failure::finding)?;
    println!(
        "in order: {} leaves of {}, {} saved checkpoints honoured, {} witnesses",
        found.checkpoint.size,
        found.checkpoint.origin,
        found.saved_honoured,
        found.witnesses.len()
    );
    Ok(())
}

fn verify_receipt(file: &Path, trust: &TrustArgs) -> Result<(), Failure> {
    let text = read(file)?;
    let (leaf, checkpoint) = verify::receipt(&text, &believed(trust)?).map_err(Failure::finding)?;
    let receipt = Receipt::parse(&text).map_err(Failure::finding)?;
    println!(
        "genuine: {} ({}), leaf {} of {} in {}",
        leaf.kind, leaf.about, receipt.index, checkpoint.size, checkpoint.origin
    );
    Ok(())
}

fn believed(args: &TrustArgs) -> Result<Trust, Failure> {
    let mut trust = Trust::in_key(key(&args.key)?);
    trust.witnesses = args.witness.iter().map(|text| key(text)).collect::<Result<_, _>>()?;
    Ok(trust)
}

fn key(text: &str) -> Result<VerifierKey, Failure> {
    let text = match text.strip_prefix('@') {
        Some(path) => read(Path::new(path))?,
        None => text.to_owned(),
    };
    VerifierKey::parse(text.trim()).map_err(Failure::input)
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::input(format!("{}: {e}", path.display())))
}
