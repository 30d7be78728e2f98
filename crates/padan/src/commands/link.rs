//! `padan link`: match any person files.

use crate::failure::Failure;
use linkage::LinkError;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Flags of `padan link`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan link persons.toml --out matched\n\
Guide: docs/guide/link.md")]
pub struct Args {
    /// The settings file (TOML)
    #[arg(required_unless_present_any = ["from_splink", "suggest", "add", "find", "serve"])]
    spec: Option<PathBuf>,
    /// Folder for pairs.parquet, clusters.parquet, model.json, report.json
    #[arg(long, required_unless_present_any = ["from_splink", "suggest", "index"])]
    out: Option<PathBuf>,
    /// Look at a file (or two to link) and write a commented settings file to standard output
    #[arg(long, value_name = "FILE", num_args = 1..=2, conflicts_with_all = ["out", "from_splink"])]
    suggest: Vec<PathBuf>,
    /// Write a settings file from the JSON that Splink saved, to standard output
    #[arg(long, value_name = "SETTINGS.json", conflicts_with = "out")]
    from_splink: Option<PathBuf>,
    /// Folder of an index. With settings: make one from their files. Without: see --add, --find and --serve
    #[arg(long, value_name = "DIR")]
    index: Option<PathBuf>,
    /// Add the records of a file to the index, persons keep their numbers
    #[arg(long, value_name = "FILE", requires = "index", conflicts_with = "spec")]
    add: Option<PathBuf>,
    /// Look up the records of a file in the index; CSV to standard output
    #[arg(long, value_name = "FILE", requires = "index", conflicts_with_all = ["spec", "add"])]
    find: Option<PathBuf>,
    /// Answer programs of this machine over HTTP (POST /find, POST /add) until Ctrl-C
    #[arg(long, value_name = "ADDRESS", requires = "index", conflicts_with_all = ["spec", "add", "find"])]
    serve: Option<SocketAddr>,
    /// Name of the records of --add (default: the file's name)
    #[arg(long, requires = "index")]
    source: Option<String>,
    /// Files to match, for the settings file that --from-splink writes
    #[arg(long, requires = "from_splink")]
    data: Vec<String>,
    /// Print nothing but the last line
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(settings) = &args.from_splink {
        return from_splink(settings, &args.data);
    }
    if !args.suggest.is_empty() {
        let files: Vec<&Path> = args.suggest.iter().map(PathBuf::as_path).collect();
        let spec = linkage::suggest::specification(&files).map_err(Failure::input)?;
        print!("{spec}");
        return Ok(());
    }
    if let (Some(index), Some(address)) = (&args.index, args.serve) {
        return serve(index, address);
    }
    if let Some(index) = &args.index {
        return at_index(index, &args);
    }
    match (&args.spec, &args.out) {
        (Some(spec), Some(out)) => link(spec, out, args.quiet),
        _ => Err(Failure::input("give a settings file and --out FOLDER")),
    }
}

fn link(spec: &Path, out: &Path, quiet: bool) -> Result<(), Failure> {
    let mut progress = |line: &str| {
        if !quiet {
            eprintln!("{line}");
        }
    };
    let done = linkage::run(spec, out, &mut progress).map_err(|error| fail(&error))?;
    println!(
        "{} records, {} pairs compared, {} matches, {} clusters, expected false matches {:.2} %, {:.2} s: {}",
        done.records,
        done.pairs,
        done.matches,
        done.clusters,
        done.false_discovery * 100.0,
        done.seconds,
        out.display()
    );
    Ok(())
}

fn at_index(folder: &Path, args: &Args) -> Result<(), Failure> {
    let done = match (&args.spec, &args.add, &args.find) {
        (Some(spec), ..) => linkage::index::make(spec, folder, args.out.as_deref()),
        (_, Some(file), _) => linkage::index::add_file(folder, file, args.source.as_deref()),
        (_, _, Some(file)) => linkage::index::find_file(folder, file),
        _ => {
            return Err(Failure::input(
                "with --index give a settings file, --add, --find or --serve",
            ));
        }
    };
    print!("{}", done.map_err(|e| fail(&e))?);
    Ok(())
}

fn serve(folder: &Path, address: SocketAddr) -> Result<(), Failure> {
    let index = linkage::Index::open(folder).map_err(|e| fail(&e))?;
    let count = index.len();
    let ready =
        |address| println!("{count} records; POST http://{address}/find or /add; Ctrl-C ends");
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::work)?;
    let served = runtime.block_on(lookup::serve(index, address, ready));
    served.map_err(|e| Failure::input(format!("{address}: {e}")))
}

fn fail(error: &LinkError) -> Failure {
    match error {
        LinkError::Output { .. } => Failure::work(error),
        _ => Failure::input(error),
    }
}

fn from_splink(settings: &Path, data: &[String]) -> Result<(), Failure> {
    let name = settings.display();
    let text =
        std::fs::read_to_string(settings).map_err(|e| Failure::input(format!("{name}: {e}")))?;
    let spec = linkage::splink::specification(&text, data)
        .map_err(|e| Failure::input(format!("{name}: {e}")))?;
    print!("{spec}");
    Ok(())
}
