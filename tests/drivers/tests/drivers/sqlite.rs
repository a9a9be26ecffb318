//! diesel's own connection.

pub type Backend = diesel::sqlite::Sqlite;
pub type Connection<'c, 't> = diesel::SqliteConnection;

macro_rules! load {
    ($connection:expr, $query:expr) => {
        diesel::RunQueryDsl::load($query, $connection).map_err(|error| crate::kind(&error))
    };
}

macro_rules! execute {
    ($connection:expr, $statement:expr) => {
        diesel::RunQueryDsl::execute($statement, $connection).map_err(|error| crate::kind(&error))
    };
}

#[path = "statements/mod.rs"]
pub mod statements;
