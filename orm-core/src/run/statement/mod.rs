//! mizzle's own statements on one table. The table and the columns determine their SQL, so a connection finds the
//! prepared statement without writing the SQL.

mod conflict;
mod delete;
mod find;
mod insert;
mod update;
mod update_rows;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

pub(crate) use self::conflict::{Conflict, Upsert};
pub(crate) use self::delete::Delete;
pub(crate) use self::find::{Find, FindRow};
pub(crate) use self::insert::Insert;
pub(crate) use self::update::{Update, UpdateRow};
pub(crate) use self::update_rows::{RowValues, UpdateRows};

use crate::backend::{
    Any, AnyBinds, AnyQueryBuilder, Source, Statement, StaticKey, push_separated,
};
use crate::dialect::Dialect;
use crate::table::{BindAt, ColumnSet, TableFacts};

/// A statement on one table.
pub(crate) trait OnTable: QueryFragment<Any> {
    /// Binds the values, in the order of the SQL. A prepared statement needs no SQL, so none of it is written here.
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()>;
}

/// A statement's values, without its SQL.
struct ValuesOf<S>(S);

impl<S: OnTable> QueryFragment<Any> for ValuesOf<S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.0.bind(&mut out)
    }
}

/// A statement with the key that identifies its SQL.
pub(crate) struct Own<S> {
    statement: ValuesOf<S>,
    /// `None` if its SQL depends on more than a key holds.
    key: Option<StaticKey>,
}

impl<S: OnTable> Own<S> {
    fn new(
        table: &TableFacts,
        statement: S,
        kind: Statement,
        columns: ColumnSet,
        rows: u32,
    ) -> Self {
        let key = StaticKey::of((table.type_id)(), kind);
        let key = StaticKey { columns: columns.bits(), rows, ..key };
        Self { statement: ValuesOf(statement), key: Some(key) }
    }

    /// Adds the columns of an upsert's conflict to the key.
    fn with_target(mut self, target: Option<ColumnSet>) -> Self {
        let target = target.map(ColumnSet::bits);
        self.key = self.key.zip(target).map(|(key, target)| StaticKey { target, ..key });
        self
    }
}

impl<S: OnTable> Source for Own<S> {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(self.key)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        self.statement.0.to_sql(sql, Any::of(dialect))
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

/// The key that finds a row.
#[derive(Clone, Copy)]
pub(crate) enum KeyOf<'r> {
    /// A [`KeyValue`](crate::table::KeyValue).
    Value(&'r dyn BindAt),
    /// The key of this row.
    Row(&'r dyn BindAt),
}

impl<'r> KeyOf<'r> {
    /// Binds a column of the key, by its position in the key and in the table.
    fn bind_part(
        self,
        part: usize,
        column: usize,
        out: &mut AstPass<'_, 'r, Any>,
    ) -> QueryResult<()> {
        match self {
            Self::Value(value) => value.bind_at(part, out.reborrow()),
            Self::Row(row) => row.bind_at(column, out.reborrow()),
        }
    }

    /// Binds the values of [`push_where_key`].
    fn bind(self, table: &TableFacts, out: &mut AstPass<'_, 'r, Any>) -> QueryResult<()> {
        for (part, &column) in table.key.iter().enumerate() {
            self.bind_part(part, column, out)?;
        }
        Ok(())
    }
}

/// Writes ` WHERE "a" = … AND "b" = …` for the key's columns.
fn push_where_key<'b>(
    table: &TableFacts,
    key: KeyOf<'b>,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    for (part, &index) in table.key.iter().enumerate() {
        out.push_sql(if part == 0 { " WHERE " } else { " AND " });
        out.push_identifier(table.columns[index])?;
        out.push_sql(" = ");
        key.bind_part(part, index, out)?;
    }
    Ok(())
}

/// Binds the value of [`push_is_version`].
fn bind_version<'b>(
    table: &TableFacts,
    row: &'b dyn BindAt,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    table.version.map_or(Ok(()), |index| row.bind_at(index, out.reborrow()))
}

/// Writes ` AND "version" = …` if the table has such a column, to check that the row has not changed since it was read.
fn push_and_version<'b>(
    table: &TableFacts,
    row: &'b dyn BindAt,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    if table.version.is_some() {
        out.push_sql(" AND ");
        push_is_version(table, row, out)?;
    }
    Ok(())
}

/// Writes `"version" = …` if the table has such a column.
fn push_is_version<'b>(
    table: &TableFacts,
    row: &'b dyn BindAt,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    if let Some(index) = table.version {
        out.push_identifier(table.columns[index])?;
        out.push_sql(" = ");
        row.bind_at(index, out.reborrow())?;
    }
    Ok(())
}
