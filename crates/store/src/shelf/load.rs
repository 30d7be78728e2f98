//! Laying an edition on the shelf: fill, seal, switch, clear away.

use super::{EditionRow, KEPT, edition_file, schema_name};
use crate::driver::Connection;
use crate::migrations::{EDITION, EDITION_INDEXES};
use crate::place::Place;
use crate::postgres::{Postgres, failure};
use crate::sqlite::Sqlite;
use crate::store::Store;
use crate::{Query, StoreError, Value, params};
use kernel::{Date, EditionId};
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::ToSql;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Advisory lock of the loader, so two publishes do not clear away each other's work.
const LOADER_LOCK: i64 = 0x0050_4144_414f;

/// Fills the tables of an edition that nobody sees yet.
pub struct Loader {
    connection: Target,
    rows: u64,
}

#[expect(clippy::large_enum_variant, reason = "one value per publication; a box would buy nothing")]
enum Target {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Loader {
    /// Appends rows to a table of the edition (migrations/edition), in the order given. Rows that
    /// come in the order of the table's key are much faster.
    ///
    /// # Errors
    /// The first error of the iterator, or a row the table refuses.
    pub fn append(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = Result<Vec<Value>, StoreError>>,
    ) -> Result<u64, StoreError> {
        let count = match &mut self.connection {
            Target::Sqlite(target) => append_sqlite(target, table, columns, rows)?,
            Target::Postgres(target) => copy_postgres(target, table, columns, rows)?,
        };
        self.rows += count;
        Ok(count)
    }

    /// Rows appended so far.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    fn finish(mut self) -> Result<(), StoreError> {
        match &mut self.connection {
            Target::Sqlite(target) => target.batch(EDITION_INDEXES),
            Target::Postgres(target) => {
                target.batch(EDITION_INDEXES)?;
                target.batch("ANALYZE")
            }
        }
    }
}

fn append_sqlite(
    target: &mut Sqlite,
    table: &str,
    columns: &[&str],
    rows: impl IntoIterator<Item = Result<Vec<Value>, StoreError>>,
) -> Result<u64, StoreError> {
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let sql =
        format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    target.batch("BEGIN")?;
    let mut count = 0;
    {
        let refused = |e: rusqlite::Error| StoreError::Refused(format!("{table}: {e}"));
        let mut statement = target.raw().prepare(&sql).map_err(refused)?;
        for row in rows {
            statement.execute(rusqlite::params_from_iter(row?)).map_err(refused)?;
            count += 1;
        }
    }
    target.batch("COMMIT")?;
    Ok(count)
}

fn copy_postgres(
    target: &mut Postgres,
    table: &str,
    columns: &[&str],
    rows: impl IntoIterator<Item = Result<Vec<Value>, StoreError>>,
) -> Result<u64, StoreError> {
    let columns = columns.join(", ");
    let client = target.raw();
    let shape =
        client.prepare(&format!("SELECT {columns} FROM {table} LIMIT 0")).map_err(failure)?;
    let types: Vec<_> = shape.columns().iter().map(|c| c.type_().clone()).collect();
    let sink =
        client.copy_in(&format!("COPY {table} ({columns}) FROM STDIN BINARY")).map_err(failure)?;
    let mut writer = BinaryCopyInWriter::new(sink, &types);
    for row in rows {
        let row = row?;
        let references: Vec<&(dyn ToSql + Sync)> = row.iter().map(|v| v as _).collect();
        writer.write(&references).map_err(failure)?;
    }
    writer.finish().map_err(failure)
}

/// What holds other loaders off while one works.
enum Guard {
    File(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File),
    Session(#[expect(dead_code, reason = "the lock lasts as long as the session")] Box<Postgres>),
}

impl Store {
    /// Lays an edition out and switches readers to it, in one step. `fill` appends its rows; when
    /// it fails, nothing is seen of it. Keeps this edition and the one before.
    ///
    /// # Errors
    /// `fill`'s error, another publish that is running, or a store that is away.
    pub fn publish_edition<E: From<StoreError>>(
        &self,
        name: &EditionId,
        as_of: Date,
        manifest_sha256: &str,
        now_ms: i64,
        fill: impl FnOnce(&mut Loader) -> Result<(), E>,
    ) -> Result<EditionRow, E> {
        let _guard = self.lock_loader()?;
        self.clear_leftovers()?;
        let number = self.announce(name, as_of, manifest_sha256)?;
        let mut loader = Loader { connection: self.open_target(number)?, rows: 0 };
        let filled = fill(&mut loader);
        if let Err(error) = filled {
            drop(loader);
            self.clear_leftovers()?;
            return Err(error);
        }
        loader.finish()?;
        self.seal_target(number)?;
        self.switch(number, now_ms)?;
        self.drop_old()?;
        let row = self.editions()?.into_iter().find(|row| row.number == number);
        row.ok_or_else(|| {
            StoreError::Shape(format!("edition {number} is not there after the switch")).into()
        })
    }

    fn lock_loader(&self) -> Result<Guard, StoreError> {
        let busy = || StoreError::Away("another publish is running on this store".to_owned());
        match self.place() {
            Place::Sqlite(path) => {
                let dir = Place::editions_dir(path);
                fs::create_dir_all(&dir).map_err(|e| disk(&dir, &e))?;
                let file = dir.join("lock");
                let lock = File::create(&file).map_err(|e| disk(&file, &e))?;
                lock.try_lock().map_err(|_| busy())?;
                Ok(Guard::File(lock))
            }
            Place::Postgres(url) => {
                let mut session = Postgres::open(url, true)?;
                let row = session
                    .query(&format!("SELECT pg_try_advisory_lock({LOADER_LOCK})"), params![])?;
                let locked = row.first().map_or(Ok(false), |row| row.at::<bool>(0))?;
                if locked { Ok(Guard::Session(Box::new(session))) } else { Err(busy()) }
            }
        }
    }

    fn announce(&self, name: &EditionId, as_of: Date, sha: &str) -> Result<u32, StoreError> {
        let (name, sha) = (name.to_string(), sha.to_owned());
        self.write(move |tx| {
            let row = tx.query_one(
                "SELECT CAST(COALESCE(MAX(number), 0) + 1 AS INTEGER) AS next FROM edition",
                params![],
            )?;
            let number: u32 = row.get("next")?;
            tx.execute(
                "INSERT INTO edition (number, name, as_of, manifest_sha256, state)
                 VALUES ($1, $2, $3, $4, 'loading')",
                params![number, name, as_of, sha],
            )?;
            Ok(number)
        })
    }

    fn open_target(&self, number: u32) -> Result<Target, StoreError> {
        let mut target = match self.place() {
            Place::Sqlite(path) => {
                Target::Sqlite(Sqlite::open_loader(&loading_file(path, number))?)
            }
            Place::Postgres(url) => {
                let mut connection = Postgres::open(url, true)?;
                let schema = schema_name(number);
                connection
                    .batch(&format!("CREATE SCHEMA {schema}; SET search_path TO {schema}"))?;
                Target::Postgres(connection)
            }
        };
        for migration in EDITION {
            match &mut target {
                Target::Sqlite(connection) => connection.batch(migration.sql)?,
                Target::Postgres(connection) => connection.batch(migration.sql)?,
            }
        }
        Ok(target)
    }

    fn seal_target(&self, number: u32) -> Result<(), StoreError> {
        let Place::Sqlite(path) = self.place() else { return Ok(()) };
        let (from, to) = (loading_file(path, number), edition_file(path, number));
        File::open(&from).and_then(|f| f.sync_all()).map_err(|e| disk(&from, &e))?;
        fs::rename(&from, &to).map_err(|e| disk(&to, &e))?;
        let dir = Place::editions_dir(path);
        File::open(&dir).and_then(|d| d.sync_all()).map_err(|e| disk(&dir, &e))
    }

    fn switch(&self, number: u32, now_ms: i64) -> Result<(), StoreError> {
        self.write(move |tx| {
            tx.execute(
                "UPDATE edition SET state = 'ready', published_at = $2 WHERE number = $1",
                params![number, now_ms],
            )?;
            tx.execute(
                "INSERT INTO edition_current (one, number) VALUES (1, $1)
                 ON CONFLICT (one) DO UPDATE SET number = excluded.number",
                params![number],
            )?;
            Ok(())
        })
    }

    /// Drops all but the newest editions. Readers that still hold a dropped file open finish.
    fn drop_old(&self) -> Result<(), StoreError> {
        for old in self.editions()?.into_iter().skip(KEPT) {
            unless_in_use(self.drop_edition(old.number))?;
        }
        Ok(())
    }

    /// Clears away what earlier publishes left: loads that did not end, and schemas that a reader
    /// held when their edition was dropped.
    fn clear_leftovers(&self) -> Result<(), StoreError> {
        for number in self.numbers("SELECT number FROM edition WHERE state = 'loading'")? {
            self.drop_edition(number)?;
        }
        if let Place::Postgres(url) = self.place() {
            let held = "SELECT number FROM edition WHERE state = 'dropped'
                        AND to_regnamespace('edition_' || number) IS NOT NULL";
            for number in self.numbers(held)? {
                unless_in_use(drop_schema(url, number))?;
            }
        }
        Ok(())
    }

    fn numbers(&self, sql: &str) -> Result<Vec<u32>, StoreError> {
        self.read(|reader| reader.query(sql, params![])?.iter().map(|row| row.at(0)).collect())
    }

    fn drop_edition(&self, number: u32) -> Result<(), StoreError> {
        self.write(move |tx| {
            tx.execute("UPDATE edition SET state = 'dropped' WHERE number = $1", params![number])
        })?;
        match self.place() {
            Place::Sqlite(path) => {
                for file in [edition_file(path, number), loading_file(path, number)] {
                    match fs::remove_file(&file) {
                        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                            return Err(disk(&file, &e));
                        }
                        _ => {}
                    }
                }
                Ok(())
            }
            Place::Postgres(url) => drop_schema(url, number),
        }
    }
}

/// Drops an edition's schema, on a connection of its own: the wait for a reader that still holds it
/// must not hold up the store's writer, and has an end.
fn drop_schema(url: &str, number: u32) -> Result<(), StoreError> {
    let mut session = Postgres::open(url, false)?;
    session.batch("SET lock_timeout = '1s'")?;
    session.batch(&format!("DROP SCHEMA IF EXISTS {} CASCADE", schema_name(number)))
}

/// An old edition that is still read stays where it is; the next publish clears it away.
fn unless_in_use(dropped: Result<(), StoreError>) -> Result<(), StoreError> {
    match dropped {
        Err(error) if error.is_away() => Ok(()),
        other => other,
    }
}

fn loading_file(store: &Path, number: u32) -> PathBuf {
    Place::editions_dir(store).join(format!("{number}.loading"))
}

fn disk(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Away(format!("{}: {error}", path.display()))
}
