//! How a record's values stand in its row: codes, letters of texts, words of names.

use super::name::{NameEntry, WordEntry};
use crate::text::fold::{PACKED_LETTERS, Packed};

/// Where a feature stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Place of the code.
    pub at: usize,
    /// Words after the code: two of the form, and the letters or the words of a name. 0 when the
    /// value is looked up by its code.
    pub words: usize,
}

/// Words that a text needs after its code in a row.
#[must_use]
pub const fn text_words(longest: usize) -> usize {
    2 + if longest < PACKED_LETTERS { longest } else { PACKED_LETTERS }.div_ceil(4)
}

/// Writes a text into a row: its length, its letter set, its letters.
pub fn write_text(text: &Packed, row: &mut [u32]) {
    (row[0], row[1]) = (u32::from(text.len) | u32::from(text.cut) << 8, text.set);
    for (word, letters) in row[2..].iter_mut().zip(text.letters.chunks(4)) {
        let mut four = [0u8; 4];
        four[..letters.len()].copy_from_slice(letters);
        *word = u32::from_le_bytes(four);
    }
}

/// The text of a row.
#[inline]
#[must_use]
pub fn text_of(row: &[u32]) -> Packed {
    let mut letters = [0u8; 28];
    for (four, word) in letters.chunks_exact_mut(4).zip(&row[2..]) {
        four.copy_from_slice(&word.to_le_bytes());
    }
    let mut text =
        Packed { len: row[0] as u8, cut: row[0] >> 8 != 0, set: row[1], ..Packed::default() };
    text.letters.copy_from_slice(&letters[..PACKED_LETTERS]);
    text
}

/// A name of a row: hash of its letters, hash of its classes, its words.
#[inline]
#[must_use]
pub fn name_of(row: &[u32], words: &[WordEntry]) -> NameEntry {
    let mut entry = NameEntry::default();
    (entry.joined, entry.sorted) = (row[0], row[1]);
    for (slot, word) in entry.words.iter_mut().zip(&row[2..]) {
        if *word == 0 {
            break;
        }
        *slot = *word;
        entry.count += 1;
    }
    entry.fill(words);
    entry
}
