//! All rows of a table, of a filter, or of a query, as a file.

use std::ops::ControlFlow;

use orm_core::backend::{Plain, PlainColumn, TakesPlain};
use orm_core::migration::statements;
use orm_core::{Db, Dialect, Error};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::super::catalog::{self, TableName, kinds};
use super::super::chunks::Chunks;
use super::super::console::only_reads::only_reading;
use super::super::failure::{Failure, Result};
use super::super::on::{Limit, On, reading_once};
use super::super::rows::{self, select};
use super::super::statement::Statement;
use super::super::value::ValueKind;
use super::format::{Format, Rows};

#[derive(Clone, Deserialize)]
pub(in super::super) struct Request {
    #[serde(default)]
    table: Option<TableName>,
    #[serde(default)]
    sql: Option<String>,
    format: Format,
    #[serde(default)]
    filter: Json,
    #[serde(default)]
    sort: Json,
}

impl Request {
    /// Returns a name for the file.
    pub(in super::super) fn file_name(&self) -> String {
        let name = self.table.as_ref().map_or("result", |table| &table.name);
        let plain = |one: char| if one.is_ascii_alphanumeric() { one } else { '_' };
        let name: String = name.chars().take(60).map(plain).collect();
        format!("{name}.{}", self.format.extension())
    }

    pub(in super::super) fn media_type(&self) -> &'static str {
        self.format.media_type()
    }
}

/// Writes the rows.
pub(in super::super) fn export(
    db: &Db,
    request: &Request,
    limit: &Limit,
    chunks: &mut Chunks,
) -> Result<()> {
    match (&request.table, &request.sql) {
        (Some(table), None) => reading_once(db, limit, |on| of_table(on, table, request, chunks)),
        (None, Some(sql)) => db.with_connection(|connection| {
            connection.close_afterwards("");
            Ok(of_sql(&mut On::new(connection, limit.clone()), sql, request, chunks))
        })?,
        _ => Err(Failure::request("an export is that of a table or of SQL")),
    }
}

fn of_table(
    on: &mut On<'_>,
    name: &TableName,
    request: &Request,
    chunks: &mut Chunks,
) -> Result<()> {
    let dialect = on.dialect();
    let table = catalog::table(on, name)?;
    let sort = if request.sort.is_null() { json!([]) } else { request.sort.clone() };
    let page = json!({ "table": name, "filter": request.filter, "sort": sort });
    let page: rows::Request = serde_json::from_value(page)?;
    // What the database computes can't be inserted.
    let is_written = |column: &&catalog::Column| request.format != Format::Sql || !column.generated;
    let columns: Vec<_> = table.columns.iter().filter(is_written).collect();
    let mut statement = Statement::new(dialect, "SELECT ");
    statement.each(&columns, ", ", |statement, column| select::push_whole(statement, column));
    if columns.is_empty() {
        statement.push("NULL");
    }
    rows::write_all(&mut statement, &table, &page)?;
    let kinds = columns.iter().map(|column| (column.name.clone(), column.kind)).collect();
    let overrides = !dialect.is_sqlite() && columns.iter().any(|column| column.identity);
    let mut rows = Rows::new(request.format, dialect, name, kinds, overrides);
    let mut out = Vec::new();
    rows.begin(&mut out);
    on.each(&statement, |row| {
        rows.row(row, &mut out);
        chunks.write(&out)?;
        out.clear();
        Ok(ControlFlow::Continue(()))
    })?;
    rows.end(&mut out);
    chunks.write(&out)
}

fn of_sql(on: &mut On<'_>, sql: &str, request: &Request, chunks: &mut Chunks) -> Result<()> {
    let dialect = on.dialect();
    let all = statements(sql, dialect);
    let [statement] = all.as_slice() else {
        return Err(Failure::request("an export is that of one query"));
    };
    let mut writing = Writing {
        format: request.format,
        dialect,
        rows: None,
        out: Vec::new(),
        chunks,
        failure: None,
    };
    let ran = only_reading(on, statement.sql(), |on| on.run(statement.sql(), &[], &mut writing));
    if let Some(failure) = writing.failure {
        return Err(failure);
    }
    ran?;
    if let Some(rows) = &writing.rows {
        rows.end(&mut writing.out);
    }
    writing.chunks.write(&writing.out)
}

/// Writes the rows of a query.
struct Writing<'c> {
    format: Format,
    dialect: Dialect,
    rows: Option<Rows>,
    out: Vec<u8>,
    chunks: &'c mut Chunks,
    failure: Option<Failure>,
}

impl TakesPlain for Writing<'_> {
    fn columns(&mut self, columns: Vec<PlainColumn>) -> Result<(), Error> {
        let columns = columns.into_iter().map(|column| {
            let kind = match &column.declared {
                Some(declared) => kinds::of_sqlite(declared),
                None => kind_of(column.number),
            };
            (column.name, kind)
        });
        let name = TableName { schema: None, name: "result".into() };
        let rows = Rows::new(self.format, self.dialect, &name, columns.collect(), false);
        rows.begin(&mut self.out);
        self.rows = Some(rows);
        Ok(())
    }

    fn row(&mut self, row: &[Plain<'_>]) -> Result<ControlFlow<()>, Error> {
        if let Some(rows) = &mut self.rows {
            rows.row(row, &mut self.out);
        }
        match self.chunks.write(&self.out) {
            Ok(()) => {
                self.out.clear();
                Ok(ControlFlow::Continue(()))
            }
            Err(failure) => {
                self.failure = Some(failure);
                Ok(ControlFlow::Break(()))
            }
        }
    }
}

/// Returns the kind of PostgreSQL's own types whose values aren't written as texts. No question can be asked while rows
/// arrive.
fn kind_of(number: u32) -> ValueKind {
    match number {
        16 => ValueKind::Boolean,
        17 => ValueKind::Bytes,
        20 | 21 | 23 | 26 => ValueKind::Integer,
        114 | 3802 => ValueKind::Json,
        700 | 701 => ValueKind::Real,
        1700 => ValueKind::Decimal,
        _ => ValueKind::Text,
    }
}
