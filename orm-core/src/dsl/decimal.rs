//! Exact arithmetic on decimals in SQL, on both databases.
//!
//! SQLite's own operators compute in binary floating point, so that `0.1 + 0.2` is not `0.3`; these don't. There is no
//! division, because its result is not exact. Divide in Rust.

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, TypedExpressionType,
    ValidGrouping, is_aggregate,
};
use diesel::internal::sql_functions::{
    FunctionFragment, IsAggregateFunction, IsWindowFunction, OverClause, WindowFunctionFragment,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{HasSqlType, Nullable, SqlType};

use super::call::walk_operand;
use super::parts::used_like_its_parts;
use crate::backend::hide_from_debug;
use crate::backend::{Any, SQLITE_SUM, marks};
use crate::types::Decimal;
use crate::types::sql_types::ExactNumeric;

/// Follows an expression that is a decimal on SQLite.
const DECIMAL: &str = marks::COLLATE_DECIMAL;

/// A decimal value from the program, in SQL. On SQLite it carries its collation, so that expressions without a column
/// compare it as a number too.
#[derive(Clone, Copy)]
pub struct Value<ST, U> {
    value: U,
    sql_type: std::marker::PhantomData<ST>,
}

hide_from_debug!([ST, U] Value[ST, U]);

macro_rules! as_expression {
    ($($sql_type:ty),*) => {
        $(
            as_expression!($sql_type; [], Decimal);
            as_expression!($sql_type; ['a], &'a Decimal);
            as_expression!($sql_type; ['a, 'b], &'b &'a Decimal);
        )*
    };
    ($sql_type:ty; [$($lifetime:lifetime),*], $target:ty) => {
        impl<$($lifetime),*> AsExpression<$sql_type> for $target {
            type Expression = Value<$sql_type, Self>;

            fn as_expression(self) -> Self::Expression {
                Value { value: self, sql_type: std::marker::PhantomData }
            }
        }
    };
}

as_expression!(ExactNumeric, Nullable<ExactNumeric>);

impl<ST: SqlType + TypedExpressionType, U> Expression for Value<ST, U> {
    type SqlType = ST;
}

impl<ST: QueryId, U> QueryId for Value<ST, U> {
    type QueryId = Value<ST::QueryId, ()>;
    const HAS_STATIC_QUERY_ID: bool = ST::HAS_STATIC_QUERY_ID;
}

impl<ST, U, GroupBy> ValidGrouping<GroupBy> for Value<ST, U> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST, U, QS> SelectableExpression<QS> for Value<ST, U> where Self: AppearsOnTable<QS> {}
impl<ST, U, QS> AppearsOnTable<QS> for Value<ST, U> where Self: Expression {}

impl<ST, U> QueryFragment<Any> for Value<ST, U>
where
    Any: HasSqlType<ST>,
    U: ToSql<ST, Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if out.backend().dialect().capabilities().exact_decimals {
            return out.push_bind_param(&self.value);
        }
        out.push_sql("(");
        out.push_bind_param(&self.value)?;
        out.push_sql(DECIMAL);
        out.push_sql(")");
        Ok(())
    }
}

impl ToSql<Nullable<ExactNumeric>, Any> for Decimal {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        ToSql::<ExactNumeric, Any>::to_sql(self, out)
    }
}

/// A decimal, or a decimal that may be NULL.
pub trait DecimalType: SqlType {}

impl DecimalType for ExactNumeric {}
impl DecimalType for Nullable<ExactNumeric> {}

/// `plus`, `minus` and `times` for decimal columns and expressions.
pub trait DecimalDsl: Expression + Sized
where
    Self::SqlType: DecimalType,
{
    /// Returns `self + other`: `accounts::balance.plus(amount)`.
    fn plus<R: AsExpression<Self::SqlType>>(
        self,
        other: R,
    ) -> Arithmetic<Self, R::Expression, Plus> {
        Arithmetic::new(self, other.as_expression())
    }

    /// Returns `self - other`.
    fn minus<R: AsExpression<Self::SqlType>>(
        self,
        other: R,
    ) -> Arithmetic<Self, R::Expression, Minus> {
        Arithmetic::new(self, other.as_expression())
    }

    /// Returns `self * other`.
    fn times<R: AsExpression<Self::SqlType>>(
        self,
        other: R,
    ) -> Arithmetic<Self, R::Expression, Times> {
        Arithmetic::new(self, other.as_expression())
    }
}

impl<E: Expression> DecimalDsl for E where E::SqlType: DecimalType {}

/// An operator in the SQL of each database.
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

/// The expression that [`DecimalDsl`] returns.
#[derive(Clone, Copy, QueryId)]
pub struct Arithmetic<L, R, O> {
    left: L,
    right: R,
    operator: std::marker::PhantomData<O>,
}

hide_from_debug!([L, R, O] Arithmetic[L, R, O]);

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

used_like_its_parts!([L, R] [O] Arithmetic<L, R, O>);

impl<L, R, O> QueryFragment<Any> for Arithmetic<L, R, O>
where
    L: QueryFragment<Any>,
    R: QueryFragment<Any>,
    O: Operator,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let is_exact = out.backend().dialect().capabilities().exact_decimals;
        open(is_exact, "(", O::FUNCTION, &mut out);
        if is_exact {
            walk_operand(&self.left, out.reborrow())?;
            out.push_sql(O::SYMBOL);
            // SQLite's function takes all of it.
            walk_operand(&self.right, out.reborrow())?;
        } else {
            self.left.walk_ast(out.reborrow())?;
            out.push_sql(", ");
            self.right.walk_ast(out.reborrow())?;
        }
        close(is_exact, &mut out);
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
    /// Returns the exact sum of a decimal column; NULL if there is no value.
    sum => Sum, SQLITE_SUM;
    /// Returns the largest value of a decimal column; NULL if there is no value. Unlike diesel's `max`, it is a number
    /// on SQLite even in comparisons and orders, as in `having(max(price).gt(limit))`.
    max => Max, "max";
    /// Returns the smallest value of a decimal column; NULL if there is no value. See [`max`](max()).
    min => Min, "min";
}

/// The expression that [`sum`], [`max`](max()) and [`min`](min()) return.
#[derive(Clone, Copy, QueryId)]
pub struct Aggregate<E, F> {
    column: E,
    function: std::marker::PhantomData<F>,
}

hide_from_debug!([E, F] Aggregate[E, F]);

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
        let is_exact = out.backend().dialect().capabilities().exact_decimals;
        open(is_exact, F::NAME, F::NAME, &mut out);
        out.push_sql("(");
        self.column.walk_ast(out.reborrow())?;
        close(is_exact, &mut out);
        Ok(())
    }
}

/// Needed for `aggregate_filter`, and for `over` and the like. diesel requires one name for all databases; the query
/// builder replaces it by PostgreSQL's.
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
fn open(is_exact: bool, own: &'static str, function: &'static str, out: &mut AstPass<'_, '_, Any>) {
    if is_exact {
        out.push_sql(own);
    } else {
        out.push_sql("(");
        out.push_sql(function);
    }
}

/// Ends the call. On SQLite the result of a function is a text without a collation, which would be compared as a text.
/// So the call gets a collation.
fn close(is_exact: bool, out: &mut AstPass<'_, '_, Any>) {
    out.push_sql(")");
    if !is_exact {
        out.push_sql(DECIMAL);
        out.push_sql(")");
    }
}
