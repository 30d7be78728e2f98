//! Where the country's configuration stands.

use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// The configuration folder: the one named, else `PADAN_CONFIG`, else `config/id` beside the working
/// directory, the program, or the sources it was built from.
pub fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let beside_program = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(|p| p.join("config/id")))
        .unwrap_or_default();
    let from_sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/id");
    let named: Option<PathBuf> =
        named.map(Path::to_owned).or_else(|| std::env::var_os("PADAN_CONFIG").map(PathBuf::from));
    if let Some(folder) = named {
        if folder.join("instrument.toml").exists() {
            return Ok(folder);
        }
        return Err(Failure::input(format!(
            "{} is not a configuration folder: it has no instrument.toml",
            folder.display()
        )));
    }
    let places = [PathBuf::from("config/id"), beside_program, from_sources];
    places.into_iter().find(|p| p.join("instrument.toml").exists()).ok_or_else(|| {
        Failure::input("no configuration folder found; name one with --config, e.g. config/id")
    })
}

/// The hash of every file of a configuration folder, folded into one.
pub fn fingerprint(folder: &Path) -> Result<String, Failure> {
    let mut all = engine::Fingerprint::new();
    for file in engine::disk::files_below(folder).map_err(Failure::work)? {
        let hash = engine::sha256_file(&folder.join(&file)).map_err(Failure::work)?;
        all = all.with(&file, &hash);
    }
    Ok(all.finish())
}
