//! Tells tables apart, without code for each pair of them.
//!
//! diesel requires that any two tables in a query are different. So each table has a number, written as a type of
//! sixteen digits, the lowest first. Two tables are one if their numbers are. The compiler only compares the digits of
//! tables that a program uses in the same query.

use diesel::expression::is_contained_in_group_by::{No, Yes};

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
            impl<Left, Right> Same<$other<Right>> for $digit<Left> {
                type Answer = No;
            }
        )*
    };
}

digits!([] D0 D1 D2 D3 D4 D5 D6 D7 D8 D9 Da Db Dc Dd De Df);
