//! `padan corrections`: what was accepted becomes an input of the next edition.

use super::live::Live;
use super::publish::StoreArgs;
use crate::failure::Failure;
use kernel::{Date, EditionId};
use std::path::{Path, PathBuf};

/// Flags of `padan corrections`.
#[derive(clap::Args)]
#[command(after_help = "Example, from accepted cases to the next edition:\n  \
padan corrections --store sqlite:padan.db --out province/corrections.jsonl \\\n    \
--spec province/spec.toml --edition 2027-1 --next province/next.toml\n  \
padan build province/next.toml --out editions\n  \
padan publish editions/2027-1 --store sqlite:padan.db")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Where the corrections are written, one JSON object per line
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where every other accepted effect is written too (cover, rolls, flags, new families)
    #[arg(long, value_name = "FILE")]
    effects: Option<PathBuf>,
    /// Only those after this number; 0 for all. Ids stay the same from edition to edition, so
    /// all of them again is right
    #[arg(long, default_value_t = 0)]
    after: u64,
    /// The spec of the edition that people saw: the next one's spec is made from it
    #[arg(long, value_name = "FILE", requires_all = ["edition", "next"])]
    spec: Option<PathBuf>,
    /// Name of the next edition
    #[arg(long, requires = "spec", value_parser = |text: &str| EditionId::new(text))]
    edition: Option<EditionId>,
    /// The day ages are counted on in the next edition [default: as in the spec]
    #[arg(long, requires = "spec")]
    as_of: Option<Date>,
    /// Where the next spec is written, in the folder of the spec
    #[arg(long, value_name = "FILE", requires = "spec")]
    next: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let (store, vault) = args.store.open()?;
    let work = Live::open(&store, &vault)?.work;
    let mut lines = Vec::new();
    let count = work.export_corrections(args.after, &mut lines).map_err(Failure::work)?;
    write(&args.out, &lines)?;
    println!("{}: {count} accepted corrections", args.out.display());
    if let Some(path) = &args.effects {
        let mut lines = Vec::new();
        let count = work.export_effects(args.after, &mut lines).map_err(Failure::work)?;
        write(path, &lines)?;
        println!("{}: {count} accepted effects", path.display());
    }
    if let (Some(spec), Some(edition), Some(next)) = (&args.spec, &args.edition, &args.next) {
        let text = std::fs::read_to_string(spec)
            .map_err(|e| Failure::input(format!("{}: {e}", spec.display())))?;
        let given = Given { edition, as_of: args.as_of, corrections: relative(next, &args.out)? };
        let text = next_spec(&text, &given)
            .map_err(|e| Failure::input(format!("{}: {e}", spec.display())))?;
        if next.parent() != spec.parent() {
            return Err(Failure::input(format!(
                "{}: must lie beside {}, because paths in a spec are relative to its folder",
                next.display(),
                spec.display()
            )));
        }
        write(next, text.as_bytes())?;
        println!("{}: spec of edition {edition}", next.display());
    }
    Ok(())
}

struct Given<'a> {
    edition: &'a EditionId,
    as_of: Option<Date>,
    corrections: String,
}

/// The spec of the next edition: same deliveries, ids carried over, corrections on top.
fn next_spec(text: &str, given: &Given<'_>) -> Result<String, String> {
    let mut spec: toml::Table = toml::from_str(text).map_err(|e| e.to_string())?;
    let parent = spec.get("edition").and_then(toml::Value::as_str).map(str::to_owned);
    let parent = parent.ok_or("no `edition`: this is not a build spec")?;
    if parent == given.edition.as_str() {
        return Err(format!("the next edition cannot be named {parent} too; name it --edition"));
    }
    spec.insert("parent".to_owned(), parent.into());
    spec.insert("edition".to_owned(), given.edition.as_str().into());
    if let Some(day) = given.as_of {
        spec.insert("as_of".to_owned(), day.to_string().into());
    }
    let mut corrections = toml::Table::new();
    corrections.insert("path".to_owned(), given.corrections.clone().into());
    spec.insert("corrections".to_owned(), corrections.into());
    let body = toml::to_string(&spec).map_err(|e| e.to_string())?;
    Ok(format!(
        "# Written by `padan corrections`: the next edition, with what was accepted.\n{body}"
    ))
}

/// `path` as a spec at `spec` names it: relative when it lies below the spec's folder.
fn relative(spec: &Path, path: &Path) -> Result<String, Failure> {
    let absolute = |p: &Path| {
        std::path::absolute(p).map_err(|e| Failure::input(format!("{}: {e}", p.display())))
    };
    let (spec, path) = (absolute(spec)?, absolute(path)?);
    let shown = spec.parent().and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(&path);
    Ok(shown.display().to_string())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    engine::disk::write_file(path, bytes).map_err(Failure::work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_spec_names_parent_and_corrections_and_keeps_deliveries() {
        let text = "edition = \"2026-4\"\nas_of = \"2026-10-01\"\nprovince = \"52\"\n\
                    [[delivery]]\nsource = \"pln\"\npath = \"pln_*.csv\"\ndate = \"2026-10-01\"\n";
        let edition = EditionId::new("2027-1").unwrap();
        let given = Given { edition: &edition, as_of: None, corrections: "c.jsonl".to_owned() };
        let next: toml::Table = toml::from_str(&next_spec(text, &given).unwrap()).unwrap();
        assert_eq!(next["parent"].as_str(), Some("2026-4"));
        assert_eq!(next["edition"].as_str(), Some("2027-1"));
        assert_eq!(next["corrections"]["path"].as_str(), Some("c.jsonl"));
        assert_eq!(next["delivery"][0]["source"].as_str(), Some("pln"));
        let same = EditionId::new("2026-4").unwrap();
        assert!(next_spec(text, &Given { edition: &same, ..given }).is_err());
        assert_eq!(relative(Path::new("a/next.toml"), Path::new("a/c.jsonl")).unwrap(), "c.jsonl");
    }
}
