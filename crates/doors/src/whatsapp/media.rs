//! Photos that came with a report: fetched from the platform within its minutes, checked against
//! their digest, decoded and written anew before anything keeps them.

use super::http;
use crate::photo;
use crate::state::Doors;
use casework::{CaseworkError, NewEvidence};
use channels::whatsapp::dialogue::Draft;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Most photos of one report.
const PHOTOS_MAX: usize = 10;

/// The draft's photos as evidence. What cannot be fetched or is no picture is named in the note of
/// an empty place; the report is filed all the same.
pub(super) fn evidence(doors: &Doors, draft: &Draft) -> Result<Vec<NewEvidence>, CaseworkError> {
    let kind = if draft.kind == "reactivation" { "facility_letter" } else { "house_photo" };
    let piece = |id: &String| match fetch(doors, id).and_then(|bytes| photo::clean(&bytes)) {
        Ok(bytes) => NewEvidence {
            kind: kind.to_owned(),
            media: "image/jpeg".to_owned(),
            bytes,
            note: "Foto dari WhatsApp".to_owned(),
        },
        Err(why) => NewEvidence {
            kind: "other_document".to_owned(),
            media: "text/plain".to_owned(),
            bytes: format!("Lampiran belum dapat diambil: {why}").into_bytes(),
            note: "Lampiran WhatsApp".to_owned(),
        },
    };
    Ok(draft.media.iter().take(PHOTOS_MAX).map(piece).collect())
}

fn fetch(doors: &Doors, media_id: &str) -> Result<Vec<u8>, String> {
    let config = doors.whatsapp().ok_or("tidak tersambung")?;
    if !media_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err("nama lampiran tidak wajar".to_owned());
    }
    let bearer = format!("Bearer {}", config.token.0);
    let headers = [("Authorization", bearer.as_str())];
    let root = config.base.rsplit_once('/').map_or(config.base.as_str(), |(root, _)| root);
    let about = http::call("GET", &format!("{root}/{media_id}"), &headers, b"")?;
    let about: Value = serde_json::from_slice(&about.body).map_err(|e| e.to_string())?;
    let url = about.get("url").and_then(Value::as_str).ok_or("tidak ada alamatnya")?;
    let answer = http::call("GET", url, &headers, b"")?;
    if answer.status != 200 {
        return Err(format!("status {}", answer.status));
    }
    let digest = hex::encode(Sha256::digest(&answer.body));
    match about.get("sha256").and_then(Value::as_str) {
        Some(expected) if expected != digest => Err("isinya berubah di jalan".to_owned()),
        _ => Ok(answer.body),
    }
}
