//! `padan link`.

use crate::failure::Failure;

/// Flags of `padan link`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> Result<(), Failure> {
    Err(Failure::work("`padan link` is not wired yet"))
}
