//! Statements as a connection sees them.

use std::any::TypeId;
use std::hash::{Hash, Hasher};

use diesel::QueryResult;
use diesel::query_builder::{QueryBuilder, QueryFragment, QueryId};

use super::{Any, AnyBinds, AnyQueryBuilder};
use crate::dialect::Dialect;

/// Whether to read more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Stop,
}

/// Which of mizzle's own statements a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statement {
    Diesel,
    Find,
    FindRow,
    Insert,
    InsertReturning,
    Upsert,
    Update,
    UpdateReturning,
    Change,
    Delete,
}

/// Identifies a statement's SQL without writing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StaticKey {
    /// The query's type, or the table's.
    pub(crate) type_id: TypeId,
    pub(crate) statement: Statement,
    /// The columns that the statement names, where they vary.
    pub(crate) columns: u128,
    /// The columns of an upsert's conflict.
    pub(crate) target: u128,
    /// The number of rows, where it varies.
    pub(crate) rows: u32,
}

/// A type's id is a good hash already; the rest is mixed in.
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

/// A statement that a connection can run. An object, so that a connection's code exists once.
pub(crate) trait Source {
    /// The key of its SQL, if the SQL never varies for it.
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>>;

    /// Writes its SQL.
    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()>;

    /// Its SQL.
    fn sql(&self, dialect: Dialect) -> QueryResult<String> {
        let mut sql = AnyQueryBuilder::new(dialect);
        self.write(&mut sql, dialect)?;
        Ok(sql.finish())
    }

    /// Binds its values.
    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()>;
}

/// A query of diesel's.
pub(crate) struct DieselQuery<'q, Q>(pub(crate) &'q Q);

impl<Q> Source for DieselQuery<'_, Q>
where
    Q: QueryFragment<Any> + QueryId,
{
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>> {
        let Some(type_id) = Q::query_id() else {
            return Ok(None);
        };
        // A type may be told apart and still write different SQL, such as a row with defaults.
        let constant = self.0.is_safe_to_cache_prepared(Any::of(dialect))?;
        let key =
            StaticKey { type_id, statement: Statement::Diesel, columns: 0, target: 0, rows: 0 };
        Ok(constant.then_some(key))
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        self.0.to_sql(sql, Any::of(dialect))
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

/// A statement that is found by its SQL, because its type doesn't tell it.
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

/// The SQL of a part of a query.
pub(crate) fn render<Q: QueryFragment<Any> + ?Sized>(
    query: &Q,
    dialect: Dialect,
) -> QueryResult<String> {
    let mut builder = AnyQueryBuilder::new(dialect);
    query.to_sql(&mut builder, Any::of(dialect))?;
    Ok(builder.finish())
}
