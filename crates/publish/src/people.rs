//! The tables of an edition, read into packed rows by family.

use crate::PublishError;
use crate::encode::{Encoder, numbers, packed_columns};
use crate::group::{Families, Grouped};
use engine::{stream_table, table_columns};
use kernel::Nik;
use rayon::prelude::*;
use std::path::Path;
use store::blob::{CellKind, put_int, put_null};
use store::{INDEX_BYTES, Vault};

type Columns = Vec<(String, CellKind)>;

/// Identity numbers never enter the store; what is left of them is `nik_tail`.
const IDENTITIES: &[&str] = &["nik", "kk", "name_raw", "pln_customer"];

/// The packed rows of one section and their columns.
#[derive(Default)]
pub(crate) struct Section {
    pub(crate) columns: Columns,
    pub(crate) rows: Grouped,
}

/// One row of the blind index.
pub(crate) struct Key {
    pub(crate) index: [u8; INDEX_BYTES],
    pub(crate) person: u64,
    pub(crate) family: u64,
}

/// Families: id and village of each, and their packed rows.
pub(crate) struct FamilyTable {
    pub(crate) families: Families,
    pub(crate) villages: Vec<u64>,
    pub(crate) section: Section,
}

/// Reads `families.parquet`.
pub(crate) fn families(path: &Path) -> Result<FamilyTable, PublishError> {
    let columns = packed_columns(&*table_columns(path)?, IDENTITIES);
    let (mut ids, mut villages, mut rows) = (Vec::new(), Vec::new(), Grouped::default());
    stream_table::<PublishError>(path, &[], |batch| {
        let encoder = Encoder::new(&batch, &columns)?;
        for row in 0..batch.num_rows() {
            rows.push((ids.len() + row) as u32, |out| encoder.put(row, out));
        }
        ids.extend(numbers(&batch, "family_id")?);
        villages.extend(numbers(&batch, "village")?);
        Ok(())
    })?;
    rows.close(ids.len());
    if !ids.is_sorted() {
        return Err(PublishError::document(path, "rows are not in the order of family_id"));
    }
    Ok(FamilyTable { families: Families::new(ids), villages, section: Section { columns, rows } })
}

/// Reads a table that has a `family_id`, keeping every packable column but `without`.
pub(crate) fn by_family(
    path: &Path,
    families: &Families,
    without: &[&str],
    mut also: impl FnMut(u32, u64, &[u64]),
    watch: &[&str],
) -> Result<Section, PublishError> {
    let columns = packed_columns(&*table_columns(path)?, without);
    let mut rows = Grouped::default();
    stream_table::<PublishError>(path, &[], |batch| {
        let ids = numbers(&batch, "family_id")?;
        let watched =
            watch.iter().map(|name| numbers(&batch, name)).collect::<Result<Vec<_>, _>>()?;
        let encoder = Encoder::new(&batch, &columns)?;
        let mut seen = vec![0; watched.len()];
        for (row, id) in ids.iter().enumerate() {
            let Some(place) = families.place(*id) else { continue };
            rows.push(place, |out| encoder.put(row, out));
            for (slot, column) in seen.iter_mut().zip(&watched) {
                *slot = column[row];
            }
            also(place, *id, &seen);
        }
        Ok(())
    })?;
    rows.close(families.len());
    Ok(Section { columns, rows })
}

/// Reads `persons.parquet`: packed rows, and the blind index of every NIK.
pub(crate) fn persons(
    path: &Path,
    families: &Families,
    vault: &Vault,
    mut count: impl FnMut(u32),
) -> Result<(Section, Vec<Key>), PublishError> {
    let mut columns = packed_columns(&*table_columns(path)?, IDENTITIES);
    let (mut rows, mut keys) = (Grouped::default(), Vec::new());
    stream_table::<PublishError>(path, &[], |batch| {
        let ids = numbers(&batch, "person_id")?;
        let homes = numbers(&batch, "family_id")?;
        let niks = numbers(&batch, "nik")?;
        let alive = numbers(&batch, "alive")?;
        let encoder = Encoder::new(&batch, &columns)?;
        for row in 0..batch.num_rows() {
            let Some(place) = families.place(homes[row]) else { continue };
            rows.push(place, |out| {
                encoder.put(row, out);
                match niks[row] {
                    0 => put_null(out),
                    nik => put_int(out, (nik % 10_000) as i64),
                }
            });
            if alive[row] == 1 {
                count(place);
            }
        }
        keys.par_extend((0..ids.len()).into_par_iter().filter_map(|row| {
            families.place(homes[row])?;
            let nik = Nik::from_number(niks[row]).ok()?;
            Some(Key { index: vault.nik_index(nik), person: ids[row], family: homes[row] })
        }));
        Ok(())
    })?;
    rows.close(families.len());
    columns.push(("nik_tail".to_owned(), CellKind::Int));
    keys.par_sort_unstable_by(|a, b| (a.index, a.person).cmp(&(b.index, b.person)));
    Ok((Section { columns, rows }, keys))
}
