//! `cargo run --release -p intake --example intake -- SPEC OUT [CONFIG]`: takes in the deliveries
//! of a spec and prints what was found. For development; `padan build` does the same as a step.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let (Some(spec), Some(out)) = (args.get(1), args.get(2)) else {
        eprintln!("usage: intake SPEC OUT [CONFIG]");
        return ExitCode::from(2);
    };
    match run(Path::new(spec), Path::new(out), args.get(3).map(Path::new)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(spec: &Path, out: &Path, config: Option<&Path>) -> Result<(), intake::IntakeError> {
    let started = Instant::now();
    let spec = intake::Spec::read(spec)?;
    let report = intake::run(&spec, config, out, &engine::Progress::detect())?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{} rows = {} records + {} quarantined in {seconds:.2} s: {:.0} rows/s, peak {} MB",
        report.rows,
        report.records,
        report.quarantined,
        report.rows as f64 / seconds,
        engine::memory::peak_bytes() >> 20,
    );
    Ok(())
}
