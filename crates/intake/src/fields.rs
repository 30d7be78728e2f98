//! One line into its values.

use std::borrow::Cow;

/// Why a line has no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// A `"` opens a value and is never closed on its line.
    UnclosedQuote,
    /// Something stands between a closing `"` and the next delimiter.
    TextAfterQuote,
}

/// Splits `line` at `delimiter` into `fields`. With `quotes`, a value that begins with `"` ends at
/// the next `"` that is not doubled, and may hold the delimiter.
///
/// # Errors
/// When the quotes are broken.
pub fn split<'a>(
    line: &'a str,
    delimiter: u8,
    quotes: bool,
    fields: &mut Vec<Cow<'a, str>>,
) -> Result<(), LineFault> {
    fields.clear();
    let bytes = line.as_bytes();
    if !quotes || memchr::memchr(b'"', bytes).is_none() {
        let mut from = 0;
        for at in memchr::memchr_iter(delimiter, bytes) {
            fields.push(Cow::Borrowed(&line[from..at]));
            from = at + 1;
        }
        fields.push(Cow::Borrowed(&line[from..]));
        return Ok(());
    }
    let mut from = 0;
    loop {
        let end = if bytes.get(from) == Some(&b'"') {
            let (value, end) = quoted(line, from + 1)?;
            fields.push(value);
            end
        } else {
            let end = memchr::memchr(delimiter, &bytes[from..]).map_or(bytes.len(), |n| from + n);
            fields.push(Cow::Borrowed(&line[from..end]));
            end
        };
        match bytes.get(end) {
            None => return Ok(()),
            Some(b) if *b == delimiter => from = end + 1,
            Some(_) => return Err(LineFault::TextAfterQuote),
        }
    }
}

/// The value after an opening quote, and the place after its closing quote.
fn quoted(line: &str, from: usize) -> Result<(Cow<'_, str>, usize), LineFault> {
    let bytes = line.as_bytes();
    let mut at = from;
    let mut doubled = false;
    loop {
        let Some(n) = memchr::memchr(b'"', &bytes[at..]) else {
            return Err(LineFault::UnclosedQuote);
        };
        let quote = at + n;
        if bytes.get(quote + 1) == Some(&b'"') {
            doubled = true;
            at = quote + 2;
            continue;
        }
        let value = &line[from..quote];
        let value =
            if doubled { Cow::Owned(value.replace("\"\"", "\"")) } else { Cow::Borrowed(value) };
        return Ok((value, quote + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(line: &str) -> Result<Vec<String>, LineFault> {
        let mut fields = Vec::new();
        split(line, b'|', true, &mut fields)?;
        Ok(fields.into_iter().map(Cow::into_owned).collect())
    }

    #[test]
    fn quotes_of_the_field() {
        let ok = |line: &str, expected: &[&str]| {
            assert_eq!(fields(line).unwrap(), expected, "{line}");
        };
        ok("a|b|c", &["a", "b", "c"]);
        ok("", &[""]);
        ok("|", &["", ""]);
        ok("\"a|b\"|c", &["a|b", "c"]);
        ok("\"a\"\"b\"|", &["a\"b", ""]);
        ok("\"\"|x", &["", "x"]);
        ok("JL. \"RAYA\"|x", &["JL. \"RAYA\"", "x"]);
        assert_eq!(fields("a|\"JL. RAYA|c"), Err(LineFault::UnclosedQuote));
        assert_eq!(fields("\"a\"b|c"), Err(LineFault::TextAfterQuote));
    }

    proptest! {
        #[test]
        fn what_is_written_with_quotes_is_read_back(values in proptest::collection::vec("[a-z\"|, ]{0,12}", 1..8)) {
            let line: Vec<String> =
                values.iter().map(|v| format!("\"{}\"", v.replace('"', "\"\""))).collect();
            prop_assert_eq!(fields(&line.join("|")).unwrap(), values);
        }

        #[test]
        fn any_line_is_split_or_refused(line in ".{0,80}") {
            let _ = fields(&line);
        }
    }
}
