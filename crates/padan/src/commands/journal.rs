//! `padan journal`.

use crate::failure::Failure;

/// Flags of `padan journal`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan journal` is not wired yet"))
}
