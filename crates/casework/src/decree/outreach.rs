//! Outreach: somebody from the village went to a silent family and told them. From then on they are
//! aware, and off the village's list.

use super::counts::{Place, moved, stage};
use crate::calendar::day_of;
use crate::error::Result;
use crate::room::{Casework, Entry};
use access::{Action, Actor, Resource};
use kernel::{FamilyId, Region};
use store::{Query, params};

impl Casework {
    /// Notes that a family that was cut off and silent has been reached. Returns how many people
    /// are aware now; again: none.
    ///
    /// # Errors
    /// When the actor may not work there, or the store fails.
    pub fn note_reached(
        &self,
        actor: &Actor,
        decree: &str,
        village: Region,
        family: FamilyId,
    ) -> Result<u64> {
        let (actor, decree) = (*actor, decree.to_owned());
        self.write(move |tx, core| {
            core.allow(&actor, Action::CaseCheck, &Resource::open_in(village))?;
            let rows = tx.query(
                "SELECT person_id, decile, scheme, applied_on, ended_on FROM decree_person
                 WHERE village = $1 AND stage = $2 AND decree_id = $3 AND family_id = $4 ORDER BY person_id",
                params![village, stage::CUT_OFF, &decree, family.get()],
            )?;
            let now = core.clock.now_ms();
            for row in &rows {
                let from = Place {
                    village: village.number(),
                    decile: row.at(1)?,
                    stage: stage::CUT_OFF,
                    scheme: row.at(2)?,
                    applied_on: row.at(3)?,
                    ended_on: row.at(4)?,
                };
                tx.execute(
                    "UPDATE decree_person SET stage = $3, aware_on = $4 WHERE decree_id = $1 AND person_id = $2",
                    params![&decree, row.at::<u64>(0)?, stage::AWARE, day_of(now)],
                )?;
                moved(tx, &decree, from, Place { stage: stage::AWARE, ..from })?;
            }
            if !rows.is_empty() {
                core.record(
                    tx,
                    Entry {
                        kind: "outreach",
                        at: now,
                        actor: actor.word(),
                        subject: &format!("F{}", family.get()),
                        about: format!("mass:{decree}"),
                        payload: serde_json::json!({ "people": rows.len() }).to_string(),
                    },
                )?;
            }
            Ok(rows.len() as u64)
        })
    }
}
