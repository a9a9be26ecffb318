//! PostgreSQL.

mod binds;
mod compared;
mod connect;
mod connection;
mod copy;
mod deadline;
mod error;
mod lookup;
mod places;
mod prepare;
mod result;
mod session;
mod settings;
mod statements;
mod words;

pub(crate) use self::binds::{PostgresBinds, encoded};
pub(crate) use self::result::PostgresRow;
pub(crate) use self::session::Postgres;
pub(crate) use self::settings::knows_setting;
