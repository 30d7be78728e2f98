//! Splitting rows by a key, so that a kernel sees one partition at a time.

/// Rows grouped by key: `rows_of(p)` are the row numbers of partition `p`, in row order.
#[derive(Debug, Clone)]
pub struct Partitions {
    rows: Vec<u32>,
    starts: Vec<usize>,
}

impl Partitions {
    /// Groups rows by `key`, which must give numbers below `count`.
    #[must_use]
    pub fn by(rows: usize, count: usize, key: impl Fn(usize) -> usize) -> Self {
        let mut starts = vec![0; count + 1];
        for row in 0..rows {
            starts[key(row) + 1] += 1;
        }
        for p in 0..count {
            starts[p + 1] += starts[p];
        }
        let mut next = starts.clone();
        let mut out = vec![0; rows];
        for row in 0..rows {
            let at = &mut next[key(row)];
            out[*at] = row as u32;
            *at += 1;
        }
        Self { rows: out, starts }
    }

    /// The number of partitions.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of one partition, in row order.
    #[must_use]
    pub fn rows_of(&self, partition: usize) -> &[u32] {
        &self.rows[self.starts[partition]..self.starts[partition + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_lands_in_its_partition_in_order() {
        let parts = Partitions::by(10, 4, |row| row % 3);
        assert_eq!(parts.count(), 4);
        assert_eq!(parts.rows_of(0), [0, 3, 6, 9]);
        assert_eq!(parts.rows_of(2), [2, 5, 8]);
        assert!(parts.rows_of(3).is_empty());
    }
}
