//! One Splink comparison: its levels are SQL; what they measure decides the method.

use super::blocking::one_line;
use super::quoted;
use crate::suggest::expression as key;
use serde_json::Value;
use std::fmt::Write;

/// What a level measures.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    Equal,
    JaroWinkler(f64),
    Levenshtein(f64),
    Damerau(f64),
    Date,
    Kilometres(f64),
    Common(f64),
    Difference(f64),
    Unknown,
}

/// Appends a `[[compare]]`, with a comment for each level that cannot be said.
pub(super) fn write(out: &mut String, comparison: &Value) {
    let levels: Vec<&str> = comparison["comparison_levels"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|level| level["is_null_level"].as_bool() != Some(true))
        .filter_map(|level| level["sql_condition"].as_str())
        .filter(|sql| !sql.trim().eq_ignore_ascii_case("else"))
        .collect();
    let measures: Vec<Measure> = levels.iter().map(|sql| measure(sql)).collect();
    let columns = columns(&levels);
    let name = comparison["output_column_name"].as_str().unwrap_or_default();
    let Some(column) = columns.first() else {
        let _ = writeln!(out, "\n# not translated, a comparison: {name}");
        return;
    };
    let (method, thresholds) = method(&measures);
    out.push_str("\n[[compare]]\n");
    if !name.is_empty() && name != column {
        let _ = writeln!(out, "name = {}", quoted(name));
    }
    if columns.len() > 1 {
        let all: Vec<String> = columns.iter().map(|c| quoted(&key(c))).collect();
        let _ = writeln!(out, "columns = [{}]", all.join(", "));
    } else {
        let _ = writeln!(out, "column = {}", quoted(&key(column)));
    }
    let _ = writeln!(out, "method = {}", quoted(method));
    if !thresholds.is_empty() {
        let list: Vec<String> = thresholds.iter().map(f64::to_string).collect();
        let _ = writeln!(out, "thresholds = [{}]", list.join(", "));
    }
    if frequencies(comparison) {
        out.push_str("term_frequency = true\n");
    }
    for (sql, _) in levels.iter().zip(&measures).filter(|(_, m)| **m == Measure::Unknown) {
        let _ = writeln!(out, "# not translated, a level: {}", one_line(sql));
    }
}

fn frequencies(comparison: &Value) -> bool {
    let levels = comparison["comparison_levels"].as_array().into_iter().flatten();
    levels.into_iter().any(|level| level["tf_adjustment_column"].is_string())
}

fn measure(sql: &str) -> Measure {
    let low = one_line(sql).to_ascii_lowercase();
    let bound = bound(&low);
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    let or_unknown = |make: fn(f64) -> Measure| bound.map_or(Measure::Unknown, make);
    if has(&["regexp", "split_part"]) {
        Measure::Unknown
    } else if has(&["acos(", "haversine"]) {
        or_unknown(Measure::Kilometres)
    } else if has(&["epoch", "strptime", "datediff", "date_diff", "to_date"]) {
        Measure::Date
    } else if has(&["jaro"]) {
        or_unknown(Measure::JaroWinkler)
    } else if has(&["damerau_levenshtein"]) {
        or_unknown(Measure::Damerau)
    } else if has(&["levenshtein"]) {
        or_unknown(Measure::Levenshtein)
    } else if has(&["intersect"]) {
        or_unknown(Measure::Common)
    } else if has(&["abs("]) {
        or_unknown(Measure::Difference)
    } else if low.contains('=') && !has(&[" or ", "<", ">"]) {
        Measure::Equal
    } else {
        Measure::Unknown
    }
}

/// The number after the last comparison sign.
fn bound(sql: &str) -> Option<f64> {
    let at = sql.rfind(['<', '>'])?;
    let number: String = sql[at + 1..]
        .trim_start_matches(['=', ' '])
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    number.parse().ok()
}

/// The method that most levels use, with its thresholds in their order.
fn method(measures: &[Measure]) -> (&'static str, Vec<f64>) {
    let collect = |pick: fn(&Measure) -> Option<f64>| -> Vec<f64> {
        measures.iter().filter_map(pick).collect()
    };
    if measures.contains(&Measure::Date) {
        return ("date", Vec::new());
    }
    let candidates: [(&str, Vec<f64>); 6] = [
        ("geographic", collect(|m| if let Measure::Kilometres(x) = m { Some(*x) } else { None })),
        ("array", collect(|m| if let Measure::Common(x) = m { Some(*x) } else { None })),
        (
            "jaro_winkler",
            collect(|m| if let Measure::JaroWinkler(x) = m { Some(*x) } else { None }),
        ),
        (
            "damerau_levenshtein",
            collect(|m| if let Measure::Damerau(x) = m { Some(*x) } else { None }),
        ),
        ("levenshtein", collect(|m| if let Measure::Levenshtein(x) = m { Some(*x) } else { None })),
        ("numeric", collect(|m| if let Measure::Difference(x) = m { Some(*x) } else { None })),
    ];
    let best = candidates.into_iter().rev().max_by_key(|(_, thresholds)| thresholds.len());
    match best {
        Some((name, mut thresholds)) if !thresholds.is_empty() => {
            thresholds.dedup();
            (name, thresholds)
        }
        _ => ("exact", Vec::new()),
    }
}

/// The columns named `"x_l"` in the levels, in order of appearance.
fn columns(levels: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for sql in levels {
        for quoted in sql.split('"').skip(1).step_by(2) {
            if let Some(name) = quoted.strip_suffix("_l")
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}
