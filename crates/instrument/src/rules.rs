//! The edit and skip rules of the instrument over rows of numbers. No rule is written here: they
//! are compiled from the columns' `codes`, `min`, `max`, `asked_if`, `age_*` and `contradicts`.

use crate::instrument::{Column, Instrument, Kind, Unit};

/// What a value did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BreachKind {
    /// Not in the code list. The value becomes unknown.
    NotInList,
    /// Below `min` or above `max`. The value becomes unknown.
    OutOfRange,
    /// There although its question is skipped for this row. The value becomes unknown.
    NotAsked,
    /// There although the person is too young or too old for the question. Becomes unknown.
    WrongAge,
    /// Cannot be true together with another column. Both values are kept.
    Contradicts,
}

impl BreachKind {
    /// The code of the finding.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotInList => "not_in_list",
            Self::OutOfRange => "out_of_range",
            Self::NotAsked => "not_asked",
            Self::WrongAge => "wrong_age",
            Self::Contradicts => "contradicts",
        }
    }

    /// 2 value set to unknown, 3 kept but doubtful (docs/DATA.md §3).
    #[must_use]
    pub const fn severity(self) -> u8 {
        if matches!(self, Self::Contradicts) { 3 } else { 2 }
    }
}

/// One rule broken in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// Place of the column in the list given to [`Rules::new`].
    pub column: usize,
    /// The value that was there.
    pub value: i32,
    /// Which rule.
    pub kind: BreachKind,
    /// Place of the other column, for `NotAsked` and `Contradicts`.
    pub other: Option<usize>,
}

/// The rules for one fixed list of columns. Make once, use for every row.
#[derive(Debug, Clone)]
pub struct Rules {
    columns: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    name: String,
    allowed: Allowed,
    /// Place of the deciding column and the values that open the question.
    asked_if: Option<(usize, ValueSet)>,
    age_min: i32,
    age_max: i32,
    contradicts: Option<(i32, usize, ValueSet)>,
}

#[derive(Debug, Clone)]
enum Allowed {
    Any,
    List(ValueSet),
    Range(i32, i32),
}

/// A set of small values as bits; codes are 0–255.
#[derive(Debug, Clone, Copy, Default)]
struct ValueSet([u64; 4]);

impl ValueSet {
    fn of(values: impl Iterator<Item = i32>) -> Self {
        let mut set = Self::default();
        for value in values.filter(|v| (0..256).contains(v)) {
            set.0[value as usize / 64] |= 1 << (value % 64);
        }
        set
    }

    fn has(&self, value: i32) -> bool {
        (0..256).contains(&value) && self.0[value as usize / 64] >> (value % 64) & 1 == 1
    }
}

impl Rules {
    /// Compiles the rules for `columns` of `unit`. A name the instrument does not know has no
    /// rule; a rule that names a column outside the list is left out.
    #[must_use]
    pub fn new(instrument: &Instrument, unit: Unit, columns: &[&str]) -> Self {
        let place = |name: &str| columns.iter().position(|c| *c == name);
        let columns = columns
            .iter()
            .map(|name| match instrument.column(unit, name) {
                Some(column) => Rule::of(column, &place),
                None => Rule::free(name),
            })
            .collect();
        Self { columns }
    }

    /// Checks one row: `values` in the order of the columns, `age` in full years if known.
    /// Values that break a rule of severity 2 are set to none; each breach goes to `found`.
    pub fn check(
        &self,
        values: &mut [Option<i32>],
        age: Option<i32>,
        mut found: impl FnMut(Breach),
    ) {
        debug_assert_eq!(values.len(), self.columns.len());
        for (at, rule) in self.columns.iter().enumerate() {
            let Some(value) = values[at] else { continue };
            if let Some((kind, other)) = rule.breach(value, values, age) {
                if kind != BreachKind::Contradicts {
                    values[at] = None;
                }
                found(Breach { column: at, value, kind, other });
            }
        }
    }

    /// A sentence for a breach, in English, without the row's values of other columns.
    #[must_use]
    pub fn reason(&self, breach: &Breach) -> String {
        let Some(rule) = self.columns.get(breach.column) else { return String::new() };
        let other = breach.other.and_then(|o| self.columns.get(o)).map_or("", |r| r.name.as_str());
        match breach.kind {
            BreachKind::NotInList => format!("{} is not a code of {}", breach.value, rule.name),
            BreachKind::OutOfRange => match rule.allowed {
                Allowed::Range(min, max) => {
                    format!("{} is outside {min} to {max} of {}", breach.value, rule.name)
                }
                _ => format!("{} is out of range", breach.value),
            },
            BreachKind::NotAsked => format!("{} is not asked with this {other}", rule.name),
            BreachKind::WrongAge => format!("{} is not asked at this age", rule.name),
            BreachKind::Contradicts => {
                format!("{} = {} does not go with this {other}", rule.name, breach.value)
            }
        }
    }
}

impl Rule {
    fn free(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            allowed: Allowed::Any,
            asked_if: None,
            age_min: i32::MIN,
            age_max: i32::MAX,
            contradicts: None,
        }
    }

    fn of(column: &Column, place: &impl Fn(&str) -> Option<usize>) -> Self {
        let allowed = match (column.kind, column.codes.is_empty()) {
            (Kind::Code, false) => {
                Allowed::List(ValueSet::of(column.codes.iter().map(|c| i32::from(c.code))))
            }
            (Kind::Code | Kind::Count, _) => {
                Allowed::Range(column.min.unwrap_or(0), column.max.unwrap_or(i32::MAX))
            }
            _ => Allowed::Any,
        };
        let set = |values: &[i32]| ValueSet::of(values.iter().copied());
        Self {
            name: column.name.clone(),
            allowed,
            asked_if: column
                .asked_if
                .as_ref()
                .and_then(|when| Some((place(&when.column)?, set(&when.values)))),
            age_min: column.age_min.unwrap_or(i32::MIN),
            age_max: column.age_max.unwrap_or(i32::MAX),
            contradicts: column
                .contradicts
                .as_ref()
                .and_then(|c| Some((c.value, place(&c.column)?, set(&c.values)))),
        }
    }

    fn breach(
        &self,
        value: i32,
        row: &[Option<i32>],
        age: Option<i32>,
    ) -> Option<(BreachKind, Option<usize>)> {
        match &self.allowed {
            Allowed::List(set) if !set.has(value) => return Some((BreachKind::NotInList, None)),
            Allowed::Range(min, max) if value < *min || value > *max => {
                return Some((BreachKind::OutOfRange, None));
            }
            _ => {}
        }
        // A decider that is unknown decides nothing.
        if let Some((other, open)) = &self.asked_if
            && row[*other].is_some_and(|v| !open.has(v))
        {
            return Some((BreachKind::NotAsked, Some(*other)));
        }
        if age.is_some_and(|age| age < self.age_min || age > self.age_max) {
            return Some((BreachKind::WrongAge, None));
        }
        if let Some((own, other, values)) = &self.contradicts
            && value == *own
            && row[*other].is_some_and(|v| values.has(v))
        {
            return Some((BreachKind::Contradicts, Some(*other)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(unit: Unit, row: &[(&str, i32)], age: Option<i32>) -> (Vec<Option<i32>>, Vec<String>) {
        let it = Instrument::embedded().unwrap();
        let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
        let rules = Rules::new(&it, unit, &names);
        let mut values: Vec<Option<i32>> = row.iter().map(|(_, v)| Some(*v)).collect();
        let mut breaches = Vec::new();
        rules.check(&mut values, age, |b| {
            assert!(!rules.reason(&b).is_empty());
            breaches.push(format!("{} {}", names[b.column], b.kind.code()));
        });
        (values, breaches)
    }

    #[test]
    fn every_rule_kind_of_the_form() {
        let check = |unit, row: &[(&str, i32)], age, expected: &[&str]| {
            assert_eq!(found(unit, row, age).1, expected, "{row:?}");
        };
        let (p, f) = (Unit::Person, Unit::Family);
        check(f, &[("lighting", 1), ("electricity_power", 2)], None, &[]);
        check(
            f,
            &[("lighting", 4), ("electricity_power", 2)],
            None,
            &["electricity_power not_asked"],
        );
        check(f, &[("toilet_facility", 6), ("toilet_type", 1)], None, &["toilet_type not_asked"]);
        check(f, &[("asset_fridge", 1), ("lighting", 4)], None, &["asset_fridge contradicts"]);
        check(f, &[("asset_fridge", 2), ("lighting", 4)], None, &[]);
        check(f, &[("cooking_fuel", 0)], None, &[]);
        check(f, &[("cooking_fuel", 12)], None, &["cooking_fuel not_in_list"]);
        check(f, &[("floor_area_m2", 998)], None, &["floor_area_m2 out_of_range"]);
        check(p, &[("school_participation", 1), ("diploma", 3)], Some(30), &["diploma not_asked"]);
        check(p, &[("nutrition", 1)], Some(5), &["nutrition wrong_age"]);
        check(p, &[("nutrition", 1)], Some(4), &[]);
        check(p, &[("worked", 1)], Some(4), &["worked wrong_age"]);
        check(p, &[("difficulty_seeing", 1)], Some(2), &[]);
    }

    #[test]
    fn a_doubtful_value_stays_and_a_wrong_one_goes() {
        let (values, _) = found(Unit::Family, &[("asset_ac", 1), ("lighting", 4)], None);
        assert_eq!(values, [Some(1), Some(4)]);
        let (values, _) = found(Unit::Family, &[("lighting", 9), ("electricity_power", 1)], None);
        assert_eq!(values, [None, Some(1)], "an unknown decider decides nothing");
    }

    proptest! {
        /// What is left after a check passes the next check, but for contradictions.
        #[test]
        fn checking_is_idempotent(seed in proptest::collection::vec(proptest::option::of(-1i32..30), 120), age in 0i32..100) {
            let it = Instrument::embedded().unwrap();
            for unit in [Unit::Person, Unit::Family] {
                let names: Vec<&str> = it.columns(unit).map(|c| c.name.as_str()).collect();
                let rules = Rules::new(&it, unit, &names);
                let mut values: Vec<Option<i32>> = seed.iter().copied().take(names.len()).collect();
                values.resize(names.len(), None);
                rules.check(&mut values, Some(age), |_| {});
                let once = values.clone();
                rules.check(&mut values, Some(age), |b| assert_eq!(b.kind, BreachKind::Contradicts));
                prop_assert_eq!(once, values);
            }
        }
    }
}
