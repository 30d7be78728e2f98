//! A filled form comes in: stored whole first, worked off after. The instance id is the key: the
//! same id with the same XML adds photos, with other XML it is a conflict, which is kept for
//! somebody to decide. Nothing that came is ever thrown away here.

use crate::device::Device;
use crate::error::{FieldError, Result};
use crate::room::Field;
use crate::time;
use channels::openrosa::form::FORM_ID;
use channels::openrosa::submission::Submission;
use sha2::{Digest, Sha256};
use store::{Query, Tx, Vault, params};

/// Most files of one visit.
const FILES_MAX: usize = 40;
/// Largest file as it comes, in bytes.
pub(crate) const FILE_BYTES_MAX: usize = 12 << 20;

/// What came in one request.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// The form.
    pub xml: Vec<u8>,
    /// File names and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// More requests with the same form follow.
    pub incomplete: bool,
}

/// What was written: the client may delete what it lists here, and only that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The instance.
    pub instance: String,
    /// `GC-000123`.
    pub number: String,
    /// SHA-256 of the form, in hexadecimal.
    pub xml_sha256: String,
    /// Names and SHA-256 of all files held for it.
    pub files: Vec<(String, String)>,
    /// True when everything was here before.
    pub again: bool,
    /// Other contents stand under this id; these were kept, and somebody decides.
    pub conflict: bool,
}

/// What one request leaves in the store, sealed before the transaction begins.
struct Prepared {
    submission: Submission,
    xml_sha256: String,
    body: Vec<u8>,
    conflict_body: Vec<u8>,
    files: Vec<(String, String, Vec<u8>)>,
    incomplete: bool,
    entity: String,
    device: u64,
    account: u64,
    now: i64,
}

/// SHA-256 in hexadecimal, as receipts name it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn receipt_number(number: u64) -> String {
    format!("GC-{number:06}")
}

pub(crate) fn body_place(instance: &str) -> String {
    format!("field_submission.body|{instance}")
}

pub(crate) fn conflict_place(instance: &str, sha: &str) -> String {
    format!("field_conflict.body|{instance}|{sha}")
}

pub(crate) fn file_place(instance: &str, name: &str, sha: &str) -> String {
    format!("field_attachment.body|{instance}|{name}|{sha}")
}

impl Field {
    /// Takes a filled form. `Ok` means: on the disk.
    ///
    /// # Errors
    /// When it cannot be read as a form of ours, a limit is passed, or the store fails.
    pub fn receive(&self, from: &Device, arrival: Arrival) -> Result<Receipt> {
        let prepared = prepare(self.vault(), from, arrival, self.work.now_ms())?;
        self.store().write::<_, FieldError, _>(move |tx| keep(tx, &prepared))
    }
}

fn prepare(vault: &Vault, from: &Device, arrival: Arrival, now: i64) -> Result<Prepared> {
    let refuse = |why: &str| FieldError::Refused(why.to_owned());
    let submission = Submission::read(&arrival.xml).map_err(|e| {
        FieldError::Refused(format!("Formulir tidak dapat dibaca: {e}. Perbarui formulir."))
    })?;
    if submission.form_id != FORM_ID {
        return Err(refuse("Formulir ini tidak dikenal. Ambil formulir baru lalu kirim lagi."));
    }
    if submission.instance_id.len() > 120 {
        return Err(refuse("Nomor formulir terlalu panjang. Perbarui formulir."));
    }
    if arrival.files.len() > FILES_MAX {
        return Err(refuse("Terlalu banyak foto dalam satu formulir."));
    }
    let instance = submission.instance_id.clone();
    let xml_sha256 = sha256(&arrival.xml);
    let mut files = Vec::with_capacity(arrival.files.len());
    for (name, bytes) in arrival.files {
        if bytes.len() > FILE_BYTES_MAX || name.len() > 200 {
            return Err(refuse("Foto terlalu besar. Perkecil ukuran foto lalu kirim lagi."));
        }
        let sha = sha256(&bytes);
        let sealed = vault.seal(&file_place(&instance, &name, &sha), &bytes)?;
        files.push((name, sha, sealed));
    }
    Ok(Prepared {
        body: vault.seal(&body_place(&instance), &arrival.xml)?,
        conflict_body: vault.seal(&conflict_place(&instance, &xml_sha256), &arrival.xml)?,
        entity: submission.value("visit/family").unwrap_or_default().to_owned(),
        submission,
        xml_sha256,
        files,
        incomplete: arrival.incomplete,
        device: from.device,
        account: from.actor.account,
        now,
    })
}

fn keep(tx: &mut Tx<'_>, it: &Prepared) -> Result<Receipt> {
    let instance = &it.submission.instance_id;
    let row = tx.query_opt(
        "SELECT xml_sha256, number, state FROM field_submission WHERE instance_id = $1",
        params![instance],
    )?;
    let mut again = row.is_some();
    let mut conflict = false;
    let number = match row {
        Some(row) => {
            conflict = row.get::<String>("xml_sha256")? != it.xml_sha256;
            if conflict {
                again = keep_conflict(tx, it)? == 0;
            } else if !it.incomplete {
                let sql = "UPDATE field_submission SET state = 'waiting'
                           WHERE instance_id = $1 AND state = 'parts'";
                again &= tx.execute(sql, params![instance])? == 0;
            }
            row.get("number")?
        }
        None => match superseded(tx, it)? {
            Some(newest) => {
                conflict = true;
                keep_conflict(tx, it)?;
                newest
            }
            None => insert(tx, it)?,
        },
    };
    for (name, sha, sealed) in &it.files {
        let added = tx.execute(
            "INSERT INTO field_attachment (instance_id, name, sha256, body, clean) VALUES ($1, $2, $3, $4, 0)
             ON CONFLICT (instance_id, name, sha256) DO NOTHING",
            params![instance, name, sha, sealed.clone()],
        )?;
        again &= added == 0;
    }
    if !again && !it.files.is_empty() {
        // Photos that come after the form was worked off are looked at too.
        let sql = "UPDATE field_submission SET state = 'waiting' WHERE instance_id = $1 AND state = 'ready'";
        tx.execute(sql, params![instance])?;
    }
    let rows = tx.query(
        "SELECT name, sha256 FROM field_attachment WHERE instance_id = $1 ORDER BY name, sha256",
        params![instance],
    )?;
    let files =
        rows.iter().map(|row| Ok((row.get("name")?, row.get("sha256")?))).collect::<Result<_>>()?;
    Ok(Receipt {
        instance: instance.clone(),
        number: receipt_number(number),
        xml_sha256: it.xml_sha256.clone(),
        files,
        again,
        conflict,
    })
}

fn keep_conflict(tx: &mut Tx<'_>, it: &Prepared) -> Result<u64> {
    Ok(tx.execute(
        "INSERT INTO field_conflict (instance_id, xml_sha256, account, device_id, body, received_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (instance_id, xml_sha256) DO NOTHING",
        params![
            &it.submission.instance_id,
            &it.xml_sha256,
            it.account,
            it.device,
            it.conflict_body.clone(),
            it.now
        ],
    )?)
}

/// An edit replaces the newest form of a chain. When that one was replaced already, the edit is a
/// conflict: the number of the chain's form comes back.
fn superseded(tx: &mut Tx<'_>, it: &Prepared) -> Result<Option<u64>> {
    let Some(old) = &it.submission.deprecated_id else { return Ok(None) };
    let row = tx.query_opt(
        "SELECT number, state FROM field_submission WHERE instance_id = $1",
        params![old],
    )?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<String>("state")? == "replaced" {
        return Ok(Some(row.get("number")?));
    }
    tx.execute(
        "UPDATE field_submission SET state = 'replaced' WHERE instance_id = $1",
        params![old],
    )?;
    Ok(None)
}

fn insert(tx: &mut Tx<'_>, it: &Prepared) -> Result<u64> {
    let next = "SELECT COALESCE(MAX(number), 0) + 1 AS next FROM field_submission";
    let number: u64 = tx.query_one(next, params![])?.get("next")?;
    let text = |path: &str| it.submission.value(path);
    let (latitude, longitude) = text("place").and_then(time::place).unzip();
    tx.execute(
        "INSERT INTO field_submission (instance_id, number, xml_sha256, form_version, entity, account, device_id,
           replaces, body, state, received_at, started_at, ended_at, latitude, longitude)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            &it.submission.instance_id,
            number,
            &it.xml_sha256,
            &it.submission.version,
            &it.entity,
            it.account,
            it.device,
            it.submission.deprecated_id.clone(),
            it.body.clone(),
            if it.incomplete { "parts" } else { "waiting" },
            it.now,
            text("start").and_then(time::instant),
            text("end").and_then(time::instant),
            latitude,
            longitude
        ],
    )?;
    Ok(number)
}
