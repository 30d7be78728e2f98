//! The targeting step: every programme's list and errors.

use engine::Progress;
use std::path::Path;
use targeting::{Programmes, Schema, TargetError, frame, list, meter};

/// Runs all programmes of `config/programmes` on the tables in `view` (a folder that looks like an
/// edition) and writes `lists/`, `errors.parquet` and `programmes.json` into `out`. Returns the
/// number of rows of all lists.
pub fn run(
    view: &Path,
    config: &Path,
    out: &Path,
    progress: &Progress,
) -> Result<u64, TargetError> {
    let schema = Schema::load(&config.join("instrument.toml"))?;
    let programmes = Programmes::load(&config.join("programmes"), &schema)?;
    let frame = frame::load(view, &schema, false)?;
    let lists = out.join("lists");
    engine::disk::make_dir(&lists)?;
    progress.expect(programmes.0.len() as u64, "programmes");
    let mut entries = serde_json::Map::new();
    let mut cells = Vec::new();
    let mut rows = 0;
    for programme in programmes.0.iter().filter(|p| p.is_valid_on(frame.day())) {
        let outcome = targeting::run(&frame, programme, &schema)?;
        rows += list::write(&lists.join(format!("{}.parquet", programme.id)), &frame, &outcome)?;
        let counted = meter::count(&frame, programme, &targeting::Changes::default(), &outcome)?;
        cells.push((programme.id.clone(), counted));
        entries.insert(programme.id.clone(), programme.manifest_entry());
        progress.add(1);
    }
    let cells: Vec<(&str, &[meter::Cell])> =
        cells.iter().map(|(id, list)| (id.as_str(), list.as_slice())).collect();
    meter::write(&out.join("errors.parquet"), &cells)?;
    let text = serde_json::Value::Object(entries).to_string();
    engine::disk::write_file(&out.join("programmes.json"), text.as_bytes())?;
    Ok(rows)
}
