#![doc = include_str!("../README.md")]

mod arrows;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("check") => report(&all_findings()),
        Some("ratchet") => {
            print!("{}", tidy::ratchet_text(&root()));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: cargo run --release -p xtask -- check | ratchet");
            ExitCode::from(2)
        }
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// What all checks found, a line each.
fn all_findings() -> Vec<String> {
    let root = root();
    let mut findings = arrows::findings(&root);
    findings.extend(tidy::findings(&root));
    findings
}

fn report(findings: &[String]) -> ExitCode {
    for finding in findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        println!("arrows and tidiness: nothing found");
        ExitCode::SUCCESS
    } else {
        eprintln!("{} findings", findings.len());
        ExitCode::from(1)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_whole() {
        let findings = super::all_findings();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}
