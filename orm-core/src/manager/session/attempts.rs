//! Attempts to connect that end in the middle.

use std::sync::Arc;
use std::thread;

use super::Inner;
use crate::manager::clock::Stop;
use crate::manager::report::ConnectionState;
use crate::wait;

/// Attempts to connect, for which a caller waits. If they end in the middle, by a panic or because the caller's future is
/// dropped, the manager goes on as before.
pub(super) struct Attempts<'i> {
    pub(super) inner: &'i Arc<Inner>,
    pub(super) stop: Arc<Stop>,
    /// The state before them.
    pub(super) before: ConnectionState,
}

impl Drop for Attempts<'_> {
    fn drop(&mut self) {
        // Otherwise they have ended in another state, or somebody has disconnected.
        if wait::is_cancelled() || thread::panicking() {
            self.inner.abandon(&self.stop, self.before);
        }
    }
}

impl Inner {
    /// Goes on as before, as nobody waits for the connection any more.
    #[cold]
    fn abandon(self: &Arc<Self>, stop: &Arc<Stop>, before: ConnectionState) {
        let stop = {
            let mut session = self.lock();
            if stop.is_stopped() || session.state != ConnectionState::Connecting {
                return;
            }
            stop.stop();
            session.stop = Arc::new(Stop::default());
            session.retry_count = 0;
            session.state = match before {
                // An outage may have begun.
                _ if session.db.is_some() => ConnectionState::Reconnecting,
                ConnectionState::Connecting | ConnectionState::Connected => {
                    ConnectionState::Disconnected
                }
                before => before,
            };
            if session.state == ConnectionState::Disconnected {
                session.error = None;
                session.last_error = None;
            }
            if session.state != ConnectionState::Reconnecting {
                return;
            }
            Arc::clone(&session.stop)
        };
        self.supervise(&stop, false);
    }
}
