//! PostgreSQL.

mod arguments;
mod batch;
mod compared;
mod connect;
mod connection;
mod copy;
mod copy_in;
mod deadline;
#[cfg(feature = "registry")]
mod described;
mod error;
mod extension;
mod joined;
mod lengths;
mod listen;
mod lookup;
mod message;
mod only_reads;
mod pipeline;
mod places;
#[cfg(feature = "tokio")]
mod posted;
mod prepare;
mod queue;
#[cfg(unix)]
mod recover;
mod result;
mod rows;
mod session;
mod settings;
mod standing;
mod statements;
mod text;
mod too_long;
#[cfg(feature = "studio")]
mod untyped;
mod violation;
mod watcher;
mod words;

pub(crate) use self::rows::PostgresRows;
pub(crate) use self::session::Postgres;
