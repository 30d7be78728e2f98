//! Original texts are kept with findings, but never a whole NIK or KK number.

use kernel::limits::FINDING_TEXT_BYTES_MAX;

/// From this many digits in a row on, a number could be a NIK or KK number, whole or damaged.
const DIGITS_MIN: usize = 11;

/// A text cut to the length a finding may keep, with long numbers masked to their last four
/// characters. Blanks, full stops and dashes inside a number do not save it.
#[must_use]
pub fn mask(text: &str) -> String {
    // A number that is cut through is masked by what is left of it, so cut after masking.
    let head = cut(text, FINDING_TEXT_BYTES_MAX * 2);
    let chars: Vec<char> = head.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut out = String::with_capacity(head.len());
    let mut at = 0;
    while at < chars.len() {
        let end = number_end(&chars, at);
        let digits = chars[at..end].iter().filter(|c| c.is_ascii_digit()).count();
        if digits >= DIGITS_MIN {
            let keep = end.saturating_sub(4).max(at);
            out.extend(std::iter::repeat_n('*', keep - at));
            out.extend(&chars[keep..end]);
        } else {
            out.extend(&chars[at..end.max(at + 1)]);
        }
        at = end.max(at + 1);
    }
    cut(&out, FINDING_TEXT_BYTES_MAX).to_owned()
}

/// A value of an identity column: all but its last four characters are hidden, whatever they are.
#[must_use]
pub fn mask_identity(text: &str) -> String {
    let text = cut(text, FINDING_TEXT_BYTES_MAX);
    let count = text.chars().count();
    let hidden = if count >= 8 { count - 4 } else { count };
    text.chars().enumerate().map(|(i, c)| if i < hidden { '*' } else { c }).collect()
}

/// The end of the run of digits (with lone letters and separators inside it) that starts at `from`.
fn number_end(chars: &[char], from: usize) -> usize {
    let is_digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    if !is_digit(from) {
        return from;
    }
    let mut end = from + 1;
    loop {
        if is_digit(end) {
            end += 1;
        } else if chars.get(end).is_some_and(|c| c.is_ascii_alphabetic() || " .-".contains(*c))
            && is_digit(end + 1)
        {
            end += 2;
        } else {
            return end;
        }
    }
}

/// The longest start of `text` of at most `bytes` bytes.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_lose_their_digits_and_regions_keep_them() {
        let check = |text: &str, expected: &str| assert_eq!(mask(text), expected);
        check("a|5201016304870002|SITI", "a|************0002|SITI");
        check("52010163o4870002", "************0002");
        check("520101 630487 0002", "**************0002");
        check("52.01.01.2001|1987-04-23|5201012001", "52.01.01.2001|1987-04-23|5201012001");
        check("RT 001 / 002", "RT 001 / 002");
        assert_eq!(mask_identity("5201016304870002"), "************0002");
        assert_eq!(mask_identity("12345"), "*****");
    }

    proptest! {
        #[test]
        fn no_sixteen_digits_survive(text in ".{0,40}[0-9]{16}.{0,40}") {
            let masked = mask(&text);
            let longest = masked.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
            prop_assert!(longest < Some(16), "{masked}");
        }
    }
}
