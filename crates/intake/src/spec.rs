//! The build spec (docs/DATA.md §2): which files were delivered, by whom, of which day.

use crate::IntakeError;
use kernel::{Date, EditionId, Region};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A build spec as written, with the folder its paths are relative to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The edition to build.
    pub edition: EditionId,
    /// The day ages are counted on.
    pub as_of: Date,
    /// The province.
    pub province: Region,
    /// The edition that ids are carried over from.
    pub parent: Option<EditionId>,
    /// What was delivered.
    #[serde(default, rename = "delivery")]
    pub deliveries: Vec<SpecDelivery>,
    /// Survey with consumption.
    pub survey: Option<SpecPath>,
    /// National reference sample.
    pub reference: Option<SpecPath>,
    /// Accepted corrections, applied by room `edition`.
    pub corrections: Option<SpecPath>,
    /// The hidden truth, for evaluation only.
    pub evaluation: Option<SpecTruth>,
    /// The folder of the spec; paths are relative to it.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// One `[[delivery]]` of the spec: one source, any number of files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecDelivery {
    /// Name of the mapping.
    pub source: String,
    /// A path with `*` and `?` in any part, relative to the spec.
    pub path: String,
    /// The day it describes.
    pub date: Date,
}

/// `[survey]`, `[reference]` and `[corrections]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecPath {
    /// Path relative to the spec.
    pub path: String,
}

/// `[evaluation]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecTruth {
    /// Folder relative to the spec.
    pub truth: String,
}

/// One file of one source. Its number is the `delivery` column of records and findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredFile {
    /// Number in the order of the spec, globs sorted by name, from 1.
    pub delivery: u16,
    /// Name of the mapping.
    pub source: String,
    /// Where it is.
    pub path: PathBuf,
    /// Path relative to the spec, as shown and recorded.
    pub shown: String,
    /// The day it describes.
    pub date: Date,
}

impl Spec {
    /// Reads a spec file.
    ///
    /// # Errors
    /// When it is missing, not TOML, or has an unknown key.
    pub fn read(path: &Path) -> Result<Self, IntakeError> {
        let text = instrument::config::read(path)?;
        let mut spec: Self = instrument::config::parse(&path.display().to_string(), &text)?;
        spec.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(spec)
    }

    /// Every delivered file, numbered.
    ///
    /// # Errors
    /// When a pattern fits no file, or there are more than 65,535 files.
    pub fn files(&self) -> Result<Vec<DeliveredFile>, IntakeError> {
        let mut files = Vec::new();
        for delivery in &self.deliveries {
            let found = expand(&self.folder, &delivery.path)?;
            if found.is_empty() {
                let remedy = "correct `path` of this [[delivery]], or take it out of the spec";
                return Err(IntakeError::new(&delivery.path, "fits no file", remedy));
            }
            for shown in found {
                let number = u16::try_from(files.len() + 1).map_err(|_| {
                    IntakeError::new(&shown, "is file 65,536 of the spec", "join small files")
                })?;
                files.push(DeliveredFile {
                    delivery: number,
                    source: delivery.source.clone(),
                    path: self.folder.join(&shown),
                    shown,
                    date: delivery.date,
                });
            }
        }
        Ok(files)
    }
}

/// Paths below `folder` that fit `pattern`, sorted. A pattern without `*` or `?` is itself.
fn expand(folder: &Path, pattern: &str) -> Result<Vec<String>, IntakeError> {
    let mut found = vec![String::new()];
    for part in pattern.split('/') {
        let join = |start: &str, part: &str| match start {
            "" if pattern.starts_with('/') && part.is_empty() => "/".to_owned(),
            "" => part.to_owned(),
            "/" => format!("/{part}"),
            _ => format!("{start}/{part}"),
        };
        let mut next = Vec::new();
        for start in &found {
            if !part.contains(['*', '?']) {
                next.push(join(start, part));
                continue;
            }
            let dir = folder.join(start);
            let shown = dir.display().to_string();
            let entries = std::fs::read_dir(&dir)
                .map_err(|e| IntakeError::io(&shown, "list the folder", &e))?;
            for entry in entries {
                let entry = entry.map_err(|e| IntakeError::io(&shown, "list the folder", &e))?;
                if let Some(name) = entry.file_name().to_str().filter(|n| fits(part, n)) {
                    next.push(join(start, name));
                }
            }
        }
        found = next;
    }
    found.sort();
    Ok(found)
}

/// True when `name` fits `pattern` of `*` (any run) and `?` (any one byte).
fn fits(pattern: &str, name: &str) -> bool {
    let (p, n) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut pos) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while pos < n.len() {
        if at < p.len() && p[at] == b'*' {
            star = Some((at, pos));
            at += 1;
        } else if at < p.len() && (p[at] == b'?' || p[at] == n[pos]) {
            at += 1;
            pos += 1;
        } else if let Some((star_at, star_pos)) = star {
            // Let the last star swallow one more byte.
            star = Some((star_at, star_pos + 1));
            at = star_at + 1;
            pos = star_pos + 1;
        } else {
            return false;
        }
    }
    p[at..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.csv", "a.csv", true),
            ("*.csv", "a.csv.gz", false),
            ("dtks_????.csv", "dtks_5201.csv", true),
            ("a*b*c", "aXXbYYbc", true),
            ("a*b", "abc", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn files_are_numbered_in_order_of_the_spec() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b/2.csv", "b/1.csv", "a.csv"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let text = "edition = '2026-4'\nas_of = '2026-10-01'\nprovince = '52'\n\
                    [[delivery]]\nsource = 'x'\npath = 'b/*.csv'\ndate = '2026-09-30'\n\
                    [[delivery]]\nsource = 'y'\npath = 'a.csv'\ndate = '2026-09-30'\n";
        let path = dir.path().join("spec.toml");
        std::fs::write(&path, text).unwrap();
        let files = Spec::read(&path).unwrap().files().unwrap();
        let shown: Vec<_> = files.iter().map(|f| (f.delivery, f.shown.as_str())).collect();
        assert_eq!(shown, [(1, "b/1.csv"), (2, "b/2.csv"), (3, "a.csv")]);
        std::fs::write(&path, text.replace("as_of", "as_off")).unwrap();
        let error = Spec::read(&path).unwrap_err();
        assert!(error.line == Some(2) && error.to_string().contains("did you mean"), "{error}");
    }
}
