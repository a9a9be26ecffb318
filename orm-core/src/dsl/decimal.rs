//! Exact arithmetic on decimals in SQL, on both databases.
//!
//! SQLite's own operators compute in binary floating point, so that `0.1 + 0.2` is not `0.3`; these don't.
//! There is no division: it has no exact result. Divide in Rust.

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Nullable, SqlType};

use crate::backend::Any;
use crate::dialect::Dialect;
use crate::sql_types::ExactNumeric;

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
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
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
        let sqlite = out.backend().dialect() == Dialect::Sqlite;
        out.push_sql(if sqlite { O::FUNCTION } else { "(" });
        self.left.walk_ast(out.reborrow())?;
        out.push_sql(if sqlite { ", " } else { O::SYMBOL });
        self.right.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// The exact sum of a decimal column; NULL where there is no value.
pub fn sum<E>(column: E) -> Sum<E>
where
    E: Expression,
    E::SqlType: DecimalType,
{
    Sum { column }
}

/// The expression that [`sum`] makes.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Sum<E> {
    column: E,
}

impl<E: Expression> Expression for Sum<E> {
    type SqlType = Nullable<ExactNumeric>;
}

impl<E, GroupBy> ValidGrouping<GroupBy> for Sum<E> {
    type IsAggregate = is_aggregate::Yes;
}

impl<E, QS> SelectableExpression<QS> for Sum<E>
where
    Self: AppearsOnTable<QS>,
    E: SelectableExpression<QS>,
{
}

impl<E, QS> AppearsOnTable<QS> for Sum<E>
where
    Self: Expression,
    E: AppearsOnTable<QS>,
{
}

impl<E: QueryFragment<Any>> QueryFragment<Any> for Sum<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(match out.backend().dialect() {
            Dialect::Sqlite => "decimal_sum(",
            Dialect::Postgres => "sum(",
        });
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}
