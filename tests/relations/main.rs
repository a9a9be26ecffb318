//! Relations, on each database.

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

#[path = "../support/log.rs"]
mod log;

mod schema;

mod clones;
mod conditions;
mod equal_keys;
mod load;
mod music;
mod property;
mod shapes;
mod statements;
mod values;
