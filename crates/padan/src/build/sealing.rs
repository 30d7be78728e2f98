//! The last step: the tables of all stages under one manifest.

use crate::build::Options;
use crate::failure::Failure;
use edition::Manifest;
use edition::evaluate::Evaluation;
use edition::link::run::LinkReport;
use edition::seal::{self, Input, RUN, Step};
use edition::stage::Counts;
use engine::{Progress, StepReport, disk};
use intake::{DeliveredFile, SourceReport, Spec};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Files of step folders that are not part of an edition.
const NOT_SEALED: [&str; 3] = ["step.json", "counts.json", "programmes.json"];

/// SHA-256 and size of every delivered file.
pub fn hash_inputs(
    files: &[DeliveredFile],
    progress: &Progress,
) -> Result<Vec<(String, u64)>, Failure> {
    let started = Instant::now();
    progress.start("hash inputs", files.len() as u64, "files");
    let paths: Vec<&Path> = files.iter().map(|f| f.path.as_path()).collect();
    let hashes = engine::hash::sha256_files(&paths).map_err(Failure::input)?;
    let bytes: u64 = hashes.iter().map(|h| h.1).sum();
    progress.finish(&format!(
        "{:<20} {:>12} files {:>7.1} s  {:>7} MiB read",
        "hash inputs",
        files.len(),
        started.elapsed().as_secs_f64(),
        engine::progress::grouped(bytes >> 20)
    ));
    Ok(hashes)
}

/// The inputs as the manifest lists them.
pub fn inputs(
    files: &[DeliveredFile],
    hashes: &[(String, u64)],
    reports: &[SourceReport],
) -> Vec<Input> {
    let report =
        |delivery: u16| reports.iter().flat_map(|r| &r.files).find(|f| f.delivery == delivery);
    files
        .iter()
        .zip(hashes)
        .map(|(file, (sha256, bytes))| {
            let counted = report(file.delivery);
            Input {
                delivery: file.delivery,
                source: file.source.clone(),
                path: file.shown.clone(),
                date: file.date,
                sha256: sha256.clone(),
                bytes: *bytes,
                rows_in: counted.map_or(0, |f| f.rows),
                records: counted.map_or(0, |f| f.records),
                quarantined: counted.map_or(0, |f| f.quarantined),
            }
        })
        .collect()
}

/// Links the files of steps into one folder.
fn gather(to: &Path, folders: &[&Path]) -> Result<(), Failure> {
    disk::remove_dir(to).map_err(Failure::work)?;
    disk::make_dir(to).map_err(Failure::work)?;
    for folder in folders {
        for file in disk::files_below(folder).map_err(Failure::work)? {
            if NOT_SEALED.contains(&file.as_str()) {
                continue;
            }
            let target = to.join(&file);
            if let Some(parent) = target.parent() {
                disk::make_dir(parent).map_err(Failure::work)?;
            }
            disk::link_or_copy(&folder.join(&file), &target).map_err(Failure::work)?;
        }
    }
    Ok(())
}

/// A folder that looks like an edition that is not sealed yet, for the targeting step.
pub fn view(to: &Path, folders: &[&Path], spec: &Spec) -> Result<(), Failure> {
    gather(to, folders)?;
    let manifest = serde_json::json!({ "edition": spec.edition, "as_of": spec.as_of });
    disk::write_file(&to.join(seal::MANIFEST), manifest.to_string().as_bytes())
        .map_err(Failure::work)
}

/// What an edition is sealed from.
pub struct Parts<'a> {
    /// Flags.
    pub options: &'a Options,
    /// The spec.
    pub spec: &'a Spec,
    /// Delivered files.
    pub inputs: Vec<Input>,
    /// Hash of the configuration.
    pub config: &'a str,
    /// Steps so far.
    pub steps: &'a [StepReport],
    /// Counts.
    pub counts: Counts,
    /// Programmes with their reasons.
    pub programmes: serde_json::Value,
    /// Folders of the stages.
    pub folders: &'a [&'a Path],
}

/// Seals the edition. One that stands there already with the same manifest is left alone.
pub fn seal(parts: &Parts<'_>) -> Result<(PathBuf, Manifest), Failure> {
    let name = parts.spec.edition.as_str();
    let home = parts.options.editions.join(name);
    let partial = parts.options.editions.join(format!(".{name}.partial"));
    gather(&partial, parts.folders)?;
    let files = seal::hash_files(&partial).map_err(Failure::work)?;
    let parent_manifest = match &parts.spec.parent {
        Some(parent) => {
            let path = parts.options.editions.join(parent.as_str()).join(seal::MANIFEST);
            Some(engine::sha256_file(&path).map_err(Failure::work)?)
        }
        None => None,
    };
    let manifest = Manifest {
        edition: parts.spec.edition.clone(),
        as_of: parts.spec.as_of,
        province: parts.spec.province.plain(),
        parent: parts.spec.parent.clone(),
        parent_manifest,
        software: format!("padan {}", env!("CARGO_PKG_VERSION")),
        inputs: parts.inputs.clone(),
        parameters: parameters(parts)?,
        steps: parts.steps.iter().map(|s| Step { name: s.name.clone(), rows: s.rows }).collect(),
        counts: parts.counts.clone(),
        programmes: parts.programmes.clone(),
        files,
    };
    if Manifest::read(&home).is_ok_and(|sealed| sealed == manifest) {
        disk::remove_dir(&partial).map_err(Failure::work)?;
    } else {
        seal::seal(&partial, &home, &manifest, parts.options.replace).map_err(Failure::input)?;
    }
    Ok((home, manifest))
}

fn parameters(parts: &Parts<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let mut out = BTreeMap::from([("config".to_owned(), parts.config.to_owned())]);
    let spec = parts.spec;
    let named = [
        ("survey", spec.survey.as_ref()),
        ("reference", spec.reference.as_ref()),
        ("corrections", spec.corrections.as_ref()),
    ];
    for (name, path) in named {
        if let Some(path) = path {
            let hash = engine::sha256_file(&spec.folder.join(&path.path)).map_err(Failure::work)?;
            out.insert(name.to_owned(), hash);
        }
    }
    Ok(out)
}

/// Writes `run.json` beside the sealed files: what the build cost and how right its links are.
pub fn write_run(
    home: &Path,
    steps: &[StepReport],
    links: &LinkReport,
    evaluation: Option<&Evaluation>,
) -> Result<(), Failure> {
    let run = serde_json::json!({ "steps": steps, "links": links, "evaluation": evaluation });
    let text = serde_json::to_string_pretty(&run).map_err(Failure::work)?;
    disk::write_file(&home.join(RUN), text.as_bytes()).map_err(Failure::work)
}
