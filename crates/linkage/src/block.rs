//! Blocking: every rule sorts the records by a 64-bit key; records with equal keys form a block.
//!
//! A pair is visited once, by the first rule whose keys are equal. A block above its limit is
//! split by further columns (derived rules) and reported; what stays too large is reported too.

use crate::compare::{Store, Workspace};
use crate::error::LinkError;
use crate::features::Features;
use crate::spec::{Block, Mode, Spec};
use crate::values::fold;
use rayon::prelude::*;

/// Columns used to split the oversized blocks of one rule.
const SPLITS_MAX: usize = 6;
/// Blocks handed to a thread at a time.
const BLOCKS_PER_TASK: usize = 2_048;

/// The blocks of one rule: records, block by block.
#[derive(Debug, Default)]
pub struct RuleBlocks {
    /// Name of the rule.
    pub name: String,
    /// True when made to split oversized blocks of another rule.
    pub derived: bool,
    /// Records of all blocks of two or more.
    records: Vec<u32>,
    /// Where each block ends in `records`.
    ends: Vec<u32>,
    /// Blocks above the limit.
    pub oversize: usize,
    /// Records in the largest block seen.
    pub largest: usize,
    /// Pairs in oversized blocks that no split reaches.
    pub dropped_pairs: u64,
}

impl RuleBlocks {
    /// Pairs in all blocks, before pairs of earlier rules and closed inputs are taken off.
    #[must_use]
    pub fn pairs_upper(&self) -> u64 {
        let mut from = 0;
        let mut pairs = 0;
        for &end in &self.ends {
            let n = u64::from(end - from);
            pairs += n * (n - 1) / 2;
            from = end;
        }
        pairs
    }
}

/// All rules, ready to be visited.
#[derive(Debug)]
pub struct Blocks {
    /// The rules, in the order in which they claim pairs.
    pub rules: Vec<RuleBlocks>,
    /// Keys, record by record, one per rule; 0 is none.
    keys: Vec<u64>,
    width: usize,
    starts: Vec<u32>,
    /// Inputs within which no pairs are made.
    closed: Vec<bool>,
}

/// Makes the blocks of all rules.
///
/// # Errors
/// A key expression that names an unknown column.
pub fn build(
    spec: &Spec,
    features: &Features<'_>,
    store: &Store,
    starts: &[u32],
) -> Result<Blocks, LinkError> {
    let closed: Vec<bool> =
        spec.inputs.iter().map(|i| spec.mode == Mode::Link || i.unique).collect();
    build_with(spec, features, store, starts, closed)
}

/// As [`build`], with pairs only between different inputs.
///
/// # Errors
/// As [`build`].
pub fn build_closed(
    spec: &Spec,
    features: &Features<'_>,
    store: &Store,
    starts: &[u32],
) -> Result<Blocks, LinkError> {
    build_with(spec, features, store, starts, vec![true; spec.inputs.len()])
}

fn build_with(
    spec: &Spec,
    features: &Features<'_>,
    store: &Store,
    starts: &[u32],
    closed: Vec<bool>,
) -> Result<Blocks, LinkError> {
    let mut columns: Vec<Vec<u64>> = Vec::new();
    let mut rules = Vec::new();
    let mut splits = Vec::new();
    for (at, block) in spec.blocks.iter().enumerate() {
        let mut keys = keys_of(block, features, store.len)?;
        let (rule, large) = sort(&block.name, &keys, block.max_size, &closed, starts);
        for &record in large.iter().flatten() {
            splits.push((at, record, keys[record as usize]));
            keys[record as usize] = 0;
        }
        rules.push(rule);
        columns.push(keys);
    }
    for at in 0..spec.blocks.len() {
        let of_rule: Vec<(u32, u64)> =
            splits.iter().filter(|(r, ..)| *r == at).map(|(_, rec, key)| (*rec, *key)).collect();
        if !of_rule.is_empty() {
            split(&spec.blocks[at], &of_rule, store, &closed, starts, &mut rules, &mut columns);
        }
    }
    let width = columns.len();
    let mut keys = vec![0u64; store.len * width];
    keys.par_chunks_mut(width.max(1) * 4_096).enumerate().for_each(|(chunk, part)| {
        for (row, slots) in part.chunks_mut(width).enumerate() {
            for (slot, column) in slots.iter_mut().zip(&columns) {
                *slot = column[chunk * 4_096 + row];
            }
        }
    });
    Ok(Blocks { rules, keys, width, starts: starts.to_vec(), closed })
}

/// The keys of a rule, 0 where a part is missing.
fn keys_of(block: &Block, features: &Features<'_>, len: usize) -> Result<Vec<u64>, LinkError> {
    let parts = block
        .keys
        .par_iter()
        .map(|expr| features.hashes(expr))
        .collect::<Result<Vec<_>, LinkError>>()?;
    let mut keys = vec![0u64; len];
    keys.par_chunks_mut(8_192).enumerate().for_each(|(chunk, part)| {
        for (row, slot) in part.iter_mut().enumerate() {
            let record = chunk * 8_192 + row;
            let mut key = 0x51ED_270B_9F1D_33A5;
            let mut whole = true;
            for (codes, hashes) in &parts {
                let hash = hashes[codes[record] as usize];
                whole &= hash != 0;
                key = fold(key ^ hash, 0x9FB2_1C65_1E98_DF25);
            }
            *slot = if whole { key | 1 } else { 0 };
        }
    });
    Ok(keys)
}

/// Records by key: blocks of two or more that can hold a pair, and the blocks above the limit.
fn sort(
    name: &str,
    keys: &[u64],
    limit: usize,
    closed: &[bool],
    starts: &[u32],
) -> (RuleBlocks, Vec<Vec<u32>>) {
    let bits = (keys.len() / 512).max(1).next_power_of_two().trailing_zeros().min(14);
    let shift = 64 - bits.max(1);
    let parts = 1usize << bits.max(1);
    let mut ends = vec![0u32; parts + 1];
    for &key in keys.iter().filter(|k| **k != 0) {
        ends[(key >> shift) as usize + 1] += 1;
    }
    for at in 0..parts {
        ends[at + 1] += ends[at];
    }
    let bounds = ends.clone();
    let mut sorted = vec![(0u64, 0u32); ends[parts] as usize];
    for (record, &key) in keys.iter().enumerate().filter(|(_, k)| **k != 0) {
        let slot = &mut ends[(key >> shift) as usize];
        sorted[*slot as usize] = (key, record as u32);
        *slot += 1;
    }
    let mut slices = Vec::with_capacity(parts);
    let mut rest = sorted.as_mut_slice();
    for pair in bounds.windows(2) {
        let (head, tail) = rest.split_at_mut((pair[1] - pair[0]) as usize);
        slices.push(head);
        rest = tail;
    }
    let found: Vec<Part> = slices
        .into_par_iter()
        .with_min_len(8)
        .map(|slice| blocks_of(slice, limit, closed, starts))
        .collect();
    gather_parts(name, found)
}

/// What one partition of the keys gave.
#[derive(Default)]
struct Part {
    records: Vec<u32>,
    sizes: Vec<u32>,
    large: Vec<Vec<u32>>,
    largest: usize,
}

fn blocks_of(slice: &mut [(u64, u32)], limit: usize, closed: &[bool], starts: &[u32]) -> Part {
    slice.sort_unstable();
    let mut part = Part::default();
    let mut from = 0;
    while from < slice.len() {
        let key = slice[from].0;
        let mut to = from + 1;
        while to < slice.len() && slice[to].0 == key {
            to += 1;
        }
        let block = &slice[from..to];
        from = to;
        if block.len() < 2 || !can_pair(block, closed, starts) {
            continue;
        }
        part.largest = part.largest.max(block.len());
        if block.len() > limit {
            part.large.push(block.iter().map(|(_, record)| *record).collect());
        } else {
            part.records.extend(block.iter().map(|(_, record)| *record));
            part.sizes.push(block.len() as u32);
        }
    }
    part
}

/// False when all records are of one closed input.
fn can_pair(block: &[(u64, u32)], closed: &[bool], starts: &[u32]) -> bool {
    let source = source_of(starts, block[0].1);
    !closed[source] || block[block.len() - 1].1 >= starts[source + 1]
}

fn source_of(starts: &[u32], record: u32) -> usize {
    starts.partition_point(|&start| start <= record) - 1
}

fn gather_parts(name: &str, parts: Vec<Part>) -> (RuleBlocks, Vec<Vec<u32>>) {
    let mut rule = RuleBlocks { name: name.to_owned(), ..RuleBlocks::default() };
    let mut large = Vec::new();
    for part in parts {
        rule.records.extend(part.records);
        for size in part.sizes {
            rule.ends.push(rule.ends.last().copied().unwrap_or(0) + size);
        }
        rule.largest = rule.largest.max(part.largest);
        rule.oversize += part.large.len();
        large.extend(part.large);
    }
    (rule, large)
}

/// Splits oversized blocks of a rule by the most telling compared columns.
fn split(
    block: &Block,
    records: &[(u32, u64)],
    store: &Store,
    closed: &[bool],
    starts: &[u32],
    rules: &mut Vec<RuleBlocks>,
    columns: &mut Vec<Vec<u64>>,
) {
    let mut telling: Vec<(usize, usize)> = (0..store.width)
        .map(|feature| {
            let mut codes: Vec<u32> = records
                .iter()
                .map(|(r, _)| store.rows[*r as usize * store.width + feature])
                .collect();
            codes.sort_unstable();
            codes.dedup();
            (codes.len(), feature)
        })
        .filter(|(distinct, _)| *distinct > 8)
        .collect();
    telling.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (number, &(_, feature)) in telling.iter().take(SPLITS_MAX).enumerate() {
        let mut keys = vec![0u64; store.len];
        for &(record, key) in records {
            let code = store.rows[record as usize * store.width + feature];
            if code != 0 {
                keys[record as usize] = fold(key ^ u64::from(code), 0xA076_1D64_78BD_642F) | 1;
            }
        }
        let name = format!("{} + split {}", block.name, number + 1);
        let (mut rule, large) = sort(&name, &keys, block.max_size, closed, starts);
        rule.derived = true;
        for group in &large {
            rule.dropped_pairs += (group.len() as u64) * (group.len() as u64 - 1) / 2;
            for &record in group {
                keys[record as usize] = 0;
            }
        }
        rules.push(rule);
        columns.push(keys);
    }
}

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
}

/// One task's scratch while visiting.
#[derive(Default)]
struct Scratch {
    keys: Vec<u64>,
    work: Workspace,
}

impl Blocks {
    /// Visits every candidate pair of a rule once. `wanted` may refuse a pair before its records
    /// are fetched. States come back in an order that does not depend on the threads.
    pub fn visit<S: Send>(
        &self,
        rule: usize,
        store: &Store,
        init: impl Fn() -> S + Sync,
        wanted: impl Fn(&mut S, u32, u32) -> bool + Sync,
        each: impl Fn(&mut S, &mut Workspace, Seen) + Sync,
    ) -> Vec<S> {
        let blocks = &self.rules[rule];
        let tasks: Vec<usize> = (0..blocks.ends.len()).step_by(BLOCKS_PER_TASK).collect();
        tasks
            .into_par_iter()
            .map_init(Scratch::default, |scratch, first| {
                let mut state = init();
                for block in first..(first + BLOCKS_PER_TASK).min(blocks.ends.len()) {
                    let from = if block == 0 { 0 } else { blocks.ends[block - 1] as usize };
                    let records = &blocks.records[from..blocks.ends[block] as usize];
                    self.visit_block(rule, store, records, scratch, &mut state, &wanted, &each);
                }
                state
            })
            .collect()
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the inner loop of the engine: one call per block"
    )]
    fn visit_block<S>(
        &self,
        rule: usize,
        store: &Store,
        records: &[u32],
        scratch: &mut Scratch,
        state: &mut S,
        wanted: &impl Fn(&mut S, u32, u32) -> bool,
        each: &impl Fn(&mut S, &mut Workspace, Seen),
    ) {
        scratch.keys.clear();
        for &record in records {
            let row = record as usize * self.width;
            scratch.keys.extend_from_slice(&self.keys[row..row + rule]);
        }
        let mut gathered = false;
        let mut end_of_source = 0;
        for i in 0..records.len() - 1 {
            let a = records[i];
            if i >= end_of_source {
                let source = source_of(&self.starts, a);
                end_of_source = i + records[i..].partition_point(|&r| r < self.starts[source + 1]);
            }
            let closed = self.closed[source_of(&self.starts, a)];
            let first = if closed { end_of_source } else { i + 1 };
            let mine = &scratch.keys[i * rule..(i + 1) * rule];
            for j in first..records.len() {
                let other = &scratch.keys[j * rule..(j + 1) * rule];
                if mine.iter().zip(other).any(|(x, y)| x == y && *x != 0) {
                    continue;
                }
                let b = records[j];
                if !wanted(state, a, b) {
                    continue;
                }
                if !gathered {
                    store.gather(&mut scratch.work, records);
                    gathered = true;
                }
                each(state, &mut scratch.work, Seen { i, j, a, b });
            }
        }
    }

    /// Which rules hold for a pair, as bits (the first 64 rules).
    #[must_use]
    pub fn rules_of(&self, a: u32, b: u32) -> u64 {
        let (x, y) = (a as usize * self.width, b as usize * self.width);
        (0..self.width.min(64)).fold(0, |bits, r| {
            let equal = self.keys[x + r] == self.keys[y + r] && self.keys[x + r] != 0;
            bits | u64::from(equal) << r
        })
    }

    /// Number of pairs that could be formed at all, by the mode and the inputs.
    #[must_use]
    pub fn possible_pairs(&self) -> f64 {
        let total = f64::from(*self.starts.last().unwrap_or(&0));
        let mut pairs = total * (total - 1.0) / 2.0;
        for (input, bounds) in self.starts.windows(2).enumerate() {
            let n = f64::from(bounds[1] - bounds[0]);
            if self.closed[input] {
                pairs -= n * (n - 1.0) / 2.0;
            }
        }
        pairs.max(1.0)
    }
}
