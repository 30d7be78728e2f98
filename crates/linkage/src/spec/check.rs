//! From settings as written to settings that can be used: every doubt is an error with its line.

use super::comparisons;
use super::expr::{self, Expr};
use super::raw::{RawBlock, RawColumn, RawInput, RawSpec};
use super::{
    Block, ClusterMethod, Compare, Decide, Input, Kind, Method, Mode, Review, Spec, Training,
};
use crate::error::LinkError;
use crate::text::dates::Order;
use crate::text::names::{self, Convention};
use kernel::suggest;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// The text at hand, for messages with lines.
pub(super) struct Place<'a> {
    text: &'a str,
    file: &'a str,
    folder: &'a Path,
}

impl Place<'_> {
    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>) -> LinkError {
        let line = self.text[..span.start.min(self.text.len())].matches('\n').count() + 1;
        LinkError::Spec { file: self.file.to_owned(), line, message: message.into() }
    }

    fn whole(&self, message: impl Into<String>) -> LinkError {
        LinkError::Spec { file: self.file.to_owned(), line: 0, message: message.into() }
    }

    pub(super) fn one_of<T: Copy>(
        &self,
        word: &Spanned<String>,
        what: &str,
        known: &[(&str, T)],
    ) -> Result<T, LinkError> {
        known.iter().find(|(name, _)| name == word.get_ref()).map(|(_, v)| *v).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let hint = suggest::hint(word.get_ref(), names.iter().copied());
            self.error(
                word.span(),
                format!("unknown {what} `{}`{hint}; known: {}", word.get_ref(), names.join(", ")),
            )
        })
    }

    fn probability(&self, value: Option<&Spanned<f64>>, default: f64) -> Result<f64, LinkError> {
        match value {
            None => Ok(default),
            Some(p) if *p.get_ref() > 0.0 && *p.get_ref() < 1.0 => Ok(*p.get_ref()),
            Some(p) => {
                Err(self.error(p.span(), "a probability lies between 0 and 1, for example 0.9"))
            }
        }
    }
}

/// Checks a settings text.
///
/// `in_memory`: the records come from the caller; inputs are then a spine and a delivery.
pub fn check(text: &str, file: &str, folder: &Path, in_memory: bool) -> Result<Spec, LinkError> {
    let place = Place { text, file, folder };
    let raw: RawSpec = toml::from_str(text).map_err(|e| toml_error(&place, &e))?;
    let mode = place.one_of(
        &raw.mode,
        "mode",
        &[("dedupe", Mode::Dedupe), ("link", Mode::Link), ("link_and_dedupe", Mode::LinkAndDedupe)],
    )?;
    let inputs = if in_memory { spine_and_delivery() } else { inputs(&place, &raw, mode)? };
    let compares = raw
        .compare
        .iter()
        .map(|c| comparisons::compare(&place, c))
        .collect::<Result<Vec<_>, _>>()?;
    let max_block = raw.output.max_block.unwrap_or(2_000).max(2);
    let blocks =
        raw.block.iter().map(|b| block(&place, b, max_block)).collect::<Result<Vec<_>, _>>()?;
    if compares.is_empty() {
        return Err(place.whole("there is no [[compare]]; name at least two columns to compare"));
    }
    if let Some(twice) =
        (1..compares.len()).find(|&i| compares[..i].iter().any(|c| c.name == compares[i].name))
    {
        return Err(place.error(
            raw.compare[twice].method.span(),
            format!(
                "two comparisons are called `{}`; give one another `name`",
                compares[twice].name
            ),
        ));
    }
    let joins = joins(&place, &raw.column)?;
    let kinds = kinds(&place, &raw.column, &compares, &blocks)?;
    let decide = decide(&place, &raw, mode, &compares)?;
    Ok(Spec {
        mode,
        missing: raw.missing.clone(),
        inputs,
        joins,
        kinds,
        blocks,
        compares,
        convention: convention(&place, &raw)?,
        training: training(&place, &raw)?,
        decide,
        review: Review {
            decisions: raw.review.decisions.iter().map(|d| folder.join(d)).collect(),
            pairs: raw.review.pairs,
            sample: raw.review.sample,
        },
        truth: raw.truth.map(|t| t.column),
        max_block,
        fingerprint: crate::values::hash_bytes(text.as_bytes()),
    })
}

/// Places toml's message on a line, and turns "unknown field" into a suggestion.
fn toml_error(place: &Place<'_>, error: &toml::de::Error) -> LinkError {
    let mut message = error.message().to_owned();
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, known)) = rest.split_once('`')
    {
        let names: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        message = format!(
            "unknown key `{key}`{}; known here: {}",
            suggest::hint(key, names.iter().copied()),
            names.join(", ")
        );
    }
    place.error(error.span().unwrap_or(0..0), message)
}

/// The two inputs of a match against a register held in memory.
fn spine_and_delivery() -> Vec<Input> {
    let input = |name: &str, unique| Input {
        name: name.to_owned(),
        path: Path::new("").to_path_buf(),
        id: None,
        unique,
        delimiter: None,
        columns: BTreeMap::new(),
    };
    vec![input("spine", true), input("delivery", false)]
}

fn inputs(place: &Place<'_>, raw: &RawSpec, mode: Mode) -> Result<Vec<Input>, LinkError> {
    if raw.input.is_empty() {
        return Err(place.whole(
            "there is no [[input]]; name a file: [[input]] path = \"persons.csv\", id = \"id\"",
        ));
    }
    if mode == Mode::Link && raw.input.len() < 2 {
        return Err(place.error(
            raw.mode.span(),
            "mode \"link\" needs two [[input]] files; for one file write \"dedupe\"",
        ));
    }
    let mut out: Vec<Input> = Vec::new();
    for written in &raw.input {
        let input = input(place, written)?;
        if out.iter().any(|i| i.name == input.name) {
            return Err(place.error(
                written.path.span(),
                format!("two inputs are called `{}`; give one another `name`", input.name),
            ));
        }
        out.push(input);
    }
    Ok(out)
}

fn input(place: &Place<'_>, raw: &RawInput) -> Result<Input, LinkError> {
    let path = place.folder.join(raw.path.get_ref());
    let stem =
        path.file_stem().map_or_else(|| "input".to_owned(), |s| s.to_string_lossy().into_owned());
    let delimiter = match &raw.delimiter {
        None => None,
        Some(d) if d.get_ref() == "\\t" || d.get_ref() == "tab" => Some(b'\t'),
        Some(d) if d.get_ref().len() == 1 => Some(d.get_ref().as_bytes()[0]),
        Some(d) => {
            return Err(
                place.error(d.span(), "a delimiter is one character, for example \";\" or \"\\t\"")
            );
        }
    };
    Ok(Input {
        name: raw.name.as_ref().map_or(stem, |n| n.get_ref().clone()),
        path,
        id: raw.id.as_ref().map(|id| id.get_ref().clone()),
        unique: raw.unique,
        delimiter,
        columns: raw.columns.clone(),
    })
}

fn block(place: &Place<'_>, raw: &RawBlock, max_block: usize) -> Result<Block, LinkError> {
    let keys = raw.keys.get_ref();
    if keys.is_empty() {
        return Err(place.error(
            raw.keys.span(),
            "a blocking rule needs a key, for example keys = [\"surname\", \"year(birth_date)\"]",
        ));
    }
    let exprs = keys
        .iter()
        .map(|k| expr::parse(k.get_ref()).map_err(|m| place.error(k.span(), m)))
        .collect::<Result<Vec<_>, _>>()?;
    let text: Vec<&str> = keys.iter().map(|k| k.get_ref().as_str()).collect();
    Ok(Block {
        name: raw.name.clone().unwrap_or_else(|| text.join(" & ")),
        keys: exprs,
        max_size: raw.max_size.unwrap_or(max_block).max(2),
    })
}

fn joins(
    place: &Place<'_>,
    columns: &[RawColumn],
) -> Result<Vec<(String, Vec<String>)>, LinkError> {
    let mut out = Vec::new();
    for column in columns {
        match (&column.join, &column.kind) {
            (Some(parts), _) if parts.len() > 1 => {
                out.push((column.name.get_ref().clone(), parts.clone()))
            }
            (Some(_), _) => {
                return Err(place.error(column.name.span(), "`join` names two columns or more"));
            }
            (None, Some(_)) => {}
            (None, None) => {
                return Err(place.error(column.name.span(), "a [[column]] says `join` or `kind`"));
            }
        }
    }
    Ok(out)
}

fn kinds(
    place: &Place<'_>,
    columns: &[RawColumn],
    compares: &[Compare],
    blocks: &[Block],
) -> Result<BTreeMap<String, Kind>, LinkError> {
    let mut out = BTreeMap::new();
    let keys = blocks.iter().flat_map(|b| &b.keys).chain(compares.iter().flat_map(|c| &c.exprs));
    for key in keys {
        key.functions_on_columns(&mut |function, name| {
            if function.wants_date() {
                out.insert(name.to_owned(), Kind::Date(None));
            }
        });
    }
    for compare in compares {
        let kind = match &compare.method {
            Method::Date => Kind::Date(None),
            Method::Name => Kind::Name,
            Method::Number { .. } | Method::Geographic(_) => Kind::Number,
            Method::Ladder(levels) => {
                for atom in levels.iter().flatten().flatten() {
                    let kind = match atom.measure {
                        expr::Measure::Date => Kind::Date(None),
                        expr::Measure::Name => Kind::Name,
                        expr::Measure::Difference => Kind::Number,
                        _ => continue,
                    };
                    note_kind(&atom.expr, kind, &mut out);
                }
                continue;
            }
            _ => continue,
        };
        compare.exprs.iter().for_each(|e| note_kind(e, kind, &mut out));
    }
    for column in columns {
        let Some(kind) = &column.kind else { continue };
        let order = match &column.order {
            None => None,
            Some(order) => place.one_of(
                order,
                "order",
                &[
                    ("auto", None),
                    ("dmy", Some(Order::DayFirst)),
                    ("mdy", Some(Order::MonthFirst)),
                    ("ymd", Some(Order::DayFirst)),
                ],
            )?,
        };
        let known = [
            ("text", Kind::Text),
            ("name", Kind::Name),
            ("date", Kind::Date(order)),
            ("number", Kind::Number),
        ];
        out.insert(column.name.get_ref().clone(), place.one_of(kind, "kind", &known)?);
    }
    Ok(out)
}

/// A column compared as it is, or joined with others, has the kind of the comparison.
fn note_kind(e: &Expr, kind: Kind, out: &mut BTreeMap<String, Kind>) {
    match e {
        Expr::Column(name) => {
            out.insert(name.clone(), kind);
        }
        Expr::Call(_, inner, _) if kind == Kind::Name => {
            inner.iter().for_each(|e| note_kind(e, kind, out))
        }
        Expr::Call(..) => {}
    }
}

fn convention(place: &Place<'_>, raw: &RawSpec) -> Result<Convention, LinkError> {
    let Some(named) = &raw.names.convention else {
        return Convention::parse(names::LATIN).map_err(|m| place.whole(m));
    };
    let text = match named.get_ref().as_str() {
        "latin" => names::LATIN.to_owned(),
        "indonesian" => names::INDONESIAN.to_owned(),
        path if path.ends_with(".toml") => {
            let path = place.folder.join(path);
            std::fs::read_to_string(&path).map_err(|e| LinkError::input(path.display(), e))?
        }
        other => {
            let hint = suggest::hint(other, ["latin", "indonesian"]);
            return Err(place.error(named.span(), format!("unknown convention `{other}`{hint}; write latin, indonesian, or the path of a .toml file")));
        }
    };
    Convention::parse(&text).map_err(|m| place.error(named.span(), m))
}

fn training(place: &Place<'_>, raw: &RawSpec) -> Result<Training, LinkError> {
    let t = &raw.training;
    if let Some(n) = &t.expected_matches
        && *n.get_ref() < 1.0
    {
        return Err(place.error(n.span(), "expected_matches is a number of pairs, at least 1"));
    }
    Ok(Training {
        random_pairs: t.random_pairs.unwrap_or(1_000_000).max(1_000),
        max_pairs: t.max_pairs.unwrap_or(1_000_000).max(10_000),
        iterations: t.iterations.unwrap_or(200).max(1),
        seed: t.seed.unwrap_or(1),
        model: t.model.as_ref().map(|m| place.folder.join(m.get_ref())),
        expected_matches: t.expected_matches.as_ref().map(|n| *n.get_ref()),
    })
}

/// The key of a family must be compared, and known to be shared in a household.
fn family(
    place: &Place<'_>,
    raw: &RawSpec,
    compares: &[Compare],
) -> Result<Option<String>, LinkError> {
    let Some(key) = &raw.cluster.family else { return Ok(None) };
    let of_key = [Expr::Column(key.get_ref().clone())];
    if compares.iter().any(|c| c.household && c.exprs == of_key) {
        return Ok(Some(key.get_ref().clone()));
    }
    Err(place.error(
        key.span(),
        format!(
            "`family` names the key of a household: add [[compare]] with column = \"{}\" and household = true",
            key.get_ref()
        ),
    ))
}

fn decide(
    place: &Place<'_>,
    raw: &RawSpec,
    mode: Mode,
    compares: &[Compare],
) -> Result<Decide, LinkError> {
    let c = &raw.cluster;
    let method = match &c.method {
        None => ClusterMethod::Average,
        Some(word) => place.one_of(
            word,
            "method",
            &[("average", ClusterMethod::Average), ("connected", ClusterMethod::Connected)],
        )?,
    };
    let given = c.match_probability.as_ref().or(raw.output.match_probability.as_ref());
    Ok(Decide {
        method,
        match_probability: place.probability(given, 0.5)?,
        one_to_one: c.one_to_one.unwrap_or(mode == Mode::Link),
        different: c.different.as_ref().map(|d| d.get_ref().clone()),
        family: family(place, raw, compares)?,
        min_probability: place.probability(raw.output.min_probability.as_ref(), 0.001)?,
    })
}
