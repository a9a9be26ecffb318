//! Exact arithmetic on decimals in SQL, on both databases.
//!
//! SQLite's own operators compute in binary floating point, so that `0.1 + 0.2` is not `0.3`; these don't.
//! There is no division: it has no exact result. Divide in Rust.

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::internal::sql_functions::{
    FunctionFragment, IsAggregateFunction, IsWindowFunction, OverClause, WindowFunctionFragment,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Nullable, SqlType};

use crate::backend::Any;
use crate::dialect::Dialect;
use crate::sql_types::ExactNumeric;

/// The sum that mizzle registers on SQLite.
pub(crate) const SQLITE_SUM: &str = "decimal_sum";

/// A decimal, or a decimal that may be NULL.
pub trait DecimalType: SqlType {}

impl DecimalType for ExactNumeric {}
impl DecimalType for Nullable<ExactNumeric> {}

/// `plus`, `minus` and `times` for decimal columns and expressions.
pub trait DecimalDsl: Expression + Sized
where
    Self::SqlType: DecimalType,
{
    /// `self + other`: `accounts::balance.plus(amount)`.
    fn plus<R: AsExpression<Self::SqlType>>(
        self,
        other: R,
    ) -> Arithmetic<Self, R::Expression, Plus> {
        Arithmetic::new(self, other.as_expression())
    }

    /// `self - other`
    fn minus<R: AsExpression<Self::SqlType>>(
        self,
        other: R,
    ) -> Arithmetic<Self, R::Expression, Minus> {
        Arithmetic::new(self, other.as_expression())
    }

    /// `self * other`
    fn times<R: AsExpression<Self::SqlType>>(
        self,
        other: R,
    ) -> Arithmetic<Self, R::Expression, Times> {
        Arithmetic::new(self, other.as_expression())
    }
}

impl<E: Expression> DecimalDsl for E where E::SqlType: DecimalType {}

/// An operator, as each database writes it.
pub trait Operator: 'static {
    /// PostgreSQL's operator.
    const SYMBOL: &'static str;
    /// The function that mizzle registers on SQLite.
    const FUNCTION: &'static str;
}

macro_rules! operators {
    ($($name:ident, $symbol:literal, $function:literal;)*) => {
        $(
            #[doc = concat!("The operator `", $symbol, "`.")]
            #[derive(Debug, Clone, Copy, QueryId)]
            pub struct $name;

            impl Operator for $name {
                const SYMBOL: &'static str = concat!(" ", $symbol, " ");
                const FUNCTION: &'static str = concat!($function, "(");
            }
        )*
    };
}

operators! {
    Plus, "+", "decimal_add";
    Minus, "-", "decimal_sub";
    Times, "*", "decimal_mul";
}

/// The expression that [`DecimalDsl`] makes.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Arithmetic<L, R, O> {
    left: L,
    right: R,
    operator: std::marker::PhantomData<O>,
}

impl<L, R, O> Arithmetic<L, R, O> {
    fn new(left: L, right: R) -> Self {
        Self { left, right, operator: std::marker::PhantomData }
    }
}

impl<L: Expression, R: Expression, O> Expression for Arithmetic<L, R, O> {
    type SqlType = L::SqlType;
}

impl<L, R, O, GroupBy> ValidGrouping<GroupBy> for Arithmetic<L, R, O>
where
    (L, R): ValidGrouping<GroupBy>,
{
    type IsAggregate = <(L, R) as ValidGrouping<GroupBy>>::IsAggregate;
}

impl<L, R, O, QS> SelectableExpression<QS> for Arithmetic<L, R, O>
where
    Self: AppearsOnTable<QS>,
    L: SelectableExpression<QS>,
    R: SelectableExpression<QS>,
{
}

impl<L, R, O, QS> AppearsOnTable<QS> for Arithmetic<L, R, O>
where
    Self: Expression,
    L: AppearsOnTable<QS>,
    R: AppearsOnTable<QS>,
{
}

impl<L, R, O> QueryFragment<Any> for Arithmetic<L, R, O>
where
    L: QueryFragment<Any>,
    R: QueryFragment<Any>,
    O: Operator,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let dialect = out.backend().dialect();
        open(dialect, "(", O::FUNCTION, &mut out);
        self.left.walk_ast(out.reborrow())?;
        out.push_sql(match dialect {
            Dialect::Postgres => O::SYMBOL,
            Dialect::Sqlite => ", ",
        });
        self.right.walk_ast(out.reborrow())?;
        close(dialect, &mut out);
        Ok(())
    }
}

/// An aggregate function.
pub trait Function: 'static {
    /// Its name on SQLite.
    const NAME: &'static str;
}

macro_rules! aggregates {
    ($($(#[$attribute:meta])* $function:ident => $name:ident, $sql:expr;)*) => {
        $(
            $(#[$attribute])*
            pub fn $function<E>(column: E) -> Aggregate<E, $name>
            where
                E: Expression,
                E::SqlType: DecimalType,
            {
                Aggregate { column, function: std::marker::PhantomData }
            }

            #[doc = concat!("The function `", stringify!($function), "`.")]
            #[derive(Debug, Clone, Copy, QueryId)]
            pub struct $name;

            impl Function for $name {
                const NAME: &'static str = $sql;
            }
        )*
    };
}

aggregates! {
    /// The exact sum of a decimal column; NULL where there is no value.
    sum => Sum, SQLITE_SUM;
    /// The largest value of a decimal column; NULL where there is no value. Unlike diesel's `max` it is
    /// a number on SQLite also where it is compared or sorted by, as in `having(max(price).gt(limit))`.
    max => Max, "max";
    /// The smallest value of a decimal column; NULL where there is no value. See [`max`](max()).
    min => Min, "min";
}

/// The expression that [`sum`], [`max`](max()) and [`min`](min()) make.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Aggregate<E, F> {
    column: E,
    function: std::marker::PhantomData<F>,
}

impl<E: Expression, F> Expression for Aggregate<E, F> {
    type SqlType = Nullable<ExactNumeric>;
}

impl<E, F, GroupBy> ValidGrouping<GroupBy> for Aggregate<E, F> {
    type IsAggregate = is_aggregate::Yes;
}

impl<E, F, QS> SelectableExpression<QS> for Aggregate<E, F>
where
    Self: AppearsOnTable<QS>,
    E: SelectableExpression<QS>,
{
}

impl<E, F, QS> AppearsOnTable<QS> for Aggregate<E, F>
where
    Self: Expression,
    E: AppearsOnTable<QS>,
{
}

impl<E: QueryFragment<Any>, F: Function> QueryFragment<Any> for Aggregate<E, F> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let dialect = out.backend().dialect();
        open(dialect, F::NAME, F::NAME, &mut out);
        out.push_sql("(");
        self.column.walk_ast(out.reborrow())?;
        close(dialect, &mut out);
        Ok(())
    }
}

/// For `aggregate_filter`, and for `over` and its like. diesel wants one name for all databases, which the
/// query builder makes PostgreSQL's of.
impl<E: QueryFragment<Any>, F: Function> FunctionFragment<Any> for Aggregate<E, F> {
    const FUNCTION_NAME: &'static str = F::NAME;

    fn walk_arguments<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.column.walk_ast(out)
    }
}

impl<E, F> IsAggregateFunction for Aggregate<E, F> {}

impl<E, F> IsWindowFunction for Aggregate<E, F> {
    type ArgTypes = (E,);
}

impl<E, F, Partition, Order, Frame> WindowFunctionFragment<Aggregate<E, F>, Any>
    for OverClause<Partition, Order, Frame>
{
}

/// Begins a call of a function.
fn open(
    dialect: Dialect,
    postgres: &'static str,
    sqlite: &'static str,
    out: &mut AstPass<'_, '_, Any>,
) {
    match dialect {
        Dialect::Postgres => out.push_sql(postgres),
        Dialect::Sqlite => {
            out.push_sql("(");
            out.push_sql(sqlite);
        }
    }
}

/// Ends it. On SQLite the result of a function is a text that has no collation but the one it is given,
/// and would be compared as a text.
fn close(dialect: Dialect, out: &mut AstPass<'_, '_, Any>) {
    out.push_sql(match dialect {
        Dialect::Postgres => ")",
        Dialect::Sqlite => ") COLLATE decimal)",
    });
}
