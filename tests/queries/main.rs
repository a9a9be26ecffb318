//! Every form of query, with one body for both databases: through `X::query()`, through the calls of
//! `Executor`, and through diesel.

#[path = "../support/mod.rs"]
mod support;

mod aggregates;
mod batches;
mod connections;
mod expressions;
mod insert;
mod joins;
mod keys;
mod lists;
mod locks;
mod names;
mod schema;
mod select;
mod sets;
mod subqueries;
mod texts;
mod typed_query;
mod update_delete;
mod upsert;
mod versions;
mod windows;
