//! Which tables differ, without a line for each pair of them.
//!
//! diesel wants to know of every two tables of a query that they are not the same one. So each table has a number,
//! written as a type of sixteen digits, the lowest first: two tables differ if their numbers do. The compiler
//! compares the digits of those tables alone that a program uses in one query.
//!
//! Both traits name the table that asks, which takes no part in the comparison: diesel's impls for one table rely on it
//! that it doesn't differ from itself, and the compiler takes a bound for one that never holds only if it names a type
//! of the crate that it compiles.

/// A table of diesel's that `#[derive(Table)]` wrote, as the table `Of` sees it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the table of a struct",
    label = "no struct with `#[derive(Table)]` has this table",
    note = "for a table that `diesel::table!` declares call `diesel::allow_tables_to_appear_in_same_query!`"
)]
pub trait Numbered<Of> {
    /// The table's number.
    type Number;
}

/// A number that is not `Other`, as the table `Of` asks.
#[diagnostic::on_unimplemented(
    message = "the table `{Of}` stands in this query twice",
    label = "the same table twice",
    note = "give it another name for the second time: `let others = diesel::alias!(users as others);`"
)]
pub trait Differs<Other, Of> {}

/// The end of a number.
#[derive(Debug)]
pub struct End;

/// Declares the digits, each with the rest of the number as its parameter.
macro_rules! digits {
    ([$($before:ident)*]) => {};
    ([$($before:ident)*] $digit:ident $($after:ident)*) => {
        #[doc = "A digit, and those above it."]
        #[derive(Debug)]
        pub struct $digit<Rest>(std::marker::PhantomData<Rest>);

        #[diagnostic::do_not_recommend]
        impl<Left: Differs<Right, Of>, Right, Of> Differs<$digit<Right>, Of> for $digit<Left> {}
        $(
            impl<Left, Right, Of> Differs<$before<Right>, Of> for $digit<Left> {}
        )*
        $(
            impl<Left, Right, Of> Differs<$after<Right>, Of> for $digit<Left> {}
        )*

        digits!([$($before)* $digit] $($after)*);
    };
}

digits!([] D0 D1 D2 D3 D4 D5 D6 D7 D8 D9 Da Db Dc Dd De Df);
