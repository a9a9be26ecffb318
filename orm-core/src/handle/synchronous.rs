//! The replacement for [`Db::interact`](crate::Db::interact) without the Cargo feature `tokio`: an error that says what is
//! missing.

use super::db::Db;
use crate::error::{Error, ErrorKind, Result};

/// Has no implementations. With the feature, the call doesn't require it.
#[diagnostic::on_unimplemented(
    message = "`Db::interact` and `Db::try_interact` need mizzle's Cargo feature `tokio`",
    label = "this call needs the feature `tokio`",
    note = "run `cargo add mizzle --features tokio`, or add `features = [\"tokio\"]` to mizzle in Cargo.toml"
)]
pub trait FeatureTokio {}

fn not_enabled() -> Error {
    Error::new(ErrorKind::Config, "mizzle's Cargo feature `tokio` is not enabled")
}

impl Db {
    /// Runs `f` on one of tokio's threads for blocking work. Needs the Cargo feature `tokio`.
    ///
    /// # Errors
    /// The call doesn't compile without the feature.
    #[expect(clippy::unused_async, reason = "it is called as with the feature")]
    pub async fn interact<T, F>(&self, _: F) -> Result<T>
    where
        F: FnOnce(&Db) -> Result<T> + FeatureTokio,
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
        F: FnOnce(&Db) -> Result<T, E> + FeatureTokio,
    {
        Err(not_enabled().into())
    }
}
