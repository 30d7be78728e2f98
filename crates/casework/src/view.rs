//! What people see: the citizen's page by ticket, the official's case, the work list. Reading a
//! case of a family is written down where the family can see it.

use crate::case::{COLUMNS, CaseRow};
use crate::error::{CaseworkError, Result};
use crate::filter::Filter;
use crate::room::{Casework, Core, Entry, next_number};
use crate::words::{Change, Channel, Estimated};
use access::{Action, Actor, Role};
use kernel::{CaseId, FamilyId, Region};
use store::{Query, StoreError, Tx, params};

/// Most rows of one page of a work list.
pub const PAGE_MAX: u32 = 200;

/// A role for people, in Indonesian.
#[must_use]
pub fn role_label(role: &str) -> &'static str {
    match Role::from_word(role) {
        Some(Role::VillageOperator) => "desa atau kelurahan",
        Some(Role::FieldAssistant) => "pendamping",
        Some(Role::DistrictOfficer) => "Dinas Sosial",
        Some(Role::RegentsOffice) => "kantor bupati atau wali kota",
        Some(Role::Province) => "pemerintah provinsi",
        Some(Role::Ministry) => "Kementerian Sosial",
        Some(Role::CallAgent) => "petugas 171",
        Some(Role::Citizen | Role::Visitor) => "warga",
        Some(_) => "petugas",
        None => "sistem",
    }
}

/// One line of a case's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// From 1.
    pub number: u32,
    /// When.
    pub at: i64,
    /// `report`, `report_joined`, `decision`, `late`, `appeal`, `withdrawn`, `evidence`.
    pub kind: String,
    /// The account, 0 for nobody or the system.
    pub account: u64,
    /// The role.
    pub role: String,
    /// The step it happened in.
    pub step: String,
    /// The step after it.
    pub next_step: String,
    /// The decision.
    pub decision: Option<String>,
    /// Why, or what was said. Left out where the reader may not see it.
    pub reason: Option<String>,
    /// The deadline it set.
    pub due_at: Option<i64>,
    /// Its place in the journal.
    pub seq: u64,
}

/// One report of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// The client-made id.
    pub id: String,
    /// The door.
    pub channel: Channel,
    /// When.
    pub at: i64,
    /// What was said.
    pub text: String,
    /// The values that were said.
    pub changes: Vec<Change>,
    /// The reporter must stay unknown.
    pub confidential: bool,
    /// It came in a flood of one source.
    pub flooded: bool,
    /// The reporter belongs to the family.
    pub about_self: bool,
    /// How much it weighs against others.
    pub weight: u32,
    /// Its place in the journal.
    pub seq: u64,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// Its number.
    pub id: u64,
    /// Its kind.
    pub kind: String,
    /// Its media type.
    pub media: String,
    /// The line about it.
    pub note: String,
    /// Who brought it.
    pub role: String,
    /// When.
    pub at: i64,
    /// Hexadecimal SHA-256 of its bytes.
    pub sha256: String,
}

/// A case with all that its officials need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseView {
    /// The row.
    pub case: CaseRow,
    /// Oldest first.
    pub events: Vec<EventLine>,
    /// Oldest first.
    pub reports: Vec<ReportLine>,
    /// Oldest first.
    pub evidence: Vec<EvidenceLine>,
    /// What would change if it were approved.
    pub estimate: Option<Estimated>,
}

/// What a reporter sees by ticket and follow word: never other reporters, never reasons of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicView {
    /// The row.
    pub case: CaseRow,
    /// History without what others said.
    pub events: Vec<EventLine>,
    /// The place of this reporter's report in the journal.
    pub seq: u64,
    /// The reporter's own report.
    pub report: ReportLine,
}

/// Which rows of a work list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basket {
    /// Held by the actor's role: due first, those in treatment before all.
    Mine,
    /// Open, held by somebody else.
    Others,
    /// Closed, newest first.
    Closed,
}

/// What a work list asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Which rows.
    pub basket: Basket,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this region.
    pub region: Option<Region>,
    /// Only a ticket that starts so.
    pub ticket: Option<String>,
    /// Rows of a page, at most [`PAGE_MAX`].
    pub rows: u32,
    /// Rows to skip.
    pub skip: u32,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { basket: Basket::Mine, kind: None, region: None, ticket: None, rows: 50, skip: 0 }
    }
}

impl Casework {
    /// The cases of an actor's territory and role.
    ///
    /// # Errors
    /// When the store fails.
    pub fn work_list(&self, actor: &Actor, query: &ListQuery) -> Result<Vec<CaseRow>> {
        let Some(filter) = Filter::new(self, actor, query) else { return Ok(Vec::new()) };
        let order = match query.basket {
            Basket::Closed => "closed_at DESC, case_id DESC",
            _ => "urgent DESC, due_at, case_id",
        };
        let (rows, skip) = (query.rows.min(PAGE_MAX), query.skip);
        let sql = format!(
            "SELECT {COLUMNS} FROM work_case WHERE {} ORDER BY {order} LIMIT {rows} OFFSET {skip}",
            filter.sql
        );
        let rows = self.store.read::<_, StoreError>(|reader| reader.query(&sql, &filter.values))?;
        rows.iter().map(CaseRow::read).collect()
    }

    /// How many cases a work list has in all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn work_count(&self, actor: &Actor, query: &ListQuery) -> Result<u64> {
        let Some(filter) = Filter::new(self, actor, query) else { return Ok(0) };
        let sql = format!("SELECT COUNT(*) AS n FROM work_case WHERE {}", filter.sql);
        let row =
            self.store.read::<_, StoreError>(|reader| reader.query_one(&sql, &filter.values))?;
        Ok(row.get("n")?)
    }

    /// A case for an official or its own citizen. The reading is written down.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] also for what the actor may not know of.
    pub fn open_case(&self, actor: &Actor, case: CaseId) -> Result<CaseView> {
        let actor = *actor;
        // Only what is written runs on the one writer; what is shown is read after the commit.
        self.write(move |tx, core| {
            let row = CaseRow::load(tx, case)?;
            let resource = row.resource(tx, &actor)?;
            if !core.policies.decide(&actor, Action::CaseRead, &resource) {
                return Err(CaseworkError::NotFound);
            }
            if !resource.own {
                core.log_read(tx, &actor, "case", row.family, Some(case))?;
            }
            Ok(())
        })?;
        let core = &self.core;
        let (mut view, changes) = self.store.read(|reader| {
            let row = CaseRow::load(reader, case)?;
            let changes = core.reported_changes(reader, &row)?;
            Ok::<_, CaseworkError>((core.view(reader, row)?, changes))
        })?;
        // Not within the read: the estimate needs a reader of its own.
        if let (Some(estimate), Some(family)) = (&core.estimate, view.case.family) {
            view.estimate = estimate.if_approved(family, &changes);
        }
        Ok(view)
    }

    /// The case with this ticket, for somebody who may do one of `actions` to it. A ticket that does
    /// not exist costs the same as one that may not be known of: the case that stands next is read
    /// and decided on instead.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] for both.
    pub fn find_for(&self, actor: &Actor, actions: &[Action], ticket: &str) -> Result<CaseId> {
        let policies = &self.core.policies;
        self.store.read(|reader| {
            let next =
                "SELECT case_id, ticket FROM work_case WHERE ticket >= $1 ORDER BY ticket LIMIT 1";
            let first = "SELECT case_id, ticket FROM work_case ORDER BY ticket LIMIT 1";
            let row = match reader.query_opt(next, params![ticket])? {
                Some(row) => row,
                None => reader.query_opt(first, params![])?.ok_or(CaseworkError::NotFound)?,
            };
            let is_asked = row.get::<String>("ticket")? == ticket;
            let case = CaseRow::load(reader, CaseId::new(row.get("case_id")?))?;
            let resource = case.resource(reader, actor)?;
            let may = actions.iter().any(|&action| policies.decide(actor, action, &resource));
            if may && is_asked { Ok(case.case) } else { Err(CaseworkError::NotFound) }
        })
    }

    /// The case with this ticket, for a caller that asks for the right itself. It shows nothing.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] when there is none.
    pub fn find_ticket(&self, ticket: &str) -> Result<CaseId> {
        let sql = "SELECT case_id FROM work_case WHERE ticket = $1";
        let row =
            self.store.read::<_, StoreError>(|reader| reader.query_opt(sql, params![ticket]))?;
        row.map_or(Err(CaseworkError::NotFound), |row| Ok(CaseId::new(row.get("case_id")?)))
    }

    /// A case for its reporter, by ticket and follow word.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] when they do not belong together, without saying which is wrong.
    pub fn follow(&self, ticket: &str, word: &str) -> Result<PublicView> {
        let word = word.trim().to_uppercase();
        let hash = self.core.vault.index("report.follow-check", word.as_bytes());
        let case = self.find_ticket(ticket.trim())?;
        let core = &self.core;
        self.store.read(|reader| {
            let sql = "SELECT report_id, seq FROM report WHERE case_id = $1 AND follow_hash = $2 ORDER BY seq LIMIT 1";
            let found = reader.query_opt(sql, params![case.get(), hash])?.ok_or(CaseworkError::NotFound)?;
            let row = CaseRow::load(reader, case)?;
            let seq: u64 = found.get("seq")?;
            let mine: String = found.get("report_id")?;
            let report = core.reports(reader, case)?.into_iter().find(|report| report.id == mine);
            let mut events = core.events(reader, case)?;
            for event in &mut events {
                let is_report = event.kind.starts_with("report");
                if is_report && event.seq != seq {
                    event.reason = None;
                }
            }
            events.retain(|event| event.kind != "report_joined" || event.seq == seq);
            Ok(PublicView { case: row, events, seq, report: report.ok_or(CaseworkError::NotFound)? })
        })
    }

    /// The bytes of a piece of evidence, for somebody who may see its case.
    ///
    /// # Errors
    /// As for [`Casework::open_case`].
    pub fn evidence(&self, actor: &Actor, case: CaseId, id: u64) -> Result<(String, Vec<u8>)> {
        let core = &self.core;
        self.store.read(|reader| {
            let row = CaseRow::load(reader, case)?;
            let resource = row.resource(reader, actor)?;
            if !core.policies.decide(actor, Action::CaseRead, &resource) {
                return Err(CaseworkError::NotFound);
            }
            let sql = "SELECT media, body FROM evidence WHERE evidence_id = $1 AND case_id = $2";
            let found =
                reader.query_opt(sql, params![id, case.get()])?.ok_or(CaseworkError::NotFound)?;
            let body =
                core.vault.open(&format!("evidence.body|{id}"), &found.get::<Vec<u8>>("body")?)?;
            Ok((found.get("media")?, body))
        })
    }

    /// Writes down that an actor looked at a family's data; call it with every such page.
    ///
    /// # Errors
    /// When the store fails: then the page must not be shown.
    pub fn note_reading(&self, actor: &Actor, what: &'static str, family: FamilyId) -> Result<u64> {
        let actor = *actor;
        self.write(move |tx, core| core.log_read(tx, &actor, what, Some(family), None))
    }

    /// Who read a family's data, newest first: when, role, purpose, what, journal place.
    ///
    /// # Errors
    /// When the store fails.
    pub fn readers_of(&self, family: FamilyId) -> Result<Vec<ReadLine>> {
        let rows = self.store.read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT at, role, purpose, what, case_id, seq FROM read_log WHERE family_id = $1 ORDER BY read_id DESC LIMIT 200",
                params![family.get()],
            )
        })?;
        let line = |row: &store::Row| {
            Ok(ReadLine {
                at: row.get("at")?,
                role: row.get("role")?,
                purpose: row.get("purpose")?,
                what: row.get("what")?,
                case: row.get::<Option<u64>>("case_id")?.map(CaseId::new),
                seq: row.get("seq")?,
            })
        };
        rows.iter().map(line).collect()
    }
}

/// One reading of a family's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLine {
    /// When.
    pub at: i64,
    /// The reader's role.
    pub role: String,
    /// The purpose.
    pub purpose: String,
    /// What was read.
    pub what: String,
    /// In which case.
    pub case: Option<CaseId>,
    /// Its place in the journal.
    pub seq: u64,
}

impl Core {
    pub(crate) fn log_read(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        what: &str,
        family: Option<FamilyId>,
        case: Option<CaseId>,
    ) -> Result<u64> {
        let now = self.clock.now_ms();
        let subject = family.map(|family| family.to_string()).unwrap_or_default();
        let about = case.map_or_else(|| what.to_owned(), |case| case.to_string());
        let payload = serde_json::json!({"what": what, "purpose": actor.purpose.word(), "account": actor.account});
        let seq = self.record(
            tx,
            Entry {
                kind: "read",
                at: now,
                actor: actor.word(),
                subject: &subject,
                about,
                payload: payload.to_string(),
            },
        )?;
        let id = next_number(tx, "read_log")?;
        tx.execute(
            "INSERT INTO read_log (read_id, at, account, role, purpose, what, family_id, case_id, seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![
                id, now, actor.account, actor.role.word(), actor.purpose.word(), what, family.map(FamilyId::get),
                case.map(CaseId::get), seq
            ],
        )?;
        Ok(seq)
    }

    /// A case without its estimate.
    fn view(&self, query: &mut impl Query, case: CaseRow) -> Result<CaseView> {
        let events = self.events(query, case.case)?;
        let reports = self.reports(query, case.case)?;
        let evidence = self.evidence_lines(query, case.case)?;
        Ok(CaseView { case, events, reports, evidence, estimate: None })
    }

    pub(crate) fn events(&self, query: &mut impl Query, case: CaseId) -> Result<Vec<EventLine>> {
        let rows = query.query(
            "SELECT number, at, kind, account, role, step, next_step, decision, reason, due_at, seq
             FROM case_event WHERE case_id = $1 ORDER BY number",
            params![case.get()],
        )?;
        rows.iter()
            .map(|row| {
                let number: u32 = row.get("number")?;
                let place = format!("case_event.reason|{}.{number}", case.get());
                let reason = row.get::<Option<Vec<u8>>>("reason")?;
                Ok(EventLine {
                    number,
                    at: row.get("at")?,
                    kind: row.get("kind")?,
                    account: row.get("account")?,
                    role: row.get("role")?,
                    step: row.get("step")?,
                    next_step: row.get("next_step")?,
                    decision: row.get("decision")?,
                    reason: reason.map(|sealed| self.open_text(&place, &sealed)).transpose()?,
                    due_at: row.get("due_at")?,
                    seq: row.get("seq")?,
                })
            })
            .collect()
    }

    fn reports(&self, query: &mut impl Query, case: CaseId) -> Result<Vec<ReportLine>> {
        let bodies = self.report_bodies(query, case)?;
        let sql = "SELECT channel, received_at, confidential, flooded, seq FROM report WHERE case_id = $1 ORDER BY seq";
        let rows = query.query(sql, params![case.get()])?;
        let line = |(row, (id, body)): (&store::Row, (String, crate::report::ReportBody))| {
            let channel =
                Channel::from_word(&row.get::<String>("channel")?).unwrap_or(Channel::System);
            let flooded = row.get::<i64>("flooded")? != 0;
            let weight = match channel {
                Channel::Ground => 4,
                _ if flooded => 0,
                channel if channel.is_official() => 2,
                _ => 1,
            };
            Ok(ReportLine {
                id,
                channel,
                at: row.get("received_at")?,
                text: body.text,
                changes: body.changes,
                confidential: row.get::<i64>("confidential")? != 0,
                flooded,
                about_self: body.about_self,
                weight,
                seq: row.get("seq")?,
            })
        };
        rows.iter().zip(bodies).map(line).collect()
    }

    fn evidence_lines(&self, query: &mut impl Query, case: CaseId) -> Result<Vec<EvidenceLine>> {
        let sql = "SELECT evidence_id, kind, media, note, role, added_at, sha256 FROM evidence WHERE case_id = $1 ORDER BY evidence_id";
        let rows = query.query(sql, params![case.get()])?;
        rows.iter()
            .map(|row| {
                let id: u64 = row.get("evidence_id")?;
                Ok(EvidenceLine {
                    id,
                    kind: row.get("kind")?,
                    media: row.get("media")?,
                    note: self
                        .open_text(&format!("evidence.note|{id}"), &row.get::<Vec<u8>>("note")?)?,
                    role: row.get("role")?,
                    at: row.get("added_at")?,
                    sha256: row.get("sha256")?,
                })
            })
            .collect()
    }
}

impl CaseRow {
    /// Whole days past the deadline (positive), or left (negative or zero), in WITA.
    #[must_use]
    pub fn days_late(&self, now_ms: i64) -> i32 {
        crate::calendar::day_of(now_ms).days() - crate::calendar::day_of(self.due_at).days()
    }
}
