//! Durable, atomic changes of files and folders.

use crate::EngineError;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// Makes a folder's entries durable.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_dir(path: &Path) -> Result<(), EngineError> {
    File::open(path).and_then(|d| d.sync_all()).map_err(|e| EngineError::io("sync", path, e))
}

/// Makes a folder with its parents.
///
/// # Errors
/// When the disk refuses.
pub fn make_dir(path: &Path) -> Result<(), EngineError> {
    fs::create_dir_all(path).map_err(|e| EngineError::io("create", path, e))
}

/// Removes a folder and all in it, if it is there.
///
/// # Errors
/// When the disk refuses.
pub fn remove_dir(path: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(EngineError::io("remove", path, e))
        }
        _ => Ok(()),
    }
}

/// Writes a file whole and durable (not atomic: write into a folder that is renamed later).
///
/// # Errors
/// When the disk refuses.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let wrong = |e| EngineError::io("write", path, e);
    let mut file = File::create(path).map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    file.sync_all().map_err(wrong)
}

/// Makes a finished temporary folder appear as `to`, at once and durably.
///
/// Every file in it must have been synced; its own entries and the parent's are synced here.
///
/// # Errors
/// When the disk refuses, or `to` exists and is not empty.
pub fn commit_dir(from: &Path, to: &Path) -> Result<(), EngineError> {
    sync_tree(from)?;
    fs::rename(from, to).map_err(|e| EngineError::io("rename to", to, e))?;
    to.parent().map_or(Ok(()), |parent| {
        sync_dir(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
    })
}

/// Syncs every file and folder below `path`.
fn sync_tree(path: &Path) -> Result<(), EngineError> {
    let entries = fs::read_dir(path).map_err(|e| EngineError::io("read", path, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| EngineError::io("read", path, e))?.path();
        if entry.is_dir() {
            sync_tree(&entry)?;
        } else {
            File::open(&entry)
                .and_then(|f| f.sync_all())
                .map_err(|e| EngineError::io("sync", &entry, e))?;
        }
    }
    sync_dir(path)
}

/// Puts a file of one folder into another without copying where the disk can share it.
///
/// # Errors
/// When neither a hard link nor a copy works.
pub fn link_or_copy(from: &Path, to: &Path) -> Result<(), EngineError> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map(|_| ()).map_err(|e| EngineError::io("copy to", to, e))
}

/// The files below a folder as sorted relative paths with `/`.
///
/// # Errors
/// When the folder cannot be read.
pub fn files_below(root: &Path) -> Result<Vec<String>, EngineError> {
    let mut out = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        let entries = fs::read_dir(&dir).map_err(|e| EngineError::io("read", &dir, e))?;
        for entry in entries {
            let path = entry.map_err(|e| EngineError::io("read", &dir, e))?.path();
            if path.is_dir() {
                todo.push(path);
            } else if let Ok(relative) = path.strip_prefix(root) {
                let parts: Vec<_> =
                    relative.components().map(|c| c.as_os_str().to_string_lossy()).collect();
                out.push(parts.join("/"));
            }
        }
    }
    out.sort();
    Ok(out)
}
