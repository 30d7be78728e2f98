//! `padan edition sql`: the tables a query names, loaded into SQLite for the time of the query.

use crate::failure::Failure;
use engine::{Table, read_table, table_columns};
use std::path::{Path, PathBuf};
use store::query::{Cell, Kind, Scratch};

/// Most rows handed to SQLite at once.
const BATCH_ROWS: usize = 65_536;

/// Answers one query over an edition's tables.
pub fn run(edition: &Path, query: &str, csv: bool, limit: usize) -> Result<(), Failure> {
    let tables = tables(edition)?;
    let scratch = Scratch::open().map_err(Failure::work)?;
    for (name, path) in &tables {
        if mentions(query, name) {
            load(&scratch, name, path, query)?;
        }
    }
    let answer = scratch.select(query, limit).map_err(|message| {
        let names: Vec<&str> = tables.iter().map(|t| t.0.as_str()).collect();
        Failure::input(format!("{message}\ntables: {}", names.join(", ")))
    })?;
    print!("{}", if csv { answer.csv() } else { answer.table() });
    if answer.cut {
        eprintln!("padan: only the first {limit} rows are shown (--limit)");
    }
    Ok(())
}

/// The edition's tables by their SQL names.
fn tables(edition: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let files = engine::disk::files_below(edition).map_err(Failure::input)?;
    let name = |file: &String| {
        let stem = file.strip_suffix(".parquet")?;
        Some(stem.strip_prefix("lists/").map_or_else(|| stem.to_owned(), |p| format!("list_{p}")))
    };
    let found: Vec<_> = files.iter().filter_map(|f| Some((name(f)?, edition.join(f)))).collect();
    if found.is_empty() {
        return Err(Failure::input(format!("{} holds no tables", edition.display())));
    }
    Ok(found)
}

/// Whether a word stands in a query (as a whole word, in any case).
fn mentions(query: &str, word: &str) -> bool {
    query
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|token| token.eq_ignore_ascii_case(word))
}

/// Loads a table: only the columns the query names, or all of them when it says `*`.
fn load(scratch: &Scratch, name: &str, path: &Path, query: &str) -> Result<(), Failure> {
    let schema = table_columns(path).map_err(Failure::input)?;
    let all: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let star = query.replace("(*)", "").replace("( * )", "").contains('*');
    let mut columns: Vec<&str> =
        all.iter().copied().filter(|c| star || mentions(query, c)).collect();
    if columns.is_empty() {
        columns = all.into_iter().take(1).collect();
    }
    let table = read_table(path, &columns).map_err(Failure::input)?;
    let values = columns.iter().map(|c| Column::read(&table, c)).collect::<Result<Vec<_>, _>>()?;
    let kinds: Vec<(&str, Kind)> =
        columns.iter().zip(&values).map(|(name, column)| (*name, column.kind())).collect();
    scratch.create(name, &kinds).map_err(Failure::work)?;
    let rows = table.rows();
    for from in (0..rows).step_by(BATCH_ROWS) {
        let to = (from + BATCH_ROWS).min(rows);
        scratch
            .insert(name, to - from, values.len(), |row, column| values[column].cell(from + row))
            .map_err(Failure::work)?;
    }
    Ok(())
}

/// One column in memory.
enum Column {
    Whole(Vec<u64>),
    Signed(Vec<i64>),
    Real(Vec<f64>),
    Day(Vec<i32>),
    YesNo(Vec<bool>, Vec<bool>),
    Text(engine::Texts),
}

impl Column {
    fn read(table: &Table, name: &str) -> Result<Self, Failure> {
        let kind = table
            .schema()
            .field_with_name(name)
            .map(|f| f.data_type().to_string())
            .unwrap_or_default();
        let column = match kind.as_str() {
            "Utf8" => table.texts(name).map(Self::Text),
            "Float64" => table.f64s(name, f64::NAN).map(Self::Real),
            "Date32" => table.dates(name, i32::MIN).map(Self::Day),
            "Int64" => table.i64s(name, i64::MIN).map(Self::Signed),
            "Int32" => table
                .i32s(name, i32::MIN)
                .map(|v| v.into_iter().map(|n| if n == i32::MIN { i64::MIN } else { n.into() }))
                .map(|v| Self::Signed(v.collect())),
            "Boolean" => table
                .bools(name, false)
                .and_then(|yes| Ok(Self::YesNo(yes, table.bools(name, true)?))),
            _ => table.whole(name, u64::MAX).map(Self::Whole),
        };
        column.map_err(Failure::input)
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Whole(_) | Self::Signed(_) | Self::YesNo(..) => Kind::Integer,
            Self::Real(_) => Kind::Real,
            Self::Day(_) | Self::Text(_) => Kind::Text,
        }
    }

    fn cell(&self, row: usize) -> Cell {
        match self {
            Self::Whole(v) if v[row] == u64::MAX => Cell::Null,
            // Ids, NIK and codes are far below 2^63.
            Self::Whole(v) => Cell::Integer(v[row] as i64),
            Self::Signed(v) if v[row] == i64::MIN => Cell::Null,
            Self::Signed(v) => Cell::Integer(v[row]),
            Self::Real(v) if v[row].is_nan() => Cell::Null,
            Self::Real(v) => Cell::Real(v[row]),
            Self::Day(v) if v[row] == i32::MIN => Cell::Null,
            Self::Day(v) => Cell::Text(kernel::Date::from_days(v[row]).to_string()),
            Self::YesNo(yes, not_no) if yes[row] != not_no[row] => Cell::Null,
            Self::YesNo(yes, _) => Cell::Integer(i64::from(yes[row])),
            Self::Text(v) => v.some(row).map_or(Cell::Null, |text| Cell::Text(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn words_are_found_whole() {
        assert!(mentions("SELECT decile FROM scores", "scores"));
        assert!(mentions("select Decile from SCORES s", "decile"));
        assert!(!mentions("SELECT decile_province FROM x", "decile"));
    }
}
