//! Arrow values as text, the way a person would write them.

use crate::values::{Interner, wrote};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};
use kernel::Date;
use std::fmt::Write;

/// Appends the code of every value's text, with `small` in small letters (A to Z). A dictionary's
/// texts are looked up once.
///
/// # Errors
/// When the type has no text form.
pub fn codes(
    array: &dyn Array,
    small: bool,
    interner: &mut Interner,
    out: &mut Vec<u32>,
) -> Result<(), String> {
    let code = |interner: &mut Interner, text: &str| {
        let text = text.trim().as_bytes();
        if small && text.iter().any(u8::is_ascii_uppercase) {
            interner.code(&text.to_ascii_lowercase())
        } else {
            interner.code(text)
        }
    };
    if let DataType::Dictionary(key, _) = array.data_type()
        && **key == DataType::Int32
    {
        let dictionary = array.as_dictionary::<Int32Type>();
        let mut of_key: Vec<u32> = Vec::with_capacity(dictionary.values().len());
        texts(dictionary.values().as_ref(), &mut |t| of_key.push(code(interner, t)))?;
        let keys = dictionary.keys();
        out.extend(
            keys.iter().map(|k| k.and_then(|k| of_key.get(k as usize).copied()).unwrap_or(0)),
        );
        return Ok(());
    }
    if array.data_type() == &DataType::Utf8 {
        let strings = array.as_string::<i32>();
        let lowered: Vec<u8>;
        let letters = if small {
            lowered = strings.value_data().to_ascii_lowercase();
            lowered.as_slice()
        } else {
            strings.value_data()
        };
        let ends = strings.value_offsets().windows(2);
        let values = ends.enumerate().map(|(at, ends)| match strings.is_null(at) {
            true => &[][..],
            false => trimmed(&letters[ends[0] as usize..ends[1] as usize]),
        });
        interner.codes(values, out);
        return Ok(());
    }
    texts(array, &mut |t| out.push(code(interner, t)))
}

/// Without blanks around it.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let plain = |byte: Option<&u8>| byte.is_some_and(|b| (0x21..0x80).contains(b));
    if plain(bytes.first()) && plain(bytes.last()) {
        return bytes;
    }
    std::str::from_utf8(bytes).map_or(bytes, |text| text.trim().as_bytes())
}

/// Calls `each` with the text of every value, empty for null.
///
/// # Errors
/// When the type has no text form.
pub fn texts(array: &dyn Array, each: &mut dyn FnMut(&str)) -> Result<(), String> {
    const DAY: i64 = 86_400;
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(|v| each(v.unwrap_or(""))),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(|v| each(v.unwrap_or(""))),
        DataType::Utf8View => array.as_string_view().iter().for_each(|v| each(v.unwrap_or(""))),
        DataType::Binary => bytes(array.as_binary::<i32>().iter(), each),
        DataType::LargeBinary => bytes(array.as_binary::<i64>().iter(), each),
        DataType::BinaryView => bytes(array.as_binary_view().iter(), each),
        DataType::Boolean => array
            .as_boolean()
            .iter()
            .for_each(|v| each(v.map_or("", |b| if b { "true" } else { "false" }))),
        DataType::Int8 => whole::<Int8Type>(array, each),
        DataType::Int16 => whole::<Int16Type>(array, each),
        DataType::Int32 => whole::<Int32Type>(array, each),
        DataType::Int64 => whole::<Int64Type>(array, each),
        DataType::UInt8 => whole::<UInt8Type>(array, each),
        DataType::UInt16 => whole::<UInt16Type>(array, each),
        DataType::UInt32 => whole::<UInt32Type>(array, each),
        DataType::UInt64 => whole::<UInt64Type>(array, each),
        DataType::Float32 => {
            written::<Float32Type>(array, each, &|v, out| wrote(write!(out, "{v}")))
        }
        DataType::Float64 => {
            written::<Float64Type>(array, each, &|v, out| wrote(write!(out, "{v}")))
        }
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            written::<Decimal128Type>(array, each, &move |v, out| decimal(v, scale, out));
        }
        DataType::Date32 => written::<Date32Type>(array, each, &|v, out| {
            wrote(write!(out, "{}", Date::from_days(v)))
        }),
        DataType::Date64 => {
            written::<Date64Type>(array, each, &|v, out| day(v.div_euclid(DAY * 1_000), out))
        }
        DataType::Timestamp(TimeUnit::Second, _) => {
            written::<TimestampSecondType>(array, each, &|v, out| day(v.div_euclid(DAY), out))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            written::<TimestampMillisecondType>(array, each, &|v, out| {
                day(v.div_euclid(DAY * 1_000), out)
            });
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            written::<TimestampMicrosecondType>(array, each, &|v, out| {
                day(v.div_euclid(DAY * 1_000_000), out)
            });
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            written::<TimestampNanosecondType>(array, each, &|v, out| {
                day(v.div_euclid(DAY * 1_000_000_000), out)
            });
        }
        DataType::Null => (0..array.len()).for_each(|_| each("")),
        DataType::Dictionary(key, _) => dictionary(array, key, each)?,
        DataType::List(_) => lists(array, each)?,
        other => {
            return Err(format!(
                "values of type {other} cannot be read as text; convert the column first"
            ));
        }
    }
    Ok(())
}

/// Texts that the writer of the file did not mark as such.
fn bytes<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, each: &mut dyn FnMut(&str)) {
    values.for_each(|v| each(&String::from_utf8_lossy(v.unwrap_or_default())));
}

fn day(days: i64, out: &mut String) {
    let days = i32::try_from(days).unwrap_or(0);
    wrote(write!(out, "{}", Date::from_days(days)));
}

fn decimal(value: i128, scale: i8, out: &mut String) {
    let Ok(places @ 1..) = usize::try_from(scale) else {
        wrote(write!(out, "{value}"));
        return;
    };
    let digits = format!("{:0width$}", value.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    wrote(write!(out, "{}{whole}.{part}", if value < 0 { "-" } else { "" }));
}

fn whole<T: ArrowPrimitiveType>(array: &dyn Array, each: &mut dyn FnMut(&str))
where
    T::Native: std::fmt::Display,
{
    written::<T>(array, each, &|v, out| wrote(write!(out, "{v}")));
}

fn written<T: ArrowPrimitiveType>(
    array: &dyn Array,
    each: &mut dyn FnMut(&str),
    write: &dyn Fn(T::Native, &mut String),
) {
    let mut buffer = String::new();
    for value in array.as_primitive::<T>().iter() {
        buffer.clear();
        if let Some(value) = value {
            write(value, &mut buffer);
        }
        each(&buffer);
    }
}

fn dictionary(array: &dyn Array, key: &DataType, each: &mut dyn FnMut(&str)) -> Result<(), String> {
    let dictionary = array.as_any_dictionary();
    let _ = key;
    let mut words: Vec<String> = Vec::new();
    texts(dictionary.values().as_ref(), &mut |t| words.push(t.to_owned()))?;
    let keys = dictionary.normalized_keys();
    for (row, at) in keys.into_iter().enumerate() {
        let text = if array.is_null(row) { "" } else { words.get(at).map_or("", String::as_str) };
        each(text);
    }
    Ok(())
}

/// A list is its elements with a semicolon between them.
fn lists(array: &dyn Array, each: &mut dyn FnMut(&str)) -> Result<(), String> {
    for list in array.as_list::<i32>().iter() {
        let mut joined = String::new();
        if let Some(items) = list {
            texts(items.as_ref(), &mut |t| {
                if !joined.is_empty() {
                    joined.push(';');
                }
                joined.push_str(t);
            })?;
        }
        each(&joined);
    }
    Ok(())
}
