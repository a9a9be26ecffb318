//! Asks all servers where they are, from time to time.

use std::collections::VecDeque;
use std::ops::DerefMut;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::db::{Db, WeakDb};
use super::pool::Pool;
use super::replicas::{ANSWER, OTHER_TIMELINE, PROMOTED, Replica, Replicas, Server, ServerState};
use crate::backend::{AnyConnection, Standing};
use crate::error::{Error, ErrorKind, Result};

/// How long to wait between two checks.
const INTERVAL: Duration = Duration::from_millis(500);

/// Starts a thread that watches the servers of `db`, if it has replicas, until it is gone.
pub(super) fn start(db: &Db) {
    let Some(replicas) = db.replicas() else { return };
    let (sender, receiver) = channel();
    let weak = db.downgrade();
    let thread = thread::Builder::new().name("mizzle-replicas".into());
    match thread.spawn(move || watch(&weak, &receiver)) {
        Ok(_) => replicas.keep_watch(sender),
        Err(error) => {
            tracing::error!(target: "mizzle::replicas", %error, "no thread to watch the replicas on");
        }
    }
}

fn watch(db: &WeakDb, stopped: &Receiver<()>) {
    let mut history = History::default();
    loop {
        let Some(db) = db.upgrade() else { return };
        let Some(replicas) = db.replicas() else { return };
        if db.source().is_closed() {
            return;
        }
        // A panic, for example in a log subscriber, must not end the watch.
        let _ = catch_unwind(AssertUnwindSafe(|| check(&db, replicas, &mut history)));
        drop(db);
        if stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Where the primary was, and when.
#[derive(Default)]
struct History(VecDeque<(Instant, u64)>);

impl History {
    /// About half an hour.
    const MOST: usize = 3600;

    fn add(&mut self, lsn: u64) {
        match self.0.back() {
            // It may be another cluster, or another timeline.
            Some((_, last)) if *last > lsn => self.0.clear(),
            Some((_, last)) if *last == lsn => return,
            _ => {}
        }
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((Instant::now(), lsn));
    }

    /// Returns for how long a replica that has replayed this has not had everything, and how many bytes it lacks.
    fn lag(&self, lsn: u64) -> Option<(Duration, u64)> {
        let (_, last) = self.0.back()?;
        let missed = self.0.iter().find(|(_, written)| *written > lsn);
        let time = missed.map_or(Duration::ZERO, |(when, _)| when.elapsed());
        Some((time, last.saturating_sub(lsn)))
    }
}

fn check(db: &Db, replicas: &Replicas, history: &mut History) {
    // The primary comes last: a replica can't be ahead of it then.
    let found = at_once(&replicas.replicas, |replica| ask_replica(replica, replicas.timeout));
    let primary = check_primary(replicas, ask(db.pool()), history);
    for (replica, found) in replicas.replicas.iter().zip(found) {
        match found {
            Ok(found) => check_replica(replicas, replica, found, primary, history),
            Err(error) => note_error(replica, &error),
        }
    }
}

/// Calls `ask` for all replicas at the same time, so that one that is silent delays nothing but the next check, and several
/// delay it no longer than one does.
fn at_once<R: Sync, T: Send>(replicas: &[R], ask: impl Fn(&R) -> T + Sync) -> Vec<T> {
    let [first, rest @ ..] = replicas else { return Vec::new() };
    let ask = &ask;
    thread::scope(|scope| {
        let start = |replica| {
            let thread = thread::Builder::new().name("mizzle-replica".into());
            (replica, thread.spawn_scoped(scope, move || ask(replica)))
        };
        let started: Vec<_> = rest.iter().map(start).collect();
        let mut answers = vec![ask(first)];
        answers.extend(started.into_iter().map(|(replica, thread)| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            // There is no thread left: it is asked after the others.
            Err(_) => ask(replica),
        }));
        answers
    })
}

fn ask_replica(replica: &Replica, patience: Duration) -> Result<Standing> {
    let start = Instant::now();
    let found = match ask(&replica.pool) {
        // Those that use the connections may all wait for a server that is silent.
        Err(error) if error.kind() == ErrorKind::PoolExhausted => {
            replica.pool.source().open_beside(ANSWER).and_then(standing_of)
        }
        found => found,
    };
    match &found {
        Err(error) if error.is_connection_lost() => replica.stayed_silent(start, patience),
        // That says nothing about the server.
        Err(error) if error.kind() == ErrorKind::Dns => {}
        _ => replica.answered(),
    }
    found
}

fn ask(pool: &Pool) -> Result<Standing> {
    standing_of(pool.get(ANSWER)?)
}

fn standing_of(mut connection: impl DerefMut<Target = AnyConnection>) -> Result<Standing> {
    let standing = connection.standing(ANSWER)?;
    standing.ok_or_else(|| Error::new(ErrorKind::Unknown, "the server doesn't say where it is"))
}

fn note_error(server: &Server, error: &Error) {
    // A pool whose connections are all in use is that of a server that works.
    if error.kind() != ErrorKind::PoolExhausted {
        server.set_state(ServerState::Unreachable, Some(error.to_string()));
    }
}

/// Returns where the primary is, if it says so and is one.
fn check_primary(
    replicas: &Replicas,
    found: Result<Standing>,
    history: &mut History,
) -> Option<Standing> {
    let server = &replicas.primary;
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            note_error(server, &error);
            return None;
        }
    };
    let system = found.system.unwrap_or(0);
    if replicas.system.swap(system, Ordering::Relaxed) != system {
        tracing::warn!(
            target: "mizzle::replicas",
            "the primary's URL leads to another database cluster: its replicas must be others too"
        );
    }
    server.note(found.timeline.unwrap_or(0), found.lsn.unwrap_or(0));
    if found.in_recovery {
        let problem = "the primary's URL leads to a replica, which refuses writes: name the primary, or several hosts \
                       with `target_session_attrs=read-write`";
        server.set_state(ServerState::ReadOnly, Some(problem.into()));
        return None;
    }
    server.set_state(ServerState::Serving, None);
    history.add(found.lsn.unwrap_or(0));
    Some(found)
}

fn check_replica(
    replicas: &Replicas,
    replica: &Replica,
    found: Standing,
    primary: Option<Standing>,
    history: &History,
) {
    let (timeline, lsn) = (found.timeline.unwrap_or(0), found.lsn.unwrap_or(0));
    replica.note(timeline, lsn);
    let lag = found.lsn.and_then(|lsn| history.lag(lsn));
    replica.set_lag(lag);
    let is_ahead = primary.and_then(|primary| primary.lsn).is_some_and(|written| lsn > written);
    let too_far = lag.is_some_and(|(time, _)| time > replicas.max_lag);
    let (state, problem) = if found.system.unwrap_or(0) != replicas.system() {
        let problem = "the server belongs to another database cluster than the primary";
        (ServerState::OtherDatabase, Some(problem.into()))
    } else if !found.in_recovery {
        (ServerState::Promoted, Some(PROMOTED.into()))
    } else if timeline != replicas.primary.timeline() || is_ahead {
        (ServerState::OtherTimeline, Some(OTHER_TIMELINE.into()))
    } else if too_far {
        let most = replicas.max_lag.as_millis();
        (ServerState::Behind, Some(format!("the replica is more than {most} ms behind")))
    } else {
        (ServerState::Serving, None)
    };
    if lag.is_some_and(|(time, bytes)| bytes == 0 || time < replicas.wait) {
        replica.stalled.store(false, Ordering::Relaxed);
    }
    replica.set_state(state, problem);
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn all_replicas_are_asked_at_once() {
        for count in 0..5 {
            let (asked, numbers) = (Barrier::new(count), (0..count).collect::<Vec<_>>());
            let answers = at_once(&numbers, |number| {
                // Nobody answers before all are asked.
                asked.wait();
                number * 2
            });
            assert_eq!(answers, numbers.iter().map(|number| number * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_replica_lags_since_the_primary_wrote_what_it_lacks() {
        let mut history = History::default();
        assert_eq!(history.lag(1), None);
        history.add(10);
        history.add(10);
        assert_eq!(history.0.len(), 1);
        assert_eq!(history.lag(10), Some((Duration::ZERO, 0)));
        assert_eq!(history.lag(11), Some((Duration::ZERO, 0)));
        history.add(30);
        let (long, bytes) = history.lag(5).unwrap();
        let (short, rest) = history.lag(10).unwrap();
        assert_eq!((bytes, rest), (25, 20));
        assert!(long >= short);
        history.add(7);
        assert_eq!(history.0.len(), 1);
    }
}
