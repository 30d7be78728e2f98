//! Codes and counts of a row: from the source's words to the instrument's numbers, then its rules.

use super::Parser;
use crate::finding::SET_UNKNOWN;
use crate::mapping::{CodeMap, Kind};
use crate::mask::mask;
use crate::values::parse_whole;
use std::borrow::Cow;

/// What a text means as a number.
enum Meaning {
    Value(i32),
    Unknown,
    NotANumber,
    NotMapped,
}

impl Parser<'_> {
    /// Reads all numbers of a row and applies the rules of the instrument to them.
    pub(super) fn numbers(&mut self, line: u64, age: Option<i32>, fields: &[Cow<'_, str>]) {
        let mut numbers = std::mem::take(&mut self.scratch.numbers);
        numbers.clear();
        for slot in 0..self.prepared.slots.len() {
            let column = self.prepared.slots[slot];
            // Sex was read, and its faults found, with the identity.
            let is_sex = self.prepared.fixed.sex == Some(column);
            numbers.push(if is_sex { None } else { self.number(column, line, fields) });
        }
        let prepared = self.prepared;
        for (rules, range) in &prepared.rules {
            rules.check(&mut numbers[range.clone()], age, |breach| {
                let column = prepared.slots[range.start + breach.column];
                let text = mask(self.value(column, fields));
                let reason = Cow::Owned(rules.reason(&breach));
                let code = breach.kind.code();
                if code == "not_in_list" {
                    self.odd(column, line, code, reason, text);
                } else {
                    self.note(column, line, code, breach.kind.severity(), reason, text);
                }
            });
        }
        self.scratch.numbers = numbers;
    }

    fn number(&mut self, column: usize, line: u64, fields: &[Cow<'_, str>]) -> Option<i32> {
        let map = self.column(column);
        if let Some(value) = map.value {
            return Some(value);
        }
        let kind = map.kind;
        let value = self.code_of(column, line, fields)?;
        let value = value.saturating_sub(self.minus(column, fields));
        let most = match kind {
            Kind::Bool => 1,
            Kind::Code => i32::from(u8::MAX),
            _ => i32::from(u16::MAX),
        };
        if (0..=most).contains(&value) {
            return Some(value);
        }
        let text = mask(self.value(column, fields));
        let reason = format!("the value is not from 0 to {most}");
        self.note(column, line, "out_of_range", SET_UNKNOWN, reason.into(), text);
        None
    }

    /// The number a column's text stands for.
    pub(super) fn code_of(
        &mut self,
        column: usize,
        line: u64,
        fields: &[Cow<'_, str>],
    ) -> Option<i32> {
        let text = self.value(column, fields);
        if text.is_empty() {
            return None;
        }
        let map = &self.map.columns[column];
        let meaning = match &map.codes {
            Some(codes) => meaning_of(codes, text, &mut self.scratch.upper),
            None => parse_whole(text).map_or(Meaning::NotANumber, Meaning::Value),
        };
        match meaning {
            Meaning::Value(value) => Some(value),
            Meaning::Unknown => None,
            Meaning::NotANumber => {
                let reason = "this is not a whole number";
                self.odd(column, line, "not_a_number", reason.into(), mask(text));
                None
            }
            Meaning::NotMapped => {
                let reason = "the mapping of this source does not know this value";
                self.odd(column, line, "not_mapped", reason.into(), mask(text));
                None
            }
        }
    }

    fn minus(&mut self, column: usize, fields: &[Cow<'_, str>]) -> i32 {
        let (Some(minus), Some(at)) = (&self.map.columns[column].minus, self.plan.minus[column])
        else {
            return 0;
        };
        upper_into(fields[at].trim(), &mut self.scratch.upper);
        minus.values.get(&self.scratch.upper).copied().unwrap_or(0)
    }

    /// A finding about a value that nobody knows; it is also counted by itself.
    pub(super) fn odd(
        &mut self,
        column: usize,
        line: u64,
        code: &'static str,
        reason: Cow<'static, str>,
        original: String,
    ) {
        let key = u16::try_from(column).unwrap_or(u16::MAX);
        self.tally.count_odd(key, &original, 1);
        self.note(column, line, code, SET_UNKNOWN, reason, original);
    }
}

fn meaning_of(codes: &CodeMap, text: &str, upper: &mut String) -> Meaning {
    upper_into(text, upper);
    match codes.texts.get(upper) {
        Some(Some(value)) => Meaning::Value(*value),
        Some(None) => Meaning::Unknown,
        None if codes.keep_others => parse_whole(text).map_or(Meaning::NotANumber, Meaning::Value),
        None => Meaning::NotMapped,
    }
}

fn upper_into(text: &str, upper: &mut String) {
    upper.clear();
    if text.is_ascii() {
        upper.push_str(text);
        upper.make_ascii_uppercase();
    } else {
        upper.extend(text.chars().flat_map(char::to_uppercase));
    }
}
