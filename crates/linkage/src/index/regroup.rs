//! Persons after a batch: only components that the batch touches are clustered afresh. A batch that
//! is a good part of the index is not looked up record by record: the whole is clustered like a run.

use super::{Index, Probe};
use crate::block::Blocks;
use crate::cluster::{Clustering, DENSE_MAX, components};
use crate::score::{Edge, score};
use crate::spec::ClusterMethod;
use crate::train::SeenPatterns;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Batches from this size on are clustered as a whole when they are a quarter of the index.
const WHOLE_MIN: usize = 8_192;
/// Work on fewer items is not shared among threads.
const SHARED_MIN: usize = 64;

/// The components of records that hang together at the threshold: the records of one form a ring.
/// After an opening they are not known, and are found when a record of them is reached.
#[derive(Default)]
pub(super) struct Rings {
    next: Vec<u32>,
    known: Vec<bool>,
}

impl Rings {
    fn grow(&mut self, records: usize) {
        self.next.extend(self.next.len() as u32..records as u32);
        self.known.resize(records, false);
    }

    fn of(&self, record: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(record), move |at| {
            Some(self.next[*at as usize]).filter(|next| *next != record)
        })
    }

    /// The component of a record is to be found anew.
    fn forget(&mut self, record: u32) {
        if self.known[record as usize] {
            for member in self.of(record).collect::<Vec<_>>() {
                self.known[member as usize] = false;
            }
        }
    }

    fn set(&mut self, component: &[u32]) {
        for (place, &record) in component.iter().enumerate() {
            self.next[record as usize] = component[(place + 1) % component.len()];
            self.known[record as usize] = true;
        }
    }
}

/// Edges of the records that were looked up.
type Edges = FxHashMap<u32, Vec<Edge>>;

impl Index {
    /// The groups of all records that the new ones (from `first` on) and `crossed` can touch.
    pub(super) fn regroup(&mut self, first: u32, crossed: Vec<u32>) -> Vec<Vec<u32>> {
        let mut rings = std::mem::take(&mut self.rings);
        rings.grow(self.len());
        crossed.iter().for_each(|record| rings.forget(*record));
        let new = self.len() - first as usize;
        let whole = (new >= WHOLE_MIN && new * 4 >= self.len()).then(|| self.runs()).flatten();
        let groups = match whole {
            Some((starts, closed)) => self.regroup_whole(starts, closed, &mut rings),
            None => {
                let mut asked = crossed;
                asked.extend(first..self.len() as u32);
                self.regroup_near(asked, &mut rings)
            }
        };
        self.rings = rings;
        groups
    }

    fn clustering(&self) -> Clustering<'_> {
        Clustering {
            store: &self.growing.store,
            scorer: &self.scorer,
            constraints: &self.constraints,
            decide: &self.spec.decide,
        }
    }

    /// Runs of records of one source: their starts, and which are closed. `None` when a closed
    /// source has several runs, which the blocks of a whole run cannot tell.
    fn runs(&self) -> Option<(Vec<u32>, Vec<bool>)> {
        let (mut starts, mut closed, mut seen) = (vec![0], Vec::new(), Vec::new());
        for run in self.source_of.chunk_by(|x, y| x == y) {
            let is_closed = self.closed(run[0]);
            if is_closed && seen.contains(&run[0]) {
                return None;
            }
            seen.push(run[0]);
            closed.push(is_closed);
            starts.push(starts.last().map_or(0, |s| s + run.len() as u32));
        }
        Some((starts, closed))
    }

    /// All records clustered as in a run; the groups that are not as before.
    fn regroup_whole(
        &self,
        starts: Vec<u32>,
        closed: Vec<bool>,
        rings: &mut Rings,
    ) -> Vec<Vec<u32>> {
        let store = &self.growing.store;
        let blocks = Blocks::of_short_keys(&self.blocks, self.keys.clone(), starts, closed);
        let least = self.spec.decide.min_probability;
        let edges = score(store, &blocks, &self.scorer, least, &SeenPatterns::default()).edges;
        drop(blocks);
        let clustering = self.clustering();
        for component in by_leader(&components(self.len(), &edges, &[], clustering.threshold())) {
            rings.set(&component);
        }
        let order = |a: &u32, b: &u32| self.order(*a, *b);
        let groups = by_leader(&clustering.run(&edges, Some(&order)).leader);
        let changed = |group: &Vec<u32>| !self.persons.is(group);
        groups.into_par_iter().with_min_len(1_024).filter(changed).collect()
    }

    /// The components of some records, looked up, clustered afresh.
    fn regroup_near(&self, asked: Vec<u32>, rings: &mut Rings) -> Vec<Vec<u32>> {
        let threshold = self.clustering().threshold();
        let mut known = Edges::default();
        let mut touched: Vec<u32> = Vec::new();
        let mut front = asked;
        // Outward from the asked records, until nothing new is reached.
        while !front.is_empty() {
            self.look_up(&front, &mut known);
            let mut next = Vec::new();
            for &here in &front {
                touched.push(here);
                for other in linked(&known[&here], here, threshold).chain(self.persons.with(here)) {
                    match rings.known[other as usize] {
                        true => touched.push(other),
                        false if !known.contains_key(&other) => next.push(other),
                        false => {}
                    }
                }
            }
            next.sort_unstable();
            next.dedup();
            front = next;
        }
        let mut all: Vec<u32> = Vec::with_capacity(touched.len());
        for record in touched {
            match rings.known[record as usize] {
                true => all.extend(rings.of(record)),
                false => all.push(record),
            }
        }
        all.sort_unstable();
        all.dedup();
        let found = self.components_among(&all, &known, rings, threshold);
        let cluster = |probe: &mut Probe, component: &Vec<u32>| {
            self.groups_of(component, &known, threshold, probe)
        };
        let groups: Vec<Vec<Vec<u32>>> = if found.len() < SHARED_MIN {
            let mut probe = Probe::default();
            found.iter().map(|component| cluster(&mut probe, component)).collect()
        } else {
            found.par_iter().with_min_len(16).map_init(Probe::default, cluster).collect()
        };
        found.iter().for_each(|component| rings.set(component));
        groups.into_iter().flatten().collect()
    }

    fn look_up(&self, records: &[u32], known: &mut Edges) {
        let edges = |probe: &mut Probe, record: &u32| (*record, self.edges_of(*record, probe));
        if records.len() < SHARED_MIN {
            let mut probe = Probe::default();
            known.extend(records.iter().map(|record| edges(&mut probe, record)));
        } else {
            let shared = records.par_iter().with_min_len(SHARED_MIN);
            known.extend(shared.map_init(Probe::default, edges).collect::<Vec<_>>());
        }
    }

    fn edges_of(&self, record: u32, probe: &mut Probe) -> Vec<Edge> {
        let width = self.blocks.len();
        let keys = &self.keys[record as usize * width..(record as usize + 1) * width];
        self.edges(record, keys, Some(self.source_of[record as usize]), probe)
    }

    /// Components among records (rising) by the edges that were looked up and the rings known.
    fn components_among(
        &self,
        all: &[u32],
        known: &Edges,
        rings: &Rings,
        threshold: f64,
    ) -> Vec<Vec<u32>> {
        let place = |record: u32| all.binary_search(&record).ok();
        let mut root: Vec<usize> = (0..all.len()).collect();
        fn top(root: &mut [usize], mut at: usize) -> usize {
            while root[at] != at {
                root[at] = root[root[at]];
                at = root[at];
            }
            at
        }
        for (at, &here) in all.iter().enumerate() {
            let ring = Some(rings.next[here as usize]).filter(|_| rings.known[here as usize]);
            let edges = known.get(&here).map_or(&[][..], Vec::as_slice);
            for other in linked(edges, here, threshold).chain(ring).filter_map(place) {
                let (x, y) = (top(&mut root, at), top(&mut root, other));
                root[x.max(y)] = x.min(y);
            }
        }
        let leaders: Vec<u32> = (0..all.len()).map(|at| top(&mut root, at) as u32).collect();
        let mut found = by_leader(&leaders);
        found.iter_mut().flatten().for_each(|at| *at = all[*at as usize]);
        found
    }

    /// The groups of a component.
    fn groups_of(
        &self,
        component: &[u32],
        known: &Edges,
        threshold: f64,
        probe: &mut Probe,
    ) -> Vec<Vec<u32>> {
        if component.len() == 1 {
            return vec![component.to_vec()];
        }
        let inside = |e: &&Edge| {
            component.binary_search(&e.a).is_ok() && component.binary_search(&e.b).is_ok()
        };
        let mut edges: Vec<Edge> = Vec::new();
        // Where every pair is scored anyway, the edges tell only that these records hang together.
        let scored =
            self.spec.decide.method == ClusterMethod::Average && component.len() <= DENSE_MAX;
        for record in component {
            match known.get(record) {
                Some(found) => edges.extend(found.iter().filter(inside)),
                None if scored && component.len() > 2 => {}
                None => edges.extend(self.edges_of(*record, probe).iter().filter(inside)),
            }
        }
        edges.sort_unstable_by_key(|e| (e.a, e.b));
        edges.dedup_by_key(|e| (e.a, e.b));
        let mut records = component.to_vec();
        records.sort_unstable_by(|a, b| self.order(*a, *b));
        let mut of_leader: std::collections::BTreeMap<u32, Vec<u32>> = Default::default();
        let groups = self.clustering().group(&records, &edges, threshold, &mut probe.work);
        for (record, leader, _) in groups {
            of_leader.entry(leader).or_default().push(record);
        }
        of_leader.into_values().collect()
    }
}

/// The other ends of edges that join.
fn linked(edges: &[Edge], here: u32, threshold: f64) -> impl Iterator<Item = u32> + '_ {
    let joining = edges.iter().filter(move |e| e.weight >= threshold);
    joining.map(move |e| if e.a == here { e.b } else { e.a })
}

/// Places with one leader together, in their order.
fn by_leader(leaders: &[u32]) -> Vec<Vec<u32>> {
    let mut size = vec![0u32; leaders.len()];
    leaders.iter().for_each(|leader| size[*leader as usize] += 1);
    let mut group = vec![u32::MAX; leaders.len()];
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for (at, &leader) in leaders.iter().enumerate() {
        let number = &mut group[leader as usize];
        if *number == u32::MAX {
            *number = groups.len() as u32;
            groups.push(Vec::with_capacity(size[leader as usize] as usize));
        }
        groups[*number as usize].push(at as u32);
    }
    groups
}
