//! diesel's own connection.

pub type Backend = diesel::pg::Pg;
pub type Connection<'c, 't> = diesel::PgConnection;

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
