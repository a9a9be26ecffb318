//! Listening to channels.
//!
//! A listener has an inbox. On PostgreSQL, code that waits fills it from a connection: on a thread, or in a task. On SQLite, the
//! connections of the `Db` fill it.

mod channels;
mod driver;
mod listener;

pub use self::channels::Channels;
#[cfg(feature = "tokio")]
pub(super) use self::driver::{Ear, open};
pub use self::listener::Listener;
