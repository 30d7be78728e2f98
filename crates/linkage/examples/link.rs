//! `cargo run --release -p linkage --example link -- SPEC.toml --out DIR`: one run of the engine.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let out = args.iter().position(|a| a == "--out").and_then(|at| args.get(at + 1));
    let (Some(spec), Some(out)) = (args.first(), out) else {
        eprintln!("usage: link SPEC.toml --out DIR");
        return ExitCode::from(2);
    };
    let result =
        linkage::run(&PathBuf::from(spec), &PathBuf::from(out), &mut |line| eprintln!("{line}"));
    match result {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
