//! The store itself: writes through one queue, reads from a pool, editions on a shelf.

use crate::driver::Connection;
use crate::migrations::{self, Migration};
use crate::place::Place;
use crate::pool::Pool;
use crate::postgres::Postgres;
use crate::shelf::Shelf;
use crate::sqlite::Sqlite;
use crate::writer::{Haste, Writer};
use crate::{Reader, StoreError, Tx};
use std::path::Path;
use std::sync::Arc;

/// Connections for reading.
const READERS_MAX: usize = 8;

/// A store on either database. Cheap to clone; every method blocks, so call it from
/// `spawn_blocking` in async code.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    haste: Haste,
}

struct Inner {
    place: Place,
    writer: Writer,
    readers: Pool,
    shelf: Shelf,
}

impl Store {
    /// Opens the store at `url`, creates it if it is missing, checks that its settings lose
    /// nothing, and brings its schema up to date.
    ///
    /// # Errors
    /// A wrong address, unsafe settings, a database that does not answer, changed migrations.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, migrations::ALL)
    }

    /// Opens with another list of migrations: for tests of the migrations themselves.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(url: &str, migrations: &[Migration]) -> Result<Self, StoreError> {
        let place = Place::parse(url)?;
        let mut first = open_writer(&place)?;
        migrations::apply(first.as_mut(), migrations)?;
        let for_writer = place.clone();
        let writer = Writer::start(Box::new(move || open_writer(&for_writer)), first)?;
        let for_readers = place.clone();
        let readers = Pool::new(READERS_MAX, Box::new(move || open_reader(&for_readers)));
        // One reader from the start, kept open: reading then needs no new file of the database, so a
        // disk that fills up or fails later stops writing only.
        readers.with(|connection| connection.columns())?;
        let shelf = Shelf::new(place.clone());
        let inner = Arc::new(Inner { place, writer, readers, shelf });
        Ok(Self { inner, haste: Haste::Urgent })
    }

    /// The same store for work that nobody waits for (a worker, a mass action): its writes give way
    /// to those of everybody else, and share their commits.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), haste: Haste::Patient }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    /// One transaction: when this returns `Ok`, all of it is on the disk; on `Err`, nothing of it.
    /// Commits are shared with others that wait at the same time.
    ///
    /// # Errors
    /// The closure's own error, or the store's.
    pub fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.inner.writer.write(self.haste, work)
    }

    /// Reads one state of the store: all queries of the closure see the same commit.
    ///
    /// # Errors
    /// The closure's own error, or the store's.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.readers.with(|connection| read_once(connection, work))
    }

    /// The shelf of editions.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.inner.shelf
    }

    /// Copies a SQLite store, while it is used, into `target` (a new file). PostgreSQL has its own
    /// tools (`pg_dump`, `pg_basebackup`).
    ///
    /// # Errors
    /// For PostgreSQL, and when the copy cannot be written.
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let Place::Sqlite(path) = &self.inner.place else {
            return Err(StoreError::Url("PostgreSQL is backed up with pg_dump".to_owned()));
        };
        let source = Sqlite::open_reader(path)?;
        source
            .raw()
            .backup(rusqlite::MAIN_DB, target, None::<fn(rusqlite::backup::Progress)>)
            .map_err(|e| StoreError::Away(format!("{}: {e}", target.display())))
    }

    /// All (table, column) pairs of the store: for the test that holds `classes.toml` to them.
    ///
    /// # Errors
    /// When the database is away.
    pub fn columns(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.inner.readers.with(|connection| connection.columns())
    }

    /// The schema as text in a fixed order: for comparing two stores of one kind.
    ///
    /// # Errors
    /// When the database is away.
    pub fn schema(&self) -> Result<String, StoreError> {
        self.inner.readers.with(|connection| connection.schema())
    }
}

/// Runs `work` in a read transaction.
pub(crate) fn read_once<T, E: From<StoreError>>(
    connection: &mut dyn Connection,
    work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    connection.begin_read()?;
    let result = work(&mut Reader { connection });
    let ended = connection.batch("COMMIT").or_else(|_| connection.batch("ROLLBACK"));
    let value = result?;
    ended?;
    Ok(value)
}

fn open_writer(place: &Place) -> Result<Box<dyn Connection>, StoreError> {
    Ok(match place {
        Place::Sqlite(path) => Box::new(Sqlite::open_writer(path)?),
        Place::Postgres(url) => Box::new(Postgres::open(url, true)?),
    })
}

fn open_reader(place: &Place) -> Result<Box<dyn Connection>, StoreError> {
    Ok(match place {
        Place::Sqlite(path) => Box::new(Sqlite::open_reader(path)?),
        Place::Postgres(url) => Box::new(Postgres::open(url, false)?),
    })
}
