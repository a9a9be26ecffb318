//! Schema evolution for mizzle: what leads from one schema to another, the SQL that does it on each database, what a
//! database holds, and the command line around them.
//!
//! [`diff`], [`rows`] and [`render`] are data to data: they hold no connection. [`introspect`] reads a database.

#![warn(unreachable_pub)]

mod affinity;
mod cli;
pub mod diff;
pub mod dump;
pub mod folder;
pub mod introspect;
pub mod lint;
pub mod managed;
pub mod pull;
pub mod render;
pub mod rows;
mod values;

pub use cli::{Kit, main};
