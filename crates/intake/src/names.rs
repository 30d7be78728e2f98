//! Names of people: upper case, letters and single blanks, titles taken out and kept beside.

use crate::IntakeError;
use crate::mask::cut;
use kernel::limits::NAME_BYTES_MAX;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use std::path::Path;

const EMBEDDED: &str = include_str!("../../../config/id/titles.toml");
const FILE: &str = "titles.toml";

/// The titles of a country, from `config/<country>/titles.toml`.
#[derive(Debug, Clone)]
pub struct Titles {
    before: FxHashSet<String>,
    after: FxHashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    before: Vec<String>,
    after: Vec<String>,
}

/// Buffers for one name after another.
#[derive(Debug, Default)]
pub struct CleanName {
    /// The name; empty when nothing is left.
    pub name: String,
    /// Its titles with a blank between them; empty when there is none.
    pub title: String,
    upper: String,
}

impl Titles {
    /// From `<folder>/titles.toml` when it is there, else the list built into the program.
    ///
    /// # Errors
    /// When the file is not as it should be.
    pub fn load(folder: Option<&Path>) -> Result<Self, IntakeError> {
        let own = folder.map(|f| f.join(FILE)).filter(|p| p.exists());
        let file: File = match own {
            Some(path) => {
                let text = instrument::config::read(&path)?;
                instrument::config::parse(&path.display().to_string(), &text)?
            }
            None => instrument::config::parse(FILE, EMBEDDED)?,
        };
        Ok(Self {
            before: file.before.into_iter().collect(),
            after: file.after.into_iter().collect(),
        })
    }

    /// Cleans `raw` into `out`.
    pub fn clean(&self, raw: &str, out: &mut CleanName) {
        out.name.clear();
        out.title.clear();
        if self.is_plain(raw) {
            out.name.push_str(raw);
            return;
        }
        out.upper.clear();
        if raw.is_ascii() {
            out.upper.push_str(raw);
            out.upper.make_ascii_uppercase();
        } else {
            out.upper.extend(raw.chars().flat_map(char::to_uppercase));
        }
        let upper = std::mem::take(&mut out.upper);
        let (main, tail) = upper.split_once(',').unwrap_or((&upper, ""));
        let mut words: Vec<&str> = Vec::with_capacity(8);
        self.split_brackets(main, &mut words, out);
        self.take_before(&mut words, out);
        let mark = out.title.len();
        self.take_after(&mut words, out);
        self.take_tail(tail, &mut words, out);
        debug_assert!(mark <= out.title.len());
        for word in words {
            push_letters(word, &mut out.name);
        }
        if out.name.len() > NAME_BYTES_MAX {
            out.name.truncate(cut(&out.name, NAME_BYTES_MAX).len());
        }
        out.name.truncate(out.name.trim_end().len());
        out.upper = upper;
    }

    /// True for a name that is clean already: upper-case words with one blank between them, the
    /// first and last of which are no titles. Most are.
    fn is_plain(&self, raw: &str) -> bool {
        let bytes = raw.as_bytes();
        let mut after_blank = true;
        for b in bytes {
            let blank = *b == b' ';
            if !(b.is_ascii_uppercase() || (blank && !after_blank)) {
                return false;
            }
            after_blank = blank;
        }
        if after_blank || bytes.len() > NAME_BYTES_MAX {
            return false;
        }
        let (Some(first), Some(last)) = (memchr::memchr(b' ', bytes), memchr::memrchr(b' ', bytes))
        else {
            return true;
        };
        !self.before.contains(&raw[..first]) && !self.after.contains(&raw[last + 1..])
    }

    /// Words outside brackets; what is in brackets (a nickname, a mark) goes to the title.
    fn split_brackets<'a>(&self, main: &'a str, words: &mut Vec<&'a str>, out: &mut CleanName) {
        let mut rest = main;
        while let Some(open) = rest.find('(') {
            words.extend(rest[..open].split_whitespace());
            let inside = &rest[open + 1..];
            let close = inside.find(')').unwrap_or(inside.len());
            for word in inside[..close].split_whitespace() {
                push_title(word, &mut out.title);
            }
            rest = inside.get(close + 1..).unwrap_or("");
        }
        words.extend(rest.split_whitespace());
    }

    /// `H. AHMAD`, `HJ SITI`, `DRS.H.ALI`.
    fn take_before<'a>(&self, words: &mut Vec<&'a str>, out: &mut CleanName) {
        let mut taken = 0;
        while taken < words.len() {
            let word: &'a str = words[taken];
            let (head, rest) = word.split_once('.').unwrap_or((word, ""));
            let more = !rest.is_empty() || taken + 1 < words.len();
            if !more || !self.before.contains(head) {
                break;
            }
            push_title(head, &mut out.title);
            if rest.is_empty() {
                taken += 1;
            } else {
                words[taken] = rest;
            }
        }
        words.drain(..taken);
    }

    /// `AHMAD S.PD`, `AHMAD SPD`; a short one counts only with full stops: `SS` may be a name.
    fn take_after(&self, words: &mut Vec<&str>, out: &mut CleanName) {
        while words.len() > 1 {
            let Some(last) = words.last() else { break };
            if !(last.contains('.') || last.len() >= 3) || !self.is_after(last) {
                break;
            }
            push_title(last, &mut out.title);
            words.pop();
        }
    }

    /// What stands after a comma is a title, unless it is too long for one.
    fn take_tail<'a>(&self, tail: &'a str, words: &mut Vec<&'a str>, out: &mut CleanName) {
        for piece in tail.split(',').filter(|p| !p.trim().is_empty()) {
            let letters = piece.chars().filter(|c| c.is_alphabetic()).count();
            if !words.is_empty() && (letters <= 6 || self.is_after(piece)) {
                push_title(piece, &mut out.title);
            } else {
                words.extend(piece.split_whitespace());
            }
        }
    }

    fn is_after(&self, word: &str) -> bool {
        if word.bytes().all(|b| b.is_ascii_uppercase()) {
            return self.after.contains(word);
        }
        let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
        self.after.contains(&letters)
    }
}

fn push_title(word: &str, title: &mut String) {
    let start = title.len();
    if start > 0 {
        title.push(' ');
    }
    title.extend(word.chars().filter(|c| c.is_alphanumeric()));
    if title.ends_with(' ') || title.len() > NAME_BYTES_MAX {
        title.truncate(start);
    }
}

/// The letters of a word; full stops, dashes and the like become blanks, apostrophes vanish, and
/// digits vanish unless letters stand beside them.
fn push_letters(word: &str, name: &mut String) {
    if !name.is_empty() && !name.ends_with(' ') {
        name.push(' ');
    }
    if word.bytes().all(|b| b.is_ascii_uppercase()) {
        name.push_str(word);
        return;
    }
    let only_digits = word.chars().all(|c| !c.is_alphabetic());
    for c in word.chars() {
        match c {
            '\'' | '`' | '"' | '\u{2019}' | '\u{2018}' => {}
            c if c.is_alphabetic() || (c.is_ascii_digit() && !only_digits) => name.push(c),
            _ if name.ends_with(' ') || name.is_empty() => {}
            _ => name.push(' '),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(raw: &str) -> (String, String) {
        let mut out = CleanName::default();
        Titles::load(None).unwrap().clean(raw, &mut out);
        (out.name, out.title)
    }

    #[test]
    fn titles_leave_and_names_stay() {
        let check = |raw: &str, name: &str, title: &str| {
            assert_eq!(cleaned(raw), (name.to_owned(), title.to_owned()), "{raw}");
        };
        check("SITI AMINAH", "SITI AMINAH", "");
        check("  siti   aminah ", "SITI AMINAH", "");
        check("H. AHMAD", "AHMAD", "H");
        check("Drs.H.Lalu Moh. Ali, S.Pd., M.Si", "LALU MOH ALI", "DRS H SPD MSI");
        check("HJ SITI", "SITI", "HJ");
        check("AHMAD S.PD", "AHMAD", "SPD");
        check("MUHAMMAD MA", "MUHAMMAD MA", "");
        check("BAIQ NUR'AINI", "BAIQ NURAINI", "");
        check("ABD.RAHMAN", "ABD RAHMAN", "");
        check("M. ALI", "M ALI", "");
        check("SITI (INAQ MAR)", "SITI", "INAQ MAR");
        check("H", "H", "");
        check("HAJI", "HAJI", "");
        check("AHMAD (ALM)", "AHMAD", "ALM");
        check("AHMAD ALM", "AHMAD", "ALM");
        check("Né Peña", "NÉ PEÑA", "");
        check("SITI-AISYAH 2", "SITI AISYAH", "");
        check(",", "", "");
        check("", "", "");
    }

    proptest! {
        #[test]
        fn any_text_is_cleaned_and_cleaning_ends(raw in ".{0,300}") {
            let (name, _) = cleaned(&raw);
            prop_assert!(name.len() <= NAME_BYTES_MAX);
            prop_assert!(!name.contains("  ") && name.trim() == name, "{name:?}");
        }
    }
}
