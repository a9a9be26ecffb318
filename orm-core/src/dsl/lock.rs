//! Row locks.

use diesel::QueryResult;
use diesel::internal::table_macro::{Identifier, StaticQueryFragment};
use diesel::query_builder::{AsQuery, AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LimitDsl;
use diesel::result::Error::QueryBuilderError;

use crate::backend::Any;
use crate::backend::hide_from_debug;

/// How a SELECT locks the rows that it reads, until the transaction ends.
///
/// SQLite has no row locks. A transaction that writes has the whole database to itself, so there a lock writes no SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    strength: &'static str,
    /// The table whose rows are locked; empty for those of all tables.
    of: &'static str,
    wait: &'static str,
}

/// A table whose rows a [`Lock`] can be [of](Lock::of).
#[diagnostic::on_unimplemented(
    message = "a lock is of the rows of a table, and this is none: `{Self}`",
    label = "not a table",
    note = "give a table of the query, such as `users::table`"
)]
pub trait LockedTable {
    /// The table's name.
    const NAME: &'static str;
}

#[diagnostic::do_not_recommend]
impl<T: StaticQueryFragment<Component = Identifier<'static>>> LockedTable for T {
    const NAME: &'static str = T::STATIC_COMPONENT.0;
}

impl Lock {
    /// `FOR UPDATE`: nobody else may change, delete or lock the rows.
    pub const fn update() -> Self {
        Self { strength: " FOR UPDATE", of: "", wait: "" }
    }

    /// `FOR NO KEY UPDATE`: the same, but others may insert rows that refer to these.
    pub const fn no_key_update() -> Self {
        Self { strength: " FOR NO KEY UPDATE", of: "", wait: "" }
    }

    /// `FOR SHARE`: nobody may change or delete the rows; others may share the lock.
    pub const fn share() -> Self {
        Self { strength: " FOR SHARE", of: "", wait: "" }
    }

    /// `FOR KEY SHARE`: nobody may delete the rows or change their keys.
    pub const fn key_share() -> Self {
        Self { strength: " FOR KEY SHARE", of: "", wait: "" }
    }

    /// Locks only the rows of this table, of all those that a join reads: `FOR UPDATE OF`. The table is one of the
    /// query's, or the statement fails on PostgreSQL.
    ///
    /// ```
    /// # use diesel::prelude::*;
    /// # use orm_core::{Db, Executor, Lock, LockDsl};
    /// # diesel::table! { teams { id -> BigInt } }
    /// # diesel::table! { people { id -> BigInt, team_id -> BigInt } }
    /// # diesel::joinable!(people -> teams (team_id));
    /// # diesel::allow_tables_to_appear_in_same_query!(people, teams);
    /// # fn f(db: &Db) -> orm_core::Result<()> {
    /// let joined = people::table.inner_join(teams::table).select((people::id, teams::id));
    /// let rows: Vec<(i64, i64)> = db.load(joined.lock(Lock::update().of(people::table)))?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of<T: LockedTable>(mut self, table: T) -> Self {
        let _ = table;
        self.of = T::NAME;
        self
    }

    /// Leaves out rows that somebody else has locked.
    #[must_use]
    pub const fn skip_locked(mut self) -> Self {
        self.wait = " SKIP LOCKED";
        self
    }

    /// Fails at once if somebody else has locked a row ([`Error::is_busy`](crate::Error::is_busy)).
    #[must_use]
    pub const fn no_wait(mut self) -> Self {
        self.wait = " NOWAIT";
        self
    }

    pub(crate) fn push(self, out: &mut AstPass<'_, '_, Any>) -> QueryResult<()> {
        let capabilities = out.backend().dialect().capabilities();
        if !capabilities.transactions {
            return Err(QueryBuilderError(
                format!(
                    "{} has no locks of rows, nor transactions to hold them: change the row by one UPDATE with a \
                     condition, or use `batch`",
                    out.backend().dialect()
                )
                .into(),
            ));
        }
        if capabilities.row_locks {
            out.push_sql(self.strength);
            if !self.of.is_empty() {
                out.push_sql(" OF ");
                out.push_identifier(self.of)?;
            }
            out.push_sql(self.wait);
        }
        Ok(())
    }
}

/// A diesel query that locks its rows: see [`LockDsl`].
#[derive(Clone, Copy)]
pub struct Locked<Q> {
    query: Q,
    lock: Lock,
}

hide_from_debug!([Q] Locked[Q]);

/// `lock(…)` for diesel's queries. diesel's own `for_update()` only exists for its own backends.
pub trait LockDsl: AsQuery + Sized {
    /// Locks the rows that the query reads: `users::table.filter(…).lock(Lock::update().skip_locked())`.
    fn lock(self, lock: Lock) -> Locked<Self::Query> {
        Locked { query: self.as_query(), lock }
    }
}

impl<Q: AsQuery> LockDsl for Q {}

impl<Q: Query> Query for Locked<Q> {
    type SqlType = Q::SqlType;
}

/// The type doesn't determine the SQL, because the lock is a value.
impl<Q> QueryId for Locked<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: QueryFragment<Any>> QueryFragment<Any> for Locked<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.query.walk_ast(out.reborrow())?;
        self.lock.push(&mut out)
    }
}

impl<Q, C> diesel::RunQueryDsl<C> for Locked<Q> {}

/// Needed for [`Executor::first`](crate::Executor::first), which adds a limit.
impl<Q: LimitDsl> LimitDsl for Locked<Q> {
    type Output = Locked<Q::Output>;

    fn limit(self, limit: i64) -> Self::Output {
        Locked { query: self.query.limit(limit), lock: self.lock }
    }
}
