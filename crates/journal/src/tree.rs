//! The Merkle tree of RFC 6962 §2.1, written against its text; proofs are checked by the
//! algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2.

use crate::digest::{Digest, empty_root, node_hash};

/// Knows the hash of every complete subtree: `(level, index)` covers the leaves
/// `index << level .. (index + 1) << level`.
pub trait Nodes {
    /// Why a hash is not to be had.
    type Error;

    /// The hash of a complete subtree.
    ///
    /// # Errors
    /// When the hash cannot be read.
    fn node(&self, level: u32, index: u64) -> Result<Digest, Self::Error>;
}

/// The complete subtrees that the leaves `from..to` fall into, left to right.
/// `from` must be a multiple of the largest power of two that is not above `to - from`.
fn complete_subtrees(mut from: u64, to: u64) -> Vec<(u32, u64)> {
    let mut parts = Vec::new();
    while from < to {
        let level = (to - from).ilog2();
        parts.push((level, from >> level));
        from += 1 << level;
    }
    parts
}

/// MTH of the leaves `from..to` (RFC 6962 §2.1).
fn range_hash<N: Nodes>(nodes: &N, from: u64, to: u64) -> Result<Digest, N::Error> {
    let mut hash = None;
    for (level, index) in complete_subtrees(from, to).into_iter().rev() {
        let left = nodes.node(level, index)?;
        hash = Some(hash.map_or(left, |right| node_hash(&left, &right)));
    }
    Ok(hash.unwrap_or_else(empty_root))
}

/// The root of the first `size` leaves.
///
/// # Errors
/// When a hash cannot be read.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Digest, N::Error> {
    range_hash(nodes, 0, size)
}

/// The largest power of two below `n`, for `n` above 1.
const fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The audit path of leaf `index` in the tree of `size` leaves (RFC 6962 §2.1.1), leaf end first.
///
/// # Errors
/// When a hash cannot be read. `index` must be below `size`.
pub fn inclusion_proof<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, N::Error> {
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(range_hash(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_hash(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 6962 §2.1.2).
///
/// # Errors
/// When a hash cannot be read. `old` must not be above `new`.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Digest>, N::Error> {
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Ok(path);
    }
    let (mut from, mut to) = (0, new);
    let mut is_whole_old_tree = true;
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(range_hash(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_hash(nodes, from, middle)?);
            from = middle;
            is_whole_old_tree = false;
        }
    }
    if !is_whole_old_tree {
        path.push(range_hash(nodes, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// True when `path` proves that `leaf` stands at `index` in the tree of `size` leaves with `root`.
#[must_use]
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: &Digest,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// True when `path` proves that the tree of `old` leaves with `old_root` is a prefix of the tree
/// of `new` leaves with `new_root`.
#[must_use]
pub fn verify_consistency(
    old: u64,
    new: u64,
    path: &[Digest],
    old_root: &Digest,
    new_root: &Digest,
) -> bool {
    if old > new {
        return false;
    }
    if old == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    let mut steps = path.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// The right edge of a growing tree: all that is needed to append and to know the root.
/// Holds one hash per set bit of its size.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// How many leaves were appended.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root over everything appended.
    #[must_use]
    pub fn root(&self) -> Digest {
        let joined =
            self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(empty_root)
    }
}

/// A whole tree in memory: for tests and for journals of modest size.
#[derive(Debug, Clone, Default)]
pub struct MemTree {
    levels: Vec<Vec<Digest>>,
}

impl MemTree {
    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(hash);
            if row.len() % 2 == 1 {
                return;
            }
            hash = node_hash(&row[row.len() - 2], &row[row.len() - 1]);
        }
    }
}

impl Nodes for MemTree {
    type Error = crate::JournalError;

    fn node(&self, level: u32, index: u64) -> Result<Digest, Self::Error> {
        let row = self.levels.get(level as usize);
        row.and_then(|row| row.get(index as usize)).copied().ok_or_else(|| {
            crate::JournalError::mismatch(
                format!("subtree {index} of level {level}"),
                format!("the tree has only {} leaves", self.size()),
            )
        })
    }
}
