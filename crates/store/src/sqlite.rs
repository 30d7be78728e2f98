//! SQLite, embedded: WAL, every commit synced, foreign keys on, and checked after opening.

use crate::driver::{Connection, for_sqlite};
use crate::{Row, StoreError, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a writer waits for a writer of another process.
const BUSY: Duration = Duration::from_secs(30);

/// One open SQLite connection.
pub(crate) struct Sqlite {
    inner: rusqlite::Connection,
    healthy: bool,
}

impl Sqlite {
    /// Opens the store for writing, creating it, and checks that its settings took.
    pub(crate) fn open_writer(path: &Path) -> Result<Self, StoreError> {
        let inner = rusqlite::Connection::open(path).map_err(|e| open_error(path, &e))?;
        inner.busy_timeout(BUSY).map_err(failure)?;
        inner
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
            )
            .map_err(|e| open_error(path, &e))?;
        let mut connection = Self { inner, healthy: true };
        connection.check_settings(path)?;
        Ok(connection)
    }

    /// Opens the store for reading only.
    pub(crate) fn open_reader(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let inner =
            rusqlite::Connection::open_with_flags(path, flags).map_err(|e| open_error(path, &e))?;
        inner.busy_timeout(BUSY).map_err(failure)?;
        // 64 MiB of map and 8 MiB of cache per reader: look-ups touch a few pages each.
        inner
            .execute_batch(
                "PRAGMA query_only = ON; PRAGMA cache_size = -8192; PRAGMA mmap_size = 67108864;",
            )
            .map_err(failure)?;
        Ok(Self { inner, healthy: true })
    }

    /// Opens a file that is being filled and not yet seen by anybody: no journal, no syncs; the
    /// shelf syncs the whole file once before it takes its name.
    pub(crate) fn open_loader(path: &Path) -> Result<Self, StoreError> {
        let inner = rusqlite::Connection::open(path).map_err(|e| open_error(path, &e))?;
        inner
            .execute_batch(
                "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                 PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;
                 PRAGMA foreign_keys = ON;",
            )
            .map_err(failure)?;
        Ok(Self { inner, healthy: true })
    }

    fn check_settings(&mut self, path: &Path) -> Result<(), StoreError> {
        let expected = [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")];
        for (pragma, wanted) in expected {
            let found = self
                .inner
                .query_row(&format!("PRAGMA {pragma}"), [], |row| {
                    Ok(match row.get_ref(0)? {
                        ValueRef::Integer(n) => n.to_string(),
                        ValueRef::Text(t) => String::from_utf8_lossy(t).into_owned(),
                        _ => String::new(),
                    })
                })
                .map_err(failure)?;
            if found != wanted {
                return Err(StoreError::Unsafe(format!(
                    "{}: {pragma} is `{found}`, needs `{wanted}`; is the file on a disk that \
                     SQLite can lock and map (not a network share)?",
                    path.display()
                )));
            }
        }
        Ok(())
    }

    /// The rusqlite connection: for online backup.
    pub(crate) const fn raw(&self) -> &rusqlite::Connection {
        &self.inner
    }

    fn note<T>(&mut self, result: rusqlite::Result<T>) -> Result<T, StoreError> {
        result.map_err(|e| {
            // After a failed write or sync nothing may be trusted to this connection (fsyncgate).
            let broken = matches!(
                e.sqlite_error_code(),
                Some(
                    ErrorCode::SystemIoFailure
                        | ErrorCode::DiskFull
                        | ErrorCode::DatabaseCorrupt
                        | ErrorCode::CannotOpen
                        | ErrorCode::NotADatabase
                )
            );
            self.healthy &= !broken;
            failure(e)
        })
    }
}

fn open_error(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Away(format!("{}: {error}", path.display()))
}

/// The kind of failure; SQLite's messages name tables and columns, never values.
fn failure(error: rusqlite::Error) -> StoreError {
    let message = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Conflict(message),
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly,
        ) => StoreError::Away(message),
        _ => StoreError::Refused(message),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Real(n) => ValueRef::Real(*n),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Bytes(b) => ValueRef::Blob(b),
        }))
    }
}

fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Real(n) => Value::Real(n),
        ValueRef::Text(t) => Value::Text(String::from_utf8_lossy(t).into_owned()),
        ValueRef::Blob(b) => Value::Bytes(b.to_vec()),
    }
}

fn rows(
    connection: &rusqlite::Connection,
    sql: &str,
    params: &[Value],
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(&for_sqlite(sql))?;
    let columns: Arc<[String]> = statement.column_names().map(String::from).collect();
    let mut found = statement.query(rusqlite::params_from_iter(params))?;
    let mut out = Vec::new();
    while let Some(row) = found.next()? {
        let values = (0..columns.len())
            .map(|at| row.get_ref(at).map(value))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        out.push(Row { columns: Arc::clone(&columns), values });
    }
    Ok(out)
}

impl Connection for Sqlite {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        let result = self
            .inner
            .prepare_cached(&for_sqlite(sql))
            .and_then(|mut s| s.execute(rusqlite::params_from_iter(params)));
        self.note(result).map(|n| n as u64)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let result = rows(&self.inner, sql, params);
        self.note(result)
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        let result = self.inner.execute_batch(&for_sqlite(sql));
        self.note(result)
    }

    fn begin_write(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN")
    }

    fn is_healthy(&self) -> bool {
        self.healthy
    }

    fn columns(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        let found = self.query(
            "SELECT m.name AS t, p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
            &[],
        )?;
        found.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
    }

    fn schema(&mut self) -> Result<String, StoreError> {
        let found = self.query(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name",
            &[],
        )?;
        let lines: Result<Vec<String>, _> = found.iter().map(|row| row.at(0)).collect();
        Ok(lines?.join("\n"))
    }
}
