//! Reading the schema of a database.

#[path = "../support/schemas.rs"]
mod schemas;

mod generator;
