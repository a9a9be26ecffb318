//! Fills an inbox from a server.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::AnyConnection;
use crate::backend::notify::{Inbox, check_channel};
use crate::backend::process::Process;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::db::Db;
use crate::handle::pool::ConnectionSource;
use crate::handle::retry::Backoff;
use crate::wait::Cancelled;

/// After how long a silence the server is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(5);

/// How long its answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// The pauses between attempts to connect again.
const PAUSES: Backoff =
    Backoff::new(Duration::from_millis(100)).cap(Duration::from_secs(10)).jitter(0.5);

/// The listener's side of an inbox. Dropping it closes the inbox.
pub(in crate::handle) struct Ear {
    inbox: Arc<Inbox>,
    process: Process,
}

impl Ear {
    pub(in crate::handle) fn channels(&self) -> &[String] {
        self.inbox.channels()
    }

    /// Returns the inbox, except in a forked process: whatever fills it is the parent's.
    pub(in crate::handle) fn inbox(&self) -> Option<&Inbox> {
        self.process.is_current().then_some(&*self.inbox)
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if let Some(inbox) = self.inbox() {
            inbox.close();
        }
    }
}

/// What fills an inbox, as code that waits.
pub(in crate::handle) struct Driver {
    connection: Box<AnyConnection>,
    inbox: Arc<Inbox>,
    source: Arc<ConnectionSource>,
}

/// Begins to listen. On a database that has no notifications itself, nothing has to fill the inbox.
pub(in crate::handle) fn open(db: &Db, channels: Vec<String>) -> Result<(Ear, Option<Driver>)> {
    if channels.is_empty() {
        return Err(Error::new(ErrorKind::Config, "there is no channel to listen to"));
    }
    channels.iter().try_for_each(|channel| check_channel(channel))?;
    let inbox = Inbox::new(channels);
    let source = db.pool().shared_source();
    let connection = source.open_listening(&inbox)?;
    source.inboxes().add(&inbox);
    // It may have been closed in between.
    if source.is_closed() {
        inbox.close();
    }
    let ear = Ear { inbox: Arc::clone(&inbox), process: Process::current() };
    Ok((ear, connection.map(|connection| Driver { connection, inbox, source })))
}

/// Closes the inbox when nothing fills it any more.
struct Ends(Arc<Inbox>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Driver {
    /// Runs until the inbox is closed.
    pub(in crate::handle) fn run(self) {
        let Self { mut connection, inbox, source } = self;
        let _ends = Ends(Arc::clone(&inbox));
        while let Err(error) = hear(&mut connection, &inbox) {
            if inbox.is_closed() {
                return;
            }
            tracing::warn!(target: "mizzle::listen", %error, "the connection that listens is lost");
            drop(connection);
            match connect_again(&inbox, &source) {
                Ok(Some(again)) => connection = again,
                Ok(None) | Err(Cancelled) => return,
            }
            tracing::info!(target: "mizzle::listen", "listening again");
            inbox.add_gap();
        }
    }
}

/// Hears until the inbox is closed. An error says that the connection is lost.
fn hear(connection: &mut AnyConnection, inbox: &Inbox) -> Result<()> {
    if !inbox.set_alarm(connection.alarm()?) {
        return Ok(());
    }
    loop {
        let heard = connection.hear(SILENCE, &mut |note| inbox.add(note));
        if inbox.is_closed() {
            return Ok(());
        }
        if !heard? {
            connection.ping(ANSWER)?;
        }
    }
}

/// Connects again, however long it takes. `None` if nobody listens any more.
fn connect_again(
    inbox: &Inbox,
    source: &ConnectionSource,
) -> Result<Option<Box<AnyConnection>>, Cancelled> {
    inbox.set_alarm(None);
    let mut attempt = 0;
    loop {
        if !inbox.pause(PAUSES.delay(attempt))? || source.is_closed() {
            return Ok(None);
        }
        match source.open_listening(inbox) {
            Ok(connection) => return Ok(connection),
            Err(error) => {
                attempt += 1;
                tracing::warn!(target: "mizzle::listen", attempt, %error, "can't listen again yet");
            }
        }
    }
}
