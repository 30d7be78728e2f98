//! `target run|simulate|errors CONFIG EDITION OUT [FILE]` on an edition's folder, and
//! `target bench CONFIG FAMILIES [SECONDS…]` on a made-up province, with times per step.

use std::path::PathBuf;
use std::time::Instant;
use targeting::command::{self, Paths};
use targeting::simulate::{Scenario, Simulator};
use targeting::{Programmes, Schema, TargetError, Value, meter, synthetic};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let text: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match text.as_slice() {
        ["run", config, edition, out] => run(&paths(config, edition, out)),
        ["simulate", config, edition, out, file] => simulate(&paths(config, edition, out), file),
        ["errors", config, edition, out, rest @ ..] => {
            errors(&paths(config, edition, out), rest.first().copied())
        }
        ["bench", config, families] => bench(config, families.parse().unwrap_or(100_000)),
        ["demo", config, families, out] => demo(config, families.parse().unwrap_or(20_000), out),
        _ => {
            eprintln!(
                "target run|simulate|errors CONFIG EDITION OUT [FILE]\ntarget bench CONFIG N"
            );
            std::process::exit(2);
        }
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn paths(config: &str, edition: &str, out: &str) -> Paths {
    Paths { config: config.into(), edition: edition.into(), out: out.into() }
}

fn run(paths: &Paths) -> Result<(), TargetError> {
    for r in command::run(paths, &[])? {
        println!(
            "{:<28} units {:>9} eligible {:>9} roll {:>9} list {:>9} enter {:>8} leave {:>8} cost {:>16} proof {}",
            r.programme,
            r.units,
            r.eligible,
            r.listed,
            r.chosen,
            r.enters,
            r.leaves,
            r.cost_year,
            r.proof
        );
    }
    Ok(())
}

fn simulate(paths: &Paths, file: &str) -> Result<(), TargetError> {
    for (scenario, effect) in command::simulate(paths, &PathBuf::from(file))? {
        println!("{} {:?} cost {}", scenario.name.en, effect.total, effect.cost_year);
    }
    Ok(())
}

fn errors(paths: &Paths, audit: Option<&str>) -> Result<(), TargetError> {
    for e in command::errors(paths, &[], audit.map(PathBuf::from).as_deref())? {
        println!("{e:#?}");
    }
    Ok(())
}

/// Writes the reports of a made-up province, to look at.
fn demo(config: &str, families: usize, out: &str) -> Result<(), TargetError> {
    use targeting::report::{EditionReport, Language, edition_html, simulation_html};
    let config = PathBuf::from(config);
    let schema = Schema::load(&config.join("instrument.toml"))?;
    let programmes = Programmes::load(&config.join("programmes"), &schema)?;
    let frame = synthetic::frame(&schema, families, 1)?;
    let out = PathBuf::from(out);
    let save = |name: &str, text: String| {
        std::fs::write(out.join(name), text).map_err(|e| TargetError::Data(e.to_string()))
    };
    let none = Default::default();
    for programme in &programmes.0 {
        let outcome = targeting::run(&frame, programme, &schema)?;
        let cells = meter::count(&frame, programme, &none, &outcome)?;
        let report = EditionReport::new(&frame, "demo", programme, &outcome, &cells)?;
        save(&format!("{}.html", programme.id), edition_html(&report, Language::Indonesian)?)?;
        save(&format!("{}.en.html", programme.id), edition_html(&report, Language::English)?)?;
    }
    let scenarios = targeting::simulate::Scenarios::load(&config.join("scenarios.toml"))?.0;
    let mut effects = Vec::new();
    for scenario in &scenarios {
        let programme = programmes.get(&scenario.programme)?;
        effects.push((programme, Simulator::new(&frame, programme, &schema)?.run(scenario)?));
    }
    let runs: Vec<_> = scenarios.iter().zip(&effects).map(|(s, (p, e))| (*p, s, e)).collect();
    save("simulation.html", simulation_html(&frame, "demo", &runs, Language::Indonesian))?;
    save("simulation.en.html", simulation_html(&frame, "demo", &runs, Language::English))
}

/// Seconds of processor time so far, both cores together (a busy machine does not change it).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn bench(config: &str, families: usize) -> Result<(), TargetError> {
    let config = PathBuf::from(config);
    let schema = Schema::load(&config.join("instrument.toml"))?;
    let programmes = Programmes::load(&config.join("programmes"), &schema)?;
    let mut clock = Lap::new();
    let frame = synthetic::frame(&schema, families, 1)?;
    println!("{families} families, {} persons made in {}", frame.person.id.len(), clock.lap());
    let file = std::env::temp_dir().join(format!("target-bench-{}.parquet", std::process::id()));
    let mut all = Lap::new();
    for programme in &programmes.0 {
        let outcome = targeting::run(&frame, programme, &schema)?;
        let ran = clock.lap();
        let cells = meter::count(&frame, programme, &Default::default(), &outcome)?;
        let counted = clock.lap();
        targeting::list::write(&file, &frame, &outcome)?;
        let written = clock.lap();
        println!(
            "{:<28} run {ran}  meter {counted}  write {written}  chosen {} of {} cells {}",
            programme.id,
            outcome.chosen_count(),
            outcome.chosen.len(),
            cells.len()
        );
    }
    let _ = std::fs::remove_file(&file);
    println!("all programmes, list and meter: {}; most memory {}", all.lap(), peak());
    for (id, key, value, weights) in [
        ("pbi_jk", "decile_max", Value::Int(4), 1.0),
        ("pbi_jk", "hysteresis_points", Value::Double(5.0), 1.0),
        ("pkh", "decile_max", Value::Int(3), 1.0),
        ("pkh", "decile_max", Value::Int(4), 0.5),
    ] {
        let simulator = Simulator::new(&frame, programmes.get(id)?, &schema)?;
        let label = targeting::programme::Label { id: key.into(), en: key.into() };
        let weight = if weights == 1.0 { None } else { Some(("assets".to_owned(), weights)) };
        let scenario = Scenario {
            name: label,
            programme: id.into(),
            changes: [(key.to_owned(), value)].into(),
            weights: weight.into_iter().collect(),
            scores: None,
            quota: None,
        };
        let _ = clock.lap();
        let effect = simulator.run(&scenario)?;
        let took = clock.lap();
        let total = effect.total;
        println!("scenario {id} {key} weight {weights}: {took}, {total:?}");
    }
    Ok(())
}

/// Most memory so far, as the system counts it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find(|l| l.starts_with("VmHWM"))
        .unwrap_or("")
        .replace("VmHWM:", "")
        .trim()
        .to_owned()
}

/// Wall and processor seconds since the last lap.
struct Lap(Instant, f64);

impl Lap {
    fn new() -> Self {
        Self(Instant::now(), cpu())
    }

    fn lap(&mut self) -> String {
        let text = format!("{:.2} s ({:.2} cpu)", self.0.elapsed().as_secs_f64(), cpu() - self.1);
        *self = Self::new();
        text
    }
}
