//! What the caller's closures are given: a transaction that may write, or a consistent view.

use crate::driver::Connection;
use crate::{Row, StoreError, Value};

/// Questions to the store: the same within a transaction and within a read.
pub trait Query {
    /// All rows of a query.
    ///
    /// # Errors
    /// When the statement is refused or the database is away.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// The one row of a query, or none.
    ///
    /// # Errors
    /// As [`Query::query`], and when there are several rows.
    fn query_opt(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, StoreError> {
        let mut rows = self.query(sql, params)?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            n => Err(StoreError::Shape(format!("{n} rows where at most one was expected"))),
        }
    }

    /// The one row of a query.
    ///
    /// # Errors
    /// As [`Query::query_opt`], and when there is no row.
    fn query_one(&mut self, sql: &str, params: &[Value]) -> Result<Row, StoreError> {
        self.query_opt(sql, params)?
            .ok_or_else(|| StoreError::Shape("no row where one was expected".to_owned()))
    }
}

/// A transaction: all of it is kept, or nothing.
pub struct Tx<'a> {
    pub(crate) connection: &'a mut dyn Connection,
}

impl Tx<'_> {
    /// Runs one statement, gives the number of rows changed.
    ///
    /// # Errors
    /// When it is refused ([`StoreError::Conflict`] for a constraint) or the database is away.
    /// PostgreSQL ends the transaction at the first refused statement: use `ON CONFLICT` instead
    /// of trying and catching.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.connection.execute(sql, params)
    }
}

impl Query for Tx<'_> {
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.connection.query(sql, params)
    }
}

/// One state of the store, for reading.
pub struct Reader<'a> {
    pub(crate) connection: &'a mut dyn Connection,
}

impl Query for Reader<'_> {
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.connection.query(sql, params)
    }
}
