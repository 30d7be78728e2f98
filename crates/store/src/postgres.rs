//! PostgreSQL: refuses a server that could forget what it acknowledged.

use crate::driver::{Connection, for_postgres};
use crate::{Row, StoreError, Value};
use postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};
use postgres::{Client, NoTls, Statement};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

/// The advisory lock that makes writers of all processes queue, as SQLite's file lock does.
const WRITER_LOCK: i64 = 0x0050_4144_414e;

/// One open PostgreSQL connection with its prepared statements.
pub(crate) struct Postgres {
    client: Client,
    statements: BTreeMap<String, Statement>,
    broken: bool,
}

impl Postgres {
    /// Connects; `checked` also asserts the durability settings.
    pub(crate) fn open(url: &str, checked: bool) -> Result<Self, StoreError> {
        let client = Client::connect(url, NoTls)
            .map_err(|e| StoreError::Away(format!("PostgreSQL: {}", root(&e))))?;
        let mut connection = Self { client, statements: BTreeMap::new(), broken: false };
        if checked {
            connection.check_settings()?;
        }
        Ok(connection)
    }

    fn check_settings(&mut self) -> Result<(), StoreError> {
        for (setting, safe) in [
            ("fsync", &["on"][..]),
            ("full_page_writes", &["on"]),
            ("synchronous_commit", &["on", "remote_apply"]),
            ("data_checksums", &["on"]),
        ] {
            let row = self.client.query_one(&format!("SHOW {setting}"), &[]).map_err(failure)?;
            let found: String = row.get(0);
            if !safe.contains(&found.as_str()) {
                return Err(StoreError::Unsafe(format!(
                    "PostgreSQL has {setting} = {found}, needs `{}` (data_checksums: `initdb -k` \
                     or `pg_checksums --enable`)",
                    safe.join("` or `")
                )));
            }
        }
        Ok(())
    }

    /// The client, for COPY.
    pub(crate) const fn raw(&mut self) -> &mut Client {
        &mut self.client
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&for_postgres(sql))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn note<T>(&mut self, result: Result<T, postgres::Error>) -> Result<T, StoreError> {
        result.map_err(|e| {
            self.broken |= e.is_closed() || self.client.is_closed();
            failure(e)
        })
    }
}

/// The innermost message: the driver's own says only "error connecting to server".
fn root(error: &postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |inner| inner.to_string())
}

/// The kind of failure, by SQLSTATE. Only the server's first line is kept: its detail line
/// quotes values.
pub(crate) fn failure(error: postgres::Error) -> StoreError {
    let Some(db) = error.as_db_error() else {
        return if error.is_closed() || error.source().is_some_and(|s| s.is::<std::io::Error>()) {
            StoreError::Away(root(&error))
        } else {
            StoreError::Refused(root(&error))
        };
    };
    let message = format!("{} ({})", db.message(), db.code().code());
    match db.code().code().get(..2) {
        Some("23") => StoreError::Conflict(message),
        Some("08" | "53" | "57" | "58" | "40" | "55") => StoreError::Away(message),
        _ => StoreError::Refused(message),
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) => match *ty {
                Type::INT4 => i32::try_from(*n)?.to_sql(ty, out),
                Type::INT2 => i16::try_from(*n)?.to_sql(ty, out),
                Type::FLOAT8 => (*n as f64).to_sql(ty, out),
                Type::BOOL => (*n != 0).to_sql(ty, out),
                _ => n.to_sql(ty, out),
            },
            Self::Real(n) => n.to_sql(ty, out),
            Self::Text(t) => t.as_str().to_sql(ty, out),
            Self::Bytes(b) => b.as_slice().to_sql(ty, out),
        }
    }

    fn accepts(_ty: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

/// A column of any type this store uses.
struct Cell(Value);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i64::from(i32::from_sql(ty, raw)?)),
            Type::INT2 => Value::Int(i64::from(i16::from_sql(ty, raw)?)),
            Type::BOOL => Value::Int(i64::from(bool::from_sql(ty, raw)?)),
            Type::FLOAT8 => Value::Real(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => Value::Real(f64::from(f32::from_sql(ty, raw)?)),
            Type::BYTEA => Value::Bytes(Vec::<u8>::from_sql(ty, raw)?),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::UNKNOWN => {
                Value::Text(String::from_sql(ty, raw)?)
            }
            _ => {
                return Err(
                    format!("column type {ty}: cast it, e.g. CAST(SUM(x) AS INTEGER)").into()
                );
            }
        }))
    }

    fn from_sql_null(_ty: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(_ty: &Type) -> bool {
        true
    }
}

fn references(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|p| p as &(dyn ToSql + Sync)).collect()
}

impl Connection for Postgres {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        let result = self.prepared(sql).and_then(|s| self.client.execute(&s, &references(params)));
        self.note(result)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let result = self.prepared(sql).and_then(|s| self.client.query(&s, &references(params)));
        let found = self.note(result)?;
        let Some(first) = found.first() else { return Ok(Vec::new()) };
        let columns: Arc<[String]> = first.columns().iter().map(|c| c.name().to_owned()).collect();
        found
            .iter()
            .map(|row| {
                let values = (0..columns.len())
                    .map(|at| row.try_get::<_, Cell>(at).map(|cell| cell.0).map_err(failure))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Row { columns: Arc::clone(&columns), values })
            })
            .collect()
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        let result = self.client.batch_execute(&for_postgres(sql));
        self.note(result)
    }

    fn begin_write(&mut self) -> Result<(), StoreError> {
        self.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn is_healthy(&self) -> bool {
        !self.broken && !self.client.is_closed()
    }

    fn columns(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        let found = self.query(
            "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() ORDER BY 1, 2",
            &[],
        )?;
        found.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
    }

    fn schema(&mut self) -> Result<String, StoreError> {
        let found = self.query(
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
                 || ' ' || coalesce(column_default, '') AS line
             FROM information_schema.columns WHERE table_schema = current_schema()
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
             UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid)
             FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
             ORDER BY 1",
            &[],
        )?;
        let lines: Result<Vec<String>, _> = found.iter().map(|row| row.at(0)).collect();
        Ok(lines?.join("\n"))
    }
}
