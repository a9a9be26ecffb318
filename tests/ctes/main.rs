//! Common table expressions, with one body for both databases.

mod recursive;
mod schema;
mod types;
mod with;
mod writes;
