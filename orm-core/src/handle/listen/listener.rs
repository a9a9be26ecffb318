//! Listeners of programs that wait.

use std::fmt;
use std::iter::FusedIterator;
use std::thread;
use std::time::Duration;

use super::channels::Channels;
use super::driver::{Ear, open};
use crate::backend::Event;
use crate::backend::notify::Inbox;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::db::Db;

/// The events of channels, in their order: what [`Db::listen`] returns. An iterator that waits for the next event.
///
/// Dropping it ends the connection that it has.
#[must_use = "events wait in memory until they are read"]
pub struct Listener(Ear);

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("channels", &self.0.channels()).finish_non_exhaustive()
    }
}

impl Db {
    /// Listens to channels: returns what is notified from now on ([`Executor::notify`](crate::Executor::notify), or `NOTIFY` of
    /// any program), after its commit.
    ///
    /// ```
    /// # use orm_core::{Db, Event, Executor};
    /// # use std::time::Duration;
    /// # fn f(db: &Db) -> orm_core::Result<()> {
    /// let mut listener = db.listen("orders")?;
    /// db.transaction(|tx| tx.notify("orders", "17"))?;
    /// match listener.next_within(Duration::from_secs(10)) {
    ///     Some(Event::Notification { payload, .. }) => println!("order {payload} has changed"),
    ///     Some(Event::Gap) => println!("any order may have changed"),
    ///     Some(_) | None => println!("nothing has happened"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # PostgreSQL
    /// A listener has a connection to the primary for itself, beside those of the pool: a program with many readers listens
    /// once, and passes the events on. If the connection is lost, or the server is silent for about 10 seconds, the listener
    /// connects again, with growing pauses of up to 10 seconds, for as long as it takes. What was notified in between is lost:
    /// the next event is [`Event::Gap`].
    ///
    /// # SQLite
    /// The events are those of this `Db` and its clones in this process, blocking or async. Other programs, and other handles on
    /// the same file, notify nobody here.
    ///
    /// # Slow readers
    /// Up to 65,536 events, or about 16 MiB of text, wait in memory. Later ones are dropped, and an [`Event::Gap`] is in their
    /// place.
    ///
    /// # Errors
    /// If no connection can be opened: see [`Db::connect`]. `CONFIG_ERROR` if there is a pooler such as PgBouncer in between, or
    /// no channel at all; `VALUE_ERROR` if the name of a channel is empty, longer than 63 bytes or contains a NUL character. A
    /// server in recovery can't listen.
    pub fn listen(&self, channels: impl Channels) -> Result<Listener> {
        let (ear, driver) = open(self, channels.into_names())?;
        let listener = Listener(ear);
        if let Some(driver) = driver {
            let thread = thread::Builder::new().name("mizzle-listen".into());
            thread.spawn(move || driver.run()).map_err(|error| {
                Error::new(ErrorKind::Unknown, "no thread to listen on").with_source(error)
            })?;
        }
        Ok(listener)
    }
}

impl Listener {
    /// Waits for the next event, for at most `limit`. `None` if there is none until then, or if there can't be another one:
    /// see [`is_closed`](Listener::is_closed).
    pub fn next_within(&mut self, limit: Duration) -> Option<Event> {
        self.0.inbox()?.take(Some(limit))
    }

    /// Returns whether all events are read and there can't be another one: the database handle was closed
    /// ([`ConnectionManager::disconnect`](crate::ConnectionManager::disconnect)), or this is a forked process.
    pub fn is_closed(&self) -> bool {
        self.0.inbox().is_none_or(Inbox::is_done)
    }
}

impl Iterator for Listener {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.0.inbox()?.take(None)
    }
}

impl FusedIterator for Listener {}
