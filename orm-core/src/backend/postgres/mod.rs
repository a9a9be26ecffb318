//! PostgreSQL.

mod binds;
mod connect;
mod connection;
mod copy;
mod deadline;
mod error;
mod result;
mod statements;
mod words;

pub(crate) use self::binds::{PostgresBinds, encoded};
pub(crate) use self::connect::knows_setting;
pub(crate) use self::connection::Postgres;
pub(crate) use self::result::PostgresRow;
