//! An index on disk: records that can be looked up, and added to, one by one or in batches; persons
//! with numbers that stay.
//!
//! Everything is a function of the *ground* (settings, model, and the shares of values in the records
//! the model was trained on) and of the set of records: the same records in any batches and any
//! order make the same persons as an index built anew. See docs/decisions/0200.

mod disk;
mod files;
mod keys;
mod persons;
mod regroup;
mod small;
mod take;

use crate::block;
use crate::cluster::Constraints;
use crate::compare::grow::Growing;
use crate::compare::{Pattern, Workspace, level_of};
use crate::error::LinkError;
use crate::features::Features;
use crate::model::{Model, Scorer, probability};
use crate::score::{Bound, Edge, Known, weigh};
use crate::spec::expr::{Expr, Function};
use crate::spec::{Block, Kind, Mode, Spec};
use crate::suggest::blocks::default_blocks;
use crate::table::{Records, Table};
use crate::text::dates::order_of;
use crate::values::{Interner, Values, hash_bytes};
pub use files::{add_file, find_file, make};
use keys::KeyTable;
use persons::Persons;
pub use persons::{Event, Happened};
use regroup::Rings;
use rustc_hash::FxHashMap;
use std::fs::File;
use std::path::PathBuf;

/// Records held for look-up, and their persons.
pub struct Index {
    spec: Spec,
    blocks: Vec<Block>,
    scorer: Scorer,
    bound: Bound,
    growing: Growing,
    tables: Vec<KeyTable>,
    /// Keys, record by record, one per rule.
    keys: Vec<u32>,
    ids: Values,
    sources: Vec<String>,
    source_of: Vec<u16>,
    /// Hash of source and id, to the record.
    known: FxHashMap<u64, u32>,
    constraints: Constraints,
    different: Interner,
    persons: Persons,
    rings: Rings,
    batches: u32,
    folder: Option<PathBuf>,
    /// The file of small batches, open for appending.
    log: Option<File>,
    probe: Probe,
}

/// Scratch of look-ups.
#[derive(Default)]
struct Probe {
    work: Workspace,
    patterns: FxHashMap<Pattern, Known>,
    candidates: Vec<u32>,
}

/// A record like the one looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its number in the index.
    pub record: u32,
    /// Where it came from.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// Its person.
    pub person: u32,
    /// log2 of the posterior odds.
    pub weight: f64,
    /// Of the weight.
    pub probability: f64,
    /// Levels of the comparisons, -1 missing.
    pub levels: Vec<i8>,
}

/// What a batch did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Added {
    /// Records added.
    pub records: usize,
    /// Of them, those of persons that no record had before.
    pub new_persons: usize,
    /// Merges and splits of known persons.
    pub events: Vec<Event>,
}

impl Index {
    /// An empty index in memory. The ground gives the shares of values, the order of day and month,
    /// and blocking rules when the settings have none.
    ///
    /// # Errors
    /// Settings that need the whole file for one record (`rarest_word`), a model of other settings, a
    /// column that the ground has not.
    pub fn new(mut spec: Spec, model: &Model, ground: Table) -> Result<Self, LinkError> {
        refuse_rarest(&spec)?;
        spec.truth = None;
        for (name, kind) in &mut spec.kinds {
            if let (Kind::Date(None), Some(column)) = (&kind, ground.column(name)) {
                let values = (1..column.values.len() as u32).map(|c| column.values.get(c));
                *kind = Kind::Date(Some(order_of(values)));
            }
        }
        let rows = ground.rows;
        let features = Features::new(&spec, ground)?;
        let blocks = match spec.blocks.is_empty() {
            true => default_blocks(&spec, &features, rows)?,
            false => spec.blocks.clone(),
        };
        let growing = Growing::new(&spec, &features, rows)?;
        drop(features);
        model.check(&spec.compares)?;
        let scorer = model.scorer();
        let bound = Bound::new(&growing.store, &scorer);
        Ok(Self {
            bound,
            scorer,
            tables: (0..blocks.len()).map(KeyTable::new).collect(),
            blocks,
            growing,
            spec,
            keys: Vec::new(),
            ids: Values::default(),
            sources: Vec::new(),
            source_of: Vec::new(),
            known: FxHashMap::default(),
            constraints: Constraints::default(),
            different: Interner::default(),
            persons: Persons::default(),
            rings: Rings::default(),
            batches: 0,
            folder: None,
            log: None,
            probe: Probe::default(),
        })
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.growing.store.len
    }

    /// True without records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The person of a record.
    #[must_use]
    pub fn person(&self, record: u32) -> u32 {
        self.persons.of(record)
    }

    /// The number of a record in the index.
    #[must_use]
    pub fn record(&self, source: &str, id: &str) -> Option<u32> {
        self.known.get(&identity(source, id)).copied()
    }

    /// Source and id of a record.
    #[must_use]
    pub fn name(&self, record: u32) -> (&str, &str) {
        let source = usize::from(self.source_of[record as usize]);
        (&self.sources[source], self.ids.get(record + 1))
    }

    /// The settings.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Records like the first of `table`, likeliest first, without adding it.
    ///
    /// # Errors
    /// A column of the settings that the table has not.
    pub fn find(&mut self, table: Table, source: &str) -> Result<Vec<Found>, LinkError> {
        let mark = self.growing.mark();
        let rows = table.rows;
        let features = Features::new(&self.spec, table)?;
        let keys = block::short_keys(&self.blocks, &features, rows)?;
        self.growing.append(&features, rows)?;
        drop(features);
        let keys: Vec<u32> = keys.iter().filter_map(|column| column.first().copied()).collect();
        let source = self.sources.iter().position(|s| s == source).map(|s| s as u16);
        let mut probe = std::mem::take(&mut self.probe);
        let mut edges = self.edges(mark.rows(), &keys, source, &mut probe);
        self.probe = probe;
        self.growing.back_to(&mark);
        edges.sort_unstable_by(|x, y| y.weight.total_cmp(&x.weight).then(x.a.cmp(&y.a)));
        Ok(edges.iter().map(|edge| self.found(edge)).collect())
    }

    fn found(&self, edge: &Edge) -> Found {
        let (source, id) = self.name(edge.a);
        Found {
            record: edge.a,
            source: source.to_owned(),
            id: id.to_owned(),
            person: self.persons.of(edge.a),
            weight: edge.weight,
            probability: probability(edge.weight),
            levels: (0..self.scorer.len()).map(|c| level_of(edge.pattern, c)).collect(),
        }
    }

    /// Edges of a record to the others that share a key of a rule.
    fn edges(
        &self,
        record: u32,
        keys: &[u32],
        source: Option<u16>,
        probe: &mut Probe,
    ) -> Vec<Edge> {
        let store = &self.growing.store;
        let p = self.spec.decide.min_probability;
        let least = (p / (1.0 - p)).log2();
        let closed = source.filter(|s| self.closed(*s));
        probe.candidates.clear();
        probe.candidates.push(record);
        for ((&key, table), rule) in keys.iter().zip(&self.tables).zip(&self.blocks) {
            let (old, fresh) = if key == 0 { (&[][..], &[][..]) } else { table.of(key) };
            if old.len() + fresh.len() <= rule.max_size {
                let others = old.iter().chain(fresh).copied().filter(|other| *other != record);
                probe.candidates.extend(
                    others.filter(|o| closed.is_none_or(|c| self.source_of[*o as usize] != c)),
                );
            }
        }
        probe.candidates[1..].sort_unstable();
        probe.candidates.dedup();
        store.gather(&mut probe.work, &probe.candidates);
        let mut edges = Vec::new();
        for j in 1..probe.candidates.len() {
            let Some(pattern) = self.bound.pattern(store, &mut probe.work, 0, j, least) else {
                continue;
            };
            let new = || Known::new(store, &self.scorer, pattern);
            let known = *probe.patterns.entry(pattern).or_insert_with(new);
            let weight = if known.varies && known.best >= least {
                weigh(store, &self.scorer, &probe.work, 0, j, pattern, known.mass)
            } else {
                known.plain
            };
            if weight >= least {
                let other = probe.candidates[j];
                edges.push(Edge { a: other.min(record), b: other.max(record), weight, pattern });
            }
        }
        edges
    }

    /// Records of this source are not paired among each other.
    fn closed(&self, source: u16) -> bool {
        self.spec.mode == Mode::Link || self.unique(source)
    }

    fn unique(&self, source: u16) -> bool {
        let name = &self.sources[usize::from(source)];
        self.spec.inputs.iter().any(|i| i.name == *name && i.unique)
    }

    /// Adds records of a source, and gives each its person. Written to disk when the index is on
    /// disk; after an error the index must be opened again.
    ///
    /// # Errors
    /// An id that the index has already, a column that is missing, a file that cannot be written.
    pub fn add(&mut self, records: Records, source: &str) -> Result<Added, LinkError> {
        let added = self.add_unsynced(records, source)?;
        self.sync()?;
        Ok(added)
    }

    /// As [`Index::add`], but a small batch outlives a loss of power only after [`Index::sync`]:
    /// several may share one.
    ///
    /// # Errors
    /// As [`Index::add`].
    pub fn add_unsynced(&mut self, records: Records, source: &str) -> Result<Added, LinkError> {
        let batch = self.batches + 1;
        let first = self.len() as u32;
        let kept = self.folder.is_some().then(|| records.clone());
        let crossed = self.take_in(records, source)?;
        let count = self.len() - first as usize;
        self.persons.grow(self.len());
        let before = self.persons.given();
        let groups = self.regroup(first, crossed);
        let events = self.persons.assign(&groups, batch);
        let new_persons = (self.persons.given() - before) as usize;
        self.batches = batch;
        if let Some(records) = kept {
            let persons: Vec<u32> =
                (first..first + count as u32).map(|r| self.persons.of(r)).collect();
            self.write_batch(batch, &records, source, &persons, &events)?;
        }
        Ok(Added { records: count, new_persons, events })
    }

    /// The canonical order: by source, then by id (numbers by their value).
    fn order(&self, a: u32, b: u32) -> std::cmp::Ordering {
        let ((s, x), (t, y)) = (self.name(a), self.name(b));
        let numbers = x.parse::<u64>().ok().zip(y.parse::<u64>().ok());
        let by_id = numbers.map_or_else(|| x.cmp(y), |(m, n)| m.cmp(&n));
        s.cmp(t).then(by_id).then_with(|| x.cmp(y))
    }
}

fn identity(source: &str, id: &str) -> u64 {
    hash_bytes(source.as_bytes()).rotate_left(7) ^ hash_bytes(id.as_bytes())
}

/// The rarest word of a name depends on all other names.
fn refuse_rarest(spec: &Spec) -> Result<(), LinkError> {
    fn uses(e: &Expr) -> bool {
        match e {
            Expr::Column(_) => false,
            Expr::Call(f, inner, _) => *f == Function::RarestWord || inner.iter().any(uses),
        }
    }
    let keys = spec.blocks.iter().flat_map(|b| &b.keys);
    if keys.chain(spec.compares.iter().flat_map(|c| &c.exprs)).any(uses) {
        return Err(LinkError::Data(
            "rarest_word depends on all records; an index needs longest_word or sorted_words instead"
                .to_owned(),
        ));
    }
    Ok(())
}
