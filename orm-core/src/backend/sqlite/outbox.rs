//! Notifications of a connection until its transaction ends.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use orm_lexer::{Rules, Token};

use crate::backend::notify::{Board, Note, Ticket};

/// What the open transaction has notified.
#[derive(Debug)]
pub(super) struct Outbox {
    board: Arc<Board>,
    notes: RefCell<Vec<Note>>,
    /// The same, to find those that are there already.
    known: RefCell<HashSet<Note>>,
    /// The savepoints with the number of notifications before each. Those before the first notification are not there.
    savepoints: RefCell<Vec<(String, usize)>>,
    /// The place of the commit that is happening.
    ticket: RefCell<Option<Ticket>>,
}

impl Outbox {
    pub(super) fn new(board: Arc<Board>) -> Self {
        Self {
            board,
            notes: RefCell::default(),
            known: RefCell::default(),
            savepoints: RefCell::default(),
            ticket: RefCell::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.notes.borrow().is_empty()
    }

    /// Tells a notification at once, or keeps it until the open transaction is committed. As on PostgreSQL, a transaction
    /// tells each only once.
    pub(super) fn add(&self, note: Note, in_transaction: bool) {
        if self.known.borrow_mut().insert(note.clone()) {
            self.notes.borrow_mut().push(note);
        }
        if !in_transaction {
            self.ended();
        }
    }

    /// A commit begins: nobody else can commit before it has ended.
    pub(super) fn commits(&self) {
        if !self.is_empty() {
            let ticket = self.board.ticket();
            drop(self.ticket.replace(Some(ticket)));
        }
    }

    /// The transaction is rolled back.
    pub(super) fn rolled_back(&self) {
        self.notes.borrow_mut().clear();
        self.known.borrow_mut().clear();
        self.savepoints.borrow_mut().clear();
        drop(self.ticket.take());
    }

    /// A statement has ended, and the transaction is still open, or not.
    pub(super) fn ran(&self, sql: &str, in_transaction: bool) {
        if !in_transaction {
            return self.ended();
        }
        match savepoint(sql) {
            Some((Change::Set, name)) => {
                let before = self.notes.borrow().len();
                self.savepoints.borrow_mut().push((name, before));
            }
            Some((Change::Release, name)) => {
                let mut savepoints = self.savepoints.borrow_mut();
                let place = savepoints.iter().rposition(|(other, _)| *other == name);
                savepoints.truncate(place.unwrap_or(0));
            }
            Some((Change::RollBack, name)) => {
                let mut savepoints = self.savepoints.borrow_mut();
                let place = savepoints.iter().rposition(|(other, _)| *other == name);
                let before = place.map_or(0, |place| savepoints[place].1);
                savepoints.truncate(place.map_or(0, |place| place + 1));
                let mut known = self.known.borrow_mut();
                for note in self.notes.borrow_mut().drain(before..) {
                    known.remove(&note);
                }
            }
            None => {}
        }
    }

    /// A statement has failed: if it was a commit, it can be tried again.
    pub(super) fn failed(&self) {
        drop(self.ticket.take());
    }

    /// The transaction is committed.
    fn ended(&self) {
        let ticket = self.ticket.take().unwrap_or_else(|| self.board.ticket());
        self.savepoints.borrow_mut().clear();
        self.known.borrow_mut().clear();
        ticket.settle(self.notes.take());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Set,
    Release,
    RollBack,
}

/// Returns what a statement does with a savepoint.
fn savepoint(sql: &str) -> Option<(Change, String)> {
    let tokens = orm_lexer::tokens(sql, Rules::Sqlite);
    let mut words = tokens.iter().filter(|token| token.text != ";").peekable();
    let first = words.next()?;
    let change = if first.is("SAVEPOINT") {
        Change::Set
    } else if first.is("RELEASE") {
        Change::Release
    } else if first.is("ROLLBACK") {
        words.next_if(|word| word.is("TRANSACTION"));
        words.next_if(|word| word.is("TO"))?;
        Change::RollBack
    } else {
        return None;
    };
    let mut name = words.next()?;
    if change != Change::Set && name.is("SAVEPOINT") {
        name = words.next().unwrap_or(name);
    }
    let name: Option<Cow<'_, str>> = Token::name(name);
    Some((change, name?.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::{Change, savepoint};

    #[test]
    fn statements_on_savepoints_are_recognized() {
        let of = |sql| savepoint(sql).map(|(change, name)| (change, name.as_str().to_owned()));
        assert_eq!(of("SAVEPOINT a"), Some((Change::Set, "a".into())));
        assert_eq!(of("/* x */ savepoint \"A b\";"), Some((Change::Set, "a b".into())));
        assert_eq!(of("RELEASE SAVEPOINT [A]"), Some((Change::Release, "a".into())));
        assert_eq!(of("-- x\nrelease a"), Some((Change::Release, "a".into())));
        assert_eq!(of("ROLLBACK TO a"), Some((Change::RollBack, "a".into())));
        assert_eq!(
            of("ROLLBACK TRANSACTION TO SAVEPOINT 'a'"),
            Some((Change::RollBack, "a".into()))
        );
        assert_eq!(of("RELEASE savepoint"), Some((Change::Release, "savepoint".into())));
        for other in ["ROLLBACK", "ROLLBACK TRANSACTION", "COMMIT", "SELECT 1", "", "SAVEPOINT"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
