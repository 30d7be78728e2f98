//! `padan backup` and `padan restore`.

use crate::failure::Failure;

/// Flags of `padan backup`.
#[derive(clap::Args)]
pub struct BackupArgs {}

/// Flags of `padan restore`.
#[derive(clap::Args)]
pub struct RestoreArgs {}

/// Runs `padan backup`.
pub fn backup(_args: BackupArgs) -> Result<(), Failure> {
    Err(Failure::work("`padan backup` is not wired yet"))
}

/// Runs `padan restore`.
pub fn restore(_args: RestoreArgs) -> Result<(), Failure> {
    Err(Failure::work("`padan restore` is not wired yet"))
}
