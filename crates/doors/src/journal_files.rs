//! The journal's files for everybody: checkpoints, tiles and the public key (C2SP tlog-tiles).
//! They hold salted hashes only; with them anybody rebuilds the tree and verifies receipts.

use crate::page::{Trouble, blocking};
use crate::state::Doors;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::path::{Component, PathBuf};

/// `GET /jurnal/{path}`: `checkpoint`, `journal.vkey`, `tile/…`.
pub(crate) async fn file(State(doors): State<Doors>, Path(path): Path<String>) -> Response {
    blocking(doors, move |doors| {
        let (folder, key) = doors.options().journal.as_ref().ok_or(Trouble::Missing)?;
        if path == "journal.vkey" {
            return Ok(text(format!("{key}\n").into_bytes()));
        }
        let inside = published(&path).ok_or(Trouble::Missing)?;
        let bytes = std::fs::read(folder.join(inside)).map_err(|_| Trouble::Missing)?;
        Ok(text(bytes))
    })
    .await
}

fn text(bytes: Vec<u8>) -> Response {
    let heads = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (heads, bytes).into_response()
}

/// A path that is published, or none: nothing outside the folder, nothing half-written.
fn published(path: &str) -> Option<PathBuf> {
    let known = path == "checkpoint" || path.starts_with("tile/");
    let inside = PathBuf::from(path);
    let plain = inside.components().all(|part| matches!(part, Component::Normal(_)));
    let clean = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
    (known && plain && clean && path.len() < 200 && !path.contains("tmp")).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_published_files_are_handed_out() {
        for path in ["checkpoint", "tile/0/000", "tile/entries/x001/067.p/12"] {
            assert!(published(path).is_some(), "{path}");
        }
        for path in ["", "../padan.db", "tile/../../padan.db", "/etc/passwd", "tile/a b", "lock"] {
            assert!(published(path).is_none(), "{path}");
        }
    }
}
