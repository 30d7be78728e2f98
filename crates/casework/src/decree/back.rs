//! The way back: one step for the citizen. An application is a case like any other; while it goes
//! its way the person is covered for the time being, and the village's duty to put the data right
//! runs beside it. Other payers take somebody over on their own paper.

use super::counts::{Place, moved, recount, stage};
use super::roll::{hold, segment};
use super::rules::{AskRule, DecreeRules};
use crate::calendar::day_of;
use crate::error::{CaseworkError, Result};
use crate::room::{Casework, Core, Entry, check_id};
use crate::text::{limited, mask_numbers};
use crate::words::{Channel, EVIDENCE_BYTES_MAX, Filed, NewReport, Subject};
use access::{Action, Actor, Resource};
use kernel::{Date, FamilyId, PersonId, Region};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use store::{Query, StoreError, Tx, params};

/// Is this person covered now, by whom, until when; and if not, the shortest lawful way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverNow {
    /// True when a facility can treat them as covered.
    pub covered: bool,
    /// The payer ([`segment`]).
    pub segment: i64,
    /// Until when, when it is for the time being.
    pub until: Option<Date>,
    /// The decree that ended it.
    pub decree: Option<String>,
    /// Why it ended: a ground's number.
    pub ground: Option<i64>,
    /// A [`stage`] of the way back.
    pub stage: i64,
    /// The case of the way back.
    pub case: Option<u64>,
    /// The last day of the right to be reactivated.
    pub window_until: Option<Date>,
    /// Payers that can take them over, the shortest way first.
    pub ways: Vec<i64>,
}

/// What applying gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The case.
    pub filed: Filed,
    /// Covered until, when the law allows it at once.
    pub covered_until: Option<Date>,
    /// By when the village puts the data right.
    pub fix_due: Date,
}

/// A change of payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSwitch {
    /// Made by the client and kept for retries.
    pub id: String,
    /// The person.
    pub person: u64,
    /// The payer ([`segment`]): 2, 3 or 4.
    pub scheme: i64,
    /// The kind of paper, as the rules name it.
    pub evidence: String,
    /// The paper.
    pub paper: Paper,
}

/// A payer's paper: what stands on it, and its photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// What was typed from it, by the ids of the rules' `asks`.
    pub words: BTreeMap<String, String>,
    /// Type of the photo.
    pub media: String,
    /// The photo, made anew.
    pub bytes: Vec<u8>,
}

impl Paper {
    fn words(&self) -> Result<String> {
        let text = serde_json::to_string(&self.words)
            .map_err(|e| CaseworkError::Refused(e.to_string()))?;
        Ok(mask_numbers(&text))
    }

    /// SHA-256 over what was typed and the photo.
    fn sha256(&self) -> Result<String> {
        let mut hasher = Sha256::new();
        hasher.update(self.words()?.as_bytes());
        hasher.update([0]);
        hasher.update(&self.bytes);
        Ok(hex::encode(hasher.finalize()))
    }
}

/// What the change gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switched {
    /// Its place in the journal.
    pub seq: u64,
}

/// A person's row.
struct Row {
    decree: String,
    family: u64,
    place: Place,
    ground: i64,
    aware_on: i64,
    case: u64,
    covered_until: i64,
    effective_on: Date,
    edition: u32,
}

impl Casework {
    /// Whether a person is covered now, and the way back if not.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cover_now(&self, person: u64) -> Result<CoverNow> {
        let rules = DecreeRules::builtin()?;
        let today = day_of(self.now_ms());
        let (row, roll) = self.store.read::<_, CaseworkError>(|reader| {
            let sql = "SELECT segment, hold FROM cover_roll WHERE edition = $2 AND person_id = $1";
            // The newest roll that is whole.
            let edition =
                reader.query_opt("SELECT MAX(edition) AS edition FROM cover_cell", params![])?;
            let edition: Option<u32> = edition.map_or(Ok(None), |row| row.get("edition"))?;
            let roll = match edition {
                Some(edition) => reader.query_opt(sql, params![person, edition])?,
                None => None,
            };
            Ok((row_of(reader, person)?, roll))
        })?;
        let (paid_by, held) = match roll {
            Some(roll) => (roll.get::<i64>("segment")?, roll.get::<i64>("hold")?),
            None => (segment::NONE, 0),
        };
        let Some(row) = row.filter(|row| row.place.stage != stage::LISTED) else {
            return Ok(never_cut(paid_by));
        };
        let temporary = (row.covered_until > 0).then(|| date(row.covered_until));
        let grace = (held & (hold::CHRONIC | hold::CATASTROPHIC) != 0)
            .then(|| row.effective_on.plus_months(rules.grace_months));
        let until = temporary.max(grace).filter(|until| *until >= today);
        let active = row.place.stage == stage::ACTIVE;
        let window = row.effective_on.plus_months(rules.window_months);
        let covered = active || until.is_some();
        let ways = if active { Vec::new() } else { ways(&row, today, window) };
        Ok(CoverNow {
            covered,
            segment: if active {
                row.place.scheme
            } else if covered {
                segment::PBI_JK
            } else {
                segment::NONE
            },
            until: until.filter(|_| !active),
            decree: Some(row.decree),
            ground: Some(row.ground),
            stage: row.place.stage,
            case: (row.case > 0).then_some(row.case),
            window_until: Some(window),
            ways,
        })
    }

    /// Notes that a person knows that they were cut off: a notice was read, a page was looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_aware(&self, person: u64) -> Result<()> {
        self.write(move |tx, core| {
            let Some(row) = row_of(tx, person)? else { return Ok(()) };
            if row.place.stage != stage::CUT_OFF {
                return Ok(());
            }
            let to = Place { stage: stage::AWARE, ..row.place };
            let today = i64::from(day_of(core.clock.now_ms()).days());
            tx.execute(
                "UPDATE decree_person SET stage = $3, aware_on = $4 WHERE decree_id = $1 AND person_id = $2",
                params![&row.decree, person, stage::AWARE, today],
            )?;
            Ok(moved(tx, &row.decree, row.place, to)?)
        })
    }

    /// Applies for a person, by any door, as one step: the case is filed, the checks are made, and
    /// where the facility's letter is there the cover holds at once for the time being.
    ///
    /// # Errors
    /// When the person was not cut off, the six months are over, or the report is refused.
    pub fn apply_back(&self, actor: &Actor, report: NewReport) -> Result<Applied> {
        let rules = DecreeRules::builtin()?;
        let refuse = |why: &str| Err(CaseworkError::Refused(why.to_owned()));
        let Some(person) = report.person.map(PersonId::get) else {
            return refuse("an application is about one person");
        };
        let row = self.store.read::<_, CaseworkError>(|reader| row_of(reader, person))?;
        let Some(row) = row.filter(|row| row.place.stage > stage::LISTED) else {
            return refuse("this person's cover was not ended by a decree");
        };
        let today = day_of(self.now_ms());
        if today > row.effective_on.plus_months(rules.window_months) {
            return refuse(
                "the right to be reactivated is over; another payer can take over at once",
            );
        }
        let has_letter = report.evidence.iter().any(|e| e.kind == "facility_letter");
        let filed = self.file_report(actor, report)?;
        let until = has_letter.then(|| today.plus_days(rules.temporary_days));
        let fix_due = today.plus_days(rules.fix_days);
        let case = filed.case.get();
        self.write(move |tx, _| {
            let Some(row) = row_of(tx, person)? else { return Ok(()) };
            if !matches!(row.place.stage, stage::CUT_OFF | stage::AWARE) {
                return Ok(());
            }
            let applied_on = i64::from(today.days());
            let to = Place { stage: stage::APPLIED, applied_on, ..row.place };
            let aware_on = if row.aware_on > 0 { row.aware_on } else { applied_on };
            tx.execute(
                "UPDATE decree_person SET stage = $3, aware_on = $4, applied_on = $5, case_id = $6, covered_until = $7,
                   fix_due = $8 WHERE decree_id = $1 AND person_id = $2",
                params![
                    &row.decree, person, stage::APPLIED, aware_on, applied_on, case,
                    until.map_or(0, |until| i64::from(until.days())), fix_due
                ],
            )?;
            Ok(moved(tx, &row.decree, row.place, to)?)
        })?;
        Ok(Applied { filed, covered_until: until, fix_due })
    }

    /// Takes a person over by another payer, on that payer's own paper.
    ///
    /// # Errors
    /// When the actor may not, the paper is another one's, or the person was not cut off.
    pub fn switch_payer(&self, actor: &Actor, new: NewSwitch) -> Result<Switched> {
        check_id(&new.id)?;
        let rules = DecreeRules::builtin()?;
        let refuse = |why: String| Err(CaseworkError::Refused(why));
        let Some(scheme) = rules.scheme(new.scheme).filter(|s| s.segment != segment::PBI_JK) else {
            return refuse(format!("{} is no other payer", new.scheme));
        };
        if scheme.evidence != new.evidence {
            return refuse(format!("{} needs {}", scheme.name_en, scheme.evidence));
        }
        if new.paper.bytes.is_empty() || new.paper.bytes.len() > EVIDENCE_BYTES_MAX {
            return refuse(format!(
                "{}: the photo is missing or larger than 2 MiB",
                scheme.evidence
            ));
        }
        let lacks = |ask: &&AskRule| new.paper.words.get(&ask.id).is_none_or(String::is_empty);
        if let Some(ask) = scheme.asks.iter().find(lacks) {
            return refuse(format!("{} needs {}", scheme.name_en, ask.name_en));
        }
        for word in new.paper.words.values() {
            limited(word)?;
        }
        let actor = *actor;
        self.write(move |tx, core| core.switch_payer(tx, &actor, &new))
    }

    /// Brings the way back up to what was decided: cases with the ministry are in review, accepted
    /// ones active again, refused ones refused. One set of statements for all; run it every minute.
    /// Returns how many people moved.
    ///
    /// # Errors
    /// When the store fails.
    pub fn follow_decisions(&self) -> Result<u64> {
        let today = i64::from(day_of(self.now_ms()).days());
        self.write(move |tx, _| {
            let changed = tx.query(
                "SELECT DISTINCT p.decree_id FROM decree_person p JOIN work_case c ON c.case_id = p.case_id
                 WHERE p.case_id > 0 AND p.stage IN (3, 4) AND
                   (c.state = 'closed' OR (p.stage = 3 AND c.step NOT IN ('letter_check')))",
                params![],
            )?;
            let mut all = 0;
            for (to, from, test) in [
                (stage::ACTIVE, "3, 4", "c.step = 'accepted'"),
                (stage::REFUSED, "3, 4", "c.step IN ('rejected', 'withdrawn')"),
                (stage::IN_REVIEW, "3", "c.state <> 'closed' AND c.step NOT IN ('letter_check')"),
            ] {
                let ended = if to == stage::IN_REVIEW { 0 } else { today };
                let scheme = if to == stage::ACTIVE { segment::PBI_JK } else { segment::NONE };
                let sql = format!(
                    "UPDATE decree_person SET stage = $1, ended_on = $2, scheme = $3 WHERE case_id > 0 AND stage IN ({from})
                     AND EXISTS (SELECT 1 FROM work_case c WHERE c.case_id = decree_person.case_id AND {test})"
                );
                all += tx.execute(&sql, params![to, ended, scheme])?;
            }
            for row in changed {
                recount(tx, &row.get::<String>("decree_id")?)?;
            }
            Ok(all)
        })
    }

    /// Opens the village's duty to put the data right as a case of its own, for each family that
    /// came back and has none. Returns how many were opened.
    ///
    /// # Errors
    /// When the store fails.
    pub fn open_data_duties(&self, most: u32) -> Result<u64> {
        let sql = "SELECT DISTINCT family_id, village FROM decree_person WHERE fix_due > 0 AND stage = $1 ORDER BY family_id LIMIT $2";
        let rows =
            self.store.read::<_, StoreError>(|r| r.query(sql, params![stage::ACTIVE, most]))?;
        let mut opened = 0;
        for row in rows {
            let (family, village): (u64, u64) = (row.at(0)?, row.at(1)?);
            let village =
                Region::from_number(village).map_err(|e| CaseworkError::Refused(e.to_string()))?;
            let report = duty(family, village, self.vault().index("system", b"data duty"));
            opened += u64::from(!self.file_report(&Actor::visitor(), report)?.again);
            self.write(move |tx, _| {
                let sql =
                    "UPDATE decree_person SET fix_due = 0 WHERE family_id = $1 AND stage = $2";
                Ok(tx.execute(sql, params![family, stage::ACTIVE])?)
            })?;
        }
        Ok(opened)
    }
}

fn duty(family: u64, village: Region, reporter: [u8; store::INDEX_BYTES]) -> NewReport {
    NewReport {
        id: format!("fix-F{family}-{village}").replace('.', ""),
        kind: "update".to_owned(),
        channel: Channel::System,
        village,
        subject: Subject::Family(FamilyId::new(family)),
        person: None,
        text: "Kepesertaan PBI-JK aktif kembali; data keluarga wajib diperbarui di desa".to_owned(),
        changes: Vec::new(),
        topics: vec!["data_duty".to_owned()],
        contact: None,
        reporter,
        about_self: false,
        urgent: false,
        evidence: Vec::new(),
    }
}

fn never_cut(paid_by: i64) -> CoverNow {
    CoverNow {
        covered: paid_by != segment::NONE,
        segment: paid_by,
        until: None,
        decree: None,
        ground: None,
        stage: stage::LISTED,
        case: None,
        window_until: None,
        ways: Vec::new(),
    }
}

/// The payers that can take somebody over, the shortest lawful way first: the state itself within its
/// window and for those it is meant for, the local government, and always oneself; the employer for
/// wage earners.
fn ways(row: &Row, today: Date, window: Date) -> Vec<i64> {
    let mut ways = BTreeSet::new();
    let mut ordered = Vec::new();
    let mut add = |way: i64| {
        if ways.insert(way) {
            ordered.push(way);
        }
    };
    if row.ground == 3 {
        add(segment::PPU);
    }
    if today <= window && row.place.stage != stage::REFUSED {
        add(segment::PBI_JK);
    }
    add(segment::PBPU_PEMDA);
    add(segment::SELF_PAID);
    ordered
}

fn date(days: i64) -> Date {
    Date::from_days(i32::try_from(days).unwrap_or(0))
}

/// The newest decree's row of a person.
fn row_of(query: &mut impl Query, person: u64) -> Result<Option<Row>> {
    let sql = "SELECT p.*, d.effective_on, d.edition FROM decree_person p JOIN decree d ON d.decree_id = p.decree_id
               WHERE p.person_id = $1 ORDER BY d.effective_on DESC, d.decree_id DESC LIMIT 1";
    let Some(row) = query.query_opt(sql, params![person])? else { return Ok(None) };
    Ok(Some(Row {
        decree: row.get("decree_id")?,
        family: row.get("family_id")?,
        place: Place {
            village: row.get("village")?,
            decile: row.get("decile")?,
            stage: row.get("stage")?,
            scheme: row.get("scheme")?,
            applied_on: row.get("applied_on")?,
            ended_on: row.get("ended_on")?,
        },
        ground: row.get("ground")?,
        aware_on: row.get("aware_on")?,
        case: row.get("case_id")?,
        covered_until: row.get("covered_until")?,
        effective_on: Date::from_days(row.get("effective_on")?),
        edition: row.get("edition")?,
    }))
}

impl Core {
    fn switch_payer(&self, tx: &mut Tx<'_>, actor: &Actor, new: &NewSwitch) -> Result<Switched> {
        let sql = "SELECT person_id, scheme, seq FROM cover_switch WHERE switch_id = $1";
        if let Some(row) = tx.query_opt(sql, params![&new.id])? {
            let same = row.get::<u64>("person_id")? == new.person
                && row.get::<i64>("scheme")? == new.scheme;
            return if same {
                Ok(Switched { seq: row.get("seq")? })
            } else {
                Err(CaseworkError::IdReused(new.id.clone()))
            };
        }
        let row = row_of(tx, new.person)?.ok_or(CaseworkError::NotFound)?;
        let village = Region::from_number(row.place.village)
            .map_err(|e| CaseworkError::Refused(e.to_string()))?;
        self.allow(actor, Action::CaseCheck, &Resource::open_in(village))?;
        if matches!(row.place.stage, stage::LISTED | stage::ACTIVE) {
            return Err(CaseworkError::Refused("this person is covered".to_owned()));
        }
        let now = self.clock.now_ms();
        let today = i64::from(day_of(now).days());
        let applied_on = if row.place.applied_on > 0 { row.place.applied_on } else { today };
        let to = Place {
            stage: stage::ACTIVE,
            scheme: new.scheme,
            applied_on,
            ended_on: today,
            ..row.place
        };
        tx.execute(
            "UPDATE decree_person SET stage = $3, scheme = $4, applied_on = $5, ended_on = $6 WHERE decree_id = $1 AND person_id = $2",
            params![&row.decree, new.person, to.stage, to.scheme, to.applied_on, to.ended_on],
        )?;
        moved(tx, &row.decree, row.place, to)?;
        let sha256 = new.paper.sha256()?;
        let payload = serde_json::json!({"decree": row.decree, "edition": row.edition, "scheme": new.scheme,
            "evidence": new.evidence, "evidence_sha256": sha256});
        let seq = self.record(
            tx,
            Entry {
                kind: "payer_switched",
                at: now,
                actor: actor.word(),
                subject: &format!("F{}", row.family),
                about: format!("mass:{}", row.decree),
                payload: payload.to_string(),
            },
        )?;
        tx.execute(
            "INSERT INTO cover_switch (switch_id, decree_id, person_id, scheme, evidence, evidence_sha256, account, at, seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![
                &new.id, &row.decree, new.person, new.scheme, &new.evidence, &sha256, actor.account, now, seq
            ],
        )?;
        let words =
            self.seal_text(&format!("cover_paper.words|{}", new.id), &new.paper.words()?)?;
        let body = self.vault.seal(&format!("cover_paper.body|{}", new.id), &new.paper.bytes)?;
        tx.execute(
            "INSERT INTO cover_paper (switch_id, media, words, body) VALUES ($1, $2, $3, $4)",
            params![&new.id, &new.paper.media, words, body],
        )?;
        Ok(Switched { seq })
    }
}
