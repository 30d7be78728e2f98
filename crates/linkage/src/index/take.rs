//! Taking records in: their standard columns, their keys, their places in the tables.

use super::keys::KeyTable;
use super::{Index, identity};
use crate::block;
use crate::error::LinkError;
use crate::features::{FEW, Features};
use crate::spec::expr::Expr;
use crate::table::Records;
use rayon::prelude::*;

impl Index {
    /// Takes records into store and tables. Gives the older records of keys that are held by too
    /// many from now on: pairs found by such a key alone are no longer candidates.
    pub(super) fn take_in(
        &mut self,
        records: Records,
        source: &str,
    ) -> Result<Vec<u32>, LinkError> {
        let first = self.len() as u32;
        let rows = records.len();
        self.refuse_known(&records, source)?;
        let Records { ids, table, .. } = records;
        let features = Features::new(&self.spec, table)?;
        let keys = block::short_keys(&self.blocks, &features, rows)?;
        self.growing.append(&features, rows)?;
        if let Some(column) = &self.spec.decide.different {
            let coded = features.eval(&Expr::Column(column.clone()))?;
            for row in 0..rows {
                let code = self.different.code(coded.text(row).as_bytes());
                self.constraints.different.push(code);
            }
        }
        drop(features);
        self.known.reserve(rows);
        for row in 0..rows as u32 {
            let id = ids.get(row + 1);
            self.known.insert(identity(source, id), first + row);
            self.ids.push(id.as_bytes());
        }
        let source_at = self.source(source);
        let once = if self.unique(source_at) || self.spec.decide.one_to_one {
            source_at
        } else {
            u16::MAX
        };
        self.constraints.once.extend(std::iter::repeat_n(once, rows));
        self.source_of.extend(std::iter::repeat_n(source_at, rows));
        self.keys.reserve(rows * keys.len());
        for row in 0..rows {
            self.keys.extend(keys.iter().map(|column| column[row]));
        }
        Ok(self.fill_tables(&keys, first))
    }

    /// Ids must be new, and each once, before anything is changed.
    fn refuse_known(&self, records: &Records, source: &str) -> Result<(), LinkError> {
        let mut these: Vec<u64> =
            (0..records.len() as u32).map(|row| identity(source, records.id(row))).collect();
        these.sort_unstable();
        let twice = these.windows(2).any(|pair| pair[0] == pair[1]);
        if twice || these.iter().any(|id| self.known.contains_key(id)) {
            return Err(LinkError::Data(format!(
                "a record of `{source}` has an id that the index holds already; ids must be unique within a source"
            )));
        }
        Ok(())
    }

    fn fill_tables(&mut self, keys: &[Vec<u32>], first: u32) -> Vec<u32> {
        let limits = self.blocks.iter().map(|block| block.max_size);
        let mut work: Vec<((&mut KeyTable, &Vec<u32>), usize)> =
            self.tables.iter_mut().zip(keys).zip(limits).collect();
        let add = |((table, column), limit): &mut ((&mut KeyTable, &Vec<u32>), usize)| {
            table.add(column, first, *limit)
        };
        let crossed: Vec<Vec<u32>> = match keys.first().is_none_or(|column| column.len() < FEW) {
            true => work.iter_mut().map(add).collect(),
            false => work.par_iter_mut().map(add).collect(),
        };
        let mut crossed = crossed.concat();
        crossed.sort_unstable();
        crossed.dedup();
        crossed
    }

    fn source(&mut self, name: &str) -> u16 {
        let at = self.sources.iter().position(|s| s == name).unwrap_or_else(|| {
            self.sources.push(name.to_owned());
            self.sources.len() - 1
        });
        at as u16
    }
}
