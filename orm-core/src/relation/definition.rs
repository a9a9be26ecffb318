//! The definition of a relation: its two tables, and how many related rows a row has.

use crate::table::Table;

/// The table between two others, in a many-to-many relation.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The table's name.
    pub table: &'static str,
    /// Its columns that refer to the rows that the relation starts from.
    pub from: &'static [&'static str],
    /// Its columns that refer to the related rows.
    pub to: &'static [&'static str],
}

/// A relation from one table to another. `#[derive(Table)]` writes one for each reference, `has_many`, `has_one` and
/// `many_to_many`.
pub trait Relation: Sized + 'static {
    /// The struct that the relation starts from.
    type From: Table;
    /// The struct of the related rows.
    type To: Table;
    /// How many related rows a row has.
    type Cardinality: Cardinality;
    /// A row, or some of its columns, with its related rows.
    type With<R: Send, C: Send>: Send;

    /// The relation's name, for messages: `User::posts()`.
    const NAME: &'static str;
    /// The positions of the columns of `From` that the relation compares.
    const FROM: &'static [usize];
    /// The positions of the columns of `To` that the relation compares.
    const TO: &'static [usize];
    /// The table between the two, if there is one. Its columns are compared with `FROM` and `TO`.
    const LINK: Option<Link>;

    /// Combines a row with its related rows.
    fn with<R: Send, C: Send>(
        row: R,
        related: <Self::Cardinality as Cardinality>::Of<C>,
    ) -> Self::With<R, C>;
}

/// How many related rows a row has: any number, at most one, or one.
pub trait Cardinality {
    /// The type that contains the related rows.
    type Of<C: Send>: Send;

    /// The type that collects the related rows while they are read.
    #[doc(hidden)]
    type Held<C: Send>;

    /// Whether a row without related rows is left out.
    #[doc(hidden)]
    const IS_REQUIRED: bool = false;

    /// Returns an empty collection, with room for `rows`.
    #[doc(hidden)]
    fn nothing<C: Send>(rows: usize) -> Self::Held<C>;

    /// Adds a row. If only one row is held, a second one is left out.
    #[doc(hidden)]
    fn put<C: Send>(held: &mut Self::Held<C>, row: C);

    /// Returns whether no row was added.
    #[doc(hidden)]
    fn is_nothing<C: Send>(held: &Self::Held<C>) -> bool;

    /// Returns the rows that were added; `None` if there are too few.
    #[doc(hidden)]
    fn hold<C: Send>(held: Self::Held<C>) -> Option<Self::Of<C>>;
}

/// Any number of related rows, in a `Vec`.
#[derive(Debug, Clone, Copy)]
pub struct Many;

/// One related row or none, in an `Option`.
#[derive(Debug, Clone, Copy)]
pub struct Optional;

/// One related row.
#[derive(Debug, Clone, Copy)]
pub struct Required;

impl Cardinality for Many {
    type Of<C: Send> = Vec<C>;
    type Held<C: Send> = Vec<C>;

    fn nothing<C: Send>(rows: usize) -> Vec<C> {
        Vec::with_capacity(rows)
    }

    fn put<C: Send>(held: &mut Vec<C>, row: C) {
        held.push(row);
    }

    fn is_nothing<C: Send>(held: &Vec<C>) -> bool {
        held.is_empty()
    }

    fn hold<C: Send>(held: Vec<C>) -> Option<Vec<C>> {
        Some(held)
    }
}

/// Implements the collection for both cardinalities with at most one row.
macro_rules! holds_one {
    ($C:ident) => {
        type Held<$C: Send> = Option<$C>;

        fn nothing<$C: Send>(_: usize) -> Option<$C> {
            None
        }

        fn put<$C: Send>(held: &mut Option<$C>, row: $C) {
            held.get_or_insert(row);
        }

        fn is_nothing<$C: Send>(held: &Option<$C>) -> bool {
            held.is_none()
        }
    };
}

impl Cardinality for Optional {
    type Of<C: Send> = Option<C>;

    holds_one!(C);

    fn hold<C: Send>(held: Option<C>) -> Option<Option<C>> {
        Some(held)
    }
}

impl Cardinality for Required {
    type Of<C: Send> = C;

    const IS_REQUIRED: bool = true;

    holds_one!(C);

    fn hold<C: Send>(held: Option<C>) -> Option<C> {
        held
    }
}

/// How many related rows a row can be without: any number, or at most one.
pub trait Gather: Cardinality {
    #[doc(hidden)]
    fn gather<C: Send>(rows: impl Iterator<Item = C>) -> Self::Of<C>;

    #[doc(hidden)]
    fn scatter<C: Send>(related: Self::Of<C>) -> impl Iterator<Item = C>;
}

impl Gather for Many {
    fn gather<C: Send>(rows: impl Iterator<Item = C>) -> Vec<C> {
        rows.collect()
    }

    fn scatter<C: Send>(related: Vec<C>) -> impl Iterator<Item = C> {
        related.into_iter()
    }
}

impl Gather for Optional {
    fn gather<C: Send>(mut rows: impl Iterator<Item = C>) -> Option<C> {
        rows.next()
    }

    fn scatter<C: Send>(related: Option<C>) -> impl Iterator<Item = C> {
        related.into_iter()
    }
}

/// A relation whose rows can be inserted after the row that they belong to: `has_many`, `has_one` and `many_to_many`.
#[diagnostic::on_unimplemented(
    message = "rows of this relation can't be inserted after the row: `{Self}`",
    label = "not a `has_many`, `has_one` or `many_to_many`",
    note = "the row refers to that of a reference, so insert that one first, with this one as its related row"
)]
pub trait TakesNew: Relation<Cardinality: Gather> {}
