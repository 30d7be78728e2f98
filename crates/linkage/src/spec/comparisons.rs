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

/// The method with its bounds, and labels of its levels.
fn method(place: &Place<'_>, raw: &RawCompare) -> Result<(Method, Vec<String>), LinkError> {
    let given = |default: &[f64], rising: bool| -> Result<Vec<f64>, LinkError> {
        let Some(written) = &raw.thresholds else { return Ok(default.to_vec()) };
        let mut bounds = written.get_ref().clone();
        if bounds.is_empty()
            || bounds.len() > 8
            || bounds.iter().any(|b| !b.is_finite() || *b < 0.0)
        {
            return Err(
                place.error(written.span(), "thresholds are one to eight numbers not below 0")
            );
        }
        bounds.sort_by(|a, b| if rising { a.total_cmp(b) } else { b.total_cmp(a) });
        bounds.dedup();
        Ok(bounds)
    };
    let whole = |bounds: Vec<f64>| {
        bounds.into_iter().map(|b| b.round() as u32).filter(|b| *b > 0).collect::<Vec<u32>>()
    };
    Ok(match raw.method.get_ref().as_str() {
        "exact" => (Method::Exact, labels("exact", &[])),
        "jaro_winkler" => {
            let bounds = given(&[0.95, 0.88, 0.75], false)?;
            if bounds.iter().any(|b| *b > 1.0) {
                return Err(
                    place.error(raw.method.span(), "jaro_winkler thresholds lie between 0 and 1")
                );
            }
            let l = labels(
                "exact",
                &bounds.iter().map(|b| format!("jaro_winkler >= {b}")).collect::<Vec<_>>(),
            );
            (Method::JaroWinkler(bounds), l)
        }
        name @ ("levenshtein" | "damerau_levenshtein") => {
            let bounds = whole(given(&[1.0, 2.0], true)?);
            let slips = if name == "levenshtein" { Slips::Levenshtein } else { Slips::Damerau };
            let l = labels(
                "exact",
                &bounds.iter().map(|b| format!("{name} <= {b}")).collect::<Vec<_>>(),
            );
            (Method::Edits(slips, bounds), l)
        }
        "date" => (
            Method::Date,
            fixed(&[
                "different",
                "within two years",
                "same year",
                "two parts",
                "one slip",
                "exact",
            ]),
        ),
        "name" => (Method::Name, fixed(&crate::compare::name::LABELS)),
        "numeric" => {
            let percent = raw.percent.unwrap_or(false);
            let bounds = given(&[1.0, 5.0, 20.0], true)?;
            let unit = if percent { " %" } else { "" };
            let l = labels(
                "exact",
                &bounds.iter().map(|b| format!("difference <= {b}{unit}")).collect::<Vec<_>>(),
            );
            (Method::Number { bounds, percent }, l)
        }
        "geographic" => {
            let bounds = given(&[0.1, 1.0, 10.0, 100.0], true)?;
            let mut l: Vec<String> = bounds.iter().rev().map(|b| format!("<= {b} km")).collect();
            l.insert(0, "further".to_owned());
            (Method::Geographic(bounds), l)
        }
        "array" => {
            let counts = whole(given(&[3.0, 2.0, 1.0], false)?);
            let separator = raw.separator.as_deref().and_then(|s| s.chars().next()).unwrap_or(';');
            let mut l: Vec<String> =
                counts.iter().rev().map(|b| format!("{b} or more in common")).collect();
            l.insert(0, "nothing in common".to_owned());
            (Method::Array { counts, separator }, l)
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

/// Labels from 0 upward: `else`, the given ones from last to first, and the best.
fn labels(best: &str, others: &[String]) -> Vec<String> {
    let mut out = vec!["else".to_owned()];
    out.extend(others.iter().rev().cloned());
    out.push(best.to_owned());
    out
}
