//! What somebody must look at: forms with doubts, and contents that came under an id that was
//! taken. A decision is written down with its reason; nothing is deleted.

use crate::error::{FieldError, Result};
use crate::receive::{conflict_place, receipt_number};
use crate::room::Field;
use access::{Action, Actor, Resource};
use channels::openrosa::submission::Submission;
use kernel::Region;
use store::{Query, StoreError, params};

/// A form with doubts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoubtLine {
    /// Its id.
    pub instance: String,
    /// `GC-000123`.
    pub number: String,
    /// Who visited.
    pub assistant: String,
    /// The village; none when the family is unknown.
    pub village: Option<Region>,
    /// Kind and what was seen.
    pub doubts: Vec<(String, String)>,
    /// When it came.
    pub received_at: i64,
}

/// Contents that came under an id that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The id.
    pub instance: String,
    /// SHA-256 of what came later.
    pub xml_sha256: String,
    /// Receipt of what came first; empty when that one was replaced.
    pub number: String,
    /// Path, first value, later value.
    pub differences: Vec<(String, String, String)>,
    /// When it came.
    pub received_at: i64,
}

impl Field {
    /// Forms that wait for somebody, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn in_review(&self, who: &Actor) -> Result<Vec<DoubtLine>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT s.instance_id, s.number, s.received_at, a.name, a.territory, v.village
                 FROM field_submission s JOIN account a ON a.account = s.account
                 LEFT JOIN field_visit v ON v.entity = s.entity
                 WHERE s.state = 'review' ORDER BY s.number LIMIT 200",
                params![],
            )
        })?;
        let mut out = Vec::new();
        for row in &rows {
            let village: Option<u64> = row.get("village")?;
            let village = village.and_then(|n| Region::from_number(n).ok());
            let region =
                village.or_else(|| Region::parse(&row.get::<String>("territory").ok()?).ok());
            let resource = Resource { region, ..Resource::of_the_country() };
            if !self.may(who, Action::VisitAssign, &resource) {
                continue;
            }
            let instance: String = row.get("instance_id")?;
            out.push(DoubtLine {
                number: receipt_number(row.get("number")?),
                assistant: row.get("name")?,
                village,
                doubts: self.doubts_of(&instance)?,
                received_at: row.get("received_at")?,
                instance,
            });
        }
        Ok(out)
    }

    fn doubts_of(&self, instance: &str) -> Result<Vec<(String, String)>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT kind, detail FROM field_doubt WHERE instance_id = $1 ORDER BY kind";
            reader.query(sql, params![instance])
        })?;
        rows.iter().map(|row| Ok((row.get("kind")?, row.get("detail")?))).collect()
    }

    /// Decides about a form with doubts: `accept` makes its proposed correction, `again` sends
    /// somebody once more, `refuse` leaves it without effect. The reason has at least ten letters.
    ///
    /// # Errors
    /// When the actor may not, the decision is none of these, or it is settled already.
    pub fn settle(
        &self,
        who: &Actor,
        instance: &str,
        decision: &'static str,
        reason: &str,
    ) -> Result<()> {
        if !["accept", "again", "refuse"].contains(&decision) {
            return Err(FieldError::Refused("pilih terima, kunjungi lagi, atau tolak".to_owned()));
        }
        if reason.trim().chars().count() < casework::REASON_CHARS_MIN {
            return Err(FieldError::Refused("tuliskan alasan putusan".to_owned()));
        }
        let case = self.load(instance)?;
        let region = match &case.visit {
            Some(visit) => Some(visit.village),
            None => self.visitor(case.account)?.and_then(|(actor, _)| match actor.territory {
                access::Territory::In(region) => Some(region),
                _ => None,
            }),
        };
        let resource = Resource { region, ..Resource::of_the_country() };
        if !self.may(who, Action::VisitAssign, &resource) {
            return Err(FieldError::NotFound);
        }
        let place = format!("field_review.reason|{instance}");
        let sealed = self.vault().seal(&place, casework::mask_numbers(reason).as_bytes())?;
        let (id, account, now) = (instance.to_owned(), who.account, self.work.now_ms());
        let entity = case.visit.as_ref().map(|v| v.entity.clone()).unwrap_or_default();
        let accepted = decision == "accept";
        self.store().write::<_, FieldError, _>(move |tx| {
            let next = if accepted { "ready" } else { "refused" };
            let sql = "UPDATE field_submission SET state = $2 WHERE instance_id = $1 AND state = 'review'";
            if tx.execute(sql, params![&id, next])? == 0 {
                return Err(FieldError::Refused("sudah diputuskan".to_owned()));
            }
            tx.execute(
                "INSERT INTO field_review (instance_id, decision, reason, account, at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (instance_id) DO UPDATE SET decision = excluded.decision, reason = excluded.reason,
                   account = excluded.account, at = excluded.at",
                params![&id, decision, sealed, account, now],
            )?;
            if !accepted {
                let sql = "DELETE FROM field_answer WHERE entity = $1 AND instance_id = $2";
                tx.execute(sql, params![&entity, &id])?;
            }
            if decision == "again" {
                let sql = "UPDATE field_visit SET result = NULL, instance_id = NULL, done_on = NULL, minutes = NULL
                           WHERE entity = $1";
                tx.execute(sql, params![&entity])?;
            }
            Ok(())
        })?;
        if accepted {
            self.file(&case)?;
        }
        Ok(())
    }

    /// Contents under taken ids that nobody decided about yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn conflicts(&self, who: &Actor) -> Result<Vec<Conflict>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT c.instance_id, c.xml_sha256, c.body, c.received_at, s.number, a.territory
                 FROM field_conflict c JOIN account a ON a.account = c.account
                 LEFT JOIN field_submission s ON s.instance_id = c.instance_id
                 WHERE c.decision IS NULL ORDER BY c.received_at, c.instance_id LIMIT 200",
                params![],
            )
        })?;
        let mut out = Vec::new();
        for row in &rows {
            let region = Region::parse(&row.get::<String>("territory")?).ok();
            let resource = Resource { region, ..Resource::of_the_country() };
            if !self.may(who, Action::VisitAssign, &resource) {
                continue;
            }
            let (instance, sha): (String, String) =
                (row.get("instance_id")?, row.get("xml_sha256")?);
            let body: Vec<u8> = row.get("body")?;
            let later = self.vault().open(&conflict_place(&instance, &sha), &body)?;
            let later = Submission::read(&later).unwrap_or_default();
            let number: Option<u64> = row.get("number")?;
            let first = match number {
                Some(_) => self.load(&instance)?.submission,
                None => Submission::default(),
            };
            out.push(Conflict {
                differences: differences(&first, &later),
                number: number.map(receipt_number).unwrap_or_default(),
                received_at: row.get("received_at")?,
                instance,
                xml_sha256: sha,
            });
        }
        Ok(out)
    }

    /// Decides which contents stand. `later` makes the later ones a form of their own (an edit of
    /// the first), so both stay on record.
    ///
    /// # Errors
    /// When the actor may not, or it is settled already.
    pub fn settle_conflict(
        &self,
        who: &Actor,
        instance: &str,
        sha: &str,
        later: bool,
    ) -> Result<()> {
        let open = self.conflicts(who)?;
        if !open.iter().any(|c| c.instance == instance && c.xml_sha256 == sha) {
            return Err(FieldError::NotFound);
        }
        let row = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT body, account, device_id FROM field_conflict WHERE instance_id = $1 AND xml_sha256 = $2";
            reader.query_one(sql, params![instance, sha])
        })?;
        if later {
            let body: Vec<u8> = row.get("body")?;
            let xml = self.vault().open(&conflict_place(instance, sha), &body)?;
            self.adopt(instance, sha, xml, row.get("account")?, row.get("device_id")?)?;
        }
        let (id, sha, account) = (instance.to_owned(), sha.to_owned(), who.account);
        let now = self.work.now_ms();
        self.store().write::<_, FieldError, _>(move |tx| {
            let word = if later { "later" } else { "first" };
            let sql = "UPDATE field_conflict SET decision = $3, decided_by = $4, decided_at = $5
                       WHERE instance_id = $1 AND xml_sha256 = $2 AND decision IS NULL";
            tx.execute(sql, params![id, sha, word, account, now])?;
            Ok(())
        })
    }

    /// The later contents become a form of their own that replaces the first.
    fn adopt(
        &self,
        instance: &str,
        sha: &str,
        xml: Vec<u8>,
        account: u64,
        device: u64,
    ) -> Result<()> {
        let (actor, own_family) = self.visitor(account)?.ok_or(FieldError::NotFound)?;
        let new_id = format!("{instance}.{}", sha.get(..8).unwrap_or_default());
        let text = String::from_utf8_lossy(&xml).into_owned();
        let old = format!(">{instance}</");
        // The id stands in one element; the deprecated id is put beside it by its closing tag.
        let text = text.replacen(&old, &format!(">{new_id}</"), 1);
        let Some(end) = text
            .find("</orx:instanceID>")
            .map(|at| at + 17)
            .or_else(|| text.find("</instanceID>").map(|at| at + 13))
        else {
            return Err(FieldError::NotFound);
        };
        let (head, tail) = text.split_at(end);
        let xml = format!("{head}<deprecatedID>{instance}</deprecatedID>{tail}");
        let files = self.files(instance)?;
        let from = crate::device::Device { device, actor, own_family };
        let arrival = crate::receive::Arrival { xml: xml.into_bytes(), files, incomplete: false };
        self.receive(&from, arrival)?;
        Ok(())
    }

    /// Photos of a form, by name.
    pub(crate) fn files(&self, instance: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT name, sha256, body FROM field_attachment WHERE instance_id = $1 ORDER BY name, sha256";
            reader.query(sql, params![instance])
        })?;
        rows.iter()
            .map(|row| {
                let (name, sha): (String, String) = (row.get("name")?, row.get("sha256")?);
                let place = crate::receive::file_place(instance, &name, &sha);
                let bytes = self.vault().open(&place, &row.get::<Vec<u8>>("body")?)?;
                Ok((name, bytes))
            })
            .collect()
    }
}

fn differences(first: &Submission, later: &Submission) -> Vec<(String, String, String)> {
    let (a, b): (std::collections::BTreeMap<_, _>, std::collections::BTreeMap<_, _>) =
        (first.values.iter().cloned().collect(), later.values.iter().cloned().collect());
    let paths: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let value = |map: &std::collections::BTreeMap<String, String>, path: &String| {
        map.get(path).cloned().unwrap_or_default()
    };
    paths
        .into_iter()
        .filter(|path| a.get(*path) != b.get(*path))
        .map(|path| (path.clone(), value(&a, path), value(&b, path)))
        .collect()
}
