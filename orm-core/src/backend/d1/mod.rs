//! Cloudflare D1, over the HTTP interface of Cloudflare.
//!
//! A connection is an address, a token and an HTTP client: nothing is open between two requests, and the server keeps
//! nothing of a program. A request has one statement, or several that run all or none.

mod address;
mod answer;
mod batch;
mod connection;
mod database;
mod http;
mod plan;
mod problem;
mod refused;
mod schema;
mod statement;
mod translate;
mod value;

pub(in crate::backend) use self::database::D1;
