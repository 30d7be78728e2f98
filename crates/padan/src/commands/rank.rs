//! `padan rank`.

use crate::failure::Failure;

/// Flags of `padan rank`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan rank` is not wired yet"))
}
