//! Names compared as sets of words: order, initials, short forms, classes and slips of the pen.

use crate::text::fold::{PACKED_LETTERS, Packed, more_bits_than};
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

/// A name as codes of its words, with what decides most comparisons beside them.
#[derive(Debug, Clone, Copy, Default)]
pub struct NameEntry {
    /// Codes into the word table, in the order written.
    pub words: [u32; WORDS_MAX],
    /// The classes of the words.
    pub classes: [u32; WORDS_MAX],
    /// The letters that occur in each word, see [`Packed::set`].
    sets: [u32; WORDS_MAX],
    /// The first four letters of each word.
    heads: [u32; WORDS_MAX],
    /// Letters of each word.
    lens: [u8; WORDS_MAX],
    /// Number of words.
    pub count: u8,
    /// Hash of the letters without blanks (a lost or added blank).
    pub joined: u32,
    /// Hash of the sorted classes of the words.
    pub sorted: u32,
}

impl NameEntry {
    /// Copies what the comparison needs of each word from the word table.
    pub fn fill(&mut self, words: &[WordEntry]) {
        for at in 0..usize::from(self.count) {
            let word = &words[self.words[at] as usize];
            let letters = &word.packed.letters;
            self.classes[at] = word.class;
            self.sets[at] = word.packed.set;
            self.heads[at] = u32::from_le_bytes([letters[0], letters[1], letters[2], letters[3]]);
            self.lens[at] = word.packed.len;
        }
    }
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

/// Thousandths that `m/|a| + m/|b|` must reach for [`ALIKE`] with a common prefix of 0 to 4 letters
/// and no letter out of place: `3(0.88 - 0.1p)/(1 - 0.1p) - 1`, rounded down.
const SHARE_MIN: [u32; 5] = [1_639, 1_599, 1_549, 1_485, 1_399];

/// The level of two names that are not equal.
#[must_use]
pub fn level(a: &NameEntry, b: &NameEntry, words: &[WordEntry]) -> i8 {
    if a.joined == b.joined || a.sorted == b.sorted {
        return 6;
    }
    let (short, long) = if a.count <= b.count { (a, b) } else { (b, a) };
    level_of(&align::<false>(short, long, words), short, long)
}

/// Compares two names that are not equal: the level, and the frequency of what agrees.
#[must_use]
pub fn compare(a: &NameEntry, b: &NameEntry, words: &[WordEntry]) -> NameLevel {
    let same = a.joined == b.joined || a.sorted == b.sorted;
    let (short, long) = if a.count <= b.count { (a, b) } else { (b, a) };
    let found = align::<true>(short, long, words);
    if same {
        return NameLevel { level: 6, frequency: found.frequency };
    }
    let level = level_of(&found, short, long);
    NameLevel { level, frequency: if level == 0 { 1.0 } else { found.frequency } }
}

#[inline]
fn level_of(found: &Aligned, short: &NameEntry, long: &NameEntry) -> i8 {
    let all = found.strict + found.loose == usize::from(short.count);
    let anchored = found.strict + found.slips > 0;
    match (all && anchored, short.count == long.count) {
        (true, true) => 4,
        (true, false) if found.loose == 0 => 5,
        (true, false) => 3,
        _ if found.strict > 0 => 2,
        _ if found.slips > 0 => 1,
        _ => 0,
    }
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
/// Frequencies are looked up only when they are wanted.
#[inline]
fn align<const FREQUENCIES: bool>(
    short: &NameEntry,
    long: &NameEntry,
    words: &[WordEntry],
) -> Aligned {
    let mut out = Aligned { strict: 0, loose: 0, slips: 0, frequency: 1.0 };
    let (few, many) = (usize::from(short.count), usize::from(long.count));
    let mut open_short = (1u32 << few) - 1;
    let mut open_long = (1u32 << many) - 1;
    for (i, class) in short.classes[..few].iter().enumerate() {
        let same = (0..many).find(|&j| long.classes[j] == *class && open_long >> j & 1 == 1);
        if let Some(j) = same {
            out.strict += 1;
            if FREQUENCIES {
                out.frequency = out.frequency.min(words[long.words[j] as usize].frequency);
            }
            open_short &= !(1 << i);
            open_long &= !(1 << j);
        }
    }
    while open_short != 0 {
        let i = open_short.trailing_zeros() as usize;
        open_short &= open_short - 1;
        if let Some((j, initial)) = best_alike(short, i, long, open_long, words) {
            out.loose += 1;
            if !initial {
                out.slips += 1;
                if FREQUENCIES {
                    let word = &words[short.words[i] as usize];
                    let other = &words[long.words[j] as usize];
                    out.frequency = out.frequency.min(word.frequency.max(other.frequency));
                }
            }
            open_long &= !(1 << j);
        }
    }
    out
}

/// The free word most like word `i` of the shorter name: a slip (best similarity), else an initial.
#[inline]
fn best_alike(
    short: &NameEntry,
    i: usize,
    long: &NameEntry,
    open: u32,
    words: &[WordEntry],
) -> Option<(usize, bool)> {
    let mut best: Option<(f64, usize)> = None;
    let mut initial = None;
    let mut rest = open;
    while rest != 0 {
        let j = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        if short.lens[i] == 1 || long.lens[j] == 1 {
            if short.heads[i] & 255 == long.heads[j] & 255 && initial.is_none() {
                initial = Some((j, true));
            }
            continue;
        }
        if !may_be_alike(short, i, long, j) {
            continue;
        }
        let similarity = jaro::similarity(
            &words[short.words[i] as usize].packed,
            &words[long.words[j] as usize].packed,
        );
        if similarity >= ALIKE && best.is_none_or(|(s, _)| similarity > s) {
            best = Some((similarity, j));
        }
    }
    best.map(|(_, j)| (j, false)).or(initial)
}

/// False when lengths, first letters and letter sets show that two words are below [`ALIKE`].
#[inline]
fn may_be_alike(a: &NameEntry, i: usize, b: &NameEntry, j: usize) -> bool {
    let (la, lb) = (a.lens[i], b.lens[j]);
    let prefix = ((a.heads[i] ^ b.heads[j]).trailing_zeros() / 8).min(4) as usize;
    let least = COMMON_MIN[prefix][usize::from(la)][usize::from(lb)];
    if least > la.min(lb) {
        return false;
    }
    let (x, y) = (a.sets[i], b.sets[j]);
    !more_bits_than(x & !y, u32::from(la - least)) && !more_bits_than(y & !x, u32::from(lb - least))
}

/// Letters in common that two words need to reach [`ALIKE`], by the letters of their common prefix
/// (0 to 4) and their lengths.
static COMMON_MIN: [[[u8; PACKED_LETTERS + 1]; PACKED_LETTERS + 1]; 5] = common_min();

const fn common_min() -> [[[u8; PACKED_LETTERS + 1]; PACKED_LETTERS + 1]; 5] {
    let mut table = [[[u8::MAX; PACKED_LETTERS + 1]; PACKED_LETTERS + 1]; 5];
    let mut prefix = 0;
    while prefix < 5 {
        let mut la = 1;
        while la <= PACKED_LETTERS {
            let mut lb = 1;
            while lb <= PACKED_LETTERS {
                let share = SHARE_MIN[prefix] as usize * la * lb;
                table[prefix][la][lb] = share.div_ceil((la + lb) * 1_000) as u8;
                lb += 1;
            }
            la += 1;
        }
        prefix += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, class: u32) -> WordEntry {
        WordEntry { packed: Packed::new(text), class, frequency: 0.5 }
    }

    #[test]
    fn the_shortcut_never_hides_a_slip() {
        let mut chance = kernel::Chance::new(3);
        let mut alike = 0;
        for _ in 0..20_000 {
            let mut text: Vec<u8> =
                (0..3 + chance.below(9)).map(|_| b'a' + chance.below(6) as u8).collect();
            let first = String::from_utf8(text.clone()).unwrap();
            for _ in 0..1 + chance.below(2) {
                let at = chance.below(text.len() as u64) as usize;
                text[at] = b'a' + chance.below(6) as u8;
                let other = chance.below(text.len() as u64) as usize;
                text.swap(at, other);
            }
            let second = String::from_utf8(text).unwrap();
            let words = [word(&first, 0), word(&second, 1)];
            let mut names = [NameEntry { count: 1, ..NameEntry::default() }; 2];
            names[1].words[0] = 1;
            names.iter_mut().for_each(|n| n.fill(&words));
            if jaro::similarity(&words[0].packed, &words[1].packed) >= ALIKE {
                alike += 1;
                assert!(may_be_alike(&names[0], 0, &names[1], 0), "{words:?}");
            }
        }
        assert!(alike > 500);
    }
}
