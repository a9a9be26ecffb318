//! diesel's own connection.

use test_support::random::Random;

use self::statements::Found;

pub type Backend = diesel::pg::Pg;
pub type Connection<'c, 't> = diesel::PgConnection;

pub use diesel::PgTextExpressionMethods as AnyCase;

/// A SELECT of what PostgreSQL alone has.
fn postgres_only(connection: &mut Connection<'_, '_>, random: &mut Random) -> Option<Found> {
    Some(postgres_only::read(connection, random))
}

#[path = "statements/postgres_only.rs"]
mod postgres_only;

#[path = "statements/mod.rs"]
pub mod statements;
