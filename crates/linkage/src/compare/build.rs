//! From settings and standard columns to a [`Store`].

use super::COMPARISONS_MAX;
use super::name::{NameEntry, WORDS_MAX, WordEntry};
use super::store::{Evaluator, Payload, Rule, Store, Test};
use crate::error::LinkError;
use crate::features::Features;
use crate::spec::expr::{Expr, Measure};
use crate::spec::{Compare, Method, Spec};
use crate::table::Coded;
use crate::text::dates::{Order, parse};
use crate::text::fold::Packed;
use crate::text::names::Convention;
use crate::values::{Interner, Values, fold, hash_bytes};
use rayon::prelude::*;

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
    Ok(build_open(spec, features, len)?.0)
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

/// As [`build`], with what is needed to add values later: per feature its texts, and the parts
/// (words, elements) that they are made of.
pub(super) fn build_open(
    spec: &Spec,
    features: &Features<'_>,
    len: usize,
) -> Result<(Store, Vec<(Values, Interner)>), LinkError> {
    let (evaluators, plan) = plan(spec)?;
    let built = plan
        .features
        .par_iter()
        .map(|(expr, want, frequency)| {
            let column = features.eval(expr)?;
            let frequencies = if *frequency { shares(&column) } else { Vec::new() };
            let (payload, parts) = payload(&column, *want, &spec.convention);
            Ok((payload, frequencies, column, parts))
        })
        .collect::<Result<Vec<_>, LinkError>>()?;
    let width = built.len();
    let mut rows = vec![0u32; len * width];
    rows.par_chunks_mut(width.max(1) * 4_096).enumerate().for_each(|(chunk, part)| {
        for (at, row) in part.chunks_mut(width).enumerate() {
            for (slot, (_, _, column, _)) in row.iter_mut().zip(&built) {
                *slot = column.codes[chunk * 4_096 + at];
            }
        }
    });
    let (mut payloads, mut frequencies, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (payload, shares, column, parts) in built {
        payloads.push(payload);
        frequencies.push(shares);
        open.push((column.into_owned().values, parts));
    }
    let rarest = 1.0 / len.max(1) as f64;
    Ok((Store { len, width, rows, payloads, frequencies, evaluators, rarest }, open))
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
fn shares(column: &Coded) -> Vec<f32> {
    let counts = column.counts();
    let total: u64 = counts.iter().skip(1).map(|&c| u64::from(c)).sum();
    counts.iter().map(|&c| f64::from(c) as f32 / total.max(1) as f32).collect()
}

fn payload(column: &Coded, want: Want, convention: &Convention) -> (Payload, Interner) {
    let codes = 0..column.values.len() as u32;
    let text = |code: u32| column.values.get(code);
    let mut parts = Interner::default();
    let payload = match want {
        Want::Code => Payload::Code,
        Want::Text => Payload::Text(codes.map(|c| Packed::new(text(c))).collect()),
        Want::Date => Payload::Date(codes.map(|c| date(text(c))).collect()),
        Want::Number => Payload::Number(codes.map(|c| number(text(c))).collect()),
        Want::Name => return names(column, convention),
        Want::Array(separator) => {
            Payload::Array(codes.map(|c| elements(text(c), separator, &mut parts)).collect())
        }
    };
    (payload, parts)
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
pub(super) fn name_hashes(text: &str, classes: &mut [u64]) -> (u32, u32) {
    let joined: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
    classes.sort_unstable();
    let sorted =
        classes.iter().fold(0x2545_F491, |hash, class| fold(hash ^ class, 0xD6E8_FEB8_6659_FD93));
    (hash_bytes(&joined) as u32, sorted as u32)
}

/// Names as codes of words; words with their class and how many records hold the class.
fn names(column: &Coded, convention: &Convention) -> (Payload, Interner) {
    let counts = column.counts();
    let mut words = Interner::default();
    let mut entries = Vec::with_capacity(column.values.len());
    let mut classes: Vec<u64> = Vec::new();
    let mut of_word: Vec<u64> = vec![0];
    for code in 0..column.values.len() as u32 {
        let text = column.values.get(code);
        let mut entry = NameEntry::default();
        classes.clear();
        for word in text.split(' ').filter(|w| !w.is_empty()).take(WORDS_MAX) {
            let word_code = words.code(word.as_bytes());
            if word_code as usize == of_word.len() {
                of_word.push(hash_bytes(convention.class(word).as_bytes()));
            }
            entry.words[entry.count as usize] = word_code;
            entry.count += 1;
            classes.push(of_word[word_code as usize]);
        }
        (entry.joined, entry.sorted) = name_hashes(text, &mut classes);
        entries.push(entry);
    }
    let texts = words.values().clone();
    let class_codes: Vec<u32> = (0..texts.len() as u32)
        .map(|w| words.code(convention.class(texts.get(w)).as_bytes()))
        .collect();
    let mut class_of = class_codes;
    class_of.extend(texts.len() as u32..words.values().len() as u32);
    let mut holders = vec![0u64; class_of.len()];
    let mut total = 0u64;
    for (entry, &count) in entries.iter().zip(&counts).skip(1) {
        total += u64::from(count);
        for at in 0..entry.count as usize {
            let class = class_of[entry.words[at] as usize];
            let again = (0..at).any(|before| class_of[entry.words[before] as usize] == class);
            holders[class as usize] += if again { 0 } else { u64::from(count) };
        }
    }
    let table: Vec<WordEntry> = (0..class_of.len() as u32)
        .map(|w| WordEntry {
            packed: Packed::new(words.values().get(w)),
            class: class_of[w as usize],
            frequency: holders[class_of[w as usize] as usize] as f32 / total.max(1) as f32,
        })
        .collect();
    entries.par_iter_mut().with_min_len(8_192).for_each(|entry| entry.fill(&table));
    (Payload::Name(entries, table), words)
}
