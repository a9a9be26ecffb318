//! Another table that a derive names: the compiler reports once if it isn't a table.

use std::marker::PhantomData;

use super::{Reference, Table};

/// A [`Table`], as the derive requires it of another struct: once, so that the compiler reports one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "this struct has no `#[derive(Table)]`",
    note = "add `#[derive(Table)]` to `{Self}`, or name a struct that has it; if it has it, correct the errors of that derive first"
)]
pub trait IsTable {
    /// diesel's table.
    type Dsl;
    /// The value of the primary key.
    type Key;

    /// Always `true`.
    const IS: bool;
    /// The table's name.
    const NAME: &'static str;
    /// The columns' names.
    const COLUMNS: &'static [&'static str];
    /// The positions of the primary key's columns.
    const KEY: &'static [usize];
    /// The foreign keys.
    const REFERENCES: &'static [Reference];
}

#[diagnostic::do_not_recommend]
impl<T: Table> IsTable for T {
    type Dsl = T::Dsl;
    type Key = T::Key;

    const IS: bool = true;
    const NAME: &'static str = T::NAME;
    const COLUMNS: &'static [&'static str] = T::COLUMNS;
    const KEY: &'static [usize] = T::KEY;
    const REFERENCES: &'static [Reference] = T::REFERENCES;
}

/// The struct `T` of a table, with [`IsTable::IS`]. If `T` is not a table, that constant is an error. The compiler has
/// reported it, and reports nothing about other code that names this type.
#[derive(Debug)]
pub struct KnownTable<T, const IS: bool>(PhantomData<T>);

/// The struct of a [`KnownTable`].
pub trait OfTable {
    /// The struct.
    type Struct: Table;
}

impl<T: Table> OfTable for KnownTable<T, true> {
    type Struct = T;
}
