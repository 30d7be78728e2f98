//! SQL over tables that are not in a store: a scratch SQLite database for the time of a query.
//!
//! Used by `padan edition sql`: the caller loads the tables a query names, then asks. Only one
//! reading statement is accepted.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::fmt::Write;

/// The storage class of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Fractions.
    Real,
    /// Texts.
    Text,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Unknown.
    Null,
    /// A whole number.
    Integer(i64),
    /// A fraction.
    Real(f64),
    /// A text.
    Text(String),
}

/// A scratch database. It lives in memory and spills to a temporary file that vanishes with it.
#[derive(Debug)]
pub struct Scratch(Connection);

/// The rows of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Column names.
    pub columns: Vec<String>,
    /// Values as text; `None` is null.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there were more rows than asked for.
    pub cut: bool,
}

fn say(error: rusqlite::Error) -> String {
    error.to_string()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Scratch {
    /// An empty database.
    ///
    /// # Errors
    /// SQLite's message.
    pub fn open() -> Result<Self, String> {
        // An empty name is a private database on disk that SQLite keeps in its cache while it fits.
        let connection = Connection::open("").map_err(say)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288;",
            )
            .map_err(say)?;
        Ok(Self(connection))
    }

    /// Makes a table.
    ///
    /// # Errors
    /// SQLite's message.
    pub fn create(&self, table: &str, columns: &[(&str, Kind)]) -> Result<(), String> {
        let column = |(name, kind): &(&str, Kind)| {
            let kind = match kind {
                Kind::Integer => "INTEGER",
                Kind::Real => "REAL",
                Kind::Text => "TEXT",
            };
            format!("{} {kind}", quoted(name))
        };
        let columns: Vec<String> = columns.iter().map(column).collect();
        let sql = format!("CREATE TABLE {} ({})", quoted(table), columns.join(", "));
        self.0.execute_batch(&sql).map_err(say)
    }

    /// Adds `rows` rows of `columns` cells.
    ///
    /// # Errors
    /// SQLite's message.
    pub fn insert(
        &self,
        table: &str,
        rows: usize,
        columns: usize,
        cell: impl Fn(usize, usize) -> Cell,
    ) -> Result<(), String> {
        let marks = vec!["?"; columns].join(", ");
        let sql = format!("INSERT INTO {} VALUES ({marks})", quoted(table));
        let transaction = self.0.unchecked_transaction().map_err(say)?;
        {
            let mut statement = transaction.prepare(&sql).map_err(say)?;
            for row in 0..rows {
                let values = (0..columns).map(|column| match cell(row, column) {
                    Cell::Null => Value::Null,
                    Cell::Integer(n) => Value::Integer(n),
                    Cell::Real(x) => Value::Real(x),
                    Cell::Text(text) => Value::Text(text),
                });
                statement.execute(params_from_iter(values)).map_err(say)?;
            }
        }
        transaction.commit().map_err(say)
    }

    /// Answers one reading statement with at most `limit` rows.
    ///
    /// # Errors
    /// SQLite's message, or that the statement would change something.
    pub fn select(&self, sql: &str, limit: usize) -> Result<Answer, String> {
        let mut statement = self.0.prepare(sql).map_err(say)?;
        if !statement.readonly() {
            return Err("only a SELECT is answered; an edition is sealed".to_owned());
        }
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut answer = Answer { columns, rows: Vec::new(), cut: false };
        let mut rows = statement.query([]).map_err(say)?;
        while let Some(row) = rows.next().map_err(say)? {
            if answer.rows.len() == limit {
                answer.cut = true;
                break;
            }
            let values = (0..answer.columns.len())
                .map(|i| row.get::<_, Value>(i).map(text_of).map_err(say))
                .collect::<Result<_, _>>()?;
            answer.rows.push(values);
        }
        Ok(answer)
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Integer(n) => Some(n.to_string()),
        Value::Real(x) => Some(x.to_string()),
        Value::Text(text) => Some(text),
        Value::Blob(bytes) => Some(format!("({} bytes)", bytes.len())),
    }
}

impl Answer {
    /// As comma-separated text with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let cell = |text: &str| match text.contains([',', '"', '\n']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.to_owned(),
        };
        let line = |cells: Vec<String>| cells.join(",") + "\n";
        let mut out = line(self.columns.iter().map(|c| cell(c)).collect());
        for row in &self.rows {
            out += &line(row.iter().map(|v| cell(v.as_deref().unwrap_or(""))).collect());
        }
        out
    }

    /// As an aligned table.
    #[must_use]
    pub fn table(&self) -> String {
        let shown = |v: &Option<String>| v.clone().unwrap_or_else(|| "-".to_owned());
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|r| r.iter().map(shown).collect()).collect();
        let width = |i: usize| {
            let cells = rows.iter().map(|r| r[i].chars().count());
            cells.chain([self.columns[i].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut out = String::new();
        for row in std::iter::once(&self.columns).chain(&rows) {
            for (cell, width) in row.iter().zip(&widths) {
                // Writing to a string cannot fail.
                let _ = write!(out, "{cell:<width$}  ");
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_asked_and_cannot_be_changed() {
        let scratch = Scratch::open().unwrap();
        scratch.create("scores", &[("decile", Kind::Integer), ("name", Kind::Text)]).unwrap();
        let cell = |row: usize, column: usize| match column {
            0 => Cell::Integer(row as i64 % 2),
            _ if row == 0 => Cell::Null,
            _ => Cell::Text(format!("a,{row}")),
        };
        scratch.insert("scores", 3, 2, cell).unwrap();
        let answer = scratch
            .select("SELECT decile, count(*) AS n, max(name) FROM scores GROUP BY decile", 10)
            .unwrap();
        assert_eq!(answer.csv(), "decile,n,max(name)\n0,2,\"a,2\"\n1,1,\"a,1\"\n");
        assert!(scratch.select("SELECT * FROM scores", 2).unwrap().cut);
        assert!(scratch.select("DELETE FROM scores", 2).unwrap_err().contains("sealed"));
        assert!(scratch.select("SELECT x FROM scores", 2).unwrap_err().contains("no such column"));
    }
}
