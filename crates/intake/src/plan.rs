//! Which table of a source a file holds, and where each of its columns stands in the file.

use crate::mapping::{Source, TableMap};
use rustc_hash::FxHashMap;

/// A file's header joined to a table of its source.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Place of the file among the files of the source.
    pub file: usize,
    /// Place of the table in the source.
    pub table: usize,
    /// The header, as compared: lower case, blanks as `_`.
    pub header: Vec<String>,
    /// Per column of the table: places in the file of its `from` names.
    pub from: Vec<Vec<usize>>,
    /// Per column of the table: place of the column that `minus` looks at.
    pub minus: Vec<Option<usize>>,
}

/// Why a header fits no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Column names that the nearest table needs and the header lacks, with near names if any.
    pub missing: Vec<String>,
    /// How many columns of the nearest table are there.
    pub present: usize,
}

/// A header name as compared.
#[must_use]
pub fn normal(name: &str) -> String {
    let name = name.trim().trim_matches(|c| c == '"' || c == '\u{feff}').trim();
    name.to_lowercase().replace([' ', '-'], "_")
}

/// How many of the names are known to any table of the source.
#[must_use]
pub fn known_names(source: &Source, header: &[String]) -> usize {
    let known = |name: &String| source.tables.iter().any(|t| t.known().any(|k| normal(k) == *name));
    header.iter().filter(|name| known(name)).count()
}

impl Plan {
    /// Finds the table that `header` is of: all its columns are there; of several, the largest.
    ///
    /// # Errors
    /// With what is missing from the nearest table.
    pub fn find(source: &Source, file: usize, header: Vec<String>) -> Result<Self, Misfit> {
        let mut places: FxHashMap<&str, usize> = FxHashMap::default();
        for (at, name) in header.iter().enumerate() {
            places.entry(name).or_insert(at);
        }
        let place = |name: &str| places.get(normal(name).as_str()).copied();
        let lacking =
            |t: &TableMap| t.required().filter(|n| place(n).is_none()).map(str::to_owned).collect();
        let fits: Vec<(usize, Vec<String>)> =
            source.tables.iter().map(lacking).enumerate().collect();
        let best = fits
            .iter()
            .filter(|(_, missing)| missing.is_empty())
            .max_by_key(|(t, _)| (source.tables[*t].columns.len(), usize::MAX - t));
        let Some((table, _)) = best else {
            return Err(misfit(source, &header, fits));
        };
        let columns = &source.tables[*table].columns;
        let from =
            columns.iter().map(|c| c.from.iter().filter_map(|n| place(n)).collect()).collect();
        let minus = columns.iter().map(|c| c.minus.as_ref().and_then(|m| place(&m.from))).collect();
        Ok(Self { file, table: *table, from, minus, header })
    }

    /// Names of the file that no column uses.
    #[must_use]
    pub fn ignored(&self) -> Vec<String> {
        let used =
            |at: usize| self.from.iter().any(|f| f.contains(&at)) || self.minus.contains(&Some(at));
        self.header
            .iter()
            .enumerate()
            .filter(|(at, _)| !used(*at))
            .map(|(_, n)| n.clone())
            .collect()
    }
}

fn misfit(source: &Source, header: &[String], fits: Vec<(usize, Vec<String>)>) -> Misfit {
    let share = |t: usize, missing: usize| {
        let required = source.tables[t].required().count();
        (required - missing) * 1_000 / required.max(1)
    };
    let nearest = fits.into_iter().max_by_key(|(t, m)| (share(*t, m.len()), usize::MAX - t));
    let Some((table, mut missing)) = nearest else {
        return Misfit { missing: Vec::new(), present: 0 };
    };
    let present = source.tables[table].required().count() - missing.len();
    missing.dedup();
    let with_hint = |name: &String| {
        let near = kernel::suggest::nearest(name, header.iter().map(String::as_str));
        near.map_or_else(|| format!("`{name}`"), |n| format!("`{name}` (is it `{n}`?)"))
    };
    Misfit { missing: missing.iter().map(with_hint).collect(), present }
}
