//! What has arrived for one listener.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
#[cfg(feature = "tokio")]
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::event::{Event, Note};
use crate::wait::{Cancelled, Slot};

/// Ends the waiting for a server's notifications, in another thread or task.
pub(crate) type Alarm = Box<dyn Fn() + Send>;

/// The events that a listener has not read yet.
pub(crate) struct Inbox {
    channels: Vec<String>,
    state: Mutex<State>,
    arrived: Condvar,
    ended: Slot<()>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    /// The bytes of their texts.
    bytes: usize,
    is_closed: bool,
    alarm: Option<Alarm>,
    /// The task that waits for an event.
    #[cfg(feature = "tokio")]
    waker: Option<Waker>,
}

/// The most events that wait to be read.
const MOST_EVENTS: usize = 65_536;

/// The most bytes of their texts.
const MOST_BYTES: usize = 16 << 20;

impl State {
    fn is_full(&self) -> bool {
        self.events.len() >= MOST_EVENTS || self.bytes >= MOST_BYTES
    }

    fn gap(&mut self) {
        if self.events.back() != Some(&Event::Gap) {
            self.events.push_back(Event::Gap);
        }
    }

    fn take(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.bytes -= size(&event);
        Some(event)
    }
}

fn size(event: &Event) -> usize {
    match event {
        Event::Notification { channel, payload } => channel.len() + payload.len(),
        Event::Gap => 0,
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("channels", &self.channels).finish_non_exhaustive()
    }
}

impl Inbox {
    pub(crate) fn new(channels: Vec<String>) -> Arc<Self> {
        Arc::new(Self {
            channels,
            state: Mutex::default(),
            arrived: Condvar::new(),
            ended: Slot::default(),
        })
    }

    pub(crate) fn channels(&self) -> &[String] {
        &self.channels
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes the thread or the task that waits for an event.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        #[cfg(feature = "tokio")]
        let waker = state.waker.take();
        drop(state);
        self.arrived.notify_all();
        #[cfg(feature = "tokio")]
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Adds a notification, or a gap if too many events wait already.
    pub(crate) fn add(&self, note: Note) {
        self.change(|state| {
            if state.is_full() {
                return state.gap();
            }
            let event = note.into();
            state.bytes += size(&event);
            state.events.push_back(event);
        });
    }

    /// Notes that notifications may be missing here.
    pub(crate) fn add_gap(&self) {
        self.change(State::gap);
    }

    /// Lets nothing arrive any more: what is there can still be read. Ends what waits for the server's notifications.
    pub(crate) fn close(&self) {
        self.change(|state| {
            state.is_closed = true;
            if let Some(alarm) = state.alarm.take() {
                alarm();
            }
        });
        self.ended.fill(());
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Sets what ends the waiting for the server's notifications. Returns whether the inbox is still open.
    pub(crate) fn set_alarm(&self, alarm: Option<Alarm>) -> bool {
        let mut state = self.lock();
        state.alarm = alarm;
        !state.is_closed
    }

    /// Waits as a pause between two attempts to connect. Returns whether the inbox is still open.
    pub(crate) fn pause(&self, delay: Duration) -> Result<bool, Cancelled> {
        self.ended.wait(delay, |ended| ended.is_none())
    }

    /// Waits for an event in this thread, for at most `limit` if there is one. `None` if there is no event until then, or
    /// after the last one.
    pub(crate) fn take(&self, limit: Option<Duration>) -> Option<Event> {
        let waits = |state: &mut State| state.events.is_empty() && !state.is_closed;
        let state = self.lock();
        let mut state = match limit {
            None => self.arrived.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                let waited = self.arrived.wait_timeout_while(state, limit, waits);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.take()
    }

    /// Waits for an event in a task. `None` after the last one.
    #[cfg(feature = "tokio")]
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.lock();
        match state.take() {
            None if !state.is_closed => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
            event => Poll::Ready(event),
        }
    }

    /// Whether there is nothing to read, and never will be.
    pub(crate) fn is_done(&self) -> bool {
        let state = self.lock();
        state.is_closed && state.events.is_empty()
    }
}

/// The inboxes of all listeners of a database.
#[derive(Debug, Default)]
pub(crate) struct Inboxes(Mutex<Vec<Weak<Inbox>>>);

impl Inboxes {
    pub(crate) fn add(&self, inbox: &Arc<Inbox>) {
        let mut inboxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inboxes.retain(|inbox| inbox.strong_count() > 0);
        inboxes.push(Arc::downgrade(inbox));
    }

    /// Returns those that exist.
    pub(crate) fn all(&self) -> Vec<Arc<Inbox>> {
        let inboxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inboxes.iter().filter_map(Weak::upgrade).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(payload: &str) -> Note {
        Note { channel: "c".into(), payload: payload.into() }
    }

    fn read(inbox: &Inbox) -> Option<Event> {
        inbox.take(Some(Duration::ZERO))
    }

    #[test]
    fn beyond_the_bound_there_is_a_gap_and_then_it_goes_on() {
        let inbox = Inbox::new(vec!["c".into()]);
        for number in 0..MOST_EVENTS + 10 {
            inbox.add(note(&number.to_string()));
        }
        for number in 0..MOST_EVENTS {
            assert_eq!(read(&inbox), Some(note(&number.to_string()).into()));
        }
        inbox.add(note("after"));
        assert_eq!(read(&inbox), Some(Event::Gap));
        assert_eq!(read(&inbox), Some(note("after").into()));
        assert_eq!(read(&inbox), None);
    }

    #[test]
    fn the_bytes_are_bounded_too() {
        let inbox = Inbox::new(vec!["c".into()]);
        let long = "x".repeat(8000 - 1);
        for _ in 0..3 * MOST_BYTES / long.len() {
            inbox.add(note(&long));
        }
        let mut bytes = 0;
        while let Some(Event::Notification { payload, .. }) = read(&inbox) {
            bytes += payload.len();
        }
        assert!((MOST_BYTES - 8000..MOST_BYTES + 8000).contains(&bytes), "{bytes}");
        assert_eq!(inbox.lock().bytes, 0);
        // The gap was the last one.
        assert_eq!(read(&inbox), None);
    }

    #[test]
    fn what_has_arrived_is_read_after_the_end() {
        let inbox = Inbox::new(vec!["c".into()]);
        inbox.add(note("a"));
        inbox.add_gap();
        inbox.add_gap();
        inbox.close();
        assert!(!inbox.is_done());
        assert_eq!(inbox.take(None), Some(note("a").into()));
        assert_eq!(inbox.take(None), Some(Event::Gap));
        assert_eq!(inbox.take(None), None);
        assert!(inbox.is_done());
    }

    #[test]
    fn debug_output_shows_no_payload() {
        let event = Event::from(note("MARKER"));
        assert_eq!(format!("{event:?}"), "Notification { channel: \"c\", payload: (6 bytes) }");
        assert!(!format!("{:?}", note("MARKER")).contains("MARKER"));
    }
}
