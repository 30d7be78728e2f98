//! What a person means: words rewritten by the file's table, then groups of words that must occur.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Words of this length or more may have one letter wrong.
const FORGIVEN_CHARS_MIN: usize = 5;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Intent {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "named in tests and in the file's own order")
    )]
    pub(super) id: String,
    pub(super) goto: String,
    all: Vec<Vec<String>>,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "run by the test of the shipped file"))]
    pub(super) examples: Vec<String>,
}

/// The words of a text, lower case, without punctuation, each rewritten by `words`.
#[must_use]
pub fn normalise(text: &str, words: &BTreeMap<String, String>) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .map(|word| words.get(word).cloned().unwrap_or_else(|| word.to_owned()))
        .collect()
}

/// The intent that fits best: most groups, then the earliest.
pub(super) fn best<'a>(intents: &'a [Intent], words: &[String]) -> Option<&'a Intent> {
    let fits = |intent: &&Intent| intent.all.iter().all(|group| group_occurs(group, words));
    intents.iter().filter(fits).rev().max_by_key(|intent| intent.all.len())
}

fn group_occurs(group: &[String], words: &[String]) -> bool {
    group.iter().any(|wanted| words.iter().any(|word| same_word(wanted, word)))
}

/// The same word, one slip of a letter forgiven in longer ones.
#[must_use]
pub fn same_word(wanted: &str, word: &str) -> bool {
    wanted == word
        || (wanted.len() >= FORGIVEN_CHARS_MIN
            && word.len() >= FORGIVEN_CHARS_MIN
            && one_letter_apart(wanted, word))
}

/// One letter replaced, added, left out, or two neighbours swapped.
fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (ra, rb) = (&a[head..], &b[head..]);
    match (ra.len(), rb.len()) {
        (x, y) if x == y => {
            ra[1..] == rb[1..] || (x >= 2 && ra[0] == rb[1] && ra[1] == rb[0] && ra[2..] == rb[2..])
        }
        (x, y) if x == y + 1 => ra[1..] == *rb,
        (x, y) if y == x + 1 => rb[1..] == *ra,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_one_letter() {
        let check = |a: &str, b: &str, same: bool| assert_eq!(same_word(a, b), same, "{a} {b}");
        check("tetangga", "tetanga", true);
        check("petugas", "petguas", true);
        check("laporan", "lapporan", true);
        check("desil", "desil", true);
        check("mati", "hati", false);
        check("sekolah", "sekali", false);
    }
}
