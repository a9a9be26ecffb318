//! REFRESH MATERIALIZED VIEW.

use super::executor::Executor;
use super::mode::Mode;
use super::sealed::Sealed;
use crate::error::{Error, ErrorKind, Result};
use crate::table::Table;

/// What PostgreSQL needs first isn't there: a unique index, or rows.
const NOT_READY: &str = "55000";

/// A view whose rows the database stores until they are refreshed: `#[view(materialized)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a materialized view",
    label = "its rows are always those of its SQL",
    note = "add `materialized` to its `#[view(…)]` to have its rows stored"
)]
pub trait Materialized: Table {
    /// Computes the rows again. Until it ends, others can't read the view.
    ///
    /// ```ignore
    /// Ranking::refresh(&db)?;
    /// ```
    ///
    /// # Errors
    /// See [`Executor`]; `QUERY_ERROR` on a database without materialized views.
    fn refresh<'a, M: Mode>(on: &'a impl Executor<M>) -> M::Output<'a, ()> {
        on.call(|on| refresh(on, Self::NAME, false))
    }

    /// Computes the rows again while others read the old ones, which takes longer. The view needs a unique index over
    /// columns, without a condition, such as `#[view(index(id, unique))]`.
    ///
    /// # Errors
    /// See [`Executor`]; `QUERY_ERROR` without such an index, and on a database without materialized views.
    fn refresh_concurrently<'a, M: Mode>(on: &'a impl Executor<M>) -> M::Output<'a, ()> {
        on.call(|on| refresh(on, Self::NAME, true))
    }
}

fn refresh(on: &impl Sealed, view: &str, concurrently: bool) -> Result<()> {
    on.run_on(|connection| {
        let dialect = connection.dialect();
        if !dialect.capabilities().materialized_views {
            let message = format!("{dialect} has no materialized views, so {view:?} can't be refreshed");
            return Err(Error::new(ErrorKind::Query, message));
        }
        let how = if concurrently { "CONCURRENTLY " } else { "" };
        let name = dialect.quote_ident(view);
        let refreshed = connection.batch(&format!("REFRESH MATERIALIZED VIEW {how}{name}"));
        refreshed.map_err(|error| match error.database_code() {
            Some(NOT_READY) if concurrently => error.with_hint(
                "add a unique index to its `#[view(…)]`, such as `index(id, unique)`, or call `refresh`",
            ),
            _ => error,
        })
    })
}
