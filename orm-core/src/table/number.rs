//! Tells tables apart, without code for each pair of them.
//!
//! diesel requires that any two tables in a query are different. So each table has a number, written as a type of
//! sixteen digits, the lowest first. Two tables differ if their numbers do. The compiler only compares the digits of
//! tables that a program uses in the same query.
//!
//! Both traits also name the table that asks, which takes no part in the comparison. diesel's impls for a table rely on
//! the fact that it doesn't differ from itself, and the compiler only accepts that a bound never holds if the bound
//! names a type of the crate being compiled.

use diesel::expression::is_contained_in_group_by::{No, Yes};

/// A diesel table that `#[derive(Table)]` wrote, as seen from the table `Of`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the table of a struct",
    label = "no struct with `#[derive(Table)]` has this table",
    note = "for a table that `diesel::table!` declares, call `diesel::allow_tables_to_appear_in_same_query!`"
)]
pub trait Numbered<Of> {
    /// The table's number.
    type Number;
}

/// A number other than `Other`, as seen from the table `Of`.
#[diagnostic::on_unimplemented(
    message = "the table `{Of}` is in this query twice",
    label = "the same table twice",
    note = "use an alias for the second one: `let others = diesel::alias!(users as others);`"
)]
pub trait Differs<Other, Of> {}

/// Whether a number is the same as `Other`.
pub trait Same<Other> {
    /// diesel's `Yes` or `No`.
    type Answer;
}

/// The end of a number.
#[derive(Debug)]
pub struct End;

impl Same<End> for End {
    type Answer = Yes;
}

/// Declares the digits, each with the rest of the number as its parameter.
macro_rules! digits {
    ([$($before:ident)*]) => {};
    ([$($before:ident)*] $digit:ident $($after:ident)*) => {
        #[doc = "A digit, and those above it."]
        #[derive(Debug)]
        pub struct $digit<Rest>(std::marker::PhantomData<Rest>);

        #[diagnostic::do_not_recommend]
        impl<Left: Differs<Right, Of>, Right, Of> Differs<$digit<Right>, Of> for $digit<Left> {}

        impl<Left: Same<Right>, Right> Same<$digit<Right>> for $digit<Left> {
            type Answer = Left::Answer;
        }

        different!($digit: $($before)* $($after)*);

        digits!([$($before)* $digit] $($after)*);
    };
}

macro_rules! different {
    ($digit:ident: $($other:ident)*) => {
        $(
            impl<Left, Right, Of> Differs<$other<Right>, Of> for $digit<Left> {}

            impl<Left, Right> Same<$other<Right>> for $digit<Left> {
                type Answer = No;
            }
        )*
    };
}

digits!([] D0 D1 D2 D3 D4 D5 D6 D7 D8 D9 Da Db Dc Dd De Df);
