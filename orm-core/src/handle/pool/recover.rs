//! Connections on which a call was cancelled: what they were doing ends in the background, before the pool lends them again.

use std::mem::ManuallyDrop;

use r2d2::PooledConnection;
use tokio::runtime::Handle;

use super::Pooled;
use super::manager::Manager;
use super::source::ENDED;
use crate::handle::blocking::Turn;
use crate::wait::Fiber;

/// A connection that must not be lent before it was recovered. It is closed if that doesn't happen.
struct Recovering {
    connection: Option<PooledConnection<Manager>>,
    _turn: Option<Turn>,
}

impl Recovering {
    fn run(mut self) {
        if let Some(mut connection) = self.connection.take() {
            if !connection.recover() {
                connection.set_generation(ENDED);
            }
            drop(connection);
        }
    }
}

impl Drop for Recovering {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.set_generation(ENDED);
        }
    }
}

/// Recovers a connection on the runtime of the task, if there is one.
#[cold]
pub(super) fn later(connection: PooledConnection<Manager>) {
    let recovering = Recovering { connection: Some(connection), _turn: None };
    match Handle::try_current() {
        Ok(runtime) => spawn(&runtime, recovering),
        Err(_) => drop(recovering),
    }
}

fn spawn(runtime: &Handle, recovering: Recovering) {
    drop(runtime.spawn(Fiber::new(move || {
        recovering.run();
        Ok(())
    })));
}

impl Pooled {
    /// Ends the transaction of the connection on this runtime, and returns the connection to the pool. `turn` ends with that.
    pub(crate) fn recover_in(self, runtime: &Handle, turn: Turn) {
        let mut this = ManuallyDrop::new(self);
        if !this.process.is_current() {
            return;
        }
        // SAFETY: `this` is not dropped, so it is not used again.
        let connection = unsafe { ManuallyDrop::take(&mut this.connection) };
        spawn(runtime, Recovering { connection: Some(connection), _turn: Some(turn) });
    }
}
