//! Sessions: reads that follow what their reader has written and seen.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::db::Db;
use super::replicas::{ANSWER, Bookmark, DEFAULT_WAIT, Outcome, Replica, wait_for};
use crate::backend::{
    AnyConnection, Gate, Isolation, Position, Refusal, Standing, Watch, Watched, Watching,
};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Executor, Lent, Tx, run_transaction, sealed, waits};
use crate::wait;

/// Where a [`Session`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// On the primary.
    Primary,
    /// On a replica that is not too far behind ([`DbBuilder::max_replica_lag`](crate::DbBuilder::max_replica_lag)), or else on
    /// the primary.
    Any,
    /// On a replica that has what the bookmark stands for, or else on the primary.
    After(Bookmark),
}

/// A reader of a database with replicas, such as a request of a user: [`Db::session`].
///
/// Its reads go to a replica that has everything that the session has written and seen. If none has within
/// [`DbBuilder::replica_wait`](crate::DbBuilder::replica_wait), they go to the primary. So they follow the session's own
/// writes, and never go back in time. This costs no round trip: the server is asked along with each statement.
///
/// Everything else goes to the primary: writes, transactions (also those that only read), locks (`FOR UPDATE`,
/// `pg_advisory_lock`), statements with RETURNING, CTEs that write, SQL that may write, and functions that a replica
/// refuses. What fails on a replica runs again on the primary, unless a value is wrong or the statement took too long.
///
/// A replica may be behind what other readers have seen. [`bookmark`](Session::bookmark) hands on what this one has. On a database
/// without replicas, such as an SQLite file, a session is the database.
///
/// ```
/// # use orm_core::{Bookmark, Db, Executor, Read, Table, Values, Writable};
/// # fn f<User: Table, N: Values<Row: Writable> + Send>(db: &Db, new: N, id: User::Key) -> orm_core::Result<()> {
/// let session = db.session(Read::Any);
/// session.insert(new)?; // on the primary
/// let user: Option<User> = session.find(id)?; // on a replica that has the row
/// let cookie = session.bookmark()?.to_string();
/// // The next request:
/// let session = db.session(Read::After(cookie.parse()?));
/// # Ok(())
/// # }
/// ```
pub struct Session {
    db: Db,
    read: Read,
    seen: Mutex<Seen>,
    /// The replica that it reads from, as long as that can be: another one may be behind it.
    replica: AtomicUsize,
}

/// What a session has written and seen.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    position: Option<Position>,
    /// The cluster of its bookmark.
    system: Option<u64>,
    /// Whether it wrote something and doesn't know where.
    is_unsure: bool,
    /// Whether its bookmark is that of another database, so that only the primary is sure to have everything.
    is_foreign: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("read", &self.read).finish_non_exhaustive()
    }
}

impl Db {
    /// Returns a session, which reads as `read` says. It needs no connection until it runs something.
    pub fn session(&self, read: Read) -> Session {
        let mut seen = Seen::default();
        if let Read::After(bookmark) = read
            && let Some((system, position)) = bookmark.place()
        {
            seen = Seen { position: Some(position), system: Some(system), ..seen };
            if self.replicas().is_some_and(|replicas| replicas.system() != system) {
                seen = Seen { is_foreign: true, ..Seen::default() };
            }
        }
        let replica = self.replicas().map_or(0, |all| all.next.fetch_add(1, Ordering::Relaxed));
        Session {
            db: self.clone(),
            read,
            seen: Mutex::new(seen),
            replica: AtomicUsize::new(replica),
        }
    }
}

impl Session {
    /// Returns what the session has written and seen, for [`Read::After`]. If it has done nothing yet, or something ran whose
    /// place in the log isn't known, such as SQL text, this asks the primary.
    ///
    /// # Errors
    /// If the primary must be asked, and doesn't answer.
    pub fn bookmark(&self) -> Result<Bookmark> {
        let seen = *self.seen();
        if let (Some(replicas), Some(position), false) =
            (self.db.replicas(), seen.position, seen.is_unsure || seen.is_foreign)
        {
            return Ok(Bookmark::new(replicas.system(), position));
        }
        let Some(standing) = self.catch_up_with_primary()? else {
            return Ok(Bookmark::ANYWHERE);
        };
        let system = standing.system.unwrap_or(0);
        let position = self.seen().position.or_else(|| position_of(standing));
        let position = position.ok_or_else(|| {
            Error::new(ErrorKind::Unknown, "the server doesn't say where it is in its log")
        })?;
        Ok(Bookmark::new(system, position))
    }

    /// Makes the session's reads follow everything that is committed by now, such as writes by the [`Db`] itself.
    ///
    /// # Errors
    /// If the primary doesn't answer.
    pub fn catch_up(&self) -> Result<()> {
        self.catch_up_with_primary().map(drop)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catch_up_with_primary(&self) -> Result<Option<Standing>> {
        let standing = self.db.checkout()?.standing(ANSWER.max(self.db.checkout_timeout()))?;
        if let Some(standing) = standing {
            let mut seen = self.seen();
            if seen.system.is_some() && seen.system != standing.system {
                *seen = Seen { is_foreign: true, ..Seen::default() };
            }
            seen.follow(position_of(standing));
            seen.is_unsure = false;
        }
        Ok(standing)
    }

    /// Returns what its reads must see. `None` if only the primary is sure to have it.
    fn need(&self) -> Option<Option<Position>> {
        let seen = *self.seen();
        if seen.is_foreign {
            return None;
        }
        if seen.is_unsure {
            self.catch_up_with_primary().ok()?;
        }
        Some(self.seen().position)
    }

    fn wait(&self) -> Duration {
        self.db.replicas().map_or(DEFAULT_WAIT, |replicas| replicas.wait)
    }

    /// Runs `read` on a replica, if one can serve it.
    fn on_replica<R>(
        &self,
        mut read: impl FnMut(&Replica, Option<Position>) -> Outcome<R>,
    ) -> Option<Result<R>> {
        // In a forked process, the primary's pool refuses. The watching thread may have held a replica's lock at the fork.
        let replicas = self
            .db
            .replicas()
            .filter(|replicas| self.read != Read::Primary && replicas.is_of_this_process())?;
        let need = self.need()?;
        let first = self.replica.load(Ordering::Relaxed);
        let count = replicas.replicas.len();
        let mut fitting: Vec<usize> = (first..)
            .take(count)
            .map(|place| place % count)
            .filter(|place| replicas.replicas[*place].might_serve(need))
            .collect();
        // Those that are known to have everything come first. The others may have it by now.
        fitting.sort_by_key(|place| !replicas.replicas[*place].has(need));
        let mut behind = Vec::new();
        for place in fitting {
            // While another one was waited for, it may have been found out that it can't.
            if !replicas.replicas[place].might_serve(need) {
                continue;
            }
            match read(&replicas.replicas[place], need) {
                Outcome::Done(result, position) => return Some(self.saw(place, result, position)),
                Outcome::Behind => behind.push(place),
                Outcome::Elsewhere => {}
                Outcome::Primary => return None,
            }
        }
        let need = need.filter(|_| !behind.is_empty())?;
        let waited = wait_for(&replicas.replicas, &behind, need, replicas.wait);
        let Some(place) = waited else {
            for place in behind {
                replicas.replicas[place].stalled.store(true, Ordering::Relaxed);
            }
            return None;
        };
        match read(&replicas.replicas[place], Some(need)) {
            Outcome::Done(result, position) => Some(self.saw(place, result, position)),
            _ => None,
        }
    }

    /// Keeps what a read on a replica saw.
    fn saw<R>(&self, place: usize, result: Result<R>, position: Option<Position>) -> Result<R> {
        self.replica.store(place, Ordering::Relaxed);
        self.seen().follow(position);
        result
    }

    /// What to check and to find out on the primary. Its URL may lead to a replica.
    fn watch(&self, reads: bool) -> Watch {
        let need = self.seen().position.filter(|_| reads);
        let gate = need.map(|least| Gate { least: Some(least), is_replica: false });
        Watch { gate, after: self.db.replicas().is_some() }
    }

    /// Returns what makes the session's next read follow work on the primary, once that has ended and this is dropped.
    #[cfg(feature = "tokio")]
    pub(super) fn work(&self) -> impl Drop + Send {
        Work::begin(self)
    }

    fn count(&self) {
        if let Some(replicas) = self.db.replicas() {
            replicas.primary.served.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Seen {
    /// Adds what was seen.
    fn follow(&mut self, position: Option<Position>) {
        self.position = match (self.position, position) {
            (Some(old), Some(new)) if (old.timeline, old.lsn) > (new.timeline, new.lsn) => {
                Some(old)
            }
            (old, new) => new.or(old),
        };
    }
}

/// Returns the place of a server that says which one it is.
fn position_of(standing: Standing) -> Option<Position> {
    Some(Position { timeline: standing.timeline?, lsn: standing.lsn? })
}

/// Work on the primary, which may write. Unless its end is known, the session doesn't know what it has written.
struct Work<'s> {
    session: &'s Session,
    found: Watched,
}

impl<'s> Work<'s> {
    fn begin(session: &'s Session) -> Self {
        session.count();
        Self { session, found: Watched::default() }
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut seen = self.session.seen();
        match self.found.after.and_then(position_of) {
            Some(position) => seen.follow(Some(position)),
            None => seen.is_unsure = true,
        }
    }
}

impl sealed::Sealed for Session {
    fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        let mut connection = self.db.checkout()?;
        let mut work = Work::begin(self);
        let mut watching = Watching::new(&mut connection, self.watch(false));
        let result = f(&mut watching);
        work.found = watching.found();
        result
    }

    fn run_read(&self, f: &mut dyn FnMut(&mut AnyConnection) -> Result<()>) -> Result<()> {
        self.db.check_not_held()?;
        if let Some(result) = self.on_replica(|replica, need| replica.read(need, f)) {
            return result;
        }
        let start = Instant::now();
        loop {
            let mut work = Work::begin(self);
            let result = self.db.run_read(&mut |connection| {
                let mut watching = Watching::new(connection, self.watch(true));
                let result = f(&mut watching);
                work.found = watching.found();
                result
            });
            match work.found.refusal {
                None => return result,
                Some(Refusal::Behind) if start.elapsed() < self.wait() => {
                    wait::sleep(Duration::from_millis(5))?;
                }
                Some(_) => return Err(nowhere()),
            }
        }
    }

    fn lend<'a>(
        &'a self,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
    ) -> Result<Lent<'a>> {
        self.db.check_not_held()?;
        if let Some(lent) = self.on_replica(|replica, need| replica.lend(need, open)) {
            return lent;
        }
        let mut found = Watched::default();
        let work = Work::begin(self);
        let lent = self.db.lend(&mut |connection, read_only| {
            let mut watching =
                Watching::new(connection, Watch { after: false, ..self.watch(true) });
            let opened = open(&mut watching, read_only);
            found = watching.found();
            opened
        });
        if found.refusal.is_some() {
            return Err(nowhere());
        }
        Ok(Lent(Box::new(Streaming { lent: lent?, _work: work })))
    }

    fn run_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.db.checkout()?;
        let _held = self.db.hold();
        let mut work = Work::begin(self);
        let mut watching = Watching::new(&mut connection, self.watch(false));
        let result = run_transaction(&mut watching, Isolation::Default, false, f);
        work.found = watching.found();
        result
    }
}

waits!([] Session);
impl Executor for Session {}

/// The primary's connection of a stream, which may write until its end.
struct Streaming<'s> {
    lent: Lent<'s>,
    /// Dropped after the connection.
    _work: Work<'s>,
}

impl Deref for Streaming<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.lent.0
    }
}

impl DerefMut for Streaming<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.lent.0
    }
}

#[cold]
fn nowhere() -> Error {
    let message = "no server has what the session has seen: the primary's URL leads to a replica that is behind or \
                   follows another primary";
    Error::new(ErrorKind::Behind, message)
}
