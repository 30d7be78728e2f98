//! `padan serve`.

use crate::failure::Failure;

/// Flags of `padan serve`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan serve` is not wired yet"))
}
