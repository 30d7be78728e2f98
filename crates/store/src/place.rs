//! Where a store is: `sqlite:padan.db` or `postgres://user@host/name`.

use crate::StoreError;
use std::path::{Path, PathBuf};

/// A parsed address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An embedded store in one file (and a folder `FILE.editions` beside it).
    Sqlite(PathBuf),
    /// A PostgreSQL database, by the address its driver reads.
    Postgres(String),
}

impl Place {
    /// Reads an address. A bare path is a SQLite file.
    ///
    /// # Errors
    /// Unknown schemes, and any option on a SQLite address: its settings are not up for choice.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = match url.split_once(':') {
            Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
            Some((scheme, _)) if !scheme.contains(['/', '\\', '.']) && scheme.len() > 1 => {
                return Err(StoreError::Url(format!(
                    "`{scheme}:` is not known; write sqlite:FILE or postgres://USER@HOST/NAME"
                )));
            }
            _ => url,
        };
        if let Some((_, option)) = path.split_once('?') {
            return Err(StoreError::Unsafe(format!(
                "`?{option}`: a SQLite store takes no options; WAL, synchronous = FULL and \
                 foreign keys are always on"
            )));
        }
        if path.is_empty() || path == ":memory:" {
            return Err(StoreError::Url("a store needs a file name: sqlite:padan.db".to_owned()));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    /// Where the key file stands unless the caller says otherwise: outside the database.
    #[must_use]
    pub fn default_keys(&self) -> PathBuf {
        match self {
            Self::Sqlite(path) => with_suffix(path, ".keys"),
            Self::Postgres(_) => PathBuf::from("padan.keys"),
        }
    }

    /// The folder of laid-out editions beside a SQLite store.
    pub(crate) fn editions_dir(path: &Path) -> PathBuf {
        with_suffix(path, ".editions")
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let sqlite = |url: &str, path: &str| {
            assert_eq!(Place::parse(url), Ok(Place::Sqlite(PathBuf::from(path))), "{url}");
        };
        sqlite("sqlite:padan.db", "padan.db");
        sqlite("sqlite:///var/lib/padan.db", "/var/lib/padan.db");
        sqlite("demo/padan.db", "demo/padan.db");
        let refused = |url: &str| assert!(Place::parse(url).is_err(), "{url}");
        refused("sqlite:padan.db?synchronous=off");
        refused("mysql://x");
        refused("sqlite:");
        refused("sqlite::memory:");
        assert!(matches!(Place::parse("postgres://a@b/c"), Ok(Place::Postgres(_))));
    }
}
