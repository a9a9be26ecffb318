//! The contract between a table's struct and the run time, which `#[derive(Table)]` implements.

#[doc(hidden)]
pub mod arrays;
pub mod builder;
mod changeset;
mod facts;
mod given;
mod inserted;
pub(crate) mod key;
pub mod known;
pub mod number;
mod reference;
pub(crate) mod same;
pub mod support;
mod version;

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use crate::backend::{Any, AnyType};
use crate::schema::TableDef;

pub use self::changeset::Changeset;
pub(crate) use self::facts::{BindAt, Given, KeyValue, TableFacts};
pub use self::given::push_given;
pub use self::inserted::{InsertClause, Inserted};
pub use self::reference::{Reference, ReferenceLookup, column_names, find_reference, position_of};
pub(crate) use self::version::{next_version, of_version, push_next_version};

/// A set of columns of one table, by their positions in [`Table::COLUMNS`].
///
/// Holds up to 128 columns, the most that diesel supports in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ColumnSet(u128);

impl ColumnSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Returns the set of the first `count` columns.
    pub const fn first(count: usize) -> Self {
        if count >= 128 { Self(u128::MAX) } else { Self((1 << count) - 1) }
    }

    /// Returns the set of the columns at these positions.
    pub const fn of(columns: &[usize]) -> Self {
        let mut set = 0;
        let mut i = 0;
        while i < columns.len() {
            set |= 1 << columns[i];
            i += 1;
        }
        Self(set)
    }

    /// Returns this set with the column at `index`.
    #[must_use]
    pub const fn with(self, index: usize) -> Self {
        Self(self.0 | (1 << index))
    }

    /// Returns this set, with the column at `index` if `present`.
    #[must_use]
    pub const fn with_if(self, index: usize, present: bool) -> Self {
        Self(self.0 | ((present as u128) << index))
    }

    /// Returns whether the column at `index` is in the set.
    pub const fn contains(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }

    /// Returns the columns of this set that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the columns that are in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the number of columns of the set before `index`.
    pub const fn before(self, index: usize) -> usize {
        (self.0 & ((1 << index) - 1)).count_ones() as usize
    }

    /// Returns the number of columns in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the set as bits. The first column is the lowest bit.
    pub(crate) const fn bits(self) -> u128 {
        self.0
    }

    /// Returns the positions in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let index = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(index)
        })
    }
}

/// Values for some or all columns of a table: a whole row, a new row, or changes to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no values for a table",
    label = "not a new row, a row, or changes to one",
    note = "give a `NewUser`, made by `NewUser::builder()`, a `User` or a `UserChanges`, for a `User` with \
            `#[derive(Table)]`"
)]
pub trait Values {
    /// The struct of the table.
    type Row: Table;

    /// Returns the columns that have a value here. The others keep their values or get their defaults.
    fn columns(&self) -> ColumnSet;

    /// Binds the value of the column at `index` of [`Table::COLUMNS`].
    ///
    /// Called only for the columns of [`Values::columns`].
    fn bind_column<'b>(&'b self, index: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()>;
}

/// A column or a tuple of columns of one table.
pub trait Columns {
    /// The struct of the table.
    type Row: Table;
    /// The columns.
    const SET: ColumnSet;
}

macro_rules! tuples {
    ($(($first:ident $(, $column:ident)*);)*) => {
        $(impl<$first, $($column),*> Columns for ($first, $($column,)*)
        where
            $first: Columns,
            $($column: Columns<Row = $first::Row>,)*
        {
            type Row = $first::Row;
            const SET: ColumnSet = $first::SET$(.union($column::SET))*;
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

/// A struct that is a table or a view. Implemented by `#[derive(Table)]` and `#[derive(View)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "this struct has no `#[derive(Table)]`",
    note = "add `#[derive(Table)]` to `{Self}`, or name a struct that has it; if it has it, correct the errors of that derive first"
)]
pub trait Table: Sized + Values<Row = Self> + Send + Sync + 'static {
    /// diesel's table, such as `users::table`.
    type Dsl: diesel::Table + Default + Copy + 'static;
    /// The value of the primary key: the field's type, or a tuple for a composite key; [`NoKey`] for a view without one.
    type Key: Send + Sync + 'static;

    /// The table's name in the database.
    const NAME: &'static str;
    /// The columns' names in the database, in the order of the struct's fields.
    const COLUMNS: &'static [&'static str];
    /// The SQL that reads all columns, up to the table's name: `SELECT "users"."id", … FROM "users"`. Both databases
    /// use the same quotes.
    const SELECT: &'static str;
    /// The same SQL for a statement that joins the table. Its columns are then named `"__c0"`, `"__c1"` and so on, so
    /// that unqualified names in a condition never mean those of a joined table.
    const JOINED: &'static str;
    /// The positions of the primary key's columns, in the key's order.
    const KEY: &'static [usize];
    /// Whether it is a view. No database checks that the key of a view is different in each row.
    const IS_VIEW: bool = false;
    /// The columns that are never written: `generated` ones.
    const GENERATED: ColumnSet;
    /// The foreign keys, for relations that follow them.
    const REFERENCES: &'static [Reference];
    /// The column that counts versions (`#[column(version)]`), for optimistic locking.
    const VERSION: Option<usize>;

    /// Returns the table or view as plain data, for migrations and [`create_all`](crate::Executor::create_all).
    fn definition() -> TableDef;

    /// Returns the type of the column at `index` of [`Table::COLUMNS`].
    fn column_type(index: usize) -> AnyType;

    /// Binds part `index` of a key (0 for the first column of [`Table::KEY`]).
    fn bind_key<'b>(key: &'b Self::Key, index: usize, out: AstPass<'_, 'b, Any>)
    -> QueryResult<()>;

    /// Reads a row, with its columns in the order of [`Table::COLUMNS`], starting at column `offset`.
    fn from_row<'a>(
        row: &impl diesel::row::Row<'a, Any>,
        offset: usize,
    ) -> diesel::deserialize::Result<Self>;
}

/// A table whose rows can be written: every table, and no view.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table whose rows can be written",
    label = "this struct has no `#[derive(Table)]`",
    note = "a view is only read: write to the tables that its SQL reads",
    note = "for a table, add `#[derive(Table)]` to `{Self}`, or name a struct that has it"
)]
pub trait Writable: Table {
    /// The struct for inserting, such as `NewUser`.
    type New: Values<Row = Self> + Send + Sync;
    /// The struct for a partial update, such as `UserChanges`.
    type Changes: Values<Row = Self> + Default + Send + Sync;

    /// Returns new values for the columns with `on_update`. The other columns are left out.
    fn on_update() -> Self::Changes;
}

/// A table with a `#[column(version)]`. Implemented by `#[derive(Table)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no version to count up",
    label = "no column of this table is `#[column(version)]`",
    note = "add a column to it: `#[column(version)] pub version: i64`"
)]
pub trait Versioned: Writable {}

/// The key of a view that has none. There is no value of this type, so no call can look for a row by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoKey {}

/// A set of tables and views that belong together. Implemented by `schema!`.
pub trait Schema {
    /// Returns the tables and views, in the order in which they were named.
    fn tables() -> Vec<TableDef>;
}
