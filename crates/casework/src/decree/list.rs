//! The list of a decree: simulated, made, approved by a second person, noticed, taken into effect,
//! made again from the edition and the rule.

use super::counts::{recount, span, stage};
use super::roll::segment;
use super::rules::DecreeRules;
use crate::calendar::day_of;
use crate::error::{CaseworkError, Result};
use crate::mass::MassProposal;
use crate::room::{Casework, Core, Entry, check_id};
use access::{Action, Actor, Resource};
use kernel::{Date, Region};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Query, StoreError, Tx, params};

/// The rule of a decree: who of an edition's roll is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutRule {
    /// Where; none for the whole country.
    pub region: Option<Region>,
    /// The payer whose roll it is.
    pub segment: i64,
    /// The last decile that keeps its cover.
    pub decile_limit: i64,
    /// Grounds that are used, by their ids.
    pub grounds: Vec<String>,
}

impl CutRule {
    /// PBI-JK as of 2026: deciles 1 to 5 keep it; all grounds.
    ///
    /// # Errors
    /// When the rule file is wrong.
    pub fn pbi_jk(region: Option<Region>) -> Result<Self> {
        let grounds = DecreeRules::builtin()?.ground.into_iter().map(|g| g.id).collect();
        Ok(Self { region, segment: segment::PBI_JK, decile_limit: 5, grounds })
    }

    /// First and last village of the region.
    fn villages(&self) -> (u64, u64) {
        let (first, last, _) = span(self.region);
        (first, last)
    }

    fn check(&self, rules: &DecreeRules) -> Result<()> {
        match self.grounds.iter().find(|id| !rules.ground.iter().any(|g| g.id == **id)) {
            None => Ok(()),
            Some(id) => {
                let hint = kernel::suggest::hint(id, rules.ground.iter().map(|g| g.id.as_str()));
                Err(CaseworkError::Refused(format!("there is no ground `{id}`{hint}")))
            }
        }
    }
}

/// One cell of a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatedCell {
    /// The regency.
    pub regency: u64,
    /// The decile.
    pub decile: i64,
    /// The ground's number; -1: nothing speaks against it.
    pub ground: i64,
    /// What holds them: bits.
    pub hold: i64,
    /// People.
    pub people: u64,
}

/// What a rule would do, before anybody is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// Cells of people on the roll.
    pub cells: Vec<SimulatedCell>,
}

impl Simulated {
    /// People who would be listed.
    #[must_use]
    pub fn listed(&self) -> u64 {
        self.sum(|cell| cell.ground >= 0)
    }

    /// People of the cells that fit.
    pub fn sum(&self, fits: impl Fn(&SimulatedCell) -> bool) -> u64 {
        self.cells.iter().filter(|cell| fits(cell)).map(|cell| cell.people).sum()
    }
}

/// When a decree is noticed and when it takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecreeDates {
    /// The day of the notices.
    pub notice: Date,
    /// The day from which the cover ends.
    pub effective: Date,
}

/// A decree to be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecree {
    /// Made by the client and kept for retries; also the id of the mass action.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The edition whose roll is used.
    pub edition: u32,
    /// The rule.
    pub rule: CutRule,
    /// Its dates.
    pub dates: DecreeDates,
    /// Why.
    pub reason: String,
}

/// A decree as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decree {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The edition.
    pub edition: u32,
    /// The rule.
    pub rule: CutRule,
    /// SHA-256 of the list.
    pub list_sha256: String,
    /// People listed.
    pub people: u64,
    /// Its dates.
    pub dates: DecreeDates,
    /// `proposed`, `noticed` or `effective`.
    pub state: String,
}

impl Casework {
    /// Counts what a rule would do. Nothing is written.
    ///
    /// # Errors
    /// When the rule names an unknown ground, or the store fails.
    pub fn simulate_decree(&self, edition: u32, rule: &CutRule) -> Result<Simulated> {
        let rules = DecreeRules::builtin()?;
        rule.check(&rules)?;
        let (first, last) = rule.villages();
        let ground = rules.ground_sql(rule.decile_limit, &rule.grounds);
        let sql = format!(
            "SELECT village / 1000000 AS regency, decile, {ground} AS ground, hold, CAST(SUM(people) AS INTEGER) AS people
             FROM cover_cell WHERE edition = $1 AND segment = $2 AND village BETWEEN $3 AND $4
             GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        );
        let rows = self.store.read::<_, StoreError>(|reader| {
            reader.query(&sql, params![edition, rule.segment, first, last])
        })?;
        let cells = rows
            .iter()
            .map(|row| {
                Ok(SimulatedCell {
                    regency: row.get("regency")?,
                    decile: row.get("decile")?,
                    ground: row.get("ground")?,
                    hold: row.get("hold")?,
                    people: row.get("people")?,
                })
            })
            .collect::<std::result::Result<_, StoreError>>()?;
        Ok(Simulated { cells })
    }

    /// Makes the list, hashes it, and proposes it as a mass action for a second person
    /// ([`Casework::settle`]). Sending it again changes nothing.
    ///
    /// # Errors
    /// When the actor may not, the notice is shorter than the rule, or the id is another's.
    pub fn propose_decree(&self, actor: &Actor, new: NewDecree) -> Result<Decree> {
        check_id(&new.id)?;
        let rules = DecreeRules::builtin()?;
        new.rule.check(&rules)?;
        if new.dates.effective.days() - new.dates.notice.days() < rules.notice_days {
            return Err(CaseworkError::Refused(format!(
                "the notice goes out at least {} days before the effect",
                rules.notice_days
            )));
        }
        let resource = Resource { region: new.rule.region, ..Resource::of_the_country() };
        self.core.allow(actor, Action::MassPropose, &resource)?;
        let (list_sha256, people) = self.patient().make_list(&rules, &new)?;
        let NewDecree { id, reason, rule, .. } = new;
        let kind = "pbi_jk_cut_off".to_owned();
        let (proposed, region) = (id.clone(), rule.region);
        self.propose(
            actor,
            MassProposal { id: proposed, kind, region, list_sha256, people, reason },
        )?;
        self.decree(&id)
    }

    /// A decree by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn decree(&self, id: &str) -> Result<Decree> {
        let sql = "SELECT * FROM decree WHERE decree_id = $1";
        let row = self.store.read::<_, StoreError>(|reader| reader.query_opt(sql, params![id]))?;
        decree_of(&row.ok_or(CaseworkError::NotFound)?)
    }

    /// All decrees, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn decrees(&self) -> Result<Vec<Decree>> {
        let sql = "SELECT * FROM decree ORDER BY made_at DESC, decree_id LIMIT 100";
        let rows = self.store.read::<_, StoreError>(|reader| reader.query(sql, params![]))?;
        rows.iter().map(decree_of).collect()
    }

    /// Puts one letter per listed person into the outbox, with the reason and the way to object.
    /// Needs the second person's approval. Returns how many letters; again: none.
    ///
    /// # Errors
    /// When nobody approved it, or the store fails.
    pub fn notice_decree(&self, id: &str) -> Result<u64> {
        let decree = self.approved(id)?;
        if decree.state != "proposed" {
            return Ok(0);
        }
        self.patient().post_notices(&DecreeRules::builtin()?, &decree)
    }

    /// Ends the cover of the listed, on or after the day of effect, if the notices are out.
    ///
    /// # Errors
    /// When it is too early, nobody approved it, or no notice went out.
    pub fn take_effect(&self, id: &str) -> Result<u64> {
        let decree = self.approved(id)?;
        let refuse = |why: &str| Err(CaseworkError::Refused(format!("{id}: {why}")));
        match decree.state.as_str() {
            "effective" => return Ok(0),
            "noticed" => {}
            _ => return refuse("the listed have not been told yet"),
        }
        if day_of(self.now_ms()) < decree.dates.effective {
            return refuse("the day of effect has not come");
        }
        self.patient().write(move |tx, core| {
            let now = core.clock.now_ms();
            let changed = tx.execute(
                "UPDATE decree_person SET stage = $2 WHERE decree_id = $1 AND stage = $3",
                params![&decree.id, stage::CUT_OFF, stage::LISTED],
            )?;
            tx.execute(
                "UPDATE decree SET state = 'effective', effective_at = $2 WHERE decree_id = $1",
                params![&decree.id, now],
            )?;
            recount(tx, &decree.id)?;
            core.note_decree(tx, "decree_effective", &decree, changed)?;
            Ok(changed)
        })
    }

    /// Makes the list again from the edition and the rule and compares it with the one that was
    /// approved: the hash, and every person and ground.
    ///
    /// # Errors
    /// When there is no such decree, or the store fails.
    pub fn replay_decree(&self, id: &str) -> Result<bool> {
        let decree = self.decree(id)?;
        let rules = DecreeRules::builtin()?;
        let rows = self
            .store
            .read::<_, StoreError>(|reader| listed(reader, &rules, &decree.rule, decree.edition))?;
        Ok(hash(rows.iter().map(|row| (row.0, row.4))) == decree.list_sha256)
    }

    fn approved(&self, id: &str) -> Result<Decree> {
        if self.mass_action(id)?.state != "approved" {
            return Err(CaseworkError::Refused(format!(
                "{id}: a second person has not approved it"
            )));
        }
        self.decree(id)
    }
}

/// Person, family, village, decile, ground.
pub(super) type ListedRow = (u64, u64, u64, i64, i64);

pub(super) fn listed(
    query: &mut impl Query,
    rules: &DecreeRules,
    rule: &CutRule,
    edition: u32,
) -> std::result::Result<Vec<ListedRow>, StoreError> {
    let (first, last) = rule.villages();
    let ground = rules.ground_sql(rule.decile_limit, &rule.grounds);
    let sql = format!(
        "SELECT person_id, family_id, village, decile, {ground} AS ground FROM cover_roll
         WHERE edition = $1 AND segment = $2 AND village BETWEEN $3 AND $4 AND {ground} >= 0
         ORDER BY person_id"
    );
    let rows = query.query(&sql, params![edition, rule.segment, first, last])?;
    rows.iter()
        .map(|row| Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?, row.at(4)?)))
        .collect()
}

/// SHA-256 over lines `person,ground`, by person.
pub(super) fn hash(rows: impl Iterator<Item = (u64, i64)>) -> String {
    let mut hasher = Sha256::new();
    for (person, ground) in rows {
        hasher.update(format!("{person},{ground}\n"));
    }
    hex::encode(hasher.finalize())
}

fn decree_of(row: &store::Row) -> Result<Decree> {
    let rule: String = row.get("rule")?;
    let days = |column: &str| row.get::<i32>(column).map(Date::from_days);
    Ok(Decree {
        id: row.get("decree_id")?,
        title: row.get("title")?,
        edition: row.get("edition")?,
        rule: serde_json::from_str(&rule).map_err(|e| CaseworkError::Refused(e.to_string()))?,
        list_sha256: row.get("list_sha256")?,
        people: row.get("people")?,
        dates: DecreeDates { notice: days("notice_on")?, effective: days("effective_on")? },
        state: row.get("state")?,
    })
}

impl Core {
    pub(super) fn note_decree(
        &self,
        tx: &mut Tx<'_>,
        kind: &str,
        decree: &Decree,
        people: u64,
    ) -> Result<u64> {
        let payload = serde_json::json!({"list_sha256": decree.list_sha256, "people": people});
        let entry = Entry {
            kind,
            at: self.clock.now_ms(),
            actor: "system:0".to_owned(),
            subject: "",
            about: format!("mass:{}", decree.id),
            payload: payload.to_string(),
        };
        self.record(tx, entry)
    }
}
