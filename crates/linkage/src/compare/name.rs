//! Names compared as sets of words: order, initials, short forms, classes and slips of the pen.

use crate::text::fold::Packed;
use crate::text::jaro;

/// Words of a name that are looked at.
pub const WORDS_MAX: usize = 6;

/// What the levels mean, from 0 upward.
pub const LABELS: [&str; 8] = [
    "different",
    "one word alike",
    "one word the same",
    "shorter name contained, with slips",
    "same words, with slips or initials",
    "shorter name contained",
    "same words, other order or form",
    "exact",
];

/// A name as codes of its words.
#[derive(Debug, Clone, Copy, Default)]
pub struct NameEntry {
    /// Codes into the word table, in the order written.
    pub words: [u32; WORDS_MAX],
    /// Number of words.
    pub count: u8,
    /// Hash of the letters without blanks (a lost or added blank).
    pub joined: u32,
    /// Hash of the sorted classes of the words.
    pub sorted: u32,
}

/// A word of some name.
#[derive(Debug, Clone, Copy)]
pub struct WordEntry {
    /// The letters.
    pub packed: Packed,
    /// Code of the representative of its class (its own code when it has none).
    pub class: u32,
    /// Share of the names that hold the word (or one of its class).
    pub frequency: f32,
}

/// A level, and the frequency of the rarest word that agrees (1 when none does).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameLevel {
    /// The level, see [`LABELS`].
    pub level: i8,
    /// Frequency of the rarest agreeing word, for term-frequency weights.
    pub frequency: f32,
}

/// Lowest Jaro-Winkler similarity of two words that are the same but for a slip.
const ALIKE: f64 = 0.88;

/// Compares two names that are not equal.
#[must_use]
pub fn compare(a: &NameEntry, b: &NameEntry, words: &[WordEntry]) -> NameLevel {
    let same = a.joined == b.joined || a.sorted == b.sorted;
    let (short, long) = if a.count <= b.count { (a, b) } else { (b, a) };
    let found = align(short, long, words);
    if same {
        return NameLevel { level: 6, frequency: found.frequency };
    }
    let count = usize::from(short.count);
    let all = found.strict + found.loose == count;
    let equal_count = short.count == long.count;
    let anchored = found.strict + found.slips > 0;
    let level = match (all && anchored, equal_count) {
        (true, true) => 4,
        (true, false) if found.loose == 0 => 5,
        (true, false) => 3,
        _ if found.strict > 0 => 2,
        _ if found.slips > 0 => 1,
        _ => 0,
    };
    NameLevel { level, frequency: if level == 0 { 1.0 } else { found.frequency } }
}

/// How the words of the shorter name were found in the longer.
struct Aligned {
    /// The same word, or one of its class.
    strict: usize,
    /// Slips and initials.
    loose: usize,
    /// Slips alone.
    slips: usize,
    /// Frequency of the rarest.
    frequency: f32,
}

/// Each word of the shorter name takes its best free word of the longer, surest kinds first.
fn align(short: &NameEntry, long: &NameEntry, words: &[WordEntry]) -> Aligned {
    let mut out = Aligned { strict: 0, loose: 0, slips: 0, frequency: 1.0 };
    let mut open_short = (1u32 << short.count) - 1;
    let mut open_long = (1u32 << long.count) - 1;
    for i in 0..usize::from(short.count) {
        let class = words[short.words[i] as usize].class;
        for j in 0..usize::from(long.count) {
            let other = &words[long.words[j] as usize];
            if open_long >> j & 1 == 1 && other.class == class {
                out.strict += 1;
                out.frequency = out.frequency.min(other.frequency);
                open_short &= !(1 << i);
                open_long &= !(1 << j);
                break;
            }
        }
    }
    for i in (0..usize::from(short.count)).filter(|i| open_short >> i & 1 == 1) {
        let word = &words[short.words[i] as usize];
        if let Some((j, initial)) = best_alike(word, long, open_long, words) {
            let other = &words[long.words[j] as usize];
            out.loose += 1;
            if !initial {
                out.slips += 1;
                out.frequency = out.frequency.min(word.frequency.max(other.frequency));
            }
            open_long &= !(1 << j);
        }
    }
    out
}

/// The free word most like `word`: a slip (best similarity), else an initial.
fn best_alike(
    word: &WordEntry,
    long: &NameEntry,
    open: u32,
    words: &[WordEntry],
) -> Option<(usize, bool)> {
    let mut best: Option<(f64, usize)> = None;
    let mut initial = None;
    for j in (0..usize::from(long.count)).filter(|j| open >> j & 1 == 1) {
        let other = &words[long.words[j] as usize];
        let (a, b) = (&word.packed, &other.packed);
        if a.len == 1 || b.len == 1 {
            if a.letters[0] == b.letters[0] && initial.is_none() {
                initial = Some((j, true));
            }
            continue;
        }
        if jaro::upper_bound(a, b) < ALIKE {
            continue;
        }
        let similarity = jaro::similarity(a, b);
        if similarity >= ALIKE && best.is_none_or(|(s, _)| similarity > s) {
            best = Some((similarity, j));
        }
    }
    best.map(|(_, j)| (j, false)).or(initial)
}
