//! What working off writes: photos made anew, and the result and answers of a visit.

use crate::error::Result;
use crate::photo::quarters;
use crate::process::VisitRow;
use channels::openrosa::submission::Submission;
use std::collections::BTreeMap;
use store::{Tx, params};

/// Keeps a photo as it was made anew, with the quarters of its hash.
pub(crate) fn keep_photo(
    tx: &mut Tx<'_>,
    instance: &str,
    name: &str,
    sha: &str,
    sealed: &[u8],
    hash: u64,
) -> Result<()> {
    tx.execute(
        "UPDATE field_attachment SET body = $4, clean = 1, dhash = $5
         WHERE instance_id = $1 AND name = $2 AND sha256 = $3",
        params![instance, name, sha, sealed.to_vec(), hash.to_be_bytes()],
    )?;
    for (band, quarter) in quarters(hash).into_iter().enumerate() {
        tx.execute(
            "INSERT INTO field_photo_band (band, quarter, instance_id, name) VALUES ($1, $2, $3, $4)
             ON CONFLICT (band, quarter, instance_id, name) DO NOTHING",
            params![band, quarter, instance, name],
        )?;
    }
    Ok(())
}

/// Writes the result and the answers of a visit. The first form about it stands; an edit of that
/// form replaces it.
pub(crate) fn close_visit(
    tx: &mut Tx<'_>,
    visit: &VisitRow,
    instance: &str,
    submission: &Submission,
    added: &BTreeMap<String, String>,
) -> Result<()> {
    let of = |path: &str| submission.value(path).and_then(crate::time::instant);
    let (started, ended) = (of("start"), of("end"));
    let minutes = started.zip(ended).map(|(from, to)| (to - from).div_euclid(60_000));
    let day = ended.map(|at| casework::day_of(at).days());
    let result: Option<i64> = submission.value("visit/result").and_then(|r| r.parse().ok());
    let is_first = visit.instance.is_none()
        || visit.instance.as_deref() == Some(instance)
        || visit.instance == submission.deprecated_id;
    if let Some(old) = submission.deprecated_id.as_deref().filter(|_| is_first) {
        let sql = "DELETE FROM field_answer WHERE entity = $1 AND instance_id = $2";
        tx.execute(sql, params![&visit.entity, old])?;
    }
    if is_first {
        tx.execute(
            "UPDATE field_visit SET result = $2, instance_id = $3, done_on = $4, minutes = $5 WHERE entity = $1",
            params![&visit.entity, result, instance, day, minutes],
        )?;
    }
    for (path, value) in added {
        tx.execute(
            "INSERT INTO field_answer (entity, path, value, instance_id) VALUES ($1, $2, $3, $4)
             ON CONFLICT (entity, path) DO NOTHING",
            params![&visit.entity, path, value, instance],
        )?;
    }
    Ok(())
}
