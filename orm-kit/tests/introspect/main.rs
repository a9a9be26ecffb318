//! Reading the schema of a database.

#[path = "../support/database.rs"]
mod database;
#[path = "../support/schemas.rs"]
mod schemas;

mod generator;
mod round_trip;
