//! INSERT through diesel's own statements: left-out columns and batches.
//!
//! PostgreSQL accepts `DEFAULT` for a column that a row leaves out. SQLite doesn't: there the statement leaves the
//! column out, so all rows of a statement must leave out the same columns. A batch with different rows, or with more
//! parameters than a statement may have, becomes several statements. Writing it fails with [`TooMuch`], and the
//! connection then writes it in parts ([`Rows`]).

use std::fmt;
use std::ops::Range;

use diesel::QueryResult;
use diesel::backend::sql_dialect;
use diesel::expression::{AppearsOnTable, Expression};
use diesel::insertable::{
    CanInsertInSingleQuery, ColumnInsertValue, DefaultableColumnInsertValue, InsertValues,
};
use diesel::query_builder::{AstPass, BatchInsert, NoFromClause, QueryFragment, ValuesClause};
use diesel::query_source::{Column, Table};
use diesel::result::Error::QueryBuilderError;

use super::{Any, AnyQueryBuilder};

/// Which rows of a batch are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All, unless that is [`TooMuch`].
    All,
    /// Those from the first number to before the second.
    Part(usize, usize),
    /// All, as one statement to look at.
    Shown,
}

/// The rows of a batch don't fit into one statement.
#[derive(Debug)]
pub(crate) struct TooMuch {
    /// The rows before which a further statement begins, and the number of rows.
    ends: Vec<usize>,
}

impl TooMuch {
    /// Returns the rows of each statement.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rows of this batch need {} statements", self.ends.len())
    }
}

impl std::error::Error for TooMuch {}

/// How a column with its default is written.
#[derive(Debug, Clone, Copy)]
pub struct DefaultByDialect;

impl sql_dialect::default_keyword_for_insert::SupportsDefaultKeyword for DefaultByDialect {}

/// How several rows are written.
#[derive(Debug, Clone, Copy)]
pub struct BatchByDialect;

impl sql_dialect::batch_insert_support::SupportsBatchInsert for BatchByDialect {}

impl<Col, Expr> InsertValues<Any, Col::Table>
    for DefaultableColumnInsertValue<ColumnInsertValue<Col, Expr>>
where
    Col: Column,
    Expr: Expression<SqlType = Col::SqlType> + AppearsOnTable<NoFromClause>,
    Self: QueryFragment<Any>,
{
    fn column_names(&self, mut out: AstPass<'_, '_, Any>) -> QueryResult<()> {
        if out.backend().dialect().capabilities().defaults_in_rows
            || matches!(self, Self::Expression(_))
        {
            out.push_identifier(Col::NAME)?;
        }
        Ok(())
    }
}

impl<Expr> QueryFragment<Any, DefaultByDialect> for DefaultableColumnInsertValue<Expr>
where
    Expr: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        match self {
            Self::Expression(value) => value.walk_ast(out),
            Self::Default => {
                if out.backend().dialect().capabilities().defaults_in_rows {
                    out.push_sql("DEFAULT");
                }
                Ok(())
            }
        }
    }
}

impl<V, Tab, QId, const STATIC: bool> CanInsertInSingleQuery<Any>
    for BatchInsert<Vec<V>, Tab, QId, STATIC>
{
    fn rows_to_insert(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

impl<V, Tab, QId, const STATIC: bool> QueryFragment<Any, BatchByDialect>
    for BatchInsert<Vec<ValuesClause<V, Tab>>, Tab, QId, STATIC>
where
    Tab: Table,
    V: InsertValues<Any, Tab>,
    ValuesClause<V, Tab>: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        // An array's type doesn't show which values its rows have.
        out.unsafe_to_cache_prepared();
        let backend = *out.backend();
        let rows = match backend.rows() {
            Rows::All => {
                let ends = statement_ends(&self.values, backend)?;
                if ends.len() > 1 {
                    return Err(QueryBuilderError(Box::new(TooMuch { ends })));
                }
                self.values.as_slice()
            }
            Rows::Part(start, end) => self.values.get(start..end).unwrap_or_default(),
            Rows::Shown => self.values.as_slice(),
        };
        let Some((first, rest)) = rows.split_first() else {
            return Ok(());
        };
        first.walk_ast(out.reborrow())?;
        for row in rest {
            out.push_sql(", (");
            row.values.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        Ok(())
    }
}

/// Returns the rows before which a further statement begins, and the number of rows: a single number if all fit into
/// one statement.
fn statement_ends<V, Tab>(rows: &[ValuesClause<V, Tab>], backend: Any) -> QueryResult<Vec<usize>>
where
    Tab: Table,
    V: InsertValues<Any, Tab>,
{
    /// With fewer rows than this, only rows with hundreds of columns have too many parameters.
    const FEW: usize = 128;
    /// Room for the parameters of the rest of the statement, such as those of ON CONFLICT.
    const RESERVED: usize = 500;
    let capabilities = backend.dialect().capabilities();
    let has_few_parameters = capabilities.parameters <= RESERVED;
    // PostgreSQL writes the same columns for each row.
    let by_columns = !capabilities.defaults_in_rows && rows.len() > 1;
    let by_parameters = rows.len() >= FEW || has_few_parameters && rows.len() > 1;
    if !by_columns && !by_parameters {
        return Ok(vec![rows.len()]);
    }
    let reserved = if has_few_parameters { 0 } else { RESERVED };
    let limit = capabilities.parameters - reserved;
    let mut ends = Vec::new();
    let mut parameters = 0;
    let mut columns = None;
    for (place, row) in rows.iter().enumerate() {
        let mut is_apart = false;
        if by_columns {
            let own = columns_of(&row.values, backend)?;
            // A row with only defaults has a form that allows no other row.
            is_apart = columns.is_some_and(|columns| columns != own || own.is_none());
            columns = Some(own);
        }
        if by_parameters {
            let mut sql = AnyQueryBuilder::without_text(backend.dialect());
            row.values.to_sql(&mut sql, &backend)?;
            let own = sql.parameters();
            is_apart |= parameters > 0 && parameters + own > limit;
            parameters = if is_apart { own } else { parameters + own };
        }
        if is_apart {
            ends.push(place);
        }
    }
    ends.push(rows.len());
    Ok(ends)
}

/// Returns what distinguishes the columns of a row from those of others; `None` for a row that names none.
fn columns_of<V, Tab>(row: &V, backend: Any) -> QueryResult<Option<u64>>
where
    Tab: Table,
    V: InsertValues<Any, Tab>,
{
    struct Names<'a, V, Tab>(&'a V, std::marker::PhantomData<Tab>);
    impl<V: InsertValues<Any, Tab>, Tab: Table> QueryFragment<Any> for Names<'_, V, Tab> {
        fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
            self.0.column_names(out)
        }
    }
    let names = Names(row, std::marker::PhantomData);
    if names.is_noop(&backend)? {
        return Ok(None);
    }
    let mut sql = AnyQueryBuilder::without_text(backend.dialect());
    names.to_sql(&mut sql, &backend)?;
    Ok(Some(sql.fingerprint()))
}
