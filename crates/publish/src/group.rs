//! Rows that come in any order → rows by family.

/// The place of every family: its row in the table of families.
pub(crate) struct Families {
    ids: Vec<u64>,
    /// Place by id when ids are dense enough; `NONE` where there is no family.
    dense: Option<Vec<u32>>,
}

const NONE: u32 = u32::MAX;

impl Families {
    /// From the ids in the order of the table (ascending).
    pub(crate) fn new(ids: Vec<u64>) -> Self {
        let largest = ids.last().copied().unwrap_or(0) as usize;
        let dense = (largest <= ids.len().saturating_mul(8) + 1_024).then(|| {
            let mut places = vec![NONE; largest + 1];
            for (place, id) in ids.iter().enumerate() {
                if let Some(slot) = places.get_mut(*id as usize) {
                    *slot = place as u32;
                }
            }
            places
        });
        Self { ids, dense }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.ids.len()
    }

    /// Their ids, ascending.
    pub(crate) fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The place of a family, none for 0 and unknown ids.
    pub(crate) fn place(&self, id: u64) -> Option<u32> {
        match &self.dense {
            Some(places) => places.get(id as usize).copied().filter(|place| *place != NONE),
            None => self.ids.binary_search(&id).ok().map(|place| place as u32),
        }
    }
}

/// Packed rows with the family each belongs to, then readable by family (counting sort: linear,
/// and rows of one family keep the order they came in).
#[derive(Default)]
pub(crate) struct Grouped {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    families: Vec<u32>,
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl Grouped {
    /// Appends one row of `family`, written by `put`.
    pub(crate) fn push(&mut self, family: u32, put: impl FnOnce(&mut Vec<u8>)) {
        put(&mut self.bytes);
        self.ends.push(self.bytes.len());
        self.families.push(family);
    }

    /// Sorts the rows by family; call once, after the last `push`.
    pub(crate) fn close(&mut self, families: usize) {
        let mut starts = vec![0_u32; families + 1];
        for family in &self.families {
            starts[*family as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        self.order = vec![0; self.families.len()];
        for (row, family) in self.families.iter().enumerate() {
            let slot = &mut next[*family as usize];
            self.order[*slot as usize] = row as u32;
            *slot += 1;
        }
        self.starts = starts;
        self.families = Vec::new();
    }

    /// The packed rows of a family.
    pub(crate) fn rows(&self, family: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let range = self.starts[family] as usize..self.starts[family + 1] as usize;
        self.order[range].iter().map(|row| {
            let row = *row as usize;
            let from = if row == 0 { 0 } else { self.ends[row - 1] };
            &self.bytes[from..self.ends[row]]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_by_family_in_their_order() {
        for ids in [vec![3, 7, 9], vec![3, 7_000_000_000, 9_000_000_000]] {
            let families = Families::new(ids.clone());
            let mut grouped = Grouped::default();
            for (id, byte) in [(ids[2], 1), (ids[0], 2), (ids[2], 3)] {
                let place = families.place(id).unwrap();
                grouped.push(place, |out| out.extend_from_slice(&[byte, byte]));
            }
            grouped.close(families.len());
            let rows = |place: usize| grouped.rows(place).map(<[u8]>::to_vec).collect::<Vec<_>>();
            assert_eq!(rows(0), [vec![2, 2]]);
            assert!(rows(1).is_empty());
            assert_eq!(rows(2), [vec![1, 1], vec![3, 3]]);
            assert_eq!((families.place(0), families.place(4)), (None, None));
        }
    }
}
