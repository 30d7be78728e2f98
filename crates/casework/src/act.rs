//! Decisions: by who holds the case, with a reason, never one's own; an accepted change becomes a
//! correction in the same transaction as the decision and its journal leaf.

use crate::calendar::day_of;
use crate::case::{CaseRow, Event};
use crate::error::{CaseworkError, Result};
use crate::report::{ReportBody, check_changes};
use crate::room::{Casework, Core, check_id, earlier_answer, keep_answer, next_number};
use crate::tables::{ACCEPTED, DecisionRule, StepRule, is_end};
use crate::text;
use crate::words::{Act, Acted, Change, NewEvidence};
use access::{Action, Actor, State};
use kernel::CaseId;
use store::{Query, Tx, params};

/// How often a case may be sent back before it has to be decided.
const RETURNS_MAX: i64 = 2;

impl Casework {
    /// Takes a decision of the case's step.
    ///
    /// # Errors
    /// When the actor does not hold the case or may not, the decision is not one of the step's,
    /// evidence or reason is missing, or the store fails.
    pub fn act(&self, actor: &Actor, act: Act) -> Result<Acted> {
        let actor = *actor;
        self.write(move |tx, core| core.act(tx, &actor, &act))
    }

    /// Adds evidence to an open case without deciding.
    ///
    /// # Errors
    /// When the actor may not, or the evidence is of an unknown kind or too large.
    pub fn add_evidence(
        &self,
        actor: &Actor,
        case: CaseId,
        evidence: Vec<NewEvidence>,
    ) -> Result<u64> {
        let actor = *actor;
        self.write(move |tx, core| {
            core.check_evidence(&evidence)?;
            let mut row = CaseRow::load(tx, case)?;
            let resource = row.resource(tx, &actor)?;
            let holds = row.is_held_by(actor.role) && row.state == State::Open;
            if !holds {
                core.allow(&actor, Action::CaseJoin, &resource)?;
            } else {
                core.allow(&actor, Action::CaseRead, &resource)?;
            }
            if row.state != State::Open {
                return Err(CaseworkError::Refused("the case is closed".to_owned()));
            }
            let now = core.clock.now_ms();
            core.add_evidence(tx, &actor, &row, &evidence, now)?;
            let step = row.step.clone();
            core.event(tx, &mut row, &plain("evidence", now, &actor, &step, None))
        })
    }
}

pub(crate) fn plain<'a>(
    kind: &'a str,
    at: i64,
    actor: &Actor,
    next: &'a str,
    reason: Option<&'a str>,
) -> Event<'a> {
    Event {
        kind,
        at,
        account: actor.account,
        role: actor.role.word(),
        next_step: next,
        decision: None,
        reason,
        due_at: None,
        changes: &[],
    }
}

impl Core {
    /// Runs a command once: the same id with the same contents gets its first answer again.
    pub(crate) fn once(
        &self,
        tx: &mut Tx<'_>,
        command: &str,
        contents: &str,
        work: impl FnOnce(&mut Tx<'_>, i64) -> Result<Acted>,
    ) -> Result<Acted> {
        let wrong = |e: serde_json::Error| CaseworkError::Refused(e.to_string());
        check_id(command)?;
        let digest = self.vault.index("command.digest", contents.as_bytes());
        if let Some(answer) = earlier_answer(tx, command, &digest)? {
            return serde_json::from_str(&answer).map_err(wrong);
        }
        let now = self.clock.now_ms();
        let acted = work(tx, now)?;
        let answer = serde_json::to_string(&acted).map_err(wrong)?;
        keep_answer(tx, command, &digest, &answer, now)?;
        Ok(acted)
    }

    fn act(&self, tx: &mut Tx<'_>, actor: &Actor, act: &Act) -> Result<Acted> {
        self.check_evidence(&act.evidence)?;
        check_changes(act.changes.as_deref().unwrap_or_default())?;
        let contents = format!(
            "{}|{}|{}|{:?}|{}",
            act.case, act.decision, act.reason, act.changes, actor.account
        );
        self.once(tx, &act.command, &contents, |tx, now| {
            let mut case = CaseRow::load(tx, act.case)?;
            let (step, decision) = self.may_decide(tx, actor, &case, &act.decision)?;
            let reason = text::reason(&act.reason)?;
            self.add_evidence(tx, actor, &case, &act.evidence, now)?;
            self.demand(tx, &case, &step, &decision)?;
            self.decide(tx, actor, &mut case, &decision, &reason, act, now)
        })
    }

    /// The step and decision, when the actor holds the case and the policies allow it.
    fn may_decide(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: &CaseRow,
        decision: &str,
    ) -> Result<(StepRule, DecisionRule)> {
        let resource = case.resource(tx, actor)?;
        if case.state != State::Open {
            self.allow(actor, Action::CaseRead, &resource)?;
            return Err(CaseworkError::Refused(format!("{} is closed", case.ticket)));
        }
        let step = self.tables.step(&case.step)?;
        let action =
            if case.holder == actor.role.word() { step.action } else { Action::CaseTakeOver };
        self.allow(actor, action, &resource)?;
        if !case.is_held_by(actor.role) {
            return Err(CaseworkError::NotAllowed(format!(
                "{} is held by {} now",
                case.ticket,
                case.level()
            )));
        }
        let found = step.decision.iter().find(|rule| rule.id == decision);
        let found = found.ok_or_else(|| {
            let known: Vec<&str> = step.decision.iter().map(|rule| rule.id.as_str()).collect();
            CaseworkError::Refused(format!(
                "`{decision}` cannot be decided now, only {}",
                known.join(", ")
            ))
        })?;
        Ok((step.clone(), found.clone()))
    }

    fn demand(
        &self,
        tx: &mut Tx<'_>,
        case: &CaseRow,
        step: &StepRule,
        decision: &DecisionRule,
    ) -> Result<()> {
        for need in &decision.needs {
            let sql = "SELECT evidence_id FROM evidence WHERE case_id = $1 AND kind = $2 LIMIT 1";
            if tx.query_opt(sql, params![case.case.get(), need])?.is_none() {
                let name =
                    self.tables.evidence(need).map_or(need.as_str(), |rule| rule.name.as_str());
                return Err(CaseworkError::Refused(format!("{} needs: {name}", decision.name)));
            }
        }
        if decision.returns {
            let row = tx.query_one(
                "SELECT COUNT(*) AS n FROM case_event WHERE case_id = $1 AND step = $2 AND decision = $3",
                params![case.case.get(), &step.id, &decision.id],
            )?;
            if row.get::<i64>("n")? >= RETURNS_MAX {
                return Err(CaseworkError::Refused(format!(
                    "{} was sent back {RETURNS_MAX} times; it has to be decided now",
                    case.ticket
                )));
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one decision, written in one place")]
    fn decide(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: &mut CaseRow,
        decision: &DecisionRule,
        reason: &str,
        act: &Act,
        now: i64,
    ) -> Result<Acted> {
        let accepted = match &act.changes {
            Some(changes) => changes.clone(),
            None if decision.to == ACCEPTED => self.reported_changes(tx, case)?,
            None => Vec::new(),
        };
        let due_at = if is_end(&decision.to) {
            None
        } else {
            Some(self.step_due(&decision.to, case.law_due_at, now)?)
        };
        let event = Event {
            kind: "decision",
            at: now,
            account: actor.account,
            role: actor.role.word(),
            next_step: &decision.to,
            decision: Some(&decision.id),
            reason: Some(reason),
            due_at,
            changes: &accepted,
        };
        let seq = self.event(tx, case, &event)?;
        if decision.to != ACCEPTED && !accepted.is_empty() {
            self.keep_found(tx, actor, case, &act.command, &accepted, seq, now)?;
        }
        tx.execute(
            "UPDATE work_case SET decided_by = $2, decided_role = $3 WHERE case_id = $1",
            params![case.case.get(), actor.account, actor.role.word()],
        )?;
        let mut corrections = 0;
        if decision.to == ACCEPTED {
            corrections = self.correct(tx, case, &accepted, seq, now)?;
        }
        match due_at {
            Some(due_at) => self.move_to(tx, case, &decision.to, due_at, now)?,
            None => self.close(tx, case, &decision.to, Some(decision), now)?,
        }
        self.tell(tx, case, &decision.to, &decision.name, seq, now)?;
        Ok(Acted { step: decision.to.clone(), seq, due_at, corrections })
    }

    fn step_due(&self, step: &str, law_due_at: i64, now: i64) -> Result<i64> {
        let due = self.tables.due(&self.tables.step(step)?.clock, now)?;
        // The law's clock is the earlier wall, until it has passed and escalated already.
        Ok(if law_due_at > now { due.min(law_due_at) } else { due })
    }

    pub(crate) fn move_to(
        &self,
        tx: &mut Tx<'_>,
        case: &mut CaseRow,
        step: &str,
        due_at: i64,
        now: i64,
    ) -> Result<()> {
        let rule = self.tables.step(step)?;
        tx.execute(
            "UPDATE work_case SET state = 'open', step = $2, holder = $3, taken_by = '', step_at = $4, due_at = $5 WHERE case_id = $1",
            params![case.case.get(), step, rule.holder.word(), now, due_at],
        )?;
        case.step = step.to_owned();
        case.holder = rule.holder.word().to_owned();
        case.due_at = due_at;
        Ok(())
    }

    pub(crate) fn close(
        &self,
        tx: &mut Tx<'_>,
        case: &mut CaseRow,
        end: &str,
        decision: Option<&DecisionRule>,
        now: i64,
    ) -> Result<()> {
        let outcome = decision
            .map_or_else(|| end.to_owned(), |decision| format!("{}.{}", case.step, decision.id));
        tx.execute(
            "UPDATE work_case SET state = 'closed', step = $2, outcome = $3, closed_at = $4 WHERE case_id = $1",
            params![case.case.get(), end, outcome, now],
        )?;
        tx.execute("DELETE FROM case_topic WHERE case_id = $1", params![case.case.get()])?;
        Ok(())
    }

    /// The values that the case's reports ask for; where they differ, the later one counts.
    pub(crate) fn reported_changes(
        &self,
        query: &mut impl Query,
        case: &CaseRow,
    ) -> Result<Vec<Change>> {
        let mut changes: Vec<Change> = Vec::new();
        for (_, body) in self.report_bodies(query, case.case)? {
            for change in body.changes {
                let same =
                    |old: &Change| old.variable == change.variable && old.person == change.person;
                changes.retain(|old| !same(old));
                changes.push(change);
            }
        }
        Ok(changes)
    }

    /// The opened reports of a case, oldest first.
    pub(crate) fn report_bodies(
        &self,
        query: &mut impl Query,
        case: CaseId,
    ) -> Result<Vec<(String, ReportBody)>> {
        let sql = "SELECT report_id, body FROM report WHERE case_id = $1 ORDER BY seq";
        let rows = query.query(sql, params![case.get()])?;
        rows.iter()
            .map(|row| {
                let id: String = row.get("report_id")?;
                let text =
                    self.open_text(&format!("report.body|{id}"), &row.get::<Vec<u8>>("body")?)?;
                let body = serde_json::from_str(&text)
                    .map_err(|e| CaseworkError::Refused(format!("report {id}: {e}")))?;
                Ok((id, body))
            })
            .collect()
    }

    /// Accepted values become corrections for the next edition.
    fn correct(
        &self,
        tx: &mut Tx<'_>,
        case: &CaseRow,
        changes: &[Change],
        seq: u64,
        now: i64,
    ) -> Result<u64> {
        let kind = self.tables.kind(&case.kind)?;
        if kind.effect == "none" {
            return Ok(0);
        }
        let evidence = self.strongest_evidence(tx, case)?;
        let whole =
            [Change { variable: kind.effect.clone(), person: case.person, value: "1".to_owned() }];
        let changes = if changes.is_empty() { &whole[..] } else { changes };
        for change in changes {
            let id = next_number(tx, "correction")?;
            tx.execute(
                "INSERT INTO correction (correction_id, case_id, effect, family_id, person_id, village, variable, value, evidence, observed_on, accepted_at, seq)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                params![
                    id, case.case.get(), &kind.effect, case.family.map(kernel::FamilyId::get), change.person, case.village,
                    &change.variable, &change.value, &evidence, day_of(now), now, seq
                ],
            )?;
        }
        Ok(changes.len() as u64)
    }

    fn strongest_evidence(&self, tx: &mut Tx<'_>, case: &CaseRow) -> Result<String> {
        let rows = tx.query(
            "SELECT kind FROM evidence WHERE case_id = $1 ORDER BY evidence_id",
            params![case.case.get()],
        )?;
        let mut best = ("statement".to_owned(), 0);
        for row in rows {
            let kind: String = row.get("kind")?;
            let weight = self.tables.evidence(&kind).map_or(0, |rule| rule.weight);
            if weight > best.1 {
                best = (kind, weight);
            }
        }
        Ok(best.0)
    }

    /// Tells every reporter of the case who left a way to be reached.
    pub(crate) fn tell(
        &self,
        tx: &mut Tx<'_>,
        case: &CaseRow,
        to: &str,
        outcome: &str,
        seq: u64,
        now: i64,
    ) -> Result<()> {
        for (report, body) in self.report_bodies(tx, case.case)? {
            let Some(contact) = &body.contact else { continue };
            let key = format!("event:{seq}:{report}");
            if is_end(to) {
                let words = [("ticket", case.ticket.as_str()), ("outcome", outcome)];
                self.post(tx, &key, contact, to, &words, now)?;
            } else {
                let step = self.tables.step(to)?;
                let due = day_of(case.due_at).to_string();
                let holder = crate::view::role_label(&case.holder);
                let words = [
                    ("ticket", case.ticket.as_str()),
                    ("step", &step.name),
                    ("holder", holder),
                    ("due", &due),
                ];
                self.post(tx, &key, contact, "moved", &words, now)?;
            }
        }
        Ok(())
    }
}
