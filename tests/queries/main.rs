//! Every form of query, with one body for both databases: through `X::query()`, through the calls of
//! `Executor`, and through diesel.

mod aggregates;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod alike;
mod any_tables;
mod arithmetic;
mod batches;
mod boxed;
mod clauses;
#[cfg(feature = "sqlite")]
mod collations;
mod conditions;
mod conflict_targets;
mod connections;
mod copies;
mod diesel_errors;
mod expressions;
mod functions;
mod insert;
mod instrumentation;
mod joins;
mod keys;
mod keys_of_groups;
mod like;
mod lists;
mod locks;
mod many;
#[cfg(feature = "time-zones")]
mod moments;
mod names;
mod preludes;
#[cfg(feature = "sqlite")]
mod quotes;
mod ranges;
mod reuse;
mod schema;
mod select;
mod sets;
mod sizes;
mod stale;
mod subqueries;
mod swapped;
mod texts;
mod triggers;
mod typed_query;
mod update_delete;
mod upsert;
mod using;
mod utf16;
mod versions;
mod windows;
