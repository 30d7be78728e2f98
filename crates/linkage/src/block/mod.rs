//! Blocking: every rule sorts the records by a 64-bit key; records with equal keys form a block.
//!
//! A pair is visited once, by the first rule whose keys are equal. A block above its limit is
//! split by further columns (derived rules) and reported; what stays too large is reported too.

mod visit;

use crate::compare::Store;
use crate::error::LinkError;
use crate::features::{Features, across};
use crate::spec::expr::Expr;
use crate::spec::{Block, Mode, Spec};
use crate::suggest::blocks::default_blocks;
use crate::values::fold;
use rayon::prelude::*;
use std::borrow::Cow;

pub use visit::Seen;

/// Columns used to split the oversized blocks of one rule.
const SPLITS_MAX: usize = 6;

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
    /// Halves of keys, record by record, one per rule; 0 is none.
    keys: Vec<u32>,
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
    let chosen = match spec.blocks.is_empty() {
        true => default_blocks(spec, features, store.len)?,
        false => Vec::new(),
    };
    let wanted = if spec.blocks.is_empty() { &chosen } else { &spec.blocks };
    let hashes = Hashes::of_several(wanted, features, store.len)?;
    let made = wanted
        .par_iter()
        .map(|block| {
            let mut keys = hashes.keys_of(block, features, store.len)?;
            let (rule, large) = sort(&block.name, &keys, block.max_size, &closed, starts);
            let mut splits = Vec::new();
            for &record in large.iter().flatten() {
                splits.push((record, keys[record as usize]));
                keys[record as usize] = 0;
            }
            Ok((rule, splits, short(&keys)))
        })
        .collect::<Result<Vec<_>, LinkError>>()?;
    drop(hashes);
    let (mut columns, mut rules, mut all_splits) = (Vec::new(), Vec::new(), Vec::new());
    for (rule, splits, keys) in made {
        rules.push(rule);
        columns.push(keys);
        all_splits.push(splits);
    }
    for (block, of_rule) in wanted.iter().zip(&all_splits) {
        if !of_rule.is_empty() {
            split(block, of_rule, store, &closed, starts, &mut rules, &mut columns);
        }
    }
    let width = columns.len();
    let mut keys = vec![0u32; store.len * width];
    keys.par_chunks_mut(width.max(1) * 4_096).enumerate().for_each(|(chunk, part)| {
        for (row, slots) in part.chunks_mut(width).enumerate() {
            for (slot, column) in slots.iter_mut().zip(&columns) {
                *slot = column[chunk * 4_096 + row];
            }
        }
    });
    Ok(Blocks { rules, keys, width, starts: starts.to_vec(), closed })
}

impl Blocks {
    /// Blocks of the short keys alone (record by record, one per rule): a key held by more than
    /// the limit proposes nothing. `starts` and `closed` tell runs of records.
    pub(crate) fn of_short_keys(
        blocks: &[Block],
        mut keys: Vec<u32>,
        starts: Vec<u32>,
        closed: Vec<bool>,
    ) -> Self {
        let width = blocks.len();
        let made: Vec<(RuleBlocks, Vec<Vec<u32>>)> = blocks
            .par_iter()
            .enumerate()
            .map(|(rule, block)| {
                let column = keys.iter().skip(rule).step_by(width.max(1));
                let column: Vec<u64> = column.map(|key| u64::from(*key) * 0x1_0000_0001).collect();
                sort(&block.name, &column, block.max_size, &closed, &starts)
            })
            .collect();
        let mut rules = Vec::with_capacity(width);
        for (at, (rule, large)) in made.into_iter().enumerate() {
            for record in large.into_iter().flatten() {
                keys[record as usize * width + at] = 0;
            }
            rules.push(rule);
        }
        Self { rules, keys, width, starts, closed }
    }
}

/// The short keys of rules, rule by rule, 0 where a part is missing.
pub(crate) fn short_keys(
    blocks: &[Block],
    features: &Features<'_>,
    len: usize,
) -> Result<Vec<Vec<u32>>, LinkError> {
    let hashes = Hashes::of_several(blocks, features, len)?;
    blocks.iter().map(|block| Ok(short(&hashes.keys_of(block, features, len)?))).collect()
}

/// Half of every key: enough to see that an earlier rule has the pair already (two different keys
/// of one block look alike once in four billion).
fn short(keys: &[u64]) -> Vec<u32> {
    keys.iter().map(|&key| if key == 0 { 0 } else { (key >> 32) as u32 | 1 }).collect()
}

/// The hashed values of an expression: a code per record, a hash per code.
type Hashed<'a> = (Cow<'a, [u32]>, Vec<u64>);

/// Hashed values of the expressions that several rules use, made once.
struct Hashes<'a> {
    known: Vec<(&'a Expr, Hashed<'a>)>,
}

impl<'a> Hashes<'a> {
    fn of_several(
        blocks: &'a [Block],
        features: &'a Features<'_>,
        rows: usize,
    ) -> Result<Self, LinkError> {
        let keys: Vec<&Expr> = blocks.iter().flat_map(|b| &b.keys).collect();
        let several = keys
            .iter()
            .enumerate()
            .filter(|(at, expr)| !keys[..*at].contains(expr) && keys[at + 1..].contains(expr));
        let several: Vec<&Expr> = several.map(|(_, expr)| *expr).collect();
        let known = across(&several, rows, |expr| Ok((*expr, features.hashes(expr)?)))?;
        Ok(Self { known })
    }

    /// The keys of a rule, 0 where a part is missing.
    fn keys_of(
        &self,
        block: &Block,
        features: &Features<'_>,
        len: usize,
    ) -> Result<Vec<u64>, LinkError> {
        let mut keys = vec![0x51ED_270B_9F1D_33A5u64; len];
        for expr in &block.keys {
            match self.known.iter().find(|(known, _)| *known == expr) {
                Some((_, hashed)) => mix_in(&mut keys, hashed),
                None => mix_in(&mut keys, &features.hashes(expr)?),
            }
        }
        keys.iter_mut().filter(|k| **k != 0).for_each(|key| *key |= 1);
        Ok(keys)
    }
}

/// Mixes the hash of each record's value into its key; a missing value makes the key 0 for good.
fn mix_in(keys: &mut [u64], (codes, hashes): &Hashed<'_>) {
    for (key, &code) in keys.iter_mut().zip(codes.iter()) {
        let hash = hashes[code as usize];
        *key = if hash == 0 || *key == 0 {
            0
        } else {
            fold(*key ^ hash, 0x9FB2_1C65_1E98_DF25).max(1)
        };
    }
}

/// Records by key: blocks of two or more that can hold a pair, and the blocks above the limit.
fn sort(
    name: &str,
    keys: &[u64],
    limit: usize,
    closed: &[bool],
    starts: &[u32],
) -> (RuleBlocks, Vec<Vec<u32>>) {
    let shared = shared(keys);
    let bits = (shared.len() / 512).max(1).next_power_of_two().trailing_zeros().min(14);
    let shift = 64 - bits.max(1);
    let parts = 1usize << bits.max(1);
    let mut ends = vec![0u32; parts + 1];
    for &record in &shared {
        ends[(keys[record as usize] >> shift) as usize + 1] += 1;
    }
    for at in 0..parts {
        ends[at + 1] += ends[at];
    }
    let bounds = ends.clone();
    let mut sorted = vec![(0u64, 0u32); ends[parts] as usize];
    for &record in &shared {
        let key = keys[record as usize];
        let slot = &mut ends[(key >> shift) as usize];
        sorted[*slot as usize] = (key, record);
        *slot += 1;
    }
    drop(shared);
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

/// The records whose key another record seems to have too: most keys are held once, and need not be
/// sorted. Keys are marked in a table of bits; two keys on one bit do no harm.
fn shared(keys: &[u64]) -> Vec<u32> {
    let bits = (keys.len() * 8).next_power_of_two().max(64);
    let place = |key: u64| (key >> 1) as usize & (bits - 1);
    let (mut once, mut again) = (vec![0u64; bits / 64], vec![0u64; bits / 64]);
    for &key in keys.iter().filter(|key| **key != 0) {
        let (word, bit) = (place(key) / 64, 1 << (place(key) % 64));
        again[word] |= once[word] & bit;
        once[word] |= bit;
    }
    let twice = |key: u64| again[place(key) / 64] >> (place(key) % 64) & 1 == 1;
    let held = keys.iter().enumerate().filter(|(_, key)| **key != 0 && twice(**key));
    held.map(|(record, _)| record as u32).collect()
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
    columns: &mut Vec<Vec<u32>>,
) {
    let mut telling: Vec<(usize, usize)> = (0..store.width())
        .map(|feature| {
            let mut codes: Vec<u32> =
                records.iter().map(|(r, _)| store.code(*r, feature)).collect();
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
            let code = store.code(record, feature);
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
        columns.push(short(&keys));
    }
}

impl Blocks {
    /// True when no pairs are made within this input.
    #[must_use]
    pub fn closed(&self, source: usize) -> bool {
        self.closed[source]
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
