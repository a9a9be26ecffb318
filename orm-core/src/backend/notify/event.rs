//! Events, and what a notification may contain.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// What a program that listens gets: see [`Db::listen`](crate::Db::listen).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Somebody has notified a channel, and committed that.
    #[non_exhaustive]
    Notification {
        /// The channel.
        channel: String,
        /// The text that was sent along, up to 7,999 bytes. May be empty.
        payload: String,
    },
    /// Notifications may be missing between the event before and the next one: the connection was lost and is there again, or
    /// the program has read too slowly. Read from the tables whatever may have changed.
    Gap,
}

/// Without the payload, which is a bound value.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notification { channel, payload } => f
                .debug_struct("Notification")
                .field("channel", channel)
                .field("payload", &format_args!("({} bytes)", payload.len()))
                .finish(),
            Self::Gap => f.write_str("Gap"),
        }
    }
}

/// A notification.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Note {
    pub(crate) channel: String,
    pub(crate) payload: String,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl From<Note> for Event {
    fn from(Note { channel, payload }: Note) -> Self {
        Self::Notification { channel, payload }
    }
}

/// The longest name of a channel, in bytes.
const LONGEST_CHANNEL: usize = 63;

/// The longest payload, in bytes.
const LONGEST_PAYLOAD: usize = 7_999;

/// Checks the name of a channel by PostgreSQL's rules, on both databases.
pub(crate) fn check_channel(channel: &str) -> Result<()> {
    let wrong = if channel.is_empty() {
        "is empty".into()
    } else if channel.contains('\0') {
        "contains a NUL character".into()
    } else if channel.len() > LONGEST_CHANNEL {
        format!("has {} bytes, but at most {LONGEST_CHANNEL} are possible", channel.len())
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Value, format!("the name of a channel {wrong}")))
}

/// Checks a notification by PostgreSQL's rules, on both databases.
pub(crate) fn check_note(channel: &str, payload: &str) -> Result<()> {
    check_channel(channel)?;
    if payload.len() > LONGEST_PAYLOAD {
        let message = format!(
            "the payload of a notification has {} bytes, but at most {LONGEST_PAYLOAD} are possible",
            payload.len()
        );
        return Err(Error::new(ErrorKind::Value, message)
            .with_hint("write the data to a table, and notify the key of its row"));
    }
    if payload.contains('\0') {
        let message = "the payload of a notification contains a NUL character";
        return Err(Error::new(ErrorKind::Value, message)
            .with_hint("encode bytes as text, for example in base64"));
    }
    Ok(())
}
