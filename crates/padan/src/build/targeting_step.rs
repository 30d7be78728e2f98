//! The targeting step: every programme's list and errors.

use engine::Progress;
use std::collections::BTreeMap;
use std::path::Path;
use targeting::run::cells;
use targeting::{Programmes, Schema, TargetError, frame, list, meter};

/// Runs all programmes of `config/programmes` on the tables in `view` (a folder that looks like an
/// edition) and writes `lists/`, `errors.parquet`, `programmes.json` and, for the simulator's page,
/// `simulation.parquet` and `simulation.json` into `out`. Returns the number of rows of all lists.
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
    let (mut laws, mut simulated) = (BTreeMap::new(), Vec::new());
    let mut rows = 0;
    for programme in programmes.0.iter().filter(|p| p.is_valid_on(frame.day())) {
        let outcome = targeting::run(&frame, programme, &schema)?;
        rows += list::write(&lists.join(format!("{}.parquet", programme.id)), &frame, &outcome)?;
        let counted = meter::count(&frame, programme, &targeting::Changes::default(), &outcome)?;
        cells.push((programme.id.clone(), counted));
        entries.insert(programme.id.clone(), programme.manifest_entry());
        if let Some((law, places)) = cells::cells(&frame, programme, &schema, &outcome)? {
            laws.insert(programme.id.clone(), law);
            simulated.push((programme.id.clone(), places));
        }
        progress.add(1);
    }
    let cells: Vec<(&str, &[meter::Cell])> =
        cells.iter().map(|(id, list)| (id.as_str(), list.as_slice())).collect();
    meter::write(&out.join("errors.parquet"), &cells)?;
    let text = serde_json::Value::Object(entries).to_string();
    engine::disk::write_file(&out.join("programmes.json"), text.as_bytes())?;
    let simulated: Vec<_> = simulated.iter().map(|(id, places)| (id.as_str(), places)).collect();
    cells::write(&out.join("simulation.parquet"), &simulated)?;
    let text = serde_json::to_string_pretty(&laws)
        .map_err(|e| TargetError::Data(format!("simulation.json: {e}")))?;
    engine::disk::write_file(&out.join("simulation.json"), text.as_bytes())?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use targeting::programme::Value;
    use targeting::simulate::{Scenario, Simulator};
    use web::simulate::{Ask, Cell, Law, Programme};

    fn page(
        law: &cells::LawSettings,
        cells: &[(cells::Place, cells::SimulationCell)],
    ) -> Programme {
        let law: Law = serde_json::from_value(serde_json::to_value(law).unwrap()).unwrap();
        let cell = |(place, c): &(cells::Place, cells::SimulationCell)| Cell {
            region: place.0,
            priority: u64::from(place.1),
            decile: place.2,
            step: i64::from(place.3),
            listed: place.4,
            units: c.units,
            groups: [c.sizes[0], c.sizes[1], c.sizes[2], c.sizes[3], c.women, c.old],
            amount_year: c.amount_year,
            within: c.within_thousandths as f64 / 1_000.0,
        };
        Programme { law, cells: cells.iter().map(cell).collect() }
    }

    /// The page's cells against the exact run, for every shipped programme with a cut.
    #[test]
    fn the_page_agrees_with_the_exact_simulation() {
        let config = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config/id");
        let schema = Schema::load(&config.join("instrument.toml")).unwrap();
        let programmes = Programmes::load(&config.join("programmes"), &schema).unwrap();
        let frame = targeting::synthetic::frame(&schema, 12_000, 5).unwrap();
        let mut compared = 0;
        for programme in programmes.0.iter().filter(|p| p.is_valid_on(frame.day())) {
            let exact = Simulator::new(&frame, programme, &schema).unwrap();
            let Some((law, cells)) = cells::cells(&frame, programme, &schema, exact.law()).unwrap()
            else {
                continue;
            };
            let cells: Vec<_> = cells.into_iter().collect();
            let page = page(&law, &cells);
            let same = page.play(&page.as_law());
            assert_eq!(same.seats, law.chosen, "{}: the law chooses as many", programme.id);
            for cut in [2u8, 7] {
                let scenario = Scenario {
                    name: programme.name.clone(),
                    programme: programme.id.clone(),
                    changes: [("decile_max".to_owned(), Value::Int(i64::from(cut)))].into(),
                    quota: None,
                    weights: BTreeMap::new(),
                    scores: None,
                };
                let want = exact.run(&scenario).unwrap().total;
                let got = page.play(&Ask { cut, ..page.as_law() });
                assert_eq!(got.seats, want.after, "{} at {cut}", programme.id);
                // A step of need is 0.2 rank points: that many may sit on the other side.
                let slack = 0.01 * frame.rows(programme.unit) as f64;
                let near = |a: f64, b: u64| (a - b as f64).abs() <= slack;
                assert!(
                    near(got.total.enters, want.enters) && near(got.total.leaves, want.leaves),
                    "{} at {cut}: {:?} against {want:?}",
                    programme.id,
                    got.total
                );
                compared += 1;
            }
        }
        assert!(compared >= 8, "{compared} comparisons: too few programmes with a cut");
    }
}
