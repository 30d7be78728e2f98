//! `padan publish`.

use crate::failure::Failure;

/// Flags of `padan publish`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan publish` is not wired yet"))
}
