//! From settings and standard columns to a [`Store`].

use super::COMPARISONS_MAX;
use super::name::{NameEntry, WORDS_MAX, WordEntry};
use super::row::{Place, name_of, text_words, write_text};
use super::store::{Evaluator, Payload, Rule, Store, Test};
use crate::error::LinkError;
use crate::features::{FEW, Features, across};
use crate::spec::expr::{Expr, Measure};
use crate::spec::{Compare, Method, Spec};
use crate::table::Coded;
use crate::text::dates::{Order, parse};
use crate::text::fold::Packed;
use crate::text::names::Convention;
use crate::values::{Interner, Values, fold, hash_bytes};
use rayon::prelude::*;
use std::borrow::Cow;

/// What a feature must offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Code,
    Text,
    Date,
    Number,
    Name,
    Array(char),
}

/// Features asked for while the comparisons are laid out.
#[derive(Default)]
pub(super) struct Plan {
    /// Expression, what it must offer, and whether shares of its values are needed.
    pub(super) features: Vec<(Expr, Want, bool)>,
}

impl Plan {
    /// The place of a feature, new when it was not asked for before.
    fn feature(&mut self, expr: &Expr, want: Want, frequency: bool) -> usize {
        if let Some(at) = self
            .features
            .iter()
            .position(|(e, w, _)| e == expr && (*w == want || want == Want::Code))
        {
            self.features[at].2 |= frequency;
            return at;
        }
        self.push(expr, want, frequency)
    }

    fn push(&mut self, expr: &Expr, want: Want, frequency: bool) -> usize {
        self.features.push((expr.clone(), want, frequency));
        self.features.len() - 1
    }
}

/// Prepares all records for comparison.
///
/// # Errors
/// Too many comparisons, or a column that is not there.
pub fn build(spec: &Spec, features: &Features<'_>, len: usize) -> Result<Store, LinkError> {
    Ok(build_with(spec, features, len, TABLE_MAX)?.0)
}

/// The features of the settings' comparisons.
pub(super) fn plan(spec: &Spec) -> Result<(Vec<Evaluator>, Plan), LinkError> {
    if spec.compares.len() > COMPARISONS_MAX {
        return Err(LinkError::Data(format!(
            "{} comparisons are too many; at most {COMPARISONS_MAX}",
            spec.compares.len()
        )));
    }
    let mut plan = Plan::default();
    let evaluators = spec.compares.iter().map(|c| evaluator(c, &mut plan)).collect();
    Ok((evaluators, plan))
}

/// Columns with more different values than this have them in the rows: a table of them would not
/// stay in the cache.
const TABLE_MAX: usize = 1 << 13;
/// Rows written by one task.
const ROWS_AT_ONCE: usize = 512;

/// A feature on its way into the store.
struct Made<'a> {
    column: Cow<'a, Coded>,
    payload: Payload,
    frequencies: Vec<f32>,
    agreement: f64,
    /// Words after the code in a row.
    words: usize,
    /// What is copied into the rows for each code (names only), [`NAME_WORDS`] words each.
    names: Vec<u32>,
}

impl<'a> Made<'a> {
    fn new(
        column: Cow<'a, Coded>,
        want: Want,
        frequency: bool,
        convention: &Convention,
        table_max: usize,
    ) -> (Self, Interner) {
        let counts = column.counts();
        let frequencies = if frequency { shares(&counts) } else { Vec::new() };
        let agreement = agreement(&counts);
        let values = &column.values;
        let in_row = values.len() > table_max;
        let mut parts = Interner::default();
        let (mut words, mut names) = (0, Vec::new());
        let payload = match want {
            Want::Text if in_row => {
                let longest = (1..values.len() as u32).map(|c| values.bytes(c).len()).max();
                words = text_words(longest.unwrap_or(0));
                Payload::TextInRow
            }
            Want::Name => {
                let found = Names::new(values, &counts, convention);
                parts = found.words;
                if in_row {
                    words = 2 + found.longest;
                    names = found.flat;
                    Payload::NameInRow(found.table)
                } else {
                    Payload::Name(entries(&found.flat, &found.table), found.table)
                }
            }
            _ => payload(values, want, &mut parts),
        };
        (Self { column, payload, frequencies, agreement, words, names }, parts)
    }

    /// Writes the feature into rows of records from `first` on.
    fn write(&self, first: usize, rows: &mut [u32], stride: usize, at: usize) {
        let codes = &self.column.codes[first..first + rows.len() / stride];
        for (row, &code) in rows.chunks_exact_mut(stride).zip(codes) {
            row[at] = code;
            let value = &mut row[at + 1..at + 1 + self.words];
            match self.payload {
                Payload::TextInRow if code != 0 => {
                    write_text(&Packed::new(self.column.values.get(code)), value);
                }
                Payload::NameInRow(_) => {
                    let from = code as usize * NAME_WORDS;
                    value.copy_from_slice(&self.names[from..from + self.words]);
                }
                _ => {}
            }
        }
    }
}

/// As [`build`], with what is needed to add values later: every value stands in a table, and per
/// feature its texts and the parts (words, elements) that they are made of come with it.
pub(super) fn build_open(
    spec: &Spec,
    features: &Features<'_>,
    len: usize,
) -> Result<(Store, Vec<(Values, Interner)>), LinkError> {
    let (store, made) = build_with(spec, features, len, usize::MAX)?;
    let open = made.into_iter().map(|(made, parts)| (made.column.into_owned().values, parts));
    Ok((store, open.collect()))
}

type AllMade<'a> = Vec<(Made<'a>, Interner)>;

fn build_with<'a>(
    spec: &Spec,
    features: &'a Features<'_>,
    len: usize,
    table_max: usize,
) -> Result<(Store, AllMade<'a>), LinkError> {
    let (evaluators, plan) = plan(spec)?;
    let mut made: AllMade<'a> = across(&plan.features, len, |(expr, want, frequency)| {
        let column = features.eval(expr)?;
        Ok(Made::new(column, *want, *frequency, &spec.convention, table_max))
    })?;
    let mut places = Vec::with_capacity(made.len());
    let mut stride = 0;
    for (made, _) in &made {
        places.push(Place { at: stride, words: made.words });
        stride += 1 + made.words;
    }
    let mut rows = vec![0u32; len * stride];
    let task = stride.max(1) * ROWS_AT_ONCE;
    let write = |(chunk, part): (usize, &mut [u32])| {
        for ((made, _), place) in made.iter().zip(&places) {
            made.write(chunk * ROWS_AT_ONCE, part, stride, place.at);
        }
    };
    if len < FEW {
        rows.chunks_mut(task).enumerate().for_each(write);
    } else {
        rows.par_chunks_mut(task).enumerate().for_each(write);
    }
    let (mut payloads, mut frequencies, mut agreement) = (Vec::new(), Vec::new(), Vec::new());
    for (made, _) in &mut made {
        payloads.push(std::mem::replace(&mut made.payload, Payload::Code));
        frequencies.push(std::mem::take(&mut made.frequencies));
        agreement.push(made.agreement);
    }
    let rarest = 1.0 / len.max(1) as f64;
    let store =
        Store { len, stride, places, rows, payloads, frequencies, evaluators, agreement, rarest };
    Ok((store, made))
}

fn evaluator(compare: &Compare, plan: &mut Plan) -> Evaluator {
    let tf = compare.term_frequency;
    let one = |plan: &mut Plan, want: Want| plan.feature(&compare.exprs[0], want, tf);
    let (feature, rule) = match &compare.method {
        Method::Exact => (one(plan, Want::Code), Rule::Exact),
        Method::JaroWinkler(bounds) => (one(plan, Want::Text), Rule::JaroWinkler(bounds.clone())),
        Method::Edits(slips, bounds) => {
            (one(plan, Want::Text), Rule::Edits(*slips, bounds.clone()))
        }
        Method::Date => (one(plan, Want::Date), Rule::Date),
        Method::Name => (one(plan, Want::Name), Rule::Name),
        Method::Number { bounds, percent } => {
            (one(plan, Want::Number), Rule::Number(bounds.clone(), *percent))
        }
        Method::Geographic(bounds) => {
            let latitude = plan.push(&compare.exprs[0], Want::Number, false);
            plan.push(&compare.exprs[1], Want::Number, false);
            (latitude, Rule::Geographic(bounds.clone()))
        }
        Method::Array { counts, separator } => {
            (one(plan, Want::Array(*separator)), Rule::Array(counts.clone()))
        }
        Method::Ladder(levels) => {
            let tests = levels
                .iter()
                .map(|clauses| {
                    clauses
                        .iter()
                        .map(|atoms| atoms.iter().map(|a| test(a, plan)).collect())
                        .collect()
                })
                .collect();
            (0, Rule::Ladder(tests))
        }
    };
    let ladder = matches!(compare.method, Method::Ladder(_));
    Evaluator {
        feature,
        rule,
        levels: compare.labels.len(),
        term_frequency: tf && !ladder,
        household: compare.household,
    }
}

fn test(atom: &crate::spec::expr::Atom, plan: &mut Plan) -> Test {
    let want = match atom.measure {
        Measure::Exact | Measure::Missing => Want::Code,
        Measure::JaroWinkler | Measure::Levenshtein | Measure::Damerau => Want::Text,
        Measure::Date => Want::Date,
        Measure::Name => Want::Name,
        Measure::Difference => Want::Number,
    };
    Test {
        feature: plan.feature(&atom.expr, want, false),
        measure: atom.measure,
        bound: atom.bound,
    }
}

/// Share of the records with a value that hold each code.
fn shares(counts: &[u32]) -> Vec<f32> {
    let total: u64 = counts.iter().skip(1).map(|&c| u64::from(c)).sum();
    counts.iter().map(|&c| f64::from(c) as f32 / total.max(1) as f32).collect()
}

/// Chance that two different records with a value hold the same.
fn agreement(counts: &[u32]) -> f64 {
    let of = |n: &u32| (u128::from(*n), u128::from(*n) * u128::from(n.saturating_sub(1)));
    let sums = counts.iter().skip(1).map(of).fold((0, 0), |s, n| (s.0 + n.0, s.1 + n.1));
    let (known, same) = (sums.0 as f64, sums.1 as f64);
    if known > 1.0 { same / (known * (known - 1.0)) } else { f64::NAN }
}

/// What stands behind the codes of anything but a name.
fn payload(values: &Values, want: Want, parts: &mut Interner) -> Payload {
    let codes = 0..values.len() as u32;
    let text = |code: u32| values.get(code);
    match want {
        Want::Code | Want::Name => Payload::Code,
        Want::Text => Payload::Text(codes.map(|c| Packed::new(text(c))).collect()),
        Want::Date => Payload::Date(codes.map(|c| date(text(c))).collect()),
        Want::Number => Payload::Number(codes.map(|c| number(text(c))).collect()),
        Want::Array(separator) => {
            Payload::Array(codes.map(|c| elements(text(c), separator, parts)).collect())
        }
    }
}

/// A standard date, packed; 0 when there is none.
pub(super) fn date(text: &str) -> u32 {
    parse(text, Order::DayFirst).map_or(0, |d| d.pack())
}

pub(super) fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// The codes of a list's elements, rising.
pub(super) fn elements(text: &str, separator: char, parts: &mut Interner) -> Vec<u32> {
    let codes = text.split(separator).map(|item| parts.code(item.trim().as_bytes()));
    let mut items: Vec<u32> = codes.filter(|i| *i != 0).collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The hashes of a name: its letters without blanks, and its classes in order.
pub(super) fn name_hashes(text: &str, classes: &mut [u64], letters: &mut Vec<u8>) -> (u32, u32) {
    letters.clear();
    letters.extend(text.bytes().filter(|b| *b != b' '));
    classes.sort_unstable();
    let sorted =
        classes.iter().fold(0x2545_F491, |hash, class| fold(hash ^ class, 0xD6E8_FEB8_6659_FD93));
    (hash_bytes(letters) as u32, sorted as u32)
}

/// Words per name in [`Names::flat`].
const NAME_WORDS: usize = 2 + WORDS_MAX;

/// Names as codes of words; words with their class and how many records hold the class.
struct Names {
    /// Per code: hash of the letters, hash of the classes, codes of the words.
    flat: Vec<u32>,
    /// Words of the longest name.
    longest: usize,
    table: Vec<WordEntry>,
    words: Interner,
}

impl Names {
    fn new(values: &Values, counts: &[u32], convention: &Convention) -> Self {
        let mut words = Interner::default();
        let mut flat = vec![0u32; values.len() * NAME_WORDS];
        let (mut classes, mut letters): (Vec<u64>, Vec<u8>) = (Vec::new(), Vec::new());
        let mut of_word: Vec<u64> = vec![0];
        let mut longest = 0;
        for (code, entry) in flat.chunks_exact_mut(NAME_WORDS).enumerate() {
            let text = values.get(code as u32);
            classes.clear();
            let parts = text.split(' ').filter(|w| !w.is_empty());
            for (slot, word) in entry[2..].iter_mut().zip(parts) {
                *slot = words.code(word.as_bytes());
                if *slot as usize == of_word.len() {
                    of_word.push(hash_bytes(convention.class(word).as_bytes()));
                }
                classes.push(of_word[*slot as usize]);
            }
            longest = longest.max(classes.len());
            (entry[0], entry[1]) = name_hashes(text, &mut classes, &mut letters);
        }
        let texts = words.values().clone();
        let class_codes: Vec<u32> = (0..texts.len() as u32)
            .map(|w| words.code(convention.class(texts.get(w)).as_bytes()))
            .collect();
        let mut class_of = class_codes;
        class_of.extend(texts.len() as u32..words.values().len() as u32);
        let table = word_table(&words, &class_of, &flat, counts);
        Self { flat, longest, table, words }
    }
}

fn word_table(words: &Interner, class_of: &[u32], flat: &[u32], counts: &[u32]) -> Vec<WordEntry> {
    let mut holders = vec![0u64; class_of.len()];
    let mut total = 0u64;
    for (entry, &count) in flat.chunks_exact(NAME_WORDS).zip(counts).skip(1) {
        total += u64::from(count);
        let entry = &entry[2..];
        for (at, word) in entry.iter().enumerate().take_while(|(_, word)| **word != 0) {
            let class = class_of[*word as usize];
            let again = entry[..at].iter().any(|before| class_of[*before as usize] == class);
            holders[class as usize] += if again { 0 } else { u64::from(count) };
        }
    }
    (0..class_of.len() as u32)
        .map(|w| WordEntry {
            packed: Packed::new(words.values().get(w)),
            class: class_of[w as usize],
            frequency: holders[class_of[w as usize] as usize] as f32 / total.max(1) as f32,
        })
        .collect()
}

/// The names of a column whose values stand in a table.
fn entries(flat: &[u32], table: &[WordEntry]) -> Vec<NameEntry> {
    flat.par_chunks(NAME_WORDS).with_min_len(8_192).map(|row| name_of(row, table)).collect()
}
