//! Limits how much of a pool's work runs at once on tokio's threads.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The right to use a connection of the pool.
pub(super) type Turn = OwnedSemaphorePermit;

/// Limits the work that runs at once to the number of connections, so that work that waits for a connection doesn't
/// occupy a thread.
#[derive(Debug)]
pub(crate) struct Blocking {
    pub(super) permits: Arc<Semaphore>,
}

impl Blocking {
    pub(crate) fn new(connections: u32) -> Self {
        let permits = usize::try_from(connections).unwrap_or(usize::MAX);
        Self { permits: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))) }
    }
}
