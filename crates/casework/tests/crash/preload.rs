//! The library that is put under a child process: it records what the child writes, and makes
//! chosen writes fail.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds it into `dir`; none, and says so, when the machine has no C compiler.
pub fn library(dir: &Path) -> Option<PathBuf> {
    let library = dir.join("recorder.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/recorder.c");
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl");
    if gcc.status().is_ok_and(|status| status.success()) {
        return Some(library);
    }
    eprintln!("skipped: no gcc for the recorder");
    None
}

/// A folder in memory where the machine has one.
pub fn memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
