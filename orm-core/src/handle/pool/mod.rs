//! The pool: it lends connections, and opens more of them as they are wanted.
//!
//! Its locks are those of the standard library, which share nothing between each other: a forked process can use pools
//! of its own whatever the parent's threads did at the fork. The pool that it inherits takes no lock there.

mod members;
mod opening;
mod source;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::members::{Member, Members};
pub(crate) use self::members::{Numbers, Settings};
pub(crate) use self::source::{ConnectionSource, PoolEvent, Watcher};
use self::source::{ENDED, PROBE};
use crate::backend::AnyConnection;
use crate::error::{Error, ErrorKind, Result};

/// The connections of a [`Db`](crate::Db). Dropping it closes them; those in use close when they are returned.
pub(crate) struct Pool {
    members: Arc<Members>,
}

impl Pool {
    /// Creates a pool with one connection, which is already open.
    pub(crate) fn new(
        source: ConnectionSource,
        settings: Settings,
        mut first: AnyConnection,
    ) -> Result<Self> {
        first.set_generation(source.generation());
        let members = Arc::new(Members::new(source, settings, first));
        opening::keep(&members)?;
        Ok(Self { members })
    }

    #[inline]
    pub(crate) fn source(&self) -> &ConnectionSource {
        &self.members.source
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.members.settings
    }

    /// Returns the numbers of connections. In a forked process there are none: all are the parent's.
    pub(crate) fn numbers(&self) -> Numbers {
        if !self.source().process().is_current() {
            return Numbers::default();
        }
        self.members.lock().numbers()
    }

    /// Returns an idle connection, if there is one. It may be lost: see [`find`](Pool::find).
    #[inline]
    pub(crate) fn try_get(&self) -> Option<Pooled> {
        let mut members = self.members.lock();
        let member = members.take()?;
        opening::ensure(&self.members, &mut members);
        drop(members);
        Some(self.lend(member))
    }

    fn lend(&self, member: Member) -> Pooled {
        Pooled { members: Arc::clone(&self.members), member: Some(member) }
    }

    /// Returns a connection that is known to work. `found` is a connection that may be lost.
    #[cold]
    pub(crate) fn find(&self, mut found: Option<Pooled>, timeout: Duration) -> Result<Pooled> {
        let start = Instant::now();
        let source = self.source();
        loop {
            if source.is_closed() {
                return Err(ConnectionSource::closed());
            }
            let left = timeout.saturating_sub(start.elapsed());
            let generation = source.generation();
            if let Some(mut connection) = found.take() {
                if connection.generation() == generation {
                    return Ok(connection);
                }
                // Check it even if no time is left, because the connection is already here.
                let limit = left.clamp(Duration::from_millis(100), PROBE);
                if connection.ping(limit).is_ok() {
                    connection.set_generation(generation);
                    return Ok(connection);
                }
                connection.set_generation(ENDED);
                continue;
            }
            found = self.wait(left)?;
            if found.is_none() && start.elapsed() >= timeout && !source.is_closed() {
                return Err(self.why_none(timeout));
            }
        }
    }

    /// Waits for a connection that is returned or opened.
    ///
    /// # Errors
    /// If none can be opened, and waiting doesn't help.
    fn wait(&self, timeout: Duration) -> Result<Option<Pooled>> {
        let end = Instant::now() + timeout;
        let mut members = self.members.lock();
        members.waiting += 1;
        opening::ensure_now(&self.members, &mut members);
        let failures = members.failures;
        let found = loop {
            if self.source().is_closed() {
                break Ok(None);
            }
            if let Some(member) = members.take() {
                break Ok(Some(member));
            }
            // An error from before this call only counts if nobody tries again at once.
            let is_new = members.failures != failures || !members.is_opening();
            if is_new
                && members.numbers().open == 0
                && let Some(error) = members.last_error()
                && !error.is_temporary()
            {
                break Err(error.duplicate());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Ok(None);
            }
            opening::ensure(&self.members, &mut members);
            members = self.members.wait(members, left);
        };
        members.waiting -= 1;
        drop(members);
        Ok(found?.map(|member| self.lend(member)))
    }

    /// Returns the reason why no connection was available in time.
    fn why_none(&self, timeout: Duration) -> Error {
        let members = self.members.lock();
        let (open, most) = (members.numbers().open, self.settings().size);
        let milliseconds = timeout.as_millis();
        if open >= most {
            let (all, were) = if most == 1 {
                ("the only connection".into(), "was")
            } else {
                (format!("all {most} connections"), "were")
            };
            return Error::new(
                ErrorKind::PoolExhausted,
                format!("{all} of the pool {were} in use for {milliseconds} ms"),
            );
        }
        // The missing connections can't be opened; they are not in use.
        members.last_error().map_or_else(
            || {
                let message = format!(
                    "no connection could be opened within {milliseconds} ms; {open} of {most} are open"
                );
                Error::new(ErrorKind::Network, message)
            },
            Error::duplicate,
        )
    }

    /// Closes the idle connections, and the others when they are returned. Nothing is lent any more.
    pub(crate) fn close(&self) {
        self.source().close();
        if self.source().process().is_current() {
            self.members.end();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

/// A connection of the pool, which is returned when this is dropped.
pub(crate) struct Pooled {
    members: Arc<Members>,
    /// `None` only while it is returned.
    member: Option<Member>,
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&**self).finish()
    }
}

impl Deref for Pooled {
    type Target = AnyConnection;

    #[inline]
    fn deref(&self) -> &AnyConnection {
        &self.member.as_ref().expect("it is returned only on drop").connection
    }
}

impl DerefMut for Pooled {
    #[inline]
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.member.as_mut().expect("it is returned only on drop").connection
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some(mut member) = self.member.take() else { return };
        let source = &self.members.source;
        // In a forked process the connection is dropped, and the pool, which is the parent's, isn't touched.
        if !source.process().is_current() {
            return;
        }
        let lost = source.is_lost(&mut member.connection);
        let mut members = self.members.lock();
        if lost || members.ended {
            members.remove(1);
            opening::ensure(&self.members, &mut members);
            drop(members);
            // Closing may take time, so the lock is free by now.
            drop(member);
        } else {
            members.put(member, Instant::now());
            drop(members);
            self.members.available.notify_one();
        }
    }
}
