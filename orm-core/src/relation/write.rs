//! Writing related rows: a parent with its children, or the links of a many-to-many relation.

use diesel::QueryResult;
use diesel::query_builder::{QueryBuilder, QueryFragment};

use super::definition::{Link, Many, Relation};
use super::related::Related;
use super::sides::column;
use crate::backend::{
    Any, AnyBinds, AnyConnection, AnyQueryBuilder, ByText, Flow, Limits, Source, StaticKey,
    push_separated,
};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Filters;
use crate::query::RowOf;
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode, Tx, read_count};
use crate::table::key::{KeyColumns, Keys, Matching};
use crate::table::{Table, Writable};

/// A relation to many rows that contain the key themselves: `has_many`.
pub trait Owned: Relation<Cardinality = Many> {}

/// A relation through a table in between: `many_to_many`.
pub trait Linked: Relation<Cardinality = Many> {
    /// The table in between.
    const TABLE: Link;
}

impl<M: Owned> Related<'_, M> {
    /// Inserts a row with its related rows, all or none. `related` creates them from the row as stored, whose key they
    /// must contain.
    ///
    /// ```ignore
    /// let ada = User::posts().insert_with(&db, new_user, |user| {
    ///     vec![NewPost::builder().author_id(user.id).title("First").build()]
    /// })?;
    /// ```
    ///
    /// # Errors
    /// The errors of inserting; `QUERY_ERROR` if a related row has another key.
    pub fn insert_with<'a, X: Mode>(
        self,
        on: &'a impl Executor<X>,
        row: <M::From as Writable>::New,
        related: impl FnOnce(&M::From) -> Vec<<M::To as Writable>::New> + Send + 'a,
    ) -> X::Output<'a, M::With<M::From, M::To>>
    where
        M::From: Writable,
        M::To: Writable,
    {
        on.call(move |on| {
            on.run_transaction(|tx| {
                let row = tx.insert(row)?;
                let related = insert_owned::<M>(tx, &row, related(&row))?;
                Ok(M::with(row, related))
            })
        })
    }

    /// Deletes the related rows of `row` that match this relation's filter, and inserts others in their place, all or
    /// nothing. Returns the new ones.
    ///
    /// # Errors
    /// The errors of deleting and inserting; `QUERY_ERROR` if a new row has another key.
    pub fn replace<'a, R, X: Mode>(
        &self,
        on: &'a impl Executor<X>,
        row: &'a R,
        related: Vec<<M::To as Writable>::New>,
    ) -> X::Output<'a, Vec<M::To>>
    where
        Self: 'a,
        R: RowOf<M::From>,
        M::To: Writable,
    {
        on.call_of(self, move |relation, on| {
            on.run_transaction(|tx| {
                relation.delete_on(tx, row)?;
                insert_owned::<M>(tx, row.base(), related)
            })
        })
    }

    /// Deletes the related rows of `row`, and returns their number.
    ///
    /// # Errors
    /// `QUERY_ERROR` if the relation has a limit or an offset, which a DELETE can't have.
    pub fn delete<'a, R, X: Mode>(&self, on: &'a impl Executor<X>, row: &'a R) -> X::Output<'a, u64>
    where
        Self: 'a,
        R: RowOf<M::From>,
        M::To: Writable,
    {
        on.call_of(self, move |relation, on| relation.delete_on(on, row))
    }

    fn delete_on<R>(&self, on: &impl Sealed, row: &R) -> Result<u64>
    where
        R: RowOf<M::From>,
        M::To: Writable,
    {
        self.query.clauses.check_no_range()?;
        let columns = KeyColumns::of([row.base()], M::FROM);
        on.run_on(|connection| {
            let keys = Keys::of(&columns, connection.dialect())?;
            if keys.is_empty() {
                return Ok(0);
            }
            let delete = ByKeys {
                verb: "DELETE",
                table: M::To::NAME,
                conditions: vec![(written::<M::To>(connection.dialect(), M::TO), &keys)],
                filter: self.query.clauses.filter_part(),
            };
            connection.run(&delete, &mut |_| Ok(Flow::Continue))
        })
    }
}

fn insert_owned<M: Owned>(
    on: &Tx<'_>,
    row: &M::From,
    related: Vec<<M::To as Writable>::New>,
) -> Result<Vec<M::To>>
where
    M::To: Writable,
{
    let related = on.insert_all_returning(related)?;
    let carry_its_key = on.run_on(|connection| {
        let dialect = connection.dialect();
        let parent = KeyColumns::of([row], M::FROM);
        let children = KeyColumns::of(&related, M::TO);
        let parent = Keys::of(&parent, dialect)?;
        if Keys::of(&children, dialect)?.is_within(&parent, related.len()) {
            return Ok(true);
        }
        if parent.is_empty() || parent.matching() == Matching::Values {
            return Ok(false);
        }
        // The key may have another form, which the database considers equal.
        let own = KeyColumns::of(&related, M::To::KEY);
        let own = Keys::of(&own, dialect)?;
        let count = ByKeys {
            verb: "SELECT count(*)",
            table: M::To::NAME,
            conditions: vec![
                (written::<M::To>(connection.dialect(), M::TO), &parent),
                (written::<M::To>(connection.dialect(), M::To::KEY), &own),
            ],
            filter: None,
        };
        let mut carrying = 0;
        connection.run(&count, &mut |row| {
            carrying = read_count(row, 0)?;
            Ok(Flow::Continue)
        })?;
        Ok(carrying == related.len() as u64)
    })?;
    if !carry_its_key {
        return Err(Error::new(
            ErrorKind::Query,
            format!("{}: a related row does not have the key of its row", M::NAME),
        ));
    }
    Ok(related)
}

/// Returns the columns at these positions as SQL.
fn written<T: Table>(dialect: Dialect, places: &[usize]) -> Vec<String> {
    places.iter().map(|&place| column(dialect, T::NAME, T::COLUMNS[place])).collect()
}

impl<M: Linked> Related<'_, M> {
    /// Links `row` with `others`, and returns the number of new links.
    ///
    /// # Errors
    /// See [`Executor`]. A link that lacks other required columns violates a constraint.
    pub fn link<'a, R, X: Mode>(
        &self,
        on: &'a impl Executor<X>,
        row: &'a R,
        others: impl IntoIterator<Item = &'a M::To>,
    ) -> X::Output<'a, u64>
    where
        R: RowOf<M::From>,
    {
        let others: Vec<&M::To> = others.into_iter().collect();
        on.call(move |on| on.run_on(|connection| link::<M, R>(connection, row, others)))
    }

    /// Removes the links of `row` with `others`, and returns how many there were. The rows themselves stay.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn unlink<'a, R, X: Mode>(
        &self,
        on: &'a impl Executor<X>,
        row: &'a R,
        others: impl IntoIterator<Item = &'a M::To>,
    ) -> X::Output<'a, u64>
    where
        R: RowOf<M::From>,
    {
        let others: Vec<&M::To> = others.into_iter().collect();
        on.call(move |on| {
            let from = KeyColumns::of([row.base()], M::FROM);
            let to = KeyColumns::of(others, M::TO);
            on.run_on(|connection| {
                let from = Keys::of(&from, connection.dialect())?;
                let to = Keys::of(&to, connection.dialect())?;
                if from.is_empty() || to.is_empty() {
                    return Ok(0);
                }
                delete_links::<M>(connection, &from, Some(&to))
            })
        })
    }

    /// Makes `others` the only rows that `row` is linked with.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn set_links<'a, R, X: Mode>(
        &self,
        on: &'a impl Executor<X>,
        row: &'a R,
        others: impl IntoIterator<Item = &'a M::To>,
    ) -> X::Output<'a, ()>
    where
        R: RowOf<M::From>,
    {
        let others: Vec<&M::To> = others.into_iter().collect();
        on.call(move |on| {
            on.run_transaction(|tx| {
                tx.with_connection(|connection| {
                    let from = KeyColumns::of([row.base()], M::FROM);
                    let from = Keys::of(&from, connection.dialect())?;
                    delete_links::<M>(connection, &from, None)?;
                    link::<M, R>(connection, row, others).map(drop)
                })
            })
        })
    }
}

/// Links a row with others. Returns the number of new links.
fn link<M: Linked, R: RowOf<M::From>>(
    connection: &mut AnyConnection,
    row: &R,
    others: Vec<&M::To>,
) -> Result<u64> {
    let from = KeyColumns::of(vec![row.base(); others.len()], M::FROM);
    let to = KeyColumns::of(others, M::TO);
    insert_links(connection, M::TABLE, &from, &to)
}

/// Links rows, the first with the first and so on, all or none. Returns the number of new links.
fn insert_links(
    connection: &mut AnyConnection,
    link: Link,
    from: &KeyColumns<'_>,
    to: &KeyColumns<'_>,
) -> Result<u64> {
    let at_once = links_at_once(connection.limits(), from, to);
    let count = to.rows.len();
    let insert = |connection: &mut AnyConnection| -> Result<u64> {
        let mut linked = 0;
        for start in (0..count).step_by(at_once) {
            let end = count.min(start + at_once);
            let (from, to) = (from.part(start..end), to.part(start..end));
            let statement = InsertLinks { link, from: &from, to: &to };
            linked += connection.run(&ByText(&statement), &mut |_| Ok(Flow::Continue))?;
        }
        Ok(linked)
    };
    if count > at_once { connection.atomically(insert) } else { insert(connection) }
}

/// Returns how many links a statement takes.
pub(super) fn links_at_once(limits: Limits, from: &KeyColumns<'_>, to: &KeyColumns<'_>) -> usize {
    let width = from.columns.len() + to.columns.len();
    (limits.parameters / width).clamp(1, limits.insert_rows)
}

fn delete_links<M: Linked>(
    connection: &mut AnyConnection,
    from: &Keys<'_>,
    to: Option<&Keys<'_>>,
) -> Result<u64> {
    let dialect = connection.dialect();
    let written =
        |names: &[&str]| names.iter().map(|name| column(dialect, M::TABLE.table, name)).collect();
    let mut conditions = vec![(written(M::TABLE.from), from)];
    if let Some(to) = to {
        conditions.push((written(M::TABLE.to), to));
    }
    let delete = ByKeys { verb: "DELETE", table: M::TABLE.table, conditions, filter: None };
    connection.run(&delete, &mut |_| Ok(Flow::Continue))
}

/// Columns as SQL, each with the keys that it must be one of.
type KeyConditions<'s, 'k> = Vec<(Vec<String>, &'s Keys<'k>)>;

/// Runs `… FROM "t" WHERE <columns are one of the keys> AND … AND <filter>`
struct ByKeys<'s, 'k> {
    /// `SELECT count(*)` or `DELETE`.
    verb: &'static str,
    table: &'static str,
    conditions: KeyConditions<'s, 'k>,
    filter: Option<&'s Filters<'s>>,
}

impl Source for ByKeys<'_, '_> {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(None)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        sql.push_sql(self.verb);
        sql.push_sql(" FROM ");
        sql.push_identifier(self.table)?;
        for (place, (columns, keys)) in self.conditions.iter().enumerate() {
            sql.push_sql(if place == 0 { " WHERE " } else { " AND " });
            keys.list().write_condition(columns, sql, dialect);
        }
        if let Some(filter) = self.filter {
            sql.push_sql(" AND ");
            filter.to_sql(sql, Any::of(dialect))?;
        }
        Ok(())
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        for (_, keys) in &self.conditions {
            keys.list().bind_condition(binds, dialect)?;
        }
        match self.filter {
            Some(filter) => filter.collect_binds(binds, &mut (), Any::of(dialect)),
            None => Ok(()),
        }
    }
}

/// Runs `INSERT INTO "link" (…) VALUES (…), (…) ON CONFLICT DO NOTHING`
pub(super) struct InsertLinks<'s, 'r> {
    pub(super) link: Link,
    pub(super) from: &'s KeyColumns<'r>,
    pub(super) to: &'s KeyColumns<'r>,
}

impl QueryFragment<Any> for InsertLinks<'_, '_> {
    fn walk_ast<'b>(
        &'b self,
        mut out: diesel::query_builder::AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_identifier(self.link.table)?;
        out.push_sql(" (");
        let names = self.link.from.iter().chain(self.link.to);
        push_separated(&mut out, ", ", names, |name, out| out.push_identifier(name))?;
        out.push_sql(") VALUES ");
        let rows = self.from.rows.iter().zip(&self.to.rows);
        push_separated(&mut out, ", ", rows, |(from, to), out| {
            out.push_sql("(");
            push_separated(out, ", ", self.from.columns, |&index, out| {
                from.bind_at(index, out.reborrow())
            })?;
            for &index in self.to.columns {
                out.push_sql(", ");
                to.bind_at(index, out.reborrow())?;
            }
            out.push_sql(")");
            Ok(())
        })?;
        out.push_sql(" ON CONFLICT DO NOTHING");
        Ok(())
    }
}
