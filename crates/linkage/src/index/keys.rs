//! Records by key: a sorted table with a directory of the leading bits, and what came since.

use rayon::slice::ParallelSliceMut;
use rustc_hash::FxHashMap;

/// Records of one blocking rule by their keys. Key 0 (a part is missing) is not held.
#[derive(Default)]
pub(super) struct KeyTable {
    keys: Vec<u32>,
    records: Vec<u32>,
    /// First place of each value of the leading bits.
    starts: Vec<u32>,
    shift: u32,
    fresh: FxHashMap<u32, Vec<u32>>,
    fresh_count: usize,
    /// Sixteenths of patience beyond the common bound: the tables of several rules are not sorted
    /// again by the same insert.
    patience: usize,
}

/// Records that are kept apart before the table is sorted again.
const FRESH_MIN: usize = 65_536;

impl KeyTable {
    /// An empty table, the `number`th of its index.
    pub(super) fn new(number: usize) -> Self {
        Self { patience: number % 16, ..Self::default() }
    }

    /// The records of a key, in two lists.
    pub(super) fn of(&self, key: u32) -> (&[u32], &[u32]) {
        let fresh = self.fresh.get(&key).map_or(&[][..], Vec::as_slice);
        if self.starts.is_empty() {
            return (&[], fresh);
        }
        let part = (key >> self.shift) as usize;
        let (from, to) = (self.starts[part] as usize, self.starts[part + 1] as usize);
        let keys = &self.keys[from..to];
        let first = from + keys.partition_point(|k| *k < key);
        let last = from + keys.partition_point(|k| *k <= key);
        (&self.records[first..last], fresh)
    }

    /// Adds a batch, a key for each record from `first` on. Gives the older records of keys that
    /// more than `limit` records hold from now on.
    pub(super) fn add(&mut self, column: &[u32], first: u32, limit: usize) -> Vec<u32> {
        let bound = FRESH_MIN.max(self.keys.len() / 16) * (16 + self.patience) / 16;
        if self.fresh_count + column.len() >= bound {
            return self.sort_in(column, first, limit);
        }
        let mut crossed = Vec::new();
        for (row, &key) in column.iter().enumerate().filter(|(_, key)| **key != 0) {
            self.fresh.entry(key).or_default().push(first + row as u32);
            self.fresh_count += 1;
            let (old, fresh) = self.of(key);
            if old.len() + fresh.len() == limit + 1 {
                crossed.extend(old.iter().chain(fresh).copied().filter(|r| *r < first));
            }
        }
        crossed
    }

    /// Sorts the batch, and what came since the last time, into the table.
    fn sort_in(&mut self, column: &[u32], first: u32, limit: usize) -> Vec<u32> {
        let entry = |key: u32, record: u32| u64::from(key) << 32 | u64::from(record);
        let mut added: Vec<u64> = Vec::with_capacity(self.fresh_count + column.len());
        for (key, records) in self.fresh.drain() {
            added.extend(records.into_iter().map(|record| entry(key, record)));
        }
        let batch = column.iter().enumerate().filter(|(_, key)| **key != 0);
        added.extend(batch.map(|(row, key)| entry(*key, first + row as u32)));
        added.par_sort_unstable();
        self.fresh = FxHashMap::default();
        self.fresh_count = 0;
        let (old_keys, old_records) =
            (std::mem::take(&mut self.keys), std::mem::take(&mut self.records));
        let mut crossed = Vec::new();
        self.keys.reserve_exact(old_keys.len() + added.len());
        self.records.reserve_exact(old_keys.len() + added.len());
        let mut at = 0;
        for group in added.chunk_by(|x, y| x >> 32 == y >> 32) {
            let key = (group[0] >> 32) as u32;
            let from = at;
            while at < old_keys.len() && old_keys[at] < key {
                at += 1;
            }
            let below = at;
            while at < old_keys.len() && old_keys[at] == key {
                at += 1;
            }
            self.keys.extend_from_slice(&old_keys[from..at]);
            self.records.extend_from_slice(&old_records[from..at]);
            let came = group.iter().map(|e| *e as u32);
            let older = old_records[below..at].iter().copied().chain(came.clone());
            let older = older.filter(|record| *record < first);
            if at - below + group.len() > limit && older.clone().count() <= limit {
                crossed.extend(older);
            }
            self.keys.extend(group.iter().map(|_| key));
            self.records.extend(came);
        }
        self.keys.extend_from_slice(&old_keys[at..]);
        self.records.extend_from_slice(&old_records[at..]);
        self.direct();
        crossed
    }

    /// Makes the directory of the leading bits.
    fn direct(&mut self) {
        let bits = (self.keys.len() / 4).max(2).ilog2().min(26);
        self.shift = 32 - bits;
        self.starts = vec![0; (1 << bits) + 1];
        for key in &self.keys {
            self.starts[(key >> self.shift) as usize + 1] += 1;
        }
        for at in 1..self.starts.len() {
            self.starts[at] += self.starts[at - 1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_in_batches_of_any_size() {
        const LIMIT: usize = 6;
        let mut table = KeyTable::new(3);
        let mut chance = kernel::Chance::new(2);
        let mut truth: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        let mut first = 0;
        for size in [70_000, 1, 40_000, 3, 60_000, 30_000, 7] {
            let keys: Vec<u32> =
                (0..size).map(|_| (chance.below(50_000) as u32).wrapping_mul(85_899)).collect();
            let before = truth.clone();
            for (row, key) in keys.iter().enumerate().filter(|(_, key)| **key != 0) {
                truth.entry(*key).or_default().push(first + row as u32);
            }
            let mut crossed: Vec<u32> = truth
                .iter()
                .filter(|(_, now)| now.len() > LIMIT)
                .filter_map(|(key, _)| before.get(key).filter(|b| b.len() <= LIMIT))
                .flatten()
                .copied()
                .collect();
            let mut told = table.add(&keys, first, LIMIT);
            told.sort_unstable();
            crossed.sort_unstable();
            assert_eq!(told, crossed);
            first += size;
        }
        for (key, records) in &truth {
            let (old, fresh) = table.of(*key);
            let mut found = [old, fresh].concat();
            found.sort_unstable();
            assert_eq!(&found, records);
        }
        assert_eq!(table.of(2), (&[][..], &[][..]));
    }
}
