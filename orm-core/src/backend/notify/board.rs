//! Notifications inside a program, for a database that has none.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::event::Note;
use super::inbox::Inboxes;

/// Tells all listeners of a database what its connections have notified, in the order of the commits.
#[derive(Debug, Default)]
pub(crate) struct Board {
    inboxes: Arc<Inboxes>,
    turns: Mutex<Turns>,
}

/// The commits whose notifications were not told yet.
#[derive(Debug, Default)]
struct Turns {
    first: u64,
    /// `None` while it isn't known whether the commit succeeds.
    waiting: VecDeque<Option<Vec<Note>>>,
}

/// The place of a commit among all. Without [`settle`](Ticket::settle), nothing was committed.
#[derive(Debug)]
pub(crate) struct Ticket {
    board: Arc<Board>,
    number: u64,
    notes: Vec<Note>,
}

impl Board {
    pub(crate) fn new(inboxes: Arc<Inboxes>) -> Arc<Self> {
        Arc::new(Self { inboxes, turns: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the place of a commit that is about to happen.
    pub(crate) fn ticket(self: &Arc<Self>) -> Ticket {
        let mut turns = self.lock();
        let number = turns.first + turns.waiting.len() as u64;
        turns.waiting.push_back(None);
        Ticket { board: Arc::clone(self), number, notes: Vec::new() }
    }

    fn settle(&self, number: u64, notes: Vec<Note>) {
        let mut turns = self.lock();
        let place = usize::try_from(number - turns.first).ok();
        if let Some(waiting) = place.and_then(|place| turns.waiting.get_mut(place)) {
            *waiting = Some(notes);
        }
        let inboxes = self.inboxes.all();
        // Under the lock, so that nobody tells later ones in between.
        while let Some(Some(notes)) = turns.waiting.front_mut().map(Option::take) {
            turns.waiting.pop_front();
            turns.first += 1;
            for note in notes {
                for inbox in &inboxes {
                    if inbox.channels().contains(&note.channel) {
                        inbox.add(note.clone());
                    }
                }
            }
        }
    }
}

impl Ticket {
    /// Tells the notifications of the commit once those of all commits before it are told.
    pub(crate) fn settle(mut self, notes: Vec<Note>) {
        self.notes = notes;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.board.settle(self.number, take(&mut self.notes));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::backend::notify::{Event, Inbox};

    #[test]
    fn the_order_is_that_of_the_tickets() {
        let (inboxes, inbox) = (Arc::<Inboxes>::default(), Inbox::new(vec!["c".into()]));
        inboxes.add(&inbox);
        let board = Board::new(inboxes);
        let notes = |payload: &str| {
            let note = |channel: &str| Note { channel: channel.into(), payload: payload.into() };
            vec![note("c"), note("other")]
        };
        let read = || {
            let event = inbox.take(Some(Duration::ZERO))?;
            let Event::Notification { payload, .. } = event else { return None };
            Some(payload)
        };
        let [first, undone, third] = [board.ticket(), board.ticket(), board.ticket()];
        third.settle(notes("third"));
        assert_eq!(read(), None);
        first.settle(notes("first"));
        assert_eq!(read().as_deref(), Some("first"));
        // It may still be committed.
        assert_eq!(read(), None);
        drop(undone);
        assert_eq!(read().as_deref(), Some("third"));
        board.ticket().settle(notes("fourth"));
        assert_eq!(read().as_deref(), Some("fourth"));
        assert_eq!(read(), None);
    }
}
