//! Lends connections to streams.

use std::ops::{Deref, DerefMut};

use super::db::{ATTEMPTS, Db, Held};
use super::pool::Pooled;
use crate::backend::AnyConnection;
use crate::error::{Error, Result};
use crate::run::Lent;

/// A connection of the pool while a stream has it.
struct Streaming {
    connection: Pooled,
    /// If there is no other connection, a call of the handle would wait for this one.
    _held: Option<Held>,
}

impl Deref for Streaming {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Streaming {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

impl Db {
    /// Lends a connection to a stream, whose statement `open` starts. A lost connection is replaced as for other reads.
    pub(super) fn lend_to_stream(
        &self,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
    ) -> Result<Lent<'static>> {
        let error = match self.lend_once(open, false) {
            Err(error) if error.may_read_again() && self.retries_reads() => error,
            other => return other,
        };
        self.lend_again(open, error)
    }

    #[cold]
    fn lend_again(
        &self,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
        mut error: Error,
    ) -> Result<Lent<'static>> {
        for attempt in 1..=ATTEMPTS {
            tracing::debug!(target: "mizzle::query", attempt, %error, "starting a stream again");
            self.wait_before(attempt, &error)?;
            match self.lend_once(open, true) {
                Err(again) if again.is_read_only() => return Err(error),
                Err(again) if again.may_read_again() => error = again,
                other => return other,
            }
        }
        Err(error)
    }

    fn lend_once(
        &self,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
        read_only: bool,
    ) -> Result<Lent<'static>> {
        let mut connection = self.checkout()?;
        open(&mut connection, read_only)?;
        let held = (self.pool_status().size == 1).then(|| self.hold());
        Ok(Lent(Box::new(Streaming { connection, _held: held })))
    }
}
