//! Calls of functions, and operators, each with its SQL for either database.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::SqlType;

use crate::backend::{Any, AnyType, hide_from_debug, marks};

/// A function, or an operator.
pub trait Function: 'static {
    /// PostgreSQL's SQL before, between and after the arguments.
    const POSTGRES: &'static [&'static str];
    /// The same on SQLite.
    const SQLITE: &'static [&'static str];
    /// How SQLite compares the result, as a mark, if it has to be told.
    const COLLATION: Option<&'static str> = None;
    /// Whether the result is an array.
    const RETURNS_ARRAY: bool = false;

    /// Returns the type of the elements of its arrays. SQLite's function gets the type as its last argument, which
    /// [`SQLITE`](Self::SQLITE) lacks.
    fn elements() -> Option<AnyType> {
        None
    }
}

/// Defines functions and operators: for each its SQL on PostgreSQL and on SQLite, and its collation if it has one.
macro_rules! functions {
    ($($name:ident: $postgres:expr, $sqlite:expr $(, $collation:expr)?;)*) => {
        $(
            #[doc = concat!("The function `", stringify!($name), "`.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl $crate::dsl::call::Function for $name {
                const POSTGRES: &'static [&'static str] = &$postgres;
                const SQLITE: &'static [&'static str] = &$sqlite;
                $(const COLLATION: Option<&'static str> = Some($collation);)?
            }
        )*
    };
}
pub(super) use functions;

/// Writes an operand of an operator. SQL text gets parentheses, because it may contain operators.
pub(super) fn walk_operand<'b>(
    operand: &'b impl QueryFragment<Any>,
    mut out: AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    out.push_sql(marks::BEGIN);
    operand.walk_ast(out.reborrow())?;
    out.push_sql(marks::END_OF_OPERAND);
    Ok(())
}

/// Arguments of a call, a tuple.
#[diagnostic::on_unimplemented(
    message = "this is not a tuple of expressions: `{Self}`",
    label = "not a tuple of one to four expressions",
    note = "give a tuple of columns or other expressions, `row((users::age, users::id))`; a value becomes one by `mizzle::value(…)`"
)]
pub trait Arguments {
    /// Writes the pieces of SQL, with an argument after each but the last.
    fn walk<'b>(&'b self, pieces: &[&str], out: AstPass<'_, 'b, Any>) -> QueryResult<()>;

    /// Writes the arguments with commas in between.
    fn list<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()>;
}

macro_rules! arguments {
    ($($($name:ident $place:tt),+;)*) => {
        $(#[diagnostic::do_not_recommend]
        impl<$($name: QueryFragment<Any>),+> Arguments for ($($name,)+) {
            fn walk<'b>(&'b self, pieces: &[&str], mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
                // Between the commas of a call, an argument is whole anyway.
                let are_operands = pieces.get(1).is_none_or(|piece| *piece != ", ");
                let mut pieces = pieces.iter();
                let mut push = |out: &mut AstPass<'_, '_, Any>| {
                    if let Some(piece) = pieces.next() {
                        out.push_sql(piece);
                    }
                };
                $(
                    push(&mut out);
                    if are_operands {
                        walk_operand(&self.$place, out.reborrow())?;
                    } else {
                        self.$place.walk_ast(out.reborrow())?;
                    }
                )+
                push(&mut out);
                Ok(())
            }

            fn list<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
                let mut pieces = [", "; [$($place),+].len() + 1];
                (pieces[0], pieces[[$($place),+].len()]) = ("", "");
                self.walk(&pieces, out)
            }
        })*
    };
}

arguments! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}

/// A call of the function `F`, with the arguments `A` and a result of type `ST`.
#[derive(Clone, Copy)]
pub struct Call<F, A, ST> {
    arguments: A,
    of: PhantomData<fn() -> (F, ST)>,
}

hide_from_debug!([F, A, ST] Call[F, A, ST]);

impl<F, A, ST> Call<F, A, ST> {
    pub(super) const fn new(arguments: A) -> Self {
        Self { arguments, of: PhantomData }
    }
}

impl<F, A, ST: SqlType + TypedExpressionType> Expression for Call<F, A, ST> {
    type SqlType = ST;
}

impl<F, A, ST, GroupBy> ValidGrouping<GroupBy> for Call<F, A, ST>
where
    A: ValidGrouping<GroupBy>,
{
    type IsAggregate = A::IsAggregate;
}

impl<F, A, ST, QS> SelectableExpression<QS> for Call<F, A, ST>
where
    Self: AppearsOnTable<QS>,
    A: SelectableExpression<QS>,
{
}

impl<F, A, ST, QS> AppearsOnTable<QS> for Call<F, A, ST>
where
    Self: Expression,
    A: AppearsOnTable<QS>,
{
}

impl<F: 'static, A: QueryId, ST: 'static> QueryId for Call<F, A, ST> {
    type QueryId = Call<F, A::QueryId, ST>;
    const HAS_STATIC_QUERY_ID: bool = A::HAS_STATIC_QUERY_ID;
    const IS_WINDOW_FUNCTION: bool = A::IS_WINDOW_FUNCTION;
}

impl<F: Function, A: Arguments, ST> QueryFragment<Any> for Call<F, A, ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if out.backend().dialect().capabilities().own_functions {
            return self.arguments.walk(F::POSTGRES, out);
        }
        if let Some(elements) = F::elements() {
            return self.walk_array(elements, out);
        }
        let Some(collation) = F::COLLATION else {
            return self.arguments.walk(F::SQLITE, out);
        };
        out.push_sql("(");
        self.arguments.walk(F::SQLITE, out.reborrow())?;
        out.push_sql(collation);
        out.push_sql(")");
        Ok(())
    }
}

impl<F: Function, A: Arguments, ST> Call<F, A, ST> {
    /// Writes SQLite's function of arrays.
    fn walk_array<'b>(
        &'b self,
        elements: AnyType,
        mut out: AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        if F::RETURNS_ARRAY {
            out.push_sql("(");
        }
        self.arguments.walk(F::SQLITE, out.reborrow())?;
        out.push_sql(", '");
        out.push_sql(elements.kind.facts().postgres.declared);
        out.push_sql("')");
        if F::RETURNS_ARRAY {
            if let Some(collation) = elements.array().collation() {
                out.push_sql(&format!("{}{collation}", marks::COLLATE));
            }
            out.push_sql(")");
        }
        Ok(())
    }
}
