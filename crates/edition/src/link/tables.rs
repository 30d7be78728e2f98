//! What the link step leaves for the next: people, families, and the links of every record table.

use crate::EditionError;
use crate::link::{Links, NONE, Review};
use crate::records::RecordTable;
use engine::{TableBuilder, read_table};
use std::path::{Path, PathBuf};

/// All people, by their number in this build. People of the register come first.
#[derive(Debug, Default, Clone)]
pub struct People {
    /// Whether the person stands in the civil register.
    pub in_spine: Vec<bool>,
    /// NIK, 0 when none is known to be theirs.
    pub nik: Vec<u64>,
    /// Family card, 0 when unknown.
    pub kk: Vec<u64>,
    /// Family, by its number in this build.
    pub family: Vec<u32>,
    /// Whether the person stands in the register under two NIK.
    pub second_identity: Vec<bool>,
}

impl People {
    /// The number of people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nik.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nik.is_empty()
    }

    /// Writes `people.parquet`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, dir: &Path) -> Result<(), EditionError> {
        TableBuilder::new()
            .bool("in_spine", self.in_spine.clone())
            .u64("nik", self.nik.clone())
            .u64("kk", self.kk.clone())
            .u32("family", self.family.clone())
            .bool("second_identity", self.second_identity.clone())
            .write(&dir.join("people.parquet"))?;
        Ok(())
    }

    /// Reads `people.parquet`.
    ///
    /// # Errors
    /// When it is absent or damaged.
    pub fn read(dir: &Path) -> Result<Self, EditionError> {
        let t = read_table(&dir.join("people.parquet"), &[])?;
        Ok(Self {
            in_spine: t.bools("in_spine", false)?,
            nik: t.u64s("nik", 0)?,
            kk: t.u64s("kk", 0)?,
            family: t.u32s("family", NONE)?,
            second_identity: t.bools("second_identity", false)?,
        })
    }
}

/// Where the links of a record table stand.
#[must_use]
pub fn links_path(dir: &Path, table: &RecordTable) -> PathBuf {
    dir.join(format!("links-{}.parquet", table.name))
}

/// Writes the links of one record table, with the family of each record.
///
/// # Errors
/// When the disk refuses.
pub fn write_links(
    dir: &Path,
    table: &RecordTable,
    links: Links,
    family: Vec<u32>,
) -> Result<(), EditionError> {
    TableBuilder::new()
        .u32("person", links.person)
        .u32("family", family)
        .u8("method", links.method)
        .u8("reason", links.reason)
        .f64("weight", links.weight.into_iter().map(f64::from).collect())
        .f64("probability", links.probability.into_iter().map(f64::from).collect())
        .u16("evidence", links.evidence)
        .write(&links_path(dir, table))?;
    Ok(())
}

/// The person and family of every record of a table.
///
/// # Errors
/// When the link step's output is absent or damaged.
pub fn read_owners(dir: &Path, table: &RecordTable) -> Result<(Vec<u32>, Vec<u32>), EditionError> {
    let t = read_table(&links_path(dir, table), &["person", "family"])?;
    Ok((t.u32s("person", NONE)?, t.u32s("family", NONE)?))
}

/// Writes the reviews, ordered by record. People are still numbers of this build.
///
/// # Errors
/// When the disk refuses.
pub fn write_reviews(dir: &Path, reviews: &[Review]) -> Result<(), EditionError> {
    TableBuilder::new()
        .u64("record", reviews.iter().map(|r| r.record).collect())
        .u32("candidate", reviews.iter().map(|r| r.candidate).collect())
        .u32("runner_up", reviews.iter().map(|r| r.runner_up).collect())
        .f64("probability", reviews.iter().map(|r| r.probability).collect())
        .f64("gap", reviews.iter().map(|r| r.gap).collect())
        .write(&dir.join("reviews.parquet"))?;
    Ok(())
}
