//! Relations, on each database.

use test_support::log;

mod schema;

mod batches;
mod clones;
mod conditions;
mod equal_keys;
mod graphs;
mod library;
mod load;
mod music;
mod picked;
mod property;
mod shapes;
mod statements;
mod values;
