//! Reads on a replica.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::server::{OTHER_TIMELINE, PROMOTED, Server};
use super::status::{ServerRole, ServerState};
use crate::backend::{AnyConnection, Gate, Position, Refusal, Standing, Watch, Watched, Watching};
use crate::error::{Error, ErrorKind, Result};
use crate::handle::pool::Pool;
use crate::run::Lent;
use crate::wait;

/// How long to wait for a connection to a replica. Then another server is there.
const CHECKOUT: Duration = Duration::from_secs(1);

/// How long a server may take to say where it is.
pub(in crate::handle) const ANSWER: Duration = Duration::from_secs(1);

/// A replica with its own pool.
pub(in crate::handle) struct Replica {
    pub(in crate::handle) pool: Pool,
    server: Server,
    /// When it was asked first of those times that it hasn't answered since.
    asked: Mutex<Option<Instant>>,
    /// Whether its connections wait for it no longer.
    silent: Arc<AtomicBool>,
}

impl Deref for Replica {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// What became of a read on a replica.
pub(in crate::handle) enum Outcome<R> {
    /// It ran, and this is what it saw.
    Done(Result<R>, Option<Position>),
    /// The replica hasn't replayed enough yet.
    Behind,
    /// This replica can't run it.
    Elsewhere,
    /// Only the primary can run it.
    Primary,
}

impl Replica {
    /// `silent` is what the connections of the pool heed.
    pub(in crate::handle) fn new(pool: Pool, url: String, silent: Arc<AtomicBool>) -> Self {
        let server = Server::new(ServerRole::Replica, url);
        Self { pool, server, asked: Mutex::default(), silent }
    }

    /// Records that it has answered, in whatever way.
    pub(in crate::handle) fn answered(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.silent.store(false, Ordering::Relaxed);
    }

    /// Records that it was asked at this time, and has not answered. After `patience` nobody waits for it.
    pub(in crate::handle) fn stayed_silent(&self, asked: Instant, patience: Duration) {
        let mut first = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if first.get_or_insert(asked).elapsed() >= patience {
            self.silent.store(true, Ordering::Relaxed);
        }
    }

    /// Reads here.
    pub(in crate::handle) fn read(
        &self,
        need: Option<Position>,
        f: &mut dyn FnMut(&mut AnyConnection) -> Result<()>,
    ) -> Outcome<()> {
        let mut connection = match self.pool.get(CHECKOUT) {
            Ok(connection) => connection,
            Err(error) => return self.no_connection(&error),
        };
        let (result, found) = {
            let gate = Some(Gate { least: need, is_replica: true });
            let mut watching = Watching::new(&mut connection, Watch { gate, after: true });
            let result = f(&mut watching);
            (result, watching.found())
        };
        drop(connection);
        let result = match self.judge(result, found) {
            Ok(result) => result,
            Err(outcome) => return outcome,
        };
        let last = found.after.or(found.before);
        Outcome::Done(result, last.and_then(|last| self.position(last)))
    }

    /// Lends a connection to a stream, whose statement `open` starts.
    pub(in crate::handle) fn lend(
        &self,
        need: Option<Position>,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
    ) -> Outcome<Lent<'static>> {
        let mut found = Watched::default();
        let mut opens = |connection: &mut AnyConnection, read_only: bool| {
            let gate = Some(Gate { least: need, is_replica: true });
            let mut watching = Watching::new(connection, Watch { gate, after: false });
            let opened = open(&mut watching, read_only);
            found = watching.found();
            opened
        };
        let lent = match self.pool.get(CHECKOUT) {
            Ok(mut connection) => {
                opens(&mut connection, false).map(|()| Lent(Box::new(connection)))
            }
            Err(error) => return self.no_connection(&error),
        };
        let lent = match self.judge(lent, found) {
            Ok(lent) => lent,
            Err(outcome) => return outcome,
        };
        Outcome::Done(lent, found.before.and_then(|before| self.position(before)))
    }

    fn position(&self, standing: Standing) -> Option<Position> {
        let lsn = standing.lsn.filter(|_| standing.in_recovery)?;
        Some(Position { timeline: standing.timeline.unwrap_or_else(|| self.timeline()), lsn })
    }

    /// Returns the result, unless another server must run the read.
    pub(in crate::handle) fn judge<T, R>(
        &self,
        result: Result<T>,
        found: Watched,
    ) -> std::result::Result<Result<T>, Outcome<R>> {
        if let Some(lsn) = found.before.filter(|before| before.in_recovery).and_then(|b| b.lsn) {
            self.reached(lsn);
        }
        match found.refusal {
            Some(Refusal::NeedsPrimary) => return Err(Outcome::Primary),
            Some(Refusal::Behind) => return Err(Outcome::Behind),
            Some(Refusal::Promoted) => {
                self.set_state(ServerState::Promoted, Some(PROMOTED.into()));
                return Err(Outcome::Elsewhere);
            }
            Some(Refusal::OtherTimeline) => {
                self.set_state(ServerState::OtherTimeline, Some(OTHER_TIMELINE.into()));
                return Err(Outcome::Elsewhere);
            }
            None => {}
        }
        match result {
            Err(error) if error.is_connection_lost() => {
                self.set_state(ServerState::Unreachable, Some(error.to_string()));
                Err(Outcome::Elsewhere)
            }
            Err(error) if is_of_replica(&error) => {
                tracing::debug!(target: "mizzle::replicas", url = %self.url, %error, "a read goes to the primary");
                Err(Outcome::Primary)
            }
            result => {
                self.served.fetch_add(1, Ordering::Relaxed);
                Ok(result)
            }
        }
    }

    pub(in crate::handle) fn no_connection<R>(&self, error: &Error) -> Outcome<R> {
        // A full pool is that of a server that works.
        if error.kind() != ErrorKind::PoolExhausted {
            self.set_state(ServerState::Unreachable, Some(error.to_string()));
        }
        Outcome::Elsewhere
    }

    /// Asks the replica whether it has replayed this by now. `false` also if it doesn't say.
    pub(in crate::handle) fn has_now(&self, need: Position) -> bool {
        if self.has(Some(need)) {
            return true;
        }
        let asked = self.pool.get(CHECKOUT).and_then(|mut connection| connection.standing(ANSWER));
        match asked {
            Ok(Some(standing)) if standing.in_recovery => {
                if let Some(lsn) = standing.lsn {
                    self.reached(lsn);
                }
                self.has(Some(need))
            }
            Ok(_) => false,
            Err(error) => {
                let _: Outcome<()> = self.no_connection(&error);
                false
            }
        }
    }
}

/// Whether the primary may succeed where a replica failed: what a replica refuses or lacks, and conflicts with what it
/// replays. Errors of values are the same everywhere, and a statement that took too long would do so twice.
fn is_of_replica(error: &Error) -> bool {
    let Some(code) = error.database_code() else { return false };
    !error.is_timeout() && !matches!(code.get(..2), Some("21" | "22" | "23" | "P0"))
}

/// Waits until one of these replicas has replayed this, and returns it.
pub(in crate::handle) fn wait_for(
    replicas: &[Replica],
    places: &[usize],
    need: Position,
    patience: Duration,
) -> Option<usize> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let mut usable = places.iter().filter(|place| replicas[**place].is_usable()).peekable();
        usable.peek()?;
        if let Some(place) = usable.find(|place| replicas[**place].has_now(need)) {
            return Some(*place);
        }
        let left = patience.saturating_sub(start.elapsed());
        if left.is_zero() {
            return None;
        }
        wait::sleep(pause.min(left)).ok()?;
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
