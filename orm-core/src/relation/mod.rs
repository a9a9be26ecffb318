//! Relations: related rows, loaded with a fixed number of statements and typed as fields of the row.
//!
//! A relation loads the related rows of any number of rows with one statement, which contains their keys as one list. The
//! statements of all relations of a level go to a PostgreSQL server together.
//! If few rows are asked for, or the related rows of few, a relation to one row is joined instead. A wrapper such as
//! `WithPosts<User>` contains a row and its related rows, and dereferences to the row, so relations can be stacked and
//! nested.

mod aggregate;
mod below;
mod count;
mod definition;
mod graph;
mod load;
mod numbers;
mod path;
mod related;
mod sides;
mod value;
mod write;

pub use self::aggregate::RelatedPath;
pub use self::below::{Below, Links, NewLevel};
pub use self::definition::{
    Cardinality, Gather, Link, Many, Optional, Relation, Required, TakesNew,
};
pub use self::graph::{Children, Graph, InsertGraph, WithLinked, WithNew};
pub use self::numbers::{Aggregated, Numbers, SumKind};
pub use self::related::Related;
pub use self::value::RelatedValue;
pub use self::write::{Linked, Owned};
pub use crate::query::{
    Attach, AttachesTo, Chain, Joins, Kept, Layout, Listed, Loaded, LoadedRows, Loads, Owner,
    Relates, RowOf, Shape,
};
pub use crate::run::level::{Level, Rows};
pub use crate::table::{Reference, ReferenceLookup, column_names, find_reference, position_of};
