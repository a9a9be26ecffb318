//! Views, with one body for both databases.

mod create;
mod read;
mod relations;
mod schema;
