//! Worked examples: one family written by hand, and what the rules must say about it. They run
//! through the same kernels as a province.

use super::raw::RawExample;
use super::{Changes, Programme, Value};
use crate::TargetError;
use crate::frame::{Column, Frame, NO_DAY, Roll, roll_status};
use crate::run::{Options, run_with};
use crate::schema::{Schema, TableKind, Type};
use kernel::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values of one row, by field.
type Row = BTreeMap<String, toml::Value>;

/// A worked example.
#[derive(Debug, Clone)]
pub struct Example {
    /// What it shows.
    pub name: String,
    day: Date,
    changes: Changes,
    family: Row,
    members: Vec<Row>,
    on_roll: Vec<String>,
    cut_off: Vec<String>,
    flagged: Vec<String>,
    expect: super::raw::RawExpect,
}

impl Example {
    pub(super) fn from_raw(raw: RawExample, programme: &Programme) -> Result<Self, TargetError> {
        let place = format!("example.{}", raw.name);
        let day = match &raw.on {
            Some(text) => text.parse().map_err(|e| programme.wrong(&place, &format!("{e}")))?,
            None => programme.valid_from,
        };
        let mut changes = Changes::new();
        for (key, value) in &raw.parameters {
            let value = Value::from_toml(value).map_err(|e| programme.wrong(&place, &e))?;
            changes.insert(key.clone(), value);
        }
        let mut members = raw.members;
        if programme.unit == TableKind::Person {
            members.insert(0, raw.person);
        } else if !raw.person.is_empty() {
            return Err(
                programme.wrong(&place, "the unit is the family: write [[example.members]]")
            );
        }
        Ok(Self {
            name: raw.name,
            day,
            changes,
            family: raw.family,
            members,
            on_roll: raw.on_roll,
            cut_off: raw.cut_off,
            flagged: raw.flagged,
            expect: raw.expect,
        })
    }

    /// The frame with this one family; the person of a person programme is row 0.
    fn frame(&self, programme: &Programme, schema: &Schema) -> Result<Frame, TargetError> {
        let place = format!("example.{}", self.name);
        let wrong = |message: String| programme.wrong(&place, &message);
        let mut written: Vec<(TableKind, usize, &str, f64)> = Vec::new();
        let mut frame = Frame::one_family(self.day, self.members.len());
        for (row, member) in self.members.iter().enumerate() {
            for (name, value) in member {
                let number = known(schema, TableKind::Person, name, value).map_err(wrong)?;
                written.push((TableKind::Person, row, name, number));
            }
        }
        for (name, value) in &self.family {
            let number = known(schema, TableKind::Family, name, value).map_err(wrong)?;
            written.push((TableKind::Family, 0, name, number));
        }
        for (table, row, name, number) in &written {
            set_fixed(&mut frame, *table, *row, name, *number);
        }
        frame.regroup();
        frame.derive_families();
        for (table, row, name, number) in written {
            set_column(&mut frame, table, row, name, number);
        }
        let rows = self.members.len();
        let status = |on| Roll {
            persons: vec![on; rows],
            families: vec![on],
            person_since: vec![NO_DAY; rows],
            family_since: vec![NO_DAY],
            ..Roll::default()
        };
        for name in &self.on_roll {
            frame.rolls.insert(name.clone(), Arc::new(status(roll_status::ACTIVE)));
        }
        for name in &self.cut_off {
            frame.rolls.insert(name.clone(), Arc::new(status(roll_status::CUT_OFF)));
        }
        for flag in &self.flagged {
            let mut values = vec![0; rows];
            if let Some(first) = values.first_mut() {
                *first = 1;
            }
            frame.flags.insert(flag.clone(), Arc::new(values));
        }
        Ok(frame)
    }
}

fn known(
    schema: &Schema,
    table: TableKind,
    name: &str,
    value: &toml::Value,
) -> Result<f64, String> {
    let field = match name {
        "village" => return value.as_integer().map(|n| n as f64).ok_or("must be a number".into()),
        _ => schema.field(table, name)?,
    };
    match (value, field.kind) {
        (toml::Value::Integer(n), Type::Int | Type::Double) => Ok(*n as f64),
        (toml::Value::Float(x), Type::Double) => Ok(*x),
        (toml::Value::Boolean(b), Type::Bool) => Ok(f64::from(u8::from(*b))),
        (toml::Value::String(text), Type::Date) => {
            text.parse::<Date>().map(|d| f64::from(d.days())).map_err(|e| format!("{name}: {e}"))
        }
        _ => Err(format!("`{name}` must be {}", field.kind.word())),
    }
}

/// Writes one value into the fixed columns that lists use.
fn set_fixed(frame: &mut Frame, table: TableKind, row: usize, name: &str, number: f64) {
    let small = number as u8;
    let person = Arc::make_mut(&mut frame.person);
    let family = Arc::make_mut(&mut frame.family);
    match (table, name) {
        (TableKind::Person, "age") => person.age[row] = small,
        (TableKind::Person, "sex") => person.sex[row] = small,
        (TableKind::Person, "alive") => person.alive[row] = number != 0.0,
        (TableKind::Family, "village") => family.village[row] = number as u64,
        (TableKind::Family, "decile") => {
            family.decile[row] = small;
            family.unranked[row] = 0;
            if family.rank[row].is_nan() {
                family.rank[row] = (number - 0.5) / 10.0;
            }
        }
        (TableKind::Family, "unranked_reason") => family.unranked[row] = small,
        (TableKind::Family, "rank") => family.rank[row] = number / 100.0,
        (TableKind::Family, "score") => family.score[row] = number,
        _ => {}
    }
}

/// Writes one value into the column that rules read.
fn set_column(frame: &mut Frame, table: TableKind, row: usize, name: &str, number: f64) {
    let (columns, rows) = match table {
        TableKind::Person => (&mut frame.persons.columns, frame.person.id.len()),
        TableKind::Family => (&mut frame.families.columns, 1),
    };
    let fresh = || Arc::new(Column::Real(vec![f64::NAN; rows]));
    match Arc::make_mut(columns.entry(name.to_owned()).or_insert_with(fresh)) {
        Column::Real(values) => values[row] = number,
        Column::Small(values) => values[row] = number as u8,
        Column::Medium(values) => values[row] = number as u16,
        Column::Day(values) => values[row] = number as i32,
    }
}

/// Runs every worked example of `programme`.
///
/// # Errors
/// At the first example whose outcome differs: what was expected and what came.
pub fn check_examples(programme: &Programme, schema: &Schema) -> Result<usize, TargetError> {
    for example in &programme.examples {
        let frame = example.frame(programme, schema)?;
        let options = Options { changes: example.changes.clone(), ignore_quota: true };
        let outcome = run_with(&frame, programme, schema, &options)?;
        let reasons = programme.reasons();
        let code = outcome.reason.first().copied().unwrap_or(u16::MAX);
        let got = reasons.iter().find(|r| r.code == code).map_or("?", |r| r.key.as_str());
        let place = format!("example.{}", example.name);
        let differs = |what: &str, want: String, got: String| {
            Err(programme.wrong(&place, &format!("{what}: expected {want}, the rules say {got}")))
        };
        let eligible = outcome.eligible.first().copied().unwrap_or(false);
        if eligible != example.expect.eligible {
            let got = format!("{eligible} (reason `{got}`)");
            return differs("eligible", example.expect.eligible.to_string(), got);
        }
        if let Some(want) = &example.expect.reason
            && want != got
        {
            return differs("reason", format!("`{want}`"), format!("`{got}`"));
        }
        let amount = if eligible { outcome.amounts.of(0) } else { 0 };
        if let Some(want) = example.expect.amount_year
            && want != amount
        {
            return differs("amount_year", want.to_string(), amount.to_string());
        }
        if let Some(want) = &example.expect.cases {
            let bits = outcome.cases.first().copied().unwrap_or(0);
            let set = |i: &usize| bits >> *i & 1 == 1;
            let got: Vec<String> = (0..programme.exclusions.len())
                .filter(set)
                .map(|i| programme.exclusions[i].key.clone())
                .collect();
            if *want != got {
                return differs("cases", format!("{want:?}"), format!("{got:?}"));
            }
        }
    }
    Ok(programme.examples.len())
}
