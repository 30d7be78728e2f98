//! `padan build`.

use crate::failure::Failure;

/// Flags of `padan build`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan build` is not wired yet"))
}
