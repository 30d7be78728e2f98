//! `padan edition`.

use crate::failure::Failure;

/// Flags of `padan edition`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan edition` is not wired yet"))
}
