//! diesel's own connection.

pub type Backend = diesel::sqlite::Sqlite;
pub type Connection<'c, 't> = diesel::SqliteConnection;

#[path = "statements/mod.rs"]
pub mod statements;
