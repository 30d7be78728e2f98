//! The seam between the store and a database: one connection, statements in, rows out.
//!
//! SQL is written once, in SQLite's STRICT dialect with `$1` parameters, and translated by the
//! two functions here. What both databases understand (and only that) may be used: see README.

use crate::{Row, StoreError, Value};

/// One connection of either database.
pub(crate) trait Connection: Send {
    /// Runs one statement, gives the number of rows changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError>;
    /// Runs one query.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;
    /// Runs several statements without parameters.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError>;
    /// Starts a transaction that may write. Waits for other writers, of other processes too.
    fn begin_write(&mut self) -> Result<(), StoreError>;
    /// Starts a transaction that sees one state of the store.
    fn begin_read(&mut self) -> Result<(), StoreError>;
    /// False when the connection is known to be broken.
    fn is_healthy(&self) -> bool;
    /// All tables and columns, as (table, column), sorted.
    fn columns(&mut self) -> Result<Vec<(String, String)>, StoreError>;
    /// The schema as text, in a fixed order: for comparing two stores.
    fn schema(&mut self) -> Result<String, StoreError>;
}

/// `$1` → `?1`: SQLite gives `$1` no number.
pub(crate) fn for_sqlite(sql: &str) -> String {
    replace_parameters(sql, '?')
}

fn replace_parameters(sql: &str, sign: char) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut quoted = false;
    let mut characters = sql.chars().peekable();
    while let Some(c) = characters.next() {
        quoted ^= c == '\'';
        let numbered = characters.peek().is_some_and(char::is_ascii_digit);
        out.push(if c == '$' && numbered && !quoted { sign } else { c });
    }
    out
}

/// SQLite's type words → PostgreSQL's; `STRICT` and `WITHOUT ROWID` are dropped.
pub(crate) fn for_postgres(sql: &str) -> String {
    let sql = sql.replace("WITHOUT ROWID, STRICT", "").replace("WITHOUT ROWID", "");
    let mut out = String::with_capacity(sql.len());
    let mut word = String::new();
    let mut quoted = false;
    for c in without_comments(&sql).chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        push_word(&mut out, &mut word, quoted);
        quoted ^= c == '\'';
        out.push(c);
    }
    push_word(&mut out, &mut word, quoted);
    out
}

/// Lines without `-- …`: an apostrophe in a comment must not look like a quotation mark.
fn without_comments(sql: &str) -> String {
    let code =
        |line: &str| line.split_once("--").map_or(line.to_owned(), |(code, _)| code.to_owned());
    sql.lines().map(code).collect::<Vec<_>>().join("\n")
}

fn push_word(out: &mut String, word: &mut String, quoted: bool) {
    let translated = match word.as_str() {
        _ if quoted => word.as_str(),
        "INTEGER" => "BIGINT",
        "REAL" => "DOUBLE PRECISION",
        "BLOB" => "BYTEA",
        "STRICT" => "",
        other => other,
    };
    out.push_str(translated);
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sql_two_dialects() {
        let check = |sql: &str, sqlite: &str, postgres: &str| {
            assert_eq!(for_sqlite(sql), sqlite);
            assert_eq!(for_postgres(sql), postgres);
        };
        check("SELECT $1, '$1'", "SELECT ?1, '$1'", "SELECT $1, '$1'");
        check(
            "CREATE TABLE t (a INTEGER, b BLOB, c REAL DEFAULT 'REAL') STRICT;",
            "CREATE TABLE t (a INTEGER, b BLOB, c REAL DEFAULT 'REAL') STRICT;",
            "CREATE TABLE t (a BIGINT, b BYTEA, c DOUBLE PRECISION DEFAULT 'REAL') ;",
        );
        assert_eq!(for_postgres("-- it's\na INTEGER"), "\na BIGINT");
    }
}
