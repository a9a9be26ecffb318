//! `sql!`: SQL by hand, with bound values.

mod argument;
mod batched;
mod columns;
#[cfg(feature = "registry")]
mod registry;
mod row;
mod run;
mod stream;
mod text;
mod typed;

use std::any::TypeId;
use std::fmt;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types::{Bool, Nullable};

pub use self::argument::{Argument, List, Name, NamesColumn, Nothing, SqlList, SqlValue, Varies};
pub use self::columns::{RowColumns, Wanted};
#[cfg(feature = "registry")]
pub use self::registry::{ColumnName, Registered, describe, inventory, registered};
pub use self::row::{FromColumn, Row, by_name, table_row};
pub use self::run::ReadSql;
pub use self::text::{Piece, Site, Words};
pub use self::typed::TypedSql;
pub use crate::backend::Places;
use crate::backend::more_than_one;
use crate::backend::{
    Any, AnyBinds, AnyConnection, AnyQueryBuilder, AnyRow, Flow, Source, Statement, StaticKey,
};
use crate::dialect::Dialect;
pub use crate::error::Result;
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode, nothing_found};

/// SQL by hand, with bound values: what `sql!` returns. It is a statement, a part of another `sql!`, or a condition for
/// a filter.
///
/// It borrows its values. Its `Debug` output shows none of them.
#[derive(Clone, Copy)]
#[must_use = "SQL does nothing before `all`, `first`, `one`, `stream` or `execute`"]
pub struct Sql<'a> {
    #[doc(hidden)]
    pub site: &'static Site,
    #[doc(hidden)]
    pub arguments: Arguments<'a>,
}

/// The arguments of a `sql!`. The macro writes this literally, so that a temporary value lives as long as a variable
/// that the SQL is assigned to.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Arguments<'a> {
    Few { all: [&'a (dyn Argument + 'a); FEW], count: usize },
    Several { all: [&'a (dyn Argument + 'a); SEVERAL], count: usize },
    Many { all: &'a [&'a (dyn Argument + 'a)] },
}

/// The most arguments that are cheap to move.
#[doc(hidden)]
pub const FEW: usize = 6;

/// The most arguments that don't need memory elsewhere: with more, a function can't return the SQL.
#[doc(hidden)]
pub const SEVERAL: usize = 16;

/// Fills [`Arguments::Few`] and [`Arguments::Several`].
#[doc(hidden)]
pub const NOTHING: &dyn Argument = &Nothing;

/// Registers a `sql!`, if the program has a kit that checks it.
#[cfg(feature = "registry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __registered_sql {
    ($($sql:tt)*) => {
        $crate::sql::inventory::submit! { $($sql)* }
    };
}

/// Registers a `sql!`, if the program has a kit that checks it: it has none.
#[cfg(not(feature = "registry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __registered_sql {
    ($($sql:tt)*) => {};
}

/// Stands for SQL with mistakes, which the compiler has reported.
#[doc(hidden)]
pub fn mistaken() -> Sql<'static> {
    unreachable!("this doesn't compile")
}

impl fmt::Debug for Sql<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.site.all().next().map(Words::shown).unwrap_or_default();
        f.debug_tuple("Sql").field(&words).finish()
    }
}

impl<'a> Sql<'a> {
    fn all_of<T: Row>(&self, on: &impl Sealed) -> Result<Vec<T>> {
        self.run_on(on, |connection| {
            let mut rows = Vec::new();
            self.rows(connection, |row| {
                rows.push(row);
                Ok(Flow::Continue)
            })?;
            Ok(rows)
        })
    }

    fn first_of<T: Row>(&self, on: &impl Sealed) -> Result<Option<T>> {
        // What writes goes on to its end.
        let flow = if self.reads() { Flow::Stop } else { Flow::Continue };
        self.run_on(on, |connection| {
            let mut first = None;
            self.rows(connection, |row| {
                first.get_or_insert(row);
                Ok(flow)
            })?;
            Ok(first)
        })
    }

    fn only_of<T: Row>(&self, on: &impl Sealed) -> Result<T> {
        let found = self.run_on(on, |connection| {
            let mut found = None;
            self.rows(connection, |row| {
                if found.replace(row).is_some() {
                    return Err(more_than_one());
                }
                Ok(Flow::Continue)
            })?;
            Ok(found)
        })?;
        found.ok_or_else(nothing_found)
    }

    /// Runs it, and returns the number of rows that it changed (0 for a SELECT).
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn execute<'s, M: Mode>(&self, on: &'s impl Executor<M>) -> M::Output<'s, u64>
    where
        Self: 's,
    {
        on.call_of(self, |sql, on| {
            sql.run_on(on, |connection| connection.run(sql, &mut |_| Ok(Flow::Continue)))
        })
    }

    /// Runs `f`, again after a lost connection if nothing in the SQL may write.
    fn run_on<R>(
        &self,
        on: &impl Sealed,
        f: impl FnMut(&mut AnyConnection) -> Result<R>,
    ) -> Result<R> {
        if self.reads() { on.read_on(f) } else { on.run_on(f) }
    }

    fn rows<T: Row>(
        &self,
        connection: &mut AnyConnection,
        mut each: impl FnMut(T) -> Result<Flow>,
    ) -> Result<()> {
        let mut places = None;
        connection.run(self, &mut |row: &AnyRow<'_>| {
            let places = match &mut places {
                Some(places) => places,
                none => none.insert(row.places(T::places)?),
            };
            each(T::read(row, places)?)
        })?;
        Ok(())
    }

    fn reads(&self) -> bool {
        self.site.all().all(|words| words.reads) && !self.writes()
    }

    fn writes(&self) -> bool {
        self.site.all().any(|words| words.writes)
            || self.arguments().iter().any(|argument| argument.writes())
    }

    fn arguments(&self) -> &[&'a (dyn Argument + 'a)] {
        match &self.arguments {
            Arguments::Few { all, count } => &all[..*count],
            Arguments::Several { all, count } => &all[..*count],
            Arguments::Many { all } => all,
        }
    }

    fn words(&self, dialect: Dialect) -> QueryResult<&'static Words> {
        self.site.words(dialect).ok_or_else(|| {
            let Site { file, line, .. } = self.site;
            let name = dialect.name();
            QueryBuilderError(
                format!(
                    "the `sql!` at {file}:{line} has no words for {dialect}: add `{name}: \"…\"`"
                )
                .into(),
            )
        })
    }

    /// Writes it as a part of other SQL.
    fn write_part<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let words = self.words(out.backend().dialect())?;
        if !words.is_expression {
            return self.write_whole(out);
        }
        out.push_sql("(");
        self.write_whole(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }

    fn write_whole<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let words = self.words(out.backend().dialect())?;
        let arguments = self.arguments();
        for piece in words.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Value(place)
                | Piece::OnlyOfIn(place)
                | Piece::Column(place)
                | Piece::In(place)
                | Piece::NotIn(place)
                | Piece::Array(place) => {
                    arguments[*place].walk(piece, out.reborrow())?;
                }
            }
        }
        Ok(())
    }
}

/// SQL that is a statement.
struct Whole<'s, 'a>(&'s Sql<'a>);

impl QueryFragment<Any> for Whole<'_, '_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.0.write_whole(out)
    }
}

impl Source for Sql<'_> {
    /// The number of the text, and those of up to three of its arguments.
    fn key(&self, dialect: Dialect) -> QueryResult<Option<StaticKey>> {
        self.words(dialect)?;
        let mut numbers = [0; 3];
        for (place, argument) in self.arguments().iter().enumerate() {
            match (argument.varies(), numbers.get_mut(place)) {
                (Varies::No, _) => {}
                (Varies::By(number), Some(place)) => *place = number,
                _ => return Ok(None),
            }
        }
        let pair = |low: u64, high: u64| u128::from(low) | u128::from(high) << 64;
        Ok(Some(StaticKey {
            columns: pair(self.site.number(), numbers[0]),
            target: pair(numbers[1], numbers[2]),
            ..StaticKey::of(TypeId::of::<Site>(), Statement::Sql)
        }))
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        Whole(self).to_sql(sql, Any::of(dialect))
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.collect_binds(binds, &mut (), Any::of(dialect))
    }
}

impl QueryFragment<Any> for Sql<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.write_part(out)
    }
}

impl QueryId for Sql<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A condition.
impl Expression for Sql<'_> {
    type SqlType = Nullable<Bool>;
}

impl<T: ?Sized> AppearsOnTable<T> for Sql<'_> {}

impl<T: ?Sized> SelectableExpression<T> for Sql<'_> {}

impl<G> ValidGrouping<G> for Sql<'_> {
    type IsAggregate = is_aggregate::Never;
}
