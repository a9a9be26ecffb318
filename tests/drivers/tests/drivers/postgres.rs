//! diesel's own connection.

pub type Backend = diesel::pg::Pg;
pub type Connection<'c, 't> = diesel::PgConnection;

#[path = "statements/mod.rs"]
pub mod statements;
