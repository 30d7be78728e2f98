//! The columns of a record table, being filled.

use crate::mapping::{Kind, TableMap};
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, StringBuilder, UInt8Builder, UInt16Builder, UInt64Builder,
};
use arrow_array::{ArrayRef, UInt16Array, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// Columns that every record table has, in this order, before those of its mapping.
pub const FIXED: [(&str, DataType, bool); 14] = [
    ("record", DataType::UInt64, false),
    ("delivery", DataType::UInt16, false),
    ("line", DataType::UInt64, false),
    ("nik", DataType::UInt64, true),
    ("kk", DataType::UInt64, true),
    ("nik_problem", DataType::UInt8, false),
    ("name", DataType::Utf8, true),
    ("name_raw", DataType::Utf8, true),
    ("title", DataType::Utf8, true),
    ("sex", DataType::UInt8, true),
    ("birth_date", DataType::Date32, true),
    ("mother_name", DataType::Utf8, true),
    ("village", DataType::UInt64, true),
    ("observed_date", DataType::Date32, false),
];

/// True when a mapped column is one of [`FIXED`].
#[must_use]
pub fn is_fixed(name: &str) -> bool {
    FIXED.iter().any(|(fixed, ..)| *fixed == name)
}

/// The Arrow schema of a table's records.
#[must_use]
pub fn schema(table: &TableMap) -> SchemaRef {
    let fixed = FIXED.iter().map(|(name, kind, null)| Field::new(*name, kind.clone(), *null));
    let own = table.columns.iter().filter(|c| !is_fixed(&c.to)).map(|c| {
        let kind = match c.kind {
            Kind::Nik | Kind::Kk | Kind::Region => DataType::UInt64,
            Kind::PersonName | Kind::Name | Kind::Text => DataType::Utf8,
            Kind::Date => DataType::Date32,
            Kind::Code => DataType::UInt8,
            Kind::Count => DataType::UInt16,
            Kind::Bool => DataType::Boolean,
        };
        Field::new(&c.to, kind, true)
    });
    Arc::new(Schema::new(fixed.chain(own).collect::<Vec<_>>()))
}

/// A column of the mapping being filled.
pub enum Cell {
    /// Region, NIK or KK beside the fixed ones.
    Number(UInt64Builder),
    /// Text or another name.
    Text(StringBuilder),
    /// A day.
    Date(Date32Builder),
    /// A code.
    Code(UInt8Builder),
    /// A count.
    Count(UInt16Builder),
    /// Yes or no.
    Bool(BooleanBuilder),
}

/// One row's values of the fixed columns.
#[derive(Debug, Default)]
pub struct FixedRow<'a> {
    pub line: u64,
    pub nik: Option<u64>,
    pub kk: Option<u64>,
    pub nik_problem: u8,
    pub name: Option<&'a str>,
    pub name_raw: Option<&'a str>,
    pub title: Option<&'a str>,
    pub sex: Option<u8>,
    pub birth_date: Option<i32>,
    pub mother_name: Option<&'a str>,
    pub village: Option<u64>,
    pub observed_date: i32,
}

/// The columns of a chunk's records, being filled row by row.
pub struct Columns {
    line: UInt64Builder,
    nik: UInt64Builder,
    kk: UInt64Builder,
    nik_problem: UInt8Builder,
    name: StringBuilder,
    name_raw: StringBuilder,
    title: StringBuilder,
    sex: UInt8Builder,
    birth_date: Date32Builder,
    mother_name: StringBuilder,
    village: UInt64Builder,
    observed_date: Date32Builder,
    /// The columns of the mapping that are not fixed, in order.
    pub own: Vec<Cell>,
}

impl Columns {
    /// Empty columns for about `rows` rows.
    #[must_use]
    pub fn new(table: &TableMap, rows: usize) -> Self {
        let text = |each: usize| StringBuilder::with_capacity(rows, rows * each);
        let number = || UInt64Builder::with_capacity(rows);
        let own = table.columns.iter().filter(|c| !is_fixed(&c.to)).map(|c| match c.kind {
            Kind::Nik | Kind::Kk | Kind::Region => Cell::Number(number()),
            Kind::PersonName | Kind::Name | Kind::Text => Cell::Text(text(12)),
            Kind::Date => Cell::Date(Date32Builder::with_capacity(rows)),
            Kind::Code => Cell::Code(UInt8Builder::with_capacity(rows)),
            Kind::Count => Cell::Count(UInt16Builder::with_capacity(rows)),
            Kind::Bool => Cell::Bool(BooleanBuilder::with_capacity(rows)),
        });
        Self {
            line: number(),
            nik: number(),
            kk: number(),
            nik_problem: UInt8Builder::with_capacity(rows),
            name: text(16),
            name_raw: text(16),
            title: text(1),
            sex: UInt8Builder::with_capacity(rows),
            birth_date: Date32Builder::with_capacity(rows),
            mother_name: text(12),
            village: number(),
            observed_date: Date32Builder::with_capacity(rows),
            own: own.collect(),
        }
    }

    /// Adds a row's fixed values. The caller adds one value to each of `own`.
    pub fn push(&mut self, row: &FixedRow<'_>) {
        self.line.append_value(row.line);
        self.nik.append_option(row.nik);
        self.kk.append_option(row.kk);
        self.nik_problem.append_value(row.nik_problem);
        self.name.append_option(row.name);
        self.name_raw.append_option(row.name_raw);
        self.title.append_option(row.title);
        self.sex.append_option(row.sex);
        self.birth_date.append_option(row.birth_date);
        self.mother_name.append_option(row.mother_name);
        self.village.append_option(row.village);
        self.observed_date.append_value(row.observed_date);
    }

    /// The arrays of the schema from `line` on; `record` and `delivery` are added by [`complete`].
    pub fn finish(mut self) -> Vec<ArrayRef> {
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(self.line.finish()),
            Arc::new(self.nik.finish()),
            Arc::new(self.kk.finish()),
            Arc::new(self.nik_problem.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.name_raw.finish()),
            Arc::new(self.title.finish()),
            Arc::new(self.sex.finish()),
            Arc::new(self.birth_date.finish()),
            Arc::new(self.mother_name.finish()),
            Arc::new(self.village.finish()),
            Arc::new(self.observed_date.finish()),
        ];
        arrays.extend(self.own.into_iter().map(|cell| -> ArrayRef {
            match cell {
                Cell::Number(mut b) => Arc::new(b.finish()),
                Cell::Text(mut b) => Arc::new(b.finish()),
                Cell::Date(mut b) => Arc::new(b.finish()),
                Cell::Code(mut b) => Arc::new(b.finish()),
                Cell::Count(mut b) => Arc::new(b.finish()),
                Cell::Bool(mut b) => Arc::new(b.finish()),
            }
        }));
        arrays
    }
}

/// Puts `record` (from `first_record`) and `delivery` before the arrays of [`Columns::finish`].
#[must_use]
pub fn complete(arrays: Vec<ArrayRef>, first_record: u64, delivery: u16) -> Vec<ArrayRef> {
    let rows = arrays.first().map_or(0, |a| a.len());
    let records = UInt64Array::from_iter_values(first_record..first_record + rows as u64);
    let deliveries = UInt16Array::from(vec![delivery; rows]);
    let mut all: Vec<ArrayRef> = vec![Arc::new(records), Arc::new(deliveries)];
    all.extend(arrays);
    all
}
