//! Common table expressions, with one body for both databases.

mod queries;
mod random;
mod recursive;
mod schema;
mod subqueries;
mod trees;
mod types;
mod with;
mod writes;
