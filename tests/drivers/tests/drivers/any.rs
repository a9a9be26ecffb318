//! mizzle.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel::query_builder::QueryFragment;
use mizzle::{ConstraintKind, Dialect, Error, Executor, Tx};
use test_support::random::Random;

use self::statements::Found;

pub type Backend = mizzle::backend::Any;
pub type Connection<'c, 't> = &'c Tx<'t>;

macro_rules! load {
    ($connection:expr, $query:expr) => {
        match $query {
            query => {
                crate::any::show(*$connection, &query);
                mizzle::Executor::load(*$connection, query)
                    .map_err(|error| crate::any::kind(&error))
            }
        }
    };
}

macro_rules! execute {
    ($connection:expr, $statement:expr) => {
        match $statement {
            statement => {
                crate::any::show(*$connection, &statement);
                mizzle::Executor::execute(*$connection, statement)
                    .map_err(|error| crate::any::kind(&error))
            }
        }
    };
}

/// Whether statements are shown before they run.
pub static IS_SHOWN: AtomicBool = AtomicBool::new(false);

fn show<Q: QueryFragment<Backend>>(tx: &Tx<'_>, query: &Q) {
    if IS_SHOWN.load(Ordering::Relaxed) {
        eprintln!("{:?}\n{}", tx.sql(query), diesel::debug_query::<Backend, _>(query));
    }
}

/// What went wrong, in words that all connections share.
fn kind(error: &Error) -> String {
    let kind = match error.constraint().map(|constraint| constraint.kind) {
        Some(ConstraintKind::Unique) => "unique",
        Some(ConstraintKind::ForeignKey) => "foreign key",
        Some(ConstraintKind::NotNull) => "not null",
        Some(ConstraintKind::Check) => "check",
        _ => {
            if IS_SHOWN.load(Ordering::Relaxed) {
                eprintln!("{error:?}");
            }
            "other"
        }
    };
    kind.into()
}

pub use mizzle::dsl::IlikeDsl as AnyCase;

/// A SELECT of what PostgreSQL alone has, if this is one.
fn postgres_only(connection: &mut Connection<'_, '_>, random: &mut Random) -> Option<Found> {
    let dialect = connection.with_connection(|connection| Ok(connection.dialect()));
    let is_one = dialect.expect("a connection") == Dialect::Postgres;
    is_one.then(|| postgres_only::read(connection, random))
}

#[path = "statements/postgres_only.rs"]
mod postgres_only;

#[path = "statements/mod.rs"]
pub mod statements;
