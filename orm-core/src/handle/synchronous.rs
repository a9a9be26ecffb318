//! The replacement for async calls without the Cargo feature `tokio`: errors that say what is missing.

use std::convert::Infallible;

use super::builder::DbBuilder;
use super::db::Db;
use crate::error::{Error, ErrorKind, Result};

/// Has no implementations. With the feature, the call doesn't require it. Because of the lifetime, the compiler also checks a
/// bound of a known type where the call is, not here.
#[diagnostic::on_unimplemented(
    message = "`AsyncDb`, `connect_async`, `Db::interact` and `Db::try_interact` need mizzle's Cargo feature `tokio`",
    label = "this call needs the feature `tokio`",
    note = "run `cargo add mizzle --features tokio`, or add `features = [\"tokio\"]` to mizzle in Cargo.toml"
)]
pub trait FeatureTokio<'a> {}

fn not_enabled() -> Error {
    Error::new(ErrorKind::Config, "mizzle's Cargo feature `tokio` is not enabled")
}

/// The database handle of async programs. Needs the Cargo feature `tokio`; without it, there is none.
#[derive(Debug)]
pub struct AsyncDb {
    _none: Infallible,
}

impl AsyncDb {
    /// Connects to a database.
    ///
    /// # Errors
    /// The call doesn't compile without the feature.
    #[expect(clippy::unused_async, reason = "it is called as with the feature")]
    pub async fn connect<U: for<'a> FeatureTokio<'a>>(_: U) -> Result<Self> {
        Err(not_enabled())
    }

    /// Makes the handle of a `Db`. The call doesn't compile without the feature.
    pub fn from<D: for<'a> FeatureTokio<'a>>(_: D) -> Self {
        unreachable!("nothing implements `FeatureTokio`")
    }
}

impl DbBuilder {
    /// Connects, for an async program. Needs the Cargo feature `tokio`.
    ///
    /// # Errors
    /// The call doesn't compile without the feature.
    #[expect(clippy::unused_async, reason = "it is called as with the feature")]
    pub async fn connect_async(self) -> Result<AsyncDb>
    where
        for<'a> Self: FeatureTokio<'a>,
    {
        Err(not_enabled())
    }
}

impl Db {
    /// Runs `f` on one of tokio's threads for blocking work. Needs the Cargo feature `tokio`.
    ///
    /// # Errors
    /// The call doesn't compile without the feature.
    #[expect(clippy::unused_async, reason = "it is called as with the feature")]
    pub async fn interact<T, F>(&self, _: F) -> Result<T>
    where
        F: FnOnce(&Db) -> Result<T> + for<'a> FeatureTokio<'a>,
    {
        Err(not_enabled())
    }

    /// Runs `f` like [`interact`](Db::interact), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// The call doesn't compile without the feature.
    #[expect(clippy::unused_async, reason = "it is called as with the feature")]
    pub async fn try_interact<T, E, F>(&self, _: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnOnce(&Db) -> Result<T, E> + for<'a> FeatureTokio<'a>,
    {
        Err(not_enabled().into())
    }
}
