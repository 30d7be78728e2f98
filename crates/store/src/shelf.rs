//! Editions laid out for reading, each whole and in a place of its own.
//!
//! SQLite: a file `STORE.editions/<number>.db`, filled under another name without a journal, synced
//! once, then renamed; after that it is never written again. PostgreSQL: a schema
//! `edition_<number>`. Readers take the number from the switch (one row in the store) and read only
//! that place, so they see the old edition whole or the new one whole. A crash at any step leaves
//! rows marked `loading`, which nobody reads and the next load clears away.

mod load;

pub use load::Loader;

use crate::place::Place;
use crate::pool::Pool;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::store::{Store, read_once};
use crate::{Query, Reader, Row, StoreError, params};
use kernel::{Date, EditionId};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const READERS_MAX: usize = 8;
/// Editions kept readable: the current one and the one before.
const KEPT: usize = 2;

/// One edition of the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionRow {
    /// Its number in this store, in order of publication.
    pub number: u32,
    /// Its name, for example `2026-4`.
    pub name: EditionId,
    /// The day its ages are counted on.
    pub as_of: Date,
    /// SHA-256 of its manifest, in hex.
    pub manifest_sha256: String,
    /// When it was switched to, milliseconds since 1970.
    pub published_at: i64,
}

/// Connections to the editions, and the last answer about which one is current.
pub(crate) struct Shelf {
    place: Place,
    pools: Mutex<BTreeMap<u32, Arc<Pool>>>,
    last_current: Mutex<Option<EditionRow>>,
}

impl Shelf {
    pub(crate) fn new(place: Place) -> Self {
        Self { place, pools: Mutex::default(), last_current: Mutex::default() }
    }

    fn pool(&self, number: u32) -> Arc<Pool> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        // Numbers only grow: what is far behind was dropped, and its connections may go.
        while let Some((&oldest, _)) = pools.first_key_value()
            && oldest + 8 < number
        {
            pools.remove(&oldest);
        }
        let place = self.place.clone();
        let open = move || open_edition(&place, number);
        Arc::clone(
            pools.entry(number).or_insert_with(|| Arc::new(Pool::new(READERS_MAX, Box::new(open)))),
        )
    }
}

fn open_edition(
    place: &Place,
    number: u32,
) -> Result<Box<dyn crate::driver::Connection>, StoreError> {
    Ok(match place {
        Place::Sqlite(path) => Box::new(Sqlite::open_reader(&edition_file(path, number))?),
        Place::Postgres(url) => {
            let mut connection = Postgres::open(url, false)?;
            crate::driver::Connection::batch(
                &mut connection,
                &format!("SET search_path TO {}", schema_name(number)),
            )?;
            Box::new(connection)
        }
    })
}

pub(crate) fn edition_file(store: &Path, number: u32) -> PathBuf {
    Place::editions_dir(store).join(format!("{number}.db"))
}

pub(crate) fn schema_name(number: u32) -> String {
    format!("edition_{number}")
}

const SELECT: &str = "SELECT number, name, as_of, manifest_sha256, published_at FROM edition";

fn edition_row(row: &Row) -> Result<EditionRow, StoreError> {
    let name: String = row.get("name")?;
    Ok(EditionRow {
        number: row.get("number")?,
        name: EditionId::new(&name).map_err(StoreError::Shape)?,
        as_of: row.get("as_of")?,
        manifest_sha256: row.get("manifest_sha256")?,
        published_at: row.get("published_at")?,
    })
}

impl Store {
    /// The edition readers see now. When the store itself is away, the last answer it gave: sealed
    /// editions stay readable without it.
    ///
    /// # Errors
    /// When the store is away and was never asked before.
    pub fn current_edition(&self) -> Result<Option<EditionRow>, StoreError> {
        let asked = self.read(|reader| {
            let row = reader.query_opt(
                &format!("{SELECT} WHERE number = (SELECT number FROM edition_current)"),
                params![],
            )?;
            row.as_ref().map(edition_row).transpose()
        });
        let mut last = self.shelf().last_current.lock().unwrap_or_else(PoisonError::into_inner);
        match asked {
            Ok(current) => {
                last.clone_from(&current);
                Ok(current)
            }
            Err(StoreError::Away(_)) if last.is_some() => Ok(last.clone()),
            Err(error) => Err(error),
        }
    }

    /// All readable editions, newest first.
    ///
    /// # Errors
    /// When the store is away.
    pub fn editions(&self) -> Result<Vec<EditionRow>, StoreError> {
        self.read(|reader| {
            let sql = format!("{SELECT} WHERE state = 'ready' ORDER BY number DESC");
            reader.query(&sql, params![])?.iter().map(edition_row).collect()
        })
    }

    /// Reads one edition.
    ///
    /// # Errors
    /// The closure's own error, or [`StoreError::Away`] when the edition is no longer kept.
    pub fn read_edition<T, E: From<StoreError>>(
        &self,
        number: u32,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.shelf().pool(number).with(|connection| read_once(connection, work))
    }
}
