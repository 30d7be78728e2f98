//! What a decile would be if a change were approved: the current edition's own scorecard and
//! cut-offs, on the family as it was published with the change laid over it. An estimate, never the
//! official decile; when the published score cannot be reproduced exactly, nothing is said.

use casework::{Change, Estimate, Estimated};
use kernel::{Date, FamilyId};
use ranking::explain::what_would_change;
use ranking::features::{self, People};
use ranking::{Columns, Cutoffs, Data, Scorecard};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::blob::{self, Body, Layout, Record};
use store::{EditionRow, Query, Store, StoreError, Vault, params};
use web::state::WouldChange;

/// A family with no answer to more than this share of the variables is not ranked (as in the build).
const UNANSWERED_MAX: f64 = 0.5;

/// Columns of persons whose least code is the worst difficulty.
const DIFFICULTIES: [&str; 9] = [
    "difficulty_seeing",
    "difficulty_hearing",
    "difficulty_walking",
    "difficulty_hands",
    "difficulty_learning",
    "difficulty_behaviour",
    "difficulty_communicating",
    "difficulty_self_care",
    "difficulty_remembering",
];

/// The estimator over the current edition of a store.
pub struct EditionModel {
    store: Store,
    vault: Vault,
    known: Mutex<Option<Arc<Model>>>,
}

/// The model of one edition, read once.
struct Model {
    edition: EditionRow,
    layout: Layout,
    card: Scorecard,
    cutoffs: Cutoffs,
    /// Short name and highest decile of every programme with a cut.
    programmes: Vec<(String, u8)>,
}

/// The part of `simulation.json` that is needed.
#[derive(Deserialize)]
struct Law {
    cut: u8,
}

/// A laid-over value: the person's id (none: the family's), column, code.
type Laid<'a> = (Option<u64>, &'a str, i64);

impl EditionModel {
    /// Over a store.
    pub fn new(store: Store, vault: Vault) -> Self {
        Self { store, vault, known: Mutex::new(None) }
    }

    /// The model of the current edition; none when nothing is published or it came without one.
    fn model(&self) -> Option<Arc<Model>> {
        let edition = self.store.current_edition().ok().flatten()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = known.as_ref().filter(|m| m.edition.number == edition.number) {
            return Some(Arc::clone(model));
        }
        match self.load(edition) {
            Ok(model) => {
                let model = Arc::new(model);
                *known = Some(Arc::clone(&model));
                Some(model)
            }
            Err(why) => {
                eprintln!("estimate: {why}");
                None
            }
        }
    }

    fn load(&self, edition: EditionRow) -> Result<Model, StoreError> {
        let facts: BTreeMap<String, String> =
            self.store.read_edition(edition.number, |reader| {
                reader
                    .query("SELECT name, body FROM fact", params![])?
                    .iter()
                    .map(|row| Ok((row.get("name")?, row.get("body")?)))
                    .collect::<Result<_, StoreError>>()
            })?;
        let shape = |name: &str, why: String| StoreError::Shape(format!("fact `{name}`: {why}"));
        let fact = |name: &str| {
            facts.get(name).ok_or_else(|| shape(name, "the edition has none".to_owned()))
        };
        Ok(Model {
            layout: serde_json::from_str(fact("layout")?)
                .map_err(|e| shape("layout", e.to_string()))?,
            card: Scorecard::from_json(fact("scorecard")?)
                .map_err(|e| shape("scorecard", e.to_string()))?,
            cutoffs: Cutoffs::from_json(fact("cutoffs")?)
                .map_err(|e| shape("cutoffs", e.to_string()))?,
            programmes: programmes(&facts),
            edition,
        })
    }

    fn body(&self, model: &Model, family: FamilyId) -> Result<Option<Body>, StoreError> {
        let sealed: Option<Vec<u8>> = self.store.read_edition(model.edition.number, |reader| {
            let sql = "SELECT body FROM family WHERE family_id = $1";
            let row = reader.query_opt(sql, params![family.get()])?;
            row.map(|row| row.get("body")).transpose().map_err(|e: StoreError| e)
        })?;
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = self.vault.open(&format!("family.body|{}", family.get()), &sealed)?;
        blob::unpack(&model.layout, &plain).map(Some)
    }
}

impl Estimate for EditionModel {
    fn if_approved(&self, family: FamilyId, changes: &[Change]) -> Option<Estimated> {
        let model = self.model()?;
        let laid = laid_over(changes);
        if laid.is_empty() {
            return None;
        }
        let body = match self.body(&model, family) {
            Ok(body) => body?,
            Err(why) => {
                eprintln!("estimate: {why}");
                return None;
            }
        };
        model.estimate(&body, &laid)
    }
}

impl EditionModel {
    /// The answers of a family that would move its decile, one at a time: three towards poorer and
    /// three towards richer, strongest first. Nothing when the published score is not reproduced.
    pub fn would_change(&self, family: u64) -> Vec<WouldChange> {
        let Some(model) = self.model() else { return Vec::new() };
        match self.body(&model, FamilyId::new(family)) {
            Ok(body) => body.and_then(|b| model.would_change(&b)).unwrap_or_default(),
            Err(why) => {
                eprintln!("estimate: {why}");
                Vec::new()
            }
        }
    }
}

/// Answers shown in each direction.
const SHOWN: usize = 3;

impl Model {
    fn would_change(&self, body: &Body) -> Option<Vec<WouldChange>> {
        let published = body.get("score")?.first()?;
        let now = published.int("decile").filter(|d| *d > 0)? as u8;
        let family = body.get("family")?.first()?;
        let people = body.get("person").map_or(&[][..], Vec::as_slice);
        let area = family.real("floor_area_m2");
        let columns = people_features(people, &[], self.edition.as_of, area)?;
        let answer = |name: &str| match columns.get(name) {
            Some(data) => Some(data.number(0)).filter(|n| !n.is_nan()),
            None => family.real(name),
        };
        let regency = (family.int("village").unwrap_or(0) / 1_000_000).to_string();
        let score = self.card.unit(self.card.score_one(answer, Some(&regency)));
        if (score - published.real("score")?).abs() > 1e-9 {
            return None;
        }
        let mut out = Vec::new();
        for sign in [-1, 1] {
            let all =
                what_would_change(&self.card, &self.cutoffs, answer, Some(&regency), sign, 39);
            // What is counted from the members is theirs to show, not a single answer.
            let own = all.into_iter().filter(|c| columns.get(&c.variable).is_none());
            let moves = own.filter(|c| c.decile != now).take(SHOWN);
            out.extend(moves.map(|c| WouldChange {
                column: c.variable,
                to: c.to as i64,
                decile: c.decile,
            }));
        }
        Some(out)
    }

    fn estimate(&self, body: &Body, laid: &[Laid<'_>]) -> Option<Estimated> {
        let published = body.get("score")?.first()?;
        let now = published.int("decile").unwrap_or(0) as u8;
        let as_it_is = self.points(body, &[])?;
        // The same answers must give the published score, to the point.
        if (self.card.unit(as_it_is.0) - published.real("score")?).abs() > 1e-9 {
            return None;
        }
        let then = self.points(body, laid)?;
        if then == as_it_is && now != 0 {
            return Some(self.said(now, now));
        }
        match (now, then.1) {
            // Not ranked, and still too little is known to rank: nothing to say.
            (0, false) => None,
            (_, enough) => {
                Some(self.said(now, if enough { self.cutoffs.decile(then.0).get() } else { 0 }))
            }
        }
    }

    /// Points, and whether enough is answered to rank.
    fn points(&self, body: &Body, laid: &[Laid<'_>]) -> Option<(i32, bool)> {
        let family = body.get("family")?.first()?;
        let people = body.get("person").map_or(&[][..], Vec::as_slice);
        let own = |column: &str| match laid.iter().find(|l| l.0.is_none() && l.1 == column) {
            Some((_, _, code)) => Some(*code as f64),
            None => family.real(column),
        };
        let columns = people_features(people, laid, self.edition.as_of, own("floor_area_m2"))?;
        let answer = |name: &str| match columns.get(name) {
            Some(data) => Some(data.number(0)).filter(|n| !n.is_nan()),
            None => own(name),
        };
        let village = family.int("village").unwrap_or(0);
        let regency = (village / 1_000_000).to_string();
        let unanswered = self.card.variables.iter().filter(|v| answer(&v.name).is_none()).count();
        let enough = unanswered as f64 <= UNANSWERED_MAX * self.card.variables.len() as f64;
        Some((self.card.score_one(answer, Some(&regency)), enough))
    }

    fn said(&self, now: u8, then: u8) -> Estimated {
        let within = |decile: u8, cut: u8| (1..=cut).contains(&decile);
        let words = |(name, cut): &(String, u8)| match (within(now, *cut), within(then, *cut)) {
            (false, true) => Some(format!("{name}: masuk batas desil 1–{cut}")),
            (true, false) => Some(format!("{name}: keluar dari batas desil 1–{cut}")),
            _ => None,
        };
        Estimated {
            edition: self.edition.name.to_string(),
            decile_now: now,
            decile_then: then,
            programmes: self.programmes.iter().filter_map(words).collect(),
        }
    }
}

/// Features made from the members, the changes laid over; one row.
fn people_features(
    people: &[Record],
    laid: &[Laid<'_>],
    as_of: Date,
    floor_area: Option<f64>,
) -> Option<Columns> {
    let members: Vec<&Record> = people.iter().filter(|p| lives_here(p, laid)).collect();
    let codes = |column: &str| -> Vec<u8> {
        let code = |p: &&Record| u8::try_from(value(p, column, laid)?).ok();
        members.iter().map(|p| code(p).unwrap_or(u8::MAX)).collect()
    };
    let age = |p: &&Record| {
        let born = p.int("birth_date")?;
        Some(Date::from_days(i32::try_from(born).ok()?).age_on(as_of).clamp(0, 120) as u8)
    };
    let ages: Vec<u8> = members.iter().map(|p| age(p).unwrap_or(u8::MAX)).collect();
    let mut difficulty = vec![u8::MAX; members.len()];
    for name in DIFFICULTIES {
        difficulty
            .iter_mut()
            .zip(codes(name))
            .for_each(|(least, code)| *least = (*least).min(code));
    }
    let mut columns = Columns::new(1);
    columns.set("floor_area_m2", Data::F64(vec![floor_area.unwrap_or(f64::NAN)])).ok()?;
    let people = People {
        family: &vec![0; members.len()],
        relation: &codes("relation"),
        age: &ages,
        sex: &codes("sex"),
        marital_status: &codes("marital_status"),
        school_participation: &codes("school_participation"),
        diploma: &codes("diploma"),
        worked: &codes("worked"),
        work_sector: &codes("work_sector"),
        work_status: &codes("work_status"),
        business_owned: &codes("business_owned"),
        business_turnover: &codes("business_turnover"),
        difficulty: &difficulty,
        chronic_illness: &codes("chronic_illness"),
    };
    features::derive(&people, &mut columns).ok()?;
    Some(columns)
}

/// The dead, those who moved away and those abroad are no members.
fn lives_here(person: &Record, laid: &[Laid<'_>]) -> bool {
    value(person, "alive", laid) != Some(0)
        && !matches!(value(person, "presence", laid), Some(2..=4))
}

fn value(person: &Record, column: &str, laid: &[Laid<'_>]) -> Option<i64> {
    let id = person.int("person_id").map(|id| id as u64);
    let over = laid.iter().find(|l| l.0.is_some() && l.0 == id && l.1 == column);
    over.map(|l| l.2).or_else(|| person.int(column))
}

/// The changes that are codes or numbers of a column; topics such as `cover` are not.
fn laid_over(changes: &[Change]) -> Vec<Laid<'_>> {
    let laid = |c: &'_ Change| c.value.trim().parse().ok().map(|code| (c.person, code));
    changes
        .iter()
        .filter_map(|c| laid(c).map(|(person, code)| (person, c.variable.as_str(), code)))
        .collect()
}

fn programmes(facts: &BTreeMap<String, String>) -> Vec<(String, u8)> {
    let parsed = |name: &str| serde_json::from_str::<serde_json::Value>(facts.get(name)?).ok();
    let laws: BTreeMap<String, Law> = facts
        .get("simulation")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let manifest = parsed("manifest").unwrap_or_default();
    let name = |id: &str| {
        let full = manifest["programmes"][id]["name"]["id"].as_str().unwrap_or(id);
        let inner = full.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        inner.map_or(full, |(short, _)| short).to_owned()
    };
    laws.iter().map(|(id, law)| (name(id), law.cut)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// Every published score of a demo is reproduced to the point from the store alone, and a
    /// change of one answer moves deciles. `PADAN_DEMO` is the folder of a `padan demo`.
    #[test]
    #[ignore = "needs a demo: PADAN_DEMO=demo cargo test --release -p padan -- --ignored estimate"]
    fn published_scores_are_reproduced_and_a_change_moves_deciles() {
        let dir = PathBuf::from(std::env::var("PADAN_DEMO").unwrap());
        let store = Store::open(&format!("sqlite:{}", dir.join("padan.db").display())).unwrap();
        let vault = Vault::open_or_create(&dir.join("padan.db.keys")).unwrap();
        let estimator = EditionModel::new(store.clone(), vault);
        let model = estimator.model().unwrap();
        let sql =
            "SELECT family_id FROM village_family WHERE decile > 0 ORDER BY family_id LIMIT 3000";
        let families: Vec<u64> = store
            .read_edition::<_, StoreError>(model.edition.number, |reader| {
                reader.query(sql, params![])?.iter().map(|row| row.get("family_id")).collect()
            })
            .unwrap();
        assert!(families.len() > 100, "{} families", families.len());
        let laid: [Laid<'_>; 3] =
            [(None, "asset_car", 1), (None, "asset_ac", 1), (None, "asset_computer", 1)];
        let mut moved = 0;
        for &family in &families {
            let body = estimator.body(&model, FamilyId::new(family)).unwrap().unwrap();
            let said = model.estimate(&body, &laid);
            let said = said.unwrap_or_else(|| panic_at(family));
            assert!(said.decile_then >= said.decile_now, "family {family}: richer, yet lower");
            moved += usize::from(said.decile_then > said.decile_now);
            if said.decile_now == said.decile_then {
                assert!(said.programmes.is_empty());
            }
        }
        assert!(moved * 4 > families.len(), "{moved} of {} move", families.len());
    }

    fn panic_at(family: u64) -> Estimated {
        panic!("the published score of family {family} is not reproduced")
    }
}
