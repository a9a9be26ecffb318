//! Orders of columns, whose values can be read and compared.

use diesel::dsl::{Asc, Desc, NullsFirst, NullsLast};
use diesel::sql_types::{SqlType, is_nullable};

use crate::column::{Column, ColumnOf};
use crate::dialect::Dialect;
use crate::table::Table;

/// A column to sort by, and the direction.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The position in [`Table::COLUMNS`].
    pub column: usize,
    pub is_nullable: bool,
    pub descends: bool,
    /// Where NULLs are, if the order says so.
    pub nulls_first: Option<bool>,
}

impl Term {
    /// Returns whether NULLs are before other values.
    pub(super) fn has_nulls_first(&self, dialect: Dialect) -> bool {
        let smallest = dialect.capabilities().nulls_are_smallest;
        self.nulls_first.unwrap_or(smallest != self.descends)
    }
}

/// An order of rows of `T` for [`Query::keyset`](crate::Query::keyset): a column of its table, `column.desc()`, one of
/// these with `nulls_first()` or `nulls_last()`, or a tuple of these.
#[diagnostic::on_unimplemented(
    message = "rows of `{T}` can't be read by keyset in this order: `{Self}`",
    label = "not an order of columns of `{T}`",
    note = "take columns of the table, `column.desc()`, or a tuple of these: the cursor contains their values"
)]
pub trait KeysetOrder<T: Table> {
    /// Adds the columns of the order.
    #[doc(hidden)]
    fn push_terms(terms: &mut Vec<Term>);
}

/// One column of an order.
#[doc(hidden)]
pub trait KeysetTerm<T: Table> {
    const TERM: Term;
}

/// Whether a column can be NULL.
#[doc(hidden)]
pub trait Nullability {
    const IS_NULLABLE: bool;
}

impl Nullability for is_nullable::NotNull {
    const IS_NULLABLE: bool = false;
}

impl Nullability for is_nullable::IsNullable {
    const IS_NULLABLE: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T, C> KeysetTerm<T> for Column<C>
where
    T: Table,
    C: ColumnOf<T::Dsl>,
    <C::SqlType as SqlType>::IsNull: Nullability,
{
    const TERM: Term = Term {
        column: C::PLACE,
        is_nullable: <<C::SqlType as SqlType>::IsNull as Nullability>::IS_NULLABLE,
        descends: false,
        nulls_first: None,
    };
}

#[diagnostic::do_not_recommend]
impl<T: Table, O: KeysetTerm<T>> KeysetTerm<T> for Asc<O> {
    const TERM: Term = O::TERM;
}

#[diagnostic::do_not_recommend]
impl<T: Table, O: KeysetTerm<T>> KeysetTerm<T> for Desc<O> {
    const TERM: Term = Term { descends: true, ..O::TERM };
}

#[diagnostic::do_not_recommend]
impl<T: Table, O: KeysetTerm<T>> KeysetTerm<T> for NullsFirst<O> {
    const TERM: Term = Term { nulls_first: Some(true), ..O::TERM };
}

#[diagnostic::do_not_recommend]
impl<T: Table, O: KeysetTerm<T>> KeysetTerm<T> for NullsLast<O> {
    const TERM: Term = Term { nulls_first: Some(false), ..O::TERM };
}

macro_rules! one {
    ($($ty:ident),*) => {
        $(#[diagnostic::do_not_recommend]
        impl<T: Table, O> KeysetOrder<T> for $ty<O>
        where
            Self: KeysetTerm<T>,
        {
            fn push_terms(terms: &mut Vec<Term>) {
                push(terms, Self::TERM);
            }
        })*
    };
}

one!(Column, Asc, Desc, NullsFirst, NullsLast);

macro_rules! tuples {
    ($(($($order:ident),*);)*) => {
        $(#[diagnostic::do_not_recommend]
        impl<T: Table, $($order),*> KeysetOrder<T> for ($($order,)*)
        where
            $($order: KeysetOrder<T>,)*
        {
            fn push_terms(terms: &mut Vec<Term>) {
                $($order::push_terms(terms);)*
            }
        })*
    };
}

tuples! {
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
    (A, B, C, D, E, F);
}

/// Adds a column, unless the rows are already sorted by it.
fn push(terms: &mut Vec<Term>, term: Term) {
    if terms.iter().all(|before| before.column != term.column) {
        terms.push(term);
    }
}

/// Returns the columns of an order, and those of the primary key: no two rows are equal in all of them.
pub(super) fn unique<T: Table, O: KeysetOrder<T>>() -> Vec<Term> {
    let mut terms = Vec::new();
    O::push_terms(&mut terms);
    for &column in T::KEY {
        push(&mut terms, Term { column, is_nullable: false, descends: false, nulls_first: None });
    }
    terms
}
