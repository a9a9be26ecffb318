//! UPDATE of many rows by one statement, each row with its own values.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryBuilder, QueryFragment};

use crate::backend::{
    Any, AnyBinds, AnyQueryBuilder, AnyType, Bind, KEY_PLACE, KeyList, Source, Statement,
    StaticKey, collect, key_part,
};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::{ColumnSet, TableFacts, Values, Writable, next_version};

/// The values of rows for [`UpdateRows`], row by row.
pub(crate) struct RowValues<'r, T: Writable> {
    rows: &'r [T],
    /// The columns with `on_update`, whose values don't come from the rows.
    touched: T::Changes,
    /// The columns that find the row, then those that are written.
    columns: Vec<usize>,
    /// The number of columns that find the row: its key, and its version.
    finding: usize,
}

impl<'r, T: Writable> RowValues<'r, T> {
    /// Takes at least one row.
    pub(crate) fn new(rows: &'r [T]) -> Self {
        let mut columns = T::KEY.to_vec();
        columns.extend(T::VERSION);
        let finding = columns.len();
        let others = ColumnSet::of(&columns).union(T::GENERATED);
        columns.extend(ColumnSet::first(T::COLUMNS.len()).without(others).iter());
        Self { rows, touched: T::on_update(), columns, finding }
    }
}

impl<T: Writable> QueryFragment<Any> for RowValues<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let touched = self.touched.columns();
        for row in self.rows {
            for (place, &column) in self.columns.iter().enumerate() {
                if place >= self.finding && touched.contains(column) {
                    self.touched.bind_column(column, out.reborrow())?;
                } else {
                    row.bind_column(column, out.reborrow())?;
                }
            }
        }
        Ok(())
    }
}

/// Writes all columns of rows except their keys, if the rows have not changed since they were read. The values are an
/// array for each column, so the SQL is the same for any number of rows.
pub(crate) struct UpdateRows<'r> {
    key: StaticKey,
    table: &'static TableFacts,
    columns: &'r [usize],
    finding: usize,
    values: Vec<Vec<Bind<'r>>>,
    types: Vec<AnyType>,
    returning: bool,
}

impl<'r> UpdateRows<'r> {
    pub(crate) fn new<T: Writable>(
        of: &'r RowValues<'r, T>,
        returning: bool,
        dialect: Dialect,
    ) -> Result<Self> {
        let width = of.columns.len();
        let (collected, bound) =
            collect(|binds| of.collect_binds(binds, &mut (), Any::of(dialect)));
        bound?;
        let types = collected.iter().take(width).map(|(_, ty)| *ty).collect();
        let mut values: Vec<_> = (0..width).map(|_| Vec::with_capacity(of.rows.len())).collect();
        for (place, (value, _)) in collected.into_iter().enumerate() {
            values[place % width].push(value);
        }
        let kind = if returning { Statement::UpdateRowsReturning } else { Statement::UpdateRows };
        Ok(Self {
            key: StaticKey::of(TypeId::of::<T>(), kind),
            table: TableFacts::of::<T>(),
            columns: &of.columns,
            finding: of.finding,
            values,
            types,
            returning,
        })
    }

    fn list(&self) -> KeyList<'_, 'r> {
        KeyList {
            values: &self.values,
            types: &self.types,
            table: self.table.name,
            names: self.table.columns,
            columns: self.columns,
        }
    }
}

impl Source for UpdateRows<'_> {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(Some(self.key))
    }

    /// Writes `UPDATE "t" SET "a" = …, "b" = … FROM … WHERE "t"."id" = … RETURNING "t"."id", …, <place of the row>`
    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        let quote = |name| dialect.quote_ident(name);
        let (table, names) = (quote(self.table.name), self.table.columns);
        let qualified = |column: usize| format!("{table}.{}", quote(names[column]));
        let mut set: Vec<String> = (self.finding..self.columns.len())
            .map(|place| format!("{} = {}", quote(names[self.columns[place]]), key_part(place)))
            .collect();
        let next = self.table.version.zip(next_version(self.table, dialect));
        set.extend(next.map(|(version, next)| format!("{} = {next}", quote(names[version]))));
        if set.is_empty() {
            // A table that consists only of its key sets the key to itself.
            let key = self.columns[0];
            set.push(format!("{} = {}", quote(names[key]), qualified(key)));
        }
        sql.push_sql(&format!("UPDATE {table} SET {} FROM ", set.join(", ")));
        self.list().write_table(sql, dialect);
        for (place, &column) in self.columns[..self.finding].iter().enumerate() {
            sql.push_sql(if place == 0 { " WHERE " } else { " AND " });
            sql.push_sql(&format!("{} = {}", qualified(column), key_part(place)));
        }
        if self.returning {
            let columns: Vec<String> = (0..names.len()).map(qualified).collect();
            sql.push_sql(&format!(" RETURNING {}, {KEY_PLACE}", columns.join(", ")));
        }
        Ok(())
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.list().bind_join(binds, dialect)
    }
}
