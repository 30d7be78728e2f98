//! All deliveries of a spec, one source after another.

use crate::deliver::deliver;
use crate::finding;
use crate::mapping::Sources;
use crate::output::findings_path;
use crate::report::IntakeReport;
use crate::{Context, IntakeError, Spec};
use engine::{EngineError, Progress, TableWriter};
use std::path::Path;

/// Takes in everything `spec` names and writes `records/`, `findings/`, `quality/`,
/// `findings.parquet` and `report.json` into `out`.
///
/// # Errors
/// The first delivery that cannot be used. Sources before it stay in `out`: run it inside a step
/// that is committed as a whole.
pub fn run(
    spec: &Spec,
    config: Option<&Path>,
    out: &Path,
    progress: &Progress,
) -> Result<IntakeReport, IntakeError> {
    let sources = Sources::load(config)?;
    let files = spec.files()?;
    let context = Context::load(config, &files)?;
    let mut reports = Vec::new();
    for source in sources.named_in(&files)? {
        progress.start(&format!("intake {}", source.name), 0, "rows");
        let report = deliver(source, &files, &context, out, progress)?;
        progress.finish(&format!(
            "intake {:<14} {} rows, {} quarantined, {} findings",
            report.source,
            engine::progress::grouped(report.rows),
            engine::progress::grouped(report.quarantined),
            engine::progress::grouped(report.findings),
        ));
        reports.push(report);
    }
    merge_findings(&sources, out, &out.join("findings.parquet"))?;
    let report = IntakeReport::new(reports);
    let text = serde_json::to_string_pretty(&report)
        .map_err(|e| IntakeError::new("report.json", e.to_string(), "this is a defect"))?;
    let path = out.join("report.json");
    engine::disk::write_file(&path, (text + "\n").as_bytes())
        .map_err(|e| IntakeError::engine(&path, &e))?;
    Ok(report)
}

/// Joins `out/findings/<source>.parquet` of all sources, by number, into one table at `to`.
/// Returns its rows. A source without the file has not delivered.
///
/// # Errors
/// When a table cannot be read or written.
pub fn merge_findings(sources: &Sources, out: &Path, to: &Path) -> Result<u64, IntakeError> {
    let wrong = |e: EngineError| IntakeError::engine(to, &e);
    let mut writer = TableWriter::create(to, finding::schema()).map_err(wrong)?;
    let schema = finding::schema();
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    for source in sources.all() {
        let path = findings_path(out, source);
        if path.exists() {
            engine::stream_table(&path, &names, |batch| writer.push(&batch)).map_err(wrong)?;
        }
    }
    writer.finish().map_err(wrong)
}
