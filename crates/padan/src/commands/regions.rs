//! `padan regions import`: replace the schematic map by real outlines.

use super::publish::StoreArgs;
use crate::failure::Failure;
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// Flags of `padan regions`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan regions import ntb-desa.topo.json --store sqlite:padan.db")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Read a GeoJSON or TopoJSON file whose shapes carry region codes, to district and village
    Import {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let Action::Import { file, store } = args.action;
    import(&file, &store)
}

fn import(file: &Path, store: &StoreArgs) -> Result<(), Failure> {
    let named = |problem: String| Failure::input(format!("{}: {problem}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| named(e.to_string()))?;
    let outlines = web::outlines::parse(&text).map_err(named)?;
    let (store, _) = store.open()?;
    let count = web::outlines::import(&store, outlines).map_err(Failure::work)?;
    println!("{count} outlines are in the store; restart `padan serve` to draw them");
    Ok(())
}
