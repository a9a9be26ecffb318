//! Notifications: `notify` and `listen`, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod calls;
#[cfg(unix)]
mod forks;
#[cfg(feature = "tokio")]
mod futures;
mod random;
#[cfg(all(unix, feature = "postgres"))]
mod servers;

use std::time::Duration;

use mizzle::{Event, Listener};

/// How long an event may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Returns the channel and the payload of the next event.
#[track_caller]
fn next(listener: &mut Listener) -> (String, String) {
    match listener.next_within(LIMIT) {
        Some(Event::Notification { channel, payload, .. }) => (channel, payload),
        other => panic!("{other:?} instead of a notification"),
    }
}

/// Returns the payloads until `end`.
#[track_caller]
fn until(listener: &mut Listener, end: &str) -> Vec<String> {
    let mut payloads = Vec::new();
    loop {
        let (_, payload) = next(listener);
        if payload == end {
            return payloads;
        }
        payloads.push(payload);
    }
}
