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
mod token;
mod translate;
mod value;

pub(in crate::backend) use self::database::D1;
pub(crate) use self::token::Token;

/// What a program sets for D1.
#[derive(Debug, Clone, Default)]
pub(crate) struct D1Options {
    /// The URL of the API, if it isn't that of the environment or Cloudflare's.
    pub(crate) api: Option<String>,
    /// The token, if it isn't that of the environment.
    pub(crate) token: Option<Token>,
}
