//! The columns that a row needs in a result, known without a row.

use std::fmt;

use crate::backend::AnyType;
use crate::schema::TableDef;
use crate::table::Table;

/// The columns that a type of rows needs.
#[derive(Debug, Clone, Copy)]
pub enum RowColumns {
    /// Found by their names.
    Named {
        /// The struct.
        of: &'static str,
        /// Each name, and what the field takes.
        columns: &'static [(&'static str, Wanted)],
    },
    /// Found by their places.
    Placed(&'static [Wanted]),
    /// Those of a table, found by their names.
    Table {
        /// The struct.
        of: &'static str,
        /// The table.
        definition: fn() -> TableDef,
        /// The type of the column at a place.
        column_type: fn(usize) -> AnyType,
    },
}

/// What a field takes.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// The type.
    pub ty: fn() -> AnyType,
    /// Whether it may be NULL.
    pub nullable: bool,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ty, nullable } = self;
        f.debug_struct("Wanted").field("ty", &ty()).field("nullable", nullable).finish()
    }
}

impl RowColumns {
    /// Returns the columns of a table.
    pub const fn of_table<T: Table>(of: &'static str) -> Self {
        Self::Table { of, definition: T::definition, column_type: T::column_type }
    }
}
