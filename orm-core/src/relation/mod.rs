//! Relations: related rows loaded with a fixed number of statements, typed as fields of the row.
//!
//! A relation loads the related rows of any number of rows with one statement: their keys go as one list. Where few
//! rows are asked for, or the related rows of few, a relation to one row comes with them, by a join. A wrapper such as
//! `WithPosts<User>` holds a row and what belongs to it, and dereferences to the row, so that relations stack and
//! nest.

mod count;
mod definition;
mod exists;
mod load;
mod related;
mod write;

pub use self::definition::{Cardinality, Link, Many, Optional, Relation, Required, ToMany};
pub use self::exists::RelatedExists;
pub use self::related::Related;
pub use self::write::{Linked, Owned};
pub use crate::query::{Attach, Joined, JoinedRows, Joins, Owner, RowOf, Shape, Then};
pub use crate::table::{Found, Reference, column_names, find_reference};
