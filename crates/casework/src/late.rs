//! No silent lapse: a deadline that passes adds the next level as holder, with a clock of its own,
//! and tells the reporter. Nothing ends because nobody answered.

use crate::calendar::day_of;
use crate::case::{CaseRow, Event};
use crate::error::Result;
use crate::room::{Casework, Core};
use kernel::CaseId;
use store::{Query, StoreError, Tx, params};

/// Cases escalated in one transaction.
const BATCH: u32 = 200;

impl Casework {
    /// Escalates every open case whose deadline has passed. Run it every minute; running it twice
    /// changes nothing. Returns how many were escalated.
    ///
    /// # Errors
    /// When the store fails; what was escalated before stays so.
    pub fn escalate_late(&self) -> Result<u64> {
        let mut escalated = 0;
        loop {
            let now = self.now_ms();
            let rows = self.store.read::<_, StoreError>(|reader| {
                reader.query(
                    "SELECT case_id FROM work_case WHERE state = 'open' AND due_at < $1 ORDER BY due_at, case_id LIMIT $2",
                    params![now, BATCH],
                )
            })?;
            if rows.is_empty() {
                return Ok(escalated);
            }
            let cases = rows
                .iter()
                .map(|row| row.get("case_id"))
                .collect::<std::result::Result<Vec<u64>, _>>()?;
            escalated += self.write(move |tx, core| {
                let mut count = 0;
                for case in cases {
                    count += u64::from(core.escalate(tx, CaseId::new(case), now)?);
                }
                Ok(count)
            })?;
        }
    }
}

impl Core {
    /// Escalates one case, unless somebody acted since it was looked at.
    fn escalate(&self, tx: &mut Tx<'_>, case: CaseId, now: i64) -> Result<bool> {
        let mut row = CaseRow::load(tx, case)?;
        if row.state != access::State::Open || row.due_at >= now {
            return Ok(false);
        }
        let level = self.tables.above(row.level()).unwrap_or(access::Role::Ministry);
        let mut taken = row.taken_by.clone();
        if !row.is_held_by(level) {
            taken.push(level.word().to_owned());
        }
        let due_at = self.tables.escalation_due(now)?;
        let event = Event {
            kind: "late",
            at: now,
            account: 0,
            role: "system",
            next_step: &row.step.clone(),
            decision: None,
            reason: None,
            due_at: Some(due_at),
            changes: &[],
        };
        let seq = self.event(tx, &mut row, &event)?;
        tx.execute(
            "UPDATE work_case SET taken_by = $2, due_at = $3, escalations = escalations + 1 WHERE case_id = $1",
            params![case.get(), taken.join(" "), due_at],
        )?;
        let holder = crate::view::role_label(level.word());
        let due = day_of(due_at).to_string();
        for (report, body) in self.report_bodies(tx, case)? {
            if let Some(contact) = &body.contact {
                let words = [("ticket", row.ticket.as_str()), ("holder", holder), ("due", &due)];
                self.post(tx, &format!("event:{seq}:{report}"), contact, "late", &words, now)?;
            }
        }
        Ok(true)
    }
}
