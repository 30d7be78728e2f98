//! Splink blocking rules (`l.a = r.a AND substr(l.b, 1, 3) = substr(r.b, 1, 3)`) as block keys.

use super::quoted;
use crate::suggest::expression as column;
use std::fmt::Write;

/// Appends a `[[block]]`, or a comment when the rule is not a conjunction of equal keys.
pub(super) fn write(out: &mut String, sql: &str) {
    match keys(sql) {
        Some(keys) if !keys.is_empty() => {
            let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
            let _ = writeln!(out, "\n[[block]]\nkeys = [{}]", keys.join(", "));
        }
        _ => {
            let _ = writeln!(out, "\n# not translated, a blocking rule: {}", one_line(sql));
        }
    }
}

pub(super) fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn keys(sql: &str) -> Option<Vec<String>> {
    split_and(&one_line(sql)).iter().map(|part| key(part)).collect()
}

/// Splits at ` AND ` outside brackets.
fn split_and(sql: &str) -> Vec<String> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    let upper = sql.to_ascii_uppercase();
    for (at, c) in sql.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && upper[at..].starts_with(" AND ") => {
                parts.push(sql[start..at].to_owned());
                start = at + 5;
            }
            _ => {}
        }
    }
    parts.push(sql[start..].to_owned());
    parts
}

/// One equality, when both sides are the same expression of `l` and `r`.
fn key(part: &str) -> Option<String> {
    let part = bare(part);
    let (left, right) = part.split_once('=')?;
    let (left, right) = (side(left, "l.")?, side(right, "r.")?);
    (left == right).then_some(left)
}

/// Without the brackets around the whole.
fn bare(part: &str) -> &str {
    let part = part.trim();
    match part.strip_prefix('(').and_then(|p| p.strip_suffix(')')) {
        Some(inner) if balanced(inner) => bare(inner),
        _ => part,
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// `l."a"`, `substr(l.a, 1, 3)`, `lower(l.a)`, `year(l.a)` in our words.
fn side(text: &str, table: &str) -> Option<String> {
    let text = bare(text);
    if let Some(name) = text.strip_prefix(table) {
        let quoted = name.strip_prefix('"').and_then(|n| n.strip_suffix('"'));
        let plain = !name.contains(['(', ' ', '"']);
        return quoted.or(plain.then_some(name)).map(column);
    }
    let (function, rest) = text.split_once('(')?;
    let arguments: Vec<&str> = rest.strip_suffix(')')?.split(',').map(str::trim).collect();
    let inner = side(arguments.first()?, table)?;
    let number = |at: usize| arguments.get(at).and_then(|n| n.parse::<usize>().ok());
    match function.trim().to_ascii_lowercase().as_str() {
        "substr" | "substring" if number(1) == Some(1) => {
            Some(format!("prefix({inner}, {})", number(2)?))
        }
        "substr" | "substring" => Some(format!("substr({inner}, {}, {})", number(1)?, number(2)?)),
        "left" => Some(format!("prefix({inner}, {})", number(1)?)),
        "right" => Some(format!("suffix({inner}, {})", number(1)?)),
        // Case and blanks are folded before anything is compared.
        "lower" | "upper" | "trim" => Some(inner),
        name @ ("year" | "month" | "day" | "soundex" | "metaphone") => {
            Some(format!("{name}({inner})"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: Option<&[&str]>) {
        let expected = expected.map(|keys| keys.iter().map(|k| (*k).to_owned()).collect());
        assert_eq!(keys(sql), expected, "{sql}");
    }

    #[test]
    fn rules_of_equal_keys() {
        check("l.a = r.a", Some(&["a"]));
        check("(l.\"a\" = r.\"a\") AND (l.\"b\" = r.\"b\")", Some(&["a", "b"]));
        check("SUBSTRING(l.b, 1, 3) = SUBSTRING(r.b, 1, 3)", Some(&["prefix(b, 3)"]));
        check(
            "substr(l.b,2,3)=substr(r.b,2,3) and year(l.d)=year(r.d)",
            Some(&["substr(b, 2, 3)", "year(d)"]),
        );
        check("l.\"Date of birth\" = r.\"Date of birth\"", Some(&["`Date of birth`"]));
        check("l.a = r.b", None);
        check("l.a = r.a OR l.b = r.b", None);
        check("abs(l.a - r.a) < 3", None);
    }
}
