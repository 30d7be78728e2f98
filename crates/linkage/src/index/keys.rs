//! Records by key: a sorted table with a directory of the leading bits, and what came since.

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
}

/// Records that are kept apart before the table is sorted again.
const FRESH_MIN: usize = 65_536;

impl KeyTable {
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

    /// Adds a record; how many the key holds now.
    pub(super) fn insert(&mut self, key: u32, record: u32) -> usize {
        self.fresh.entry(key).or_default().push(record);
        self.fresh_count += 1;
        let (old, fresh) = self.of(key);
        old.len() + fresh.len()
    }

    /// Sorts what came since into the table when it is much.
    pub(super) fn settle(&mut self) {
        if self.fresh_count < FRESH_MIN.max(self.keys.len() / 4) {
            return;
        }
        let old = self.keys.iter().copied().zip(self.records.iter().copied());
        let fresh = self.fresh.drain().flat_map(|(key, rs)| rs.into_iter().map(move |r| (key, r)));
        let mut all: Vec<(u32, u32)> = old.chain(fresh).collect();
        all.sort_unstable();
        self.fresh_count = 0;
        let bits = (all.len() / 4).max(2).ilog2().min(26);
        self.shift = 32 - bits;
        self.starts = vec![0; (1 << bits) + 1];
        for (key, _) in &all {
            self.starts[(key >> self.shift) as usize + 1] += 1;
        }
        for at in 1..self.starts.len() {
            self.starts[at] += self.starts[at - 1];
        }
        (self.keys, self.records) = all.into_iter().unzip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_before_and_after_settling() {
        let mut table = KeyTable::default();
        let mut chance = kernel::Chance::new(2);
        let mut truth: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for record in 0..200_000 {
            let key = (chance.below(50_000) as u32).wrapping_mul(85_899) | 1;
            let held = truth.entry(key).or_default();
            held.push(record);
            assert_eq!(table.insert(key, record), held.len());
            if record % 70_000 == 69_999 {
                table.settle();
            }
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
