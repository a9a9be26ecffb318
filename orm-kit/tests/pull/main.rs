//! Structs from databases: they compile, and say what was read.

#[path = "../support/foreign.rs"]
mod foreign;
#[path = "../support/schemas.rs"]
mod schemas;

mod compiled;
mod drops;
mod fixed_point;
#[cfg(feature = "postgres")]
mod foreign_postgres;
#[cfg(feature = "postgres")]
mod foreign_statements;
mod moments;
mod names_change;
mod others;
#[cfg(feature = "postgres")]
mod own_types;
#[cfg(feature = "sqlite")]
mod random;
mod text;
mod views;
mod whole;
