//! Notifications: what programs tell each other through a database.

#[cfg(feature = "sqlite")]
mod board;
mod event;
mod inbox;

#[cfg(feature = "sqlite")]
pub(crate) use self::board::{Board, Ticket};
pub use self::event::Event;
pub(crate) use self::event::{Note, check_channel, check_note};
pub(crate) use self::inbox::{Alarm, Inbox, Inboxes};
