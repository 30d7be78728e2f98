//! Names of persons: a convention (a data file) turns a name as written into words to compare.

use super::fold::plain;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

/// The plain Latin convention, the default.
pub const LATIN: &str = include_str!("../../../../config/names/latin.toml");
/// The Indonesian convention.
pub const INDONESIAN: &str = include_str!("../../../../config/names/indonesian.toml");

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "title")]
    _title: String,
    #[serde(default)]
    titles: Vec<String>,
    #[serde(default)]
    leading_titles: Vec<String>,
    #[serde(default)]
    particles: Vec<String>,
    #[serde(default)]
    respell: Vec<(String, String)>,
    #[serde(default)]
    classes: Vec<Vec<String>>,
}

/// How names of a country are read.
#[derive(Debug, Clone, Default)]
pub struct Convention {
    titles: FxHashSet<String>,
    leading: FxHashSet<String>,
    respell: Vec<(String, String)>,
    /// The letters of each old spelling, see [`letters_of`].
    respell_letters: Vec<u32>,
    classes: FxHashMap<String, String>,
}

/// A name read by a convention.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// The name proper, words parted by one blank.
    pub plain: String,
    /// Titles and particles, in the order found.
    pub titles: String,
}

/// A bit for each letter that occurs: a text that lacks a letter cannot hold a spelling with it.
fn letters_of(text: &str) -> u32 {
    text.bytes().fold(0, |letters, byte| letters | 1 << (byte & 31))
}

impl Convention {
    /// Reads a convention file.
    ///
    /// # Errors
    /// What is wrong in the file, with its place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut classes = FxHashMap::default();
        for class in &written.classes {
            if let Some(first) = class.first() {
                for word in class {
                    classes.insert(word.clone(), first.clone());
                }
            }
        }
        Ok(Self {
            titles: written.titles.into_iter().chain(written.particles).collect(),
            leading: written.leading_titles.into_iter().collect(),
            respell_letters: written.respell.iter().map(|(from, _)| letters_of(from)).collect(),
            respell: written.respell,
            classes,
        })
    }

    /// The representative of the class of a word, or the word itself.
    #[must_use]
    pub fn class<'a>(&'a self, word: &'a str) -> &'a str {
        self.classes.get(word).map_or(word, String::as_str)
    }

    /// Reads a name: lower case, no accents, titles apart, old spelling made new, blanks single.
    #[must_use]
    pub fn read(&self, text: &str) -> Name {
        let mut folded = String::new();
        plain(text, &mut folded);
        let mut words: Vec<String> = Vec::new();
        let mut titles: Vec<String> = Vec::new();
        for token in folded.split([' ', ',', ';', '/', '(', ')', '"', '_']) {
            self.token(token, &mut words, &mut titles);
        }
        // A name made of titles only is a name after all (Ibu, Guru, Haji).
        if words.is_empty() {
            words = std::mem::take(&mut titles);
        }
        while words.len() > 1 && self.leading.contains(&words[0]) {
            titles.push(words.remove(0));
        }
        Name { plain: words.join(" "), titles: titles.join(" ") }
    }

    /// True when the name proper of a text in plain form is the text itself.
    #[must_use]
    pub fn as_it_is(&self, folded: &str) -> bool {
        self.untitled(folded) && !self.old_spelling(folded)
    }

    /// Appends the name proper of a text in plain form (see [`plain`]).
    pub fn read_into(&self, folded: &str, out: &mut String) {
        if !self.untitled(folded) {
            out.push_str(&self.read(folded).plain);
        } else if self.old_spelling(folded) {
            out.push_str(&self.respelt(folded.to_owned()));
        } else {
            out.push_str(folded);
        }
    }

    /// Letters and blanks only, and no title among the words.
    fn untitled(&self, folded: &str) -> bool {
        let simple = folded.bytes().all(|b| b.is_ascii_lowercase() || b == b' ');
        let mut words = folded.split(' ');
        simple
            && !words.clone().any(|w| self.titles.contains(w))
            && !words.next().is_some_and(|w| self.leading.contains(w))
    }

    fn old_spelling(&self, folded: &str) -> bool {
        let letters = letters_of(folded);
        self.respell_letters
            .iter()
            .zip(&self.respell)
            .any(|(of_old, (from, _))| of_old & !letters == 0 && folded.contains(from.as_str()))
    }

    fn token(&self, token: &str, words: &mut Vec<String>, titles: &mut Vec<String>) {
        let joined: String = token.chars().filter(|c| c.is_alphanumeric()).collect();
        if joined.is_empty() {
            return;
        }
        if self.titles.contains(&joined) {
            titles.push(joined);
            return;
        }
        // Apostrophes join (o'brien), dots and hyphens part (m.nur, smith-jones).
        for part in token.split(['.', '-']) {
            let word: String = part.chars().filter(|c| c.is_alphanumeric()).collect();
            if word.is_empty() {
                continue;
            }
            if self.titles.contains(&word) {
                titles.push(word);
            } else {
                words.push(self.respelt(word));
            }
        }
    }

    fn respelt(&self, mut word: String) -> String {
        for (from, to) in &self.respell {
            if word.contains(from.as_str()) {
                word = word.replace(from.as_str(), to);
            }
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indonesian_names() {
        let convention = Convention::parse(INDONESIAN).unwrap();
        let check = |text: &str, plain: &str, titles: &str| {
            let name = convention.read(text);
            assert_eq!((name.plain.as_str(), name.titles.as_str()), (plain, titles), "{text}");
        };
        check("DRA. ST. NINA", "st nina", "dra");
        check("MULTUN SUBRINI S.PD", "multun subrini", "spd");
        check("H. Moh. Djoko Soekarno, SH", "moh joko sukarno", "sh h");
        check("H.M. Nur", "m nur", "h");
        check("Ibu", "ibu", "");
        check("SUPARTI", "suparti", "");
        assert_eq!(convention.class("moh"), "muhammad");
        assert_eq!(convention.class("nina"), "nina");
    }

    #[test]
    fn latin_names() {
        let convention = Convention::parse(LATIN).unwrap();
        let check =
            |text: &str, plain: &str| assert_eq!(convention.read(text).plain, plain, "{text}");
        check("Dr. Renée O'Brien-Smith", "renee obrien smith");
        check("van der Berg, Jan", "van der berg jan");
        assert_eq!(convention.class("bill"), "william");
    }
}
