//! Schema evolution for mizzle: compares schemas, writes the SQL for each database, reads the schema of a database,
//! and provides the command line.
//!
//! [`diff`], [`rows`] and [`render`] turn data into data, without a connection. [`introspect`] reads a database.

#![warn(unreachable_pub)]

mod affinity;
mod cli;
pub mod diagram;
pub mod diff;
pub mod dump;
pub mod folder;
pub mod introspect;
pub mod lint;
pub mod managed;
pub mod pull;
pub mod render;
pub mod rows;
mod sql;
#[cfg(feature = "studio")]
pub mod studio;
mod values;

pub use cli::{Kit, main};
pub use sql::{Severity, SqlFinding, SqlReport, check_sql};
