//! mizzle compared with the raw drivers and its peers: `cargo xtask bench` runs it.
//!
//! Each workload is a file with the code of every peer, so a reader can judge whether the comparison is fair. The peers
//! on sqlx are compiled from the same files into a separate program: see `sqlx/Cargo.toml`.
#![allow(missing_docs)]

pub mod data;
pub mod northwind;
pub mod peer;
pub mod tasks;
pub mod trips;
pub mod workload;

/// Says that a peer has no code for something, and why.
#[derive(Debug)]
pub struct Unsupported(pub &'static str);

impl std::fmt::Display for Unsupported {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for Unsupported {}

/// The answer of a workload that a peer has no code for.
pub fn unsupported<T>(why: &'static str) -> anyhow::Result<T> {
    Err(Unsupported(why).into())
}
