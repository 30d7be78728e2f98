//! Inputs in: CSV and Parquet files of any columns, read as texts into dictionary-coded columns.

mod csv;
mod parquet;
mod render;

use crate::error::LinkError;
use crate::spec::{Input, Spec};
use crate::table::{Coded, Records, Table, canonical};
use crate::values::{Interner, Values};
use arrow_array::RecordBatch;

pub use render::texts;

/// Columns under construction: one interner and one code list per wanted column, and the ids.
pub(crate) struct Gather {
    pub names: Vec<String>,
    pub columns: Vec<(Interner, Vec<u32>)>,
    pub ids: Values,
    pub rows: usize,
    /// Letters A to Z are made small (not those of ids): most texts are in standard form then.
    pub small: bool,
}

/// Reads all inputs of a run in canonical order.
///
/// # Errors
/// A file that cannot be read, a column that is not there, an id that occurs twice.
pub fn load(spec: &Spec) -> Result<Records, LinkError> {
    load_as(spec, false)
}

/// As [`load`], with the letters A to Z made small, as every standard form has them.
///
/// # Errors
/// As [`load`].
pub fn load_small(spec: &Spec) -> Result<Records, LinkError> {
    load_as(spec, true)
}

fn load_as(spec: &Spec, small: bool) -> Result<Records, LinkError> {
    let names = spec.columns();
    let columns = names.iter().map(|_| (Interner::with_capacity(1_024), Vec::new())).collect();
    let mut gather = Gather { names, columns, ids: Values::default(), rows: 0, small };
    let mut starts = vec![0u32];
    for input in &spec.inputs {
        read(input, &mut gather)?;
        if gather.rows > u32::MAX as usize - 2 {
            return Err(LinkError::input(
                input.path.display(),
                "more than 4 billion records in one run",
            ));
        }
        starts.push(gather.rows as u32);
    }
    if gather.rows == 0 {
        return Err(LinkError::Data("the inputs hold no records".to_owned()));
    }
    let mut table = Table { rows: gather.rows, columns: Vec::new() };
    for (name, (interner, codes)) in gather.names.into_iter().zip(gather.columns) {
        table.columns.push((name, Coded { codes, values: interner.into_values() }));
    }
    let names: Vec<String> = spec.inputs.iter().map(|i| i.name.clone()).collect();
    canonical(starts, gather.ids, table, &names)
}

fn read(input: &Input, gather: &mut Gather) -> Result<(), LinkError> {
    let mut magic = [0u8; 4];
    let head =
        std::fs::File::open(&input.path).and_then(|mut f| std::io::Read::read(&mut f, &mut magic));
    match head {
        Err(e) => Err(LinkError::input(input.path.display(), e)),
        Ok(_) if &magic == b"PAR1" => parquet::read(input, gather),
        Ok(_) => csv::read(input, gather),
    }
}

/// The file's name of one of our columns.
pub(crate) fn file_column<'a>(input: &'a Input, ours: &'a str) -> &'a str {
    input.columns.get(ours).map_or(ours, String::as_str)
}

/// The place of a column in a file's header, or an error that names the nearest.
pub(crate) fn place_of(input: &Input, header: &[String], wanted: &str) -> Result<usize, LinkError> {
    header.iter().position(|h| h == wanted).ok_or_else(|| {
        let hint = kernel::suggest::hint(wanted, header.iter().map(String::as_str));
        LinkError::input(
            input.path.display(),
            format!("there is no column `{wanted}`{hint}; the file has: {}", header.join(", ")),
        )
    })
}

impl Table {
    /// A table of the named columns of Arrow batches (any types, rendered as text).
    ///
    /// # Errors
    /// [`LinkError::Data`] for a column that is not there or of a type without a text form.
    pub fn from_batches(batches: &[RecordBatch], names: &[String]) -> Result<Self, LinkError> {
        let mut table =
            Self { rows: batches.iter().map(RecordBatch::num_rows).sum(), columns: Vec::new() };
        for name in names {
            let mut interner = Interner::default();
            let mut codes = Vec::with_capacity(table.rows);
            for batch in batches {
                let array = batch.column_by_name(name).ok_or_else(|| {
                    LinkError::Data(format!("the records have no column `{name}`"))
                })?;
                texts(array.as_ref(), &mut |text| {
                    codes.push(interner.code(text.trim().as_bytes()))
                })
                .map_err(|m| LinkError::Data(format!("column `{name}`: {m}")))?;
            }
            table.columns.push((name.clone(), Coded { codes, values: interner.into_values() }));
        }
        Ok(table)
    }
}
