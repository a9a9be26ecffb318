//! Common table expressions, with one body for both databases.

mod recursive;
mod schema;
mod trees;
mod types;
mod with;
mod writes;
