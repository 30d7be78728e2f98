//! `padan regions`.

use crate::failure::Failure;

/// Flags of `padan regions`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan regions` is not wired yet"))
}
