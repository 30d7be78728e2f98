//! Reports in: one claim by many doors is one case, the same report twice has one effect, and a
//! flood from one source is seen but never lost.

use crate::calendar::day_of;
use crate::case::{CaseRow, Event};
use crate::error::{CaseworkError, Result};
use crate::messages::door;
use crate::room::{Casework, Core, check_id, earlier_answer, keep_answer, next_number};
use crate::text::limited;
use crate::words::{
    CHANGES_MAX, Change, Channel, Contact, EVIDENCE_BYTES_MAX, EVIDENCE_COUNT_MAX, Filed,
    NewEvidence, NewReport, Subject,
};
use access::{Action, Actor, Resource, Role, State};
use kernel::{CaseId, Level};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use store::{Query, Tx, params};

/// Reports of one source on one day after which further ones are marked as a flood.
pub const FLOOD_PER_DAY: u32 = 20;
/// Characters of a follow word: no 0, O, 1, I, L.
const FOLLOW_LETTERS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const FOLLOW_LENGTH: usize = 10;

/// What is sealed of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportBody {
    pub text: String,
    pub changes: Vec<Change>,
    pub contact: Option<Contact>,
    pub about_self: bool,
}

impl Casework {
    /// Files a report. `Ok` means: on the disk, in the journal, with a case.
    ///
    /// # Errors
    /// When the actor may not, a limit is passed, a word is unknown, or the store fails. Nothing
    /// is written then.
    pub fn file_report(&self, actor: &Actor, report: NewReport) -> Result<Filed> {
        let actor = *actor;
        self.write(move |tx, core| core.file(tx, &actor, &report))
    }

    /// The word a reporter follows a case with; the same every time it is asked for.
    #[must_use]
    pub fn follow_word(&self, report_id: &str) -> String {
        self.core.follow_word(report_id)
    }
}

impl Core {
    pub(crate) fn follow_word(&self, report_id: &str) -> String {
        let bytes = self.vault.index("report.follow", report_id.as_bytes());
        let letters = bytes.iter().take(FOLLOW_LENGTH);
        letters
            .map(|b| char::from(FOLLOW_LETTERS[usize::from(*b) % FOLLOW_LETTERS.len()]))
            .collect()
    }

    fn file(&self, tx: &mut Tx<'_>, actor: &Actor, report: &NewReport) -> Result<Filed> {
        let body = self.check_report(report)?;
        let digest = self.report_digest(report, &body)?;
        if let Some(answer) = earlier_answer(tx, &report.id, &digest)? {
            return again(&answer, self.follow_word(&report.id));
        }
        let own = report.about_self && actor.role == Role::Citizen;
        let resource =
            Resource { region: Some(report.village), state: State::Open, own, acted: false };
        self.allow(actor, Action::CaseFile, &resource)?;
        let now = self.clock.now_ms();
        let topics = topics(report);
        let open = find_open(tx, &report.subject.word(), &topics)?;
        let joined = open.is_some();
        let mut case = match open {
            Some(case) => CaseRow::load(tx, case)?,
            None => self.open_case(tx, report, now)?,
        };
        add_topics(tx, &case, &topics)?;
        if report.urgent && !case.urgent {
            case.urgent = true;
            tx.execute(
                "UPDATE work_case SET urgent = 1 WHERE case_id = $1",
                params![case.case.get()],
            )?;
        }
        let event = Event {
            kind: if joined { "report_joined" } else { "report" },
            at: now,
            account: actor.account,
            role: actor.role.word(),
            next_step: &case.step.clone(),
            decision: None,
            reason: Some(&body.text),
            due_at: Some(case.due_at),
            changes: &body.changes,
        };
        let seq = self.event(tx, &mut case, &event)?;
        self.keep_report(tx, actor, report, &body, &case, seq, now)?;
        self.add_evidence(tx, actor, &case, &report.evidence, now)?;
        door(tx, report.channel.word(), "last_in_at", now)?;
        let step = self.tables.step(&case.step)?;
        let filed = Filed {
            case: case.case,
            ticket: case.ticket.clone(),
            follow: String::new(),
            joined,
            again: false,
            seq,
            step_name: step.name.clone(),
            due_at: case.due_at,
        };
        if let Some(contact) = &body.contact {
            let kind = self.tables.kind(&case.kind)?.name.clone();
            let due = day_of(case.due_at).to_string();
            let words = [
                ("kind", kind.as_str()),
                ("ticket", &case.ticket),
                ("step", &step.name),
                ("due", &due),
            ];
            let template = if joined { "joined" } else { "received" };
            self.post(tx, &format!("report:{}", report.id), contact, template, &words, now)?;
        }
        let answer =
            serde_json::to_string(&filed).map_err(|e| CaseworkError::Refused(e.to_string()))?;
        keep_answer(tx, &report.id, &digest, &answer, now)?;
        Ok(Filed { follow: self.follow_word(&report.id), ..filed })
    }

    fn check_report(&self, report: &NewReport) -> Result<ReportBody> {
        let refuse = |why: String| Err(CaseworkError::Refused(why));
        check_id(&report.id)?;
        let kind = self.tables.kind(&report.kind)?;
        if report.village.level() != Level::Village {
            return refuse(format!("{} is not a village", report.village));
        }
        if report.changes.len() > CHANGES_MAX || report.topics.len() > CHANGES_MAX {
            return refuse(format!("more than {CHANGES_MAX} changes in one report"));
        }
        check_changes(&report.changes)?;
        for topic in &report.topics {
            check_word("topic", topic)?;
        }
        self.check_evidence(&report.evidence)?;
        let text = limited(&report.text)?;
        let lacks = |need: &&String| match need.as_str() {
            "statement" => text.is_empty() && report.changes.is_empty(),
            need => !report.evidence.iter().any(|evidence| evidence.kind == need),
        };
        if let Some(missing) = kind.needs.iter().find(lacks) {
            return refuse(format!("{} needs {missing}", kind.name));
        }
        let contact = report.contact.clone();
        Ok(ReportBody {
            text,
            changes: report.changes.clone(),
            contact,
            about_self: report.about_self,
        })
    }

    pub(crate) fn check_evidence(&self, evidence: &[NewEvidence]) -> Result<()> {
        let refuse = |why: String| Err(CaseworkError::Refused(why));
        if evidence.len() > EVIDENCE_COUNT_MAX {
            return refuse(format!("more than {EVIDENCE_COUNT_MAX} pieces of evidence at once"));
        }
        for piece in evidence {
            if self.tables.evidence(&piece.kind).is_none() {
                return refuse(format!("there is no evidence `{}`", piece.kind));
            }
            if piece.bytes.len() > EVIDENCE_BYTES_MAX {
                return refuse(format!("{}: larger than 2 MiB", piece.kind));
            }
            limited(&piece.note)?;
        }
        Ok(())
    }

    /// A keyed digest of what was sent, to tell a repetition from another report with the same id.
    fn report_digest(&self, report: &NewReport, body: &ReportBody) -> Result<[u8; 16]> {
        let evidence: Vec<String> =
            report.evidence.iter().map(|e| format!("{}:{}", e.kind, sha256(&e.bytes))).collect();
        let text = serde_json::to_string(&(
            body,
            &report.kind,
            report.channel.word(),
            report.village,
            report.subject.word(),
            &report.topics,
            evidence,
        ));
        let text = text.map_err(|e| CaseworkError::Refused(e.to_string()))?;
        Ok(self.vault.index("command.digest", text.as_bytes()))
    }

    fn open_case(&self, tx: &mut Tx<'_>, report: &NewReport, now: i64) -> Result<CaseRow> {
        let kind = self.tables.kind(&report.kind)?;
        let step = self.tables.step(&kind.start)?;
        let law_due_at = self.tables.due(&kind.law, now)?;
        let due_at = self.tables.due(&step.clock, now)?.min(law_due_at);
        let case = next_number(tx, "case")?;
        let regency = report.village.at(Level::Regency).unwrap_or(report.village).plain();
        let (year, month, _) = day_of(now).ymd();
        let series = format!("{}-{regency}-{:02}{month:02}", kind.code, year % 100);
        let number = next_number(tx, &format!("ticket:{series}"))?;
        let urgent = report.urgent || kind.urgent;
        tx.execute(
            "INSERT INTO work_case (case_id, ticket, kind, village, subject, family_id, person_id, state, step, holder, taken_by,
               opened_at, step_at, due_at, law_due_at, escalations, urgent, appealed, events)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, '', $10, $10, $11, $12, 0, $13, 0, 0)",
            params![
                case, format!("{series}-{number:04}"), &kind.id, report.village, report.subject.word(),
                report.subject.family().map(kernel::FamilyId::get), report.person.map(kernel::PersonId::get),
                &step.id, step.holder.word(), now, due_at, law_due_at, urgent
            ],
        )?;
        CaseRow::load(tx, CaseId::new(case))
    }

    #[expect(clippy::too_many_arguments, reason = "one row, written in one place")]
    fn keep_report(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        report: &NewReport,
        body: &ReportBody,
        case: &CaseRow,
        seq: u64,
        now: i64,
    ) -> Result<()> {
        let source = hex::encode(report.reporter);
        let day = day_of(now).days();
        let count: u32 = tx
            .query_one(
                "INSERT INTO source_count (source, day, reports) VALUES ($1, $2, 1)
                 ON CONFLICT (source, day) DO UPDATE SET reports = source_count.reports + 1 RETURNING reports",
                params![&source, day],
            )?
            .get("reports")?;
        let flooded = count > FLOOD_PER_DAY && !report.channel.is_official();
        let confidential = self.tables.kind(&report.kind)?.confidential
            || !report.about_self && !report.channel.is_official();
        let text =
            serde_json::to_string(body).map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let sealed = self.seal_text(&format!("report.body|{}", report.id), &text)?;
        let follow =
            self.vault.index("report.follow-check", self.follow_word(&report.id).as_bytes());
        tx.execute(
            "INSERT INTO report (report_id, case_id, channel, account, reporter, source, confidential, flooded, body, follow_hash, received_at, seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            params![
                &report.id, case.case.get(), report.channel.word(), actor.account, report.reporter, &source,
                confidential, flooded, sealed, follow, now, seq
            ],
        )?;
        Ok(())
    }

    /// Values that an official found while handling a case lie in it beside what was said: as a
    /// report of a visit, under the command's id.
    #[expect(clippy::too_many_arguments, reason = "one row, written in one place")]
    pub(crate) fn keep_found(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: &CaseRow,
        command: &str,
        changes: &[Change],
        seq: u64,
        now: i64,
    ) -> Result<()> {
        let report = NewReport {
            id: format!("found-{seq}"),
            kind: case.kind.clone(),
            channel: Channel::Ground,
            village: case.village,
            subject: Subject::Unknown([0; 16]),
            person: None,
            text: String::new(),
            changes: Vec::new(),
            topics: Vec::new(),
            contact: None,
            reporter: self
                .vault
                .index("official", format!("{}|{command}", actor.account).as_bytes()),
            about_self: true,
            urgent: false,
            evidence: Vec::new(),
        };
        let body = ReportBody {
            text: String::new(),
            changes: changes.to_vec(),
            contact: None,
            about_self: true,
        };
        self.keep_report(tx, actor, &report, &body, case, seq, now)
    }

    pub(crate) fn add_evidence(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: &CaseRow,
        evidence: &[NewEvidence],
        now: i64,
    ) -> Result<()> {
        for piece in evidence {
            let id = next_number(tx, "evidence")?;
            let body = self.vault.seal(&format!("evidence.body|{id}"), &piece.bytes)?;
            let note = self.seal_text(&format!("evidence.note|{id}"), &limited(&piece.note)?)?;
            tx.execute(
                "INSERT INTO evidence (evidence_id, case_id, kind, media, sha256, body, note, account, role, added_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                params![
                    id, case.case.get(), &piece.kind, &piece.media, sha256(&piece.bytes), body, note, actor.account,
                    actor.role.word(), now
                ],
            )?;
        }
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn again(answer: &str, follow: String) -> Result<Filed> {
    let filed: Filed =
        serde_json::from_str(answer).map_err(|e| CaseworkError::Refused(e.to_string()))?;
    Ok(Filed { again: true, follow, ..filed })
}

fn check_word(what: &str, word: &str) -> Result<()> {
    let fits = !word.is_empty()
        && word.len() <= 64
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:.".contains(&b));
    if fits {
        Ok(())
    } else {
        Err(CaseworkError::Refused(format!("a {what} has up to 64 of a-z 0-9 _ : .")))
    }
}

pub(crate) fn check_changes(changes: &[Change]) -> Result<()> {
    for change in changes {
        check_word("variable", &change.variable)?;
        if change.value.chars().count() > 200 {
            return Err(CaseworkError::Refused(format!(
                "the value of {} is longer than 200 characters",
                change.variable
            )));
        }
    }
    Ok(())
}

/// What a report is about: its values and topics, or its kind when there are none.
fn topics(report: &NewReport) -> BTreeSet<String> {
    let of_person = |change: &Change| match change.person {
        Some(person) => format!("{}.{person}", change.variable),
        None => change.variable.clone(),
    };
    let mut topics: BTreeSet<String> = report.changes.iter().map(of_person).collect();
    topics.extend(report.topics.iter().cloned());
    if topics.is_empty() {
        topics.insert(report.kind.clone());
    }
    topics
}

/// The oldest open case about this subject and any of these topics.
fn find_open(tx: &mut Tx<'_>, subject: &str, topics: &BTreeSet<String>) -> Result<Option<CaseId>> {
    let rows = tx.query(
        "SELECT topic, case_id FROM case_topic WHERE subject = $1 ORDER BY case_id",
        params![subject],
    )?;
    for row in rows {
        if topics.contains(&row.get::<String>("topic")?) {
            return Ok(Some(CaseId::new(row.get("case_id")?)));
        }
    }
    Ok(None)
}

pub(crate) fn add_topics(tx: &mut Tx<'_>, case: &CaseRow, topics: &BTreeSet<String>) -> Result<()> {
    for topic in topics {
        tx.execute(
            "INSERT INTO case_topic (subject, topic, case_id) VALUES ($1, $2, $3) ON CONFLICT (subject, topic) DO NOTHING",
            params![&case.subject, topic, case.case.get()],
        )?;
    }
    Ok(())
}
