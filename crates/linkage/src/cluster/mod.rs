//! From scored pairs to persons: average linkage inside connected components, under constraints.
//!
//! Two clusters are joined while the evidence between them is above the threshold: the prior once,
//! and for every comparison the mean weight over all pairs between them that have both values. So a
//! record with gaps is judged by what the whole cluster knows, and a chain of look-alikes falls
//! apart where its ends disagree. Pairs that blocking did not propose are scored here too; only in
//! components of more than [`DENSE_MAX`] records do they count as a fixed weight.

use crate::compare::{Pattern, Store, Workspace, level_of};
use crate::family::Lifts;
use crate::model::Scorer;
use crate::score::{Edge, weigh};
use crate::spec::{ClusterMethod, Decide};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BinaryHeap};

mod tie;

use tie::Tie;

/// Weights are cut to this many bits either way in components too large to score whole.
pub const CLIP: f64 = 10.0;
/// Components up to this size have all their pairs scored.
pub const DENSE_MAX: usize = 400;
/// Weight taken for a pair that was not proposed, in a component too large to score whole.
const UNSEEN: f64 = -8.0;

/// What may never be in one cluster.
#[derive(Debug, Clone, Default)]
pub struct Constraints {
    /// For each record, its input when that input holds each person once (else `u16::MAX`).
    pub once: Vec<u16>,
    /// For each record, a code of which a cluster may hold only one (0 = any).
    pub different: Vec<u32>,
    /// Pairs that people decided (lower record first): true joins them, false keeps them apart,
    /// whatever the evidence.
    pub decided: BTreeMap<(u32, u32), bool>,
    /// Pairs that sure members of their families lift, in bits.
    pub lifted: Lifts,
}

/// The clusters of a run.
#[derive(Debug, Clone, Default)]
pub struct Clusters {
    /// For each record the lowest record of its cluster.
    pub leader: Vec<u32>,
    /// For each record the mean weight of its ties inside its cluster (0 when alone).
    pub tie: Vec<f32>,
    /// Components whose edges were not all kept.
    pub split_components: usize,
}

/// A canonical order of records that their numbers do not tell.
pub type Order<'a> = dyn Fn(&u32, &u32) -> std::cmp::Ordering + Sync + 'a;

/// Everything the clustering of a component reads.
pub struct Clustering<'a> {
    /// Prepared records.
    pub store: &'a Store,
    /// The model's tables.
    pub scorer: &'a Scorer,
    /// Constraints.
    pub constraints: &'a Constraints,
    /// Settings.
    pub decide: &'a Decide,
}

/// The lowest record of each connected component at the threshold.
pub(crate) fn components(
    len: usize,
    edges: &[Edge],
    musts: &[(u32, u32)],
    threshold: f64,
) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..len as u32).collect();
    let linked = edges.iter().filter(|e| e.weight >= threshold).map(|e| (e.a, e.b));
    for (a, b) in linked.chain(musts.iter().copied()) {
        let (x, y) = (find(&mut parent, a), find(&mut parent, b));
        if x != y {
            parent[x.max(y) as usize] = x.min(y);
        }
    }
    for record in 0..len as u32 {
        let root = find(&mut parent, record);
        parent[record as usize] = root;
    }
    parent
}

/// The edges with one for each of the pairs; `None` when none is lacking.
fn with_edges_for(pairs: &[(u32, u32)], edges: &[Edge]) -> Option<Vec<Edge>> {
    let lacks = |pair: &&(u32, u32)| edges.binary_search_by_key(*pair, |e| (e.a, e.b)).is_err();
    let new = |(a, b): &(u32, u32)| Edge { a: *a, b: *b, weight: 0.0, pattern: 0 };
    let lacking: Vec<Edge> = pairs.iter().filter(lacks).map(new).collect();
    (!lacking.is_empty()).then(|| {
        let mut all = [edges, &lacking].concat();
        all.sort_unstable_by_key(|e| (e.a, e.b));
        all
    })
}

fn find(parent: &mut [u32], mut record: u32) -> u32 {
    while parent[record as usize] != record {
        let up = parent[parent[record as usize] as usize];
        parent[record as usize] = up;
        record = up;
    }
    record
}

impl Clustering<'_> {
    /// Clusters all records; `order` when their numbers are not their canonical order.
    #[must_use]
    pub fn run(&self, edges: &[Edge], order: Option<&Order<'_>>) -> Clusters {
        let threshold = self.threshold();
        let decided = self.constraints.decided.iter();
        let musts: Vec<(u32, u32)> = decided.filter(|(_, same)| **same).map(|(p, _)| *p).collect();
        let extended = with_edges_for(&musts, edges);
        let edges = extended.as_deref().unwrap_or(edges);
        let roots = components(self.store.len, edges, &musts, threshold);
        let mut of_component: Vec<Edge> =
            edges.iter().filter(|e| roots[e.a as usize] == roots[e.b as usize]).copied().collect();
        of_component.par_sort_by_key(|e| (roots[e.a as usize], e.a, e.b));
        let mut slices: Vec<&[Edge]> = Vec::new();
        let mut rest = of_component.as_slice();
        while let Some(first) = rest.first() {
            let root = roots[first.a as usize];
            let end = rest.partition_point(|e| roots[e.a as usize] == root);
            slices.push(&rest[..end]);
            rest = &rest[end..];
        }
        let found: Vec<Vec<(u32, u32, f32)>> = slices
            .par_iter()
            .with_min_len(64)
            .map_init(Workspace::default, |work, slice| {
                self.component(slice, threshold, order, work)
            })
            .collect();
        let mut clusters = Clusters {
            leader: (0..self.store.len as u32).collect(),
            tie: vec![0.0; self.store.len],
            split_components: 0,
        };
        for members in found {
            let first = members.first().map(|m| m.1);
            clusters.split_components += usize::from(members.iter().any(|m| Some(m.1) != first));
            for (record, leader, tie) in members {
                clusters.leader[record as usize] = leader;
                clusters.tie[record as usize] = tie;
            }
        }
        clusters
    }

    /// The clusters of one component: (record, leader, mean tie).
    fn component(
        &self,
        edges: &[Edge],
        threshold: f64,
        order: Option<&Order<'_>>,
        work: &mut Workspace,
    ) -> Vec<(u32, u32, f32)> {
        if let [edge] = edges
            && self.constraints.decided.is_empty()
        {
            return self.two(edge, threshold);
        }
        let mut records: Vec<u32> = edges.iter().flat_map(|e| [e.a, e.b]).collect();
        records.sort_unstable();
        records.dedup();
        if let Some(order) = order {
            records.sort_unstable_by(order);
        }
        self.group(&records, edges, threshold, work)
    }

    /// A component of two records, the most frequent kind.
    fn two(&self, edge: &Edge, threshold: f64) -> Vec<(u32, u32, f32)> {
        let Constraints { once, different, .. } = self.constraints;
        let of = |codes: &[u32], r: u32| codes.get(r as usize).copied().unwrap_or(0);
        let (x, y) = (of(different, edge.a), of(different, edge.b));
        let input = |r: u32| once.get(r as usize).copied().unwrap_or(u16::MAX);
        let clash = x != 0 && y != 0 && x != y
            || input(edge.a) != u16::MAX && input(edge.a) == input(edge.b);
        if clash || edge.weight < threshold {
            return vec![(edge.a, edge.a, 0.0), (edge.b, edge.b, 0.0)];
        }
        let tie = edge.weight as f32;
        vec![(edge.a, edge.a, tie), (edge.b, edge.a, tie)]
    }

    /// The clusters among some records, which stand in their canonical order: ties are broken by
    /// it, and the first record of a cluster is its leader.
    pub fn group(
        &self,
        records: &[u32],
        edges: &[Edge],
        threshold: f64,
        work: &mut Workspace,
    ) -> Vec<(u32, u32, f32)> {
        let place: FxHashMap<u32, u32> =
            records.iter().enumerate().map(|(at, r)| (*r, at as u32)).collect();
        let pair = |e: &Edge| (place[&e.a].min(place[&e.b]), place[&e.a].max(place[&e.b]));
        let mut weights: FxHashMap<(u32, u32), f64> =
            edges.iter().map(|e| (pair(e), e.weight)).collect();
        let average = self.decide.method == ClusterMethod::Average;
        let ties = if average && records.len() > 2 && records.len() <= DENSE_MAX {
            self.whole(records, &mut weights, work)
        } else {
            let cut = |w: f64| if records.len() > 2 { w.clamp(-CLIP, CLIP) } else { w };
            weights.iter().map(|(pair, w)| (*pair, Tie::plain(cut(*w)))).collect()
        };
        let mut state = Joining::new(records, &ties, self, threshold);
        state.bind(records, &place);
        state.run();
        state.finish(records, &weights)
    }

    /// The weight from which a pair belongs together.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        let p = self.decide.match_probability;
        (p / (1.0 - p)).log2()
    }

    /// The evidence of every pair of a component, comparison by comparison.
    fn whole(
        &self,
        records: &[u32],
        weights: &mut FxHashMap<(u32, u32), f64>,
        work: &mut Workspace,
    ) -> Vec<((u32, u32), Tie)> {
        self.store.gather(work, records);
        let mut ties = Vec::with_capacity(records.len() * (records.len() - 1) / 2);
        for i in 0..records.len() {
            for j in i + 1..records.len() {
                let pattern: Pattern = self.store.pattern(work, i, j);
                let mass = self.scorer.mass(pattern);
                let pair = (records[i].min(records[j]), records[i].max(records[j]));
                let gain = self.constraints.lifted.get(&pair).copied().unwrap_or(0.0);
                let weight = weigh(self.store, self.scorer, work, i, j, pattern, mass) + gain;
                let mut tie = Tie::plain(weight);
                for (c, evaluator) in self.store.evaluators.iter().enumerate() {
                    let level = level_of(pattern, c);
                    if level < 0 {
                        continue;
                    }
                    let mut llr = self.scorer.plain_weight(c, level);
                    if evaluator.term_frequency && self.scorer.has_reference(c, pattern) {
                        let frequency = f64::from(self.store.frequency(evaluator, work, i, j));
                        llr += self.scorer.reference_of(c, level) - frequency.max(1e-12).log2();
                    }
                    tie.sums[c] = llr;
                    tie.counts[c] = 1;
                    tie.rest -= llr;
                }
                weights.insert((i as u32, j as u32), weight);
                ties.push(((i as u32, j as u32), tie));
            }
        }
        ties
    }
}

/// A possible join: ordered by mean weight, then by the lowest places.
#[derive(PartialEq)]
struct Join {
    mean: f64,
    a: u32,
    b: u32,
    stamp: u32,
}

impl Eq for Join {}

impl Ord for Join {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.mean
            .total_cmp(&other.mean)
            .then(other.a.cmp(&self.a))
            .then(other.b.cmp(&self.b))
            .then(self.stamp.cmp(&other.stamp))
    }
}

impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Clusters while they grow.
struct Joining<'a> {
    size: Vec<u32>,
    /// Sum and number of the known weights to each neighbour.
    ties: Vec<FxHashMap<u32, Tie>>,
    stamp: Vec<u32>,
    once: Vec<Vec<u16>>,
    different: Vec<u32>,
    leader: Vec<u32>,
    /// Places that a cluster must not be with.
    enemies: Vec<Vec<u32>>,
    /// Places that belong together.
    friends: Vec<(u32, u32)>,
    connected: bool,
    threshold: f64,
    constraints: &'a Constraints,
}

impl<'a> Joining<'a> {
    fn new(
        records: &[u32],
        pairs: &[((u32, u32), Tie)],
        clustering: &Clustering<'a>,
        threshold: f64,
    ) -> Self {
        let n = records.len();
        let constraints = clustering.constraints;
        let mut ties = vec![FxHashMap::default(); n];
        for &((a, b), tie) in pairs {
            ties[a as usize].insert(b, tie);
            ties[b as usize].insert(a, tie);
        }
        let once = records
            .iter()
            .map(|&r| {
                constraints
                    .once
                    .get(r as usize)
                    .filter(|s| **s != u16::MAX)
                    .map(|s| vec![*s])
                    .unwrap_or_default()
            })
            .collect();
        let different = records
            .iter()
            .map(|&r| constraints.different.get(r as usize).copied().unwrap_or(0))
            .collect();
        Self {
            size: vec![1; n],
            ties,
            stamp: vec![0; n],
            once,
            different,
            leader: (0..n as u32).collect(),
            enemies: vec![Vec::new(); n],
            friends: Vec::new(),
            connected: clustering.decide.method == ClusterMethod::Connected,
            threshold,
            constraints,
        }
    }

    /// Notes what people decided about these records.
    fn bind(&mut self, records: &[u32], place: &FxHashMap<u32, u32>) {
        if self.constraints.decided.is_empty() {
            return;
        }
        for &record in records {
            for ((a, b), same) in self.constraints.decided.range((record, 0)..=(record, u32::MAX)) {
                let (Some(&a), Some(&b)) = (place.get(a), place.get(b)) else { continue };
                if *same {
                    self.friends.push((a, b));
                } else {
                    self.enemies[a as usize].push(b);
                    self.enemies[b as usize].push(a);
                }
            }
        }
    }

    fn root(&self, mut at: u32) -> u32 {
        while self.leader[at as usize] != at {
            at = self.leader[at as usize];
        }
        at
    }

    /// The evidence between two clusters; pairs that are not known count as [`UNSEEN`].
    fn mean(&self, a: u32, b: u32, tie: &Tie) -> f64 {
        let pairs = f64::from(self.size[a as usize]) * f64::from(self.size[b as usize]);
        let known = f64::from(tie.pairs);
        if self.connected || known >= pairs {
            return tie.evidence();
        }
        (tie.evidence() * known + (pairs - known) * UNSEEN) / pairs
    }

    fn allowed(&self, a: u32, b: u32) -> bool {
        if self.enemies[a as usize].iter().any(|e| self.root(*e) == b) {
            return false;
        }
        let (a, b) = (a as usize, b as usize);
        let clash = self.different[a] != 0
            && self.different[b] != 0
            && self.different[a] != self.different[b];
        !clash && !self.once[a].iter().any(|s| self.once[b].contains(s))
    }

    fn run(&mut self) {
        let mut heap = BinaryHeap::new();
        for (a, b) in std::mem::take(&mut self.friends) {
            let (a, b) = (self.root(a), self.root(b));
            if a != b {
                self.join(&mut heap, a.min(b), a.max(b));
            }
        }
        for a in 0..self.ties.len() as u32 {
            for (&b, tie) in &self.ties[a as usize] {
                if a < b {
                    self.propose(&mut heap, a, b, tie);
                }
            }
        }
        while let Some(join) = heap.pop() {
            let stale =
                join.stamp != self.stamp[join.a as usize].wrapping_add(self.stamp[join.b as usize]);
            if stale
                || self.size[join.a as usize] == 0
                || self.size[join.b as usize] == 0
                || !self.allowed(join.a, join.b)
            {
                continue;
            }
            self.join(&mut heap, join.a, join.b);
        }
    }

    fn propose(&self, heap: &mut BinaryHeap<Join>, a: u32, b: u32, tie: &Tie) {
        let mean = self.mean(a, b, tie);
        let good = mean >= self.threshold;
        if good && self.allowed(a, b) {
            let stamp = self.stamp[a as usize].wrapping_add(self.stamp[b as usize]);
            heap.push(Join { mean, a: a.min(b), b: a.max(b), stamp });
        }
    }

    /// Joins `b` into `a` (`a` < `b`).
    fn join(&mut self, heap: &mut BinaryHeap<Join>, a: u32, b: u32) {
        let theirs = std::mem::take(&mut self.ties[b as usize]);
        self.ties[a as usize].remove(&b);
        let mut theirs: Vec<(u32, Tie)> =
            theirs.into_iter().filter(|(other, _)| *other != a).collect();
        theirs.sort_unstable_by_key(|(other, _)| *other);
        for (other, tie) in theirs {
            let sum =
                self.ties[a as usize].entry(other).and_modify(|sum| sum.add(&tie)).or_insert(tie);
            let sum = *sum;
            self.ties[other as usize].remove(&b);
            self.ties[other as usize].insert(a, sum);
        }
        self.size[a as usize] += self.size[b as usize];
        self.size[b as usize] = 0;
        self.leader[b as usize] = a;
        let enemies = std::mem::take(&mut self.enemies[b as usize]);
        self.enemies[a as usize].extend(enemies);
        let once = std::mem::take(&mut self.once[b as usize]);
        self.once[a as usize].extend(once);
        if self.different[a as usize] == 0 {
            self.different[a as usize] = self.different[b as usize];
        }
        self.stamp[a as usize] = self.stamp[a as usize].wrapping_add(1_000_003);
        let neighbours = std::mem::take(&mut self.ties[a as usize]);
        for (&other, tie) in &neighbours {
            self.propose(heap, a, other, tie);
        }
        self.ties[a as usize] = neighbours;
    }

    fn finish(
        &self,
        records: &[u32],
        weights: &FxHashMap<(u32, u32), f64>,
    ) -> Vec<(u32, u32, f32)> {
        let roots: Vec<u32> = (0..records.len() as u32).map(|at| self.root(at)).collect();
        let mut sums = vec![(0.0f64, 0u32); records.len()];
        let mut known: Vec<(&(u32, u32), &f64)> =
            weights.iter().filter(|((a, b), _)| roots[*a as usize] == roots[*b as usize]).collect();
        known.sort_unstable_by_key(|(pair, _)| **pair);
        for (&(a, b), &weight) in known {
            for at in [a, b] {
                let sum = &mut sums[at as usize];
                *sum = (sum.0 + weight, sum.1 + 1);
            }
        }
        records
            .iter()
            .enumerate()
            .map(|(at, &record)| {
                let (sum, count) = sums[at];
                let mean = if count > 0 { sum / f64::from(count) } else { 0.0 };
                (record, records[roots[at] as usize], mean as f32)
            })
            .collect()
    }
}
