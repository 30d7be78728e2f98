//! `padan demo`.

use crate::failure::Failure;

/// Flags of `padan demo`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan demo` is not wired yet"))
}
