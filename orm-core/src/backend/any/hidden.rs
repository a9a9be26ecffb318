//! Parts of queries that diesel has for PostgreSQL alone, and whose contents it doesn't publish: `distinct_on`, `only`,
//! `nulls_first` and `nulls_last`.
//!
//! diesel writes them for its own backend, and the text is then read piece by piece. That works for whatever binds no
//! value, such as columns.

use diesel::QueryResult;
use diesel::dsl::{NullsFirst, NullsLast};
use diesel::pg::{DistinctOnClause, Pg, PgQueryBuilder};
use diesel::query_builder::{AstPass, Only, QueryBuilder, QueryFragment};
use diesel::result::Error::QueryBuilderError;

use super::Any;
use crate::dialect::Dialect;

impl<T> QueryFragment<Any> for DistinctOnClause<T>
where
    Self: QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let capabilities = out.backend().dialect().capabilities();
        if !capabilities.distinct_on {
            return missing(
                out.backend().dialect(),
                "DISTINCT ON",
                "use a window function or `group_by`",
            );
        }
        push_hidden(self, "distinct_on", out)
    }
}

impl<S> QueryFragment<Any> for Only<S>
where
    Self: QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if !out.backend().dialect().capabilities().inherits {
            return missing(
                out.backend().dialect(),
                "ONLY",
                "no table there inherits from another: leave `only()` out",
            );
        }
        push_hidden(self, "only", out)
    }
}

macro_rules! places_of_nulls {
    ($($ty:ident, $name:literal;)*) => {
        $(impl<T> QueryFragment<Any> for $ty<T>
        where
            Self: QueryFragment<Pg>,
        {
            fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
                push_hidden(self, $name, out)
            }
        })*
    };
}

places_of_nulls! {
    NullsFirst, "nulls_first";
    NullsLast, "nulls_last";
}

fn missing(dialect: Dialect, what: &str, instead: &str) -> QueryResult<()> {
    Err(QueryBuilderError(format!("{dialect} has no {what}: {instead}").into()))
}

/// Writes a part as diesel does for PostgreSQL.
fn push_hidden<T: QueryFragment<Pg>>(
    part: &T,
    method: &str,
    mut out: AstPass<'_, '_, Any>,
) -> QueryResult<()> {
    let mut builder = PgQueryBuilder::new();
    part.to_sql(&mut builder, &Pg)?;
    // The number of the next parameter shows if there was one before.
    builder.push_bind_param();
    let written = builder.finish();
    let Some(sql) = written.strip_suffix("$1") else {
        return Err(QueryBuilderError(
            format!("`{method}` of an expression with values isn't supported: use a column").into(),
        ));
    };
    // What diesel writes for PostgreSQL means something else elsewhere, except for names and the order.
    let dialect = out.backend().dialect();
    // Every second piece is inside quotes. A quote in a name is doubled, so it ends one name and begins another.
    for (place, piece) in sql.split('"').enumerate() {
        if place % 2 == 1 {
            out.push_identifier(piece)?;
            continue;
        }
        if dialect.capabilities().rewrites && !is_of_order(piece) {
            return Err(QueryBuilderError(
                format!("`{method}` of anything but a column isn't supported on {dialect}").into(),
            ));
        }
        out.push_sql(piece);
    }
    Ok(())
}

/// Whether there are no words but those of an order.
fn is_of_order(sql: &str) -> bool {
    let mut words = sql.split([' ', '.', ',']).filter(|word| !word.is_empty());
    words.all(|word| ["ASC", "DESC", "NULLS", "FIRST", "LAST"].contains(&word))
}
