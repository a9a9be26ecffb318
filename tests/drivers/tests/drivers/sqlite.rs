//! diesel's own connection.

use test_support::random::Random;

use self::statements::Found;

pub type Backend = diesel::sqlite::Sqlite;
pub type Connection<'c, 't> = diesel::SqliteConnection;

/// A SELECT of what PostgreSQL alone has: none.
fn postgres_only(_: &mut Connection<'_, '_>, _: &mut Random) -> Option<Found> {
    None
}

#[path = "statements/mod.rs"]
pub mod statements;
