//! Where a journal's files lie: a folder, or memory for tests. Writing is
//! temporary file → fsync → rename → fsync of the folder, so a crash leaves the old or the new.

use crate::JournalError;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Reads and writes files by their path relative to the journal.
pub trait Files {
    /// The whole file, or none when it does not exist.
    ///
    /// # Errors
    /// When it exists but cannot be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, JournalError>;

    /// Replaces the file durably.
    ///
    /// # Errors
    /// When it cannot be written; the old contents then still stand.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), JournalError>;

    /// Removes the file if it exists.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, path: &str) -> Result<(), JournalError>;

    /// All files, sorted.
    ///
    /// # Errors
    /// When a folder cannot be read.
    fn list(&self) -> Result<Vec<String>, JournalError>;
}

/// A journal in a folder.
#[derive(Debug, Clone)]
pub struct DirFiles {
    root: PathBuf,
}

fn io(path: &str, error: &std::io::Error) -> JournalError {
    JournalError::Io { path: path.to_owned(), why: error.to_string() }
}

impl DirFiles {
    /// The journal in this folder.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn write_durably(&self, path: &str, bytes: &[u8]) -> std::io::Result<()> {
        let target = self.root.join(path);
        let folder = target.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        let temporary = target.with_extension("part");
        let mut file = fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        fs::File::open(folder)?.sync_all()
    }

    fn collect(&self, folder: &Path, found: &mut Vec<String>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.collect(&entry.path(), found)?;
            } else if let Ok(relative) = entry.path().strip_prefix(&self.root) {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(())
    }
}

impl Files for DirFiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, JournalError> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(path, &error)),
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.write_durably(path, bytes).map_err(|error| io(path, &error))
    }

    fn remove(&self, path: &str) -> Result<(), JournalError> {
        match fs::remove_file(self.root.join(path)) {
            Ok(()) => {
                // The folder of partial tiles goes with its last file; a full one stays.
                if let Some(folder) = Path::new(path).parent().filter(|f| f.extension().is_some()) {
                    let _ = fs::remove_dir(self.root.join(folder));
                }
                Ok(())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(io(path, &error)),
        }
    }

    fn list(&self) -> Result<Vec<String>, JournalError> {
        let mut found = Vec::new();
        if self.root.exists() {
            self.collect(&self.root, &mut found)
                .map_err(|error| io("the journal's folder", &error))?;
        }
        found.sort();
        Ok(found)
    }
}

/// A journal in memory, for tests.
#[derive(Debug, Clone, Default)]
pub struct MemFiles {
    /// Contents by path.
    pub files: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Files for MemFiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.files.borrow().get(path).cloned())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.files.borrow_mut().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<(), JournalError> {
        self.files.borrow_mut().remove(path);
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>, JournalError> {
        Ok(self.files.borrow().keys().cloned().collect())
    }
}
