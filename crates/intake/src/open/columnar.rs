//! Parquet deliveries: batches of rows with the columns that the source knows.

use super::{Event, FileShape, Opening, Sink};
use crate::IntakeError;
use crate::chunk::{Body, CHUNK_ROWS, Chunk};
use crate::plan::{known_names, normal};
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, StringArray};
use arrow_schema::{DataType, TimeUnit};
use kernel::Date;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::fmt::Write;
use std::fs::File;

pub(super) fn read(
    opening: &Opening<'_>,
    bytes: u64,
    sink: &mut Sink<'_>,
) -> Result<(), IntakeError> {
    let broken = |e: &dyn std::fmt::Display| {
        let wrong = format!("is not a whole Parquet file: {e}");
        opening.wrong(wrong, "ask the source to deliver it again")
    };
    let file = File::open(&opening.file.path).map_err(|e| opening.io("open the file", &e))?;
    // What the writer's Arrow types were (dictionaries, large strings) does not matter here.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|e| broken(&e))?;
    let fields = builder.schema().fields().clone();
    // Only what the source knows is decoded.
    let names: Vec<String> = fields.iter().map(|f| normal(f.name())).collect();
    let wanted: Vec<usize> = (0..names.len())
        .filter(|at| known_names(opening.source, std::slice::from_ref(&names[*at])) > 0)
        .collect();
    let plan = opening.plan(wanted.iter().map(|at| names[*at].clone()).collect(), 1)?;
    for at in &wanted {
        let field = &fields[*at];
        if !is_readable(field.data_type()) {
            let wrong = format!("column `{}` is of type {}", field.name(), field.data_type());
            return Err(opening.wrong(wrong, "deliver it as text, a number or a date"));
        }
    }
    let shape = FileShape {
        format: "parquet".to_owned(),
        delimiter: None,
        encoding: None,
        compression: None,
        sheet: None,
        table: opening.source.tables[plan.table].name.clone(),
        bytes,
        ignored: (0..names.len())
            .filter(|at| !wanted.contains(at))
            .map(|at| names[at].clone())
            .collect(),
    };
    if !sink(Event::Opened(Box::new(shape))) {
        return Ok(());
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader = builder.with_projection(mask).with_batch_size(CHUNK_ROWS).build();
    let mut first_line = 1;
    for batch in reader.map_err(|e| broken(&e))? {
        let batch = batch.map_err(|e| broken(&e).at_line(first_line))?;
        let rows = batch.num_rows() as u64;
        let chunk = Chunk { plan: plan.clone(), first_line, body: Body::Batch(batch) };
        first_line += rows;
        if !sink(Event::Chunk(chunk)) {
            return Ok(());
        }
    }
    sink(Event::Ended);
    Ok(())
}

fn is_readable(kind: &DataType) -> bool {
    use DataType as D;
    kind.is_integer()
        || matches!(
            kind,
            D::Utf8
                | D::LargeUtf8
                | D::Utf8View
                | D::Boolean
                | D::Float32
                | D::Float64
                | D::Date32
                | D::Date64
                | D::Timestamp(_, _)
                | D::Null
        )
}

/// A column as text; null stays null. Days are written `YYYY-MM-DD`.
pub fn texts_of(array: &ArrayRef) -> StringArray {
    use DataType as D;
    match array.data_type() {
        D::Utf8 => array.as_string::<i32>().clone(),
        D::LargeUtf8 => array.as_string::<i64>().iter().collect(),
        D::Utf8View => array.as_string_view().iter().collect(),
        D::Boolean => {
            array.as_boolean().iter().map(|v| v.map(|b| if b { "1" } else { "0" })).collect()
        }
        D::Int8 => whole::<Int8Type>(array),
        D::Int16 => whole::<Int16Type>(array),
        D::Int32 => whole::<Int32Type>(array),
        D::Int64 => whole::<Int64Type>(array),
        D::UInt8 => whole::<UInt8Type>(array),
        D::UInt16 => whole::<UInt16Type>(array),
        D::UInt32 => whole::<UInt32Type>(array),
        D::UInt64 => whole::<UInt64Type>(array),
        D::Float32 => written::<Float32Type>(array, |v, out| number(f64::from(v), out)),
        D::Float64 => written::<Float64Type>(array, number),
        D::Date32 => written::<Date32Type>(array, |v, out| day(i64::from(v), out)),
        D::Date64 => written::<Date64Type>(array, |v, out| day(v.div_euclid(86_400_000), out)),
        D::Timestamp(unit, _) => timestamps(array, *unit),
        _ => (0..array.len()).map(|_| None::<&str>).collect(),
    }
}

fn timestamps(array: &ArrayRef, unit: TimeUnit) -> StringArray {
    macro_rules! days {
        ($type:ty, $per_day:expr) => {
            written::<$type>(array, |v, out| day(v.div_euclid($per_day), out))
        };
    }
    match unit {
        TimeUnit::Second => days!(TimestampSecondType, 86_400),
        TimeUnit::Millisecond => days!(TimestampMillisecondType, 86_400_000),
        TimeUnit::Microsecond => days!(TimestampMicrosecondType, 86_400_000_000),
        TimeUnit::Nanosecond => days!(TimestampNanosecondType, 86_400_000_000_000),
    }
}

fn whole<T: ArrowPrimitiveType>(array: &ArrayRef) -> StringArray
where
    T::Native: std::fmt::Display,
{
    // Writing into a String cannot fail.
    written::<T>(array, |v, out| {
        let _ = write!(out, "{v}");
    })
}

fn written<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    mut write: impl FnMut(T::Native, &mut String),
) -> StringArray {
    let mut builder = StringBuilder::with_capacity(array.len(), array.len() * 8);
    let mut text = String::new();
    for value in array.as_primitive::<T>() {
        text.clear();
        match value {
            Some(value) => {
                write(value, &mut text);
                builder.append_value(&text);
            }
            None => builder.append_null(),
        }
    }
    builder.finish()
}

fn number(f: f64, out: &mut String) {
    let mut bytes = Vec::new();
    super::sheet::write_number(f, &mut bytes);
    out.push_str(&String::from_utf8_lossy(&bytes));
}

/// A day of the calendar; what is outside it is written as its number, so that it is found.
fn day(days: i64, out: &mut String) {
    let date = i32::try_from(days).ok().filter(|d| (-1_000_000..3_000_000).contains(d));
    let _ = match date {
        Some(days) => write!(out, "{}", Date::from_days(days)),
        None => write!(out, "day {days}"),
    };
}
