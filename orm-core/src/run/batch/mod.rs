//! Batches: several statements, all or none, in one round trip to a PostgreSQL server.
//!
//! [`Executor::batch`](crate::Executor::batch) runs a tuple of [`Item`]s, or a `Vec` of items of one type, and returns
//! their results. The functions of this module make items; they have the names of the calls of
//! [`Executor`](crate::Executor) that run the same statement alone. `batched()` makes items of a
//! [`Query`](crate::Query::batched) and of `sql!`.
//!
//! ```
//! # use orm_core::{Db, Executor, Query, Values, Writable, batch};
//! # fn f<N: Values<Row: Writable> + Send>(db: &Db, first: N, second: N) -> orm_core::Result<()> {
//! let (first, second, all) = db.batch((
//!     batch::insert(first),
//!     batch::insert(second),
//!     Query::<N::Row>::new().batched().all(),
//! ))?;
//! # let _ = (first, second, all);
//! # Ok(())
//! # }
//! ```
//!
//! # How it runs
//! On a PostgreSQL server a batch takes one round trip, also at first: its statements are prepared, begun, run and
//! committed together. On SQLite it is a transaction. Inside a transaction it runs in a savepoint: if it fails, the
//! transaction can go on. Statements see the changes of those before them. No statement can use the result of another; for
//! this there is [`transaction`](crate::Executor::transaction).
//!
//! If an item is to find a row ([`get`], [`one`], [`update`], [`update_by_key`], [`delete`] and the like) and doesn't,
//! nothing of the batch is done. PostgreSQL then waits for the program to commit: a second round trip.
//!
//! A batch that only reads is run again if its connection is lost, as reads are. One that writes never is.
//!
//! # Relations
//! A query with relations takes further statements for the related rows that are not
//! [joined](crate::Query::with): one for each relation and level. They run in the batch's transaction: all statements of a
//! level in one round trip, also those of several queries, and COMMIT with the last level unless an item is to find a row. So a
//! batch of writes and of queries with relations of one level takes two round trips. Items that may write wait until the queries before them
//! have their related rows, and go with the last of these: what a query returns is what the items before it have left.
//!
//! ```ignore
//! let (author, posts) = db.batch((
//!     batch::insert(NewAuthor::builder().name("Ada").build()),
//!     Post::query().with(Post::comments()).batched().all(),
//! ))?;
//! ```
//!
//! # Limits
//! Apart from related rows, an item is one statement. What would be split alone is refused, and nothing of the batch is done: more rows than a
//! statement has parameters for (65,535 on PostgreSQL, 32,766 on SQLite), and rows that leave out different columns. So is SQL
//! by hand that begins or ends a transaction, such as COMMIT. A
//! tuple has up to 16 items, and a `Vec` any number. The statements and results of PostgreSQL are in memory together.
//!
//! # Errors
//! [`Error::batch_place`](crate::Error::batch_place) says which statement failed, and so does the message. Nothing of the
//! batch is done then, with two exceptions. After a lost connection, the server may have committed. And if PostgreSQL has
//! run all statements but a returned row can't be read (`VALUE_ERROR`), or a trigger skipped an inserted row, the batch is
//! committed, and [`Error::troubleshooting`](crate::Error::troubleshooting) says so.

mod item;
mod levels;
mod many;
mod reads;
mod writes;

pub use self::item::{Batched, Item};
pub(crate) use self::item::{BelowRows, Read, ReadRow, Rows};
pub(super) use self::many::run;
pub use self::many::{Batch, Steps};
pub use self::reads::{count, find, first, get, load, one};
pub use self::writes::{
    delete, delete_by_key, execute, insert, insert_all, insert_all_or_ignore, insert_all_returning,
    update, update_by_key, update_returning, upsert, upsert_all, upsert_all_on, upsert_on,
};
