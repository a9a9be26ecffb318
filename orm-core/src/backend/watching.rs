//! Connections whose server is asked where it is, along with their statements.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::which::{Inner, each};
use super::{AnyConnection, Backend as _, Standing, Watch, Watched};
use crate::error::Result;

/// A connection that is watched until this is dropped.
pub(crate) struct Watching<'c>(&'c mut AnyConnection);

impl<'c> Watching<'c> {
    pub(crate) fn new(connection: &'c mut AnyConnection, watch: Watch) -> Self {
        each!(&mut connection.inner, inner => inner.watch(watch));
        Self(connection)
    }

    /// Returns what was found out.
    pub(crate) fn found(&self) -> Watched {
        each!(&self.0.inner, inner => inner.watched())
    }
}

impl Deref for Watching<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.0
    }
}

impl DerefMut for Watching<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.0
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        each!(&mut self.0.inner, inner => inner.watch(Watch::default()));
    }
}

impl AnyConnection {
    /// Asks the server where it is, and waits for at most about `limit`. `None` for a database without replicas.
    pub(crate) fn standing(&mut self, limit: Duration) -> Result<Option<Standing>> {
        self.end_abandoned();
        each!(&mut self.inner, inner => inner.standing(limit))
    }

    /// Makes the server refuse to write in this session, and forgets nothing if a pooler stands between.
    pub(crate) fn refuse_writes(&mut self) -> Result<()> {
        each!(&mut self.inner, inner => inner.refuse_writes())
    }
}
