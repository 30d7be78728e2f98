//! Editions: what went in, what came out, how good it is, how it differs from the one before.

use crate::format::{date, decimal, instant, number};
use crate::lang::Lang;
use crate::page::{Frame, Trouble, blocking};
use crate::state::App;
use askama::Template;
use axum::extract::Query;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

mod density;
mod quality;

pub use density::density;
use quality::Quality;

struct Line {
    name: String,
    link: String,
    as_of: String,
    published: String,
    people: String,
    families: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "editions.html")]
struct ListPage {
    frame: Frame,
    lines: Vec<Line>,
}

/// GET `/edisi`
pub async fn list(State(app): State<App>, Extension(lang): Extension<Lang>) -> Response {
    blocking(app, lang, list_page).await
}

fn list_page(app: &App, lang: Lang) -> Result<String, Trouble> {
    let current = app.store().current_edition()?.map(|row| row.number);
    let mut lines = Vec::new();
    for row in app.store().editions()? {
        let view = app.view_of(row)?;
        let root = view.places.get(&view.root);
        lines.push(Line {
            name: view.row.name.to_string(),
            link: format!("{}/edisi/{}", lang.prefix(), view.row.name),
            as_of: date(lang, view.row.as_of),
            published: instant(lang, view.row.published_at),
            people: number(lang, root.map_or(0, |p| p.people)),
            families: number(lang, root.map_or(0, |p| p.families)),
            current: current == Some(view.row.number),
        });
    }
    let frame = Frame::new(app, lang, lang.t("editions.title"), "/edisi", "editions").office();
    Ok(ListPage { frame, lines }.render()?)
}

/// A table of a document: heading, column names, rows.
struct Table {
    heading: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

#[derive(Template)]
#[template(path = "edition.html")]
struct EditionPage {
    frame: Frame,
    heading: String,
    sub: String,
    facts: Vec<(String, String)>,
    quality: Option<Quality>,
    /// The tests for piles under a cut, for officers.
    density: Option<String>,
    tables: Vec<Table>,
    documents: Vec<(String, Vec<(String, String)>)>,
}

/// What an edition's page is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// The measure of quality on the map.
    #[serde(default)]
    mutu: String,
}

/// GET `/edisi/{edition}`
pub async fn one(
    State(app): State<App>,
    Extension(lang): Extension<Lang>,
    Path(edition): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    blocking(app, lang, move |app, lang| one_page(app, lang, &edition, &asked)).await
}

fn one_page(app: &App, lang: Lang, edition: &str, asked: &Asked) -> Result<String, Trouble> {
    let view = app.view(Some(edition))?.ok_or(Trouble::Missing)?;
    let manifest = &view.manifest;
    let heading = lang.fill("edition.heading", &[view.row.name.as_str()]);
    let text = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut facts = vec![
        (lang.t("edition.as_of"), date(lang, view.row.as_of)),
        (lang.t("edition.published"), instant(lang, view.row.published_at)),
        (lang.t("edition.sha"), view.row.manifest_sha256.clone()),
    ];
    for (key, label) in [("software", "edition.software"), ("parent", "edition.parent")] {
        if let Some(value) = text(key) {
            facts.push((lang.t(label), value));
        }
    }
    let keyed = |label: &str, key: &str, columns: &[&str]| Table {
        heading: lang.t(label),
        columns: columns.iter().map(|c| lang.t(&format!("column.{c}"))).collect(),
        rows: rows(lang, manifest.get(key), columns),
    };
    let mut tables = vec![
        inputs(lang, manifest.get("inputs")),
        keyed("edition.steps", "steps", &["name", "rows"]),
        keyed("edition.files", "files", &["path", "rows", "bytes", "sha256"]),
    ];
    if let Some(change) = difference(app, lang, &view)? {
        tables.insert(0, change);
    }
    tables.retain(|table| !table.rows.is_empty());
    let documents =
        [("counts", manifest.get("counts")), ("parameters", manifest.get("parameters"))]
            .into_iter()
            .chain(["calibration", "drift"].map(|name| (name, view.documents.get(name))))
            .filter_map(|(name, value)| {
                let lines = flat(lang, value?);
                (!lines.is_empty()).then(|| (lang.t(&format!("document.{name}")), lines))
            })
            .collect();
    let path = format!("/edisi/{}", view.row.name);
    Ok(EditionPage {
        frame: Frame::new(app, lang, heading.clone(), &path, "editions").office(),
        heading,
        sub: lang.t("edition.sub"),
        facts,
        quality: quality::quality(lang, &view, &app.outlines(), &asked.mutu),
        density: (view.documents.contains_key("density"))
            .then(|| format!("{}/edisi/{}/kepadatan", lang.prefix(), view.row.name)),
        tables,
        documents,
    }
    .render()?)
}

/// Families and people by decile, here and in the edition before, as far as it is kept.
fn difference(app: &App, lang: Lang, view: &crate::view::View) -> Result<Option<Table>, Trouble> {
    let before = app.store().editions()?.into_iter().find(|row| row.number < view.row.number);
    let Some(before) = before else { return Ok(None) };
    let old = deciles(app, before.number, view.root)?;
    let new = deciles(app, view.row.number, view.root)?;
    let rows = (1..=10)
        .chain([0])
        .map(|decile| {
            let (a, b) = (old[decile], new[decile]);
            let change = b as f64 - a as f64;
            let sign = if change > 0.0 { "+" } else { "" };
            vec![
                if decile == 0 { lang.t("word.unranked") } else { decile.to_string() },
                number(lang, a),
                number(lang, b),
                format!("{sign}{}", decimal(lang, change, 0)),
            ]
        })
        .collect();
    Ok(Some(Table {
        heading: lang.fill("edition.diff", &[before.name.as_str()]),
        columns: vec![
            lang.t("word.decile"),
            before.name.to_string(),
            view.row.name.to_string(),
            lang.t("column.change"),
        ],
        rows,
    }))
}

fn deciles(app: &App, number: u32, root: u64) -> Result<[u64; 11], Trouble> {
    use store::Query;
    Ok(app.store().read_edition(number, |reader| {
        let sql = "SELECT decile, families FROM decile_count WHERE region = $1";
        let mut out = [0; 11];
        for row in reader.query(sql, store::params![root])? {
            out[row.get::<u32>("decile")?.min(10) as usize] = row.get("families")?;
        }
        Ok::<_, store::StoreError>(out)
    })?)
}

/// Deliveries summed by source; each file with its hash stands in the manifest.
fn inputs(lang: Lang, list: Option<&Value>) -> Table {
    const SUMMED: [&str; 4] = ["rows_in", "records", "quarantined", "bytes"];
    let mut sources: Vec<(String, u64, [u64; 4])> = Vec::new();
    for input in list.and_then(Value::as_array).into_iter().flatten() {
        let source = input.get("source").and_then(Value::as_str).unwrap_or("").to_owned();
        if !sources.iter().any(|(known, ..)| *known == source) {
            sources.push((source.clone(), 0, [0; 4]));
        }
        let Some((_, files, sums)) = sources.iter_mut().find(|(known, ..)| *known == source) else {
            continue;
        };
        *files += 1;
        for (sum, key) in sums.iter_mut().zip(SUMMED) {
            *sum += input.get(key).and_then(Value::as_u64).unwrap_or(0);
        }
    }
    let row = |(source, files, sums): (String, u64, [u64; 4])| {
        let named = lang.find(&format!("source.{source}")).unwrap_or(source);
        let numbers = std::iter::once(files).chain(sums).map(|n| number(lang, n));
        std::iter::once(named).chain(numbers).collect()
    };
    Table {
        heading: lang.t("edition.inputs"),
        columns: ["source", "deliveries", "rows_in", "records", "quarantined", "bytes"]
            .map(|c| lang.t(&format!("column.{c}")))
            .to_vec(),
        rows: sources.into_iter().map(row).collect(),
    }
}

fn rows(lang: Lang, list: Option<&Value>, columns: &[&str]) -> Vec<Vec<String>> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.map(|row| columns.iter().map(|c| scalar(lang, c, row.get(*c))).collect()).collect()
}

fn scalar(lang: Lang, column: &str, value: Option<&Value>) -> String {
    match value {
        Some(Value::String(s)) if column == "sha256" && s.len() > 12 => format!("{}…", &s[..12]),
        Some(Value::String(s)) if column == "source" => {
            lang.find(&format!("source.{s}")).unwrap_or_else(|| s.clone())
        }
        Some(Value::String(s)) => s.clone(),
        Some(Value::Number(n)) => match (n.as_u64(), n.as_f64()) {
            (Some(n), _) => number(lang, n),
            (None, Some(n)) => decimal(lang, n, 3),
            _ => n.to_string(),
        },
        Some(Value::Bool(b)) => lang.t(if *b { "word.yes" } else { "word.no" }),
        _ => "–".to_owned(),
    }
}

/// A document as lines of name and value, three levels deep, lists of plain things joined.
fn flat(lang: Lang, value: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    flatten(lang, "", value, 0, &mut out);
    // More than a screen of figures is for the file, not for the page.
    out.truncate(60);
    out
}

fn flatten(lang: Lang, path: &str, value: &Value, depth: u8, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(inner) if depth < 3 => {
            for (key, value) in inner.iter().filter(|(key, _)| *key != "villages") {
                let name = key.replace('_', " ");
                let path = if path.is_empty() { name } else { format!("{path} · {name}") };
                flatten(lang, &path, value, depth + 1, out);
            }
        }
        Value::Array(list)
            if !list.is_empty() && list.iter().all(Value::is_object) && depth < 3 =>
        {
            for item in list {
                let title =
                    ["name", "figure", "key", "step"].iter().find_map(|k| item.get(k)?.as_str());
                flatten(lang, title.unwrap_or(path), item, depth + 1, out);
            }
        }
        Value::Array(_) | Value::Object(_) | Value::Null => {}
        plain => out.push((path.to_owned(), scalar(lang, "", Some(plain)))),
    }
}
