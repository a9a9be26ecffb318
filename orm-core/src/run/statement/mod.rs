//! mizzle's own statements on one table. The table and the columns determine their SQL, so a connection finds the
//! prepared statement without writing the SQL.

mod delete;
mod find;
mod insert;
mod update;
mod update_rows;

use std::any::TypeId;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

pub(crate) use self::delete::Delete;
pub(crate) use self::find::{Find, FindRow};
pub(crate) use self::insert::{Insert, OnConflict};
pub(crate) use self::update::{Update, UpdateRow};
pub(crate) use self::update_rows::{RowValues, UpdateRows};

use crate::backend::{
    Any, AnyBinds, AnyQueryBuilder, Source, Statement, StaticKey, push_separated,
};
use crate::dialect::Dialect;
use crate::table::{ColumnSet, Table, TableFacts};

/// A statement with the key that identifies its SQL.
pub(crate) struct Own<S> {
    pub(crate) statement: S,
    key: StaticKey,
}

impl<S: QueryFragment<Any>> Own<S> {
    fn new(type_id: TypeId, statement: S, kind: Statement, columns: ColumnSet, rows: u32) -> Self {
        let key = StaticKey::of(type_id, kind);
        let key = StaticKey { columns: columns.bits(), rows, ..key };
        Self { statement, key }
    }
}

impl<S: QueryFragment<Any>> Source for Own<S> {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(Some(self.key))
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        self.statement.to_sql(sql, Any::of(dialect))
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.statement.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

/// Writes `"a", "b"`.
fn push_columns(
    table: &TableFacts,
    out: &mut AstPass<'_, '_, Any>,
    columns: impl Iterator<Item = usize>,
) -> QueryResult<()> {
    push_separated(out, ", ", columns, |index, out| out.push_identifier(table.columns[index]))
}

/// Writes ` RETURNING` with all columns.
pub(crate) fn push_returning(
    table: &TableFacts,
    out: &mut AstPass<'_, '_, Any>,
) -> QueryResult<()> {
    out.push_sql(" RETURNING ");
    push_columns(table, out, 0..table.columns.len())
}

/// Writes ` WHERE "a" = … AND "b" = …` for the key's columns.
fn push_where_key<'b, T: Table>(
    mut out: AstPass<'_, 'b, Any>,
    mut bind: impl FnMut(usize, AstPass<'_, 'b, Any>) -> QueryResult<()>,
) -> QueryResult<()> {
    for (part, &index) in T::KEY.iter().enumerate() {
        out.push_sql(if part == 0 { " WHERE " } else { " AND " });
        out.push_identifier(T::COLUMNS[index])?;
        out.push_sql(" = ");
        bind(part, out.reborrow())?;
    }
    Ok(())
}

/// Writes ` AND "version" = …` if the table has such a column, to check that the row has not changed since it was read.
fn push_and_version<'b, T: Table>(row: &'b T, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
    if let Some(index) = T::VERSION {
        out.push_sql(" AND ");
        out.push_identifier(T::COLUMNS[index])?;
        out.push_sql(" = ");
        row.bind_column(index, out)?;
    }
    Ok(())
}
