//! `padan backup` and `padan restore`.

use super::live::Live;
use super::publish::StoreArgs;
use crate::failure::Failure;
use casework::BackupKey;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Flags of `padan backup`.
#[derive(clap::Args)]
#[command(
    after_help = "Example: padan backup monday.padan --backup-key backup.key --store sqlite:padan.db\n\
The key file is made on the first run. Keep it, and the store's own keys, apart from the backups."
)]
pub struct BackupArgs {
    /// The file to write
    target: PathBuf,
    /// Key of backups; made when it does not exist
    #[arg(long)]
    backup_key: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

/// Flags of `padan restore`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan restore monday.padan --to padan.db --backup-key backup.key")]
pub struct RestoreArgs {
    /// The backup
    backup: PathBuf,
    /// The SQLite file to make; it must not exist
    #[arg(long)]
    to: PathBuf,
    /// Key of backups
    #[arg(long)]
    backup_key: PathBuf,
}

/// Runs `padan backup`.
pub fn backup(args: BackupArgs) -> Result<(), Failure> {
    let (store, vault) = args.store.open()?;
    if !args.backup_key.exists() {
        let key = BackupKey::new().map_err(Failure::work)?;
        write_private(&args.backup_key, &key.expose())?;
        println!("{} is the new key of backups; keep it apart", args.backup_key.display());
    }
    let key = key(&args.backup_key)?;
    let done =
        Live::open(&store, &vault)?.work.backup(&args.target, &key).map_err(Failure::work)?;
    println!(
        "{}: {} bytes, journal of {} entries, root {}",
        args.target.display(),
        done.bytes,
        done.journal_size,
        done.journal_root
    );
    Ok(())
}

/// Runs `padan restore`.
pub fn restore(args: RestoreArgs) -> Result<(), Failure> {
    let key = key(&args.backup_key)?;
    let done = casework::restore(&args.backup, &args.to, &key).map_err(Failure::finding)?.backed;
    println!(
        "{} is whole: {} entries in the journal, root {} as it was backed up; publish the edition again",
        args.to.display(),
        done.journal_size,
        done.journal_root
    );
    Ok(())
}

fn key(path: &Path) -> Result<BackupKey, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::input(format!("{}: {e}", path.display())))?;
    BackupKey::parse(&text).map_err(Failure::input)
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| Failure::work(format!("{}: {e}", path.display())))
}
