//! Statements from a connection's point of view.

use std::any::TypeId;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use diesel::QueryResult;
use diesel::query_builder::{QueryBuilder, QueryFragment, QueryId};
use orm_lexer::{Token, TokenKind};

use super::any::Rows;
use super::{Any, AnyBinds, AnyQueryBuilder};
use crate::dialect::Dialect;

/// Whether to read more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Stop,
}

/// The kind of mizzle's own statement that a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statement {
    Diesel,
    /// The first row of a diesel query.
    DieselFirst,
    /// The number of rows of a diesel query.
    DieselCount,
    Find,
    FindRow,
    Insert,
    InsertReturning,
    InsertOrIgnore,
    Upsert,
    UpsertReturning,
    Update,
    UpdateReturning,
    UpdateRows,
    UpdateRowsReturning,
    Touch,
    Change,
    Delete,
    DeleteRow,
    Sql,
}

/// Identifies a statement's SQL without writing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StaticKey {
    /// The type of the query, or of the table.
    pub(crate) type_id: TypeId,
    pub(crate) statement: Statement,
    /// The columns that the statement names, if they vary; the fingerprint of a diesel query.
    pub(crate) columns: u128,
    /// The columns of an upsert's conflict.
    pub(crate) target: u128,
    /// The number of rows, if it varies.
    pub(crate) rows: u32,
}

impl StaticKey {
    /// Identifies a statement on the table of this struct that doesn't vary.
    pub(crate) fn of(type_id: TypeId, statement: Statement) -> Self {
        Self { type_id, statement, columns: 0, target: 0, rows: 1 }
    }
}

/// A type's id is already a good hash; the rest is mixed in.
impl Hash for StaticKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.type_id.hash(state);
        state.write_u64(
            (self.columns as u64)
                ^ ((self.columns >> 64) as u64).rotate_left(17)
                ^ ((self.target ^ (self.target >> 64)) as u64).rotate_left(29)
                ^ u64::from(self.rows).rotate_left(40)
                ^ (self.statement as u64).rotate_left(56),
        );
    }
}

/// A statement that a connection can run. A trait object, so a connection's code exists only once.
pub(crate) trait Source {
    /// Returns the key of its SQL, if the same key always has the same SQL. Debug builds check this each time.
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>>;

    /// Writes its SQL.
    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()>;

    /// Returns its SQL.
    fn sql(&self, dialect: Dialect) -> QueryResult<String> {
        let mut sql = AnyQueryBuilder::new(dialect);
        self.write(&mut sql, dialect)?;
        Ok(sql.finish())
    }

    /// Binds its values.
    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()>;

    /// Returns the same INSERT for some of its rows, if writing it fails with [`TooMuch`](super::any::TooMuch).
    fn for_rows(&self, _: Range<usize>, _: Dialect) -> Option<Box<dyn Source + '_>> {
        None
    }
}

/// Panics if a statement that was found by its key has another text than the source.
#[cfg(debug_assertions)]
#[allow(clippy::panic, reason = "a mistake of mizzle's own, which tests are to show")]
pub(crate) fn assert_same_text(found: &str, source: &dyn Source, dialect: Dialect) {
    if let Ok(wanted) = source.sql(dialect)
        && wanted != found
    {
        panic!(
            "a statement was found by its type, but its text differs:\n  found:  {found}\n  wanted: {wanted}"
        );
    }
}

/// A diesel query.
pub(crate) struct DieselQuery<'q, Q>(pub(crate) &'q Q);

impl<Q> Source for DieselQuery<'_, Q>
where
    Q: QueryFragment<Any> + QueryId,
{
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>> {
        diesel_key(self.0, Statement::Diesel, Any::of(dialect))
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        self.0.to_sql(sql, Any::of(dialect))
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.collect_binds(binds, &mut (), Any::of(dialect))
    }

    fn for_rows(&self, rows: Range<usize>, dialect: Dialect) -> Option<Box<dyn Source + '_>> {
        let backend = Any::for_rows(dialect, Rows::Part(rows.start, rows.end));
        Some(Box::new(DieselRows { query: self.0, backend }))
    }
}

/// A diesel query that is kept. The query itself, because diesel takes a reference to one for a query without its own
/// `collect_binds`.
pub(crate) struct OwnedQuery<Q>(pub(crate) Q);

impl<Q> Source for OwnedQuery<Q>
where
    Q: QueryFragment<Any> + QueryId,
{
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>> {
        DieselQuery(&self.0).key(dialect)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        DieselQuery(&self.0).write(sql, dialect)
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

/// Returns the key of a diesel query, or of a query made from one.
///
/// The type alone doesn't determine the text. diesel's rule is that a part whose text varies has to say so. It relies
/// on the author of the part, and diesel itself doesn't always follow it (an array of rows forgets what its rows say).
/// So the fingerprint of the text is part of the key. It costs as much as asking each part whether its text varies.
fn diesel_key<Q>(query: &Q, statement: Statement, backend: &Any) -> QueryResult<Option<StaticKey>>
where
    Q: QueryFragment<Any> + QueryId,
{
    let Some(type_id) = Q::query_id() else {
        return Ok(None);
    };
    let mut sql = AnyQueryBuilder::without_text(backend.dialect());
    query.to_sql(&mut sql, backend)?;
    Ok(Some(StaticKey {
        type_id,
        statement,
        columns: sql.fingerprint().into(),
        target: 0,
        rows: 0,
    }))
}

/// Some rows of a diesel INSERT that is too much for one statement.
struct DieselRows<'q, Q> {
    query: &'q Q,
    backend: Any,
}

impl<Q> Source for DieselRows<'_, Q>
where
    Q: QueryFragment<Any> + QueryId,
{
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        diesel_key(self.query, Statement::Diesel, &self.backend)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, _: Dialect) -> QueryResult<()> {
        self.query.to_sql(sql, &self.backend)
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, _: Dialect) -> QueryResult<()> {
        self.query.collect_binds(binds, &mut (), &self.backend)
    }
}

/// The first row of a diesel query, within its own LIMIT.
pub(crate) struct FirstRow<'q, Q>(pub(crate) &'q Q);

impl<Q> Source for FirstRow<'_, Q>
where
    Q: QueryFragment<Any> + QueryId,
{
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>> {
        diesel_key(self.0, Statement::DieselFirst, Any::of(dialect))
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        self.0.to_sql(sql, Any::of(dialect))?;
        sql.limit_to_one();
        Ok(())
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

/// The number of rows of a diesel query, with its LIMIT, DISTINCT, GROUP BY and everything else.
pub(crate) struct Counted<'q, Q>(pub(crate) &'q Q);

impl<Q> Source for Counted<'_, Q>
where
    Q: QueryFragment<Any> + QueryId,
{
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>> {
        diesel_key(self.0, Statement::DieselCount, Any::of(dialect))
    }

    /// Both databases count the rows of a query with one table and a filter like those of the table itself.
    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        const BEFORE: &str = "SELECT count(*) FROM (";
        sql.push_sql(BEFORE);
        self.0.to_sql(sql, Any::of(dialect))?;
        sql.hoist_with(BEFORE);
        sql.push_sql(") AS \"counted\"");
        Ok(())
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

/// A statement that is found by its SQL, because its type doesn't determine it.
pub(crate) struct ByText<'s, S>(pub(crate) &'s S);

impl<S: QueryFragment<Any>> Source for ByText<'_, S> {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(None)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        self.0.to_sql(sql, Any::of(dialect))
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

/// The same for a statement that is kept.
pub(crate) struct OwnedText<S>(pub(crate) S);

impl<S: QueryFragment<Any>> Source for OwnedText<S> {
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>> {
        ByText(&self.0).key(dialect)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        ByText(&self.0).write(sql, dialect)
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

/// Returns the SQL of a query to look at: an INSERT that would run as several statements is written as one.
pub(crate) fn render_shown<Q: QueryFragment<Any>>(
    query: &Q,
    dialect: Dialect,
) -> QueryResult<String> {
    let mut builder = AnyQueryBuilder::new(dialect);
    query.to_sql(&mut builder, &Any::for_rows(dialect, Rows::Shown))?;
    Ok(builder.finish())
}

/// Returns the SQL of a part of a query.
pub(crate) fn render<Q: QueryFragment<Any> + ?Sized>(
    query: &Q,
    dialect: Dialect,
) -> QueryResult<String> {
    let mut builder = AnyQueryBuilder::new(dialect);
    query.to_sql(&mut builder, Any::of(dialect))?;
    Ok(builder.finish())
}

/// Whether the statement begins or ends a transaction. One that rolls back to a savepoint does neither.
pub(super) fn controls_transaction(sql: &str, dialect: Dialect) -> bool {
    let mut words = orm_lexer::tokens(sql, dialect)
        .into_iter()
        .filter(|token| token.kind != TokenKind::Comment && token.text != ";");
    let Some(first) = words.next() else { return false };
    let is_one_of = |token: &Token<'_>, words: &[&str]| words.iter().any(|word| token.is(word));
    if first.is("ROLLBACK") {
        let next = words.find(|word| !is_one_of(word, &["WORK", "TRANSACTION"]));
        return !next.is_some_and(|word| word.is("TO"));
    }
    is_one_of(&first, &["BEGIN", "START", "COMMIT", "END", "ABORT"])
        || first.is("PREPARE") && words.next().is_some_and(|word| word.is("TRANSACTION"))
}
