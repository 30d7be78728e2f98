//! Sealing: a folder of files becomes an edition, numbered, hashed and whole.
//!
//! The manifest lists every file with its SHA-256 and holds no time, host or duration: the same
//! inputs give the same manifest. `run.json` (what the build cost) lies beside it, unsealed.

use crate::EditionError;
use crate::stage::Counts;
use engine::{EngineError, disk, row_count, sha256_file};
use kernel::{Date, EditionId};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The manifest's file name.
pub const MANIFEST: &str = "manifest.json";
/// The cost of the build, outside the seal.
pub const RUN: &str = "run.json";

/// One delivered file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its number.
    pub delivery: u16,
    /// Source name.
    pub source: String,
    /// Path as the spec gives it.
    pub path: String,
    /// Its day.
    pub date: Date,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Rows delivered.
    pub rows_in: u64,
    /// Rows that became records.
    pub records: u64,
    /// Rows set aside.
    pub quarantined: u64,
}

/// One file of the edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFile {
    /// Path within the edition.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Rows, for tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// A step and the rows it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The edition.
    pub edition: EditionId,
    /// The day ages are counted on.
    pub as_of: Date,
    /// The province's code.
    pub province: String,
    /// The edition before.
    pub parent: Option<EditionId>,
    /// SHA-256 of the parent's manifest.
    pub parent_manifest: Option<String>,
    /// Program and version.
    pub software: String,
    /// What it was built from.
    pub inputs: Vec<Input>,
    /// Configuration files and settings, by name.
    pub parameters: BTreeMap<String, String>,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// Counts.
    pub counts: Counts,
    /// Programmes with their version, unit and reason lists.
    pub programmes: serde_json::Value,
    /// Every other file of the edition, by path.
    pub files: Vec<SealedFile>,
}

impl Manifest {
    /// Reads the manifest of an edition folder.
    ///
    /// # Errors
    /// When it is absent or not a manifest.
    pub fn read(edition: &Path) -> Result<Self, EditionError> {
        let path = edition.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|e| EngineError::io("read", &path, e))?;
        serde_json::from_str(&text)
            .map_err(|e| EditionError::Broken(format!("{}: {e}", path.display())))
    }
}

/// Hashes the files of a folder (all but the manifest and the run figures), in order of path.
///
/// # Errors
/// When a file cannot be read.
pub fn hash_files(folder: &Path) -> Result<Vec<SealedFile>, EditionError> {
    let files: Vec<String> =
        disk::files_below(folder)?.into_iter().filter(|f| f != MANIFEST && f != RUN).collect();
    files
        .into_par_iter()
        .map(|path| {
            let full = folder.join(&path);
            let bytes =
                std::fs::metadata(&full).map_err(|e| EngineError::io("read", &full, e))?.len();
            let rows = path.ends_with(".parquet").then(|| row_count(&full)).transpose()?;
            Ok(SealedFile { sha256: sha256_file(&full)?, bytes, rows, path })
        })
        .collect()
}

/// Writes the manifest into `partial` and makes it the edition `home`, at once.
///
/// # Errors
/// When the disk refuses. An edition that stands there already is replaced only if `replace`.
pub fn seal(
    partial: &Path,
    home: &Path,
    manifest: &Manifest,
    replace: bool,
) -> Result<(), EditionError> {
    let text =
        serde_json::to_string_pretty(manifest).map_err(|e| EditionError::Broken(e.to_string()))?;
    disk::write_file(&partial.join(MANIFEST), text.as_bytes())?;
    if home.exists() {
        if !replace {
            return Err(EditionError::Input(format!(
                "{} is sealed already and differs; give the new one another name in the spec, or \
                 build with --replace",
                home.display()
            )));
        }
        disk::remove_dir(home)?;
    }
    Ok(disk::commit_dir(partial, home)?)
}

/// What `verify` found wrong, a line each; nothing when the edition is as it was sealed.
///
/// # Errors
/// When the manifest cannot be read.
pub fn verify(edition: &Path) -> Result<(Manifest, Vec<String>), EditionError> {
    let manifest = Manifest::read(edition)?;
    let present: Vec<String> =
        disk::files_below(edition)?.into_iter().filter(|f| f != MANIFEST && f != RUN).collect();
    let mut findings: Vec<String> = manifest
        .files
        .par_iter()
        .filter_map(|file| {
            let path = edition.join(&file.path);
            match sha256_file(&path) {
                Err(e) => Some(format!("{}: {e}", file.path)),
                Ok(hash) if hash != file.sha256 => Some(format!(
                    "{}: differs from the seal (is {}, was {})",
                    file.path,
                    &hash[..12],
                    &file.sha256[..12]
                )),
                Ok(_) => None,
            }
        })
        .collect();
    for path in present.iter().filter(|p| !manifest.files.iter().any(|f| f.path == **p)) {
        findings.push(format!("{path}: is not in the manifest"));
    }
    Ok((manifest, findings))
}
