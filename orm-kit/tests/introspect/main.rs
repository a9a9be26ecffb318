//! Reading the schema of a database.

#[path = "../support/draw.rs"]
mod draw;
#[path = "../support/foreign.rs"]
mod foreign;
#[path = "../support/schemas.rs"]
mod schemas;

mod generator;
#[cfg(feature = "postgres")]
mod postgres;
mod round_trip;
#[cfg(feature = "sqlite")]
mod sqlite;
