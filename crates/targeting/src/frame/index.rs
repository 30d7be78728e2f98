//! From ids to rows.

use super::NO_ROW;
use rustc_hash::FxHashMap;

/// Row of an id. Ids that are dense and ascending need no table.
pub(super) enum Index<'a> {
    Dense { first: u64, rows: usize },
    Sparse(FxHashMap<u64, u32>),
    Sorted(&'a [u64]),
}

impl<'a> Index<'a> {
    pub(super) fn new(ids: &'a [u64]) -> Self {
        match (ids.first(), ids.last()) {
            (Some(&first), Some(&last)) if last.wrapping_sub(first) + 1 == ids.len() as u64 => {
                let dense = ids.windows(2).all(|w| w[1] == w[0] + 1);
                if dense { Self::Dense { first, rows: ids.len() } } else { Self::table(ids) }
            }
            _ if ids.is_sorted() => Self::Sorted(ids),
            _ => Self::table(ids),
        }
    }

    fn table(ids: &[u64]) -> Self {
        Self::Sparse(ids.iter().enumerate().map(|(row, &id)| (id, row as u32)).collect())
    }

    pub(super) fn row(&self, id: u64) -> u32 {
        match self {
            Self::Dense { first, rows } => match id.checked_sub(*first) {
                Some(offset) if offset < *rows as u64 => offset as u32,
                _ => NO_ROW,
            },
            Self::Sparse(table) => table.get(&id).copied().unwrap_or(NO_ROW),
            Self::Sorted(ids) => ids.binary_search(&id).map_or(NO_ROW, |row| row as u32),
        }
    }
}
