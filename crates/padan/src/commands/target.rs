//! `padan target`.

use crate::failure::Failure;

/// Flags of `padan target`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan target` is not wired yet"))
}
