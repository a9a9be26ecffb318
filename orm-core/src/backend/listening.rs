//! Notifications of a connection.

use std::time::{Duration, Instant};

use super::notify::{Alarm, Note, check_note};
use super::which::{Inner, each};
use super::{AnyConnection, Backend};
use crate::error::Result;

impl AnyConnection {
    /// Notifies a channel: at once, or when the open transaction is committed.
    pub(crate) fn notify(&mut self, channel: &str, payload: &str) -> Result<()> {
        check_note(channel, payload)?;
        self.end_abandoned();
        if self.begins_alone() {
            return self.atomically(|connection| connection.notify(channel, payload));
        }
        let start = Instant::now();
        let notified = each!(&mut self.inner, connection => connection.notify(channel, payload));
        let notified = notified.map_err(|error| self.describe(error, None));
        let micros = start.elapsed().as_micros() as u64;
        tracing::debug!(target: "mizzle::listen", channel, bytes = payload.len(), micros, ok = notified.is_ok(), "notified");
        notified
    }

    /// Makes the session get the notifications of these channels.
    pub(crate) fn listen(&mut self, channels: &[String]) -> Result<()> {
        each!(&mut self.inner, connection => connection.listen(channels))
    }

    /// Waits for notifications, for at most `limit`. Returns whether there were any.
    pub(crate) fn hear(&mut self, limit: Duration, hear: &mut dyn FnMut(Note)) -> Result<bool> {
        each!(&mut self.inner, connection => connection.hear(limit, hear))
    }

    /// Returns what ends the waiting of [`hear`](AnyConnection::hear), and the connection with it.
    pub(crate) fn alarm(&self) -> Result<Option<Alarm>> {
        each!(&self.inner, connection => connection.alarm())
    }
}
