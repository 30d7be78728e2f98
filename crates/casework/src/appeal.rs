//! The way back: the one appeal to a level above, and taking a report back.

use crate::act::plain;
use crate::case::{CaseRow, Event};
use crate::error::{CaseworkError, Result};
use crate::report::add_topics;
use crate::room::{Casework, Core};
use crate::tables::WITHDRAWN;
use crate::text::{self, limited};
use crate::words::Acted;
use access::{Action, Actor};
use kernel::CaseId;
use std::collections::BTreeSet;
use store::{Tx, params};

impl Casework {
    /// The one appeal against a decision.
    ///
    /// # Errors
    /// When the actor may not, the case is open, was appealed before, or its time is over.
    pub fn appeal(
        &self,
        actor: &Actor,
        command: &str,
        case: CaseId,
        reason: &str,
    ) -> Result<Acted> {
        let (actor, command, reason) = (*actor, command.to_owned(), reason.to_owned());
        let contents = format!("appeal|{case}|{reason}|{}", actor.account);
        self.write(move |tx, core| {
            core.once(tx, &command, &contents, |tx, now| {
                core.appeal(tx, &actor, case, &reason, now)
            })
        })
    }

    /// Takes a report back before it is decided.
    ///
    /// # Errors
    /// When the actor may not or the case is closed.
    pub fn withdraw(
        &self,
        actor: &Actor,
        command: &str,
        case: CaseId,
        reason: &str,
    ) -> Result<Acted> {
        let (actor, command, reason) = (*actor, command.to_owned(), reason.to_owned());
        let contents = format!("withdraw|{case}|{reason}|{}", actor.account);
        self.write(move |tx, core| {
            core.once(tx, &command, &contents, |tx, now| {
                core.withdraw(tx, &actor, case, &reason, now)
            })
        })
    }
}

impl Core {
    fn appeal(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: CaseId,
        reason: &str,
        now: i64,
    ) -> Result<Acted> {
        let mut row = CaseRow::load(tx, case)?;
        let resource = row.resource(tx, actor)?;
        self.allow(actor, Action::CaseAppeal, &resource)?;
        let refuse = |why: &str| Err(CaseworkError::Refused(format!("{}: {why}", row.ticket)));
        if row.step == WITHDRAWN {
            return refuse("it was taken back, so nothing was decided");
        }
        if row.appealed {
            return refuse("the one appeal was used already");
        }
        if row.closed_at.is_none_or(|closed| now - closed > self.tables.appeal_window_ms()) {
            return refuse("the time to appeal is over; a new report is always possible");
        }
        let reason = text::reason(reason)?;
        let step =
            self.tables.appeal_step(row.decided_role.as_deref().unwrap_or_default())?.clone();
        let due_at = self.tables.due(&step.clock, now)?;
        let event =
            Event { due_at: Some(due_at), ..plain("appeal", now, actor, &step.id, Some(&reason)) };
        let seq = self.event(tx, &mut row, &event)?;
        tx.execute(
            "UPDATE work_case SET appealed = 1, outcome = NULL, closed_at = NULL, law_due_at = $2 WHERE case_id = $1",
            params![case.get(), due_at],
        )?;
        self.move_to(tx, &mut row, &step.id, due_at, now)?;
        let topics: BTreeSet<String> =
            self.reported_changes(tx, &row)?.into_iter().map(|c| c.variable).collect();
        add_topics(tx, &row, &topics)?;
        self.tell(tx, &row, &step.id, "", seq, now)?;
        Ok(Acted { step: step.id, seq, due_at: Some(due_at), corrections: 0 })
    }

    fn withdraw(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: CaseId,
        reason: &str,
        now: i64,
    ) -> Result<Acted> {
        let mut row = CaseRow::load(tx, case)?;
        let resource = row.resource(tx, actor)?;
        self.allow(actor, Action::CaseWithdraw, &resource)?;
        let reason = limited(reason)?;
        let seq =
            self.event(tx, &mut row, &plain("withdrawn", now, actor, WITHDRAWN, Some(&reason)))?;
        self.close(tx, &mut row, WITHDRAWN, None, now)?;
        self.tell(tx, &row, WITHDRAWN, "", seq, now)?;
        Ok(Acted { step: WITHDRAWN.to_owned(), seq, due_at: None, corrections: 0 })
    }
}
