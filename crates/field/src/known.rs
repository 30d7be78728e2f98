//! What the current edition holds about a family: the values a visit is compared with.

use crate::error::{FieldError, Result};
use crate::room::Field;
use instrument::{Kind, Unit};
use kernel::{Date, FamilyId, Region};
use std::collections::BTreeMap;
use store::blob::{self, Layout, Record};
use store::{Query, StoreError, params};

/// A family of the edition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownFamily {
    /// Its id.
    pub family: u64,
    /// Its village; none when the edition does not say.
    pub village: Option<Region>,
    /// Hamlet, RT, RW.
    pub address: String,
    /// Name of the head.
    pub head: String,
    /// Column → value, as the form writes it.
    pub values: BTreeMap<String, String>,
    /// Column → the source its value came from.
    pub sources: BTreeMap<String, String>,
    /// Its people.
    pub people: Vec<KnownPerson>,
    /// Members × chance that the truth lies on the other side of a cut: what a visit is worth.
    pub worth: f64,
}

/// A person of the family.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownPerson {
    /// Their id.
    pub person: u64,
    /// Name.
    pub name: String,
    /// Column → value.
    pub values: BTreeMap<String, String>,
}

/// One edition, opened for many families.
pub(crate) struct Register<'a> {
    field: &'a Field,
    pub edition: u32,
    layout: Layout,
    sources: BTreeMap<i64, String>,
}

impl Field {
    /// The current edition; none when nothing is published.
    pub(crate) fn register(&self) -> Result<Option<Register<'_>>> {
        let Some(edition) = self.store().current_edition()? else { return Ok(None) };
        let found = self.store().read_edition::<_, StoreError>(edition.number, |reader| {
            let layout =
                reader.query_opt("SELECT body FROM fact WHERE name = 'layout'", params![])?;
            let sources = reader.query("SELECT provenance, source FROM provenance", params![])?;
            Ok(layout.map(|layout| (layout, sources)))
        })?;
        let Some((layout, sources)) = found else { return Ok(None) };
        let layout: Layout = serde_json::from_str(&layout.get::<String>("body")?)
            .map_err(|e| FieldError::Refused(format!("layout of the edition: {e}")))?;
        let sources = sources
            .iter()
            .map(|row| Ok((row.get("provenance")?, row.get("source")?)))
            .collect::<std::result::Result<_, StoreError>>()?;
        Ok(Some(Register { field: self, edition: edition.number, layout, sources }))
    }

    /// A family of the current edition.
    ///
    /// # Errors
    /// When the store fails.
    pub fn known(&self, family: FamilyId) -> Result<Option<KnownFamily>> {
        match self.register()? {
            Some(register) => register.family(family),
            None => Ok(None),
        }
    }

    /// Regions inside `region` that have families, it included, with their names: for choosing.
    /// Districts of a regency, villages of a district.
    ///
    /// # Errors
    /// When the store fails.
    pub fn subregions(&self, region: Region) -> Result<Vec<(String, String)>> {
        let Some(edition) = self.store().current_edition()? else { return Ok(Vec::new()) };
        let rows = self.store().read_edition::<_, StoreError>(edition.number, |reader| {
            let sql = "SELECT region, name FROM region WHERE (region = $1 OR parent = $1) AND families > 0
                       ORDER BY level, region LIMIT 400";
            reader.query(sql, params![region])
        })?;
        let mut out = Vec::new();
        for row in &rows {
            let code: u64 = row.get("region")?;
            out.push((code.to_string(), row.get("name")?));
        }
        Ok(out)
    }

    /// The name of a region in the current edition; its code when it has none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn region_name(&self, region: Region) -> Result<String> {
        let Some(edition) = self.store().current_edition()? else { return Ok(region.to_string()) };
        let row = self.store().read_edition::<_, StoreError>(edition.number, |reader| {
            reader.query_opt("SELECT name FROM region WHERE region = $1", params![region])
        })?;
        Ok(row.map(|r| r.get("name")).transpose()?.unwrap_or_else(|| region.to_string()))
    }
}

impl Register<'_> {
    /// Families of a village, in the order of deciles.
    pub fn families_of(&self, village: Region) -> Result<Vec<FamilyId>> {
        let rows = self.field.store().read_edition::<_, StoreError>(self.edition, |reader| {
            let sql = "SELECT family_id FROM village_family WHERE village = $1 ORDER BY decile, family_id";
            reader.query(sql, params![village])
        })?;
        rows.iter().map(|row| Ok(FamilyId::new(row.get("family_id")?))).collect()
    }

    /// Villages inside `region` that have families.
    pub fn villages_of(&self, region: Region) -> Result<Vec<Region>> {
        let rows = self.field.store().read_edition::<_, StoreError>(self.edition, |reader| {
            let sql = "SELECT region FROM region WHERE level = 4 AND families > 0 ORDER BY region";
            reader.query(sql, params![])
        })?;
        let mut out = Vec::new();
        for row in &rows {
            let village = Region::from_number(row.get("region")?);
            out.extend(village.ok().filter(|village| region.contains(*village)));
        }
        Ok(out)
    }

    pub fn family(&self, family: FamilyId) -> Result<Option<KnownFamily>> {
        let row = self.field.store().read_edition::<_, StoreError>(self.edition, |reader| {
            reader.query_opt("SELECT body FROM family WHERE family_id = $1", params![family.get()])
        })?;
        let Some(row) = row else { return Ok(None) };
        let sealed: Vec<u8> = row.get("body")?;
        let plain = self.field.vault().open(&format!("family.body|{}", family.get()), &sealed)?;
        let mut body = blob::unpack(&self.layout, &plain)?;
        let Some(record) = body.remove("family").and_then(|mut rows| rows.pop()) else {
            return Ok(None);
        };
        let people = body.remove("person").unwrap_or_default();
        let score = body.remove("score").and_then(|mut rows| rows.pop()).unwrap_or_default();
        let head = record.int("head_person_id");
        let head = people.iter().find(|p| p.int("person_id") == head).or(people.first());
        let part =
            |column: &str, word: &str| record.text(column).map(|text| format!("{word}{text}"));
        let address: Vec<String> = [part("hamlet", ""), part("rw", "RW "), part("rt", "RT ")]
            .into_iter()
            .flatten()
            .collect();
        Ok(Some(KnownFamily {
            family: family.get(),
            village: record.int("village").and_then(|n| Region::from_number(n as u64).ok()),
            address: address.join(", "),
            head: head.and_then(|p| p.text("name")).unwrap_or("Keluarga tanpa nama").to_owned(),
            values: self.values(&record, Unit::Family),
            sources: self.sources(&record),
            worth: worth(people.len(), &score),
            people: people.iter().map(|p| self.person(p)).collect(),
        }))
    }

    fn person(&self, record: &Record) -> KnownPerson {
        KnownPerson {
            person: record.int("person_id").unwrap_or(0) as u64,
            name: record.text("name").unwrap_or("").to_owned(),
            values: self.values(record, Unit::Person),
        }
    }

    fn values(&self, record: &Record, unit: Unit) -> BTreeMap<String, String> {
        let columns = self.field.core.instrument.columns(unit);
        let columns = columns.filter(|c| matches!(c.kind, Kind::Code | Kind::Count | Kind::Date));
        columns
            .filter_map(|c| {
                let value = record.int(&c.name)?;
                let text = match (c.kind, i32::try_from(value)) {
                    (Kind::Date, Ok(days)) => Date::from_days(days).to_string(),
                    _ => value.to_string(),
                };
                Some((c.name.clone(), text))
            })
            .collect()
    }

    /// `<variable>_from` says where the columns of a variable came from.
    fn sources(&self, record: &Record) -> BTreeMap<String, String> {
        let instrument = &self.field.core.instrument;
        let mut out = BTreeMap::new();
        for variable in instrument.variables.iter().filter(|v| v.unit == Unit::Family) {
            let from = record.int(&format!("{}_from", variable.key));
            if let Some(source) = from.and_then(|number| self.sources.get(&number)) {
                for column in &variable.columns {
                    out.insert(column.name.clone(), source.clone());
                }
            }
        }
        out
    }
}

/// Members × the larger doubt about one of the two cuts that decide programmes (deciles 1–4, 1–5).
fn worth(members: usize, score: &Record) -> f64 {
    let doubt = |column: &str| score.real(column).map_or(0.5, |p| p.min(1.0 - p));
    members as f64 * doubt("p_decile_1_4").max(doubt("p_decile_1_5"))
}
