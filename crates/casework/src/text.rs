//! Text that people write: identity numbers in it are masked before it is kept, and limits.

use crate::error::{CaseworkError, Result};

/// Longest text of a report or reason, in characters.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Shortest reason of a decision, in characters.
pub const REASON_CHARS_MIN: usize = 10;
/// Digits in a row (blanks, full stops and hyphens between them do not count) that may be a NIK.
const DIGITS_MASKED: usize = 13;

/// Masks every run of 13 or more digits but its last four, also when it is written in groups.
#[must_use]
pub fn mask_numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let (end, digits) = run_of_digits(&chars, at);
        if digits >= DIGITS_MASKED {
            let last: String =
                chars[at..end].iter().filter(|c| c.is_ascii_digit()).skip(digits - 4).collect();
            out.push_str("••••");
            out.push_str(&last);
            at = end;
        } else {
            let next = end.max(at + 1);
            out.extend(&chars[at..next]);
            at = next;
        }
    }
    out
}

/// Where the run of digits that starts at `at` ends, and how many digits it has.
fn run_of_digits(chars: &[char], at: usize) -> (usize, usize) {
    let (mut end, mut digits, mut place) = (at, 0, at);
    while place < chars.len() {
        match chars[place] {
            c if c.is_ascii_digit() => {
                digits += 1;
                end = place + 1;
            }
            ' ' | '.' | '-' if digits > 0 && place - end < 2 => {}
            _ => break,
        }
        place += 1;
    }
    (end, digits)
}

/// A reason in words: long enough to mean something, masked, limited.
///
/// # Errors
/// When it is too short or too long.
pub fn reason(text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length < REASON_CHARS_MIN {
        return Err(CaseworkError::Refused(format!(
            "a decision needs a reason of at least {REASON_CHARS_MIN} characters"
        )));
    }
    limited(text)
}

/// Masked and limited text.
///
/// # Errors
/// When it is too long.
pub fn limited(text: &str) -> Result<String> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(CaseworkError::Refused(format!(
            "the text is longer than {TEXT_CHARS_MAX} characters"
        )));
    }
    Ok(mask_numbers(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_are_masked_however_written() {
        let check = |text: &str, masked: &str| assert_eq!(mask_numbers(text), masked);
        check("NIK saya 5201016304870002 tolong", "NIK saya ••••0002 tolong");
        check("5201 0163 0487 0002", "••••0002");
        check("52.01.01-630487-0002.", "••••0002.");
        check("rekening 1234567890123", "rekening ••••0123");
        check("telp 081234567890 jam 10", "telp 081234567890 jam 10");
        check("", "");
        check("3 anak, 2 sapi, 1 motor", "3 anak, 2 sapi, 1 motor");
    }

    #[test]
    fn a_reason_means_something() {
        assert!(reason("  ok  ").is_err());
        assert!(reason("Rumah masih gedek, sesuai kunjungan").is_ok());
        assert!(limited(&"x".repeat(4_001)).is_err());
    }
}
