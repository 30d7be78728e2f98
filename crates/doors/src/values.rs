//! One value of a family as one line that a person can pick by typing a few letters:
//! `Jenis dinding terluas: Bambu`. Officials and the call centre use it; it needs no script.

use crate::form::Form;
use crate::state::Doors;
use casework::Change;
use instrument::{Column, Kind, Unit};

/// Every line that can be picked: each code of each coded column of the family.
pub(crate) fn all(doors: &Doors) -> Vec<String> {
    let coded = doors.instrument().columns(Unit::Family).filter(|c| c.kind == Kind::Code);
    coded
        .flat_map(|column| {
            column.codes.iter().map(|code| format!("{}: {}", column.label.id, code.label.id))
        })
        .collect()
}

/// A line, or `column=code`, as a change.
pub(crate) fn parse(doors: &Doors, line: &str) -> Result<Change, String> {
    let wrong = || format!("“{line}” bukan data dan jawaban yang dikenal; pilih dari daftar.");
    let (left, right) = line.split_once(['=', ':']).ok_or_else(wrong)?;
    let (left, right) = (left.trim(), right.trim());
    // A label may itself hold a colon: then the longest label that fits counts.
    let named = |column: &&Column| {
        column.name == left
            || column.label.id == left
            || line.strip_prefix(column.label.id.as_str()).is_some_and(|r| r.starts_with(':'))
    };
    let mut fitting: Vec<&Column> =
        doors.instrument().columns(Unit::Family).filter(named).collect();
    fitting.sort_by_key(|column| std::cmp::Reverse(column.label.id.len()));
    let column = fitting.first().ok_or_else(wrong)?;
    let answer = line
        .strip_prefix(column.label.id.as_str())
        .map_or(right, |r| r.trim_start_matches(':').trim());
    let coded = column.codes.iter().find(|code| code.label.id == answer).map(|c| i32::from(c.code));
    let value = coded.or_else(|| answer.parse().ok()).filter(|value| column.allows(*value));
    let value = value.ok_or_else(wrong)?;
    Ok(Change { variable: column.name.clone(), person: None, value: value.to_string() })
}

/// The lines of a form's fields `nilai.…`, in order; empty ones are left out.
pub(crate) fn read(doors: &Doors, form: &Form) -> Result<Vec<Change>, String> {
    read_all(doors, form.starting("nilai.").map(|(_, line)| line))
}

/// Lines as changes; of two about the same value the later one counts.
pub(crate) fn read_all<'a>(
    doors: &Doors,
    lines: impl Iterator<Item = &'a str>,
) -> Result<Vec<Change>, String> {
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    let changes = lines.map(|line| parse(doors, line)).collect::<Result<Vec<_>, _>>()?;
    Ok(laid_over(std::iter::empty(), changes))
}

/// What was said with what was found laid over it: one change per value, the later one.
pub(crate) fn laid_over(said: impl Iterator<Item = Change>, found: Vec<Change>) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    for change in said.chain(found) {
        all.retain(|old| (&old.variable, old.person) != (&change.variable, change.person));
        all.push(change);
    }
    all
}
