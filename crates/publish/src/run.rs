//! The run: read, count, pack, seal, switch.

use crate::PublishError;
use crate::encode::{numbers, texts};
use crate::facts;
use crate::meters::{self, Homes};
use crate::people::{self, FamilyTable, Key, Section};
use arrow_array::Array;
use engine::stream_table;
use instrument::Instrument;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use store::blob::{Layout, put_count};
use store::{EditionRow, Loader, Store, StoreError, Value, Vault};

/// Families sealed in one go: enough to keep both cores busy, small in memory.
const CHUNK: usize = 8_192;

/// What was published.
#[derive(Debug)]
pub struct Report {
    /// The edition as readers see it now.
    pub edition: EditionRow,
    /// People that can be looked up by NIK.
    pub people: u64,
    /// Families.
    pub families: u64,
    /// Rows of the pre-aggregated counts.
    pub counts: u64,
    /// Seconds per step, in order.
    pub steps: Vec<(&'static str, f64)>,
}

/// Lays the edition in `dir` into the store and switches readers to it. `now_ms` is the time of
/// publication, in milliseconds since 1970; `say` hears the name of every step as it starts.
///
/// # Errors
/// When a table or document is missing or has another shape, or the store refuses. Readers then
/// see what they saw before.
pub fn publish(
    dir: &Path,
    store: &Store,
    vault: &Vault,
    now_ms: i64,
    say: &mut dyn FnMut(&str),
) -> Result<Report, PublishError> {
    let manifest = facts::manifest(dir)?;
    let mut timer = Timer { say, steps: Vec::new(), since: Instant::now(), name: "" };
    let (mut people, mut families, mut counts) = (0, 0, 0);
    let edition = store.publish_edition(
        &manifest.edition,
        manifest.as_of,
        &manifest.sha256,
        now_ms,
        |loader| {
            let tables = read(dir, vault, &mut timer)?;
            timer.step("families");
            families = load_families(loader, vault, &tables)?;
            timer.step("index of people");
            people = load_keys(loader, &tables.keys)?;
            timer.step("counts and documents");
            counts = load_counts(loader, dir, &tables)?;
            load_facts(loader, dir, &manifest.text, &tables)?;
            timer.step("indexes and switch");
            Ok::<(), PublishError>(())
        },
    )?;
    timer.step("");
    Ok(Report { edition, people, families, counts, steps: timer.steps })
}

struct Timer<'a> {
    say: &'a mut dyn FnMut(&str),
    steps: Vec<(&'static str, f64)>,
    since: Instant,
    name: &'static str,
}

impl Timer<'_> {
    fn step(&mut self, name: &'static str) {
        if !self.name.is_empty() {
            self.steps.push((self.name, self.since.elapsed().as_secs_f64()));
        }
        if !name.is_empty() {
            (self.say)(name);
        }
        (self.name, self.since) = (name, Instant::now());
    }
}

/// Everything that was read.
struct Tables {
    homes: FamilyTable,
    deciles: Vec<u8>,
    people_per_family: Vec<u16>,
    keys: Vec<Key>,
    lists: meters::Lists,
    sections: Vec<(&'static str, Section)>,
}

impl Tables {
    fn view(&self) -> Homes<'_> {
        Homes {
            families: &self.homes.families,
            villages: &self.homes.villages,
            deciles: &self.deciles,
        }
    }

    fn all_sections(&self) -> Vec<(&'static str, &Section)> {
        let mut all = vec![("family", &self.homes.section), ("list", &self.lists.section)];
        all.extend(self.sections.iter().map(|(name, section)| (*name, section)));
        all
    }
}

fn read(dir: &Path, vault: &Vault, timer: &mut Timer<'_>) -> Result<Tables, PublishError> {
    timer.step("read families and scores");
    let homes = people::families(&dir.join("families.parquet"))?;
    let count = homes.families.len();
    let mut deciles = vec![0_u8; count];
    let scores = people::by_family(
        &dir.join("scores.parquet"),
        &homes.families,
        &["family_id"],
        |place, _, watched| deciles[place as usize] = watched[0].min(10) as u8,
        &["decile"],
    )?;
    timer.step("read people, lists and links");
    let mut people_per_family = vec![0_u16; count];
    let (persons, rest) = std::thread::scope(|scope| {
        let rest = scope.spawn(|| read_rest(dir, &homes, &deciles));
        let persons =
            people::persons(&dir.join("persons.parquet"), &homes.families, vault, |place| {
                let slot = &mut people_per_family[place as usize];
                *slot = slot.saturating_add(1);
            });
        (persons, rest.join())
    });
    let (persons, keys) = persons?;
    let (lists, mut sections) = rest.map_err(|_| {
        PublishError::Store(StoreError::Caller("reading the lists panicked".to_owned()))
    })??;
    sections.insert(0, ("score", scores));
    sections.insert(0, ("person", persons));
    Ok(Tables { homes, deciles, people_per_family, keys, lists, sections })
}

type Rest = (meters::Lists, Vec<(&'static str, Section)>);

fn read_rest(dir: &Path, homes: &FamilyTable, deciles: &[u8]) -> Result<Rest, PublishError> {
    let view = Homes { families: &homes.families, villages: &homes.villages, deciles };
    let mut lists = meters::lists(&dir.join("lists"), &view)?;
    let errors = dir.join("errors.parquet");
    if errors.exists() {
        meters::causes(&errors, &mut lists)?;
    }
    let mut sections = Vec::new();
    for (name, file) in [
        ("contribution", "contributions.parquet"),
        ("roll", "rolls.parquet"),
        ("link", "links.parquet"),
    ] {
        let path = dir.join(file);
        if path.exists() {
            let section =
                people::by_family(&path, &homes.families, &["family_id"], |_, _, _| (), &[])?;
            sections.push((name, section));
        }
    }
    Ok((lists, sections))
}

fn load_families(loader: &mut Loader, vault: &Vault, tables: &Tables) -> Result<u64, PublishError> {
    let sections = tables.all_sections();
    let ids = tables.homes.families.ids();
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    let loaded = std::thread::scope(|scope| {
        scope.spawn(move || {
            for (chunk, part) in ids.chunks(CHUNK).enumerate() {
                let bodies: Vec<_> = part
                    .par_iter()
                    .enumerate()
                    .map(|(at, id)| seal_family(vault, &sections, chunk * CHUNK + at, *id))
                    .collect();
                // The loader went away with an error of its own.
                if sender.send(bodies).is_err() {
                    return;
                }
            }
        });
        loader.append("family", &["family_id", "body"], receiver.into_iter().flatten())
    })?;
    load_village_families(loader, tables)?;
    Ok(loaded)
}

fn seal_family(
    vault: &Vault,
    sections: &[(&'static str, &Section)],
    place: usize,
    id: u64,
) -> Result<Vec<Value>, StoreError> {
    let mut body = Vec::with_capacity(1_024);
    for (_, section) in sections {
        let rows = section.rows.rows(place);
        put_count(&mut body, rows.len() as u64);
        for row in rows {
            body.extend_from_slice(row);
        }
    }
    let sealed = vault.seal(&format!("family.body|{id}"), &body)?;
    Ok(vec![Value::from(id), Value::Bytes(sealed)])
}

fn load_village_families(loader: &mut Loader, tables: &Tables) -> Result<(), PublishError> {
    let mut rows: Vec<(u64, u8, u64)> = tables
        .homes
        .families
        .ids()
        .iter()
        .enumerate()
        .map(|(at, id)| (tables.homes.villages[at], tables.deciles[at], *id))
        .collect();
    rows.par_sort_unstable();
    let rows = rows.into_iter().map(|(v, d, f)| Ok(vec![v.into(), d.into(), f.into()]));
    loader.append("village_family", &["village", "decile", "family_id"], rows)?;
    Ok(())
}

fn load_keys(loader: &mut Loader, keys: &[Key]) -> Result<u64, PublishError> {
    let rows =
        keys.iter().map(|key| Ok(vec![key.index.into(), key.person.into(), key.family.into()]));
    Ok(loader.append("person_key", &["nik_index", "person_id", "family_id"], rows)?)
}

fn load_counts(loader: &mut Loader, dir: &Path, tables: &Tables) -> Result<u64, PublishError> {
    let (rows, totals) = meters::decile_rows(&tables.view(), &tables.people_per_family);
    let mut counts = loader.append(
        "decile_count",
        &["region", "decile", "people", "families"],
        rows.into_iter().map(Ok),
    )?;
    let columns = [
        "programme",
        "region",
        "dimension",
        "key",
        "listed_eligible",
        "listed_ineligible",
        "unlisted_eligible",
        "unlisted_ineligible",
        "listed_eligible_families",
        "listed_ineligible_families",
        "unlisted_eligible_families",
        "unlisted_ineligible_families",
    ];
    let rows = meters::meter_rows(&tables.lists);
    counts += loader.append("meter", &columns, rows.into_iter().map(Ok))?;
    load_regions(loader, dir, &totals)?;
    Ok(counts + load_simulation(loader, &dir.join("simulation.parquet"))?)
}

/// The cells of the simulator, column by column as the edition has them.
fn load_simulation(loader: &mut Loader, path: &Path) -> Result<u64, PublishError> {
    if !path.exists() {
        return Ok(0);
    }
    const COUNTS: [&str; 14] = [
        "region",
        "priority",
        "decile",
        "step",
        "listed",
        "units",
        "size_1_2",
        "size_3_4",
        "size_5_6",
        "size_7_up",
        "women",
        "old",
        "amount_year",
        "within_thousandths",
    ];
    let mut rows = Vec::new();
    stream_table::<PublishError>(path, &[], |batch| {
        let programmes = texts(&batch, "programme")?;
        let counts =
            COUNTS.iter().map(|name| numbers(&batch, name)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..programmes.len() {
            let mut values = vec![Value::from(programmes.value(row))];
            values.extend(counts.iter().map(|column| Value::from(column[row])));
            rows.push(values);
        }
        Ok(())
    })?;
    let columns: Vec<&str> = std::iter::once("programme").chain(COUNTS).collect();
    Ok(loader.append("simulation_cell", &columns, rows.into_iter().map(Ok))?)
}

fn load_regions(
    loader: &mut Loader,
    dir: &Path,
    totals: &BTreeMap<u64, (u64, u64)>,
) -> Result<(), PublishError> {
    let mut rows = BTreeMap::new();
    stream_table::<PublishError>(&dir.join("regions.parquet"), &[], |batch| {
        let (regions, levels) = (numbers(&batch, "region")?, numbers(&batch, "level")?);
        let names = texts(&batch, "name")?;
        for row in 0..names.len() {
            let (people, families) = totals.get(&regions[row]).copied().unwrap_or((0, 0));
            let upwards = meters::upwards(regions[row]);
            let parent = upwards.iter().rev().nth(1).copied().unwrap_or(0);
            rows.insert(
                regions[row],
                vec![
                    Value::from(regions[row]),
                    parent.into(),
                    levels[row].into(),
                    names.value(row).into(),
                    people.into(),
                    families.into(),
                ],
            );
        }
        Ok(())
    })?;
    loader.append(
        "region",
        &["region", "parent", "level", "name", "people", "families"],
        rows.into_values().map(Ok),
    )?;
    Ok(())
}

fn load_facts(
    loader: &mut Loader,
    dir: &Path,
    manifest: &str,
    tables: &Tables,
) -> Result<(), PublishError> {
    let instrument = Instrument::embedded().map_err(|e| PublishError::document(dir, e))?;
    let sections = tables
        .all_sections()
        .into_iter()
        .map(|(name, section)| (name.to_owned(), section.columns.clone()))
        .collect();
    let layout =
        serde_json::to_string(&Layout { sections }).map_err(|e| PublishError::document(dir, e))?;
    let programmes: Vec<&str> = tables.lists.cells.iter().map(|(name, _)| name.as_str()).collect();
    let mut facts = vec![
        ("manifest".to_owned(), manifest.to_owned()),
        ("layout".to_owned(), layout),
        ("labels".to_owned(), facts::labels(&instrument)),
        ("programmes".to_owned(), serde_json::json!(programmes).to_string()),
    ];
    facts.extend(facts::documents(dir));
    let rows = facts.into_iter().map(|(name, body)| Ok(vec![name.into(), body.into()]));
    loader.append("fact", &["name", "body"], rows)?;
    load_provenance(loader, &dir.join("provenance.parquet"))
}

fn load_provenance(loader: &mut Loader, path: &Path) -> Result<(), PublishError> {
    if !path.exists() {
        return Ok(());
    }
    let mut rows = Vec::new();
    stream_table::<PublishError>(path, &[], |batch| {
        let numbers_of = numbers(&batch, "provenance")?;
        let sources = texts(&batch, "source")?;
        let dates = numbers(&batch, "observed_date")?;
        let known = batch.column_by_name("observed_date");
        for row in 0..sources.len() {
            let date = known.is_some_and(|c| c.is_valid(row)).then(|| dates[row] as i64);
            rows.push(vec![numbers_of[row].into(), sources.value(row).into(), date.into()]);
        }
        Ok(())
    })?;
    let columns = ["provenance", "source", "observed_date"];
    loader.append("provenance", &columns, rows.into_iter().map(Ok))?;
    Ok(())
}
