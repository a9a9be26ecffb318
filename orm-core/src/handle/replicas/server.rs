//! A server, and whether it can be read from.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::status::{ServerRole, ServerState, ServerStatus};
use crate::backend::Position;
use crate::handle::pool::PoolStatus;

/// What is known about a server.
pub(in crate::handle) struct Server {
    pub(in crate::handle) role: ServerRole,
    pub(in crate::handle) url: String,
    facts: Mutex<Facts>,
    /// Whether the facts allow reads, for readers that don't wait for them.
    usable: AtomicBool,
    timeline: AtomicU32,
    lsn: AtomicU64,
    /// Whether it was waited for in vain.
    pub(in crate::handle) stalled: AtomicBool,
    pub(in crate::handle) served: AtomicU64,
}

#[derive(Default)]
struct Facts {
    state: ServerState,
    problem: Option<String>,
    lag: Option<(Duration, u64)>,
}

impl Server {
    pub(in crate::handle) fn new(role: ServerRole, url: String) -> Self {
        Self {
            role,
            url,
            facts: Mutex::default(),
            usable: AtomicBool::new(false),
            timeline: AtomicU32::new(0),
            lsn: AtomicU64::new(0),
            stalled: AtomicBool::new(false),
            served: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::handle) fn timeline(&self) -> u32 {
        self.timeline.load(Ordering::Relaxed)
    }

    /// Returns how far it had replayed its log, or written it, when it was last asked.
    pub(in crate::handle) fn lsn(&self) -> u64 {
        self.lsn.load(Ordering::Relaxed)
    }

    /// Records where the server is. A replica only goes on, unless its timeline changes.
    pub(in crate::handle) fn note(&self, timeline: u32, lsn: u64) {
        if self.timeline.swap(timeline, Ordering::Relaxed) == timeline {
            self.lsn.fetch_max(lsn, Ordering::Relaxed);
        } else {
            self.lsn.store(lsn, Ordering::Relaxed);
        }
    }

    /// Records what the replica has replayed.
    pub(in crate::handle) fn reached(&self, lsn: u64) {
        self.lsn.fetch_max(lsn, Ordering::Relaxed);
    }

    /// Records its state, and warns of one that needs somebody's attention.
    pub(in crate::handle) fn set_state(&self, state: ServerState, problem: Option<String>) {
        let was = {
            let mut facts = self.lock();
            self.usable.store(state == ServerState::Serving, Ordering::Release);
            facts.problem = problem.clone();
            if state == ServerState::Unreachable {
                facts.lag = None;
            }
            std::mem::replace(&mut facts.state, state)
        };
        if was == state {
            return;
        }
        let (url, problem) = (&self.url, problem.unwrap_or_default());
        match state {
            ServerState::Serving if was == ServerState::Unknown => {}
            ServerState::Serving => {
                tracing::info!(target: "mizzle::replicas", %url, "the server serves again");
            }
            _ => {
                tracing::warn!(target: "mizzle::replicas", %url, ?state, %problem, "a server is left out or can't be written to");
            }
        }
    }

    pub(in crate::handle) fn set_lag(&self, lag: Option<(Duration, u64)>) {
        self.lock().lag = lag;
    }

    pub(in crate::handle) fn status(&self, pool: PoolStatus) -> ServerStatus {
        let facts = self.lock();
        ServerStatus {
            role: self.role,
            url: self.url.clone(),
            state: facts.state,
            lag_ms: facts.lag.map(|(time, _)| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            lag_bytes: facts.lag.map(|(_, bytes)| bytes),
            served: self.served.load(Ordering::Relaxed),
            problem: facts.problem.clone(),
            pool,
        }
    }

    /// Whether reads can be tried here.
    pub(in crate::handle) fn is_usable(&self) -> bool {
        self.usable.load(Ordering::Acquire)
    }

    /// Whether a read that must see this can be tried here.
    pub(in crate::handle) fn might_serve(&self, need: Option<Position>) -> bool {
        self.is_usable()
            && need.is_none_or(|need| need.timeline == self.timeline())
            && (self.has(need) || !self.stalled.load(Ordering::Relaxed))
    }

    /// Whether it was seen to have replayed this.
    pub(in crate::handle) fn has(&self, need: Option<Position>) -> bool {
        need.is_none_or(|need| self.lsn() >= need.lsn)
    }
}

pub(in crate::handle) const PROMOTED: &str =
    "the server is a primary now: if it took over, make its URL the primary's";
pub(in crate::handle) const OTHER_TIMELINE: &str = "the replica follows another primary, or went on without it: make it follow the primary of the URL, or change the \
     URLs if that one was replaced";
