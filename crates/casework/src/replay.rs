//! Decision replay: for a family and a moment, what was known then, by which edition, and what
//! followed. Nothing is computed anew: it is read from rows that are never changed.

use crate::corrections::{self, Correction};
use crate::error::{CaseworkError, Result};
use crate::room::{Casework, Core};
use crate::view::EventLine;
use access::{Action, Actor, Resource, State};
use kernel::{CaseId, FamilyId, Region};
use store::{Query, params};

/// What was known at a moment, or happened after it, about one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The case.
    pub ticket: String,
    /// Its kind.
    pub kind: String,
    /// Events until the moment.
    pub before: Vec<EventLine>,
    /// Events after it.
    pub after: Vec<EventLine>,
}

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The moment, in milliseconds since 1970.
    pub at: i64,
    /// The edition that readers saw then: its name and the SHA-256 of its manifest, which seals
    /// model, cut-offs, rules and lists.
    pub edition: Option<(String, String)>,
    /// Editions that followed.
    pub editions_after: Vec<(String, String)>,
    /// Cases of the family.
    pub cases: Vec<Known>,
    /// Corrections accepted until then.
    pub corrections_before: Vec<Correction>,
    /// Corrections accepted after it.
    pub corrections_after: Vec<Correction>,
}

impl Casework {
    /// Replays what was known about a family at a moment. The reading is written down.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] when the actor may not know.
    pub fn replay(
        &self,
        actor: &Actor,
        family: FamilyId,
        village: Region,
        at: i64,
    ) -> Result<Replay> {
        let actor = *actor;
        self.write(move |tx, core| {
            let row = tx.query_opt(
                "SELECT family_id FROM account WHERE account = $1",
                params![actor.account],
            )?;
            let own_family =
                row.map(|row| row.get::<Option<u64>>("family_id")).transpose()?.flatten();
            let own = own_family == Some(family.get());
            let resource =
                Resource { region: Some(village), state: State::Closed, own, acted: false };
            if !core.policies.decide(&actor, Action::ReplayRead, &resource) {
                return Err(CaseworkError::NotFound);
            }
            core.log_read(tx, &actor, "replay", Some(family), None)?;
            core.replay(tx, family, at)
        })
    }
}

impl Core {
    fn replay(&self, query: &mut impl Query, family: FamilyId, at: i64) -> Result<Replay> {
        let sql = "SELECT name, manifest_sha256, published_at FROM edition WHERE published_at IS NOT NULL ORDER BY published_at, number";
        let (mut edition, mut editions_after) = (None, Vec::new());
        for row in query.query(sql, params![])? {
            let named = (row.get("name")?, row.get("manifest_sha256")?);
            if row.get::<i64>("published_at")? <= at {
                edition = Some(named);
            } else {
                editions_after.push(named);
            }
        }
        let mut cases = Vec::new();
        let sql =
            "SELECT case_id, ticket, kind FROM work_case WHERE family_id = $1 ORDER BY case_id";
        for row in query.query(sql, params![family.get()])? {
            let events = self.events(query, CaseId::new(row.get("case_id")?))?;
            let (before, after) = events.into_iter().partition(|event| event.at <= at);
            cases.push(Known { ticket: row.get("ticket")?, kind: row.get("kind")?, before, after });
        }
        let rows = query.query(
            "SELECT c.correction_id, c.effect, c.family_id, c.person_id, c.village, c.variable, c.value, c.evidence,
               c.observed_on, c.accepted_at, w.ticket, c.seq
             FROM correction c JOIN work_case w ON w.case_id = c.case_id WHERE c.family_id = $1 ORDER BY c.correction_id",
            params![family.get()],
        )?;
        let (mut corrections_before, mut corrections_after) = (Vec::new(), Vec::new());
        for row in &rows {
            let is_before = row.get::<i64>("accepted_at")? <= at;
            let list = if is_before { &mut corrections_before } else { &mut corrections_after };
            list.push(corrections::read(row)?);
        }
        Ok(Replay { at, edition, editions_after, cases, corrections_before, corrections_after })
    }
}
