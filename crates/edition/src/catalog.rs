//! Reading what stands in a folder of editions: the list, and one edition in words.

use crate::stage::quality::Quality;
use crate::{EditionError, Manifest, seal};
use engine::progress::grouped;
use engine::{EngineError, read_table};
use std::fmt::Write;
use std::path::Path;

/// The sealed editions of a folder, by name. Work folders and half-built editions are left out.
///
/// # Errors
/// When the folder cannot be read or a manifest is broken.
pub fn list(editions: &Path) -> Result<Vec<Manifest>, EditionError> {
    let entries = std::fs::read_dir(editions).map_err(|e| EngineError::io("read", editions, e))?;
    let mut out = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| EngineError::io("read", editions, e))?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if !hidden && path.join(seal::MANIFEST).exists() {
            out.push(Manifest::read(&path)?);
        }
    }
    out.sort_by(|a, b| a.edition.cmp(&b.edition));
    Ok(out)
}

/// One edition in words: counts, ranking, quality, inputs.
///
/// # Errors
/// When a file is absent or damaged.
pub fn report(edition: &Path) -> Result<String, EditionError> {
    let m = Manifest::read(edition)?;
    let c = &m.counts;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "Edition {} as of {} ({})", m.edition.as_str(), m.as_of, m.software);
    let _ = writeln!(
        out,
        "{} persons, {} of them living, {} outside the civil register; {} families, {} visited.",
        grouped(c.persons),
        grouped(c.living),
        grouped(c.not_padan),
        grouped(c.families),
        grouped(c.visited_families)
    );
    if c.corrections > 0 {
        let _ = writeln!(out, "{} accepted corrections.", grouped(c.corrections));
    }
    deciles(edition, &mut out)?;
    quality(edition, &mut out)?;
    let quarantined: u64 = m.inputs.iter().map(|i| i.quarantined).sum();
    let rows: u64 = m.inputs.iter().map(|i| i.rows_in).sum();
    let _ = writeln!(
        out,
        "{} rows of {} files, {} quarantined (findings.parquet says why).",
        grouped(rows),
        m.inputs.len(),
        grouped(quarantined)
    );
    Ok(out)
}

fn deciles(edition: &Path, out: &mut String) -> Result<(), EditionError> {
    let path = edition.join("scores.parquet");
    if !path.exists() {
        let _ = writeln!(out, "Not ranked: the spec named no survey.");
        return Ok(());
    }
    let t = read_table(&path, &["decile", "unranked_reason"])?;
    let (decile, reason) = (t.u8s("decile", 0)?, t.u8s("unranked_reason", 0)?);
    let mut families = [0u64; 11];
    let mut reasons = [0u64; 5];
    for (d, r) in decile.iter().zip(reason) {
        families[usize::from((*d).min(10))] += 1;
        reasons[usize::from(r.min(4))] += 1;
    }
    let _ = writeln!(out, "Families by national decile:");
    for (decile, n) in families.iter().enumerate().skip(1) {
        let _ = writeln!(out, "  {decile:>2} {:>10}", grouped(*n));
    }
    let _ = writeln!(out, "  unranked {} of which", grouped(families[0]));
    for reason in kernel::UnrankedReason::ALL {
        let n = reasons[usize::from(reason.code())];
        let _ = writeln!(out, "    {:<12} {:>10}", reason.word(), grouped(n));
    }
    Ok(())
}

fn quality(edition: &Path, out: &mut String) -> Result<(), EditionError> {
    let path = edition.join("quality.json");
    let text = std::fs::read_to_string(&path).map_err(|e| EngineError::io("read", &path, e))?;
    let quality: Quality = serde_json::from_str(&text)
        .map_err(|e| EditionError::Broken(format!("{}: {e}", path.display())))?;
    let (q, n) = (&quality.all, quality.villages.len());
    let _ = writeln!(
        out,
        "{} villages; last visit on average {} days before; {} families visited within a year; \
         {} people said dead by a visit only.",
        grouped(n as u64),
        q.visit_age_days,
        grouped(q.visited_last_year),
        grouped(q.dead_by_visit_only)
    );
    Ok(())
}
