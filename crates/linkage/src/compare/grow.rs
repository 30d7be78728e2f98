//! A [`Store`] that grows record by record, for the index.
//!
//! Shares of values stay those of the *ground* (the records the model was trained on); a value that
//! the ground has not is as rare as a value that occurs once there. So the level and the weight of a
//! pair depend on the ground and the two records alone, never on what else was added, or when.

use super::build::{self, Want};
use super::name::{NameEntry, WORDS_MAX, WordEntry};
use super::store::{Payload, Store};
use crate::error::LinkError;
use crate::features::{FEW, Features};
use crate::spec::Spec;
use crate::spec::expr::Expr;
use crate::table::Coded;
use crate::text::fold::Packed;
use crate::text::names::Convention;
use crate::values::{Interner, hash_bytes};
use rayon::prelude::*;
use std::borrow::Cow;

/// What the payload of a feature is made of, for new values.
struct Open {
    expr: Expr,
    want: Want,
    texts: Interner,
    /// Words of names, elements of arrays.
    parts: Interner,
    /// Share of a value that the ground has not.
    rarest: f32,
}

impl Mark {
    /// Number of records then.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows as u32
    }
}

/// A store that can take further records.
pub struct Growing {
    /// The records so far; codes, payloads and shares for the ground's values too.
    pub store: Store,
    open: Vec<Open>,
    convention: Convention,
}

/// How much a [`Growing`] held at some moment.
pub struct Mark {
    rows: usize,
    texts: Vec<usize>,
    parts: Vec<usize>,
}

impl Growing {
    /// An empty store with the values and shares of the ground.
    ///
    /// # Errors
    /// Too many comparisons, or a column that is not there.
    pub fn new(spec: &Spec, ground: &Features<'_>, rows: usize) -> Result<Self, LinkError> {
        let (mut store, values) = build::build_open(spec, ground, rows)?;
        let (_, plan) = build::plan(spec)?;
        let mut open = Vec::with_capacity(values.len());
        for (at, ((expr, want, _), (texts, parts))) in
            plan.features.into_iter().zip(values).enumerate()
        {
            let codes = store.rows.iter().skip(at).step_by(store.stride.max(1));
            let known = codes.filter(|code| **code != 0).count();
            let rarest = 1.0 / known.max(1) as f32;
            open.push(Open { expr, want, texts: Interner::from_values(texts), parts, rarest });
        }
        store.rows = Vec::new();
        store.len = 0;
        Ok(Self { store, open, convention: spec.convention.clone() })
    }

    /// Adds the records of some features, in their order.
    ///
    /// # Errors
    /// A column that is not there.
    pub fn append(&mut self, features: &Features<'_>, rows: usize) -> Result<(), LinkError> {
        let width = self.store.stride;
        let from = self.store.rows.len();
        self.store.rows.resize(from + rows * width, 0);
        let convention = &self.convention;
        let Store { payloads, frequencies, rows: slots, .. } = &mut self.store;
        let mut work: Vec<Part<'_>> =
            self.open.iter_mut().zip(payloads.iter_mut().zip(frequencies)).collect();
        let add = |part: &mut Part<'_>| add_values(part, features, convention);
        let columns = match rows < FEW {
            true => work.iter_mut().map(add).collect::<Result<Vec<_>, LinkError>>()?,
            false => work.par_iter_mut().map(add).collect::<Result<Vec<_>, LinkError>>()?,
        };
        let fill = |(chunk, part): (usize, &mut [u32])| {
            for (row, slots) in part.chunks_mut(width).enumerate() {
                for (slot, (column, to)) in slots.iter_mut().zip(&columns) {
                    *slot = to[column.codes[chunk * FEW + row] as usize];
                }
            }
        };
        let chunk = width.max(1) * FEW;
        match rows < FEW {
            true => slots[from..].chunks_mut(chunk).enumerate().for_each(fill),
            false => slots[from..].par_chunks_mut(chunk).enumerate().for_each(fill),
        }
        self.store.len += rows;
        Ok(())
    }

    /// What is held now, to come back to.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            rows: self.store.len,
            texts: self.open.iter().map(|o| o.texts.values().len()).collect(),
            parts: self.open.iter().map(|o| o.parts.values().len()).collect(),
        }
    }

    /// Forgets everything added since the mark.
    pub fn back_to(&mut self, mark: &Mark) {
        self.store.len = mark.rows;
        self.store.rows.truncate(mark.rows * self.store.stride);
        for (at, open) in self.open.iter_mut().enumerate() {
            let (texts, parts) = (mark.texts[at], mark.parts[at]);
            open.texts.truncate(texts);
            open.parts.truncate(parts);
            if !self.store.frequencies[at].is_empty() {
                self.store.frequencies[at].truncate(texts);
            }
            match &mut self.store.payloads[at] {
                Payload::Code | Payload::TextInRow | Payload::NameInRow(_) => {}
                Payload::Text(entries) => entries.truncate(texts),
                Payload::Date(entries) => entries.truncate(texts),
                Payload::Number(entries) => entries.truncate(texts),
                Payload::Array(entries) => entries.truncate(texts),
                Payload::Name(entries, words) => {
                    entries.truncate(texts);
                    words.truncate(parts);
                }
            }
        }
    }
}

/// What a feature consists of.
type Part<'a> = (&'a mut Open, (&'a mut Payload, &'a mut Vec<f32>));

/// Takes the values of a feature in: the column, and our code for each of its codes.
fn add_values<'a>(
    (open, (payload, shares)): &mut Part<'_>,
    features: &'a Features<'_>,
    convention: &Convention,
) -> Result<(Cow<'a, Coded>, Vec<u32>), LinkError> {
    let column = features.eval(&open.expr)?;
    let known = open.texts.values().len();
    let values = &column.values;
    let mut to = Vec::with_capacity(values.len());
    to.push(0);
    open.texts.codes((1..values.len() as u32).map(|code| values.bytes(code)), &mut to);
    for code in known as u32..open.texts.values().len() as u32 {
        let text = open.texts.values().get(code).to_owned();
        extend(payload, &text, open, convention);
        if !shares.is_empty() {
            shares.push(open.rarest);
        }
    }
    Ok((column, to))
}

/// Adds the entry of a new text.
fn extend(payload: &mut Payload, text: &str, open: &mut Open, convention: &Convention) {
    match payload {
        // Values of a growing store stand in tables, see [`build::build_open`].
        Payload::Code | Payload::TextInRow | Payload::NameInRow(_) => {}
        Payload::Text(entries) => entries.push(Packed::new(text)),
        Payload::Date(entries) => entries.push(build::date(text)),
        Payload::Number(entries) => entries.push(build::number(text)),
        Payload::Array(entries) => {
            let Want::Array(separator) = open.want else { return };
            entries.push(build::elements(text, separator, &mut open.parts));
        }
        Payload::Name(entries, words) => entries.push(name(text, words, open, convention)),
    }
}

fn name(
    text: &str,
    words: &mut Vec<WordEntry>,
    open: &mut Open,
    convention: &Convention,
) -> NameEntry {
    let mut entry = NameEntry::default();
    let mut classes = Vec::with_capacity(WORDS_MAX);
    for word in text.split(' ').filter(|w| !w.is_empty()).take(WORDS_MAX) {
        entry.words[entry.count as usize] = open.parts.code(word.as_bytes());
        entry.count += 1;
        classes.push(hash_bytes(convention.class(word).as_bytes()));
    }
    // A new word may bring the representative of its class as a further word.
    while words.len() < open.parts.values().len() {
        let word = open.parts.values().get(words.len() as u32).to_owned();
        let class = open.parts.code(convention.class(&word).as_bytes());
        let frequency = words.get(class as usize).map_or(open.rarest, |known| known.frequency);
        words.push(WordEntry { packed: Packed::new(&word), class, frequency });
    }
    (entry.joined, entry.sorted) = build::name_hashes(text, &mut classes, &mut Vec::new());
    entry.fill(words);
    entry
}
