//! Opens, checks and drops connections for r2d2.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use scheduled_thread_pool::{OnPoolDropBehavior, ScheduledThreadPool};

use super::source::{ConnectionSource, PROBE, PoolEvent};
use crate::backend::AnyConnection;
use crate::error::{Error, Result};

/// Opens connections for a pool.
#[derive(Debug)]
pub(super) struct Manager(pub(super) Arc<ConnectionSource>);

impl r2d2::ManageConnection for Manager {
    /// In a box, as r2d2 moves it with each use.
    type Connection = Box<AnyConnection>;
    type Error = Error;

    fn connect(&self) -> Result<Box<AnyConnection>> {
        let source = &self.0;
        if source.is_closed() {
            return Err(ConnectionSource::closed());
        }
        // Read this before opening: a loss in the meantime then puts this connection in doubt too.
        let generation = source.generation();
        let mut connection = match source.take_first() {
            Some(first) => first,
            None => source.open()?,
        };
        connection.set_generation(generation);
        source.set_last_error(None);
        source.tell(PoolEvent::Opened);
        Ok(Box::new(connection))
    }

    fn is_valid(&self, connection: &mut Box<AnyConnection>) -> Result<()> {
        connection.ping(PROBE)
    }

    fn has_broken(&self, connection: &mut Box<AnyConnection>) -> bool {
        self.0.is_lost(connection)
    }
}

/// Keeps the last error of opening a connection, because r2d2 only keeps its text.
#[derive(Debug, Clone)]
pub(super) struct KeepError(pub(super) Arc<ConnectionSource>);

impl r2d2::HandleError<Error> for KeepError {
    fn handle_error(&self, error: Error) {
        if self.0.is_closed() {
            return;
        }
        // r2d2 tries again after this call. A panic of a log subscriber must not prevent that.
        let told = catch_unwind(AssertUnwindSafe(|| {
            tracing::warn!(target: "mizzle::pool", code = %error.code(), %error, "a connection could not be opened");
        }));
        self.0.tell(PoolEvent::Failed);
        self.0.set_last_error(Some(error));
        drop(told);
    }
}

/// Creates the threads on which a pool opens its connections. Each pool has its own: they wait while its server is
/// silent, and no other pool should have to wait for them. A forked process doesn't have its parent's threads either.
pub(super) fn threads(size: u32) -> Arc<ScheduledThreadPool> {
    const MOST: u32 = 3;
    Arc::new(
        ScheduledThreadPool::builder()
            .num_threads(size.clamp(1, MOST) as usize)
            .thread_name_pattern("mizzle-pool-{}")
            .on_drop_behavior(OnPoolDropBehavior::DiscardPendingScheduled)
            .build(),
    )
}
