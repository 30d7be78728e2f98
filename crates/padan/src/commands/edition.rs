//! `padan edition`.

use crate::failure::Failure;
use edition::diff::Drift;
use edition::{EditionError, Manifest, seal};
use engine::progress::grouped;
use std::path::{Path, PathBuf};

/// Flags of `padan edition`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan edition sql editions/2026-4 \\\n  \
\"SELECT decile, count(*) AS families FROM scores GROUP BY decile\"")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// The editions of a folder
    List {
        /// Folder of editions
        editions: PathBuf,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// What an edition was built from and what it holds
    Show {
        /// The edition's folder
        edition: PathBuf,
        /// Print the manifest as it is
        #[arg(long)]
        json: bool,
    },
    /// Hash every file again and compare with the seal
    Verify {
        /// The edition's folder
        edition: PathBuf,
    },
    /// What changed from one edition to another: drift of deciles, moves, totals
    Diff {
        /// The edition before
        before: PathBuf,
        /// The edition now
        now: PathBuf,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// SQL over the tables of an edition (SQLite's dialect; lists as `list_<programme>`)
    Sql {
        /// The edition's folder
        edition: PathBuf,
        /// One SELECT
        query: String,
        /// Print CSV instead of a table
        #[arg(long)]
        csv: bool,
        /// Most rows to print
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
    },
    /// Who does not match the civil register fully, and why in words: a list for its clerks (CSV)
    Residue {
        /// The edition's folder
        edition: PathBuf,
        /// The CSV file to write; it holds whole NIK
        #[arg(long)]
        out: PathBuf,
        /// Reasons in English
        #[arg(long)]
        english: bool,
    },
    /// Counts, quality and cost in words
    Report {
        /// The edition's folder
        edition: PathBuf,
    },
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::List { editions, json } => list(&editions, json),
        Command::Show { edition, json } => show(&edition, json),
        Command::Verify { edition } => verify(&edition),
        Command::Diff { before, now, json } => diff(&before, &now, json),
        Command::Sql { edition, query, csv, limit } => {
            crate::build::sql::run(&edition, &query, csv, limit)
        }
        Command::Residue { edition, out, english } => {
            crate::commands::residue::run(&edition, &out, english)
        }
        Command::Report { edition } => report(&edition),
    }
}

fn wrong(error: EditionError) -> Failure {
    Failure::input(error)
}

fn list(editions: &Path, json: bool) -> Result<(), Failure> {
    let found = edition::catalog::list(editions).map_err(wrong)?;
    if json {
        let rows: Vec<_> = found
            .iter()
            .map(|m| {
                serde_json::json!({ "edition": m.edition, "as_of": m.as_of, "parent": m.parent,
                    "counts": m.counts })
            })
            .collect();
        println!("{:#}", serde_json::Value::Array(rows));
        return Ok(());
    }
    println!("{:<12} {:<12} {:>12} {:>12}  parent", "edition", "as of", "persons", "families");
    for m in found {
        println!(
            "{:<12} {:<12} {:>12} {:>12}  {}",
            m.edition.as_str(),
            m.as_of.to_string(),
            grouped(m.counts.persons),
            grouped(m.counts.families),
            m.parent.as_ref().map_or("-", |p| p.as_str())
        );
    }
    Ok(())
}

fn show(folder: &Path, json: bool) -> Result<(), Failure> {
    let m = Manifest::read(folder).map_err(wrong)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&m).map_err(Failure::work)?);
        return Ok(());
    }
    println!("edition {} as of {}, {}", m.edition.as_str(), m.as_of, m.software);
    println!("parent  {}", m.parent.as_ref().map_or("none", |p| p.as_str()));
    println!("inputs");
    for i in &m.inputs {
        println!(
            "  {:>3} {:<13} {:<46} {:>10} rows {:>7} quarantined  {}",
            i.delivery,
            i.source,
            i.path,
            grouped(i.rows_in),
            grouped(i.quarantined),
            &i.sha256[..12.min(i.sha256.len())]
        );
    }
    println!("files");
    for f in &m.files {
        let rows = f.rows.map_or_else(String::new, |r| format!("{} rows", grouped(r)));
        let short = &f.sha256[..12.min(f.sha256.len())];
        println!("  {:<28} {:>16} {:>10} KiB  {short}", f.path, rows, grouped(f.bytes >> 10));
    }
    Ok(())
}

fn verify(folder: &Path) -> Result<(), Failure> {
    let (manifest, findings) = seal::verify(folder).map_err(wrong)?;
    if findings.is_empty() {
        let name = manifest.edition.as_str();
        println!("edition {name}: {} files are as they were sealed", manifest.files.len());
        return Ok(());
    }
    Err(Failure::finding(format!(
        "{} is not as it was sealed:\n  {}",
        folder.display(),
        findings.join("\n  ")
    )))
}

fn diff(before: &Path, now: &Path, json: bool) -> Result<(), Failure> {
    let d = edition::diff::diff(before, now).map_err(wrong)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&d).map_err(Failure::work)?);
        return Ok(());
    }
    println!(
        "families: {} in both, {} new, {} gone",
        grouped(d.families_kept),
        grouped(d.families_new),
        grouped(d.families_gone)
    );
    println!(
        "persons:  {} in both, {} new, {} gone; {} changed family, {} died",
        grouped(d.persons_kept),
        grouped(d.persons_new),
        grouped(d.persons_gone),
        grouped(d.persons_moved_family),
        grouped(d.persons_died)
    );
    println!("decile of families in both");
    for class in Drift::ALL {
        let n = d.drift.get(class.indonesian()).copied().unwrap_or(0);
        let share = 100.0 * n as f64 / d.families_kept.max(1) as f64;
        println!("  {:<20} {:>12} {share:>6.1} %", class.indonesian(), grouped(n));
    }
    println!("regency      kept      new     gone moved in moved out     fell     rose");
    for (regency, r) in &d.regencies {
        println!(
            "  {regency:<6} {:>9} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8}",
            r.kept, r.new, r.gone, r.moved_in, r.moved_out, r.fell, r.rose
        );
    }
    Ok(())
}

fn report(folder: &Path) -> Result<(), Failure> {
    print!("{}", edition::catalog::report(folder).map_err(wrong)?);
    Ok(())
}
