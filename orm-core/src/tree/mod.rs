//! Trees: tables that refer to themselves.

mod walk;

use std::fmt;
use std::ops::Deref;

use diesel::row::Row;
use diesel::sql_types::{BigInt, Nullable};

use self::walk::Walk;
use crate::backend::{AnyRow, ByText, Flow};
use crate::column::{Column, ColumnInfo, StructTable};
use crate::error::{Error, ErrorKind, Result};
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode, from_row};
use crate::table::{Reference, ReferenceLookup, Table, find_reference};

/// The rows of a table that refers to itself, as a tree: [`Trees::tree`].
///
/// A row without a parent is a root, and so are one that is its own parent, and one whose reference leads to no row. A
/// table has such rows if its foreign key isn't enforced: on SQLite if another program wrote them, on PostgreSQL if it is
/// `NOT VALID`.
#[must_use = "a tree is read by `all`"]
pub struct Tree<T: Table> {
    reference: Reference,
    rows: Rows<T>,
}

/// Which rows of a tree are read.
enum Rows<T: Table> {
    All,
    /// Those that a row is below.
    Above(T::Key),
    /// Those below a row.
    Below(T::Key),
}

impl<T: Table> fmt::Debug for Tree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("by", &self.reference.column).finish_non_exhaustive()
    }
}

/// A row of a tree. It dereferences to the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode<T> {
    /// The row.
    pub row: T,
    /// The number of steps from the row that [`ancestors`](Tree::ancestors) or [`descendants`](Tree::descendants) began
    /// with; in the whole tree, from the root.
    pub depth: u64,
}

impl<T> Deref for TreeNode<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.row
    }
}

/// Trees of tables that refer to themselves: `Category::tree()`.
pub trait Trees: Table {
    /// Returns the rows as a tree, by the table's only reference to itself. A table without one, or with several, doesn't
    /// compile.
    fn tree() -> Tree<Self> {
        let reference = const {
            match find_reference(Self::REFERENCES, Self::NAME, None) {
                ReferenceLookup::One(reference) => reference,
                ReferenceLookup::None => {
                    panic!(
                        "the table has no reference to itself: add `references(Self)` to a column"
                    )
                }
                ReferenceLookup::Several => {
                    panic!(
                        "the table has several references to itself: call `tree_by` with the column of one"
                    )
                }
            }
        };
        Tree { reference, rows: Rows::All }
    }

    /// Returns the rows as a tree, by the reference of `column` to the table itself:
    /// `Employee::tree_by(employees::manager_id)`. A column without one doesn't compile.
    fn tree_by<C>(_: Column<C>) -> Tree<Self>
    where
        C: ColumnInfo<Table: StructTable<Row = Self>>,
    {
        let reference = const { reference_of(Self::REFERENCES, Self::NAME, C::PLACE) };
        Tree { reference, rows: Rows::All }
    }
}

impl<T: Table> Trees for T {}

/// Returns the reference of the column at `place` to `table`. Runs at compile time.
const fn reference_of(references: &[Reference], table: &str, place: usize) -> Reference {
    let mut index = 0;
    while index < references.len() {
        let reference = references[index];
        if reference.columns[0] == place
            && matches!(find_reference(&[reference], table, None), ReferenceLookup::One(_))
        {
            return reference;
        }
        index += 1;
    }
    panic!("the column has no reference to its own table: add `references(Self)`")
}

impl<T: Table> Tree<T> {
    /// Keeps the rows above the row with this key: its parent, the parent of that, and so on, nearest first.
    pub fn ancestors(self, key: impl Into<T::Key>) -> Self {
        Self { rows: Rows::Above(key.into()), ..self }
    }

    /// Keeps the rows below the row with this key: its children, their children, and so on, nearest first, and in the
    /// order of their keys.
    pub fn descendants(self, key: impl Into<T::Key>) -> Self {
        Self { rows: Rows::Below(key.into()), ..self }
    }

    /// Returns the rows, by one statement. The whole tree begins with its roots.
    ///
    /// # Errors
    /// `CYCLE_ERROR` if a row is above itself: one of those that are asked for, or any in the whole tree. See also
    /// [`Executor`].
    pub fn all<'a, M: Mode>(self, on: &'a impl Executor<M>) -> M::Output<'a, Vec<TreeNode<T>>> {
        on.call(move |on| {
            let walk = Walk::<T>::new(&self.reference, &self.rows);
            on.read_on(|connection| {
                let mut nodes = Vec::new();
                connection.run(&ByText(&walk), &mut |row| {
                    nodes.push(read(row)?);
                    Ok(Flow::Continue)
                })?;
                Ok(nodes)
            })
        })
    }
}

/// Reads a row, its depth, and whether it was met before. A row without a depth is not below a root.
fn read<T: Table>(row: &AnyRow<'_>) -> Result<TreeNode<T>> {
    let number = |place: usize| -> Result<Option<i64>> {
        let value = row.get_value::<Nullable<BigInt>, _, _>(T::COLUMNS.len() + place);
        Ok(value.map_err(diesel::result::Error::DeserializationError)?)
    };
    match (number(0)?, number(1)?) {
        (Some(depth), Some(0)) => Ok(TreeNode { row: from_row(row)?, depth: depth.unsigned_abs() }),
        _ => Err(cycle::<T>()),
    }
}

#[cold]
fn cycle<T: Table>() -> Error {
    Error::new(
        ErrorKind::Cycle,
        format!(
            "the rows of {} are no tree: a row is above itself, by a circle of references",
            T::NAME
        ),
    )
    .with_hint("give one row of the circle another parent")
}
