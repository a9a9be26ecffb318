//! `User::query()`: a typed SELECT on one table.

mod attach;
mod batched;
mod bounds;
mod build;
mod clauses;
mod conditions;
mod conflict;
mod join;
mod keyset;
mod level;
mod loaded;
mod page;
mod run;
mod select;
mod selection;
mod stream;
mod subselect;
mod using;
mod with;
mod write;

pub use self::attach::{Attach, AttachesTo, Chain, Loads, Relates, RowOf, Shape};
pub(crate) use self::attach::{list, load_related};
pub use self::bounds::{Condition, Order, Selects};
pub use self::build::Query;
pub(crate) use self::conditions::{Filters, Part};
pub(crate) use self::join::{JoinedTable, MOST_JOINED_ROWS};
pub use self::join::{Joins, Owner};
pub use self::keyset::{Cursor, Keyset, KeysetOrder, KeysetPage};
pub(crate) use self::level::Load;
pub use self::level::{Level, Rows};
pub(crate) use self::loaded::State;
pub use self::loaded::{Loaded, LoadedRows};
pub use self::page::Page;
pub use self::selection::Selection;
pub use self::using::{OfBoth, Using};
