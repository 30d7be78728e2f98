//! The record tables that intake wrote, and the identity columns every one of them has.

use crate::EditionError;
use arrow_schema::SchemaRef;
use engine::{Texts, read_table, row_count, table_columns};
use instrument::Unit;
use std::path::{Path, PathBuf};

/// Stands for "no date" in date columns held as days.
pub const NO_DATE: i32 = i32::MIN;

/// The number of the source within a record id: `record >> SOURCE_SHIFT`.
pub const SOURCE_SHIFT: u32 = 40;

/// One record table: one row per record of a source, in delivery order.
#[derive(Debug, Clone)]
pub struct RecordTable {
    /// The file.
    pub path: PathBuf,
    /// The source's name ("regsosek").
    pub source: String,
    /// The table's name: the source's, or "regsosek-keluarga" when a source has several.
    pub name: String,
    /// Whether a row is a person or a family (then the person columns are its head's).
    pub unit: Unit,
    /// The number of rows.
    pub rows: usize,
    /// The source's number, from its record ids (0 when the table is empty).
    pub number: u8,
    /// The first record id (0 when the table is empty).
    pub first_record: u64,
    schema: SchemaRef,
}

impl RecordTable {
    /// Opens a table and reads its shape.
    ///
    /// # Errors
    /// When it is not a record table.
    pub fn open(path: PathBuf, source: &str, name: &str, unit: Unit) -> Result<Self, EditionError> {
        let schema = table_columns(&path)?;
        let rows = usize::try_from(row_count(&path)?)
            .map_err(|_| EditionError::input(&path, "has more rows than memory has addresses"))?;
        let first = read_table(&path, &["record"])?;
        let first = first.batches().iter().find(|b| b.num_rows() > 0).map(|b| b.slice(0, 1));
        let first_record = match first {
            Some(batch) => {
                let one = engine::Table::new(name.to_owned(), batch.schema(), vec![batch]);
                one.u64s("record", 0)?[0]
            }
            None => 0,
        };
        let number = (first_record >> SOURCE_SHIFT) as u8;
        let (source, name) = (source.to_owned(), name.to_owned());
        Ok(Self { path, source, name, unit, rows, number, first_record, schema })
    }

    /// Opens the tables of a `records` folder, in the order of their record ids. `unit` says what a
    /// row of the table of this name is; it is `None` for a file that is no record table.
    ///
    /// # Errors
    /// When the folder cannot be read or holds something else.
    pub fn open_all(
        folder: &Path,
        unit: impl Fn(&str) -> Option<Unit>,
    ) -> Result<Vec<Self>, EditionError> {
        let mut tables = Vec::new();
        for file in engine::disk::files_below(folder)? {
            let Some(name) = file.strip_suffix(".parquet") else { continue };
            let Some(unit) = unit(name) else { continue };
            let source = name.split('-').next().unwrap_or(name);
            tables.push(Self::open(folder.join(&file), source, name, unit)?);
        }
        tables.sort_by(|a, b| a.first_record.cmp(&b.first_record).then(a.name.cmp(&b.name)));
        Ok(tables)
    }

    /// Whether the table has this column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.schema.index_of(column).is_ok()
    }

    /// Reads the named columns.
    ///
    /// # Errors
    /// When one is absent or the file is damaged.
    pub fn read(&self, columns: &[&str]) -> Result<engine::Table, EditionError> {
        Ok(read_table(&self.path, columns)?)
    }
}

/// The identity columns of a set of rows, each a plain vector.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Record ids.
    pub record: Vec<u64>,
    /// NIK, 0 when absent.
    pub nik: Vec<u64>,
    /// 0 fine, 1 missing, 2 malformed, 3 disagrees with birth date or sex.
    pub nik_problem: Vec<u8>,
    /// Family card number, 0 when absent.
    pub kk: Vec<u64>,
    /// Cleaned name.
    pub name: Texts,
    /// 1, 2, or 0 when absent.
    pub sex: Vec<u8>,
    /// Birth date in days, or [`NO_DATE`].
    pub birth: Vec<i32>,
    /// Mother's name.
    pub mother: Texts,
    /// Kemendagri code, 0 when absent.
    pub village: Vec<u64>,
}

const COLUMNS: [&str; 9] =
    ["record", "nik", "nik_problem", "kk", "name", "sex", "birth_date", "mother_name", "village"];

impl Identity {
    /// Reads the identity columns of a table.
    ///
    /// # Errors
    /// When one is absent or of another type.
    pub fn read(table: &RecordTable) -> Result<Self, EditionError> {
        let t = table.read(&COLUMNS)?;
        Ok(Self {
            record: t.u64s("record", 0)?,
            nik: t.u64s("nik", 0)?,
            nik_problem: t.u8s("nik_problem", 0)?,
            kk: t.u64s("kk", 0)?,
            name: t.texts("name")?,
            sex: t.u8s("sex", 0)?,
            birth: t.dates("birth_date", NO_DATE)?,
            mother: t.texts("mother_name")?,
            village: t.u64s("village", 0)?,
        })
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.record.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record.is_empty()
    }

    /// Adds row `row` of `other` at the end.
    pub fn push_from(&mut self, other: &Self, row: usize) {
        self.record.push(other.record[row]);
        self.nik.push(other.nik[row]);
        self.nik_problem.push(other.nik_problem[row]);
        self.kk.push(other.kk[row]);
        self.name.push(other.name.get(row));
        self.sex.push(other.sex[row]);
        self.birth.push(other.birth[row]);
        self.mother.push(other.mother.get(row));
        self.village.push(other.village[row]);
    }
}
