//! `padan synth`.

use crate::failure::Failure;

/// Flags of `padan synth`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan synth` is not wired yet"))
}
