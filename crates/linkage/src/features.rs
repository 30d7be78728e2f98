//! Columns standardised once, and key expressions evaluated on their distinct values.

use crate::error::LinkError;
use crate::spec::expr::{Expr, Function};
use crate::spec::{Kind, Spec};
use crate::table::{Coded, Table};
use crate::text::dates::{Order, order_of, parse};
use crate::text::fold::{is_plain, plain};
use crate::text::phonetic::{metaphone, soundex};
use crate::values::wrote;
use crate::values::{Interner, Values, hash_bytes};
use kernel::{Nik, Sex};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::fmt::Write;

/// Texts that mean "no value" in files of every country.
const MISSING: [&str; 13] =
    ["null", "nan", "n/a", "#n/a", "na.", "none", "nil", "-", "--", "---", "?", ".", "<na>"];

/// Columns that are standardised, and those made from them.
pub struct Features<'a> {
    spec: &'a Spec,
    columns: FxHashMap<String, Coded>,
    /// Columns whose values are lacking or cannot be read.
    pub warnings: Vec<String>,
}

impl<'a> Features<'a> {
    /// Standardises every column of the table.
    ///
    /// # Errors
    /// [`LinkError::Data`] when a column of the settings is not in the table.
    pub fn new(spec: &'a Spec, table: Table) -> Result<Self, LinkError> {
        let rows = table.rows;
        let mut raw: FxHashMap<String, Coded> = table.columns.into_iter().collect();
        let joins = across(&spec.joins, rows, |(name, parts)| {
            let parts = parts
                .iter()
                .map(|p| raw.get(p).ok_or_else(|| absent(p)))
                .collect::<Result<Vec<_>, _>>()?;
            Ok((name.clone(), joined(&parts, false)))
        })?;
        let plain = spec
            .columns()
            .into_iter()
            .map(|name| {
                raw.remove(&name).map(|column| (name.clone(), column)).ok_or_else(|| absent(&name))
            })
            .collect::<Result<Vec<_>, LinkError>>()?;
        let mut warnings = Vec::new();
        let mut columns = FxHashMap::default();
        for (name, column) in joins.into_iter().chain(plain) {
            let kind = spec.kinds.get(&name).copied().unwrap_or(Kind::Text);
            let written = known(&column);
            let column = standard(column, kind, spec);
            warnings.extend(doubt(&name, kind, written, known(&column), rows));
            columns.insert(name, column);
        }
        Ok(Self { spec, columns, warnings })
    }

    /// The column of an expression.
    ///
    /// # Errors
    /// [`LinkError::Data`] when it names an unknown column.
    pub fn eval(&self, expr: &Expr) -> Result<Cow<'_, Coded>, LinkError> {
        match expr {
            Expr::Column(name) => {
                self.columns.get(name).map(Cow::Borrowed).ok_or_else(|| absent(name))
            }
            Expr::Call(function, inner, numbers) => {
                let parts = inner.iter().map(|e| self.eval(e)).collect::<Result<Vec<_>, _>>()?;
                let parts: Vec<&Coded> = parts.iter().map(|p| &**p).collect();
                Ok(Cow::Owned(match function {
                    Function::Join => joined(&parts, false),
                    Function::SortedWords if parts.len() > 1 => joined(&parts, true),
                    Function::RarestWord => rarest_words(parts[0]),
                    _ => self.apply(*function, parts[0], numbers),
                }))
            }
        }
    }

    /// The hashes of an expression's values: a code per record and a hash per code (0 = missing).
    ///
    /// # Errors
    /// As [`Features::eval`].
    pub fn hashes(&self, expr: &Expr) -> Result<(Cow<'_, [u32]>, Vec<u64>), LinkError> {
        let mut chain = Vec::new();
        let mut at = expr;
        while let Expr::Call(function, inner, numbers) = at
            && inner.len() == 1
            && *function != Function::RarestWord
        {
            chain.push((*function, numbers.as_slice()));
            at = &inner[0];
        }
        chain.reverse();
        let column = self.eval(at)?;
        let values = &column.values;
        let buffers = || (String::new(), String::new());
        let hash = |(text, next): &mut (String, String), code: u32| {
            text.clear();
            text.push_str(values.get(code));
            for (function, numbers) in &chain {
                next.clear();
                if !text.is_empty() {
                    call(*function, text, numbers, self.spec, next);
                }
                std::mem::swap(text, next);
            }
            if text.is_empty() { 0 } else { hash_bytes(text.as_bytes()) | 1 }
        };
        let codes = 0..values.len() as u32;
        let hashes: Vec<u64> = if codes.len() < FEW {
            let mut buffers = buffers();
            codes.map(|code| hash(&mut buffers, code)).collect()
        } else {
            codes.into_par_iter().with_min_len(4_096).map_init(buffers, hash).collect()
        };
        let codes = match column {
            Cow::Borrowed(column) => Cow::Borrowed(column.codes.as_slice()),
            Cow::Owned(column) => Cow::Owned(column.codes),
        };
        Ok((codes, hashes))
    }

    fn apply(&self, function: Function, column: &Coded, numbers: &[f64]) -> Coded {
        column.map(|text, out| call(function, text, numbers, self.spec, out))
    }
}

/// Below this many rows or values the threads are left alone: waking them costs more.
pub(crate) const FEW: usize = 4_096;

/// Works on every item, side by side when there are many rows.
pub(crate) fn across<T: Sync, R: Send>(
    items: &[T],
    rows: usize,
    work: impl Fn(&T) -> Result<R, LinkError> + Sync + Send,
) -> Result<Vec<R>, LinkError> {
    if rows < FEW { items.iter().map(work).collect() } else { items.par_iter().map(work).collect() }
}

fn absent(name: &str) -> LinkError {
    LinkError::Data(format!("there is no column `{name}` in the inputs"))
}

/// Records with a value.
fn known(column: &Coded) -> usize {
    column.codes.iter().filter(|code| **code != 0).count()
}

/// What is wrong with a column: nothing in it, or values that are not of its kind.
fn doubt(name: &str, kind: Kind, written: usize, read: usize, rows: usize) -> Option<String> {
    let what = match kind {
        Kind::Date(_) => "dates",
        Kind::Number => "numbers",
        Kind::Text | Kind::Name => "values",
    };
    if read == 0 && rows > 0 {
        return Some(format!(
            "column `{name}`: none of the {rows} records has {what} that can be read; it says nothing about any pair"
        ));
    }
    let lost = written - read.min(written);
    (lost * 10 > written && !matches!(kind, Kind::Text | Kind::Name)).then(|| {
        format!(
            "column `{name}`: {lost} of {written} values are not {what} and count as missing; compare the column by another method, or name texts that stand for no value in `missing`"
        )
    })
}

/// One standard form of every value of a column. Distinct values are worked on side by side; a
/// column that is in standard form already is kept as it is.
fn standard(column: Coded, kind: Kind, spec: &Spec) -> Coded {
    let order = match kind {
        Kind::Date(Some(order)) => order,
        Kind::Date(None) => order_of((1..column.values.len() as u32).map(|c| column.values.get(c))),
        _ => Order::DayFirst,
    };
    let values = &column.values;
    let part_of = |part: usize| {
        let (mut changed, mut out) = (Vec::new(), Values::default());
        let (mut folded, mut text) = (String::new(), String::new());
        for code in (part * STANDARD_PART).max(1)..((part + 1) * STANDARD_PART).min(values.len()) {
            text.clear();
            let written = values.get(code as u32);
            if standard_value(written, (kind, order), spec, &mut folded, &mut text) {
                changed.push(code as u32);
                out.push(text.as_bytes());
            }
        }
        (changed, out)
    };
    let parts: Vec<(Vec<u32>, Values)> = match values.len().div_ceil(STANDARD_PART) {
        1 => vec![part_of(0)],
        parts => (0..parts).into_par_iter().map(part_of).collect(),
    };
    if parts.iter().all(|(changed, _)| changed.is_empty()) {
        return column;
    }
    let Coded { mut codes, values } = column;
    let (to, values) = replaced(values, &parts);
    if codes.len() < FEW {
        codes.iter_mut().for_each(|code| *code = to[*code as usize]);
    } else {
        codes.par_iter_mut().with_min_len(65_536).for_each(|code| *code = to[*code as usize]);
    }
    Coded { codes, values }
}

/// The new code of every code when some texts are replaced, and the texts then.
fn replaced(values: Values, parts: &[(Vec<u32>, Values)]) -> (Vec<u32>, Values) {
    let old = values.len();
    if parts.iter().map(|(codes, _)| codes.len()).sum::<usize>() * 2 > old {
        return recoded(&values, parts);
    }
    let mut changed = vec![false; old];
    parts.iter().flat_map(|(codes, _)| codes).for_each(|code| changed[*code as usize] = true);
    let mut interner = Interner::from_some(values, |code| !changed[code as usize]);
    let mut found = Vec::new();
    for (_, texts) in parts {
        interner.codes((1..texts.len() as u32).map(|code| texts.bytes(code)), &mut found);
    }
    // Without the texts that were replaced.
    let all = interner.into_values();
    let mut kept = Values::with_room_of(&all);
    let mut place = vec![0u32; all.len()];
    for code in 1..all.len() as u32 {
        if changed.get(code as usize) != Some(&true) {
            place[code as usize] = kept.push(all.bytes(code));
        }
    }
    let mut found = found.into_iter();
    for code in parts.iter().flat_map(|(codes, _)| codes) {
        place[*code as usize] = found.next().map_or(0, |new| place[new as usize]);
    }
    place.truncate(old);
    (place, kept)
}

/// As [`replaced`], when most texts are.
fn recoded(values: &Values, parts: &[(Vec<u32>, Values)]) -> (Vec<u32>, Values) {
    let mut changed = parts
        .iter()
        .flat_map(|(codes, texts)| {
            codes.iter().zip(1..).map(move |(code, at)| (*code, texts.bytes(at)))
        })
        .peekable();
    let texts = (1..values.len() as u32).map(|code| match changed.next_if(|(c, _)| *c == code) {
        Some((_, text)) => text,
        None => values.bytes(code),
    });
    let mut interner = Interner::with_capacity(values.len());
    let mut to = vec![0];
    interner.codes(texts, &mut to);
    (to, interner.into_values())
}

/// Distinct values standardised by one task.
const STANDARD_PART: usize = 8_192;

/// Writes the standard form of a text; false when it is the text itself (then nothing is written).
fn standard_value(
    text: &str,
    (kind, order): (Kind, Order),
    spec: &Spec,
    folded: &mut String,
    out: &mut String,
) -> bool {
    let small = is_plain(text);
    let folded: &str = if small {
        text
    } else {
        plain(text, folded);
        folded
    };
    if MISSING.contains(&folded) || spec.missing.iter().any(|m| m.eq_ignore_ascii_case(folded)) {
        return !text.is_empty();
    }
    match kind {
        Kind::Text if small => return false,
        Kind::Name if small && spec.convention.as_it_is(folded) => return false,
        Kind::Text => out.push_str(folded),
        Kind::Name => spec.convention.read_into(folded, out),
        Kind::Date(_) => {
            if let Some(date) = parse(folded, order) {
                wrote(write!(out, "{:04}-{:02}-{:02}", date.year, date.month, date.day));
            }
        }
        Kind::Number => {
            if let Ok(value) = decimal(folded).parse::<f64>() {
                wrote(write!(out, "{value}"));
            }
        }
    }
    text != out.as_str()
}

/// A number with a decimal point: of several commas and points, only the last of its kind parts the
/// whole from the rest (`1.234,5` and `1,234.5`).
fn decimal(text: &str) -> String {
    let last = text.rfind([',', '.']);
    let several = text.matches([',', '.']).count() > 1;
    let both = text.contains(',') && text.contains('.');
    let letter = |(at, letter): (usize, char)| match letter {
        ',' | '.' if several && (!both || Some(at) != last) => None,
        ',' => Some('.'),
        _ => Some(letter),
    };
    text.char_indices().filter_map(letter).collect()
}

/// Texts of several columns side by side; sorted words make order and column not matter.
fn joined(parts: &[&Coded], sorted: bool) -> Coded {
    let rows = parts.first().map_or(0, |p| p.codes.len());
    let mut interner = Interner::default();
    let mut memo: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
    let mut codes = Vec::with_capacity(rows);
    let mut key = Vec::with_capacity(parts.len());
    for row in 0..rows {
        key.clear();
        key.extend(parts.iter().map(|p| p.codes[row]));
        let code = match memo.get(&key) {
            Some(&code) => code,
            None => {
                let mut words: Vec<&str> = parts
                    .iter()
                    .flat_map(|p| p.text(row).split(' '))
                    .filter(|w| !w.is_empty())
                    .collect();
                if sorted {
                    words.sort_unstable();
                }
                let code = interner.code(words.join(" ").as_bytes());
                memo.insert(key.clone(), code);
                code
            }
        };
        codes.push(code);
    }
    Coded { codes, values: interner.into_values() }
}

/// The word of each value that occurs in the fewest records (the first of several).
fn rarest_words(column: &Coded) -> Coded {
    let counts = column.counts();
    let mut seen: FxHashMap<&str, u64> = FxHashMap::default();
    for code in 1..column.values.len() as u32 {
        for word in column.values.get(code).split(' ') {
            *seen.entry(word).or_default() += u64::from(counts[code as usize]);
        }
    }
    column.map(|text, out| {
        let rarest = text
            .split(' ')
            .filter(|w| w.len() > 2)
            .min_by_key(|w| (seen.get(w).copied().unwrap_or(0), *w));
        out.push_str(rarest.unwrap_or(text));
    })
}

/// A function of one text.
fn call(function: Function, text: &str, numbers: &[f64], spec: &Spec, out: &mut String) {
    let number = |at: usize| numbers.get(at).map_or(0, |n| *n as usize);
    match function {
        Function::Prefix => letters(text, 0, number(0), out),
        Function::Suffix => {
            letters(text, text.chars().count().saturating_sub(number(0)), number(0), out)
        }
        Function::Substr => letters(text, number(0).saturating_sub(1), number(1), out),
        Function::Year => date_part(text, 0..4, out),
        Function::Month => date_part(text, 5..7, out),
        Function::Day => date_part(text, 8..10, out),
        Function::Soundex => out.push_str(&soundex(text.split(' ').next().unwrap_or(""))),
        Function::Metaphone => out.push_str(&metaphone(text)),
        Function::FirstWord => out.push_str(text.split(' ').next().unwrap_or("")),
        Function::LastWord => out.push_str(text.rsplit(' ').next().unwrap_or("")),
        Function::LongestWord => {
            out.push_str(text.split(' ').rev().max_by_key(|w| w.len()).unwrap_or(""))
        }
        Function::Initials => out.extend(text.split(' ').filter_map(|w| w.chars().next())),
        Function::NameClass => {
            let mut words: Vec<&str> = text.split(' ').map(|w| spec.convention.class(w)).collect();
            words.sort_unstable();
            out.push_str(&words.join(" "));
        }
        Function::Digits => out.extend(text.chars().filter(char::is_ascii_digit)),
        Function::Letters => out.extend(text.chars().filter(|c| c.is_alphabetic())),
        Function::Bin => {
            if let Ok(value) = text.parse::<f64>() {
                wrote(write!(out, "{}", (value / numbers[0]).floor()));
            }
        }
        Function::NikDistrict | Function::NikBirth | Function::NikSex | Function::NikSerial => {
            nik(function, text, out)
        }
        Function::SortedWords => {
            let mut words: Vec<&str> = text.split(' ').collect();
            words.sort_unstable();
            for (at, word) in words.iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                out.push_str(word);
            }
        }
        Function::Join | Function::RarestWord => out.push_str(text),
    }
}

/// `count` letters from place `from` (0 = first); nothing when there are none.
fn letters(text: &str, from: usize, count: usize, out: &mut String) {
    out.extend(text.chars().skip(from).take(count));
}

/// A part of a standard date; unknown parts (00) are missing.
fn date_part(text: &str, range: std::ops::Range<usize>, out: &mut String) {
    if let Some(part) = text.get(range)
        && part.bytes().any(|b| b != b'0')
    {
        out.push_str(part);
    }
}

/// A part of a NIK; nothing when it is not a NIK.
fn nik(function: Function, text: &str, out: &mut String) {
    let Ok(nik) = Nik::parse(text) else { return };
    let parts = nik.parts();
    match function {
        Function::NikDistrict => out.push_str(&text[..6]),
        Function::NikBirth => {
            wrote(write!(out, "{:02}-{:02}-{:02}", parts.year_of_century, parts.month, parts.day))
        }
        Function::NikSex => out.push(if parts.sex == Sex::Female { 'p' } else { 'l' }),
        _ => out.push_str(&text[12..16]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        let check = |text: &str, number: &str| assert_eq!(decimal(text), number, "{text}");
        check("12", "12");
        check("-6,25", "-6.25");
        check("1.234,5", "1234.5");
        check("1,234.5", "1234.5");
        check("1,234,567", "1234567");
    }
}
