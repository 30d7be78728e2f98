//! `padan build`: deliveries → edition. The one place where the stages meet.
//!
//! ```text
//! intake-<source>… ─▶ linkage ─▶ edition ─▶ ranking ─▶ targeting ─▶ seal
//! ```
//!
//! Each arrow is a folder of Parquet files under `<editions>/.work/<edition>/`; each step is named,
//! resumable and taken again only when something it depends on has changed.

pub mod config;
mod matcher;
mod ranking_step;
mod report;
mod sealing;
pub mod sql;
mod targeting_step;

use crate::failure::Failure;
use edition::evaluate::Evaluation;
use edition::link::rest::Thresholds;
use edition::link::run::LinkReport;
use edition::stage::Counts;
use edition::{EditionError, Manifest, RecordTable, Survivorship};
use engine::{Fingerprint, KillAt, Progress, Run, RunOptions, StepReport};
use instrument::Instrument;
use intake::{Context, DeliveredFile, SourceReport, Sources, Spec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

pub use report::print;

/// What to build, and how.
pub struct Options {
    /// The spec file.
    pub spec: PathBuf,
    /// The folder of editions.
    pub editions: PathBuf,
    /// The configuration folder.
    pub config: PathBuf,
    /// Replace an edition of the same name that differs.
    pub replace: bool,
    /// For drills: where to end the process.
    pub kill_at: Option<KillAt>,
    /// Shows what happens.
    pub progress: Progress,
}

/// A built edition.
pub struct Outcome {
    /// Its folder.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// What each step cost.
    pub steps: Vec<StepReport>,
    /// Counts of the link step.
    pub links: LinkReport,
    /// How right the links are, when the spec names the truth.
    pub evaluation: Option<Evaluation>,
}

/// The pipeline's state between steps.
struct Pipeline {
    options: Options,
    spec: Spec,
    files: Vec<DeliveredFile>,
    hashes: Vec<(String, u64)>,
    sources: Sources,
    instrument: Instrument,
    rules: Survivorship,
    /// Program and configuration: part of every fingerprint.
    base: Fingerprint,
    run: Run,
}

/// Builds an edition.
pub fn run(options: Options) -> Result<Outcome, Failure> {
    let mut pipeline = Pipeline::open(options)?;
    let (reports, taken) = pipeline.intake()?;
    let tables = pipeline.tables(&taken.folders)?;
    let (links, linked, link_print) = pipeline.link(&tables, &taken.fingerprint)?;
    let built = pipeline.edition(&tables, &links, &taken, &link_print)?;
    let ranked = pipeline.ranking(&built)?;
    let targeted = pipeline.targeting(&built, ranked.as_ref())?;
    let (folder, manifest) = pipeline.seal(&reports, &built, ranked.as_ref(), &targeted)?;
    let evaluation = pipeline.evaluate(&tables, &links)?;
    let steps = pipeline.run.reports().to_vec();
    sealing::write_run(&folder, &steps, &linked, evaluation.as_ref())?;
    Ok(Outcome { folder, manifest, steps, links: linked, evaluation })
}

/// What intake left: a folder per source, and the fingerprint of them all.
struct Taken {
    folders: Vec<PathBuf>,
    findings: PathBuf,
    fingerprint: String,
}

/// A finished step with its fingerprint.
struct Done {
    folder: PathBuf,
    fingerprint: String,
}

impl Pipeline {
    fn open(options: Options) -> Result<Self, Failure> {
        let spec = Spec::read(&options.spec).map_err(Failure::input)?;
        let files = spec.files().map_err(Failure::input)?;
        check_paths(&spec, &options.editions)?;
        let config = Some(options.config.as_path());
        let sources = Sources::load(config).map_err(Failure::input)?;
        sources.named_in(&files).map_err(Failure::input)?;
        let instrument = Instrument::load(config).map_err(Failure::input)?;
        let rules = Survivorship::load(config, &instrument).map_err(Failure::input)?;
        let work = options.editions.join(".work").join(spec.edition.as_str());
        let run_options =
            RunOptions { progress: options.progress.clone(), kill_at: options.kill_at.clone() };
        let run = Run::open(&work, run_options).map_err(Failure::work)?;
        let program = std::env::current_exe().ok().and_then(|p| engine::sha256_file(&p).ok());
        let base = Fingerprint::new()
            .with("program", program.as_deref().unwrap_or(env!("CARGO_PKG_VERSION")))
            .with("config", &config::fingerprint(&options.config)?);
        let hashes = sealing::hash_inputs(&files, &options.progress)?;
        Ok(Self { options, spec, files, hashes, sources, instrument, rules, base, run })
    }

    /// One step per source, so that one changed delivery does not redo the others.
    fn intake(&mut self) -> Result<(Vec<SourceReport>, Taken), Failure> {
        let config = Some(self.options.config.as_path());
        let context = Context::load(config, &self.files).map_err(Failure::input)?;
        let named = self.sources.named_in(&self.files).map_err(Failure::input)?;
        let mut crosswalk = self.base.clone();
        for (file, hash) in
            self.files.iter().zip(&self.hashes).filter(|f| f.0.source == "crosswalk")
        {
            crosswalk = crosswalk.with(&file.shown, &hash.0);
        }
        let (mut reports, mut folders) = (Vec::new(), Vec::new());
        let mut all = Fingerprint::new();
        for source in named {
            let mut print = crosswalk.clone();
            for (file, hash) in self.files.iter().zip(&self.hashes) {
                if file.source == source.name {
                    print = print.with(&format!("{} {}", file.delivery, file.date), &hash.0);
                }
            }
            let print = print.finish();
            let progress = self.options.progress.clone();
            let step = format!("intake-{}", source.name);
            let folder = self
                .run
                .step(&step, &print, |out| -> Result<u64, StepFailure> {
                    let report = intake::deliver(source, &self.files, &context, out, &progress)
                        .map_err(|e| StepFailure(Failure::input(e)))?;
                    write_json(&out.join("report.json"), &report)?;
                    Ok(report.records)
                })
                .map_err(|e| e.0)?;
            all = all.with(&source.name, &print);
            reports.push(read_json::<SourceReport>(&folder.join("report.json"))?);
            folders.push(folder);
        }
        let findings = self.findings(&folders, &all.finish())?;
        Ok((reports, Taken { folders, findings, fingerprint: all.finish() }))
    }

    /// Joins the findings of all sources, by source number.
    fn findings(&mut self, folders: &[PathBuf], print: &str) -> Result<PathBuf, Failure> {
        let folder = self
            .run
            .step("findings", print, |out| -> Result<u64, StepFailure> {
                let to = out.join("findings.parquet");
                let schema = intake::findings_schema();
                let names: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let mut writer = engine::TableWriter::create(&to, schema)?;
                for folder in folders {
                    for file in engine::disk::files_below(&folder.join("findings"))? {
                        let path = folder.join("findings").join(file);
                        engine::stream_table(&path, &names, |batch| writer.push(&batch))?;
                    }
                }
                Ok(writer.finish()?)
            })
            .map_err(|e| e.0)?;
        Ok(folder.join("findings.parquet"))
    }

    /// All record tables, by record id.
    fn tables(&self, folders: &[PathBuf]) -> Result<Vec<RecordTable>, Failure> {
        let unit = |name: &str| {
            self.sources.all().iter().find_map(|source| {
                let table = source
                    .tables
                    .iter()
                    .find(|t| source.file_name(t).strip_suffix(".parquet") == Some(name));
                table.map(|t| t.unit)
            })
        };
        let mut tables = Vec::new();
        for folder in folders {
            let found =
                RecordTable::open_all(&folder.join("records"), unit).map_err(Failure::work)?;
            tables.extend(found);
        }
        tables.sort_by(|a, b| a.first_record.cmp(&b.first_record).then(a.name.cmp(&b.name)));
        Ok(tables)
    }

    fn link(
        &mut self,
        tables: &[RecordTable],
        taken: &str,
    ) -> Result<(PathBuf, LinkReport, String), Failure> {
        let settings = self.options.config.join("linkage.toml");
        let settings = instrument::config::read(&settings).map_err(Failure::input)?;
        let matcher = matcher::Linkage::new(settings);
        let print = Fingerprint::new().with("intake", taken).with("base", &self.base.finish());
        let print = print.finish();
        let progress = self.options.progress.clone();
        let folder = self
            .run
            .step("linkage", &print, |out| -> Result<u64, StepFailure> {
                let inputs = edition::link::run::Inputs {
                    tables,
                    rules: &self.rules,
                    matcher: &matcher,
                    thresholds: Thresholds::default(),
                    progress: &progress,
                };
                let report = edition::link::run::run(&inputs, out)?;
                write_json(&out.join("report.json"), &report)?;
                Ok(report.records)
            })
            .map_err(|e| e.0)?;
        let report = read_json(&folder.join("report.json"))?;
        Ok((folder, report, print))
    }

    fn edition(
        &mut self,
        tables: &[RecordTable],
        links: &Path,
        taken: &Taken,
        linked: &str,
    ) -> Result<Done, Failure> {
        let parent = self.spec.parent.as_ref().map(|p| self.options.editions.join(p.as_str()));
        let corrections = self.spec.corrections.as_ref().map(|c| self.spec.folder.join(&c.path));
        let mut print = Fingerprint::new()
            .with("linkage", linked)
            .with("as_of", &self.spec.as_of.to_string())
            .with("province", &self.spec.province.plain());
        if let Some(parent) = &parent {
            let manifest = parent.join(edition::seal::MANIFEST);
            let hash = engine::sha256_file(&manifest).map_err(|e| {
                Failure::input(format!("the parent edition is not there: {e}; build it first"))
            })?;
            print = print.with("parent", &hash);
        }
        if let Some(path) = &corrections {
            print = print.with("corrections", &engine::sha256_file(path).map_err(Failure::input)?);
        }
        let print = print.finish();
        let progress = self.options.progress.clone();
        let folder = self
            .run
            .step("edition", &print, |out| -> Result<u64, StepFailure> {
                let inputs = edition::stage::Inputs {
                    tables,
                    links,
                    findings: Some(&taken.findings),
                    rules: &self.rules,
                    instrument: &self.instrument,
                    parent: parent.as_deref(),
                    corrections: corrections.as_deref(),
                    as_of: self.spec.as_of,
                    province: self.spec.province,
                    progress: &progress,
                };
                let counts = edition::stage::run(&inputs, out)?;
                write_json(&out.join("counts.json"), &counts)?;
                Ok(counts.persons)
            })
            .map_err(|e| e.0)?;
        Ok(Done { folder, fingerprint: print })
    }

    /// Scores and deciles; nothing without a survey.
    fn ranking(&mut self, built: &Done) -> Result<Option<Done>, Failure> {
        let Some(survey) = &self.spec.survey else { return Ok(None) };
        let survey = self.spec.folder.join(&survey.path);
        let reference = self.spec.reference.as_ref().map(|r| self.spec.folder.join(&r.path));
        let mut print = Fingerprint::new().with("edition", &built.fingerprint);
        for path in [Some(&survey), reference.as_ref()].into_iter().flatten() {
            let hash = engine::sha256_file(path).map_err(Failure::input)?;
            print = print.with("survey", &hash);
        }
        let print = print.finish();
        let progress = self.options.progress.clone();
        let folder = self
            .run
            .step("ranking", &print, |out| -> Result<u64, StepFailure> {
                let inputs = ranking_step::Inputs {
                    edition: &built.folder,
                    survey: &survey,
                    reference: reference.as_deref(),
                    as_of: self.spec.as_of,
                    progress: &progress,
                };
                ranking_step::run(&inputs, out)
                    .map_err(|e| StepFailure(Failure::input(format!("ranking: {e}"))))
            })
            .map_err(|e| e.0)?;
        Ok(Some(Done { folder, fingerprint: print }))
    }

    /// Lists and errors; nothing without deciles.
    fn targeting(&mut self, built: &Done, ranked: Option<&Done>) -> Result<Option<Done>, Failure> {
        let Some(ranked) = ranked else { return Ok(None) };
        let print = Fingerprint::new()
            .with("edition", &built.fingerprint)
            .with("ranking", &ranked.fingerprint)
            .finish();
        let view = self.run.work().join("view");
        sealing::view(&view, &[&built.folder, &ranked.folder], &self.spec)?;
        let (config, progress) = (self.options.config.clone(), self.options.progress.clone());
        let folder = self
            .run
            .step("targeting", &print, |out| -> Result<u64, StepFailure> {
                targeting_step::run(&view, &config, out, &progress)
                    .map_err(|e| StepFailure(Failure::input(format!("targeting: {e}"))))
            })
            .map_err(|e| e.0)?;
        engine::disk::remove_dir(&view).map_err(Failure::work)?;
        Ok(Some(Done { folder, fingerprint: print }))
    }

    fn seal(
        &mut self,
        reports: &[SourceReport],
        built: &Done,
        ranked: Option<&Done>,
        targeted: &Option<Done>,
    ) -> Result<(PathBuf, Manifest), Failure> {
        let counts: Counts = read_json(&built.folder.join("counts.json"))?;
        let folders: Vec<&Path> = [Some(built), ranked, targeted.as_ref()]
            .into_iter()
            .flatten()
            .map(|d| d.folder.as_path())
            .collect();
        let programmes = match targeted {
            Some(done) => read_json(&done.folder.join("programmes.json"))?,
            None => serde_json::Value::Object(serde_json::Map::new()),
        };
        sealing::seal(&sealing::Parts {
            options: &self.options,
            spec: &self.spec,
            inputs: sealing::inputs(&self.files, &self.hashes, reports),
            config: &config::fingerprint(&self.options.config)?,
            steps: self.run.reports(),
            counts,
            programmes,
            folders: &folders,
        })
    }

    fn evaluate(
        &self,
        tables: &[RecordTable],
        links: &Path,
    ) -> Result<Option<Evaluation>, Failure> {
        let Some(truth) = &self.spec.evaluation else { return Ok(None) };
        let truth = self.spec.folder.join(&truth.truth);
        let spine = self.rules.table.iter().find(|t| t.spine).map_or("", |t| t.name.as_str());
        edition::evaluate::evaluate(tables, spine, links, &truth).map(Some).map_err(Failure::work)
    }
}

/// A failed step: the engine's, the edition's or another room's error, with its exit code.
struct StepFailure(Failure);

impl From<engine::EngineError> for StepFailure {
    fn from(error: engine::EngineError) -> Self {
        Self(Failure::work(error))
    }
}

impl From<EditionError> for StepFailure {
    fn from(error: EditionError) -> Self {
        Self(match error {
            EditionError::Engine(_) => Failure::work(error),
            _ => Failure::input(error),
        })
    }
}

/// Refuses a spec whose files are not there before hours of work.
fn check_paths(spec: &Spec, editions: &Path) -> Result<(), Failure> {
    let named = [
        ("[survey] path", spec.survey.as_ref().map(|p| &p.path)),
        ("[reference] path", spec.reference.as_ref().map(|p| &p.path)),
        ("[corrections] path", spec.corrections.as_ref().map(|p| &p.path)),
        ("[evaluation] truth", spec.evaluation.as_ref().map(|p| &p.truth)),
    ];
    for (key, path) in named {
        if let Some(path) = path.filter(|p| !spec.folder.join(p).exists()) {
            return Err(Failure::input(format!("{key}: there is no {path} beside the spec")));
        }
    }
    match &spec.parent {
        Some(parent) if *parent == spec.edition => {
            Err(Failure::input("parent: an edition cannot be its own parent"))
        }
        Some(parent) if !editions.join(parent.as_str()).join("manifest.json").exists() => {
            Err(Failure::input(format!(
                "parent: there is no edition `{}` in {}; build it first or leave parent out",
                parent.as_str(),
                editions.display()
            )))
        }
        _ => Ok(()),
    }
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StepFailure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| StepFailure(Failure::work(e)))?;
    Ok(engine::disk::write_file(path, text.as_bytes())?)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let wrong = |e: String| Failure::work(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))
}
