//! Loading related rows, and the statement for it.

use diesel::QueryResult;
use diesel::query_builder::{QueryBuilder, QueryFragment};

use super::definition::Relation;
use super::sides::{Sides, column};
use crate::backend::{
    Any, AnyBinds, AnyQueryBuilder, AnyRow, AnyType, Bind, KEY_PLACE, Kind, Source, StaticKey,
    marks,
};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{
    Attach, Joins, Loaded, LoadedRows, MOST_JOINED_ROWS, Owner, Picks, Query, Selected, State,
};
use crate::run::level::Load;
use crate::table::key::{Keys, Matching};
use crate::table::same::is_doubled;
use crate::table::{ColumnSet, Table, TableFacts};

/// The loading of a relation's rows: the query for them, and where they go.
pub(super) struct Loading<'a, M: Relation, N: Attach<S::Row>, S: Picks<M::To>> {
    query: &'a Query<'a, M::To>,
    nested: &'a N,
    picks: &'a S,
    loaded: &'a mut LoadedRows<M::To, S, N::Loaded>,
    /// Whether the rows of nested relations may be joined.
    may_join: bool,
    /// Whether a row may have come twice because of that.
    may_double: bool,
    /// The columns that contain the key of a row, or its position.
    key_columns: Vec<usize>,
    dialect: Dialect,
}

impl<'a, M: Relation, N: Attach<S::Row>, S: Picks<M::To>> Loading<'a, M, N, S> {
    pub(super) fn new(
        (query, nested, picks): (&'a Query<'a, M::To>, &'a N, &'a S),
        loaded: &'a mut LoadedRows<M::To, S, N::Loaded>,
        may_join: bool,
    ) -> Self {
        Self {
            query,
            nested,
            picks,
            loaded,
            may_join,
            may_double: false,
            key_columns: Vec::new(),
            dialect: Dialect::EITHER,
        }
    }
}

impl<'a, M, N, S> Load<'a> for Loading<'a, M, N, S>
where
    M: Relation,
    N: Attach<S::Row>,
    S: Picks<M::To>,
{
    fn select<'s>(&mut self, keys: &'s Keys<'s>, dialect: Dialect) -> Result<Box<dyn Source + 's>>
    where
        'a: 's,
    {
        let mut kept = N::KEYS;
        if N::LOADS {
            // A row that comes twice is known by its key.
            kept = kept.union(ColumnSet::of(M::To::KEY));
        }
        if M::LINK.is_none() && keys.matching() == Matching::Values {
            kept = kept.union(ColumnSet::of(M::TO));
        }
        let selected = Selected::of::<M::To, S>(self.picks, kept)?;
        let layout = S::layout(kept);
        let width = layout.width() + behind::<M>(keys);
        self.loaded.layout = layout;
        let mut joins = Joins::after(width);
        let few = keys.len() <= MOST_JOINED_ROWS as usize && !self.query.clauses.is_limited();
        if self.may_join && few {
            self.loaded.nested = self.nested.join(&mut joins, Owner::Table(M::To::NAME));
        }
        self.may_double = joins.may_double(dialect);
        // The key or its position follows the row, unless the row contains the key.
        let behind: Vec<usize> = (layout.width()..width).collect();
        let in_row = || M::TO.iter().map(|&column| layout.place(column)).collect();
        self.key_columns = if behind.is_empty() { in_row() } else { behind };
        self.dialect = dialect;
        let (query, columns) = (self.query, Columns::Rows);
        Ok(Box::new(SelectRelated::<M> { query, keys, columns, selected, joins }))
    }

    fn is_last(&self) -> bool {
        !self.may_double && self.loaded.nested.is_joined()
    }

    fn read(&mut self, row: &AnyRow<'_>, keys: &Keys<'_>) -> Result<()> {
        let mut is_owned = false;
        for owner in keys.owners(row, &self.key_columns) {
            is_owned = true;
            self.loaded.rows.push(S::read(row, 0, self.loaded.layout)?);
            self.loaded.owners.push(owner);
            self.loaded.nested.read(row)?;
        }
        if is_owned {
            return Ok(());
        }
        // The database considers the key equal to one of those asked for, though it has another form: one that the column's
        // type doesn't have, and reading the row reports that best.
        S::read(row, 0, self.loaded.layout)?;
        Err(unknown_key::<M>(self.dialect))
    }

    fn end(&mut self) -> Result<()> {
        let LoadedRows { rows, owners, .. } = &*self.loaded;
        let table = TableFacts::of::<M::To>();
        if self.may_double && is_doubled(table, S::list(rows).0, Some(owners))? {
            self.loaded.restart();
        } else {
            self.loaded.state = State::Loaded;
        }
        Ok(())
    }
}

#[cold]
pub(super) fn unknown_key<M: Relation>(dialect: Dialect) -> Error {
    Error::new(
        ErrorKind::Query,
        format!(
            "{}: the database found rows by the key {}, which has another type in the database than in the struct",
            M::NAME,
            Sides::of::<M>().key_columns(dialect).join(", ")
        ),
    )
    .with_hint("give both columns of the relation the types that their fields have")
}

/// Returns the number of columns behind a related row that it is matched by. Joined columns follow after them.
fn behind<M: Relation>(keys: &Keys<'_>) -> usize {
    match keys.matching() {
        Matching::Values => M::LINK.map_or(0, |link| link.from.len()),
        Matching::One => 0,
        Matching::Places => 1,
    }
}

/// The columns to read of the related rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    Rows,
    /// The columns that rows are matched by, and the number of rows with the same values.
    Counts,
}

/// The SELECT of the related rows of some keys.
pub(super) struct SelectRelated<'s, 'q, 'k, M: Relation> {
    pub(super) query: &'s Query<'q, M::To>,
    pub(super) keys: &'s Keys<'k>,
    pub(super) columns: Columns,
    /// What is selected instead of all columns.
    pub(super) selected: Option<Selected<'s>>,
    /// The tables joined to the rows. There are none if each row has its own limit.
    pub(super) joins: Joins<'s>,
}

impl<M: Relation> SelectRelated<'_, '_, '_, M> {
    /// Returns all columns of the related rows, and those they are matched by.
    fn row_columns(&self, dialect: Dialect) -> Vec<String> {
        let own = M::To::COLUMNS.iter().map(|name| column(dialect, M::To::NAME, name));
        match self.keys.matching() {
            Matching::Values if M::LINK.is_some() => {
                own.chain(Sides::of::<M>().key_columns(dialect)).collect()
            }
            Matching::Values | Matching::One => own.collect(),
            Matching::Places => own.chain([KEY_PLACE.to_owned()]).collect(),
        }
    }

    /// Returns the columns that are equal in rows with the same key.
    fn group(&self, dialect: Dialect) -> Option<String> {
        match self.keys.matching() {
            Matching::Values => Some(Sides::of::<M>().key_columns(dialect).join(", ")),
            Matching::One => None,
            Matching::Places => Some(KEY_PLACE.to_owned()),
        }
    }

    /// Returns the columns that are read after a row to match it: see [`behind`].
    fn matched_by(&self, dialect: Dialect) -> Option<String> {
        let is_in_row = self.keys.matching() == Matching::Values && M::LINK.is_none();
        self.group(dialect).filter(|_| !is_in_row)
    }

    /// Returns whether the limit and the offset apply to each row.
    fn is_limited(&self) -> bool {
        self.columns == Columns::Rows && self.query.clauses.is_limited()
    }

    fn write_where(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        let (columns, is_joined) =
            (Sides::of::<M>().key_columns(dialect), self.keys.matching() == Matching::Places);
        Sides::of::<M>().write_from(dialect, &mut |part| sql.push_sql(part));
        if is_joined {
            self.keys.list().write_join(&columns, sql, dialect);
        }
        self.joins.to_sql(sql, Any::of(dialect))?;
        if !is_joined {
            sql.push_sql(" WHERE ");
            self.keys.list().write_condition(&columns, sql, dialect);
        }
        if let Some(filter) = self.query.clauses.filter_part() {
            sql.push_sql(if is_joined { " WHERE " } else { " AND " });
            filter.to_sql(sql, Any::of(dialect))?;
        }
        Ok(())
    }

    /// Writes the order. Without an order, rows are sorted by their key if there is a limit or an offset.
    fn write_order(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        for (place, part) in self.query.clauses.order.iter().enumerate() {
            sql.push_sql(if place == 0 { " ORDER BY " } else { ", " });
            sql.push_sql(marks::BEGIN);
            part.to_sql(sql, Any::of(dialect))?;
            sql.push_sql(marks::END_OF_TERM);
        }
        if self.query.clauses.order.is_empty() && self.is_limited() {
            for (place, &key) in M::To::KEY.iter().enumerate() {
                sql.push_sql(if place == 0 { " ORDER BY " } else { ", " });
                sql.push_sql(&column(dialect, M::To::NAME, M::To::COLUMNS[key]));
            }
        }
        Ok(())
    }

    /// Writes `SELECT …` of what is selected instead of all columns.
    fn write_selected(
        &self,
        selected: Selected<'_>,
        sql: &mut AnyQueryBuilder,
        dialect: Dialect,
    ) -> QueryResult<()> {
        sql.push_sql("SELECT ");
        selected.to_sql(sql, Any::of(dialect))?;
        if let Some(matched) = self.matched_by(dialect) {
            sql.push_sql(", ");
            sql.push_sql(&matched);
        }
        Ok(())
    }

    /// Writes `SELECT "c0", "c1" FROM (SELECT …, row_number() OVER (…) AS "place" …) WHERE "place" <= …`
    fn write_limited(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        if let Some(selected) = self.selected {
            // The place follows after what is read.
            sql.push_sql("SELECT * FROM (");
            self.write_selected(selected, sql, dialect)?;
            sql.push_sql(", ");
        } else {
            let columns = self.row_columns(dialect);
            let names: Vec<String> =
                (0..columns.len()).map(|index| format!("\"c{index}\"")).collect();
            sql.push_sql("SELECT ");
            sql.push_sql(&names.join(", "));
            sql.push_sql(" FROM (SELECT ");
            for (column, name) in columns.iter().zip(&names) {
                sql.push_sql(&format!("{column} AS {name}, "));
            }
        }
        sql.push_sql("row_number() OVER (");
        if let Some(group) = self.group(dialect) {
            sql.push_sql("PARTITION BY ");
            sql.push_sql(&group);
        }
        self.write_order(sql, dialect)?;
        sql.push_sql(") AS \"__mizzle_rank\"");
        self.write_where(sql, dialect)?;
        sql.push_sql(") AS \"ranked\" WHERE \"__mizzle_rank\" > ");
        sql.push_bind_param();
        sql.push_sql(" AND \"__mizzle_rank\" <= ");
        sql.push_bind_param();
        sql.push_sql(" ORDER BY \"__mizzle_rank\"");
        Ok(())
    }
}

impl<M: Relation> Source for SelectRelated<'_, '_, '_, M> {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(None)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        if self.is_limited() {
            return self.write_limited(sql, dialect);
        }
        match self.columns {
            Columns::Rows => {
                if let Some(selected) = self.selected {
                    self.write_selected(selected, sql, dialect)?;
                } else {
                    sql.push_sql(TableFacts::of::<M::To>().select_columns());
                    if let Some(matched) = self.matched_by(dialect) {
                        sql.push_sql(", ");
                        sql.push_sql(&matched);
                    }
                }
                self.joins.write_columns(&mut |part| sql.push_sql(part));
                self.write_where(sql, dialect)?;
                self.write_order(sql, dialect)?;
            }
            Columns::Counts => {
                let group = self.group(dialect);
                sql.push_sql("SELECT ");
                if let Some(group) = &group {
                    sql.push_sql(&format!("{group}, "));
                }
                sql.push_sql("count(*)");
                self.write_where(sql, dialect)?;
                if let Some(group) = &group {
                    sql.push_sql(&format!(" GROUP BY {group}"));
                }
            }
        }
        Ok(())
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        let order = |binds: &mut AnyBinds<'b>| -> QueryResult<()> {
            for part in &self.query.clauses.order {
                part.collect_binds(binds, &mut (), Any::of(dialect))?;
            }
            Ok(())
        };
        if let Some(selected) = self.selected {
            selected.columns.collect_binds(binds, &mut (), Any::of(dialect))?;
        }
        let limited = self.is_limited();
        if limited {
            order(binds)?;
        }
        let is_joined = self.keys.matching() == Matching::Places;
        if is_joined {
            self.keys.list().bind_join(binds, dialect)?;
        }
        self.joins.collect_binds(binds, &mut (), Any::of(dialect))?;
        if !is_joined {
            self.keys.list().bind_condition(binds, dialect)?;
        }
        if let Some(filter) = self.query.clauses.filter_part() {
            filter.collect_binds(binds, &mut (), Any::of(dialect))?;
        }
        if limited {
            let (limit, offset) = self.query.clauses.range();
            let first = offset.unwrap_or(0);
            let last = limit.map_or(i64::MAX, |limit| first.saturating_add(limit));
            binds.push(Bind::I64(first), AnyType::of(Kind::BigInt))?;
            binds.push(Bind::I64(last), AnyType::of(Kind::BigInt))
        } else if self.columns == Columns::Rows {
            order(binds)
        } else {
            Ok(())
        }
    }
}
