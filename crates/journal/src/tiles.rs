//! Tiles and entry bundles on disk (C2SP tlog-tiles): `tile/<level>/<n>` holds up to 256 hashes,
//! `tile/entries/<n>` up to 256 entries, each with two bytes of length before it. A tile that is
//! not full has `.p/<width>` behind its number.

use crate::JournalError;
use crate::digest::{Digest, node_hash};
use crate::files::Files;
use crate::tree::Nodes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Hashes of a full tile, entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Longest entry: its length stands in two bytes.
pub const ENTRY_BYTES_MAX: usize = 65_535;
const HASH_BYTES: usize = 32;
/// Tiles kept in memory while proofs are made.
const CACHE_TILES_MAX: usize = 1_024;

/// `n` in groups of three digits, all but the last with an `x`: 1234067 → `x001/x234/067`.
fn numbered(n: u64) -> String {
    let mut path = format!("{:03}", n % 1_000);
    let mut rest = n / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    path
}

fn partial(width: u64) -> String {
    if width == TILE_WIDTH { String::new() } else { format!(".p/{width}") }
}

/// The path of tile `n` of `level` with `width` hashes (1 to 256).
#[must_use]
pub fn tile_path(level: u32, n: u64, width: u64) -> String {
    format!("tile/{level}/{}{}", numbered(n), partial(width))
}

/// The path of bundle `n` with `width` entries (1 to 256).
#[must_use]
pub fn bundle_path(n: u64, width: u64) -> String {
    format!("tile/entries/{}{}", numbered(n), partial(width))
}

/// How many items tile or bundle `n` of `level` has in a tree of `size` leaves.
pub(crate) const fn width_at(level: u32, n: u64, size: u64) -> u64 {
    let items = if level * 8 >= 64 { 0 } else { size >> (8 * level) };
    let left = items.saturating_sub(n * TILE_WIDTH);
    if left > TILE_WIDTH { TILE_WIDTH } else { left }
}

/// The root of a run of hashes whose count is a power of two.
pub(crate) fn complete_root(hashes: &[Digest]) -> Digest {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[pair.len() - 1])).collect();
    }
    row[0]
}

pub(crate) fn tile_bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

pub(crate) fn read_tile<F: Files>(
    files: &F,
    level: u32,
    n: u64,
    width: u64,
) -> Result<Vec<Digest>, JournalError> {
    let path = tile_path(level, n, width);
    let bytes =
        files.read(&path)?.ok_or_else(|| JournalError::mismatch(&path, "the file is missing"))?;
    if bytes.len() as u64 != width * HASH_BYTES as u64 {
        return Err(JournalError::mismatch(
            &path,
            format!("{} bytes, not {width} hashes", bytes.len()),
        ));
    }
    let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
    Ok(hashes.iter().map(|hash| Digest(*hash)).collect())
}

pub(crate) fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), JournalError> {
    let length = u16::try_from(entry.len()).map_err(|_| JournalError::Leaf {
        field: "entry",
        why: format!("{} bytes; the limit is {ENTRY_BYTES_MAX}", entry.len()),
    })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The entries of a bundle's bytes.
///
/// # Errors
/// When the lengths do not add up to the bytes; `path` names the file in the message.
pub fn entries_of<'a>(path: &str, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, JournalError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let cut = rest.split_first_chunk::<2>().and_then(|(length, after)| {
            after.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        });
        let Some((entry, after)) = cut else {
            return Err(JournalError::mismatch(
                path,
                format!("entry {} is cut off", entries.len()),
            ));
        };
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

/// The hashes of a tree of `size` leaves, read from its tiles.
pub struct TileNodes<'a, F> {
    files: &'a F,
    size: u64,
    cache: RefCell<BTreeMap<(u32, u64), Vec<Digest>>>,
}

impl<'a, F: Files> TileNodes<'a, F> {
    /// Reads from `files`, as of `size` leaves.
    #[must_use]
    pub const fn new(files: &'a F, size: u64) -> Self {
        Self { files, size, cache: RefCell::new(BTreeMap::new()) }
    }
}

impl<F: Files> Nodes for TileNodes<'_, F> {
    type Error = JournalError;

    fn node(&self, level: u32, index: u64) -> Result<Digest, JournalError> {
        let (tile_level, run) = (level / 8, 1_u64 << (level % 8));
        let (n, at) = (index * run / TILE_WIDTH, (index * run % TILE_WIDTH) as usize);
        let mut cache = self.cache.borrow_mut();
        if cache.len() > CACHE_TILES_MAX {
            cache.clear();
        }
        if let Entry::Vacant(place) = cache.entry((tile_level, n)) {
            let width = width_at(tile_level, n, self.size);
            place.insert(read_tile(self.files, tile_level, n, width)?);
        }
        let hashes = cache.get(&(tile_level, n)).and_then(|tile| tile.get(at..at + run as usize));
        hashes.map(complete_root).ok_or_else(|| {
            JournalError::mismatch(
                tile_path(tile_level, n, TILE_WIDTH),
                format!("no subtree {index} of level {level} in {} leaves", self.size),
            )
        })
    }
}
