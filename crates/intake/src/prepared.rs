//! A table's mapping made ready for rows: where each value goes, and the rules over the numbers.

use crate::context::Context;
use crate::mapping::{Kind, TableMap};
use crate::table;
use instrument::{Rules, Unit};
use std::ops::Range;

/// Made once per table.
pub struct Prepared {
    /// Columns of the mapping by their fixed role, as places in `TableMap::columns`.
    pub fixed: Fixed,
    /// The other columns, in order of output.
    pub own: Vec<usize>,
    /// Columns of which one must have a text.
    pub identify: Vec<usize>,
    /// Per column: its place among the row's numbers.
    pub slot: Vec<Option<usize>>,
    /// Per number: its column.
    pub slots: Vec<usize>,
    /// Rules over ranges of the numbers.
    pub rules: Vec<(Rules, Range<usize>)>,
}

/// Places of the fixed columns that the mapping fills.
#[derive(Debug, Default)]
pub struct Fixed {
    pub nik: Option<usize>,
    pub kk: Option<usize>,
    pub name: Option<usize>,
    pub sex: Option<usize>,
    pub birth_date: Option<usize>,
    pub mother_name: Option<usize>,
    pub village: Option<usize>,
    pub observed_date: Option<usize>,
}

impl Prepared {
    /// Prepares `map`.
    #[must_use]
    pub fn new(map: &TableMap, context: &Context) -> Self {
        let place = |name: &str| map.columns.iter().position(|c| c.to == name);
        let fixed = Fixed {
            nik: place("nik"),
            kk: place("kk"),
            name: place("name"),
            sex: place("sex"),
            birth_date: place("birth_date"),
            mother_name: place("mother_name"),
            village: place("village"),
            observed_date: place("observed_date"),
        };
        let own = (0..map.columns.len()).filter(|c| !table::is_fixed(&map.columns[*c].to));
        let mut prepared = Self {
            fixed,
            own: own.collect(),
            identify: map.identify.iter().filter_map(|name| place(name)).collect(),
            slot: vec![None; map.columns.len()],
            slots: Vec::new(),
            rules: Vec::new(),
        };
        // Order of the instrument: a value that decides a question comes before the question.
        for unit in [Unit::Person, Unit::Family] {
            let from = prepared.slots.len();
            let mut names = Vec::new();
            for column in context.instrument.columns(unit) {
                let at = place(&column.name).filter(|c| is_number(map.columns[*c].kind));
                if let Some(at) = at.filter(|c| prepared.slot[*c].is_none()) {
                    prepared.take_slot(at);
                    names.push(column.name.as_str());
                }
            }
            let rules = Rules::new(&context.instrument, unit, &names);
            prepared.rules.push((rules, from..prepared.slots.len()));
        }
        for at in 0..map.columns.len() {
            if is_number(map.columns[at].kind) && prepared.slot[at].is_none() {
                prepared.take_slot(at);
            }
        }
        prepared
    }

    fn take_slot(&mut self, column: usize) {
        self.slot[column] = Some(self.slots.len());
        self.slots.push(column);
    }
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Code | Kind::Count | Kind::Bool)
}
