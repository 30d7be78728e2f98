//! The schema, as numbered files that are applied once and never changed afterwards.
//!
//! 0001–0099 belong to publish, 0100–0199 to casework, 0200–0299 to the journal, 0300–0399 to
//! access, 0400–0499 to channels. Add a file to `migrations/`, a line here, and its columns to
//! `classes.toml`. Every file can also be run twice (`IF NOT EXISTS`); tests hold all of this.

use crate::driver::Connection;
use crate::{StoreError, Value};
use sha2::{Digest, Sha256};

/// One migration file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number: the order of application.
    pub number: u32,
    /// The file's name without number and ending.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal) => {
        Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../migrations/", $name, ".sql")),
        }
    };
}

/// All migrations of the store, by number.
pub const ALL: &[Migration] = &[
    migration!(1, "0001_publish"),
    migration!(2, "0002_outline"),
    migration!(100, "0100_casework"),
    migration!(120, "0120_whatsapp"),
    migration!(121, "0121_decree"),
    migration!(122, "0122_cover_cell"),
    migration!(123, "0123_cover_paper"),
    migration!(130, "0130_field"),
    migration!(131, "0131_field_digest"),
    migration!(200, "0200_journal"),
    migration!(300, "0300_access"),
    migration!(301, "0301_sessions"),
    migration!(302, "0302_codes"),
];

/// The tables of one published edition (a file of their own in SQLite, a schema in PostgreSQL).
pub const EDITION: &[Migration] =
    &[migration!(1, "edition/0001_edition"), migration!(10, "edition/0010_simulation")];

/// The indexes of an edition, made after its rows are in.
pub(crate) const EDITION_INDEXES: &str = include_str!("../migrations/edition/indexes.sql");

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT";

/// Applies what is not applied yet, each file in one transaction.
///
/// # Errors
/// When an applied file was changed since, or the store was made by a newer program.
pub(crate) fn apply(
    connection: &mut dyn Connection,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    connection.begin_write()?;
    let result = apply_all(connection, migrations);
    connection.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    result
}

fn apply_all(connection: &mut dyn Connection, migrations: &[Migration]) -> Result<(), StoreError> {
    connection.batch(LEDGER)?;
    let applied = connection.query("SELECT number, sha256 FROM migration ORDER BY number", &[])?;
    let applied: Vec<(u32, String)> = applied
        .iter()
        .map(|row| Ok((row.at(0)?, row.at(1)?)))
        .collect::<Result<_, StoreError>>()?;
    refuse_unknown(&applied, migrations)?;
    for migration in migrations {
        let hash = hex::encode(Sha256::digest(migration.sql.as_bytes()));
        match applied.iter().find(|(number, _)| *number == migration.number) {
            Some((_, known)) if *known == hash => {}
            Some(_) => {
                return Err(StoreError::Migration(format!(
                    "{} was changed after it was applied to this store; put the change into a \
                     new file",
                    migration.name
                )));
            }
            None => {
                connection.batch(migration.sql)?;
                connection.execute(
                    "INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)",
                    &[migration.number.into(), migration.name.into(), Value::Text(hash)],
                )?;
            }
        }
    }
    Ok(())
}

fn refuse_unknown(applied: &[(u32, String)], known: &[Migration]) -> Result<(), StoreError> {
    let unknown = applied.iter().find(|(n, _)| !known.iter().any(|m| m.number == *n));
    unknown.map_or(Ok(()), |(number, _)| {
        Err(StoreError::Migration(format!(
            "this store holds migration {number}, which this program does not know; use the \
             newer program"
        )))
    })
}
