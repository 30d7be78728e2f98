//! What all pages of one edition share, read once: names, labels, programmes, provenance.

use crate::lang::Lang;
use kernel::Date;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use store::blob::Layout;
use store::{EditionRow, Query, Reader, Store, StoreError, params};

/// A programme as pages need it.
#[derive(Debug, Clone)]
pub struct Programme {
    /// Its id, for example `pbi_jk`.
    pub id: String,
    /// Counts are families (true) or people.
    pub by_family: bool,
    /// The highest decile it is meant for.
    pub cut: usize,
    names: [String; 2],
    reasons: BTreeMap<i64, [String; 2]>,
    cases: Vec<[String; 2]>,
}

/// A region with its size.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its code.
    pub region: u64,
    /// The region one level up, 0 for a province.
    pub parent: u64,
    /// Its bare name.
    pub name: String,
    /// Living people.
    pub people: u64,
    /// Families.
    pub families: u64,
}

/// A code of a column with its labels.
#[derive(Debug, Clone, Deserialize)]
pub struct Code {
    /// The code.
    pub code: i64,
    id: String,
    en: String,
}

/// A column of a variable.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Its name in the edition.
    pub name: String,
    id: String,
    en: String,
    /// Kind of value: code, count, text …
    pub kind: String,
    codes: Vec<Code>,
}

/// One of the 39 variables.
#[derive(Debug, Clone, Deserialize)]
pub struct Variable {
    /// `person` or `family`.
    pub unit: String,
    /// Number within the unit.
    pub number: u8,
    /// Its key; `<key>_from` is its provenance column.
    pub key: String,
    id: String,
    en: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Labels {
    variables: Vec<Variable>,
}

/// The shared facts of one edition.
pub struct View {
    /// The edition.
    pub row: EditionRow,
    /// How bodies of families are packed.
    pub layout: Layout,
    /// The 39 variables with labels.
    pub variables: Vec<Variable>,
    /// Programmes in the order of their lists.
    pub programmes: Vec<Programme>,
    /// Regions by code.
    pub places: BTreeMap<u64, Place>,
    /// The region the edition is about.
    pub root: u64,
    /// The manifest.
    pub manifest: Value,
    /// Quality, calibration, model … as they were sealed.
    pub documents: BTreeMap<String, Value>,
    provenance: BTreeMap<i64, (String, Option<Date>)>,
}

fn pick(lang: Lang, id: &str, en: &str) -> String {
    match lang {
        Lang::Id => id.to_owned(),
        Lang::En => en.to_owned(),
    }
}

impl Column {
    /// Its label.
    #[must_use]
    pub fn label(&self, lang: Lang) -> String {
        pick(lang, &self.id, &self.en)
    }

    /// The label of one of its codes.
    #[must_use]
    pub fn code(&self, lang: Lang, code: i64) -> Option<String> {
        self.codes.iter().find(|c| c.code == code).map(|c| pick(lang, &c.id, &c.en))
    }
}

impl Variable {
    /// Its label.
    #[must_use]
    pub fn label(&self, lang: Lang) -> String {
        pick(lang, &self.id, &self.en)
    }
}

impl Programme {
    /// What is to be reviewed, for the bits of a list row's `cases`.
    #[must_use]
    pub fn reviews(&self, lang: Lang, bits: i64) -> Vec<String> {
        let set = self.cases.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
        set.map(|(_, [id, en])| pick(lang, id, en)).collect()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self, lang: Lang) -> String {
        pick(lang, &self.names[0], &self.names[1])
    }

    /// Its short name: what stands in brackets, or the whole name.
    #[must_use]
    pub fn short_name(&self, lang: Lang) -> String {
        let name = self.name(lang);
        let inner = name.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        inner.map_or(name.clone(), |(inner, _)| inner.to_owned())
    }

    /// The words of a reason code.
    #[must_use]
    pub fn reason(&self, lang: Lang, code: i64) -> Option<String> {
        self.reasons.get(&code).map(|[id, en]| pick(lang, id, en))
    }
}

impl View {
    /// Reads the facts of an edition.
    ///
    /// # Errors
    /// When the edition is not kept any more or has another shape.
    pub fn load(store: &Store, row: EditionRow) -> Result<Self, StoreError> {
        store.read_edition(row.number, |reader| {
            let mut facts: BTreeMap<String, String> = BTreeMap::new();
            for fact in reader.query("SELECT name, body FROM fact", params![])? {
                facts.insert(fact.get("name")?, fact.get("body")?);
            }
            let places = places(reader)?;
            let root = places.keys().next().copied().unwrap_or(0);
            let manifest: Value = document(&facts, "manifest")?;
            let ids: Vec<String> = document(&facts, "programmes")?;
            let labels: Labels = document(&facts, "labels")?;
            let documents = facts
                .iter()
                .filter(|(name, _)| {
                    !matches!(name.as_str(), "labels" | "layout" | "programmes" | "scorecard")
                })
                .filter_map(|(name, text)| Some((name.clone(), serde_json::from_str(text).ok()?)))
                .collect();
            Ok(Self {
                row: row.clone(),
                layout: document(&facts, "layout")?,
                variables: labels.variables,
                programmes: programmes(reader, ids, &manifest, root)?,
                places,
                root,
                manifest,
                documents,
                provenance: provenance(reader)?,
            })
        })
    }

    /// A programme by its id.
    #[must_use]
    pub fn programme(&self, id: &str) -> Option<&Programme> {
        self.programmes.iter().find(|p| p.id == id)
    }

    /// The programme shown unless one is asked for: PBI-JK, or the first.
    #[must_use]
    pub fn main_programme(&self) -> Option<&Programme> {
        self.programme("pbi_jk").or_else(|| self.programmes.first())
    }

    /// Source and date of a provenance number.
    #[must_use]
    pub fn provenance(&self, number: i64) -> Option<&(String, Option<Date>)> {
        self.provenance.get(&number)
    }

    /// The label of a model variable: of the instrument's column of that name, or of its own.
    #[must_use]
    pub fn part_label(&self, lang: Lang, part: &str) -> String {
        if let Some(own) = lang.find(&format!("part.{part}")) {
            return own;
        }
        for variable in &self.variables {
            if let Some(column) = variable.columns.iter().find(|c| c.name == part) {
                return if variable.columns.len() == 1 {
                    variable.label(lang)
                } else {
                    column.label(lang)
                };
            }
        }
        part.replace('_', " ")
    }

    /// `Kecamatan Praya, Kabupaten Lombok Tengah`: the name with those above, without the root.
    #[must_use]
    pub fn address(&self, region: u64) -> String {
        let mut parts = Vec::new();
        let mut at = region;
        while let Some(place) = self.places.get(&at).filter(|p| p.region != self.root) {
            parts.push(place.name.clone());
            at = place.parent;
        }
        parts.join(", ")
    }
}

fn document<T: serde::de::DeserializeOwned>(
    facts: &BTreeMap<String, String>,
    name: &str,
) -> Result<T, StoreError> {
    let text = facts
        .get(name)
        .ok_or_else(|| StoreError::Shape(format!("the edition has no fact `{name}`")))?;
    serde_json::from_str(text).map_err(|e| StoreError::Shape(format!("fact `{name}`: {e}")))
}

fn places(reader: &mut Reader<'_>) -> Result<BTreeMap<u64, Place>, StoreError> {
    let sql = "SELECT region, parent, name, people, families FROM region ORDER BY region";
    reader
        .query(sql, params![])?
        .iter()
        .map(|row| {
            let region: u64 = row.get("region")?;
            let place = Place {
                region,
                parent: row.get("parent")?,
                name: row.get("name")?,
                people: row.get("people")?,
                families: row.get("families")?,
            };
            Ok((region, place))
        })
        .collect()
}

fn programmes(
    reader: &mut Reader<'_>,
    ids: Vec<String>,
    manifest: &Value,
    root: u64,
) -> Result<Vec<Programme>, StoreError> {
    ids.into_iter()
        .map(|id| {
            let entry = manifest.get("programmes").and_then(|p| p.get(&id));
            let text = |value: Option<&Value>, lang: &str| {
                value.and_then(|v| v.get(lang)).and_then(Value::as_str).map(str::to_owned)
            };
            let name = |lang: Lang| {
                text(entry.and_then(|e| e.get("name")), lang.code())
                    .or_else(|| lang.find(&format!("programme.{id}")))
                    .unwrap_or_else(|| id.clone())
            };
            let reasons = entry.and_then(|e| e.get("reasons")).and_then(Value::as_array);
            let reasons = reasons
                .into_iter()
                .flatten()
                .filter_map(|r| {
                    let code = r.get("code")?.as_i64()?;
                    Some((code, [text(Some(r), "id")?, text(Some(r), "en")?]))
                })
                .collect();
            let cases = entry.and_then(|e| e.get("cases")).and_then(Value::as_array);
            let cases = cases
                .into_iter()
                .flatten()
                .map(|c| ["id", "en"].map(|lang| text(Some(c), lang).unwrap_or_default()))
                .collect();
            let unit = entry.and_then(|e| e.get("unit")).and_then(Value::as_str);
            Ok(Programme {
                cut: cut(reader, &id, root)?,
                by_family: unit == Some("family"),
                names: [name(Lang::Id), name(Lang::En)],
                reasons,
                cases,
                id,
            })
        })
        .collect()
}

/// The highest decile in which more than one in a hundred is eligible: what a rule means in
/// practice, without reading the rule.
fn cut(reader: &mut Reader<'_>, programme: &str, root: u64) -> Result<usize, StoreError> {
    let rows = reader.query(
        "SELECT key, listed_eligible + unlisted_eligible AS eligible,
             listed_ineligible + unlisted_ineligible AS others
         FROM meter WHERE programme = $1 AND region = $2 AND dimension = 'decile' AND key > 0",
        params![programme, root],
    )?;
    let mut cut = 0;
    for row in rows {
        let (eligible, others): (u64, u64) = (row.get("eligible")?, row.get("others")?);
        if eligible * 100 > eligible + others {
            cut = cut.max(row.get::<u32>("key")? as usize);
        }
    }
    Ok(if cut == 0 { 5 } else { cut })
}

fn provenance(
    reader: &mut Reader<'_>,
) -> Result<BTreeMap<i64, (String, Option<Date>)>, StoreError> {
    reader
        .query("SELECT provenance, source, observed_date FROM provenance", params![])?
        .iter()
        .map(|row| Ok((row.get("provenance")?, (row.get("source")?, row.get("observed_date")?))))
        .collect()
}
