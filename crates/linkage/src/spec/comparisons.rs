//! Comparisons checked: what is compared, by which method, with which bounds and labels.

use super::check::Place;
use super::expr::{self, Expr};
use super::raw::RawCompare;
use super::{Compare, Method};
use crate::error::LinkError;
use crate::text::edits::Slips;

const METHODS: [&str; 10] = [
    "exact",
    "jaro_winkler",
    "levenshtein",
    "damerau_levenshtein",
    "date",
    "name",
    "numeric",
    "geographic",
    "array",
    "ladder",
];

const DATE_LABELS: [&str; 6] =
    ["different", "within two years", "same year", "two parts", "one slip", "exact"];

/// Checks one comparison.
pub(super) fn compare(place: &Place<'_>, raw: &RawCompare) -> Result<Compare, LinkError> {
    let span = raw.method.span();
    let method_name = raw.method.get_ref().as_str();
    if !METHODS.contains(&method_name) {
        let known: Vec<(&str, ())> = METHODS.iter().map(|m| (*m, ())).collect();
        place.one_of(&raw.method, "method", &known)?;
    }
    let exprs = compared(place, raw)?;
    let (method, labels) = method(place, raw)?;
    let name = match (&raw.name, &raw.column) {
        (Some(name), _) => name.get_ref().clone(),
        (None, Some(column)) => column
            .get_ref()
            .chars()
            .map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' })
            .collect(),
        (None, None) => match &raw.columns {
            Some(columns) => columns.get_ref().join("_"),
            None => return Err(place.error(span, "a ladder needs a `name`")),
        },
    };
    Ok(Compare {
        name,
        exprs,
        method,
        labels,
        term_frequency: raw.term_frequency,
        household: raw.household,
    })
}

/// What is compared: one expression, several columns joined, or two for geographic.
fn compared(place: &Place<'_>, raw: &RawCompare) -> Result<Vec<Expr>, LinkError> {
    let span = raw.method.span();
    match (raw.method.get_ref().as_str(), &raw.column, &raw.columns) {
        ("ladder", _, _) => Ok(Vec::new()),
        ("geographic", None, Some(two)) if two.get_ref().len() == 2 => {
            Ok(two.get_ref().iter().map(|c| Expr::Column(c.clone())).collect())
        }
        ("geographic", _, _) => {
            Err(place.error(span, "geographic compares columns = [\"latitude\", \"longitude\"]"))
        }
        (_, Some(column), None) => {
            let e = expr::parse(column.get_ref()).map_err(|m| place.error(column.span(), m))?;
            Ok(vec![e])
        }
        (_, None, Some(columns)) if !columns.get_ref().is_empty() => {
            let parts = columns.get_ref().iter().map(|c| Expr::Column(c.clone())).collect();
            Ok(vec![Expr::Call(expr::Function::Join, parts, Vec::new())])
        }
        (_, Some(column), Some(_)) => {
            Err(place.error(column.span(), "write either `column` or `columns`, not both"))
        }
        _ => Err(place.error(span, "a comparison needs `column` (or `columns`)")),
    }
}

/// The thresholds as written, or the default, in order and each once.
fn bounds(
    place: &Place<'_>,
    raw: &RawCompare,
    default: &[f64],
    rising: bool,
) -> Result<Vec<f64>, LinkError> {
    let Some(written) = &raw.thresholds else { return Ok(default.to_vec()) };
    let mut bounds = written.get_ref().clone();
    if bounds.is_empty() || bounds.len() > 8 || bounds.iter().any(|b| !b.is_finite() || *b < 0.0) {
        return Err(place.error(written.span(), "thresholds are one to eight numbers not below 0"));
    }
    bounds.sort_by(|a, b| if rising { a.total_cmp(b) } else { b.total_cmp(a) });
    bounds.dedup();
    Ok(bounds)
}

fn whole(bounds: Vec<f64>) -> Vec<u32> {
    bounds.into_iter().map(|b| b.round() as u32).filter(|b| *b > 0).collect()
}

/// The method with its bounds, and labels of its levels.
fn method(place: &Place<'_>, raw: &RawCompare) -> Result<(Method, Vec<String>), LinkError> {
    let given = |default: &[f64], rising| bounds(place, raw, default, rising);
    Ok(match raw.method.get_ref().as_str() {
        "exact" => (Method::Exact, labels("exact", &[] as &[u32], u32::to_string)),
        "jaro_winkler" => {
            let bounds = given(&[0.95, 0.88, 0.75], false)?;
            if bounds.iter().any(|b| *b > 1.0) {
                return Err(
                    place.error(raw.method.span(), "jaro_winkler thresholds lie between 0 and 1")
                );
            }
            let named = labels("exact", &bounds, |b| format!("jaro_winkler >= {b}"));
            (Method::JaroWinkler(bounds), named)
        }
        name @ ("levenshtein" | "damerau_levenshtein") => {
            let bounds = whole(given(&[1.0, 2.0], true)?);
            let slips = if name == "levenshtein" { Slips::Levenshtein } else { Slips::Damerau };
            let named = labels("exact", &bounds, |b| format!("{name} <= {b}"));
            (Method::Edits(slips, bounds), named)
        }
        "date" => (Method::Date, fixed(&DATE_LABELS)),
        "name" => (Method::Name, fixed(&crate::compare::name::LABELS)),
        "numeric" => {
            let percent = raw.percent.unwrap_or(false);
            let bounds = given(&[1.0, 5.0, 20.0], true)?;
            let unit = if percent { " %" } else { "" };
            let named = labels("exact", &bounds, |b| format!("difference <= {b}{unit}"));
            (Method::Number { bounds, percent }, named)
        }
        "geographic" => {
            let bounds = given(&[0.1, 1.0, 10.0, 100.0], true)?;
            let named = steps("further", &bounds, |b| format!("<= {b} km"));
            (Method::Geographic(bounds), named)
        }
        "array" => {
            let counts = whole(given(&[3.0, 2.0, 1.0], false)?);
            let separator = raw.separator.as_deref().and_then(|s| s.chars().next()).unwrap_or(';');
            let named = steps("nothing in common", &counts, |b| format!("{b} or more in common"));
            (Method::Array { counts, separator }, named)
        }
        _ => ladder(place, raw)?,
    })
}

fn ladder(place: &Place<'_>, raw: &RawCompare) -> Result<(Method, Vec<String>), LinkError> {
    let Some(levels) = raw.levels.as_ref().filter(|l| !l.is_empty()) else {
        return Err(place.error(
            raw.method.span(),
            "a ladder needs levels = [{ when = \"exact(a) and exact(b)\" }, …], best first",
        ));
    };
    let mut conditions = Vec::new();
    let mut names = vec!["else".to_owned()];
    for level in levels {
        conditions.push(
            expr::parse_condition(level.when.get_ref())
                .map_err(|m| place.error(level.when.span(), m))?,
        );
        names.insert(1, level.label.clone().unwrap_or_else(|| level.when.get_ref().clone()));
    }
    Ok((Method::Ladder(conditions), names))
}

fn fixed(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

/// Labels from 0 upward: `least`, then one per bound from the last to the first.
fn steps<T>(least: &str, bounds: &[T], label: impl Fn(&T) -> String) -> Vec<String> {
    std::iter::once(least.to_owned()).chain(bounds.iter().rev().map(label)).collect()
}

/// Labels from 0 upward: `else`, one per bound from the last to the first, and the best.
fn labels<T>(best: &str, bounds: &[T], label: impl Fn(&T) -> String) -> Vec<String> {
    let mut out = steps("else", bounds, label);
    out.push(best.to_owned());
    out
}
