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
        let expected = meter::expected(&frame, programme, &none, &outcome)?;
        let report = EditionReport {
            frame: &frame,
            edition: "demo",
            programme,
            outcome: &outcome,
            cells: &cells,
            expected,
        };
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

fn bench(config: &str, families: usize) -> Result<(), TargetError> {
    let config = PathBuf::from(config);
    let schema = Schema::load(&config.join("instrument.toml"))?;
    let programmes = Programmes::load(&config.join("programmes"), &schema)?;
    let started = Instant::now();
    let frame = synthetic::frame(&schema, families, 1)?;
    let persons = frame.person.id.len();
    println!(
        "{families} families, {persons} persons made in {:.2} s",
        started.elapsed().as_secs_f64()
    );
    let mut all = 0.0;
    for programme in &programmes.0 {
        let started = Instant::now();
        let outcome = targeting::run(&frame, programme, &schema)?;
        let ran = started.elapsed().as_secs_f64();
        let cells = meter::count(&frame, programme, &Default::default(), &outcome)?;
        let counted = started.elapsed().as_secs_f64() - ran;
        let file =
            std::env::temp_dir().join(format!("target-bench-{}.parquet", std::process::id()));
        targeting::list::write(&file, &frame, &outcome)?;
        let written = started.elapsed().as_secs_f64() - ran - counted;
        let _ = std::fs::remove_file(&file);
        all += ran + counted + written;
        println!(
            "{:<28} run {ran:.3} s  meter {counted:.3} s  write {written:.3} s  chosen {} of {} cells {}",
            programme.id,
            outcome.chosen_count(),
            outcome.chosen.len(),
            cells.len()
        );
    }
    println!("all programmes, list and meter: {all:.2} s");
    for (id, key, value, weights) in [
        ("pbi_jk", "decile_max", Value::Int(4), 1.0),
        ("pbi_jk", "hysteresis_points", Value::Double(5.0), 1.0),
        ("pkh", "decile_max", Value::Int(3), 1.0),
        ("pkh", "decile_max", Value::Int(4), 0.5),
    ] {
        let simulator = Simulator::new(&frame, programmes.get(id)?, &schema)?;
        let label = targeting::programme::Label { id: key.into(), en: key.into() };
        let mut weight = std::collections::BTreeMap::new();
        if weights != 1.0 {
            weight.insert("assets".to_owned(), weights);
        }
        let scenario = Scenario {
            name: label,
            programme: id.into(),
            changes: [(key.to_owned(), value)].into(),
            weights: weight,
        };
        let started = Instant::now();
        let effect = simulator.run(&scenario)?;
        println!(
            "scenario {id} {key} weight {weights}: {:.3} s, enter {} leave {}",
            started.elapsed().as_secs_f64(),
            effect.total.enters,
            effect.total.leaves
        );
    }
    Ok(())
}
