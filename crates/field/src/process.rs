//! Forms that came in are worked off: photos made anew, answers compared with the registry and with
//! other forms about the same visit, doubts raised, and what differs becomes a proposed correction:
//! a report by the door `ground`, which joins the family's open case or opens one.
//!
//! Each step can be cut off anywhere and done again: the report's id is made of the instance id, so
//! casework takes it once.

use crate::changes::{answers, changes, home, topics};
use crate::checks::{Doubt, Seen, Standard, check};
use crate::error::{FieldError, Result};
use crate::keep::{close_visit, keep_photo};
use crate::known::KnownFamily;
use crate::merge::merge;
use crate::photo::{BITS_MAX, distance, is_blank, quarters};
use crate::receive::{body_place, file_place, receipt_number};
use crate::room::Field;
use access::{Action, Actor, Resource};
use casework::{Channel, NewEvidence, NewReport, Subject};
use channels::openrosa::submission::Submission;
use kernel::{FamilyId, Region};
use std::collections::BTreeMap;
use store::{Query, Row, StoreError, params};

/// What working off gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Processed {
    /// Forms worked off.
    pub forms: u64,
    /// Of these, how many wait for somebody to look.
    pub review: u64,
    /// Cases opened or joined.
    pub filed: u64,
}

/// A form with all that belongs to it.
pub(crate) struct Case {
    pub instance: String,
    pub number: u64,
    pub account: u64,
    pub received: i64,
    pub submission: Submission,
    pub visit: Option<VisitRow>,
    pub known: Option<KnownFamily>,
}

/// The visit a form is about.
#[derive(Debug, Clone)]
pub(crate) struct VisitRow {
    pub entity: String,
    pub family: FamilyId,
    pub village: Region,
    pub back: bool,
    pub account: Option<u64>,
    pub instance: Option<String>,
}

struct Photo {
    name: String,
    sha: String,
    sealed: Vec<u8>,
    hash: Option<u64>,
}

impl Field {
    /// Works off at most `most` forms, oldest first.
    ///
    /// # Errors
    /// When the store fails. A form that cannot be worked off goes to review with the reason.
    pub fn work_off(&self, most: u32) -> Result<Processed> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT instance_id FROM field_submission WHERE state IN ('waiting', 'ready') ORDER BY number LIMIT $1";
            reader.query(sql, params![most])
        })?;
        let mut done = Processed::default();
        for row in &rows {
            let instance: String = row.get("instance_id")?;
            self.work_off_one(&instance, &mut done)?;
        }
        Ok(done)
    }

    fn work_off_one(&self, instance: &str, done: &mut Processed) -> Result<()> {
        let case = self.load(instance)?;
        if self.is_accepted(instance)? {
            done.forms += 1;
            done.filed += u64::from(self.file(&case)?);
            return Ok(());
        }
        let photos = self.develop_photos(instance)?;
        let mut doubts = self.doubts(&case, &photos)?;
        done.forms += 1;
        let standing = self.standing(&case)?;
        let merged = merge(&standing, &answers(&case.submission));
        if !merged.conflicts.is_empty() {
            let detail: Vec<String> = merged
                .conflicts
                .iter()
                .map(|(path, own, came)| format!("{path}: {own} atau {came}"))
                .collect();
            doubts.push(Doubt { kind: "answers_differ", detail: detail.join("; ") });
        }
        let state = if doubts.is_empty() { "ready" } else { "review" };
        self.keep_work(&case, &photos, &doubts, merged.added, state)?;
        if state == "review" {
            done.review += 1;
            return Ok(());
        }
        match self.file(&case) {
            Ok(filed) => done.filed += u64::from(filed),
            // A refusal by a rule will not pass by trying again: somebody looks at it.
            Err(FieldError::Casework(casework::CaseworkError::Store(error))) => {
                return Err(error.into());
            }
            Err(why) => {
                done.review += 1;
                let doubt = Doubt { kind: "not_filed", detail: why.to_string() };
                self.keep_work(&case, &[], &[doubt], BTreeMap::new(), "review")?;
            }
        }
        Ok(())
    }

    /// True when somebody looked at its doubts and let it pass: it is not doubted again.
    fn is_accepted(&self, instance: &str) -> Result<bool> {
        let row = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT decision FROM field_review WHERE instance_id = $1";
            reader.query_opt(sql, params![instance])
        })?;
        Ok(row.map(|row| row.get::<String>("decision")).transpose()?.as_deref() == Some("accept"))
    }

    pub(crate) fn load(&self, instance: &str) -> Result<Case> {
        let row = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT body, number, account, entity, received_at FROM field_submission WHERE instance_id = $1";
            reader.query_opt(sql, params![instance])
        })?;
        let row = row.ok_or(FieldError::NotFound)?;
        let xml = self.vault().open(&body_place(instance), &row.get::<Vec<u8>>("body")?)?;
        let submission = Submission::read(&xml).map_err(|e| FieldError::Refused(e.to_string()))?;
        let visit = self.visit_row(&row.get::<String>("entity")?)?;
        let known = match &visit {
            Some(visit) => self.known(visit.family)?,
            None => None,
        };
        Ok(Case {
            instance: instance.to_owned(),
            number: row.get("number")?,
            account: row.get("account")?,
            received: row.get("received_at")?,
            submission,
            visit,
            known,
        })
    }

    pub(crate) fn visit_row(&self, entity: &str) -> Result<Option<VisitRow>> {
        let row = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT entity, family_id, village, back, account, instance_id FROM field_visit WHERE entity = $1";
            reader.query_opt(sql, params![entity])
        })?;
        row.as_ref().map(visit_row).transpose()
    }

    fn develop_photos(&self, instance: &str) -> Result<Vec<Photo>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT name, sha256, body, clean, dhash FROM field_attachment WHERE instance_id = $1 ORDER BY name, sha256";
            reader.query(sql, params![instance])
        })?;
        let mut photos = Vec::new();
        for row in &rows {
            let (name, sha): (String, String) = (row.get("name")?, row.get("sha256")?);
            let sealed: Vec<u8> = row.get("body")?;
            if row.get::<i64>("clean")? != 0 {
                let hash = row.get::<Option<Vec<u8>>>("dhash")?.and_then(|b| b.try_into().ok());
                let hash = hash.map(u64::from_be_bytes);
                photos.push(Photo { name, sha, sealed, hash });
                continue;
            }
            let place = file_place(instance, &name, &sha);
            let bytes = self.vault().open(&place, &sealed)?;
            // What is no picture stays as it came, sealed; the missing hash raises a doubt.
            let photo = match (self.core.develop)(&bytes) {
                Ok(made) => Photo {
                    sealed: self.vault().seal(&place, &made.jpeg)?,
                    hash: Some(made.hash),
                    name,
                    sha,
                },
                Err(_) => Photo { name, sha, sealed, hash: None },
            };
            photos.push(photo);
        }
        Ok(photos)
    }

    fn doubts(&self, case: &Case, photos: &[Photo]) -> Result<Vec<Doubt>> {
        let mut doubts = Vec::new();
        let mut say = |kind, detail: String| doubts.push(Doubt { kind, detail });
        match &case.visit {
            None => say("unknown_family", "Keluarga tidak ada dalam penugasan".to_owned()),
            Some(visit) if visit.account != Some(case.account) => {
                say("not_assigned", "Penugasan orang lain".to_owned());
            }
            Some(visit) if !self.may_visit(case.account, visit)? => {
                say("not_allowed", "Keluarga sendiri, atau di luar wilayah petugas".to_owned());
            }
            Some(_) => {}
        }
        if photos.iter().any(|p| p.hash.is_none()) {
            say("broken_photo", "Ada foto yang tidak dapat dibaca".to_owned());
        }
        let named = case.submission.values.iter().filter(|(path, _)| path.starts_with("photos/"));
        let missing = named.filter(|(_, name)| !photos.iter().any(|p| p.name == *name)).count();
        if missing > 0 {
            say("missing_photo", format!("{missing} foto belum sampai"));
        }
        doubts.extend(check(&self.seen(case, photos)?, &self.core.limits));
        Ok(doubts)
    }

    fn may_visit(&self, account: u64, visit: &VisitRow) -> Result<bool> {
        let Some((actor, own)) = self.visitor(account)? else { return Ok(false) };
        let resource = Resource::open_in(visit.village).own(own == Some(visit.family));
        Ok(self.may(&actor, Action::VisitRecord, &resource))
    }

    /// An assistant's account as an actor, with their own family.
    pub(crate) fn visitor(&self, account: u64) -> Result<Option<(Actor, Option<FamilyId>)>> {
        let accounts = self.work.accounts()?;
        Ok(accounts.into_iter().find(|a| a.account == account).map(|found| {
            let actor = Actor {
                account,
                role: found.role,
                territory: found.territory,
                purpose: access::Purpose::Visit,
                active: found.active,
                strong: false,
            };
            (actor, found.family)
        }))
    }

    fn seen(&self, case: &Case, photos: &[Photo]) -> Result<Seen> {
        let text = |path: &str| case.submission.value(path);
        let started = text("start").and_then(crate::time::instant);
        let hashes: Vec<u64> = photos.iter().filter_map(|p| p.hash).collect();
        let known = case.known.clone().unwrap_or_default();
        Ok(Seen {
            result: text("visit/result").and_then(|r| r.parse().ok()).unwrap_or(0),
            started,
            ended: text("end").and_then(crate::time::instant),
            received: case.received,
            place: text("place").and_then(crate::time::place),
            before: started.map(|at| self.before(case, at)).transpose()?.flatten(),
            answers: home(&case.submission),
            recorded: known.values,
            sources: known.sources,
            photos: photos.len(),
            blank_photos: hashes.iter().filter(|hash| is_blank(**hash)).count(),
            same_photo: self.same_photo(case, &hashes)?,
        })
    }

    /// The assistant's visit before this one.
    fn before(&self, case: &Case, started: i64) -> Result<Option<Standard>> {
        let row = self.store().read::<_, StoreError>(|reader| {
            reader.query_opt(
                "SELECT ended_at, latitude, longitude FROM field_submission
                 WHERE account = $1 AND started_at < $2 AND instance_id <> $3 AND ended_at IS NOT NULL
                   AND latitude IS NOT NULL
                 ORDER BY started_at DESC LIMIT 1",
                params![case.account, started, &case.instance],
            )
        })?;
        row.map(|row| {
            Ok(Standard {
                ended: row.get("ended_at")?,
                place: (row.get("latitude")?, row.get("longitude")?),
            })
        })
        .transpose()
    }

    /// Receipts of other families' visits with a photo like one of these.
    fn same_photo(&self, case: &Case, hashes: &[u64]) -> Result<Vec<String>> {
        let mut found = std::collections::BTreeSet::new();
        let entity = case.visit.as_ref().map_or("", |v| v.entity.as_str());
        for hash in hashes.iter().filter(|hash| !is_blank(**hash)) {
            let [a, b, c, d] = quarters(*hash);
            let rows = self.store().read::<_, StoreError>(|reader| {
                reader.query(
                    "SELECT DISTINCT s.number, p.dhash FROM field_photo_band q
                     JOIN field_attachment p ON p.instance_id = q.instance_id AND p.name = q.name
                     JOIN field_submission s ON s.instance_id = q.instance_id
                     WHERE ((q.band = 0 AND q.quarter = $1) OR (q.band = 1 AND q.quarter = $2)
                        OR (q.band = 2 AND q.quarter = $3) OR (q.band = 3 AND q.quarter = $4))
                       AND q.instance_id <> $5 AND s.entity <> $6 AND p.dhash IS NOT NULL LIMIT 200",
                    params![a, b, c, d, &case.instance, entity],
                )
            })?;
            for row in &rows {
                let other: Option<[u8; 8]> = row.get::<Vec<u8>>("dhash")?.try_into().ok();
                if other.is_some_and(|o| distance(u64::from_be_bytes(o), *hash) <= BITS_MAX) {
                    found.insert(receipt_number(row.get("number")?));
                }
            }
        }
        Ok(found.into_iter().take(5).collect())
    }

    /// Answers that stand for this visit from other forms.
    fn standing(&self, case: &Case) -> Result<BTreeMap<String, String>> {
        let Some(visit) = &case.visit else { return Ok(BTreeMap::new()) };
        let replaced = case.submission.deprecated_id.clone().unwrap_or_default();
        let rows = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT path, value FROM field_answer WHERE entity = $1 AND instance_id <> $2 AND instance_id <> $3";
            reader.query(sql, params![&visit.entity, &case.instance, replaced])
        })?;
        rows.iter().map(|row| Ok((row.get("path")?, row.get("value")?))).collect()
    }

    fn keep_work(
        &self,
        case: &Case,
        photos: &[Photo],
        doubts: &[Doubt],
        added: BTreeMap<String, String>,
        state: &'static str,
    ) -> Result<()> {
        let now = self.work.now_ms();
        let instance = case.instance.clone();
        let photos: Vec<(String, String, Vec<u8>, u64)> = photos
            .iter()
            .filter_map(|p| Some((p.name.clone(), p.sha.clone(), p.sealed.clone(), p.hash?)))
            .collect();
        let doubts = doubts.to_vec();
        let visit = case.visit.clone();
        let submission = case.submission.clone();
        let is_own = visit.as_ref().is_some_and(|v| v.account == Some(case.account));
        self.store().write::<_, FieldError, _>(move |tx| {
            for (name, sha, sealed, hash) in &photos {
                keep_photo(tx, &instance, name, sha, sealed, *hash)?;
            }
            for doubt in &doubts {
                tx.execute(
                    "INSERT INTO field_doubt (instance_id, kind, detail, found_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (instance_id, kind) DO UPDATE SET detail = excluded.detail",
                    params![&instance, doubt.kind, &doubt.detail, now],
                )?;
            }
            if let Some(visit) = visit.filter(|_| is_own) {
                close_visit(tx, &visit, &instance, &submission, &added)?;
            }
            tx.execute(
                "UPDATE field_submission SET state = $2, processed_at = $3 WHERE instance_id = $1",
                params![&instance, state, now],
            )?;
            Ok(())
        })
    }

    /// Makes the proposed correction. True when a case was opened or joined.
    pub(crate) fn file(&self, case: &Case) -> Result<bool> {
        let ticket = match (&case.visit, &case.known) {
            (Some(visit), Some(known)) if !visit.back => self.report(case, visit, known)?,
            _ => None,
        };
        let (instance, filed) = (case.instance.clone(), ticket.is_some());
        self.store().write::<_, FieldError, _>(move |tx| {
            let sql =
                "UPDATE field_submission SET state = 'done', ticket = $2 WHERE instance_id = $1";
            tx.execute(sql, params![instance, ticket])?;
            Ok(())
        })?;
        Ok(filed)
    }

    fn report(&self, case: &Case, visit: &VisitRow, known: &KnownFamily) -> Result<Option<String>> {
        let changes = changes(&case.submission, known, &self.core.instrument);
        let topics = topics(&case.submission);
        if changes.is_empty() && topics.is_empty() {
            return Ok(None);
        }
        let (actor, _) = self.visitor(case.account)?.ok_or(FieldError::NotAllowed)?;
        let id: String = case
            .instance
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .take(56)
            .collect();
        let report = NewReport {
            id: format!("gc-{id}"),
            kind: "update".to_owned(),
            channel: Channel::Ground,
            village: visit.village,
            subject: Subject::Family(visit.family),
            person: None,
            text: summary(case, changes.len()),
            changes,
            topics,
            contact: None,
            reporter: self.vault().index("field.account", &case.account.to_be_bytes()),
            about_self: false,
            urgent: false,
            evidence: self.evidence(case)?,
        };
        Ok(Some(self.work.file_report(&actor, report)?.ticket))
    }

    fn evidence(&self, case: &Case) -> Result<Vec<NewEvidence>> {
        let mut out = vec![NewEvidence {
            kind: "visit".to_owned(),
            media: "text/plain".to_owned(),
            bytes: case
                .submission
                .values
                .iter()
                .filter(|(path, _)| path != "deviceid")
                .map(|(path, value)| format!("{path} = {value}\n"))
                .collect::<String>()
                .into_bytes(),
            note: receipt_number(case.number),
        }];
        for photo in self.develop_photos(&case.instance)?.iter().filter(|p| p.hash.is_some()) {
            let place = file_place(&case.instance, &photo.name, &photo.sha);
            let is_card = case.submission.value("photos/photo_card") == Some(photo.name.as_str());
            out.push(NewEvidence {
                kind: if is_card { "family_card" } else { "house_photo" }.to_owned(),
                media: "image/jpeg".to_owned(),
                bytes: self.vault().open(&place, &photo.sealed)?,
                note: String::new(),
            });
        }
        out.truncate(casework::EVIDENCE_COUNT_MAX);
        Ok(out)
    }
}

pub(crate) fn visit_row(row: &Row) -> Result<VisitRow> {
    Ok(VisitRow {
        entity: row.get("entity")?,
        family: FamilyId::new(row.get("family_id")?),
        village: Region::from_number(row.get("village")?)
            .map_err(|e| FieldError::Refused(e.to_string()))?,
        back: row.get::<i64>("back")? != 0,
        account: row.get("account")?,
        instance: row.get("instance_id")?,
    })
}

fn summary(case: &Case, changes: usize) -> String {
    let result = case.submission.value("visit/result").and_then(|r| r.parse::<u8>().ok());
    let word = crate::RESULTS.iter().find(|(code, _)| Some(*code) == result);
    format!(
        "Kunjungan rumah {}: {}. {changes} jawaban berbeda dari data.",
        receipt_number(case.number),
        word.map_or("hasil tidak tercatat", |(_, word)| word)
    )
}
