//! Text to a CEL tree, with limits so that no file can exhaust the stack.

use crate::error::RuleError;
use cel_parser::Expression;

/// Longest expression, in bytes.
const EXPRESSION_BYTES_MAX: usize = 4_096;
/// Deepest nesting of brackets and unary signs.
const NESTING_MAX: usize = 40;

/// Parses `source`.
///
/// # Errors
/// A [`RuleError`] at the first place that CEL does not accept.
pub(super) fn parse(source: &str) -> Result<Expression, RuleError> {
    if source.trim().is_empty() {
        return Err(RuleError::at(source, 0, "the expression is empty; write a condition"));
    }
    if source.len() > EXPRESSION_BYTES_MAX {
        let message = format!(
            "the expression has {} bytes, the most is {EXPRESSION_BYTES_MAX}; split it into \
             several named conditions",
            source.len()
        );
        return Err(RuleError::at(source, 0, message));
    }
    limit_nesting(source)?;
    let parsed = std::panic::catch_unwind(|| cel_parser::Parser::new().parse(source));
    match parsed {
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(errors)) => {
            let Some(first) = errors.errors.first() else {
                return Err(RuleError::at(source, 0, "not a CEL expression"));
            };
            let offset = offset_of(source, first.pos.0, first.pos.1);
            let said = first.msg.trim_start_matches("Syntax error: ");
            Err(RuleError::at(source, offset, format!("not a CEL expression: {}", shorten(said))))
        }
        Err(_) => Err(RuleError::at(source, 0, "not a CEL expression")),
    }
}

/// The parser lists every token it would accept; the first part of the message says enough.
fn shorten(message: &str) -> String {
    match message.split_once(" expecting ") {
        Some((what, _)) => format!("{what}; check brackets, quotes and operators near here"),
        None => message.to_owned(),
    }
}

fn limit_nesting(source: &str) -> Result<(), RuleError> {
    let mut depth = 0usize;
    let mut run = 0usize;
    for (offset, byte) in source.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        run = if matches!(byte, b'!' | b'-' | b'?') { run + 1 } else { 0 };
        if depth > NESTING_MAX || run > NESTING_MAX {
            let message = format!("nested deeper than {NESTING_MAX}; split the condition");
            return Err(RuleError::at(source, offset, message));
        }
    }
    Ok(())
}

/// Byte offset of line `line` (from 1) and column `column` (characters, from 1).
fn offset_of(source: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let mut start = 0;
    for (number, text) in source.split_inclusive('\n').enumerate() {
        if number == line {
            let inside = text.char_indices().nth(column).map_or(text.len(), |(i, _)| i);
            return start + inside;
        }
        start += text.len();
    }
    source.len()
}
