//! A case's row, and what may be done to it by whom.

use crate::error::{CaseworkError, Result};
use crate::room::{Core, Entry};
use crate::words::Change;
use access::{Actor, Resource, Role, State};
use kernel::{CaseId, FamilyId, Region};
use store::{Query, Row, Tx, params};

/// Columns of `work_case`, in the order that [`CaseRow::read`] does not depend on.
pub(crate) const COLUMNS: &str = "case_id, ticket, kind, village, subject, family_id, person_id, state, step, holder, \
     taken_by, opened_at, step_at, due_at, law_due_at, escalations, urgent, outcome, closed_at, decided_by, \
     decided_role, appealed, events";

/// One case as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// Its id.
    pub case: CaseId,
    /// Its number for people.
    pub ticket: String,
    /// A kind of `cases.toml`.
    pub kind: String,
    /// The village.
    pub village: Region,
    /// Whom, as in the store.
    pub subject: String,
    /// The family, if it is in the registry.
    pub family: Option<FamilyId>,
    /// The person, if it is about one.
    pub person: Option<u64>,
    /// Open, closed, sealed.
    pub state: State,
    /// The step, or `accepted`, `rejected`, `withdrawn`.
    pub step: String,
    /// The role that holds it.
    pub holder: String,
    /// Higher levels that hold it too because a deadline passed.
    pub taken_by: Vec<String>,
    /// When it was opened.
    pub opened_at: i64,
    /// When the step began.
    pub step_at: i64,
    /// By when the holder must act.
    pub due_at: i64,
    /// By when the law wants it closed.
    pub law_due_at: i64,
    /// How often a deadline passed.
    pub escalations: u32,
    /// Goes before others.
    pub urgent: bool,
    /// How it ended: `step.decision`.
    pub outcome: Option<String>,
    /// When it ended.
    pub closed_at: Option<i64>,
    /// The account that decided last.
    pub decided_by: Option<u64>,
    /// The role that decided last.
    pub decided_role: Option<String>,
    /// True when the one appeal was used.
    pub appealed: bool,
    /// How many events it has.
    pub events: u32,
}

impl CaseRow {
    pub(crate) fn read(row: &Row) -> Result<Self> {
        let village: u64 = row.get("village")?;
        let taken: String = row.get("taken_by")?;
        let state: String = row.get("state")?;
        Ok(Self {
            case: CaseId::new(row.get("case_id")?),
            ticket: row.get("ticket")?,
            kind: row.get("kind")?,
            village: Region::from_number(village)
                .map_err(|e| CaseworkError::Refused(e.to_string()))?,
            subject: row.get("subject")?,
            family: row.get::<Option<u64>>("family_id")?.map(FamilyId::new),
            person: row.get("person_id")?,
            state: State::from_word(&state).unwrap_or(State::Sealed),
            step: row.get("step")?,
            holder: row.get("holder")?,
            taken_by: taken.split_whitespace().map(str::to_owned).collect(),
            opened_at: row.get("opened_at")?,
            step_at: row.get("step_at")?,
            due_at: row.get("due_at")?,
            law_due_at: row.get("law_due_at")?,
            escalations: row.get("escalations")?,
            urgent: row.get::<i64>("urgent")? != 0,
            outcome: row.get("outcome")?,
            closed_at: row.get("closed_at")?,
            decided_by: row.get("decided_by")?,
            decided_role: row.get("decided_role")?,
            appealed: row.get::<i64>("appealed")? != 0,
            events: row.get("events")?,
        })
    }

    pub(crate) fn load(query: &mut impl Query, case: CaseId) -> Result<Self> {
        let sql = format!("SELECT {COLUMNS} FROM work_case WHERE case_id = $1");
        query
            .query_opt(&sql, params![case.get()])?
            .as_ref()
            .map_or(Err(CaseworkError::NotFound), Self::read)
    }

    /// The highest level that holds the case.
    #[must_use]
    pub fn level(&self) -> &str {
        self.taken_by.last().unwrap_or(&self.holder)
    }

    /// True when this role holds the case, by the step or because a deadline passed.
    #[must_use]
    pub fn is_held_by(&self, role: Role) -> bool {
        self.holder == role.word() || self.taken_by.iter().any(|taken| taken == role.word())
    }

    /// The case as the policies see it.
    pub(crate) fn resource(&self, query: &mut impl Query, actor: &Actor) -> Result<Resource> {
        let own_family = query
            .query_opt("SELECT family_id FROM account WHERE account = $1", params![actor.account])?
            .map(|row| row.get::<Option<u64>>("family_id"))
            .transpose()?
            .flatten();
        let is_family = own_family.is_some() && own_family == self.family.map(FamilyId::get);
        let reported = actor.role == Role::Citizen
            && actor.account != 0
            && query
                .query_opt(
                    "SELECT report_id FROM report WHERE case_id = $1 AND account = $2 LIMIT 1",
                    params![self.case.get(), actor.account],
                )?
                .is_some();
        Ok(Resource {
            region: Some(self.village),
            state: self.state,
            own: is_family || reported,
            acted: self.decided_by == Some(actor.account),
        })
    }
}

/// Something that happened to a case.
pub(crate) struct Event<'a> {
    pub kind: &'a str,
    pub at: i64,
    pub account: u64,
    pub role: &'a str,
    pub next_step: &'a str,
    pub decision: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub due_at: Option<i64>,
    pub changes: &'a [Change],
}

impl Core {
    /// Writes the event and its journal leaf; the case's counter of events goes up by one.
    pub fn event(&self, tx: &mut Tx<'_>, case: &mut CaseRow, event: &Event<'_>) -> Result<u64> {
        let payload = serde_json::json!({
            "case": case.ticket, "event": event.kind, "step": case.step, "next": event.next_step,
            "decision": event.decision, "reason": event.reason, "due_at": event.due_at, "changes": event.changes,
        });
        let seq = self.record(
            tx,
            Entry {
                kind: event.kind,
                at: event.at,
                actor: format!("{}:{}", event.role, event.account),
                subject: &case.subject,
                about: case.ticket.clone(),
                payload: payload.to_string(),
            },
        )?;
        case.events += 1;
        let place = format!("case_event.reason|{}.{}", case.case.get(), case.events);
        let reason = event.reason.map(|reason| self.seal_text(&place, reason)).transpose()?;
        tx.execute(
            "INSERT INTO case_event (case_id, number, at, kind, account, role, step, next_step, decision, reason, due_at, seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            params![
                case.case.get(), case.events, event.at, event.kind, event.account, event.role, &case.step,
                event.next_step, event.decision, reason, event.due_at, seq
            ],
        )?;
        tx.execute(
            "UPDATE work_case SET events = $2 WHERE case_id = $1",
            params![case.case.get(), case.events],
        )?;
        Ok(seq)
    }
}
