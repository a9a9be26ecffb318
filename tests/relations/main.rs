//! Relations, on each database.

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod schema;

mod load;
