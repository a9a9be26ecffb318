//! Replicas, and what is known about them.

mod bookmark;
mod replica;
mod server;
mod status;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use self::bookmark::Bookmark;
pub(super) use self::replica::{ANSWER, Outcome, Replica, wait_for};
pub(super) use self::server::{OTHER_TIMELINE, PROMOTED, Server};
pub use self::status::{ServerRole, ServerState, ServerStatus};
use super::pool::{Pool, PoolStatus};
use crate::backend::process::Process;
use crate::backend::{AnyConnection, Target, sanitize_url};
use crate::error::{Error, ErrorKind, Result};

/// Settings of the replicas.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) urls: Vec<String>,
    pub(super) max_lag: Duration,
    pub(super) wait: Duration,
    pub(super) timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            max_lag: Duration::from_secs(10),
            wait: DEFAULT_WAIT,
            timeout: Duration::from_secs(5),
        }
    }
}

pub(super) const DEFAULT_WAIT: Duration = Duration::from_millis(100);

/// The replicas of a database.
pub(super) struct Replicas {
    pub(super) primary: Server,
    pub(super) replicas: Vec<Replica>,
    /// Identifies the cluster of the primary.
    pub(super) system: AtomicU64,
    pub(super) max_lag: Duration,
    pub(super) wait: Duration,
    /// How long a replica may be silent until reads no longer wait for it.
    pub(super) timeout: Duration,
    /// Where the next session begins.
    pub(super) next: AtomicUsize,
    /// Ends the watching thread when it is dropped.
    watching: Mutex<Option<Sender<()>>>,
    process: Process,
}

impl Drop for Replicas {
    fn drop(&mut self) {
        if !self.process.is_current() {
            // The thread may have held a lock of the channel at the fork.
            let watching = self.watching.get_mut().unwrap_or_else(PoisonError::into_inner);
            std::mem::forget(watching.take());
        }
    }
}

impl Replicas {
    /// Returns the replicas, if there are settings for some. `open` creates a pool without connecting.
    pub(super) fn new(
        settings: &Settings,
        primary_url: String,
        primary: &mut AnyConnection,
        open: impl Fn(Target, &Arc<AtomicBool>) -> Pool,
    ) -> Result<Option<Self>> {
        if settings.urls.is_empty() {
            return Ok(None);
        }
        let dialect = primary.dialect();
        let Some(standing) = primary.standing(ANSWER)? else {
            let message = format!("a database of {dialect} has no replicas");
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("leave out `DbBuilder::replica`: sessions and bookmarks work without"));
        };
        let mut replicas = Vec::with_capacity(settings.urls.len());
        for url in &settings.urls {
            let target = Target::parse(url)?;
            if target.dialect != dialect {
                let message = format!("the URL of a replica is not one of {dialect}");
                return Err(Error::new(ErrorKind::Config, message)
                    .with_hint("name a replica of the primary's server"));
            }
            let silent = Arc::default();
            replicas.push(Replica::new(open(target, &silent), sanitize_url(url), silent));
        }
        let server = Server::new(ServerRole::Primary, primary_url);
        server.note(standing.timeline.unwrap_or(0), standing.lsn.unwrap_or(0));
        Ok(Some(Self {
            primary: server,
            replicas,
            system: AtomicU64::new(standing.system.unwrap_or(0)),
            max_lag: settings.max_lag,
            wait: settings.wait,
            timeout: settings.timeout,
            next: AtomicUsize::new(0),
            watching: Mutex::new(None),
            process: Process::current(),
        }))
    }

    /// Keeps what ends the thread that watches the servers.
    pub(super) fn keep_watch(&self, watching: Sender<()>) {
        *self.watching.lock().unwrap_or_else(PoisonError::into_inner) = Some(watching);
    }

    /// Returns the state of the primary, with its pool, and of all replicas.
    pub(super) fn status(&self, primary: PoolStatus) -> Vec<ServerStatus> {
        std::iter::once(self.primary.status(primary))
            .chain(self.replicas.iter().map(|replica| replica.status(replica.pool.status())))
            .collect()
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.replicas.iter().map(|replica| &replica.pool)
    }

    pub(super) fn is_of_this_process(&self) -> bool {
        self.process.is_current()
    }

    pub(super) fn system(&self) -> u64 {
        self.system.load(Ordering::Relaxed)
    }
}
