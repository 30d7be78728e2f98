//! Every candidate pair once: block by block, the records of many blocks fetched together.

use super::{Blocks, source_of};
use crate::compare::{Store, Workspace};
use rayon::prelude::*;

/// Blocks handed to a thread at a time.
const BLOCKS_PER_TASK: usize = 2_048;

/// What a visitor is told of a pair: places in the workspace, and the records (`a` < `b`).
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Place of `a` in the workspace.
    pub i: usize,
    /// Place of `b` in the workspace.
    pub j: usize,
    /// The lower record.
    pub a: u32,
    /// The higher record.
    pub b: u32,
    /// What `wanted` said of the pair.
    pub note: u64,
}

/// Records whose keys, and whose entries, are fetched together: the waits for memory overlap.
const RECORDS_AT_ONCE: usize = 256;
/// Wanted pairs held before they are handed over.
const PAIRS_AT_ONCE: usize = 8_192;

/// One task's scratch while visiting.
#[derive(Default)]
struct Scratch {
    keys: Vec<u32>,
    /// Records of the blocks whose keys are fetched together, and where each block ends.
    waiting: Vec<u32>,
    waiting_ends: Vec<usize>,
    work: Workspace,
    /// Records of the blocks with wanted pairs; pairs name their places here.
    records: Vec<u32>,
    /// Wanted pairs: two places and a note.
    pairs: Vec<(u32, u32, u64)>,
}

impl Scratch {
    /// Fetches the records and hands the wanted pairs over.
    fn flush<S>(
        &mut self,
        store: &Store,
        state: &mut S,
        each: &impl Fn(&mut S, &mut Workspace, Seen),
    ) {
        if !self.pairs.is_empty() {
            store.gather(&mut self.work, &self.records);
        }
        for &(i, j, note) in &self.pairs {
            let (i, j) = (i as usize, j as usize);
            let seen = Seen { i, j, a: self.records[i], b: self.records[j], note };
            each(state, &mut self.work, seen);
        }
        self.pairs.clear();
    }
}

impl Blocks {
    /// Visits every candidate pair of a rule once whose lower record is `chosen`. `wanted` may refuse
    /// a pair before its records are fetched, or give a note of it. `init` is told the number of the
    /// task; states come back in the order of the tasks, whatever the threads.
    pub fn visit<S: Send>(
        &self,
        rule: usize,
        store: &Store,
        chosen: impl Fn(u32) -> bool + Sync,
        init: impl Fn(usize) -> S + Sync,
        wanted: impl Fn(&mut S, u32, u32) -> Option<u64> + Sync,
        each: impl Fn(&mut S, &mut Workspace, Seen) + Sync,
    ) -> Vec<S> {
        let blocks = &self.rules[rule];
        let tasks: Vec<usize> = (0..blocks.ends.len()).step_by(BLOCKS_PER_TASK).collect();
        tasks
            .into_par_iter()
            .map_init(Scratch::default, |scratch, first| {
                let mut state = init(first / BLOCKS_PER_TASK);
                let last = (first + BLOCKS_PER_TASK).min(blocks.ends.len());
                let mut from = if first == 0 { 0 } else { blocks.ends[first - 1] as usize };
                for &end in &blocks.ends[first..last] {
                    let block = &blocks.records[from..end as usize];
                    from = end as usize;
                    if !block[..block.len() - 1].iter().any(|record| chosen(*record)) {
                        continue;
                    }
                    scratch.waiting.extend_from_slice(block);
                    scratch.waiting_ends.push(scratch.waiting.len());
                    if scratch.waiting.len() >= RECORDS_AT_ONCE {
                        self.visit_waiting(
                            rule,
                            store,
                            scratch,
                            &mut state,
                            (&chosen, &wanted, &each),
                        );
                    }
                }
                self.visit_waiting(rule, store, scratch, &mut state, (&chosen, &wanted, &each));
                scratch.flush(store, &mut state, &each);
                scratch.records.clear();
                state
            })
            .collect()
    }

    /// Fetches the keys of the waiting blocks' records and visits the blocks.
    fn visit_waiting<S>(
        &self,
        rule: usize,
        store: &Store,
        scratch: &mut Scratch,
        state: &mut S,
        (chosen, wanted, each): (
            &impl Fn(u32) -> bool,
            &impl Fn(&mut S, u32, u32) -> Option<u64>,
            &impl Fn(&mut S, &mut Workspace, Seen),
        ),
    ) {
        let records = std::mem::take(&mut scratch.waiting);
        let ends = std::mem::take(&mut scratch.waiting_ends);
        self.fetch_keys(rule, &records, &mut scratch.keys);
        let mut begin = 0;
        for &end in &ends {
            let block = (rule, begin, &records[begin..end]);
            self.visit_block(block, store, scratch, state, (chosen, wanted, each));
            begin = end;
        }
        (scratch.waiting, scratch.waiting_ends) = (records, ends);
        scratch.waiting.clear();
        scratch.waiting_ends.clear();
    }

    /// The keys of earlier rules, record by record.
    fn fetch_keys(&self, rule: usize, records: &[u32], keys: &mut Vec<u32>) {
        keys.clear();
        if rule == 0 {
            return;
        }
        // Read first, so that the waits for memory overlap.
        let seen = records.iter().fold(0, |seen, r| seen ^ self.keys[*r as usize * self.width]);
        std::hint::black_box(seen);
        for &record in records {
            let row = record as usize * self.width;
            keys.extend_from_slice(&self.keys[row..row + rule]);
        }
    }

    /// Visits a block: its rule, where its keys begin, its records.
    fn visit_block<S>(
        &self,
        (rule, place, records): (usize, usize, &[u32]),
        store: &Store,
        scratch: &mut Scratch,
        state: &mut S,
        (chosen, wanted, each): (
            &impl Fn(u32) -> bool,
            &impl Fn(&mut S, u32, u32) -> Option<u64>,
            &impl Fn(&mut S, &mut Workspace, Seen),
        ),
    ) {
        let base = scratch.records.len();
        let mut end_of_source = 0;
        for i in 0..records.len() - 1 {
            let a = records[i];
            if i >= end_of_source {
                let source = source_of(&self.starts, a);
                end_of_source = i + records[i..].partition_point(|&r| r < self.starts[source + 1]);
            }
            if !chosen(a) {
                continue;
            }
            let closed = self.closed[source_of(&self.starts, a)];
            let first = if closed { end_of_source } else { i + 1 };
            for j in first..records.len() {
                let mine = &scratch.keys[(place + i) * rule..(place + i + 1) * rule];
                let other = &scratch.keys[(place + j) * rule..(place + j + 1) * rule];
                // All keys, without stopping at the first: the processor compares several at once.
                let earlier = mine
                    .iter()
                    .zip(other)
                    .fold(0, |same, (x, y)| same | (u32::from(x == y) & u32::from(*x != 0)));
                if earlier != 0 {
                    continue;
                }
                let Some(note) = wanted(state, a, records[j]) else { continue };
                if scratch.records.len() == base {
                    scratch.records.extend_from_slice(records);
                }
                scratch.pairs.push(((base + i) as u32, (base + j) as u32, note));
                if scratch.pairs.len() >= PAIRS_AT_ONCE {
                    scratch.flush(store, state, each);
                }
            }
        }
        if scratch.records.len() >= RECORDS_AT_ONCE {
            scratch.flush(store, state, each);
            scratch.records.clear();
        }
    }
}
