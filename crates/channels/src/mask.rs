//! Masks identity numbers in free text the moment it comes in, before anything stores or logs it.
//!
//! People type a NIK in every way: `5201016304870002`, `5201 0163 0487 0002`, `5201-0163…`. Any run of
//! 14 to 18 digits, with single blanks, full stops or hyphens between them, counts: a NIK with a
//! digit too few or too many is still somebody's secret.

/// Fewest digits of a run that is masked.
const DIGITS_MIN: usize = 14;
/// Most digits of a run that is masked; longer runs are masked too, whole.
const DIGITS_KEPT: usize = 4;

/// Text with its identity numbers masked, and the numbers that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text, with all but the last four digits of each number replaced.
    pub text: String,
    /// The digits of each number found, for a check that must happen at once. Never store them.
    pub numbers: Vec<Digits>,
}

/// Digits typed by a person. Shows only the last four.
#[derive(Clone, PartialEq, Eq)]
pub struct Digits(String);

impl Digits {
    /// The digits themselves, for an immediate look-up only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digits(\u{2026}{})", last_four(&self.0))
    }
}

fn last_four(digits: &str) -> &str {
    &digits[digits.len().saturating_sub(DIGITS_KEPT)..]
}

/// Masks every identity number in `text`.
#[must_use]
pub fn mask(text: &str) -> Masked {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let end = run_end(&chars, at);
        let digits: String = chars[at..end].iter().filter(|c| c.is_ascii_digit()).collect();
        if digits.len() >= DIGITS_MIN {
            out.push_str("\u{2022}\u{2022}\u{2022}\u{2022}");
            out.push_str(last_four(&digits));
            numbers.push(Digits(digits));
            at = end;
        } else {
            let next = end.max(at + 1);
            out.extend(&chars[at..next]);
            at = next;
        }
    }
    Masked { text: out, numbers }
}

/// The end of the run of digits (with single separators between them) that begins at `start`.
fn run_end(chars: &[char], start: usize) -> usize {
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let separator = |i: usize| matches!(chars.get(i), Some(' ' | '.' | '-' | '\u{a0}'));
    let mut end = start;
    while digit(end) {
        end += 1;
        if separator(end) && digit(end + 1) {
            end += 1;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, masked: &str, found: usize) {
        let result = mask(text);
        assert_eq!((result.text.as_str(), result.numbers.len()), (masked, found), "{text}");
    }

    #[test]
    fn numbers_are_masked_as_people_type_them() {
        check("NIK saya 5201016304870002 pak", "NIK saya ••••0002 pak", 1);
        check("5201 0163 0487 0002", "••••0002", 1);
        check("5201.0163.0487.0002/5201-0163-0487-0003", "••••0002/••••0003", 2);
        check("520101630487000", "••••7000", 1);
        check("hp 081234567890, desil 4", "hp 081234567890, desil 4", 0);
        check("tgl 23-04-1987 jam 14.05", "tgl 23-04-1987 jam 14.05", 0);
        check("", "", 0);
    }

    #[test]
    fn digits_do_not_print_themselves() {
        let found = mask("5201016304870002").numbers;
        assert_eq!(format!("{found:?}"), "[Digits(\u{2026}0002)]");
    }
}
